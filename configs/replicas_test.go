package configs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nginx itself examines the example, with a certificate in the place of the one that it names. How it
// behaves while replicas die is tested in internal/e2e/crash.
func TestNginxAcceptsTheExample(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		require.NotEqual(t, "required", os.Getenv("SHOPBOT_NGINX_TEST"), "nginx is not installed")
		t.Skip("nginx is not installed (Debian: package nginx)")
	}
	dir := t.TempDir()
	writeCertificate(t, dir)
	config := strings.ReplaceAll(read(t, "replicas/nginx.conf"), "/etc/ssl/shop.example.com/", dir+"/")
	main := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "shopbot.conf"), []byte(config), 0o600))
	require.NoError(t, os.WriteFile(main, []byte("pid nginx.pid; events {} http { access_log off; include shopbot.conf; }"), 0o600))
	out, err := exec.CommandContext(t.Context(), nginx, "-t", "-q", "-p", dir, "-c", main, "-e", filepath.Join(dir, "error.log")).CombinedOutput()
	require.NoError(t, err, string(out))
}

// writeCertificate writes a certificate that nobody believes.
func writeCertificate(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"shop.example.com"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{
		"fullchain.pem": {Type: "CERTIFICATE", Bytes: certificate}, "privkey.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
}

func TestCaddyAcceptsTheExample(t *testing.T) {
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		t.Skip("Caddy is not installed")
	}
	out, err := exec.CommandContext(t.Context(), caddy, "version").CombinedOutput()
	require.NoError(t, err)
	if regexp.MustCompile(`^v?2\.[0-6]\.`).Match(out) {
		t.Skipf("Caddy %s is older than the example's request_buffers", out)
	}
	cmd := exec.CommandContext(t.Context(), caddy, "validate", "--adapter", "caddyfile", "--config", "replicas/Caddyfile")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err = cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// The examples of one deployment name each other's addresses.
func TestTheExamplesOfReplicasFitTogether(t *testing.T) {
	read := func(name string) string { return read(t, "replicas/"+name) }
	for n := range 2 {
		port := strings.ReplaceAll("808%i", "%i", string(rune('1'+n)))
		require.Contains(t, read("nginx.conf"), "\tserver 127.0.0.1:"+port+" ")
		require.Contains(t, read("Caddyfile"), "127.0.0.1:"+port)
	}
	require.Contains(t, read("shopbot@.socket"), "\nListenStream=127.0.0.1:808%i\n")
	require.Contains(t, read("replica.conf"), "\nEnvironment=SHOPBOT_LISTEN=127.0.0.1:808%i\n")

	file := readCompose(t, "replicas/compose.yaml")
	caddy := file.Services["caddy"]
	for name := range strings.FieldsSeq(caddy.Environment["SHOP_REPLICAS"]) {
		host, port, err := net.SplitHostPort(name)
		require.NoError(t, err)
		require.Equal(t, "8080", port, "where the image listens")
		replica, found := file.Services[host]
		require.True(t, found, host)
		require.Equal(t, "65532:65532", replica.User)
		require.True(t, replica.ReadOnly)
		require.Equal(t, []string{"ALL"}, replica.CapDrop)
		require.Equal(t, "15s", replica.StopGrace, "longer than the shop takes")
		require.Contains(t, read("compose.yaml"), "{ipv4_address: "+replica.Environment["SHOPBOT_TRUSTED_PROXIES"]+"}")
		require.Contains(t, replica.Environment["SHOPBOT_DATABASE"], "@postgres:5432/")
	}
	require.Contains(t, file.Services, "postgres")
	_, subnet, err := net.ParseCIDR(file.Networks["inside"].IPAM.Config[0].Subnet)
	require.NoError(t, err)
	require.True(t, subnet.Contains(net.ParseIP(file.Services["shop-1"].Environment["SHOPBOT_TRUSTED_PROXIES"])))
}
