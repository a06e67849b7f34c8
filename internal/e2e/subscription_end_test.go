package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// noEnd is a transport on which Telegram does not end subscriptions while it has an answer instead.
type noEnd struct {
	http.RoundTripper
	answer atomic.Pointer[string]
	status int
}

func (n *noEnd) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := n.answer.Load()
	if answer == nil || !strings.HasSuffix(r.URL.Path, "/editUserStarSubscription") {
		return n.RoundTripper.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: n.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader([]byte(*answer))), Request: r,
	}, nil
}

// subscriptionState is that of Alice's subscription.
func subscriptionState(e *testenv.Env) telegram.SubscriptionState {
	return e.Telegram().Subscriptions(testenv.BotToken, sandbox.Alice)[0].State
}

// askToEnd runs a test in which Alice asks to end her subscription, of which first is the payment, and
// Telegram answers with something else.
func askToEnd(
	t *testing.T, status int, answer string,
	test func(t *testing.T, e *testenv.Env, first telegram.Checkout, answers *noEnd),
) {
	t.Helper()
	answers := &noEnd{status: status}
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy club")
		first := e.PayStars(sandbox.Alice)
		answers.answer.Store(&answer)
		e.Say(sandbox.Alice, "/orders")
		e.Tap(sandbox.Alice, "End the subscription")
		e.Tap(sandbox.Alice, "Yes, end it")
		test(t, e, first, answers)
	}, func(e *testenv.Env) {
		answers.RoundTripper = e.Network.Transport()
		e.Transport = answers
	})
}

func askToForget(e *testenv.Env, who int64) {
	e.Say(who, "/settings")
	e.Tap(who, "Delete my data")
	e.Tap(who, "Yes, delete it")
}

func TestABuyerEndsASubscriptionInTheChat(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy club")
		first := e.PayStars(sandbox.Alice)
		time.Sleep(30 * 24 * time.Hour)
		paid, err := e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.NoError(t, err)
		require.True(t, paid)
		e.Settle()

		e.Say(sandbox.Alice, "/orders")
		e.Tap(sandbox.Alice, "End the subscription")
		require.Contains(t, e.Last(sandbox.Alice).Text, "You keep your access until")
		require.Equal(t, telegram.SubscriptionActive, subscriptionState(e), "nothing happens before the second tap")
		e.Tap(sandbox.Alice, "Yes, end it")
		require.Contains(t, e.Last(sandbox.Alice).Text, "has ended", e.Transcript(sandbox.Alice))
		require.Equal(t, telegram.SubscriptionBotCanceled, subscriptionState(e))
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "ended the subscription"), e.Transcript(sandbox.Olga))

		e.Say(sandbox.Alice, "/orders")
		require.NotContains(t, e.Last(sandbox.Alice).Text, "renews by itself")
		_, found := testenv.FindButton(e.Last(sandbox.Alice), "End the subscription")
		require.False(t, found)
		_, found = testenv.FindButton(e.Last(sandbox.Alice), "Renew")
		require.True(t, found)
	})
}

func TestDeletingTheirDataEndsABuyersSubscription(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy club")
		e.PayStars(sandbox.Alice)
		askToForget(e, sandbox.Alice)
		require.Contains(t, e.Transcript(sandbox.Alice), "Your data is deleted", e.Transcript(sandbox.Alice))
		require.Equal(t, telegram.SubscriptionBotCanceled, subscriptionState(e))
		e.Stop()
		require.Zero(t, onlyOrder(t, e).Buyer)
		require.Equal(t, shop.RenewalEnded, onlyOrder(t, e).Renewal)
		e.Start()
	})
}

func TestASubscriptionThatTelegramDoesNotEndIsNotTakenAsEnded(t *testing.T) {
	const no = `{"ok":false,"error_code":400,"description":"Bad Request: USER_ID_INVALID"}`
	askToEnd(t, http.StatusBadRequest, no, func(t *testing.T, e *testenv.Env, first telegram.Checkout, _ *noEnd) {
		e.Settle()
		require.Contains(t, e.Transcript(sandbox.Alice), "Please end it yourself", e.Transcript(sandbox.Alice))
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "USER_ID_INVALID"), e.Transcript(sandbox.Olga))
		e.Say(sandbox.Alice, "/orders")
		require.Contains(t, e.Last(sandbox.Alice).Text, "renews by itself")

		askToForget(e, sandbox.Alice)
		require.Equal(t, 1, strings.Count(e.Transcript(sandbox.Alice), "its subscription renews itself"), e.Transcript(sandbox.Alice))
		require.NotContains(t, e.Transcript(sandbox.Alice), "Your data is deleted")
		require.NoError(t, e.Telegram().CancelSubscription(testenv.BotToken, first.Charge))
		e.Settle()
		askToForget(e, sandbox.Alice)
		require.Contains(t, e.Transcript(sandbox.Alice), "Your data is deleted", "the buyer has ended it")
	})
}

func TestASubscriptionIsEndedOnceTelegramAnswers(t *testing.T) {
	askToEnd(t, http.StatusBadGateway, "<html>", func(t *testing.T, e *testenv.Env, _ telegram.Checkout, away *noEnd) {
		time.Sleep(time.Minute)
		require.Contains(t, e.Last(sandbox.Alice).Text, "is being ended", e.Transcript(sandbox.Alice))
		away.answer.Store(nil)
		time.Sleep(10 * time.Minute)
		require.Equal(t, telegram.SubscriptionBotCanceled, subscriptionState(e))
		e.Say(sandbox.Alice, "/orders")
		require.NotContains(t, e.Last(sandbox.Alice).Text, "renews by itself")
	})
}

func TestASubscriptionThatTelegramDoesNotKnowIsOver(t *testing.T) {
	const no = `{"ok":false,"error_code":400,"description":"Bad Request: CHARGE_ID_INVALID"}`
	askToEnd(t, http.StatusBadRequest, no, func(t *testing.T, e *testenv.Env, first telegram.Checkout, _ *noEnd) {
		require.Contains(t, e.Last(sandbox.Alice).Text, "has ended")

		paid, err := e.Telegram().RenewSubscription(testenv.BotToken, first.Charge)
		require.NoError(t, err)
		require.True(t, paid)
		e.Settle()
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "CHARGE_ID_INVALID"), "it goes on, and the shop cannot end it")
	})
}
