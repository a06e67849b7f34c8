package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"shopbot/configs"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
)

// The files of a shop, within its directory.
const (
	envFile     = "shopbot.env"
	catalogFile = "catalog.yaml"
	database    = "shopbot.db" // unless another one is set; made by the shop itself
)

// starter is the catalog that a shop begins with.
type starter struct {
	text  []byte
	names []string // of the pictures and goods, within configs.FS
}

// newStarter makes the catalog of a shop with a name. Its error says what is wrong with the name.
func newStarter(name string, starsOnly bool) (starter, error) {
	quoted, err := json.Marshal(name) // a string in JSON is one in YAML
	if err != nil {
		return starter{}, err
	}
	text, err := fs.ReadFile(configs.FS, configs.Starter)
	if err != nil {
		return starter{}, err
	}
	text = replaceLine(text, `  name: .*`, "  name: "+string(quoted))
	if starsOnly {
		text = replaceLine(text, `  # pay: .*`, `  pay: [stars]                 # how buyers pay: stars, crypto, or both`)
		text = replaceLine(text, `  # stars_rate: .*`, `  stars_rate: "0.013"          # what one Telegram Star is worth in the currency`)
	}
	c, err := catalog.Parse(catalogFile, text, configs.FS)
	if faults := catalog.Faults(err); len(faults) > 0 {
		return starter{}, fmt.Errorf("%s; %s", faults[0].What, faults[0].Remedy)
	}
	if err != nil {
		return starter{}, err
	}
	names := append(c.FilesIn("."), configs.Schema) // which editors complete the catalog by
	slices.Sort(names)
	return starter{text, slices.Compact(names)}, nil
}

func replaceLine(text []byte, pattern, line string) []byte {
	return regexp.MustCompile(`(?m)^`+pattern+`$`).ReplaceAllLiteral(text, []byte(line))
}

const envHeader = `# Settings of this shop, with its tokens: keep it to yourself. The environment wins over this file.
# Commented lines show the defaults. Relative paths start at the directory where the command runs.

`

// envText is the text of the env file: the sample, which has a line for each setting, with what is
// set.
func (s *setup) envText() ([]byte, error) {
	text, err := fs.ReadFile(configs.FS, configs.Settings)
	if err != nil {
		return nil, err
	}
	const section = "# --- " // begins the first setting, behind what the sample says of itself
	_, text, _ = bytes.Cut(text, []byte(section))
	text = append([]byte(envHeader+section), text...)
	for _, pair := range s.settings {
		name, value, _ := strings.Cut(pair, "=")
		at := regexp.MustCompile(`(?m)^#?` + strings.TrimSuffix(name, "_FILE") + `=.*$`)
		place := at.FindIndex(text)
		if place == nil {
			return nil, config.Error{Where: name, What: "has no line in an env file"}
		}
		text = slices.Concat(text[:place[0]], []byte(config.EnvLine(name, value)), text[place[1]:])
	}
	return text, nil
}

// checkVacant returns an error that names all that is in the way of a new shop.
func (s *setup) checkVacant() error {
	var errs []error
	path := config.Database(s.get(prefix + "DATABASE")).Path()
	if path == database {
		path = filepath.Join(s.Dir, path)
	}
	if _, err := os.Lstat(path); path != "" && err == nil {
		errs = append(errs, fmt.Errorf("%s is there already, and a new shop begins with a database of its own; name another one, or move it away", path))
	}
	return errors.Join(append(errs, s.checkDirectory())...)
}

// checkDirectory returns an error that names the files that are in the way in the shop's directory.
// Pictures that are the same may be left from a run that was killed.
func (s *setup) checkDirectory() error {
	dir := s.Dir
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return checkWritable(filepath.Dir(filepath.Clean(dir)))
	case err != nil:
		return fmt.Errorf("%w; name another directory", err)
	case !info.IsDir():
		return fmt.Errorf("%s is a file; name a directory", dir)
	}
	shop, err := newStarter("any", false)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range append([]string{envFile, catalogFile}, shop.names...) {
		path := filepath.Join(dir, name)
		content, _ := fs.ReadFile(configs.FS, filepath.ToSlash(name)) // nil for those that differ from shop to shop
		if _, err := os.Lstat(path); err == nil && (content == nil || !holds(path, content)) {
			errs = append(errs, fmt.Errorf("%s is there already, and nothing is overwritten; name another directory, or move it away", path))
		}
	}
	return errors.Join(append(errs, checkWritable(dir))...)
}

// checkWritable returns an error if no file can be made in a directory, or in the nearest one above
// it that is there.
func checkWritable(dir string) error {
	for _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	probe, err := os.CreateTemp(dir, ".shopbot-init-*")
	if err != nil {
		return fmt.Errorf("%w; name a directory in which you may write", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// file is one file of a shop.
type file struct {
	name    string
	content []byte
	mode    fs.FileMode
}

// public is the mode of files that a shop's own user has to read when another one, such as root, owns
// them.
const public fs.FileMode = 0o644

// write writes all files, the env file last, so a directory with an env file has a whole shop. If
// that cannot be done, it removes what it wrote. It returns a line about each for people.
func (s *setup) write(shop starter) (made []string, err error) {
	var files []file
	for _, name := range shop.names {
		content, err := fs.ReadFile(configs.FS, filepath.ToSlash(name))
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, content, public})
	}
	env, err := s.envText()
	if err != nil {
		return nil, err
	}
	files = append(files, file{catalogFile, shop.text, public}, file{envFile, env, 0o600})
	var undo []string
	defer func() {
		if err == nil {
			return
		}
		err = fmt.Errorf("%w; what was written before is removed again", err)
		for _, path := range slices.Backward(undo) {
			_ = os.Remove(path) // a directory only if it is empty
		}
	}()
	for _, f := range files {
		path := filepath.Join(s.Dir, f.name)
		created, err := makeDirectories(filepath.Dir(path))
		undo = append(undo, created...)
		if err != nil {
			return nil, err
		}
		written, err := writeNew(path, f.content, f.mode)
		if written {
			undo = append(undo, path)
		}
		if err != nil {
			return nil, err
		}
	}
	return []string{
		envFile + "     settings and tokens, readable by you alone",
		catalogFile + "    what is sold: three products to begin with",
		"images, goods   its pictures, and a file that it sells",
	}, nil
}

// holds reports whether a regular file has this content.
func holds(path string, content []byte) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(content)) {
		return false
	}
	there, err := os.ReadFile(path) //nolint:gosec // the operator's own directory
	return err == nil && bytes.Equal(there, content)
}

// makeDirectories makes a directory and those above it, and lists those that were not there, the
// uppermost first.
func makeDirectories(dir string) (created []string, err error) {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); err == nil || !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		created = append([]string{at}, created...)
	}
	return created, os.MkdirAll(dir, 0o755) //nolint:gosec // see public
}

// writeNew writes a file and syncs it. A file that is there is left as it is if it has this content,
// and else an error.
func writeNew(path string, content []byte, mode fs.FileMode) (written bool, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode) //nolint:gosec // the operator names the directory
	if errors.Is(err, fs.ErrExist) && holds(path, content) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = f.Write(content)
	return true, errors.Join(err, f.Sync(), f.Close())
}
