package cryptopayrail_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
)

func TestACallTellsWhetherCryptoPayServesTheShop(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		answer apiAnswer
		want   shop.Cause
		known  bool
	}{
		"an answer":               {"getMe", result(`{"app_id":1}`), "", true},
		"the token is revoked":    {"getMe", refusal(401, "UNAUTHORIZED"), shop.CauseUnauthorized, true},
		"the app is blocked":      {"getMe", refusal(403, "APP_BLOCKED"), shop.CauseBlocked, true},
		"it may make no invoices": {"createInvoice", refusal(403, "APP_BLOCKED"), "", false},
		"transfers are off":       {"getMe", refusal(403, "METHOD_DISABLED"), "", true},
		"this call is refused":    {"getMe", refusal(400, "AMOUNT_TOO_SMALL"), "", true},
		"a fault of its own":      {"getMe", refusal(500, "APP_ERROR"), shop.CauseNoAnswer, true},
		"too many requests":       {"getMe", refusal(429, "TOO_MANY_REQUESTS"), shop.CauseNoAnswer, true},
		"a page":                  {"getMe", apiAnswer{status: 200, body: "<html>"}, shop.CauseNoAnswer, true},
		"a gateway's 403":         {"getMe", apiAnswer{status: 403, body: "<html>"}, shop.CauseNoAnswer, true},
		"the connection is cut":   {"getMe", apiAnswer{}, shop.CauseNoAnswer, true},
	} {
		t.Run(name, func(t *testing.T) {
			var last payments.Call
			client := newClient(t, answerAlways(map[string]apiAnswer{c.method: c.answer}), func(cfg *payments.Config) {
				cfg.Observe = func(_ context.Context, call payments.Call) { last = call }
			})
			if c.method == "createInvoice" {
				_, _ = client.CreateInvoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "1", "TON")})
			} else {
				_, _ = client.GetMe(t.Context())
			}
			got, known := cryptopayrail.Health(last)
			require.Equal(t, c.want, got)
			require.Equal(t, c.known, known)
		})
	}
}

func TestACallThatWeGaveUpTellsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last payments.Call
	client := newClient(t, answerAlways(map[string]apiAnswer{"getMe": {}}), func(cfg *payments.Config) {
		cfg.Observe = func(_ context.Context, call payments.Call) { last = call }
	})
	_, err := client.GetMe(ctx)
	require.Error(t, err)
	_, known := cryptopayrail.Health(last)
	require.False(t, known)
}

func TestARefusalSaysWhatItIsAbout(t *testing.T) {
	for name, c := range map[string]struct {
		answer  apiAnswer
		about   shop.RefusedAbout
		allowed []money.Currency
	}{
		"assets": {
			apiAnswer{status: 400, body: `{"ok":false,"error":{"code":400,"name":"UNSUPPORTED_ACCEPTED_ASSET","allowed_crypto_assets":["USDT"]}}`},
			shop.AboutAssets,
			[]money.Currency{"USDT"},
		},
		"the amount":     {refusal(400, "AMOUNT_TOO_SMALL"), shop.AboutAmount, nil},
		"something else": {refusal(400, "NEVER_HEARD_OF"), "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRail(t, answerAlways(map[string]apiAnswer{"createInvoice": c.answer}))
			_, err := r.CreateInvoice(t.Context(), shop.Order{ID: testOrder, Lines: []shop.Line{line("x", 1)}, Total: amount(t, "1", "USD")}, 60e9)
			var no *shop.RefusedError
			require.ErrorAs(t, err, &no)
			require.Equal(t, c.about, no.About)
			require.Equal(t, c.allowed, no.Allowed)
		})
	}
}

func TestAssetsLeavesOutFiatCurrencies(t *testing.T) {
	r := newRail(t, answerAlways(map[string]apiAnswer{
		"getCurrencies": result(`[{"code":"USDT","is_stablecoin":true},{"code":"USD","is_fiat":true},{"code":"GRAM"},{"code":"much too long to be one"}]`),
	}))
	got, err := r.Assets(t.Context())
	require.NoError(t, err)
	require.Equal(t, []money.Currency{"USDT", "GRAM"}, got)
}
