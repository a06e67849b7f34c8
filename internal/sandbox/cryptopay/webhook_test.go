package cryptopay

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const hookURL = "http://shop.test/secret-path"

func TestSignatureVectors(t *testing.T) {
	for _, c := range []struct{ token, body, want string }{
		{shop, `{"update_id":1}`, "0565b1ae21e14ea5d5fcdb1d5089d7c5077e8155c5ddefa099dbab75874e49ad"},
		{
			shop,
			`{"update_id":42,"update_type":"invoice_paid","request_date":"2026-01-02T03:04:05.678Z","payload":{"invoice_id":1001,"hash":"IVtestvector","currency_type":"crypto","asset":"USDT","amount":"2.6","paid_asset":"USDT","paid_amount":"2.6","fee_asset":"USDT","fee_amount":"0.078","status":"paid","payload":"order:7 <тест> & \"q\" /"}}`,
			"ecbc9b91b3e6c136091beb8093802c8b73cdfe464690bd6a0fc3abca29250e2f",
		},
		{"12345:AAkat", `{"update_type":"invoice_paid"}`, "3fe6fa1f99eab081755f517980f8210ffb048bfe6e1cd6f2133db45acf2552d5"},
	} {
		require.Equal(t, c.want, Sign(c.token, []byte(c.body)))
	}
}

func TestWebhookBytesAreThoseOfJSONStringify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shopkeeper := &listener{}
		s := New(Config{Client: &http.Client{Transport: shopkeeper}, Rand: zeros{}})
		defer s.Close()
		s.SetWebhook(shop, hookURL)
		payload, err := json.Marshal("order:7 <тест> & \"q\" /\\\u2028\u2029\n\x01\b\x7f \\u2028")
		require.NoError(t, err)
		v := mustBill(t, s, `{"asset":"USDT","amount":"2.6","payload":`+string(payload)+`,"expires_in":60}`)
		time.Sleep(1500 * time.Millisecond)
		mustPay(t, s, v, "")
		synctest.Wait()

		want := strings.ReplaceAll(`{"update_id":1,"update_type":"invoice_paid","request_date":"2000-01-01T00:00:01.500Z","payload":{"invoice_id":1,"hash":"HASH","currency_type":"crypto","asset":"USDT","amount":"2.6",`+
			`"paid_asset":"USDT","paid_amount":"2.6","fee_asset":"USDT","fee_amount":"0.078","fee":"0.078","fee_in_usd":"0.0780156",`+
			`"pay_url":"https://t.me/CryptoBot?start=HASH","bot_invoice_url":"https://t.me/CryptoBot?start=HASH",`+
			`"mini_app_invoice_url":"https://t.me/CryptoBot/app?startapp=invoice-HASH&mode=compact",`+
			`"web_app_invoice_url":"https://app.send.tg/invoices/HASH","status":"paid","created_at":"2000-01-01T00:00:00.000Z",`+
			`"allow_comments":true,"allow_anonymous":true,"expiration_date":"2000-01-01T00:00:59.998Z","paid_usd_rate":"1.0002","usd_rate":"1.0002",`+
			`"paid_at":"2000-01-01T00:00:01.500Z","paid_anonymously":false,"payload":"order:7 <тест> & \"q\" /\\`+"\u2028\u2029"+`\n\u0001\b`+"\x7f"+` \\u2028"}}`, "HASH", v.Hash)
		hooks := shopkeeper.hooks()
		require.Len(t, hooks, 1)
		require.Equal(t, want, hooks[0].body)
		require.Equal(t, Sign(shop, []byte(want)), hooks[0].signature)
		require.Equal(t, "application/json", hooks[0].header.Get("Content-Type"))
		require.Equal(t, hookURL, hooks[0].url)

		answer := call(t, s, shop, "getInvoices", "").raw
		require.NotContains(t, answer, `"fee":`, "only webhooks have the deprecated doubles")
		require.NotContains(t, answer, `"usd_rate":`)
		require.Contains(t, answer, `"fee_amount":"0.078","fee_in_usd":"0.0780156"`)
	})
}

func TestWebhookIsRetriedForThreeDaysThenDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shopkeeper := &listener{answer: func(int) (int, error) { return 409, nil }}
		s := New(Config{Client: &http.Client{Transport: shopkeeper}})
		defer s.Close()
		s.SetWebhook(shop, hookURL)
		v := mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
		mustPay(t, s, v, "")
		synctest.Wait()
		require.Len(t, shopkeeper.hooks(), 1, "the first attempt is made at once")
		time.Sleep(4*time.Second - 1)
		require.Len(t, shopkeeper.hooks(), 1)
		time.Sleep(24 * time.Hour)
		require.Equal(t, hookURL, s.Webhook(shop), "still trying")
		time.Sleep(49 * time.Hour)

		hooks := shopkeeper.hooks()
		require.Len(t, hooks, 17)
		for _, h := range hooks {
			require.Equal(t, hooks[0].body, h.body)
		}
		log := s.Deliveries(shop)
		require.Len(t, log, 17)
		require.Equal(t, Delivery{Invoice: 1, UpdateID: 1, Attempt: 17, At: log[16].At, Status: 409, Err: "status 409"}, log[16])
		require.InDelta(t, 72.8, log[16].At.Sub(log[0].At).Hours(), 0.1)
		require.Equal(t, WebhookStatus{OffReason: "17 attempts failed, the last with: status 409"}, s.WebhookStatus(shop))

		mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"1"}`), "")
		time.Sleep(time.Hour)
		require.Len(t, shopkeeper.hooks(), 17, "switched off, it announces nothing")
		s.SetWebhook(shop, hookURL)
		time.Sleep(time.Hour)
		require.Len(t, shopkeeper.hooks(), 17, "what was missed stays missed")
		require.ErrorIs(t, s.Resend("3"), ErrNotFound)
		require.NoError(t, s.Resend("2"))
		synctest.Wait()
		require.Len(t, shopkeeper.hooks(), 18)
	})
}

func TestDeliveryEndsWithTheFirstSuccess(t *testing.T) {
	for name, failure := range map[string]func() (int, error){
		"server error": func() (int, error) { return 500, nil },
		"redirect":     func() (int, error) { return 302, nil },
		"no answer":    func() (int, error) { return 0, errors.New("connection refused") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shopkeeper := &listener{answer: func(n int) (int, error) {
					if n < 4 {
						return failure()
					}
					return 204, nil
				}}
				s := New(Config{Client: &http.Client{Transport: shopkeeper}})
				defer s.Close()
				s.SetWebhook(shop, hookURL)
				mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"1"}`), "")
				time.Sleep(100 * time.Hour)
				require.Len(t, shopkeeper.hooks(), 4)
				for _, h := range shopkeeper.hooks() {
					require.Equal(t, hookURL, h.url, "redirects are not followed")
				}
				log := s.Deliveries(shop)
				require.NotEmpty(t, log[2].Err)
				require.Empty(t, log[3].Err)
				require.Equal(t, 204, log[3].Status)
				require.Equal(t, 4+8+16, int(log[3].At.Sub(log[0].At).Seconds()))
			})
		})
	}
}

// stuck does not answer until the request's context ends.
type stuck struct{}

func (stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestHangingAttemptTimesOutAndCloseDoesNotWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Client: &http.Client{Transport: stuck{}}})
		s.SetWebhook(shop, hookURL)
		start := time.Now()
		v := mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
		mustPay(t, s, v, "")
		require.Equal(t, start, time.Now(), "paying waits for no webhook")
		time.Sleep(6 * time.Second)
		require.Len(t, s.Deliveries(shop), 1)
		require.Equal(t, 0, s.Deliveries(shop)[0].Status)
		time.Sleep(5 * time.Second) // during the second attempt
		closing := time.Now()
		s.Close()
		require.Equal(t, closing, time.Now())
		require.NoError(t, s.Resend(v.Hash), "a closed service still answers")
		time.Sleep(time.Hour)
		require.Len(t, s.Deliveries(shop), 1)
	})
}

func TestFaultsLoseRepeatAndDelayWebhooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shopkeeper := &listener{}
		s := New(Config{Client: &http.Client{Transport: shopkeeper}})
		defer s.Close()
		s.SetWebhook(shop, hookURL)
		pay := func(f Faults) Invoice {
			s.SetFaults(f)
			require.Equal(t, f, s.Faults())
			return mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"1"}`), "")
		}
		lost := pay(Faults{LoseWebhooks: true})
		s.SetFaults(Faults{})
		time.Sleep(time.Hour)
		require.Empty(t, shopkeeper.hooks())
		require.Equal(t, "lost on purpose", s.Deliveries(shop)[0].Err)
		require.NoError(t, s.Resend(lost.WebAppURL))
		synctest.Wait()
		require.Len(t, shopkeeper.hooks(), 1)

		pay(Faults{RepeatWebhooks: 49})
		synctest.Wait()
		require.Len(t, shopkeeper.hooks(), 51)

		pay(Faults{DelayWebhooks: time.Minute})
		time.Sleep(time.Minute - 1)
		require.Len(t, shopkeeper.hooks(), 51)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Len(t, shopkeeper.hooks(), 52)
		require.Contains(t, shopkeeper.hooks()[51].body, `"request_date":"2000-01-01T01:01:00.000Z"`)
	})
}

func TestResendNeedsAPaidInvoiceAndAWebhook(t *testing.T) {
	s := New(Config{})
	v := mustBill(t, s, `{"asset":"USDT","amount":"1"}`)
	require.ErrorIs(t, s.Resend(v.Hash), ErrNotPaid)
	mustPay(t, s, v, "")
	require.ErrorIs(t, s.Resend(v.Hash), ErrNoWebhook)
}

func TestNoSecretIsLoggedOrShownInTheDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s := New(Config{
			Client: &http.Client{Transport: &listener{answer: func(int) (int, error) { return 0, errors.New("refused") }}},
			Log:    slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})),
		})
		for _, address := range []string{hookURL, "://secret-path", "gopher://secret-path", "http://shop.test/secret-path\x7f"} {
			s.SetWebhook(shop, address)
			mustPay(t, s, mustBill(t, s, `{"asset":"USDT","amount":"1"}`), "")
			time.Sleep(10 * time.Second)
		}
		s.Close()
		for _, d := range s.Deliveries(shop) {
			require.NotContains(t, d.Err, "secret")
		}
		require.NotEmpty(t, s.Deliveries(shop))
		require.NotEmpty(t, out.String())
		require.NotContains(t, out.String(), "secret")
		require.NotContains(t, out.String(), "AAAABBBB")
	})
}

func TestGetMeReturnsTheWebhook(t *testing.T) {
	s := New(Config{})
	s.SetWebhook(shop, hookURL)
	require.Contains(t, call(t, s, shop, "getMe", "").raw, `"webhook_endpoint":"`+hookURL+`"`)
}

func TestDeliveryLogIsBounded(t *testing.T) {
	a := &app{}
	for n := range keptDeliveries + 5 {
		a.record(Delivery{UpdateID: int64(n)})
	}
	require.Len(t, a.deliveries, keptDeliveries)
	require.Equal(t, int64(5), a.deliveries[0].UpdateID)
}
