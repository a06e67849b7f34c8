package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
)

func fmtID(id int64) string { return strconv.FormatInt(id, 10) }

// tons is the TON in Alice's wallet.
func (env *testEnv) tons() string {
	for _, a := range env.CryptoPay().Wallet(alice) {
		if a.Currency() == "TON" {
			return a.String()
		}
	}
	return ""
}

func (env *testEnv) soldFor(asset money.Currency) string {
	env.T.Helper()
	env.Say(alice, "/buy vpn")
	in, err := env.CryptoPay().Pay(env.PayLink(alice), alice, asset)
	require.NoError(env.T, err)
	env.Settle()
	return in.Payload
}

// However an owner asks for all of it, all of it goes back, to the last digit.
func TestAFullRefundIsAllThatIsLeft(t *testing.T) {
	for name, parts := range map[string][]string{
		"without an amount": {""},
		"by the price":      {" 5.00"},
		"in thirds":         {" 1.67", " 1.67", " 1.66"},
		"a part, and the rest by the rest of the price": {" 3.33", " 1.67"},
		"a part, and the rest":                          {" 3.33", ""},
		"as it is shown, cut":                           {" 1.985 TON"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				before := env.tons()
				order := env.soldFor("TON")
				require.NotEqual(t, before, env.tons())
				for _, part := range parts {
					env.Say(olga, "/refund "+order+part)
					yes, found := testenv.FindButton(env.Last(olga), "Yes, send")
					require.True(t, found, env.Transcript(olga))
					require.NotContains(t, yes.Data, "TON", "no amount in the button")
					require.Len(t, strings.Split(yes.Data, ":"), 3)
					env.confirm()
				}
				require.Equal(t, before, env.tons())
				require.Len(t, env.transfers(), len(parts))
				require.Equal(t, 1, env.CountSent(alice, "Refunded. The coins are in your"))
			})
		})
	}
}

func TestARefundThatCannotWorkIsRefusedBeforeTheQuestion(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.soldFor("USDT")
		for asked, answer := range map[string]string{
			" 5.01":        "/refund " + order + " sends all of it",
			" 6":           "more than what can still go back: 4.9990002 USDT",
			" 1 TON":       "more than what can still go back",
			" 0.009":       "less than what Crypto Pay sends",
			" 0.001 check": "At least about 0.009998",
			" 0":           "cannot read this amount",
		} {
			env.Say(olga, "/refund "+order+asked)
			require.Contains(t, env.Last(olga).Text, answer, asked)
			_, found := testenv.FindButton(env.Last(olga), "Yes, send")
			require.False(t, found, asked)
		}
		env.refund(order)
		env.Say(olga, "/refund "+order+" 1")
		require.Contains(t, env.Last(olga).Text, "everything has gone back")
	})
}

// Two owners are asked about parts of one order and both confirm: the second one is asked again.
func TestTwoOwnersWhoConfirmAtOnceSendOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		env.Setenv("ADMINS", fmt.Sprint(olga, ",", boris))
		env.Start()
		order := env.sold()
		env.Say(boris, "/start")
		env.Say(olga, "/refund "+order+" 2")
		env.Say(boris, "/refund "+order+" 2")
		second := env.Last(boris)
		env.confirm()
		yes, found := testenv.FindButton(second, "Да, отправить")
		require.True(t, found, env.Transcript(boris))
		require.NoError(t, env.Telegram().TapData(botToken, boris, second.ID, yes.Data))
		env.Settle()
		require.Len(t, env.transfers(), 1, "what both wanted was sent once")
		require.Contains(t, env.Transcript(boris), "По этому нажатию ничего не отправлено")
		require.Contains(t, env.Transcript(boris), "Ещё осталось: 2,99940012\u00a0USDT")
		env.Tap(boris, "Вернуть деньги")
		env.Tap(boris, "Да, отправить")
		require.Len(t, env.transfers(), 2, "what he means is done once he is asked again")
	})
}

// The question outlives a restart; the answer is one refund.
func TestAQuestionIsAnsweredAfterARestart(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(olga, "/refund "+order+" 2")
		ask := env.Last(olga)
		env.Say(olga, "/refund "+order+" 3")
		env.Stop()
		env.Start()
		yes, _ := testenv.FindButton(ask, "Yes, send")
		for range 2 {
			require.NoError(t, env.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
			env.Settle()
		}
		require.Len(t, env.transfers(), 1)
		require.Equal(t, "1.99960008 USDT", env.transfers()[0].Amount.String(), "what this question was about")
		time.Sleep(25 * time.Hour)
		require.NoError(t, env.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
		env.Settle()
		require.Len(t, env.transfers(), 1)
	})
}

func TestATransferTellsTheOrder(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.refund(order)
		require.Equal(t, order, env.transfers()[0].Comment)

		env.CryptoPay().SetCommentsEnabled(appToken, false)
		other := env.sold()
		env.refund(other)
		require.Len(t, env.transfers(), 2, "an app that may send no comments sends none")
		require.Empty(t, env.transfers()[1].Comment)
	})
}

func TestBothSidesSeeWhatWentBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in, err := env.CryptoPay().PayWith(env.PayLink(alice), alice, "USDT", cryptopay.Extras{
			Comment: "<b>Refund me</b>\u202e\n" + strings.Repeat("please ", 60),
		})
		require.NoError(t, err)
		env.Settle()
		sale := env.Last(olga).Text
		require.Contains(t, sale, "The payer wrote: <b>Refund me</b> please please", "as text, on one line")
		require.Less(t, len(sale), 500, "cut")
		require.NotContains(t, sale, "\u202e")
		order := in.Payload
		env.Say(olga, "/refund "+order+" 2")
		env.confirm()
		env.Say(alice, "/start o_"+order)
		for _, part := range []string{"Paid: 4.9990002 USDT", "Sent back on", "1.99960008 USDT", "Paid in the end: 2.99940012 USDT"} {
			require.Contains(t, env.Last(alice).Text, part)
		}
		env.Say(olga, "/order "+order)
		for _, part := range []string{
			"Fee 0.14997 USDT, net 4.8490302 USDT", "≈ 5.00 USD", "Refund: 1.99960008 USDT, sent",
			"Net after fees and refunds: 2.84943012 USDT", "The payer wrote: <b>Refund me</b>",
		} {
			require.Contains(t, env.Last(olga).Text, part)
		}
	})
}

// valuedWebhook is the body of a webhook for a 5 USD order, with what was paid and the fields
// given.
func valuedWebhook(order, paid, more string) []byte {
	return fmt.Appendf(nil, `{"update_id":1,"update_type":"invoice_paid","payload":{"invoice_id":1,"status":"paid","currency_type":"fiat",`+
		`"fiat":"USD","amount":"5",%s,"payload":%q,"paid_at":%q%s}}`, paid, order, time.Now().UTC().Format(time.RFC3339Nano), more)
}

func TestAPaymentFarFromItsPriceIsHeld(t *testing.T) {
	const (
		ton  = `"paid_asset":"TON","paid_amount":"1.98520624"`
		usdt = `"paid_asset":"USDT","paid_amount":"5"`
	)
	for name, c := range map[string]struct {
		paid, rates string
		held        bool
		noRates     bool
	}{
		"as agreed, by Crypto Pay's rate": {ton, `,"paid_fiat_rate":"2.51863","paid_usd_rate":"2.5"`, false, false},
		"as agreed, by the rate in USD":   {ton, `,"paid_usd_rate":"2.51863"`, false, false},
		"as agreed, by our own rates":     {ton, "", false, false},
		"a rate that moved by a fifth":    {ton, `,"paid_fiat_rate":"2.0149"`, false, false},
		"a coin of the same name":         {ton, `,"paid_fiat_rate":"0.0031"`, true, false},
		"a point in the wrong place":      {`"paid_asset":"USDT","paid_amount":"0.5"`, "", true, false},
		"far too much":                    {`"paid_asset":"USDT","paid_amount":"50"`, `,"paid_usd_rate":"1.0001"`, true, false},
		"no rate is known":                {`"paid_asset":"TON","paid_amount":"0.0001"`, "", false, true},
		"a rate of zero":                  {usdt, `,"paid_fiat_rate":"0","paid_usd_rate":"-1"`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				if c.noRates {
					env.Stop()
					env.CryptoPay().FailNext("getExchangeRates", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
					env.Start()
				}
				env.Say(alice, "/buy vpn")
				order := env.CryptoPay().Invoices(appToken)[0].Payload
				body := valuedWebhook(order, c.paid, c.rates)
				status, _ := env.callWebhook(http.MethodPost, body, cryptopay.Sign(appToken, body))
				require.Equal(t, http.StatusOK, status)
				env.Settle()
				if !c.held {
					require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice), env.Transcript(olga))
					return
				}
				require.Empty(t, env.KeysOf(alice))
				require.Equal(t, 1, env.CountSent(olga, "too far apart for the rates to have moved"), env.Transcript(olga))
				require.Contains(t, env.Last(alice).Text, "is not worth what the order costs")
				require.Contains(t, env.Log.String(), "payment is far from its price")
				env.Say(olga, "/held")
				require.Contains(t, env.Last(olga).Text, "not worth the price")
				env.Tap(olga, "Deliver now")
				require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice), "the owner decides")
			})
		})
	}
}

// linksRewritten changes the links in Crypto Pay's answers.
type linksRewritten struct {
	next http.RoundTripper
	from []string
	to   string
}

func (l linksRewritten) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/cryptopay/api/") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for _, from := range l.from {
		body = bytes.ReplaceAll(body, []byte(from), []byte(l.to))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

func TestALinkThatNoButtonCanHoldIsAFailureOfTheInvoice(t *testing.T) {
	all := []string{"https://t.me/", "https://app.send.tg/"}
	for name, c := range map[string]struct {
		from []string
		to   string
		sold bool
	}{
		"javascript":        {all, "javascript:alert(1)//", false},
		"http":              {all, "http://t.me/", false},
		"no scheme":         {all, "t.me/", false},
		"much too long":     {all, "https://t.me/" + strings.Repeat("x", 5000), false},
		"a line break":      {all, `https://t.me/\n`, false},
		"somebody's":        {all, "https://t.me@evil.example/", false},
		"not to be read":    {all, "https://%zz/", false},
		"one good is left":  {[]string{"https://t.me/"}, "ftp://t.me/", true},
		"the app's own":     {all, "tg://resolve/", true},
		"as they are today": {nil, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Stop()
				env.Transport = linksRewritten{env.Network.Transport(), c.from, c.to}
				env.Start()
				env.Say(alice, "/buy vpn")
				time.Sleep(10 * time.Minute)
				env.Settle()
				if c.sold {
					require.NotEmpty(t, env.PayLink(alice), env.Transcript(alice))
					return
				}
				require.Empty(t, env.PayLink(alice))
				require.Equal(t, 1, env.CountSent(alice, "The order was called off, and nothing was charged"), env.Transcript(alice))
				require.Equal(t, 1, env.CountSent(olga, "invoices without a link that a button can hold"), env.Transcript(olga))
				require.Empty(t, env.CryptoPay().Invoices(appToken), "nobody can pay what nobody waits for")
				require.Contains(t, env.stockLine(), "10 free · 0 reserved")
			})
		})
	}
}
