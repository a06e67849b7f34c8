package preflight

import (
	"net"
	"os"
	"runtime"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/https"
)

// expiresSoon is when a certificate in files should have been renewed: those of 90 days are, a
// month before they end.
const expiresSoon = 14 * 24 * time.Hour

// checkCertificate looks at what the public listener will serve HTTPS with.
func (c *check) checkCertificate() {
	const subject = "certificate"
	if c.cfg.Faulty("TLS", "TLS_CERT", "TLS_KEY", "PUBLIC_URL", "LISTEN") {
		return
	}
	switch c.cfg.TLS {
	case config.TLSOff:
	case config.TLSAuto:
		host, port, err := net.SplitHostPort(c.cfg.Listen)
		if err == nil && config.IsLoopback(host) {
			c.warn(subject, "health_cert_loopback", "Listen", c.cfg.Listen, "Host", c.cfg.PublicHost())
			return
		}
		if err == nil && port != "443" {
			c.warn(subject, "health_cert_port", "Host", c.cfg.PublicHost(), "Port", port)
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
		c.failErr(subject, err)
		return
	}
	if info, err := os.Stat(c.cfg.TLSKey); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0 {
		c.warn(subject, "health_cert_key", "File", c.cfg.TLSKey)
	}
	if left := time.Until(cert.Leaf.NotAfter); left < expiresSoon {
		c.warn(subject, "health_cert_expires", "On", catalog.Date(cert.Leaf.NotAfter.UTC().Format(time.DateOnly)))
		return
	}
	c.ok(subject, "for %s, until %s", c.cfg.PublicHost(), cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
}
