package web

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
)

func TestThePagesNameTheTextsThatThereAreForThem(t *testing.T) {
	data, err := fs.ReadFile(localize.Files, "texts/en.yaml")
	require.NoError(t, err)
	var texts map[string]any
	require.NoError(t, yaml.Unmarshal(data, &texts))
	var there []string
	for id := range texts {
		if strings.HasPrefix(id, "web_") {
			there = append(there, id)
		}
	}

	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	templates, err := filepath.Glob("assets/*.html")
	require.NoError(t, err)
	named := map[string]bool{}
	for _, name := range append(files, templates...) {
		code, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, id := range regexp.MustCompile(`"(web_[a-z_]*[a-z])"`).FindAllStringSubmatch(string(code), -1) {
			named[id[1]] = true
		}
	}
	for _, kind := range catalog.Kinds() {
		named["web_delivers_"+string(kind)] = true
	}
	var used []string
	for id := range named {
		used = append(used, id)
	}
	require.ElementsMatch(t, there, used)
}
