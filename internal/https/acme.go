package https

import (
	"context"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"shopbot/internal/config"
)

// authority is a certificate authority that is asked by ACME (RFC 8555). It looks whether the name
// is ours by TLS-ALPN-01 (RFC 8737), on the port that the shop serves, so no other is needed.
type authority struct {
	manager *autocert.Manager
	host    string
}

func newACME(cfg config.Config) (*authority, error) {
	if err := prepareCache(cfg.TLSCache); err != nil {
		return nil, config.Error{Where: "SHOPBOT_TLS_CACHE", What: err.Error() + "; write a directory that the shop's user can write to"}
	}
	return &authority{host: cfg.PublicHost(), manager: &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(cfg.TLSCache), Email: cfg.TLSEmail,
		HostPolicy: autocert.HostWhitelist(cfg.PublicHost()),
		Client:     &acme.Client{DirectoryURL: cfg.TLSACMEURL, UserAgent: "shopbot"},
	}}, nil
}

// prepareCache makes the directory of the keys, which nobody else may read. A directory that cannot
// be written to would get a new certificate at each start, up to the authority's rate limit.
func prepareCache(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	probe := filepath.Join(dir, ".probe")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return err
	}
	return os.Remove(probe)
}

// certificate returns the newest certificate, which autocert renews in time. The first one takes as
// long as the authority does.
func (a *authority) certificate(ctx context.Context) (*tls.Certificate, error) {
	type result struct {
		cert *tls.Certificate
		err  error
	}
	got := make(chan result, 1)
	go func() { // autocert takes no context; it ends after five minutes
		cert, err := a.manager.GetCertificate(&tls.ClientHelloInfo{ServerName: a.host, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
		if err == nil && cert.Leaf == nil {
			err = fmt.Errorf("certificate for %s without a leaf", a.host)
		}
		got <- result{cert, err}
	}()
	select {
	case r := <-got:
		return r.cert, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *authority) challenge(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return a.manager.GetCertificate(hello)
}

// wait doubles from two minutes to an hour: Let's Encrypt takes five failures an hour for a name
// (letsencrypt.org/docs/rate-limits). autocert itself repeats no sooner than after one minute.
func (a *authority) wait(failures int) time.Duration {
	if failures == 0 {
		return time.Minute
	}
	return min(time.Minute<<min(failures, 6), time.Hour)
}

func (a *authority) remedy() string {
	return "the name must lead to this machine in the DNS, and its port 443 to SHOPBOT_LISTEN; the shop tries again"
}
