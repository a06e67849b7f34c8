package configs

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// read reads a sample.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

// systemd itself examines the units, with this test's binary in the place of the shop's.
func TestSystemdAcceptsTheUnits(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed (Debian: package systemd)")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	dir := t.TempDir()
	args := []string{"verify", "--man=no"}
	for unit, from := range map[string]string{
		"shopbot.service": "shopbot.service", "shopbot.socket": "shopbot.socket",
		"shopbot@1.service": "shopbot.service", "shopbot@1.socket": "replicas/shopbot@.socket",
	} {
		file := filepath.Join(dir, unit)
		require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(read(t, from), "/usr/local/bin/shopbot", self)), 0o600))
		args = append(args, file)
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "shopbot@1.service.d"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "shopbot@1.service.d", "replica.conf"), []byte(read(t, "replicas/replica.conf")), 0o600))
	out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, string(out))
}

// A socket at another port than the example's would be one that the shop refuses to start with.
func TestTheSocketIsWhereTheShopListens(t *testing.T) {
	listen := regexp.MustCompile(`(?m)^#?SHOPBOT_LISTEN=(\S+)$`).FindStringSubmatch(read(t, "shopbot.env.example"))
	require.NotNil(t, listen)
	require.Contains(t, read(t, "shopbot.socket"), "\nListenStream="+listen[1]+"\n")
}
