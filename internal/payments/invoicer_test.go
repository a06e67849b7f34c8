package payments_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/payments"
	"shopbot/internal/payments/paymentstest"
	"shopbot/internal/shop"
)

func price(t *testing.T, s string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(s, c)
	require.NoError(t, err)
	return a
}

func paidUpdate(t *testing.T, invoice string) payments.Update {
	t.Helper()
	u, err := payments.ParseUpdate([]byte(`{"update_id":1,"update_type":"invoice_paid","payload":` + invoice + `}`))
	require.NoError(t, err)
	return u
}

func TestOnlyAPaidInvoiceOfAShopIsAPayment(t *testing.T) {
	const ours = `"payload":"0000000-00000000","invoice_id":7`
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
			e, ours := payments.PaymentEvent(paidUpdate(t, c.invoice), nil, time.Now())
			require.Equal(t, c.ours, ours)
			if ours {
				require.Equal(t, c.amount, e.Payment.Amount.String())
				require.Equal(t, int64(7), e.Payment.Invoice)
			}
		})
	}
}

func TestWhatAnInvoiceAsksFor(t *testing.T) {
	api := paymentstest.New()
	api.Script("createInvoice", paymentstest.Result(`{"invoice_id": 9, "mini_app_invoice_url": "https://t.me/x"}`))
	link := func(id shop.OrderID) string { return "https://t.me/bot?start=o_" + string(id) }
	invoicer := payments.NewInvoicer(newClient(t, api), link)
	o := shop.Order{
		ID: "0000000-00000000", Total: price(t, "10.50", "USD"), Assets: []money.Currency{"USDT", "TON"},
		Item: shop.Item{Title: catalog.Plain(strings.Repeat("ё", 2000)), Quantity: 2},
	}
	in, err := invoicer.CreateInvoice(t.Context(), o, 30*time.Minute)
	require.NoError(t, err)
	require.Equal(t, shop.Invoice{ID: 9, URL: "https://t.me/x"}, in)
	asked := api.Calls("createInvoice")[0]
	for name, want := range map[string]string{
		"payload": "0000000-00000000", "currency_type": "fiat", "fiat": "USD", "amount": "10.5", "accepted_assets": "USDT,TON",
		"expires_in": "1800", "paid_btn_name": "callback", "paid_btn_url": "https://t.me/bot?start=o_0000000-00000000",
	} {
		require.Equal(t, want, asked.Param(name), name)
	}

	o.Total, o.Item.Title = price(t, "10.5", "USDT"), catalog.Plain("VPN")
	_, err = invoicer.CreateInvoice(t.Context(), o, 30*time.Minute)
	require.NoError(t, err)
	asked = api.Calls("createInvoice")[1]
	require.Equal(t, "USDT", asked.Param("asset"))
	require.Empty(t, asked.Param("accepted_assets"))
}

func TestOnlyAFinalRefusalIsOne(t *testing.T) {
	for name, c := range map[string]struct {
		answer paymentstest.Answer
		final  bool
	}{
		"no such user": {paymentstest.Refusal(http.StatusBadRequest, "USER_NOT_FOUND"), true},
		"disabled":     {paymentstest.Refusal(http.StatusForbidden, "METHOD_DISABLED"), true},
		"trouble":      {paymentstest.Refusal(http.StatusInternalServerError, "APP_ERROR"), false},
		"too many":     {paymentstest.Refusal(http.StatusTooManyRequests, "TOO_MANY_REQUESTS"), false},
	} {
		t.Run(name, func(t *testing.T) {
			api := paymentstest.New()
			api.Script("transfer", c.answer)
			api.Script("getTransfers", paymentstest.Result(`{"items":[]}`))
			_, err := payments.NewInvoicer(newClient(t, api), nil).Transfer(t.Context(), 1, shop.Refund{ID: "r", Amount: price(t, "1", "USDT")})
			require.Error(t, err)
			var no *shop.RefusedError
			if c.final {
				require.ErrorAs(t, err, &no)
				require.NotEmpty(t, no.Hint)
				return
			}
			require.NotErrorAs(t, err, &no)
		})
	}
}
