package cryptopayrail_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
)

const (
	testToken              = "12345:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIII"
	testOrder shop.OrderID = "000000000000000"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newClient(tb testing.TB, api http.RoundTripper, changes ...func(*payments.Config)) *payments.Client {
	tb.Helper()
	cfg := payments.Config{Token: testToken, Transport: api, RateLimit: 1e6, RateBurst: 1e6}
	for _, change := range changes {
		change(&cfg)
	}
	c, err := payments.New(cfg)
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	return c
}

func newRail(tb testing.TB, api http.RoundTripper) *cryptopayrail.Rail {
	tb.Helper()
	return cryptopayrail.New(newClient(tb, api), nil)
}

func amount(tb testing.TB, s string, c money.Currency) money.Amount {
	tb.Helper()
	a, err := money.Parse(s, c)
	require.NoError(tb, err)
	return a
}

func line(title string, quantity int) shop.Line {
	return shop.Line{Title: catalog.Plain(title), Quantity: quantity}
}

func TestOnlyAPaidInvoiceOfAShopIsAPayment(t *testing.T) {
	const ours = `"payload":"000000000000000","invoice_id":7`
	for name, c := range map[string]struct {
		invoice string
		ours    bool
		amount  string
	}{
		"fiat":              {`{"status":"paid","currency_type":"fiat","fiat":"USD","amount":"5","paid_asset":"TON","paid_amount":"2",` + ours + `}`, true, "2 TON"},
		"coins":             {`{"status":"paid","currency_type":"crypto","asset":"TON","amount":"5","paid_asset":"TON","paid_amount":"5",` + ours + `}`, true, "5 TON"},
		"coins, as of old":  {`{"status":"paid","currency_type":"crypto","asset":"TON","amount":"5",` + ours + `}`, true, "5 TON"},
		"an amount unread":  {`{"status":"paid","currency_type":"crypto","asset":"TON","amount":"5","paid_asset":"TON","paid_amount":"five",` + ours + `}`, true, "0"},
		"fiat without coin": {`{"status":"paid","currency_type":"fiat","fiat":"USD","amount":"5",` + ours + `}`, true, "0"},
		"not paid yet":      {`{"status":"active","currency_type":"fiat","fiat":"USD","amount":"5",` + ours + `}`, false, ""},
		"a donation":        {`{"status":"paid","currency_type":"crypto","asset":"TON","amount":"5","payload":"thanks","invoice_id":7}`, false, ""},
		"no payload":        {`{"status":"paid","currency_type":"crypto","asset":"TON","amount":"5","invoice_id":7}`, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			body := []byte(`{"update_id":1,"update_type":"invoice_paid","payload":` + c.invoice + `}`)
			u, err := payments.ParseUpdate(body)
			require.NoError(t, err)
			received := time.Unix(1e9, 0)
			p, ours := cryptopayrail.IncomingPayment(u, body, received)
			require.Equal(t, c.ours, ours)
			if !ours {
				require.Zero(t, p)
				return
			}
			require.Equal(t, c.amount, p.Payment.Amount.String())
			require.Equal(t, "7", p.Payment.Invoice)
			require.Equal(t, shop.CryptoPay, p.Payment.Rail)
			require.Equal(t, testOrder, p.Order)
			require.Equal(t, shop.FromWebhook, p.Source)
			require.Equal(t, received, p.Received)
			require.Equal(t, body, p.Raw)
			require.WithinDuration(t, time.Now(), p.Payment.At, time.Minute, "unknown, so now")
		})
	}
}

func TestWhatAnInvoiceAsksFor(t *testing.T) {
	api := answerAlways(map[string]apiAnswer{"createInvoice": result(`{"invoice_id": 9, "mini_app_invoice_url": "https://t.me/x"}`)})
	link := func(id shop.OrderID) string { return "https://t.me/bot?start=o_" + string(id) }
	o := shop.Order{
		ID: testOrder, Total: amount(t, "10.50", "USD"), Assets: []money.Currency{"USDT", "TON"},
		Lines: []shop.Line{line("VPN", 2), line("Card", 1)},
	}
	in, err := cryptopayrail.New(newClient(t, api), link).CreateInvoice(t.Context(), o, 30*time.Minute)
	require.NoError(t, err)
	require.Equal(t, shop.Invoice{ID: "9", URL: "https://t.me/x"}, in)
	asked := api.asked()[0]
	for name, want := range map[string]string{
		"payload": "000000000000000", "currency_type": "fiat", "fiat": "USD", "amount": "10.5", "accepted_assets": "USDT,TON",
		"expires_in": "1800", "paid_btn_name": "openBot", "paid_btn_url": "https://t.me/bot?start=o_000000000000000",
		"description": "VPN × 2, Card · 000000000000000",
	} {
		require.Equal(t, want, asked.param(name), name)
	}

	o.Total = amount(t, "10.5", "USDT")
	_, err = newRail(t, api).CreateInvoice(t.Context(), o, 30*time.Minute)
	require.NoError(t, err)
	asked = api.asked()[1]
	require.Equal(t, "USDT", asked.param("asset"))
	require.Equal(t, "crypto", asked.param("currency_type"))
	for _, left := range []string{"accepted_assets", "paid_btn_name", "paid_btn_url"} {
		require.Empty(t, asked.param(left))
	}
}

func TestADescriptionListsAsManyLinesAsFit(t *testing.T) {
	lines := func(n int, title string) (list []shop.Line) {
		for range n {
			list = append(list, line(title, 2))
		}
		return list
	}
	const number = " · 000000000000000" // 18 characters
	whole := strings.Repeat("ё", payments.MaxDescription-18-4)
	for name, c := range map[string]struct {
		lines []shop.Line
		want  string
	}{
		"one":               {lines(1, "VPN"), "VPN × 2" + number},
		"one piece":         {[]shop.Line{line("VPN", 1)}, "VPN" + number},
		"no line at all":    {nil, "000000000000000"},
		"exactly the limit": {lines(1, whole), whole + " × 2" + number},
		"one too long":      {lines(1, whole+"ё"), whole + "ё ×…" + number},
		// 12 characters a line and ", " between: 72 of them are 1006, and the number makes it 1024.
		"as many as fit": {lines(72, "12345678"), strings.Repeat("12345678 × 2, ", 71) + "12345678 × 2" + number},
		"one character too many": {
			append(lines(71, "12345678"), line("123456789", 2)),
			strings.Repeat("12345678 × 2, ", 71) + "+ 1 more" + number,
		},
		"many more":        {lines(1000, "12345678"), strings.Repeat("12345678 × 2, ", 71) + "+ 929 more" + number},
		"a long one first": {append(lines(1, whole), lines(2, "x")...), strings.Repeat("ё", payments.MaxDescription-18-10-1) + "…, + 2 more" + number},
	} {
		t.Run(name, func(t *testing.T) {
			api := answerAlways(map[string]apiAnswer{"createInvoice": result(`{"invoice_id": 9}`)})
			o := shop.Order{ID: testOrder, Total: amount(t, "1", "USDT"), Lines: c.lines}
			_, err := newRail(t, api).CreateInvoice(t.Context(), o, time.Hour)
			require.NoError(t, err)
			got := api.asked()[0].param("description")
			require.Equal(t, c.want, got)
			require.LessOrEqual(t, utf8.RuneCountInString(got), payments.MaxDescription)
		})
	}
}

func TestADescriptionIsInTheBuyersLanguage(t *testing.T) {
	api := answerAlways(map[string]apiAnswer{"createInvoice": result(`{"invoice_id": 9}`)})
	o := shop.Order{
		ID: testOrder, Total: amount(t, "1", "USDT"), Buyer: shop.Buyer{Language: "ru"},
		Lines: []shop.Line{{Title: catalog.Text{"en": "Card", "ru": "Карта"}, Quantity: 3}},
	}
	_, err := newRail(t, api).CreateInvoice(t.Context(), o, time.Hour)
	require.NoError(t, err)
	require.Equal(t, "Карта × 3 · 000000000000000", api.asked()[0].param("description"))
}

func TestAnIDThatIsNotCryptoPaysIsNamedAndInNobodysWay(t *testing.T) {
	foreign := []string{"", "0", "-7", "+7", "07", " 7", "7.0", "1e3", "tg_charge_1", "9223372036854775808", "٧"}
	api := answerAlways(map[string]apiAnswer{
		"getInvoices":  result(`{"items":[{"invoice_id":7,"status":"active"}]}`),
		"getTransfers": result(`{"items":[{"transfer_id":7}]}`),
	})
	rail := newRail(t, api)
	for _, id := range foreign {
		t.Run(id, func(t *testing.T) {
			named := fmt.Sprintf("%q", id)
			require.ErrorContains(t, rail.CloseInvoice(t.Context(), id), named)
			invoices, err := rail.LookUp(t.Context(), []string{id, "7"})
			require.ErrorContains(t, err, "invoice id "+named)
			require.Len(t, invoices, 1)
			require.Equal(t, "7", invoices[0].Invoice.ID)
			transfers, err := rail.Ledger().TransfersByID(t.Context(), []string{"7", id})
			require.ErrorContains(t, err, "transfer id "+named)
			require.Len(t, transfers, 1)
			var final *shop.RefusedError
			require.NotErrorAs(t, err, &final, "the service refused nothing")
		})
	}
	asked := len(api.asked())
	_, err := rail.LookUp(t.Context(), foreign)
	for _, id := range foreign {
		require.ErrorContains(t, err, fmt.Sprintf("%q", id))
	}
	_, err = rail.Ledger().TransfersByID(t.Context(), foreign)
	require.Error(t, err)
	for _, none := range [][]string{nil, {}} {
		invoices, err := rail.LookUp(t.Context(), none)
		require.NoError(t, err)
		require.Empty(t, invoices)
	}
	require.Len(t, api.asked(), asked, "no ids would mean all of them")
}

func TestOnlyAFinalRefusalIsOne(t *testing.T) {
	for name, c := range map[string]struct {
		answer apiAnswer
		final  bool
		wait   time.Duration
	}{
		"no such user": {answer: refusal(http.StatusBadRequest, "USER_NOT_FOUND"), final: true},
		"disabled":     {answer: refusal(http.StatusForbidden, "METHOD_DISABLED"), final: true},
		"trouble":      {answer: refusal(http.StatusInternalServerError, "APP_ERROR")},
		"cut":          {answer: apiAnswer{}},
		"too many":     {answer: refusal(http.StatusTooManyRequests, "TOO_MANY_REQUESTS")},
		"too many, told when": {
			answer: apiAnswer{status: http.StatusTooManyRequests, body: `{}`, retryAfter: "7"}, wait: 7 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := answerAlways(map[string]apiAnswer{
					"transfer":     c.answer,
					"getTransfers": result(`{"items":[]}`),
				})
				transfer, err := newRail(t, api).Refund(t.Context(), of(1), shop.Refund{ID: "r", Amount: amount(t, "1", "USDT")})
				require.Error(t, err)
				require.Empty(t, transfer)
				var no *shop.RefusedError
				require.Equal(t, c.final, errors.As(err, &no))
				if c.final {
					require.NotEmpty(t, no.Hint)
					require.NotEmpty(t, no.Name)
				}
				var later *shop.RetryAfterError
				require.Equal(t, c.wait > 0, errors.As(err, &later))
				if c.wait > 0 {
					require.Equal(t, c.wait, later.Wait)
				}
			})
		})
	}
	_, err := newRail(t, answerAlways(nil)).Refund(t.Context(), of(0), shop.Refund{ID: "r", Amount: amount(t, "1", "USDT")})
	var no *shop.RefusedError
	require.ErrorAs(t, err, &no, "never sent, and never will be")
	require.Equal(t, "INVALID", no.Name)
}

func TestARefundIDUsedForAnotherTransferIsNoRefusal(t *testing.T) {
	api := answerAlways(map[string]apiAnswer{
		"transfer":     refusal(http.StatusBadRequest, "SPEND_ID_ALREADY_USED"),
		"getTransfers": result(`{"items":[{"transfer_id":1,"spend_id":"r","user_id":2,"asset":"USDT","amount":"1"}]}`),
	})
	_, err := newRail(t, api).Refund(t.Context(), of(1), shop.Refund{ID: "r", Amount: amount(t, "1", "USDT")})
	var mismatch *payments.TransferMismatchError
	require.ErrorAs(t, err, &mismatch)
	var no *shop.RefusedError
	require.NotErrorAs(t, err, &no, "coins did go out under this id")
}

func TestAnInvoiceOfAStatusYetUnknownMayBePaid(t *testing.T) {
	api := answerAlways(map[string]apiAnswer{"getInvoices": result(`{"items":[
		{"invoice_id":1,"status":"active","payload":"000000000000000","bot_invoice_url":"https://t.me/y"},
		{"invoice_id":2,"status":"expired"}, {"invoice_id":3,"status":"frozen"},
		{"invoice_id":4,"status":"paid","currency_type":"crypto","asset":"TON","amount":"5","paid_asset":"TON","paid_amount":"5",
		 "fee_asset":"TON","fee_amount":"0.15","paid_at":"2026-01-02T03:04:05.678Z"}]}`)})
	list, err := newRail(t, api).LookUp(t.Context(), []string{"1", "2", "3", "4"})
	require.NoError(t, err)
	statuses := make([]shop.InvoiceStatus, len(list))
	for i, in := range list {
		statuses[i] = in.Status
		require.Contains(t, string(in.Raw), fmt.Sprintf(`"invoice_id":%d`, i+1), "to the byte")
	}
	require.Equal(t, []shop.InvoiceStatus{shop.InvoiceOpen, shop.InvoiceClosed, shop.InvoiceOpen, shop.InvoicePaid}, statuses)
	require.Equal(t, shop.Invoice{ID: "1", URL: "https://t.me/y"}, list[0].Invoice)
	require.Equal(t, testOrder, list[0].Order)
	require.Equal(t, shop.Payment{
		Rail: shop.CryptoPay, Invoice: "4", Amount: amount(t, "5", "TON"), Fee: amount(t, "0.15", "TON"), Price: amount(t, "5", "TON"),
		At: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC),
	}, list[3].Payment)
	require.Zero(t, list[0].Payment)
}

func TestWhatAPaymentTells(t *testing.T) {
	const fields = `{"status":"paid","payload":"000000000000000","invoice_id":7,"paid_asset":"TON","paid_amount":"2",`
	for name, c := range map[string]struct{ more, rate, comment string }{
		"the rate of the shop's currency": {`"currency_type":"fiat","fiat":"EUR","amount":"5","paid_fiat_rate":"2.5","paid_usd_rate":"2.7"}`, "2.5 EUR", ""},
		"the rate in USD, of a USD shop":  {`"currency_type":"fiat","fiat":"USD","amount":"5","usd_rate":"2.5"}`, "2.5 USD", ""},
		"the rate in USD, of a EUR shop":  {`"currency_type":"fiat","fiat":"EUR","amount":"5","paid_usd_rate":"2.5"}`, "0", ""},
		"no rate":                         {`"currency_type":"fiat","fiat":"USD","amount":"5","paid_usd_rate":"x"}`, "0", ""},
		"a price in coins":                {`"currency_type":"crypto","asset":"TON","amount":"2","paid_usd_rate":"2.5"}`, "0", ""},
		"a comment":                       {`"currency_type":"crypto","asset":"TON","amount":"2","comment":"thanks"}`, "0", "thanks"},
		"a long comment": {
			`"currency_type":"crypto","asset":"TON","amount":"2","comment":"` + strings.Repeat("ж", 400) + `"}`, "0", strings.Repeat("ж", 299) + "…",
		},
	} {
		t.Run(name, func(t *testing.T) {
			body := []byte(`{"update_id":1,"update_type":"invoice_paid","payload":` + fields + c.more + `}`)
			u, err := payments.ParseUpdate(body)
			require.NoError(t, err)
			p, ours := cryptopayrail.IncomingPayment(u, body, time.Now())
			require.True(t, ours)
			require.Equal(t, c.rate, p.Payment.Rate.String())
			require.Equal(t, c.comment, p.Payment.Comment)
		})
	}
}

func TestTheFirstGoodLinkIsTaken(t *testing.T) {
	for answer, want := range map[string]string{
		`"mini_app_invoice_url":"https://t.me/m","bot_invoice_url":"https://t.me/b"`:                                "https://t.me/m",
		`"mini_app_invoice_url":"http://t.me/m","bot_invoice_url":"https://t.me/b"`:                                 "https://t.me/b",
		`"mini_app_invoice_url":"javascript:x","pay_url":"data:,x","web_app_invoice_url":"tg://resolve?domain=bot"`: "tg://resolve?domain=bot",
		`"mini_app_invoice_url":"x","bot_invoice_url":7,"web_app_invoice_url":null`:                                 "",
	} {
		api := answerAlways(map[string]apiAnswer{"createInvoice": result(`{"invoice_id": 9, ` + answer + `}`)})
		in, err := newRail(t, api).CreateInvoice(t.Context(), shop.Order{ID: testOrder, Total: amount(t, "1", "USDT")}, time.Hour)
		require.NoError(t, err)
		require.Equal(t, want, in.URL, answer)
	}
}

func TestARefundTellsTheOrdersNumberIfItIsOne(t *testing.T) {
	api := answerAlways(map[string]apiAnswer{"transfer": result(`{"transfer_id": 3}`)})
	for id, want := range map[shop.RefundID]string{
		"refund-1P8M2QX7KD93HWA-1234ABCD": "1P8M2QX7KD93HWA", "something else": "",
	} {
		_, err := newRail(t, api).Refund(t.Context(), of(1), shop.Refund{ID: id, Amount: amount(t, "1", "USDT")})
		require.NoError(t, err)
		asked := api.asked()
		require.Equal(t, want, asked[len(asked)-1].param("comment"))
	}
}

// of is an order of a buyer.
func of(buyer int64) shop.Order { return shop.Order{Buyer: shop.Buyer{ID: buyer}} }
