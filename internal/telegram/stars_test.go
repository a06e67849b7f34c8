package telegram_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

func TestStarMethodsReachTelegramByTheirNames(t *testing.T) {
	a := &api{answer: func(_ context.Context, m made) reply {
		switch m.method {
		case "createInvoiceLink":
			return reply{body: `{"ok":true,"result":"https://t.me/$abc"}`}
		case "getMyStarBalance":
			return reply{body: `{"ok":true,"result":{"amount":50,"nanostar_amount":5}}`}
		}
		return reply{body: `{"ok":true,"result":true}`}
	}}
	c, ctx := newClient(t, a), t.Context()
	link, err := c.CreateInvoiceLink(ctx, &bot.CreateInvoiceLinkParams{
		Title: "Club", Description: "A month", Payload: "order", Currency: telegram.StarCurrency,
		Prices: []models.LabeledPrice{{Label: "Club", Amount: 50}}, SubscriptionPeriod: 2592000,
	})
	require.NoError(t, err)
	require.Equal(t, "https://t.me/$abc", link)
	require.NoError(t, c.AnswerPreCheckoutQuery(ctx, &bot.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: "q", OK: true}))
	require.NoError(t, c.RefundStarPayment(ctx, 5, "charge"))
	require.NoError(t, c.EditUserStarSubscription(ctx, 5, "charge", true))
	balance, err := c.StarBalance(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 50, balance)
	var methods []string
	for _, m := range a.made("") {
		methods = append(methods, m.method)
	}
	require.Equal(t, []string{
		"createInvoiceLink", "answerPreCheckoutQuery", "refundStarPayment", "editUserStarSubscription", "getMyStarBalance",
	}, methods)
	made := a.made("createInvoiceLink")[0].params
	require.JSONEq(t, `[{"label":"Club","amount":50}]`, made["prices"])
	require.Equal(t, "2592000", made["subscription_period"])
	require.Equal(t, map[string]string{"user_id": "5", "telegram_payment_charge_id": "charge", "is_canceled": "true"},
		a.made("editUserStarSubscription")[0].params)
}

func TestWhatTelegramHasDoneBeforeIsNoError(t *testing.T) {
	for description, call := range map[string]func(*telegram.Client) error{
		"Bad Request: CHARGE_ALREADY_REFUNDED": func(c *telegram.Client) error { return c.RefundStarPayment(t.Context(), 5, "charge") },
		"Bad Request: query is too old and response timeout expired or query ID is invalid": func(c *telegram.Client) error {
			return c.AnswerPreCheckoutQuery(t.Context(), &bot.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: "q"})
		},
	} {
		require.NoError(t, call(newClient(t, &api{answer: func(context.Context, made) reply { return refusal(400, description, 0) }})))
		other := newClient(t, &api{answer: func(context.Context, made) reply { return refusal(400, "Bad Request: CHARGE_ID_INVALID", 0) }})
		require.ErrorIs(t, call(other), telegram.ErrBadRequest)
	}
}

// Partners of every kind come, those that are newer than the library too.
func TestStarTransactionsAreReadWhoeverThePartnerIs(t *testing.T) {
	a := &api{answer: func(context.Context, made) reply {
		return reply{body: `{"ok":true,"result":{"transactions":[
			{"id":"a","amount":50,"date":100,"source":{"type":"user","transaction_type":"invoice_payment",
				"user":{"id":5,"is_bot":false,"first_name":"A"},"invoice_payload":"order","subscription_period":2592000}},
			{"id":"a","amount":50,"date":200,"receiver":{"type":"user","transaction_type":"invoice_payment","user":{"id":5},"invoice_payload":"order"}},
			{"id":"b","amount":1000,"date":300,"receiver":{"type":"fragment","withdrawal_state":{"type":"newer"}}},
			{"id":"c","amount":7,"nanostar_amount":5,"date":400,"source":{"type":"newer"}}]}}`}
	}}
	list, err := newClient(t, a).StarTransactions(t.Context(), 3, 100)
	require.NoError(t, err)
	require.JSONEq(t, `{"offset":3,"limit":100}`, a.made("getStarTransactions")[0].params["json"])
	for i := range list {
		require.NotEmpty(t, list[i].Raw)
		list[i].Raw = nil
	}
	require.Equal(t, []telegram.StarTransaction{
		{ID: "a", Amount: 50, At: time.Unix(100, 0), User: 5, Payload: "order", Period: 30 * 24 * time.Hour},
		{ID: "a", Amount: 50, At: time.Unix(200, 0), Outgoing: true, User: 5, Payload: "order"},
		{ID: "b", Amount: 1000, At: time.Unix(300, 0), Outgoing: true},
		{ID: "c", Amount: 7, At: time.Unix(400, 0)},
	}, list)
}
