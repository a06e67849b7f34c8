package preflight

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

func TestWhatKeepsCertificatesAwayIsToldWithTheRemedy(t *testing.T) {
	for want, cfg := range map[string]config.Config{
		"":                                      {TLS: config.TLSOff},
		"reached from this machine alone":       {TLS: config.TLSAuto, Listen: "127.0.0.1:443"},
		"forward it to port 8443":               {TLS: config.TLSAuto, Listen: ":8443"},
		"by ACME; kept in here":                 {TLS: config.TLSAuto, Listen: ":443", TLSCache: "here"},
		"SHOPBOT_TLS_CERT: open none.pem: no s": {TLS: config.TLSFiles, TLSCert: "none.pem", TLSKey: "none.pem"},
	} {
		var out bytes.Buffer
		cfg.PublicURL = "https://shop.example.com"
		(&check{report: &report{out: &out}, cfg: cfg}).checkCertificate()
		if want == "" {
			require.Empty(t, out.String())
			continue
		}
		require.Contains(t, out.String(), want)
	}
}
