package goodsserver

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// order is a paid order of a product that comes from the server at an address.
func order(t *testing.T, address string, paid time.Time) shop.Order {
	t.Helper()
	price, err := money.Parse("5.25", "USD")
	require.NoError(t, err)
	return shop.Order{
		ID: "8QK2F7", State: shop.StatePaid, Buyer: shop.Buyer{ID: 424242, Name: "Anna", Language: "en"},
		Lines: []shop.Line{{
			SKU: "account", Title: catalog.Text{"en": "Account"}, Quantity: 2, Price: price, Access: time.Hour,
			Part: shop.Part{Deliver: catalog.FromServer, Server: catalog.Server{URL: address}},
		}},
		Payments: []shop.Payment{{At: paid}},
	}
}

func TestEachFaultIsTriedAgainOrHeldAsItsRuleSays(t *testing.T) {
	held := func(why shop.HoldReason) func(t *testing.T, err error) {
		return func(t *testing.T, err error) {
			t.Helper()
			never, is := errors.AsType[*shop.UndeliverableError](err)
			require.True(t, is, "%v", err)
			require.Equal(t, why, never.Reason)
			require.NotEmpty(t, never.Note, "the owner reads what is wrong")
		}
	}
	again := func(t *testing.T, err error) {
		t.Helper()
		_, never := errors.AsType[*shop.UndeliverableError](err)
		_, later := errors.AsType[*shop.RetryAfterError](err)
		require.False(t, never || later, "%v", err)
	}
	trouble, garbage := &RequestError{Host: "h", Err: errStatus}, &RequestError{Host: "h", kind: faultGarbage, Err: errNotUTF8}
	waiting := &shop.NotReadyError{Wait: time.Minute}
	for name, c := range map[string]struct {
		err   error
		tries int
		age   time.Duration
		rule  func(t *testing.T, err error)
	}{
		"trouble":                 {trouble, 0, time.Hour, again},
		"trouble for days":        {trouble, 9, 73 * time.Hour, held(shop.HoldServerLate)},
		"trouble after a release": {trouble, 0, 73 * time.Hour, again},
		"garbage at first":        {garbage, 4, time.Minute, again},
		"garbage again and again": {garbage, 5, time.Minute, held(shop.HoldServerAnswer)},
		"a refusal":               {&RequestError{Host: "h", kind: faultRefused, Err: errStatus}, 0, 0, held(shop.HoldServerRefused)},
		"an answer of no use":     {&RequestError{Host: "h", kind: faultUnusable, Err: errNothing}, 0, 0, held(shop.HoldServerAnswer)},
		"a wait":                  {waiting, 0, time.Hour, func(t *testing.T, err error) { t.Helper(); require.Same(t, waiting, err) }},
		"a wait for days":         {waiting, 3, 73 * time.Hour, held(shop.HoldServerLate)},
		"trouble that names a time": {&RequestError{Host: "h", Wait: time.Hour, Err: errStatus}, 0, 0, func(t *testing.T, err error) {
			t.Helper()
			later, is := errors.AsType[*shop.RetryAfterError](err)
			require.True(t, is)
			require.Equal(t, time.Hour, later.Wait)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := order(t, "https://h", time.Now().Add(-c.age))
			for range c.tries {
				o.Postpone(shop.TaskMake, time.Now(), time.Now())
			}
			c.rule(t, New(Config{}).rule(&o, c.err))
		})
	}
}

func TestARefundAndAnEndAreToldUnderTheirOwnIDs(t *testing.T) {
	var ids, bodies []string
	status := http.StatusNoContent
	server, client := tlsServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		ids, bodies = append(ids, r.Header.Get(headerID)), append(bodies, string(body))
		w.WriteHeader(status)
	})
	o := order(t, server.URL, time.Now())
	require.NoError(t, client.Withdraw(t.Context(), 424242, o, 0, true))
	require.NoError(t, client.Withdraw(t.Context(), 424242, o, 0, false))
	require.Equal(t, []string{"8QK2F7-1-refunded", "8QK2F7-1-ended"}, ids)
	require.JSONEq(t, `{"event":"ended","order":"8QK2F7","line":1,"sku":"account","title":"Account","quantity":2,"buyer":"`+
		client.pseudonym(424242)+`","language":"en","price":"10.5","currency":"USD","access":7200}`, bodies[1])
	require.NotContains(t, bodies[1], "424242")
	require.NotContains(t, bodies[1], "Anna")

	status = http.StatusGone
	_, never := errors.AsType[*shop.UndeliverableError](client.Withdraw(t.Context(), 1, o, 0, true))
	require.True(t, never, "the owner has to hear of it")
	status = http.StatusInternalServerError
	require.Equal(t, http.StatusInternalServerError, Status(client.Withdraw(t.Context(), 1, o, 0, true)))
}

func TestWithoutASecretNobodyIsAsked(t *testing.T) {
	_, err := New(Config{Private: true}).Make(t.Context(), order(t, "http://127.0.0.1:1", time.Now()), 0)
	require.ErrorContains(t, err, "SHOPBOT_GOODS_SECRET is not set")
	_, held := errors.AsType[*shop.UndeliverableError](err)
	require.True(t, held)
}
