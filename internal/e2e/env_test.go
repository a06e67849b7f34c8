// Package e2e runs the whole program against the sandbox: what buyers, owners and strangers do, and
// what fails meanwhile. Its tests are scenarios; random ones are in package model, and killed
// processes in package crash.
package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/money"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
)

const (
	alice = sandbox.Alice // writes English
	boris = sandbox.Boris // writes Russian
	olga  = sandbox.Olga  // owns the shop

	botToken = testenv.BotToken
	appToken = testenv.AppToken
)

// testEnv is the sandbox and the shop of one test.
type testEnv struct{ *testenv.Env }

// run runs a test in a bubble, with the shop open and ten keys in stock.
func run(t *testing.T, test func(t *testing.T, env *testEnv)) {
	t.Helper()
	testenv.Run(t, func(t *testing.T, e *testenv.Env) { test(t, &testEnv{e}) })
}

// newEnv makes an environment whose shop is still to be started.
func newEnv(t *testing.T) *testEnv {
	t.Helper()
	return &testEnv{testenv.New(t, nil)}
}

// askOps returns the answer of the shop's private listener, which has to be 200.
func (env *testEnv) askOps(method, path string) string {
	env.T.Helper()
	status, body := env.AskOps(method, path)
	require.Equal(env.T, http.StatusOK, status, body)
	return body
}

// coins is the USDT in Alice's wallet.
func (env *testEnv) coins() money.Amount {
	for _, a := range env.CryptoPay().Wallet(alice) {
		if a.Currency() == "USDT" {
			return a
		}
	}
	return money.Zero("USDT")
}

func (env *testEnv) transfers() []cryptopay.Transfer { return env.CryptoPay().Transfers(appToken) }

// sold has Alice buy one key, and returns the order's number.
func (env *testEnv) sold() string {
	env.T.Helper()
	env.Say(alice, "/buy vpn")
	return env.Pay(alice).Payload
}

// refund has the owner send back all that an order was paid.
func (env *testEnv) refund(order string) {
	env.T.Helper()
	env.Say(olga, "/refund "+order)
	env.Tap(olga, "Yes, send")
}

// stockLine is what the owner reads about the stock of the keys.
func (env *testEnv) stockLine() string {
	env.Say(olga, "/stock vpn")
	for _, m := range slices.Backward(env.Chat(olga)) { // she may be told what she missed as well
		if strings.Contains(m.Text, " reserved · ") {
			return m.Text
		}
	}
	return env.Last(olga).Text
}

// createInvoice makes an invoice past the shop, as a request does whose answer the shop never got.
// more are further parameters, as JSON.
func (env *testEnv) createInvoice(payload, usd string, more ...string) cryptopay.Invoice {
	env.T.Helper()
	before := len(env.CryptoPay().Invoices(appToken))
	r, err := http.NewRequestWithContext(env.T.Context(), http.MethodPost, "http://sandbox.test/cryptopay/api/createInvoice",
		strings.NewReader(`{"currency_type":"fiat","fiat":"USD","amount":"`+usd+`","payload":"`+payload+`"`+strings.Join(more, "")+`}`))
	require.NoError(env.T, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Crypto-Pay-API-Token", appToken)
	resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
	require.NoError(env.T, err)
	require.NoError(env.T, resp.Body.Close())
	all := env.CryptoPay().Invoices(appToken)
	require.Len(env.T, all, before+1)
	return all[len(all)-1]
}
