package crash

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// exampleServer is a replica in configs/replicas/nginx.conf.
var exampleServer = regexp.MustCompile(`(?m)^(\tserver )127\.0\.0\.1:\d+( .*;\n)`)

// startNginx starts nginx as configs/replicas/nginx.conf has it, in front of shops and without TLS. It
// returns its address.
func startNginx(t *testing.T, shops ...string) (address string) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		const missing = "nginx is not installed (Debian: package nginx)"
		require.NotEqual(t, "required", os.Getenv("SHOPBOT_NGINX_TEST"), missing)
		t.Skip(missing)
	}
	text, err := os.ReadFile("../../../configs/replicas/nginx.conf")
	require.NoError(t, err)
	example := exampleServer.FindStringSubmatch(string(text))
	require.NotNil(t, example)
	var servers strings.Builder
	for _, at := range shops {
		servers.WriteString(example[1] + at + example[2])
	}
	config := strings.Replace(string(text), example[0], servers.String(), 1)
	for _, other := range exampleServer.FindAllString(string(text), -1)[1:] {
		config = strings.Replace(config, other, "", 1)
	}
	address = freeAddress(t)
	config = strings.Replace(config, "listen 443 ssl;", "listen "+address+";", 1)
	config = regexp.MustCompile(`(?m)^\tssl_certificate.*\n`).ReplaceAllString(config, "")

	dir := t.TempDir()
	main := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "shopbot.conf"), []byte(config), 0o600)) //nolint:gosec // in a temporary directory
	require.NoError(t, os.WriteFile(main, []byte(fmt.Sprintf(`
daemon off;
%s
worker_processes 2;
pid nginx.pid;
events { worker_connections 2048; }
http {
	access_log off;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	include shopbot.conf;
}`, map[bool]string{true: "user root;"}[os.Geteuid() == 0])), 0o600))
	log := filepath.Join(dir, "error.log")
	cmd := exec.Command(program, "-p", dir, "-c", main, "-e", log) //nolint:noctx // it is stopped by hand
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log)
			t.Logf("nginx's log ends with:\n%s", text[max(len(text)-2000, 0):])
		}
	})
	require.Eventually(t, func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, testTimeout, 10*time.Millisecond)
	return address
}
