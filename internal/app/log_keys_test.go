package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheKeysOfTheLogThatTheDocsPromiseAreUsed(t *testing.T) {
	page, err := os.ReadFile(metricsPage)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## Log")
	require.True(t, found)
	rows := regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|").FindAllStringSubmatch(section, -1)
	require.NotEmpty(t, rows)
	used := keysOfLog(t)
	for _, row := range rows {
		for key := range strings.SplitSeq(row[1], ", ") {
			require.Contains(t, used, strings.Trim(key, "`"))
		}
	}
}

// keysOfLog finds the words in quotes on the lines of the program that log.
func keysOfLog(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // our own sources
		require.NoError(t, err)
		for _, line := range regexp.MustCompile(`(?m)^.*(?:log\.|slog\.).*$`).FindAllString(string(text), -1) {
			for _, key := range regexp.MustCompile(`"([a-z_]+)"`).FindAllStringSubmatch(line, -1) {
				keys[key[1]] = true
			}
		}
		return nil
	}))
	return keys
}
