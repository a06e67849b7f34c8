package https_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
	"shopbot/internal/https"
)

// pair is a self-signed certificate with its key, in PEM.
type pair struct{ cert, key []byte }

func newPair(t *testing.T, serial int64, host string, until time.Time) pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{host}, Subject: pkix.Name{CommonName: host},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	}
}

func (p pair) write(t *testing.T, cfg config.Config) {
	t.Helper()
	require.NoError(t, os.WriteFile(cfg.TLSCert, p.cert, 0o600))
	require.NoError(t, os.WriteFile(cfg.TLSKey, p.key, 0o600))
}

func fileConfig(t *testing.T) config.Config {
	t.Helper()
	dir := t.TempDir()
	return config.Config{
		TLS: config.TLSFiles, PublicURL: "https://shop.example.com",
		TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem"),
	}
}

// served is the serial number of the certificate that a listener shows.
func served(t *testing.T, c *https.Certificate) int64 {
	t.Helper()
	plain, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := c.Listener(plain)
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_ = conn.(*tls.Conn).HandshakeContext(t.Context())
		}
	}()
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // it is self-signed
	conn, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestNewFilesAreTakenAndFaultyOnesLeaveTheOldInUse(t *testing.T) {
	cfg := fileConfig(t)
	until := time.Now().Add(time.Hour)
	newPair(t, 1, "shop.example.com", until).write(t, cfg)
	var log bytes.Buffer
	c, err := https.New(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.Equal(t, int64(1), served(t, c))
	require.WithinDuration(t, until, c.Expires(), time.Second)

	second := newPair(t, 2, "shop.example.com", until)
	require.NoError(t, os.WriteFile(cfg.TLSCert, second.cert, 0o600)) // and not yet its key
	c.Reload(t.Context())
	c.Reload(t.Context())
	require.Equal(t, int64(1), served(t, c))
	require.Equal(t, 1, bytes.Count(log.Bytes(), []byte("get certificate failed")), "told once")
	require.NoError(t, c.Trouble(), "there is one all the same")

	second.write(t, cfg)
	c.Reload(t.Context())
	require.Equal(t, int64(2), served(t, c))
	require.NotContains(t, log.String(), "will not be accepted")

	newPair(t, 3, "other.example.com", until).write(t, cfg)
	c.Reload(t.Context())
	require.Equal(t, int64(3), served(t, c), "what the operator gives is served")
	require.Contains(t, log.String(), "certificate will not be accepted")
}

func TestFaultyFilesAreRefusedAtTheStartWithTheRemedy(t *testing.T) {
	until := time.Now().Add(time.Hour)
	one, other := newPair(t, 1, "shop.example.com", until), newPair(t, 2, "shop.example.com", until)
	for want, files := range map[string]pair{
		"SHOPBOT_TLS_CERT: open ":                                {nil, one.key},
		"SHOPBOT_TLS_KEY: open ":                                 {one.cert, nil},
		"is not the key of ":                                     {one.cert, other.key},
		"is a private key; this variable is for the certificate": {one.key, one.cert},
		"want a certificate and its chain in PEM":                {[]byte("nonsense"), one.key},
		"want an unencrypted private key in PEM":                 {one.cert, []byte("nonsense")},
	} {
		cfg := fileConfig(t)
		for path, text := range map[string][]byte{cfg.TLSCert: files.cert, cfg.TLSKey: files.key} {
			if text != nil {
				require.NoError(t, os.WriteFile(path, text, 0o600))
			}
		}
		_, err := https.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, want)
		require.ErrorAs(t, err, new(config.Error), "the exit code is that of a wrong configuration")
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestADirectoryThatCannotHoldCertificatesIsRefusedAtTheStart(t *testing.T) {
	taken := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(taken, nil, 0o600))
	_, err := https.New(t.Context(), config.Config{
		TLS: config.TLSAuto, PublicURL: "https://shop.example.com", TLSCache: filepath.Join(taken, "certificates"),
	}, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "SHOPBOT_TLS_CACHE: ")
	require.ErrorAs(t, err, new(config.Error))
}

func TestACertificateFitsItsHostAndTime(t *testing.T) {
	now := time.Now()
	block, _ := pem.Decode(newPair(t, 1, "shop.example.com", now).cert)
	leaf, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	require.NoError(t, https.Fits(leaf, "shop.example.com", now.Add(-time.Hour)))
	require.ErrorContains(t, https.Fits(leaf, "shop.example.com", now.Add(time.Hour)), "it expired on ")
	require.ErrorContains(t, https.Fits(leaf, "shop.example.com", now.Add(-48*time.Hour)), "it begins on ")
	require.ErrorContains(t, https.Fits(leaf, "example.com", now.Add(-time.Hour)), "SHOPBOT_PUBLIC_URL")
}
