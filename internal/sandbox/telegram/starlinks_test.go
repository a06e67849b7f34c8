package telegram

import (
	"encoding/json"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// newLink returns a service and a link to an invoice of 50 Stars, with changes to its parameters.
func newLink(t *testing.T, changes values) (*Service, string) {
	t.Helper()
	s := newService(t)
	v := maps.Clone(invoiceInStars)
	delete(v, "chat_id")
	maps.Copy(v, changes)
	return s, must[string](t, ask(s, "createInvoiceLink", v))
}

// drain confirms all updates of the bot and returns those of a kind, such as "pre_checkout_query".
func drain(t *testing.T, s *Service, kind string) (found []map[string]any) {
	t.Helper()
	list := must[[]map[string]any](t, ask(s, "getUpdates", nil))
	for _, u := range list {
		if body, ok := u[kind].(map[string]any); ok {
			found = append(found, body)
		}
	}
	if len(list) > 0 {
		id, _ := list[len(list)-1]["update_id"].(float64)
		ask(s, "getUpdates", values{"offset": itoa(int64(id) + 1)})
	}
	return found
}

// told are the messages that the bot got with a content, such as "successful_payment".
func told(t *testing.T, s *Service, content string) (found []map[string]any) {
	t.Helper()
	for _, m := range drain(t, s, "message") {
		if body, ok := m[content].(map[string]any); ok {
			found = append(found, body)
		}
	}
	return found
}

// agree has the bot agree to all payments that wait for it, and returns how many.
func agree(t *testing.T, s *Service) int {
	t.Helper()
	queries := drain(t, s, "pre_checkout_query")
	for _, q := range queries {
		id, _ := q["id"].(string)
		ask(s, "answerPreCheckoutQuery", values{"pre_checkout_query_id": id, "ok": "true"})
	}
	return len(queries)
}

func checkoutState(t *testing.T, s *Service, id string) CheckoutState {
	t.Helper()
	c, found := s.Checkout(id)
	require.True(t, found)
	return c.State
}

func TestAnybodyPaysAnInvoiceLink(t *testing.T) {
	s, link := newLink(t, nil)
	require.Regexp(t, `^https://t\.me/\$[0-9A-Za-z]{10,}$`, link)
	seen, err := s.InvoiceLink(link)
	require.NoError(t, err)
	require.Equal(t, InvoiceLink{"Key", "A key", 50, false, "Shop 1000"}, seen)

	id, err := s.PayStarsLink(link, boris) // who has not started the bot
	require.NoError(t, err)
	require.Equal(t, CheckoutPending, checkoutState(t, s, id))
	require.Equal(t, 1, agree(t, s))
	require.Equal(t, CheckoutPaid, checkoutState(t, s, id))
	require.EqualValues(t, firstStars-50, s.Stars(boris))
	require.EqualValues(t, 50, s.StarBalance(token))

	payment := told(t, s, "successful_payment")[0]
	paid := s.StarPayments(token, boris)[0]
	require.Equal(t, paid.Charge, payment["telegram_payment_charge_id"])
	require.NotEmpty(t, payment["provider_payment_charge_id"])
	require.NotEqual(t, paid.Charge, payment["provider_payment_charge_id"])
	require.Equal(t, "order 1", payment["invoice_payload"])
	require.NotContains(t, payment, "is_recurring")
	require.True(t, ask(s, "sendMessage", values{"chat_id": "502", "text": "thanks"}).OK, "a payer can be written to")

	_, err = s.PayStarsLink("https://t.me/$unknown", boris)
	require.ErrorIs(t, err, ErrNoInvoice)
	again, err := s.PayStarsLink(link, alice)
	require.NoError(t, err)
	require.Equal(t, 1, agree(t, s))
	require.Equal(t, CheckoutPaid, checkoutState(t, s, again), "a link can be paid again if the bot agrees")
}

func TestInvoiceLinksRefuseWhatTelegramRefuses(t *testing.T) {
	for change, want := range map[[2]string]string{
		{"subscription_period", "3600"}:                                   "SUBSCRIPTION_PERIOD_INVALID",
		{"currency", "USD"}:                                               "PAYMENT_PROVIDER_INVALID",
		{"prices", `[{"label":"a","amount":100001}]`}:                     "CURRENCY_TOTAL_AMOUNT_INVALID",
		{"title", "012345678901234567890123456789012"}:                    "MESSAGE_TOO_LONG",
		{"prices", `[{"label":"a","amount":1},{"label":"b","amount":1}]`}: "STARS_INVOICE_INVALID",
		{"payload", string(make([]byte, 129))}:                            "INVOICE_PAYLOAD_INVALID",
	} {
		v := maps.Clone(invoiceInStars)
		v[change[0]] = change[1]
		require.Equal(t, "Bad Request: "+want, ask(newService(t), "createInvoiceLink", v).Description, change)
	}
	v := maps.Clone(invoiceInStars)
	v["subscription_period"], v["prices"] = "2592000", `[{"label":"a","amount":10001}]`
	require.Equal(t, "Bad Request: SUBSCRIPTION_AMOUNT_INVALID", ask(newService(t), "createInvoiceLink", v).Description)
}

func TestWhoHasTooFewStarsMustBuySome(t *testing.T) {
	s, link := newLink(t, values{"prices": `[{"label":"Key","amount":1001}]`})
	_, err := s.PayStarsLink(link, alice)
	require.ErrorIs(t, err, ErrNoStars)
	require.ErrorIs(t, s.BuyStars(alice, 0), ErrStars)
	require.ErrorIs(t, s.BuyStars(77, 1), ErrNoUser)
	require.NoError(t, s.BuyStars(alice, 1))
	first, err := s.PayStarsLink(link, alice)
	require.NoError(t, err)
	second, err := s.PayStarsLink(link, alice)
	require.NoError(t, err, "the Stars are still there")
	require.Equal(t, 2, agree(t, s))
	require.Equal(t, CheckoutPaid, checkoutState(t, s, first))
	require.Equal(t, CheckoutFailed, checkoutState(t, s, second), "and are spent once")
	require.Zero(t, s.Stars(alice))
	s.Block(token, alice, true)
	_, err = s.PayStarsLink(link, alice)
	require.ErrorIs(t, err, ErrBlocked)
}

func TestCheckoutsAreSlowLostOrRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, link := newLink(t, nil)
		start := func(f Faults) string {
			s.SetFaults(f)
			id, err := s.PayStarsLink(link, alice)
			require.NoError(t, err)
			return id
		}
		slow := start(Faults{DelayCheckouts: 6 * time.Second})
		time.Sleep(5 * time.Second)
		require.Zero(t, agree(t, s))
		time.Sleep(2 * time.Second)
		require.Equal(t, 1, agree(t, s))
		require.Equal(t, CheckoutPaid, checkoutState(t, s, slow))

		late := start(Faults{DelayCheckouts: 11 * time.Second})
		time.Sleep(12 * time.Second)
		require.Equal(t, 1, agree(t, s), "the bot is asked, and its answer comes too late")
		require.Equal(t, CheckoutExpired, checkoutState(t, s, late))

		lost := start(Faults{LoseCheckouts: true})
		time.Sleep(12 * time.Second)
		require.Zero(t, agree(t, s))
		require.Equal(t, CheckoutExpired, checkoutState(t, s, lost))

		twice := start(Faults{RepeatCheckouts: 1})
		require.Equal(t, 2, agree(t, s))
		require.Equal(t, CheckoutPaid, checkoutState(t, s, twice))

		failed := start(Faults{FailPayments: true})
		require.Equal(t, 1, agree(t, s))
		require.Equal(t, CheckoutFailed, checkoutState(t, s, failed))
		require.EqualValues(t, 100, s.StarBalance(token), "two were paid")
		require.Len(t, s.Checkouts(alice), 5)
	})
}

func TestPaymentsAreToldTwiceOrNotAtAll(t *testing.T) {
	s, link := newLink(t, nil)
	pay := func(f Faults) int {
		s.SetFaults(f)
		_, err := s.PayStarsLink(link, alice)
		require.NoError(t, err)
		require.Equal(t, 1, agree(t, s))
		return len(told(t, s, "successful_payment"))
	}
	require.Equal(t, 1, pay(Faults{}))
	require.Equal(t, 2, pay(Faults{RepeatPayments: 1}))
	require.Zero(t, pay(Faults{LosePayments: true}))
	list := must[map[string][]map[string]any](t, ask(s, "getStarTransactions", nil))["transactions"]
	require.Len(t, list, 3, "the account shows what no update told")
	for i, p := range s.StarPayments(token, alice) {
		require.Equal(t, p.Charge, list[i]["id"], "oldest first")
	}
	page := func(v values) (ids []any) {
		for _, transaction := range must[map[string][]map[string]any](t, ask(s, "getStarTransactions", v))["transactions"] {
			ids = append(ids, transaction["id"])
		}
		return ids
	}
	require.Equal(t, []any{list[1]["id"]}, page(values{"offset": "1", "limit": "1"}))
	require.Empty(t, page(values{"offset": "3"}))
}

func TestRefundsHaveLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, link := newLink(t, nil)
		for range 2 {
			_, err := s.PayStarsLink(link, alice)
			require.NoError(t, err)
			agree(t, s)
			time.Sleep(time.Hour)
		}
		paid := s.StarPayments(token, alice)
		refund := func(user, charge string) string {
			return ask(s, "refundStarPayment", values{"user_id": user, "telegram_payment_charge_id": charge}).Description
		}
		require.Equal(t, "Bad Request: CHARGE_ID_EMPTY", refund("501", ""))
		require.Equal(t, "Bad Request: CHARGE_NOT_FOUND", refund("501", "stx0"))
		require.Equal(t, "Bad Request: CHARGE_NOT_FOUND", refund("502", paid[0].Charge), "of another user")
		s.SetFaults(Faults{RefundAge: 90 * time.Minute})
		require.Equal(t, "Bad Request: CHARGE_REFUND_EXPIRED", refund("501", paid[0].Charge))
		drain(t, s, "message")
		require.Empty(t, refund("501", paid[1].Charge))
		back := told(t, s, "refunded_payment")
		require.Len(t, back, 1)
		require.Equal(t, paid[1].Charge, back[0]["telegram_payment_charge_id"])
		require.EqualValues(t, firstStars-50, s.Stars(alice))

		s.SetFaults(Faults{})
		require.NoError(t, s.WithdrawStars(token, 10))
		require.Equal(t, "Bad Request: BALANCE_TOO_LOW", refund("501", paid[0].Charge))
		require.ErrorIs(t, s.WithdrawStars(token, 41), ErrNoStars)
		list := must[map[string][]map[string]any](t, ask(s, "getStarTransactions", nil))["transactions"]
		require.Equal(t, map[string]any{"type": "fragment"}, list[len(list)-1]["receiver"])
	})
}

func TestSubscriptionsRenewFailAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, link := newLink(t, values{"subscription_period": "2592000", "prices": `[{"label":"Club","amount":500}]`})
		_, err := s.PayStarsLink(link, alice)
		require.NoError(t, err)
		agree(t, s)
		first := told(t, s, "successful_payment")[0]
		require.Equal(t, true, first["is_recurring"])
		require.Equal(t, true, first["is_first_recurring"])
		require.EqualValues(t, time.Now().Add(subscriptionPeriod).Unix(), first["subscription_expiration_date"])
		sub := s.Subscriptions(token, alice)[0]
		require.Equal(t, sub.Charge, first["telegram_payment_charge_id"])
		states := func() (list []any) {
			for _, u := range drain(t, s, "subscription") {
				require.Equal(t, "order 1", u["invoice_payload"])
				list = append(list, u["state"])
			}
			return list
		}

		paid, err := s.RenewSubscription(token, sub.Charge)
		require.NoError(t, err)
		require.True(t, paid)
		renewal := told(t, s, "successful_payment")[0]
		require.NotEqual(t, sub.Charge, renewal["telegram_payment_charge_id"])
		require.Equal(t, true, renewal["is_recurring"])
		require.NotContains(t, renewal, "is_first_recurring")
		require.EqualValues(t, time.Now().Add(2*subscriptionPeriod).Unix(), renewal["subscription_expiration_date"])

		paid, err = s.RenewSubscription(token, sub.Charge)
		require.NoError(t, err)
		require.False(t, paid, "all Stars are spent")
		require.Equal(t, []any{"failed"}, states())
		require.NoError(t, s.BuyStars(alice, 500))
		paid, err = s.RenewSubscription(token, sub.Charge)
		require.NoError(t, err)
		require.True(t, paid)

		require.NoError(t, s.CancelSubscription(token, sub.Charge))
		require.ErrorIs(t, s.CancelSubscription(token, sub.Charge), ErrNoSubscription)
		_, err = s.RenewSubscription(token, sub.Charge)
		require.ErrorIs(t, err, ErrNoSubscription)
		require.NoError(t, s.ResumeSubscription(token, sub.Charge))
		require.NoError(t, s.FailSubscription(token, sub.Charge))
		require.Equal(t, []any{"canceled", "active", "failed"}, states())

		edit := func(charge, cancel string) reply {
			return ask(s, "editUserStarSubscription", values{"user_id": "501", "telegram_payment_charge_id": charge, "is_canceled": cancel})
		}
		require.False(t, edit("stx0", "true").OK)
		require.True(t, edit(sub.Charge, "true").OK)
		require.Empty(t, states(), "a bot that cancels is told nothing")
		require.ErrorIs(t, s.ResumeSubscription(token, sub.Charge), ErrNoSubscription)
		require.True(t, edit(sub.Charge, "false").OK)
		time.Sleep(4 * subscriptionPeriod)
		require.ErrorIs(t, s.ResumeSubscription(token, sub.Charge), ErrNoSubscription, "it has ended")

		var list struct {
			Transactions []struct {
				Source struct {
					Period int64 `json:"subscription_period"`
				} `json:"source"`
			} `json:"transactions"`
		}
		require.NoError(t, json.Unmarshal(ask(s, "getStarTransactions", nil).Result, &list))
		require.Len(t, list.Transactions, 3)
		require.EqualValues(t, 2592000, list.Transactions[2].Source.Period)
	})
}
