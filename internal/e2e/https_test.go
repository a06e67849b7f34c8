package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

const shopHost = "shop.example.com" // only the DNS server of the test knows it

// pebble is a real ACME server, run as a process.
type pebble struct {
	directory string // its ACME directory
	trust     string // the file with the certificate that the directory is served with
	roots     *x509.CertPool
	log       *testenv.LogBuffer
}

// startPebble starts an ACME server that looks for every name at 127.0.0.1, and there at port.
func startPebble(t *testing.T, port int) *pebble {
	t.Helper()
	acme, management, dns, dnsManagement := freePort(t), freePort(t), freePort(t), freePort(t)
	source := pebbleSource(t)
	dir := t.TempDir()
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": local(acme), "managementListenAddress": local(management),
		"certificate": filepath.Join(source, "test/certs/localhost/cert.pem"), "privateKey": filepath.Join(source, "test/certs/localhost/key.pem"),
		"httpPort": freePort(t), "tlsPort": port, "retryAfter": map[string]int{"authz": 1, "order": 1},
	}})
	require.NoError(t, err)
	config := filepath.Join(dir, "pebble.json")
	require.NoError(t, os.WriteFile(config, settings, 0o600))
	p := &pebble{
		directory: "https://" + local(acme) + "/dir", trust: filepath.Join(source, "test/certs/pebble.minica.pem"), log: &testenv.LogBuffer{},
	}
	startTool(t, p.log, "pebble-challtestsrv", "-dnsserver", local(dns), "-management", local(dnsManagement),
		"-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-defaultIPv6", "")
	startTool(t, p.log, "pebble", "-config", config, "-dnsserver", local(dns), "-strict")
	p.roots = p.issuers(t, "https://"+local(management)+"/roots/0")
	return p
}

// issuers waits for the server and asks for its root certificate.
func (p *pebble) issuers(t *testing.T, address string) *x509.CertPool {
	t.Helper()
	own, err := os.ReadFile(p.trust)
	require.NoError(t, err)
	serving := x509.NewCertPool()
	require.True(t, serving.AppendCertsFromPEM(own))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: serving}}, Timeout: 10 * time.Second}
	roots := x509.NewCertPool()
	require.Eventually(t, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		resp, err := client.Do(r)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		return err == nil && roots.AppendCertsFromPEM(text)
	}, time.Minute, 100*time.Millisecond, "%s", p.log)
	return roots
}

func (p *pebble) issued() int { return strings.Count(p.log.String(), "Issued certificate serial") }

// startTool builds and starts a tool of tools/go.mod.
func startTool(t *testing.T, log io.Writer, name string, args ...string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=../../tools/go.mod", "-o", binary, "github.com/letsencrypt/pebble/v2/cmd/"+name)
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	tool := exec.CommandContext(t.Context(), binary, args...)
	tool.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	tool.Stdout, tool.Stderr = log, log
	require.NoError(t, tool.Start())
	t.Cleanup(func() {
		_ = tool.Process.Kill()
		_ = tool.Wait()
	})
}

// pebbleSource is where the module cache has pebble, with its keys.
func pebbleSource(t *testing.T) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-modfile=../../tools/go.mod", "-m", "-f", "{{.Dir}}", "github.com/letsencrypt/pebble/v2")
	dir, err := list.Output()
	require.NoError(t, err)
	if len(strings.TrimSpace(string(dir))) == 0 { // not downloaded yet
		get := exec.CommandContext(t.Context(), "go", "mod", "download", "-modfile=../../tools/go.mod", "github.com/letsencrypt/pebble/v2")
		if out, err := get.CombinedOutput(); err != nil {
			t.Skipf("the module of pebble cannot be had here: %v\n%s", err, out)
		}
		return pebbleSource(t)
	}
	return strings.TrimSpace(string(dir))
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func local(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// visit asks the shop for a path by HTTPS, under the name of its certificate.
func visit(t *testing.T, port int, roots *x509.CertPool, path string) (*http.Response, error) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, local(port))
		},
	}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+shopHost+path, strings.NewReader("{}"))
	require.NoError(t, err)
	resp, err := client.Do(r)
	if err == nil {
		require.NoError(t, resp.Body.Close())
	}
	return resp, err
}

// waitForHTTPS waits until the shop answers by HTTPS, and returns the serial number of its
// certificate.
func waitForHTTPS(t *testing.T, port int, roots *x509.CertPool, log fmt.Stringer) string {
	t.Helper()
	var serial string
	require.Eventually(t, func() bool {
		resp, err := visit(t, port, roots, "/cryptopay/webhook") //nolint:bodyclose // visit closes it
		if err != nil {
			return false
		}
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode, "a webhook that is not signed")
		serial = resp.TLS.PeerCertificates[0].SerialNumber.String()
		return true
	}, 2*time.Minute, 200*time.Millisecond, "%s", log)
	return serial
}

func TestTheShopGetsItsCertificateFromARealACMEServerAndKeepsItWhenKilled(t *testing.T) {
	port := freePort(t)
	authority := startPebble(t, port)
	binary := testenv.BuildShop(t)
	environ := append(shopEnviron(t),
		"SHOPBOT_TLS=auto", fmt.Sprintf("SHOPBOT_LISTEN=127.0.0.1:%d", port), "SHOPBOT_PUBLIC_URL=https://"+shopHost,
		"SHOPBOT_TLS_ACME_URL="+authority.directory, "SHOPBOT_TLS_EMAIL=owner@example.com", "SSL_CERT_FILE="+authority.trust,
	)
	first, output := startUnread(t, binary, environ)
	log := follow(output)
	serial := waitForHTTPS(t, port, authority.roots, log)
	require.Equal(t, 1, authority.issued())

	// Strangers ask for other names, without a name, and for kinds of certificates.
	for _, hello := range []*tls.Config{
		{ServerName: "other.example.com"},
		{},
		{ServerName: shopHost, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}},
		{ServerName: shopHost, NextProtos: []string{"acme-tls/1"}},
	} {
		hello.InsecureSkipVerify = true
		conn, err := (&tls.Dialer{Config: hello}).DialContext(t.Context(), "tcp", local(port))
		if err == nil {
			require.NoError(t, conn.Close())
		}
	}
	require.NoError(t, first.Process.Kill())
	_ = first.Wait()

	second, output := startUnread(t, binary, environ)
	log = follow(output)
	require.Equal(t, serial, waitForHTTPS(t, port, authority.roots, log), "the certificate of before")
	require.Equal(t, 1, authority.issued(), "none of them cost another certificate")
	require.NoError(t, second.Process.Signal(os.Interrupt))
	require.NoError(t, second.Wait())

	cache := filepath.Join(filepath.Dir(databaseOf(environ)), "certificates")
	info, err := os.Stat(cache)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "nobody else reads the keys")
	entries, err := os.ReadDir(cache)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the certificate, and the account's key")
}

// databaseOf is the database that an environment names.
func databaseOf(environ []string) string {
	for _, pair := range environ {
		if path, found := strings.CutPrefix(pair, "SHOPBOT_DATABASE="); found {
			return path
		}
	}
	return ""
}

// follow reads all that a program writes.
func follow(output io.Reader) *testenv.LogBuffer {
	log := &testenv.LogBuffer{}
	go func() { _, _ = io.Copy(log, bufio.NewReader(output)) }()
	return log
}
