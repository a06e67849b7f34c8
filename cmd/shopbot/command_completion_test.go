package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// completeInBash asks bash what may follow the words of a line; the last word is the one to complete.
func completeInBash(t *testing.T, words ...string) []string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	script := command{}.mustRun(t, "completion", "bash")
	file := filepath.Join(t.TempDir(), "completion")
	require.NoError(t, os.WriteFile(file, []byte(script), 0o600))
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = "'" + w + "'"
	}
	out, err := exec.CommandContext(t.Context(), bash, "--norc", "-c",
		". "+file+"; COMP_WORDS=("+strings.Join(quoted, " ")+"); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _shopbot; printf '%s\\n' \"${COMPREPLY[@]}\"").CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.Fields(string(out))
}

func TestBashCompletesCommandsFlagsAndChoices(t *testing.T) {
	require.Subset(t, completeInBash(t, "shopbot", ""), []string{"run", "demo", "backup", "restore", "stock", "completion"})
	require.Equal(t, []string{"restore"}, completeInBash(t, "shopbot", "res"))
	require.Subset(t, completeInBash(t, "shopbot", "stock", ""), []string{"add", "list", "remove"})
	require.Contains(t, completeInBash(t, "shopbot", "backup", "--"), "--force")
	require.Contains(t, completeInBash(t, "shopbot", "stock", "add", "vpn", "--y"), "--yes")
	require.Equal(t, []string{"bash"}, completeInBash(t, "shopbot", "completion", "b"))
	require.Empty(t, completeInBash(t, "shopbot", "backup", "nofile"), "the shell completes files")
}

// zsh loads the script as it does when somebody presses Tab, here with a compadd that prints the words.
func TestZshCompletesCommandsAndFlagsAtTheFirstTab(t *testing.T) {
	zsh, err := exec.LookPath("zsh")
	if err != nil {
		t.Skip("zsh is not installed")
	}
	script, stderr, code := command{}.run(t, "completion", "zsh")
	require.Equal(t, exitDone, code, stderr)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "_shopbot"), []byte(script), 0o600))
	complete := func(words string) []string {
		out, err := exec.CommandContext(t.Context(), zsh, "-f", "-c", "fpath=("+dir+"); autoload -Uz _shopbot; "+
			"compadd() { shift; print -l -- $@ }; words=("+words+" ''); CURRENT=$#words; _shopbot").CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.Fields(string(out))
	}
	require.Subset(t, complete("shopbot"), []string{"run", "demo", "backup", "restore", "stock", "completion"})
	require.Subset(t, complete("shopbot --env-file=x stock"), []string{"add", "list", "remove"})
	require.Contains(t, complete("shopbot stock add vpn"), "--yes")
	require.NotContains(t, complete("shopbot stock"), "demo")
}

func TestOtherShellsHaveTheirScripts(t *testing.T) {
	for shell, want := range map[string]string{
		"zsh":  "#compdef shopbot\n",
		"fish": "complete -c shopbot -n '__fish_seen_subcommand_from stock' -a add -d ",
	} {
		out := command{}.mustRun(t, "completion", shell)
		require.Contains(t, out, want)
	}
	_, _, code := command{}.run(t, "completion", "tcsh")
	require.Equal(t, exitUsage, code)
}

func TestTheManualPageHasEveryCommandAndNoFaults(t *testing.T) {
	page := command{}.mustRun(t, "man")
	for _, want := range []string{
		".TH SHOPBOT 1", "shopbot backup [<file>]", "shopbot stock add", `\-\-env\-file=FILE`, ".SH EXIT STATUS",
		"SHOPBOT_TELEGRAM_TOKEN\nthe bot's token, from @BotFather\n(required)", "(default: 30m)",
	} {
		require.Contains(t, page, want)
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not installed; the page was not formatted")
	}
	cmd := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww", "-k")
	cmd.Stdin = strings.NewReader(page)
	var faults strings.Builder
	cmd.Stderr = &faults
	out, err := cmd.Output()
	require.NoError(t, err, faults.String())
	require.Empty(t, faults.String())
	require.Contains(t, string(out), "shopbot")
}
