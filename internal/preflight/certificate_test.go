package preflight

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

// written is what a check has found, as lines of the terminal.
func written(c *check) string {
	var out strings.Builder
	for _, f := range c.report.Findings {
		_ = f.WriteLine(&out)
	}
	return out.String()
}

func TestWhatKeepsCertificatesAwayIsToldWithTheRemedy(t *testing.T) {
	for want, cfg := range map[string]config.Config{
		"":                                      {TLS: config.TLSOff},
		"reached from this machine alone":       {TLS: config.TLSAuto, Listen: "127.0.0.1:443"},
		"forward it to port 8443":               {TLS: config.TLSAuto, Listen: ":8443"},
		"by ACME; kept in here":                 {TLS: config.TLSAuto, Listen: ":443", TLSCache: "here"},
		"SHOPBOT_TLS_CERT: open none.pem: no s": {TLS: config.TLSFiles, TLSCert: "none.pem", TLSKey: "none.pem"},
	} {
		cfg.PublicURL = "https://shop.example.com"
		c := newCheck(cfg, Options{})
		c.checkCertificate()
		if want == "" {
			require.Empty(t, written(c))
			continue
		}
		require.Contains(t, written(c), want)
	}
}
