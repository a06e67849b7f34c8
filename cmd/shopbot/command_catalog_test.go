package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/storage"
)

// change replaces a text in a file.
func change(t *testing.T, file, old, replacement string) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(content), old)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(content), old, replacement, 1)), 0o600)) //nolint:gosec // in the directory of the test
}

func TestTheCatalogIsWrittenAndAppliedAgain(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, _ func(func(db *storage.DB))) {
		c.stdin = "K1\n"
		c.mustRun(t, "stock", "add", "vpn")
		require.Equal(t, "wrote revision 1 to out.yaml\n", c.mustRun(t, "catalog", "export", "out.yaml"))
		_, stderr, code := c.run(t, "catalog", "export", "out.yaml")
		require.Equal(t, exitFailed, code)
		require.Contains(t, stderr, "out.yaml is there already")
		text, err := os.ReadFile("out.yaml")
		require.NoError(t, err)
		require.Equal(t, string(text), c.mustRun(t, "catalog", "export"))
		require.Equal(t, "nothing to change: it is revision 1\n", c.mustRun(t, "catalog", "apply", "out.yaml"))

		change(t, "out.yaml", "sku: vpn\n", "sku: vpn\n    hidden: true\n")
		_, stderr, code = c.run(t, "catalog", "apply", "out.yaml")
		require.Equal(t, exitFailed, code, "there is nobody to ask")
		require.Equal(t, "  product vpn: hidden false → true\nshopbot: nothing was changed: look at the changes above, and add --yes if they are right\n", stderr)
		asked := c
		asked.terminal, asked.stdin = true, "n\n"
		_, stderr, code = asked.run(t, "catalog", "apply", "out.yaml")
		require.Equal(t, exitFailed, code)
		require.Contains(t, stderr, "Apply 1 change? [y/N] ")
		asked.stdin = "y\n"
		require.Equal(t, "revision 2 is in force: 1 change; 'shopbot catalog undo' takes it back\n", asked.mustRun(t, "catalog", "apply", "out.yaml"))

		_, stderr, code = c.run(t, "catalog", "apply", "--yes", "out.yaml")
		require.Equal(t, exitDone, code, stderr)
		change(t, "out.yaml", "hidden: true", "hidden: false")
		change(t, "out.yaml", "sku: guide\n", "sku: guide\n    hidden: true\n")
		_, stderr, code = c.run(t, "catalog", "apply", "--yes", "out.yaml")
		require.Equal(t, exitFailed, code)
		require.Contains(t, stderr, "it was not made from revision 2 of the catalog")
		require.Contains(t, stderr, "shopbot:   product vpn: hidden true → false")

		change(t, "out.yaml", "sku: guide\n", "skuu: guide\n")
		_, stderr, code = c.run(t, "catalog", "apply", "--yes", "out.yaml")
		require.Equal(t, exitUsage, code)
		require.Regexp(t, `shopbot: out.yaml:\d+:\d+: unknown field "skuu"; did you mean sku\?`, stderr)

		require.Contains(t, c.mustRun(t, "catalog", "undo", "--yes"), "revision 3 is in force")
		history := c.mustRun(t, "catalog", "history")
		require.Regexp(t, `(?s)^    3  \S+  command line, takes back 2\n       product vpn: hidden true → false\n    2  \S+  command line\n       product vpn: hidden false → true\n    1  \S+  the catalog file\n$`, history)
		_, stderr, code = c.run(t, "catalog", "history", "--limit", "0")
		require.Equal(t, exitUsage, code, stderr)
	})
}

func TestPicturesOfTheChatAreExported(t *testing.T) {
	inEachShop(t, func(t *testing.T, c command, withDB func(func(db *storage.DB))) {
		var picture bytes.Buffer
		require.NoError(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 4))))
		withDB(func(db *storage.DB) {
			source, err := catalog.Open(t.Context(), catalog.FileAt("catalog.yaml"), db)
			require.NoError(t, err)
			name, err := source.KeepFile(t.Context(), picture.Bytes(), "a.png")
			require.NoError(t, err)
			_, err = source.ChangeCatalog(t.Context(), 1, 1, func(d *catalog.Draft) error {
				d.Product("vpn").Photo = name
				return nil
			})
			require.NoError(t, err)
		})
		require.NoError(t, os.Mkdir("out", 0o700))
		require.Equal(t, "wrote revision 2 to out/c.yaml, and 1 file of the chat to out/chat\n", c.mustRun(t, "catalog", "export", "out/c.yaml"))
		files, err := filepath.Glob("out/chat/*/*.png")
		require.NoError(t, err)
		require.Len(t, files, 1)
		content, err := os.ReadFile(files[0])
		require.NoError(t, err)
		require.Equal(t, picture.Bytes(), content)
		elsewhere, err := catalog.Load("out/c.yaml")
		require.NoError(t, err, "the exported folder is a catalog of its own")
		require.NotEmpty(t, elsewhere.Products[0].Photo)

		// The exported file in the place of the catalog file is in force already.
		c.mustRun(t, "catalog", "export", "--force", "catalog.yaml")
		change(t, "catalog.yaml", "sku: guide\n", "sku: guide\n    hidden: true\n")
		out, stderr, code := c.run(t, "check", "--offline")
		require.NotContains(t, out+stderr, "not taken in", code)
	})
}

func TestTheSchemaOfCatalogsIsPrintedWithoutAnySettings(t *testing.T) {
	schema, err := os.ReadFile("../../configs/catalog.schema.json")
	require.NoError(t, err)
	printed, stderr, code := command{}.run(t, "catalog", "schema")
	require.Equal(t, exitDone, code, stderr)
	require.Equal(t, string(schema), printed)
}
