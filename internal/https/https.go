// Package https keeps the certificate of the public listener. It comes from a certificate authority
// that speaks ACME, such as Let's Encrypt, or from files that something else renews.
//
// ACME is done by autocert, which adds 0.5 MB to the program where certmagic adds 7.4 MB. What the
// shop would use of certmagic, autocert does too since it renews in the last third of a
// certificate's life: a single name, the challenge on the port that is served, short lives.
package https

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"

	"shopbot/internal/config"
)

// Certificate is the certificate of the public listener. It changes while the shop runs.
type Certificate struct {
	log    *slog.Logger
	host   string // that it is for
	source source

	current atomic.Pointer[tls.Certificate] // nil: none yet
	trouble atomic.Pointer[error]           // why the latest try gave none
}

// source is where a certificate comes from.
type source interface {
	// certificate returns the newest certificate.
	certificate(ctx context.Context) (*tls.Certificate, error)
	// challenge answers an ACME server that looks whether the name is ours.
	challenge(hello *tls.ClientHelloInfo) (*tls.Certificate, error)
	// wait is how long to wait after so many failures, none after a success.
	wait(failures int) time.Duration
	// remedy says what to do about a failure.
	remedy() string
}

// New prepares the certificate that cfg asks for; nil if it asks for none. Faults of files and
// directories are of type config.Error. New makes no request.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{log: log, host: cfg.PublicHost()}
	switch cfg.TLS {
	case config.TLSFiles:
		pair, err := Load(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return nil, err
		}
		c.source = &files{cert: cfg.TLSCert, key: cfg.TLSKey}
		c.take(ctx, pair)
		return c, nil
	case config.TLSAuto:
		a, err := newACME(cfg)
		if err != nil {
			return nil, err
		}
		c.source = a
		return c, nil
	case config.TLSOff:
	}
	return nil, nil //nolint:nilnil // no certificate is asked for
}

// Listener serves TLS on l. HTTP/2 is not offered: the limits of the public listener count
// connections, of which a sender of webhooks needs one.
func (c *Certificate) Listener(l net.Listener) net.Listener {
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: []string{"http/1.1", acme.ALPNProto},
	})
}

var errNone = errors.New("there is no certificate yet")

func (c *Certificate) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto {
		return c.source.challenge(hello)
	}
	// A handshake never asks the certificate authority: strangers would use up its rate limit.
	if cert := c.current.Load(); cert != nil {
		return cert, nil
	}
	return nil, errNone
}

// Run gets the certificate and keeps it fresh until ctx ends.
func (c *Certificate) Run(ctx context.Context) error {
	for failures := 0; ; {
		if err := c.refresh(ctx); err != nil {
			failures++
		} else {
			failures = 0
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(c.source.wait(failures)):
		}
	}
}

// Reload looks for a newer certificate now.
func (c *Certificate) Reload(ctx context.Context) { _ = c.refresh(ctx) } // it logs

// refresh takes in the newest certificate. It logs each trouble once.
func (c *Certificate) refresh(ctx context.Context) error {
	cert, err := c.source.certificate(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	before := c.trouble.Swap(&err)
	switch {
	case err == nil:
		c.take(ctx, cert)
	case before == nil || *before == nil || (*before).Error() != err.Error():
		c.log.ErrorContext(ctx, "get certificate failed", "host", c.host, "error", err, "remedy", c.source.remedy())
	}
	return err
}

func (c *Certificate) take(ctx context.Context, cert *tls.Certificate) {
	before := c.current.Swap(cert)
	if before != nil && before.Leaf.Equal(cert.Leaf) {
		return
	}
	c.log.InfoContext(ctx, "certificate in use", "host", c.host, "expires", cert.Leaf.NotAfter.UTC(), "issuer", cert.Leaf.Issuer.String())
	if err := Fits(cert.Leaf, c.host, time.Now()); err != nil {
		c.log.WarnContext(ctx, "certificate will not be accepted", "host", c.host, "error", err)
	}
}

// Expires is when the certificate ends; zero if there is none.
func (c *Certificate) Expires() time.Time {
	if cert := c.current.Load(); cert != nil {
		return cert.Leaf.NotAfter
	}
	return time.Time{}
}

// Trouble returns why there is no certificate; nil if there is one.
func (c *Certificate) Trouble() error {
	if c.current.Load() != nil {
		return nil
	}
	if err := c.trouble.Load(); err != nil && *err != nil {
		return *err
	}
	return errNone
}

// Fits returns why clients of a host would refuse a certificate at a time, or nil. It does not ask
// whether they know its issuer.
func Fits(leaf *x509.Certificate, host string, now time.Time) error {
	if now.After(leaf.NotAfter) {
		return fmt.Errorf("it expired on %s; renew it", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	if now.Before(leaf.NotBefore) {
		return fmt.Errorf("it begins on %s; set this machine's clock", leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	if err := leaf.VerifyHostname(host); err != nil {
		return fmt.Errorf("%w; get one for the host of SHOPBOT_PUBLIC_URL", err)
	}
	return nil
}
