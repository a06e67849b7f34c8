package main

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
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// knock sends a request to the shop's public listener.
func (w *town) knock(method string, body []byte, signature string) (int, http.Header) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, "http://shop.test:8080/cryptopay/webhook", bytes.NewReader(body))
	require.NoError(w.t, err)
	if signature != "" {
		r.Header.Set(cryptopay.SignatureHeader, signature)
	}
	resp, err := (&http.Client{Transport: w.net.Transport()}).Do(r)
	require.NoError(w.t, err)
	_, _ = io.Copy(io.Discard, resp.Body)
	require.NoError(w.t, resp.Body.Close())
	return resp.StatusCode, resp.Header
}

func TestOnlyASignedWebhookChangesAnOrder(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		in := w.CryptoPay().Invoices(appToken)[0]
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
			"unknown order":     {http.MethodPost, update("0000000-00000000", "5"), signed(update("0000000-00000000", "5")), http.StatusOK},
			"foreign payload":   {http.MethodPost, update("donation <3", "5"), signed(update("donation <3", "5")), http.StatusOK},
		} {
			status, header := w.knock(c.method, c.body, c.signature)
			require.Equal(t, c.want, status, name)
			if status == http.StatusMethodNotAllowed {
				require.Equal(t, http.MethodPost, header.Get("Allow"))
			}
		}
		w.settle()
		require.NotEmpty(t, w.bill(alice), "still to be paid")

		other := []byte(`{"update_id":5,"update_type":"invoice_expired","request_date":"2026-01-01T00:00:00.000Z","payload":{"invoice_id":1}}`)
		status, _ := w.knock(http.MethodPost, other, signed(other))
		require.Equal(t, http.StatusOK, status)

		status, _ = w.knock(http.MethodPost, good, signed(good))
		require.Equal(t, http.StatusOK, status)
		w.settle()
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestAnInvoiceOfAnotherAmountIsNotDelivered(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		in := w.CryptoPay().Invoices(appToken)[0]
		body := fmt.Appendf(nil, `{"update_id":1,"update_type":"invoice_paid","request_date":"2026-01-01T00:00:00.000Z","payload":`+
			`{"invoice_id":%d,"status":"paid","currency_type":"fiat","fiat":"USD","amount":"0.5","paid_asset":"USDT","paid_amount":"0.5","payload":%q}}`,
			in.ID, in.Payload)
		status, _ := w.knock(http.MethodPost, body, cryptopay.Sign(appToken, body))
		require.Equal(t, http.StatusOK, status)
		w.settle()
		require.Empty(t, w.keysOf(alice))
		require.Equal(t, 1, w.heard(olga, "Paid, and waiting for you"))
		w.tap(olga, "Deliver now")
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestAnOwnerWhoCannotBeReachedKeepsNothingFromTheBuyer(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		in := w.CryptoPay().Invoices(appToken)[0]
		w.Telegram().Block(botToken, olga, true)
		for i := range int64(2) {
			body := fmt.Appendf(nil, `{"update_id":1,"update_type":"invoice_paid","request_date":"2026-01-01T00:00:00.000Z","payload":`+
				`{"invoice_id":%d,"status":"paid","currency_type":"fiat","fiat":"USD","amount":"0.5","paid_asset":"USDT","paid_amount":"0.5","payload":%q}}`,
				in.ID+i, in.Payload)
			status, _ := w.knock(http.MethodPost, body, cryptopay.Sign(appToken, body))
			require.Equal(t, http.StatusOK, status)
			w.settle()
		}
		time.Sleep(20 * time.Minute)
		require.GreaterOrEqual(t, w.heard(alice, "The payment differs from the price"), 1)
		require.Equal(t, 1, w.heard(alice, "was paid a second time"), w.transcript(alice))
		w.Telegram().Block(botToken, olga, false)
		time.Sleep(10 * time.Minute)
		require.Equal(t, 1, w.heard(olga, "Paid, and waiting for you"))
		require.Equal(t, 1, w.heard(olga, "was paid a second time"))
	})
}

func TestARefusedInvoiceIsToldToBuyerAndOwnerAtOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Status: http.StatusBadRequest, Name: "UNSUPPORTED_ASSET"})
		w.say(alice, "/buy vpn 10")
		require.Equal(t, 1, w.heard(alice, "does not answer just now"))
		require.Equal(t, 1, w.heard(olga, "UNSUPPORTED_ASSET"))
		w.say(boris, "/buy vpn 10")
		w.pay(boris)
		require.Len(t, w.keysOf(boris), 10, "nothing stays reserved")
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
			inTown(t, func(t *testing.T, w *town) {
				w.say(alice, "/buy vpn")
				bill := w.bill(alice)
				w.Telegram().FailNext("sendMessage", 3, f)
				_, err := w.CryptoPay().Pay(bill, alice, "USDT")
				require.NoError(t, err)
				time.Sleep(20 * time.Minute)
				w.settle()
				keys := w.keysOf(alice)
				require.NotEmpty(t, keys)
				for _, k := range keys {
					require.Equal(t, "KEY-01", k, "what comes again is the same")
				}
				require.Zero(t, w.heard(olga, "waiting for you"))
			})
		})
	}
}

func TestABuyerWhoBlockedTheBotFindsTheGoodsLater(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		w.Telegram().Block(botToken, alice, true)
		w.pay(alice)
		time.Sleep(time.Minute)
		w.settle()
		require.Equal(t, 1, w.heard(olga, "Paid, and waiting for you"), w.transcript(olga))
		w.Telegram().Block(botToken, alice, false)
		w.say(alice, "/orders")
		w.tap(alice, "VPN")
		w.tap(alice, "Send me the goods")
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestPoisonUpdatesDoNotStopTheBot(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
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
			require.NoError(t, w.Telegram().Inject(botToken, json.RawMessage(poison)))
		}
		w.settle()
		w.say(alice, "/buy vpn")
		w.pay(alice)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
	})
}

func TestAFloodFromOneDoesNotKeepOthersWaiting(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		for range 300 {
			require.NoError(t, w.Telegram().Say(botToken, alice, "/help"))
		}
		require.NoError(t, w.Telegram().Say(botToken, boris, "/buy vpn"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.NotEmpty(t, w.bill(boris))
	})
}

func TestASecondRunOnTheSameDatabaseIsRefusedAtOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.set("LISTEN", "shop.test:8081")
		w.set("OPS_LISTEN", "127.0.0.1:9091")
		cfg, err := config.Load(w.env, "")
		require.NoError(t, err)
		begun := time.Now()
		err = app.Run(t.Context(), cfg, app.NewLogger(w.log, cfg), app.System{Transport: w.net.Transport()})
		require.ErrorContains(t, err, "shop.db")
		require.Less(t, time.Since(begun), 2*time.Second)
	})
}

func TestTelegramByWebhookInsteadOfAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t)
		w.set("PUBLIC_URL", "http://127.0.0.1:8080")
		w.set("LISTEN", "127.0.0.1:8080")
		w.CryptoPay().SetWebhook(appToken, "http://127.0.0.1:8080/cryptopay/webhook")
		w.open()
		w.stock(2)
		w.say(alice, "/buy vpn")
		w.pay(alice)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))

		forged := strings.NewReader(`{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"/start"}}`)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1:8080/telegram/webhook", forged)
		require.NoError(t, err)
		resp, err := (&http.Client{Transport: w.net.Transport()}).Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
		w.close()
	})
}

func TestARestartInBetweenLosesNothing(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		bill := w.bill(alice)
		w.close()
		require.NoError(t, w.Telegram().Say(botToken, boris, "/buy vpn 2"))
		_, err := w.CryptoPay().Pay(bill, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(time.Second)
		w.open()
		w.settle()
		time.Sleep(time.Minute)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
		w.pay(boris)
		require.Equal(t, []string{"KEY-02", "KEY-03"}, w.keysOf(boris))
		require.Empty(t, w.bill(alice))
	})
}

func TestPricesAndTitlesAreThoseOfTheDayOfTheOrder(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy guide")
		w.writeCatalog(strings.ReplaceAll(testCatalog, "The whole <secret> & more", "Another text"))
		w.settle()
		w.pay(alice)
		require.Contains(t, w.last(alice).Text, "The whole <secret> & more")

		w.writeCatalog("shop: [")
		w.say(boris, "/buy guide")
		w.pay(boris)
		require.Contains(t, w.last(boris).Text, "Another text", "a faulty catalog does not replace a good one")
	})
}

func TestAPricedInCoinsShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t)
		w.writeCatalog(strings.ReplaceAll(testCatalog, "currency: USD, assets: [USDT, TON]", "currency: USDT"))
		w.open()
		w.say(alice, "/buy guide 1")
		in := w.pay(alice)
		require.False(t, in.Fiat)
		require.Equal(t, "2.5 USDT", in.Amount.String())
		require.Equal(t, 1, w.heard(alice, "The whole <secret>"))
		w.say(olga, "/refund "+orderOf(in)+" 1.25")
		w.tap(olga, "Yes, send 1.25 USDT")
		require.Equal(t, "1.25 USDT", w.CryptoPay().Transfers(appToken)[0].Amount.String())
		w.close()
	})
}
