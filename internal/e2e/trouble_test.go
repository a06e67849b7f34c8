package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// paymentWebhook is the body of a webhook about a paid invoice.
func paymentWebhook(invoice int64, order, usd string) []byte {
	return fmt.Appendf(nil, `{"update_id":1,"update_type":"invoice_paid","request_date":"2026-01-01T00:00:00.000Z","payload":`+
		`{"invoice_id":%d,"status":"paid","currency_type":"fiat","fiat":"USD","amount":%[2]q,"paid_asset":"USDT","paid_amount":%[2]q,"payload":%[3]q}}`,
		invoice, usd, order)
}

// callWebhook makes a request to the payment webhook.
func (env *testEnv) callWebhook(method string, body []byte, signature string) (int, http.Header) {
	env.T.Helper()
	r, err := http.NewRequestWithContext(env.T.Context(), method, "http://shop.test:8080/cryptopay/webhook", bytes.NewReader(body))
	require.NoError(env.T, err)
	if signature != "" {
		r.Header.Set(cryptopay.SignatureHeader, signature)
	}
	resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
	require.NoError(env.T, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	require.NoError(env.T, resp.Body.Close())
	return resp.StatusCode, resp.Header
}

func TestOnlyASignedWebhookChangesAnOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in := env.CryptoPay().Invoices(appToken)[0]
		update := func(order string, amount string) []byte {
			body, err := json.Marshal(map[string]any{
				"update_id": 1, "update_type": "invoice_paid", "request_date": time.Now().UTC().Format(time.RFC3339),
				"payload": map[string]any{
					"invoice_id": in.ID, "status": "paid", "currency_type": "fiat", "fiat": "USD", "amount": amount,
					"paid_asset": "USDT", "paid_amount": "5", "payload": order, "paid_at": time.Now().UTC().Format(time.RFC3339),
				},
			})
			require.NoError(t, err)
			return body
		}
		good := update(in.Payload, "5")
		signed := func(body []byte) string { return cryptopay.Sign(appToken, body) }
		for name, c := range map[string]struct {
			method    string
			body      []byte
			signature string
			want      int
		}{
			"unsigned":          {http.MethodPost, good, "", http.StatusUnauthorized},
			"another's":         {http.MethodPost, good, cryptopay.Sign("1:"+strings.Repeat("x", 30), good), http.StatusUnauthorized},
			"of another body":   {http.MethodPost, good, signed([]byte("{}")), http.StatusUnauthorized},
			"no signature form": {http.MethodPost, good, "é", http.StatusUnauthorized},
			"not JSON":          {http.MethodPost, []byte("hello"), signed([]byte("hello")), http.StatusBadRequest},
			"oversized":         {http.MethodPost, bytes.Repeat([]byte(" "), 65<<10), "", http.StatusRequestEntityTooLarge},
			"GET":               {http.MethodGet, nil, "", http.StatusMethodNotAllowed},
			"unknown order":     {http.MethodPost, update("000000000000000", "5"), signed(update("000000000000000", "5")), http.StatusOK},
			"foreign payload":   {http.MethodPost, update("donation <3", "5"), signed(update("donation <3", "5")), http.StatusOK},
		} {
			status, header := env.callWebhook(c.method, c.body, c.signature)
			require.Equal(t, c.want, status, name)
			if status == http.StatusMethodNotAllowed {
				require.Equal(t, http.MethodPost, header.Get("Allow"))
			}
		}
		env.Settle()
		require.NotEmpty(t, env.PayLink(alice), "still to be paid")

		other := []byte(`{"update_id":5,"update_type":"invoice_expired","request_date":"2026-01-01T00:00:00.000Z","payload":{"invoice_id":1}}`)
		status, _ := env.callWebhook(http.MethodPost, other, signed(other))
		require.Equal(t, http.StatusOK, status)

		status, _ = env.callWebhook(http.MethodPost, good, signed(good))
		require.Equal(t, http.StatusOK, status)
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestAnInvoiceOfAnotherAmountIsNotDelivered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in := env.CryptoPay().Invoices(appToken)[0]
		body := paymentWebhook(in.ID, in.Payload, "0.5")
		status, _ := env.callWebhook(http.MethodPost, body, cryptopay.Sign(appToken, body))
		require.Equal(t, http.StatusOK, status)
		env.Settle()
		require.Empty(t, env.KeysOf(alice))
		require.Equal(t, 1, env.CountSent(olga, "Paid, and waiting for you"))
		env.Tap(olga, "Deliver now")
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestAnOwnerWhoCannotBeReachedKeepsNothingFromTheBuyer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in := env.CryptoPay().Invoices(appToken)[0]
		env.Telegram().Block(botToken, olga, true)
		for i := range int64(2) {
			body := paymentWebhook(in.ID+i, in.Payload, "0.5")
			status, _ := env.callWebhook(http.MethodPost, body, cryptopay.Sign(appToken, body))
			require.Equal(t, http.StatusOK, status)
			env.Settle()
		}
		time.Sleep(20 * time.Minute)
		require.GreaterOrEqual(t, env.CountSent(alice, "The payment differs from the price"), 1)
		require.Equal(t, 1, env.CountSent(alice, "was paid a second time"), env.Transcript(alice))
		env.Telegram().Block(botToken, olga, false)
		time.Sleep(10 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, "Paid, and waiting for you"))
		require.Equal(t, 1, env.CountSent(olga, "was paid a second time"))
	})
}

func TestARefusedInvoiceIsToldToBuyerAndOwnerAtOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Status: http.StatusBadRequest, Name: "UNSUPPORTED_ASSET"})
		env.Say(alice, "/buy vpn 10")
		require.Equal(t, 1, env.CountSent(alice, "cannot take a payment for this now, and its owner knows"))
		require.Zero(t, env.CountSent(alice, "does not answer"), "trying again does not help")
		require.Equal(t, 1, env.CountSent(olga, "UNSUPPORTED_ASSET"))
		env.Say(boris, "/buy vpn 10")
		env.Pay(boris)
		require.Len(t, env.KeysOf(boris), 10, "nothing stays reserved")
	})
}

func TestGoodsArriveThroughTelegramsTroubles(t *testing.T) {
	for name, f := range map[string]telegram.Failure{
		"429":                     {Status: 429, Description: "Too Many Requests: retry after 30", RetryAfter: 30},
		"502":                     {Status: 502, HTML: true},
		"cut":                     {DropBefore: true},
		"cut after work was done": {DropAfter: true},
		"hang":                    {Hang: 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(alice, "/buy vpn")
				bill := env.PayLink(alice)
				env.Telegram().FailNext("sendMessage", 3, f)
				_, err := env.CryptoPay().Pay(bill, alice, "USDT")
				require.NoError(t, err)
				time.Sleep(20 * time.Minute)
				env.Settle()
				keys := env.KeysOf(alice)
				require.NotEmpty(t, keys)
				for _, k := range keys {
					require.Equal(t, "KEY-01", k, "what comes again is the same")
				}
				require.Zero(t, env.CountSent(olga, "waiting for you"))
			})
		})
	}
}

func TestABuyerWhoBlockedTheBotFindsTheGoodsLater(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Telegram().Block(botToken, alice, true)
		env.Pay(alice)
		time.Sleep(time.Minute)
		env.Settle()
		require.Equal(t, 1, env.CountSent(olga, "Paid, and waiting for you"), env.Transcript(olga))
		env.Telegram().Block(botToken, alice, false)
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Send me the goods")
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestPoisonUpdatesDoNotStopTheBot(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		from := fmt.Sprintf(`"from":{"id":%d,"is_bot":false,"first_name":"A"},"chat":{"id":%d,"type":"private","first_name":"A"},"date":1`, alice, alice)
		for _, poison := range []string{
			`{"message":{"message_id":1,` + from + `,"text":12345}}`,
			`{"message":{"message_id":2,` + from + `,"external_reply":{"origin":{"type":"hologram"}},"text":"x"}}`,
			`{"message":{"message_id":3,` + from + `,"forward_origin":{"type":"telepathy","date":1},"text":"x"}}`,
			`{"message":{"message_id":4,` + from + `,"text":"/buy","entities":[{"type":"bot_command","offset":9999999,"length":-5}]}}`,
			`{"message":{"message_id":5,"chat":{"id":1,"type":"private"},"date":1,"text":"/start"}}`,
			`{"callback_query":{"id":"7","from":{"id":1,"is_bot":false,"first_name":"x"},"chat_instance":"1","data":"home"}}`,
			`{"callback_query":{"id":"8","from":{"id":1,"is_bot":false,"first_name":"x"},"message":{"chat":{"id":1,"type":"private"},"message_id":1,"date":0},"chat_instance":"1","data":"home"}}`,
			`{"something_new":{"a":[1,2,3]}}`,
			`{"message":[]}`,
			`{"message":null}`,
		} {
			require.NoError(t, env.Telegram().Inject(botToken, json.RawMessage(poison)))
		}
		env.Settle()
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
	})
}

func TestAFloodFromOneDoesNotKeepOthersWaiting(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 300 {
			require.NoError(t, env.Telegram().Say(botToken, alice, "/help"))
		}
		require.NoError(t, env.Telegram().Say(botToken, boris, "/buy vpn"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.NotEmpty(t, env.PayLink(boris))
	})
}

func TestASecondRunOnTheSameDatabaseIsRefusedAtOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Setenv("LISTEN", "shop.test:8081")
		env.Setenv("OPS_LISTEN", "127.0.0.1:9091")
		cfg, err := config.Load(env.Environ, "")
		require.NoError(t, err)
		start := time.Now()
		err = app.Run(t.Context(), cfg, app.NewLogger(env.Log, cfg), app.System{Transport: env.Network.Transport()})
		require.ErrorContains(t, err, "shop.db")
		require.Less(t, time.Since(start), 2*time.Second)
	})
}

func TestTelegramByWebhookInsteadOfAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("PUBLIC_URL", "http://127.0.0.1:8080")
		env.Setenv("LISTEN", "127.0.0.1:8080")
		env.CryptoPay().SetWebhook(appToken, "http://127.0.0.1:8080/cryptopay/webhook")
		env.Start()
		env.LoadKeys(2)
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))

		forged := strings.NewReader(`{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"/start"}}`)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080/telegram/webhook", forged)
		require.NoError(t, err)
		resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		env.Stop()
	})
}

func TestARestartInBetweenLosesNothing(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		bill := env.PayLink(alice)
		env.Stop()
		require.NoError(t, env.Telegram().Say(botToken, boris, "/buy vpn 2"))
		_, err := env.CryptoPay().Pay(bill, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(time.Second)
		env.Start()
		env.Settle()
		time.Sleep(time.Minute)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Pay(boris)
		require.Equal(t, []string{"KEY-02", "KEY-03"}, env.KeysOf(boris))
		require.Empty(t, env.PayLink(alice))
	})
}

func TestPricesAndTitlesAreThoseOfTheDayOfTheOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy guide")
		env.WriteCatalog(strings.ReplaceAll(testenv.Catalog, "The whole <secret> & more", "Another text"))
		env.Settle()
		env.Pay(alice)
		require.Contains(t, env.Last(alice).Text, "The whole <secret> & more")

		env.WriteCatalog("shop: [")
		env.Say(boris, "/buy guide")
		env.Pay(boris)
		require.Contains(t, env.Last(boris).Text, "Another text", "a faulty catalog does not replace a good one")
	})
}

func TestAPricedInCoinsShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.WriteCatalog(strings.ReplaceAll(testenv.Catalog, "currency: USD, assets: [USDT, TON]", "currency: USDT"))
		env.Start()
		env.Say(alice, "/buy guide 1")
		in := env.Pay(alice)
		require.False(t, in.Fiat)
		require.Equal(t, "2.5 USDT", in.Amount.String())
		require.Equal(t, 1, env.CountSent(alice, "The whole <secret>"))
		env.Say(olga, "/refund "+in.Payload+" 1.25")
		env.Tap(olga, "Yes, send 1.25 USDT")
		require.Equal(t, "1.25 USDT", env.CryptoPay().Transfers(appToken)[0].Amount.String())
		env.Stop()
	})
}
