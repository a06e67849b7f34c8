package preflight

import (
	"net"
	"os"
	"runtime"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/https"
)

// expiresSoon is when a certificate in files should have been renewed: those of 90 days are, a
// month before they end.
const expiresSoon = 14 * 24 * time.Hour

// checkCertificate looks at what the public listener will serve HTTPS with.
func (c *check) checkCertificate() {
	const subject = "certificate"
	switch c.cfg.TLS {
	case config.TLSOff:
	case config.TLSAuto:
		host, port, err := net.SplitHostPort(c.cfg.Listen)
		if err == nil && config.IsLoopback(host) {
			c.warn(subject, "SHOPBOT_LISTEN=%s is reached from this machine alone; the certificate authority calls port 443 of %s: write SHOPBOT_LISTEN=:443, or forward that port",
				c.cfg.Listen, c.cfg.PublicHost())
			return
		}
		if err == nil && port != "443" {
			c.warn(subject, "the certificate authority calls port 443 of %s: forward it to port %s, or write SHOPBOT_LISTEN=:443", c.cfg.PublicHost(), port)
			return
		}
		c.ok(subject, "for %s, by ACME; kept in %s", c.cfg.PublicHost(), c.cfg.TLSCache)
	case config.TLSFiles:
		c.checkCertificateFiles(subject)
	}
}

func (c *check) checkCertificateFiles(subject string) {
	cert, err := https.Load(c.cfg.TLSCert, c.cfg.TLSKey)
	if err == nil {
		err = https.Fits(cert.Leaf, c.cfg.PublicHost(), time.Now())
	}
	if err != nil {
		c.fail(subject, err)
		return
	}
	if info, err := os.Stat(c.cfg.TLSKey); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		c.warn(subject, "everybody on this machine can read the private key: chmod o-rwx %s", c.cfg.TLSKey)
	}
	if left := time.Until(cert.Leaf.NotAfter); left < expiresSoon {
		c.warn(subject, "expires on %s; renew it, the shop takes in the new files", cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
		return
	}
	c.ok(subject, "for %s, until %s", c.cfg.PublicHost(), cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
}
