package telegram

import (
	"encoding/json"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var invoiceInStars = values{
	"chat_id": "501", "title": "Key", "description": "A key", "payload": "order 1", "currency": "XTR", "prices": `[{"label":"Key","amount":50}]`,
}

// checkoutOf has Alice pay an invoice, and returns the id of the bot's query.
func checkoutOf(t *testing.T, s *Service, id int) string {
	t.Helper()
	_, err := s.PayStars(token, alice, id)
	require.NoError(t, err)
	var got []struct {
		Query struct {
			ID      string
			Amount  int64  `json:"total_amount"`
			Payload string `json:"invoice_payload"`
		} `json:"pre_checkout_query"`
	}
	require.NoError(t, json.Unmarshal(ask(s, "getUpdates", values{"offset": "-1"}).Result, &got))
	require.EqualValues(t, 50, got[0].Query.Amount)
	require.Equal(t, "order 1", got[0].Query.Payload)
	return got[0].Query.ID
}

func TestStarsArePaidAndRefundedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		invoice := must[wireMessage](t, ask(s, "sendInvoice", invoiceInStars)).MessageID
		query := checkoutOf(t, s, invoice)
		require.True(t, ask(s, "answerPreCheckoutQuery", values{"pre_checkout_query_id": query, "ok": "true"}).OK)

		var got []struct {
			Message struct {
				Payment map[string]any `json:"successful_payment"`
			}
		}
		require.NoError(t, json.Unmarshal(ask(s, "getUpdates", values{"offset": "-1"}).Result, &got))
		payment := got[0].Message.Payment
		require.Equal(t, "XTR", payment["currency"])
		require.JSONEq(t, `{"amount":50}`, string(ask(s, "getMyStarBalance", nil).Result))

		charge, _ := payment["telegram_payment_charge_id"].(string)
		refund := values{"user_id": "501", "telegram_payment_charge_id": charge}
		time.Sleep(time.Second)
		require.True(t, ask(s, "refundStarPayment", refund).OK)
		require.Equal(t, "Bad Request: CHARGE_ALREADY_REFUNDED", ask(s, "refundStarPayment", refund).Description)
		require.JSONEq(t, `{"amount":0}`, string(ask(s, "getMyStarBalance", nil).Result))
		list := must[map[string][]map[string]any](t, ask(s, "getStarTransactions", nil))["transactions"]
		require.Len(t, list, 2)
		require.Contains(t, list[0], "source")
		require.Contains(t, list[1], "receiver")
		require.Equal(t, list[0]["id"], list[1]["id"])
	})
}

func TestACheckoutMustBeAnsweredInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		invoice := must[wireMessage](t, ask(s, "sendInvoice", invoiceInStars)).MessageID
		late := checkoutOf(t, s, invoice)
		time.Sleep(checkoutTTL + time.Second)
		require.Equal(t, "Bad Request: query is too old and response timeout expired or query ID is invalid",
			ask(s, "answerPreCheckoutQuery", values{"pre_checkout_query_id": late, "ok": "true"}).Description)
		refused := checkoutOf(t, s, invoice)
		answer := values{"pre_checkout_query_id": refused}
		require.Equal(t, `Bad Request: parameter "error_message" is required`, ask(s, "answerPreCheckoutQuery", answer).Description)
		answer["error_message"] = "Sold out"
		require.True(t, ask(s, "answerPreCheckoutQuery", answer).OK)
		seen, _ := s.Checkout(refused)
		require.Equal(t, "Sold out", seen.Text)
		require.Equal(t, CheckoutRefused, seen.State)
		seen, _ = s.Checkout(late)
		require.Equal(t, CheckoutExpired, seen.State)
		require.JSONEq(t, `{"amount":0}`, string(ask(s, "getMyStarBalance", nil).Result))
		_, err := s.PayStars(token, alice, 1)
		require.ErrorIs(t, err, ErrNoInvoice)
	})
}

func TestInvoicesRefuseWhatTelegramRefuses(t *testing.T) {
	for change, want := range map[[2]string]string{
		{"title", ""}:       `parameter "title" is required`,
		{"payload", ""}:     `parameter "payload" is required`,
		{"prices", ""}:      `parameter "prices" is required`,
		{"prices", "[]"}:    "there must be at least one price",
		{"prices", `[5]`}:   "can't parse labeled price: LabeledPrice must be an Object",
		{"currency", "USD"}: "PAYMENT_PROVIDER_INVALID",
		{"prices", `[{"label":"a","amount":1},{"label":"b","amount":1}]`}:            "STARS_INVOICE_INVALID",
		{"prices", `[{"label":"a","amount":0}]`}:                                     "CURRENCY_TOTAL_AMOUNT_INVALID",
		{"reply_markup", `{"inline_keyboard":[[{"text":"a","callback_data":"a"}]]}`}: "REPLY_MARKUP_BUY_EMPTY",
	} {
		v := maps.Clone(invoiceInStars)
		v[change[0]] = change[1]
		require.Equal(t, "Bad Request: "+want, ask(newService(t), "sendInvoice", v).Description, change)
	}
	s := newService(t)
	v := maps.Clone(invoiceInStars)
	v["reply_markup"] = `{"inline_keyboard":[[{"text":"Pay","pay":true},{"text":"a","callback_data":"a"}]]}`
	require.True(t, ask(s, "sendInvoice", v).OK)
	require.True(t, last(t, s.Sent(token, alice)).Buttons[0][0].Pay)
}
