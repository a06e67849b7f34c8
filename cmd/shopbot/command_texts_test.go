package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheTextsAreWrittenChangedAndChecked(t *testing.T) {
	environ, dir := shopEnviron(t)
	texts := filepath.Join(dir, "texts")
	c := command{environ: append(environ, "SHOPBOT_TEXTS="+texts)}
	out := c.mustRun(t, "texts", texts)
	require.Contains(t, out, "5 files written to "+texts)
	_, stderr, code := c.run(t, "texts", texts)
	require.Equal(t, exitFailed, code)
	require.Contains(t, stderr, "is there already", "nobody's texts are overwritten")
	out, _, _ = c.run(t, "check", "--offline")
	require.Contains(t, out, "ok    texts          the texts of "+texts+" fit", "what was written fits")

	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(texts, name), []byte(text), 0o600))
	}
	write("fr.yaml", "language_name: Français\n")
	out, _, _ = c.run(t, "check", "--offline")
	require.Regexp(t, `warn  texts          fr lacks \d+ of \d+ texts, which are said in English`, out)
	require.Contains(t, out, "nobody reads the texts in fr")

	write("fr.yaml", "language_name: Français\nhome: Bonjour\nhomme: Bonjour\n")
	out, _, code = c.run(t, "check", "--offline")
	require.Equal(t, exitFailed, code)
	require.Contains(t, out, "fail  texts          "+filepath.Join(texts, "fr.yaml")+":2:7: home: the value {{.Shop}} is missing")
	_, stderr, code = c.run(t, "run")
	require.Equal(t, exitUsage, code, stderr)
	require.Contains(t, stderr, "fr.yaml:2:7")
	require.Contains(t, stderr, "fr.yaml:3:1")
}
