package telegram

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// listener is a bot's webhook. It answers from a list, then with 200.
type listener struct {
	mu      sync.Mutex
	answers []http.Response
	slow    time.Duration
	begin   time.Time
	got     []gotUpdate
	at      []time.Duration
	secrets []string
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var u gotUpdate
	if err := json.Unmarshal(body, &u); err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.got = append(l.got, u)
	l.at = append(l.at, time.Since(l.begin))
	l.secrets = append(l.secrets, r.Header.Get("X-Telegram-Bot-Api-Secret-Token"))
	resp := http.Response{StatusCode: http.StatusOK}
	if len(l.answers) > 0 {
		resp, l.answers = l.answers[0], l.answers[1:]
	}
	l.mu.Unlock()
	time.Sleep(l.slow)
	if resp.StatusCode == 0 {
		return nil, errRefused
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	return &resp, nil
}

func (l *listener) texts() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return texts(l.got)
}

func (l *listener) times() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.at)
}

func hooked(t *testing.T, l *listener) *Service {
	t.Helper()
	l.begin = time.Now()
	s := newServiceWith(t, Config{Client: &http.Client{Transport: l}})
	require.True(t, ask(s, "setWebhook", values{"url": "https://shop.example/hook", "secret_token": "s3cret"}).OK)
	return s
}

func TestWebhookIsRetriedUntilItIsAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{answers: make([]http.Response, 10)}
		l.answers[2].StatusCode = http.StatusInternalServerError
		l.answers[3] = http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"https://shop.example/other"}}}
		s := hooked(t, l)
		require.NoError(t, s.Say(token, alice, "second"))
		time.Sleep(time.Second)
		synctest.Wait()
		info := must[wireWebhook](t, ask(s, "getWebhookInfo", nil))
		require.Equal(t, 2, info.PendingUpdates)
		require.Equal(t, "Connection closed", info.LastErrorMessage)
		time.Sleep(6 * time.Second)
		info = must[wireWebhook](t, ask(s, "getWebhookInfo", nil))
		require.Equal(t, "Wrong response from the webhook: 302 Found", info.LastErrorMessage)

		time.Sleep(time.Hour)
		want := []string{}
		for range 10 {
			want = append(want, "/start")
		}
		require.Equal(t, append(want, "/start", "second"), l.texts(), "in order, the first until it is taken")
		var seconds []int
		for _, at := range l.times() {
			seconds = append(seconds, int(at.Seconds()))
		}
		require.Equal(t, []int{0, 0, 2, 6, 14, 30, 62, 126, 246, 366, 486, 486}, seconds)
		require.Equal(t, "s3cret", l.secrets[0])
		require.Zero(t, must[wireWebhook](t, ask(s, "getWebhookInfo", nil)).PendingUpdates)
	})
}

func TestWebhookMaySendRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{answers: []http.Response{{StatusCode: 429, Header: http.Header{"Retry-After": {"30"}}}}}
		hooked(t, l)
		time.Sleep(time.Minute)
		require.Equal(t, []time.Duration{0, 30 * time.Second}, l.times())
	})
}

func TestSlowChatDoesNotDelayAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{slow: time.Second}
		s := hooked(t, l)
		require.NoError(t, s.Say(token, alice, "a2"))
		require.NoError(t, s.Say(token, boris, "b1"))
		time.Sleep(500 * time.Millisecond)
		require.ElementsMatch(t, []string{"/start", "b1"}, l.texts())
		time.Sleep(time.Second)
		require.Equal(t, "a2", l.texts()[2])
	})
}

func TestNoMoreConnectionsThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{slow: time.Second}
		s := hooked(t, l)
		require.True(t, ask(s, "setWebhook", values{"url": "https://shop.example/hook", "max_connections": "1"}).OK)
		require.NoError(t, s.Say(token, boris, "b1"))
		require.NoError(t, s.TapData(token, alice, 1, "tap"))
		time.Sleep(1500 * time.Millisecond)
		l.mu.Lock()
		defer l.mu.Unlock()
		require.LessOrEqual(t, len(l.got), 3, "one that was cut off, and one a second")
	})
}

func TestDeletedWebhookReceivesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{answers: make([]http.Response, 3)}
		s := hooked(t, l)
		time.Sleep(time.Second)
		require.True(t, ask(s, "deleteWebhook", nil).OK)
		calls := len(l.texts())
		time.Sleep(time.Hour)
		require.Len(t, l.texts(), calls)
		require.Equal(t, []string{"/start"}, texts(updates(t, s, nil)), "what was not taken waits for the poll")

		require.True(t, ask(s, "setWebhook", values{"url": "http://127.0.0.1:8080/hook", "drop_pending_updates": "true"}).OK)
		time.Sleep(time.Hour)
		require.Len(t, l.texts(), calls)
	})
}

func TestARepeatedUpdateIsPostedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{}
		s := hooked(t, l)
		synctest.Wait()
		s.Repeat(token)
		synctest.Wait()
		require.Equal(t, []string{"/start", "/start"}, l.texts())
		require.Equal(t, l.got[0].ID, l.got[1].ID)
		time.Sleep(time.Hour)
		require.Len(t, l.texts(), 2)
	})
}

func TestWebhookMayAnswerWithACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call := `{"method":"sendMessage","chat_id":501,"text":"welcome"}`
		l := &listener{answers: []http.Response{{StatusCode: 200, Body: io.NopCloser(strings.NewReader(call))}}}
		s := hooked(t, l)
		synctest.Wait()
		require.Equal(t, "welcome", last(t, s.Sent(token, alice)).Text)
	})
}

func TestTheSameWebhookIsNotSetTwice(t *testing.T) {
	s := newServiceWith(t, Config{Client: &http.Client{Transport: refuser{}}})
	hook := values{"url": "https://shop.example/hook", "allowed_updates": `["message"]`}
	require.Equal(t, "Webhook was set", ask(s, "setWebhook", hook).Description)
	require.Equal(t, "Webhook is already set", ask(s, "setWebhook", hook).Description)
	info := must[wireWebhook](t, ask(s, "getWebhookInfo", nil))
	require.Equal(t, "https://shop.example/hook", info.URL)
	require.Equal(t, 40, info.MaxConnections)
	require.Equal(t, []string{"message"}, info.AllowedUpdates)
	require.Equal(t, "Webhook was deleted", ask(s, "setWebhook", nil).Description, "an empty address deletes")
}

func TestNoSecretIsInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newServiceWith(t, Config{Client: &http.Client{Transport: refuser{}}, Log: debugLog(&log)})
		require.True(t, ask(s, "setWebhook", values{"url": "https://shop.example/" + token, "secret_token": "s3cret"}).OK)
		require.False(t, ask(s, "sendMessage", values{"chat_id": token}).OK)
		time.Sleep(time.Second)
		synctest.Wait()
		require.Contains(t, log.String(), "webhook failed")
		require.NotContains(t, log.String(), token)
		require.NotContains(t, log.String(), "s3cret")
		require.NotContains(t, must[wireWebhook](t, ask(s, "getWebhookInfo", nil)).LastErrorMessage, token)
	})
}
