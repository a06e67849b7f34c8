package telegram_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

const webhookSecret = "s3cret_of-the-webhook"

func post(h http.Handler, secret string, body []byte) *httptest.ResponseRecorder {
	return request(h, http.MethodPost, secret, body)
}

func request(h http.Handler, method, secret string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, "/telegram/webhook", bytes.NewReader(body))
	if secret != "" {
		r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestTheWebhookAnswersAsPromised(t *testing.T) {
	good := message(1, 5, "hello")
	large := append(bytes.Clone(good), bytes.Repeat([]byte(" "), 1<<20)...)
	for name, c := range map[string]struct {
		method, secret string
		body           []byte
		inboxFails     bool
		want           int
		kept, dead     int
	}{
		"an update":                 {"POST", webhookSecret, good, false, 200, 1, 0},
		"one that is not decodable": {"POST", webhookSecret, []byte(`{"update_id":1,"message":7}`), false, 200, 0, 1},
		"no secret":                 {"POST", "", good, false, 401, 0, 0},
		"a wrong secret":            {"POST", webhookSecret + "x", good, false, 401, 0, 0},
		"another method":            {"GET", webhookSecret, good, false, 405, 0, 0},
		"too large":                 {"POST", webhookSecret, large, false, 413, 0, 0},
		"no JSON":                   {"POST", webhookSecret, []byte(`update_id=1`), false, 400, 0, 0},
		"no id":                     {"POST", webhookSecret, []byte(`{"message":{}}`), false, 400, 0, 0},
		"a list":                    {"POST", webhookSecret, []byte(`[{"update_id":1}]`), false, 400, 0, 0},
		"nothing":                   {"POST", webhookSecret, nil, false, 400, 0, 0},
		"a full disk":               {"POST", webhookSecret, good, true, 503, 0, 0},
		"a full disk, undecodable":  {"POST", webhookSecret, []byte(`{"update_id":1,"message":7}`), true, 503, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			box := newInbox()
			if c.inboxFails {
				box.fail = func(method string) error {
					if method == "PendingUpdates" {
						return nil
					}
					return errDisk
				}
			}
			in := telegram.NewIntake(newClient(t, &api{}), box, (&diary{}).handle, silent)
			defer running(t, in.Run)()
			w := request(in.Webhook(webhookSecret), c.method, c.secret, c.body)
			require.Equal(t, c.want, w.Code)
			require.Len(t, box.waiting(), c.kept)
			require.Len(t, box.deadLetters(), c.dead)
			if c.want == http.StatusMethodNotAllowed {
				require.Equal(t, "POST", w.Header().Get("Allow"))
			}
		})
	}
}

func TestAWebhookWithoutASecretLetsNobodyIn(t *testing.T) {
	in := telegram.NewIntake(newClient(t, &api{}), newInbox(), (&diary{}).handle, silent)
	require.Equal(t, http.StatusUnauthorized, post(in.Webhook(""), "", message(1, 5, "hello")).Code)
}

func TestPostedUpdatesAreHandledOnceHoweverOftenTheyArePosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{take: 100 * time.Millisecond}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		for id := int64(1); id <= 60; id++ {
			for range 3 {
				go func() {
					if w := post(h, webhookSecret, message(id, 1+id%20, "hello")); w.Code != http.StatusOK {
						t.Errorf("answered with %d", w.Code)
					}
				}()
			}
			synctest.Wait()
			if id == 30 { // a restart in between
				stop()
				in = telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
				h = in.Webhook(webhookSecret)
				require.Equal(t, http.StatusServiceUnavailable, post(h, webhookSecret, message(id, 1+id%20, "hello")).Code, "before Run")
				stop = running(t, in.Run)
			}
		}
		time.Sleep(time.Minute)
		stop()
		d.requireEachOnceInOrder(t, 60, 20)
		require.Empty(t, box.waiting())
	})
}

func TestAWebhookIsRegisteredUntilTelegramTakesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		a := &api{answer: func(context.Context, made) reply {
			if tries++; tries < 3 {
				return refusal(400, "Bad Request: bad webhook: Failed to resolve host", 0)
			}
			return reply{body: `{"ok":true,"result":true}`}
		}}
		l := &log{}
		in := telegram.NewIntake(newClient(t, a), newInbox(), (&diary{}).handle, l.logger())
		require.Error(t, in.RegisterWebhook(t.Context(), "https://shop.test/telegram/webhook", "not secret!"))
		require.NoError(t, in.RegisterWebhook(t.Context(), "https://shop.test/telegram/webhook", webhookSecret))
		require.JSONEq(t, `{"url":"https://shop.test/telegram/webhook","secret_token":"`+webhookSecret+`",
			"allowed_updates":["message","callback_query","inline_query","my_chat_member","chat_member"]}`, a.made("setWebhook")[2].params["json"])
		require.Equal(t, 1, l.count("telegram refuses the request", "resolve host"))
		require.NotContains(t, l.String(), webhookSecret)

		tries = -1000
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, in.RegisterWebhook(ctx, "https://shop.test/", webhookSecret), "the end of the program is no fault")
	})
}

// FuzzWebhook: whatever is posted with the right secret is kept, a dead letter or refused, and a
// kept update is one that can be handled.
func FuzzWebhook(f *testing.F) {
	f.Add([]byte(message(1, 5, "hello")))
	f.Add([]byte(`{"update_id":2,"callback_query":{"id":"1","from":{"id":5},"message":{"date":0,"chat":{"id":5}}}}`))
	f.Add([]byte(`{"update_id":3,"my_chat_member":{"new_chat_member":{"status":"kicked"}}}`))
	f.Add([]byte(`{"update_id":4,"message":{"forward_origin":{"type":"user"},"text":12}}`))
	f.Add([]byte(`{"update_id":"5"}`))
	f.Add([]byte(strings.Repeat(`{"update_id":6,"message":{"reply_to_message":`, 3)))
	f.Fuzz(func(t *testing.T, body []byte) {
		box := newInbox()
		in := telegram.NewIntake(newClient(t, &api{}), box, (&diary{}).handle, silent)
		defer running(t, in.Run)()
		w := post(in.Webhook(webhookSecret), webhookSecret, body)
		switch w.Code {
		case http.StatusOK:
			require.Equal(t, 1, len(box.waiting())+len(box.deadLetters()), "Run ends updates later")
			for _, id := range box.waiting() {
				require.Positive(t, id)
				require.NoError(t, json.Unmarshal(box.pending[id], &models.Update{}))
			}
		case http.StatusBadRequest:
			require.Empty(t, box.waiting())
			require.Empty(t, box.deadLetters())
		default:
			t.Fatalf("answered with %d", w.Code)
		}
	})
}
