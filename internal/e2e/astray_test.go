package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/preflight"
)

// The address at Crypto Pay has a slash too many or too few.
func TestSignedWebhooksAtAWrongPathAreTold(t *testing.T) {
	for _, address := range []string{
		"http://shop.test:8080/cryptopay/webhook/", "http://shop.test:8080//cryptopay/webhook", "http://shop.test:8080/cryptopaywebhook",
	} {
		run(t, func(t *testing.T, env *testEnv) {
			env.CryptoPay().SetWebhook(appToken, address)
			env.sellGuide()
			env.sellGuide()
			require.Equal(t, 2, env.CountSent(alice, "The whole <secret>"), "the payments are found by asking")
			require.Contains(t, env.Log.String(), "signed webhook at another path")
			require.Contains(t, env.askOps(http.MethodGet, "/metrics"), `shopbot_cryptopay_webhooks_total{status="404"}`)
			for _, d := range env.CryptoPay().Deliveries(appToken) {
				require.Equal(t, http.StatusNotFound, d.Status)
			}
			require.NoError(t, env.Abort())
			var out strings.Builder
			require.NoError(t, preflight.Run(t.Context(), &out, env.Config(), preflight.Options{Offline: true}))
			require.Regexp(t, `(?m)^warn  webhook .*the address to enter in @CryptoBot is https://YOUR-DOMAIN/cryptopay/webhook, without`, out.String())

			env.CryptoPay().SetWebhook(appToken, "http://shop.test:8080/cryptopay/webhook")
			env.Start()
			env.sellGuide()
			require.NoError(t, env.Abort())
			out.Reset()
			require.NoError(t, preflight.Run(t.Context(), &out, env.Config(), preflight.Options{Offline: true}))
			require.Regexp(t, `(?m)^ok    webhook .*the last one came`, out.String())
			env.Start()
		})
	}
}

// Strangers learn nothing, and are not logged: they have no signature.
func TestUnsignedRequestsToOtherPathsAreNotTold(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, signature := range []string{"", strings.Repeat("0", 64)} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://shop.test:8080/cryptopay/webhook/", strings.NewReader("{}"))
			require.NoError(t, err)
			r.Header.Set("Crypto-Pay-Api-Signature", signature)
			resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			require.Equal(t, http.StatusNotFound, resp.StatusCode)
		}
		time.Sleep(time.Minute)
		require.NotContains(t, env.Log.String(), "another path")
	})
}
