package tlshint_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/tlshint"
)

func TestARefusedCertificateComesWithItsRemedy(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	for name, c := range map[string]struct {
		config *tls.Config
		remedy string
	}{
		"no certificates in the image": {&tls.Config{RootCAs: x509.NewCertPool()}, "ca-certificates"},
		"a clock that is years ahead": {
			&tls.Config{RootCAs: trusted, Time: func() time.Time { return server.Certificate().NotAfter.AddDate(1, 0, 0) }}, "clock is right",
		},
		"another server": {&tls.Config{RootCAs: trusted, ServerName: "api.telegram.org"}, "in the server's place"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
			require.NoError(t, err)
			resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: c.config}}).Do(r)
			if err == nil {
				_ = resp.Body.Close()
			}
			require.Error(t, err)
			require.ErrorContains(t, tlshint.With(err), c.remedy)
			require.ErrorIs(t, tlshint.With(err), err)
		})
	}
	other := errors.New("connection refused")
	require.Equal(t, other, tlshint.With(other))
	require.ErrorContains(t, tlshint.With(x509.SystemRootsError{}), "SSL_CERT_FILE")
}
