package payments_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/payments"
)

// allMethods calls every method with parameters that are within the limits.
func allMethods(tb testing.TB) map[string]func(context.Context, *payments.Client) (any, error) {
	tb.Helper()
	coins, yes, no := amount(tb, "1.5", "USDT"), true, false
	from, to := time.Date(2026, 2, 17, 10, 0, 0, 0, time.FixedZone("", 3*3600)), time.Date(2026, 2, 18, 7, 0, 0, 465e6, time.UTC)
	page := payments.Page{Offset: 5, Count: 7}
	return map[string]func(context.Context, *payments.Client) (any, error){
		"getMe": func(ctx context.Context, c *payments.Client) (any, error) { return c.GetMe(ctx) },
		"createInvoice": func(ctx context.Context, c *payments.Client) (any, error) {
			return c.CreateInvoice(ctx, payments.InvoiceRequest{
				CurrencyType: payments.Fiat, Amount: amount(tb, "0.0000001", "EUR"), AcceptedAssets: []money.Currency{"TON", "BTC"},
				Description: "a <b> & c", HiddenMessage: "ж", PaidButton: payments.ButtonCallback, PaidButtonURL: "https://t.me/shop",
				SwapTo: "USDT", Payload: "order-7", AllowComments: &yes, AllowAnonymous: &no, ExpiresIn: 30 * time.Minute,
			})
		},
		"deleteInvoice": func(ctx context.Context, c *payments.Client) (any, error) { return nil, c.DeleteInvoice(ctx, 7) },
		"createCheck": func(ctx context.Context, c *payments.Client) (any, error) {
			return c.CreateCheck(ctx, payments.CheckRequest{Amount: coins, PinToUserID: 42})
		},
		"deleteCheck": func(ctx context.Context, c *payments.Client) (any, error) { return nil, c.DeleteCheck(ctx, 5) },
		"transfer": func(ctx context.Context, c *payments.Client) (any, error) {
			return c.Transfer(ctx, payments.TransferRequest{UserID: 88005553535, Amount: coins, SpendID: "refund-7", Comment: "sorry", Silent: true})
		},
		"getInvoices": func(ctx context.Context, c *payments.Client) (any, error) {
			return c.GetInvoices(ctx, payments.InvoiceFilter{
				Assets: []money.Currency{"TON", "BTC"}, Fiat: "EUR", IDs: []int64{1, 2}, Status: payments.InvoicePaid, Page: page,
			})
		},
		"getTransfers": func(ctx context.Context, c *payments.Client) (any, error) {
			return c.GetTransfers(ctx, payments.TransferFilter{Assets: []money.Currency{"TON"}, IDs: []int64{77}, SpendID: "refund-7", Page: page})
		},
		"getChecks": func(ctx context.Context, c *payments.Client) (any, error) {
			return c.GetChecks(ctx, payments.CheckFilter{Assets: []money.Currency{"TON"}, IDs: []int64{5}, Status: payments.CheckActive, Page: page})
		},
		"getBalance":       func(ctx context.Context, c *payments.Client) (any, error) { return c.GetBalance(ctx) },
		"getExchangeRates": func(ctx context.Context, c *payments.Client) (any, error) { return c.GetExchangeRates(ctx) },
		"getCurrencies":    func(ctx context.Context, c *payments.Client) (any, error) { return c.GetCurrencies(ctx) },
		"getStats":         func(ctx context.Context, c *payments.Client) (any, error) { return c.GetStats(ctx, from, to) },
	}
}

func TestEveryMethodSendsItsParametersAsTheAPINamesThem(t *testing.T) {
	want := map[string]string{
		"getMe": `{}`,
		"createInvoice": `{"currency_type":"fiat","fiat":"EUR","accepted_assets":"TON,BTC","amount":"0.0000001","description":"a <b> & c",
			"hidden_message":"ж","paid_btn_name":"callback","paid_btn_url":"https://t.me/shop","swap_to":"USDT","payload":"order-7",
			"allow_comments":true,"allow_anonymous":false,"expires_in":1800}`,
		"deleteInvoice":    `{"invoice_id":7}`,
		"createCheck":      `{"asset":"USDT","amount":"1.5","pin_to_user_id":42}`,
		"deleteCheck":      `{"check_id":5}`,
		"transfer":         `{"user_id":88005553535,"asset":"USDT","amount":"1.5","spend_id":"refund-7","comment":"sorry","disable_send_notification":true}`,
		"getInvoices":      `{"asset":"TON,BTC","fiat":"EUR","invoice_ids":"1,2","status":"paid","offset":5,"count":7}`,
		"getTransfers":     `{"asset":"TON","transfer_ids":"77","spend_id":"refund-7","offset":5,"count":7}`,
		"getChecks":        `{"asset":"TON","check_ids":"5","status":"active","offset":5,"count":7}`,
		"getBalance":       `{}`,
		"getExchangeRates": `{}`,
		"getCurrencies":    `{}`,
		"getStats":         `{"start_at":"2026-02-17T07:00:00.000Z","end_at":"2026-02-18T07:00:00.465Z"}`,
	}
	methods := allMethods(t)
	require.Len(t, methods, 13)
	for name, call := range methods {
		t.Run(name, func(t *testing.T) {
			api := newAPI()
			api.Script(name, golden(t, name+".json"))
			_, err := call(t.Context(), newClient(t, api, func(cfg *payments.Config) { cfg.Network = payments.Testnet }))
			require.NoError(t, err)
			require.Len(t, api.Calls(""), 1)
			sent := api.Calls(name)[0]
			require.Equal(t, http.MethodPost, sent.Request.Method)
			require.Equal(t, "https://testnet-pay.crypt.bot/api/"+name, sent.URL.String())
			require.Equal(t, testToken, sent.Token)
			require.Equal(t, "application/json", sent.Header.Get("Content-Type"))
			require.JSONEq(t, want[name], string(sent.Params))
		})
	}
}

func TestWhatIsNotSetIsNotSent(t *testing.T) {
	api := newAPI()
	api.Script("createInvoice", golden(t, "createInvoice.json"))
	api.Script("transfer", golden(t, "transfer.json"))
	api.Script("getInvoices", golden(t, "getInvoices.json"))
	c := newClient(t, api)
	_, err := c.CreateInvoice(t.Context(), payments.InvoiceRequest{Amount: amount(t, "2", "USDT")})
	require.NoError(t, err)
	_, err = c.Transfer(t.Context(), payments.TransferRequest{UserID: 1, Amount: amount(t, "2", "USDT"), SpendID: "s"})
	require.NoError(t, err)
	_, err = c.GetInvoices(t.Context(), payments.InvoiceFilter{})
	require.NoError(t, err)
	require.JSONEq(t, `{"asset":"USDT","amount":"2"}`, string(api.Calls("createInvoice")[0].Params))
	require.JSONEq(t, `{"user_id":1,"asset":"USDT","amount":"2","spend_id":"s"}`, string(api.Calls("transfer")[0].Params))
	require.JSONEq(t, `{}`, string(api.Calls("getInvoices")[0].Params))
}

func TestManyIDsAreAskedForAllAtOnce(t *testing.T) {
	api := newAPI()
	api.Script("getInvoices", okResult(`{"items":[]}`))
	ids := make([]int64, 300)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	_, err := newClient(t, api).GetInvoices(t.Context(), payments.InvoiceFilter{IDs: ids})
	require.NoError(t, err)
	require.Equal(t, "300", api.Calls("getInvoices")[0].Param("count"), "the API's default would cut the answer at 100")
}

func TestGoldenAnswersAreReadToTheLastField(t *testing.T) {
	api := newAPI()
	for name := range allMethods(t) {
		api.Script(name, golden(t, name+".json"))
	}
	c := newClient(t, api)
	for name, call := range allMethods(t) {
		if name == "deleteInvoice" || name == "deleteCheck" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			got, err := call(t.Context(), c)
			require.NoError(t, err)
			requireGolden(t, "read/"+name+".json", got)
		})
	}
}

func TestAPaidInvoiceTellsWhatWasPaid(t *testing.T) {
	api := newAPI()
	api.Script("getInvoices", golden(t, "getInvoices.json"))
	list, err := newClient(t, api).GetInvoices(t.Context(), payments.InvoiceFilter{})
	require.NoError(t, err)
	require.Len(t, list, 3)
	crypto, fiat, strange := list[0], list[1], list[2]

	require.Equal(t, "2 USDT", crypto.PaidAmount.String())
	require.Equal(t, "0.06 USDT", crypto.Fee.String())
	require.Equal(t, "0.0599771 USD", crypto.FeeInUSD.String())
	require.True(t, crypto.ExpiresAt.IsZero())
	inUSD, err := crypto.PaidUSDRate.Convert(crypto.PaidAmount, 8)
	require.NoError(t, err)
	require.Equal(t, "1.9992369 USD", inUSD.String())

	require.Equal(t, "5 EUR", fiat.Amount.String())
	require.Equal(t, "0.04918032 TON", fiat.Fee.String(), "a fee that is a number")
	inEUR, err := fiat.PaidFiatRate.Convert(fiat.PaidAmount, 2)
	require.NoError(t, err)
	require.Equal(t, "5 EUR", inEUR.String())
	require.True(t, fiat.Swap.Done, "a boolean that is a text")
	require.Equal(t, "5.2475 USDT", fiat.Swap.Output.String())

	require.Equal(t, payments.InvoiceStatus("frozen"), strange.Status)
	require.Equal(t, []string{"created_at", "amount"}, strange.Unread, "what cannot be expressed is named")
	require.Equal(t, money.Amount{}, strange.Amount)
	var raw map[string]any
	require.NoError(t, json.Unmarshal(strange.Raw, &raw))
	require.Equal(t, "7", raw["amount"], "and is in the raw object")
}

func TestAFiatInvoiceIsPricedInItsFiatCurrency(t *testing.T) {
	var inv payments.Invoice
	require.NoError(t, json.Unmarshal([]byte(`{"invoice_id":1,"currency_type":"fiat","asset":"TON","fiat":"EUR","amount":"5"}`), &inv))
	require.Equal(t, "5 EUR", inv.Amount.String())
}
