package telegram

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func updates(t *testing.T, s *Service, v values) []gotUpdate {
	t.Helper()
	return must[[]gotUpdate](t, ask(s, "getUpdates", v))
}

func TestUpdatesStayUntilTheOffsetPassesThem(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.Say(token, alice, "one"))
	require.NoError(t, s.Say(token, alice, "two"))

	all := updates(t, s, nil)
	require.Equal(t, []string{"/start", "one", "two"}, texts(all))
	require.Equal(t, all[0].ID+2, all[2].ID)
	require.Equal(t, []string{"/start"}, texts(updates(t, s, values{"limit": "1"})))
	require.Equal(t, []string{"one", "two"}, texts(updates(t, s, values{"offset": itoa(all[1].ID)})))
	require.Equal(t, []string{"one", "two"}, texts(updates(t, s, nil)), "an offset is remembered")
	require.Equal(t, []string{"two"}, texts(updates(t, s, values{"offset": "-1"})))
	require.Equal(t, []string{"two"}, texts(updates(t, s, values{"offset": "-100"})), "what was passed does not come back")
	require.Empty(t, updates(t, s, values{"offset": itoa(all[2].ID + 1)}))
}

func TestLongPollEndsWithTheFirstUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		require.Len(t, updates(t, s, values{"offset": "-1"}), 1)
		next := itoa(updates(t, s, nil)[0].ID + 1)
		begin := time.Now()

		require.Empty(t, updates(t, s, values{"timeout": "20", "offset": next}))
		require.Equal(t, 20*time.Second, time.Since(begin))

		time.AfterFunc(7*time.Second, func() { _ = s.Say(token, alice, "hello") })
		begin = time.Now()
		require.Equal(t, []string{"hello"}, texts(updates(t, s, values{"timeout": "20", "offset": next})))
		require.Equal(t, 7*time.Second, time.Since(begin))

		begin = time.Now()
		require.Len(t, updates(t, s, values{"timeout": "20", "offset": next}), 1, "not confirmed yet")
		require.Zero(t, time.Since(begin))
	})
}

func TestNoPollIsLongerThanFiftySeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		begin := time.Now()
		require.Empty(t, updates(t, s, values{"timeout": "600", "offset": "999999999999"}))
		require.Equal(t, 50*time.Second, time.Since(begin))
	})
}

func TestOfTwoPollsTheOlderIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		far := values{"timeout": "30", "offset": "999999999999"}
		older, newer := make(chan reply), make(chan reply)
		go func() { older <- ask(s, "getUpdates", far) }()
		synctest.Wait()
		go func() { newer <- ask(s, "getUpdates", far) }()

		refused := <-older
		require.Equal(t, 409, refused.ErrorCode)
		require.Equal(t, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", refused.Description)
		require.True(t, (<-newer).OK)
	})
}

func TestWebhookAndPollingExcludeEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServiceWith(t, Config{Client: &http.Client{Transport: refuser{}}})
		waiting := make(chan reply)
		go func() { waiting <- ask(s, "getUpdates", values{"timeout": "30", "offset": "999999999999"}) }()
		synctest.Wait()
		answer := ask(s, "setWebhook", values{"url": "https://shop.example/hook"})
		require.Equal(t, "Webhook was set", answer.Description)
		require.Equal(t, "Conflict: terminated by setWebhook request", (<-waiting).Description)

		refused := ask(s, "getUpdates", nil)
		require.Equal(t, 409, refused.ErrorCode)
		require.Equal(t, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", refused.Description)

		require.Equal(t, "Webhook was deleted", ask(s, "deleteWebhook", nil).Description)
		require.Equal(t, "Webhook is already deleted", ask(s, "deleteWebhook", nil).Description)
		require.True(t, ask(s, "getUpdates", nil).OK)
	})
}

func TestDisconnectedClientLosesNoUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		next := itoa(updates(t, s, nil)[0].ID + 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/bot"+token+"/getUpdates?timeout=50&offset="+next, http.NoBody)
		begin := time.Now()
		require.False(t, roundTrip(s, r).OK)
		require.Equal(t, time.Second, time.Since(begin))
		require.NoError(t, s.Say(token, alice, "hello"))
		require.Equal(t, []string{"hello"}, texts(updates(t, s, nil)))
	})
}

func TestClosingEndsPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		waiting := make(chan reply)
		go func() { waiting <- ask(s, "getUpdates", values{"timeout": "50", "offset": "999999999999"}) }()
		synctest.Wait()
		s.Close()
		require.Equal(t, 500, (<-waiting).ErrorCode)
	})
}

func TestUpdatesExpireAfterADayAndTapsSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		require.NoError(t, s.TapData(token, alice, 1, "buy"))
		require.Len(t, updates(t, s, nil), 2)
		time.Sleep(callbackTTL)
		require.Equal(t, []string{"/start"}, texts(updates(t, s, nil)))
		time.Sleep(24 * time.Hour)
		require.Empty(t, updates(t, s, nil))
	})
}

func TestAllowedUpdatesAreRemembered(t *testing.T) {
	s := newService(t)
	require.Len(t, updates(t, s, values{"allowed_updates": `["callback_query","nonsense"]`}), 1, "what came before still comes")
	require.NoError(t, s.Say(token, alice, "not wanted"))
	require.NoError(t, s.TapData(token, alice, 1, "wanted"))
	got := updates(t, s, values{"offset": "-1"})
	require.Len(t, got, 1)
	require.Equal(t, "wanted", got[0].Callback.Data)
	require.Len(t, updates(t, s, values{"allowed_updates": `[]`}), 1)
	require.NoError(t, s.Say(token, alice, "wanted again"))
	require.Equal(t, []string{"wanted again"}, texts(updates(t, s, nil)))
}

func TestRepeatedUpdateIsSentAgainAfterItWasConfirmed(t *testing.T) {
	s := newService(t)
	first := updates(t, s, nil)
	next := values{"offset": itoa(first[0].ID + 1)}

	s.Repeat(token)
	require.Equal(t, first, updates(t, s, next), "repeated before it was confirmed")
	require.Empty(t, updates(t, s, next))
	s.Repeat(token)
	require.Equal(t, first, updates(t, s, next), "repeated afterwards")
	require.Empty(t, updates(t, s, next))
}

func TestAnyUpdateCanBeInjected(t *testing.T) {
	s := newService(t)
	for _, raw := range []string{
		`{"message":{"message_id":1,"text":"hi","chat":{"id":501}}}`,
		` { "edited_message" : {"text":5} } `,
		`{"from_the_future":[1]}`, `{}`,
	} {
		require.NoError(t, s.Inject(token, []byte(raw)), raw)
	}
	for _, raw := range []string{`[]`, `null`, `{`, `{"update_id":1}`, ``} {
		require.ErrorIs(t, s.Inject(token, []byte(raw)), ErrUpdate, raw)
	}
	got := must[[]map[string]any](t, ask(s, "getUpdates", nil))
	require.Len(t, got, 5)
	require.Contains(t, got[3], "from_the_future")
	require.Len(t, got[4], 1)
}
