package localize

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Reload reads the directory of LoadWith again. If its files have faults, Reload returns them and
// the texts stay as they are.
func (t *Texts) Reload(dir string) error {
	if dir == "" {
		return nil // the built-in texts are everybody's
	}
	fresh, err := LoadWith(dir)
	if err != nil {
		return err
	}
	t.now.Store(fresh.now.Load())
	t.reloads.Add(1)
	return nil
}

// Reloads counts how often Reload has replaced the texts.
func (t *Texts) Reloads() int64 { return t.reloads.Load() }

// Stamp identifies a version of the files in a directory of texts. A file that cannot be read has a
// stamp too; reading it returns the reason.
func Stamp(dir string) string {
	var stamp strings.Builder
	names, _ := filepath.Glob(filepath.Join(dir, "*")) // fails for patterns alone
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			fmt.Fprintln(&stamp, name, err)
			continue
		}
		fmt.Fprintln(&stamp, name, info.ModTime().UnixNano(), info.Size(), info.Mode())
	}
	return stamp.String()
}
