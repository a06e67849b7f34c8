package telegram_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

func TestPollingOutlivesWhateverTelegramAnswers(t *testing.T) {
	page := reply{status: 502, body: "<html>bad gateway</html>"}
	for name, c := range map[string]struct {
		fault reply
		at    []time.Duration // of the polls
		line  string
	}{
		"another instance": {
			refusal(409, "Conflict: terminated by other getUpdates request", 0),
			[]time.Duration{0, 1, 3, 7},
			"another program receives this bot's updates",
		},
		"a flood limit": {
			refusal(429, "Too Many Requests: retry after 5", 5),
			[]time.Duration{0, 5, 10, 15},
			"asks for a pause",
		},
		"a gateway's page":    {page, []time.Duration{0, 1, 3, 7}, "call telegram failed"},
		"a cut connection":    {reply{err: errors.New("connection reset by peer")}, []time.Duration{0, 1, 3, 7}, "call telegram failed"},
		"an answer of no use": {reply{body: `{"ok":true,"result":{}}`}, []time.Duration{0, 1, 3, 7}, "call telegram failed"},
		"a revoked token":     {refusal(401, "Unauthorized", 0), []time.Duration{0, 1, 3, 7}, "refuses the token"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var source updates
				source.add(1, message(1, 1, "hello"))
				var polls atomic.Int64
				a := &api{answer: func(ctx context.Context, m made) reply {
					if m.method == "getUpdates" && polls.Add(1) <= 3 {
						return c.fault
					}
					return source.answer(ctx, m)
				}}
				d, l := &diary{}, &log{}
				in := telegram.NewIntake(newClient(t, a), newInbox(), d.handle, l.logger())
				began := time.Now()
				stop := running(t, in.Run, in.Poll)
				time.Sleep(time.Minute)
				stop()
				var at []time.Duration
				for _, m := range a.made("getUpdates")[:4] {
					at = append(at, m.at.Sub(began)/time.Second)
				}
				require.Equal(t, c.at, at)
				require.Equal(t, []int64{1}, d.entries[1])
				require.Equal(t, 1, l.count(c.line), l.String())
				require.Equal(t, 1, l.count("telegram works again"), l.String())
			})
		})
	}
}

func TestALeftoverWebhookIsTakenAwayBeforePolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		var webhook atomic.Bool
		webhook.Store(true)
		a := &api{answer: func(ctx context.Context, m made) reply {
			switch {
			case m.method == "deleteWebhook":
				webhook.Store(false)
			case m.method == "getUpdates" && webhook.Load():
				return refusal(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook", 0)
			}
			return source.answer(ctx, m)
		}}
		c := newClient(t, a)
		in := telegram.NewIntake(c, newInbox(), (&diary{}).handle, silent)
		require.False(t, c.Answered())
		stop := running(t, in.Run, in.Poll)
		synctest.Wait()
		require.True(t, c.Answered(), "long before the first poll has ended")
		time.Sleep(time.Minute)
		webhook.Store(true) // somebody sets one
		time.Sleep(2 * time.Minute)
		stop()
		require.False(t, webhook.Load())
		require.Len(t, a.made("deleteWebhook"), 2)
	})
}

func TestAnUpdateIsConfirmedOnlyAfterItIsOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, message(1, 1, "hello"))
		box, d := newInbox(), &diary{}
		var tries atomic.Int64
		box.fail = func(method string) error {
			if method == "KeepUpdates" && tries.Add(1) <= 2 {
				return errDisk
			}
			return nil
		}
		a := &api{answer: source.answer}
		in := telegram.NewIntake(newClient(t, a), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, []int64{1}, d.entries[1])
		polls := a.made("getUpdates")
		for _, m := range polls[:3] {
			require.Zero(t, offset(t, m), "not confirmed yet")
		}
		require.EqualValues(t, 2, offset(t, polls[3]))
	})
}

// After a week without updates Telegram goes on from a random id.
func TestUpdatesAreTakenAfterAWeekOfSilenceThoughTheirIDsAreLower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(900, message(900, 1, "hello"))
		a := &api{answer: source.answer}
		d := &diary{}
		in := telegram.NewIntake(newClient(t, a), newInbox(), d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(8 * 24 * time.Hour)
		source.add(17, message(17, 1, "hello again"))
		time.Sleep(2 * time.Minute)
		stop()
		require.Equal(t, []int64{900, 17}, d.entries[1])
	})
}

func TestUpdatesThatTelegramRepeatsAreHandledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{take: time.Second}
		for range 5 { // each run is cut off before it can confirm
			var source updates
			fillUpdates(&source, 60, 6)
			in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
			stop := running(t, in.Run)
			synctest.Wait() // has read the inbox before anything comes
			stopPolling := running(t, in.Poll)
			time.Sleep(3500 * time.Millisecond)
			stopPolling()
			stop()
		}
		d.requireEachOnceInOrder(t, 60, 6)
	})
}

func TestAServerThatDoesNotWaitIsNotAskedWithoutRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, body := range map[string]string{
			"nothing new":    `{"ok":true,"result":[]}`,
			"without an id":  `{"ok":true,"result":[{"message":{}}]}`,
			"with a bad id":  `{"ok":true,"result":[{"update_id":{}},{"update_id":-1},{"update_id":1e99},7,null]}`,
			"no list at all": `{"ok":true,"result":7}`,
		} {
			a := &api{answer: func(context.Context, made) reply { return reply{body: body} }}
			in := telegram.NewIntake(newClient(t, a), newInbox(), (&diary{}).handle, silent)
			stop := running(t, in.Run, in.Poll)
			time.Sleep(10*time.Second + time.Millisecond)
			stop()
			require.LessOrEqual(t, len(a.made("getUpdates")), 11, name)
		}
	})
}

func TestPollingAsksForWhatTheShopCanAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{answer: (&updates{}).answer}
		in := telegram.NewIntake(newClient(t, a), newInbox(), (&diary{}).handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Second)
		stop()
		require.JSONEq(t, `{"limit":100,"timeout":50,"allowed_updates":["message","callback_query","inline_query","my_chat_member","chat_member"]}`,
			a.made("getUpdates")[0].params["json"])
	})
}

func TestPressesAndMessagesOfAPersonShareAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, message(1, 5, "hello"))
		source.add(2, json.RawMessage(`{"update_id":2,"callback_query":{"id":"a","from":{"id":5},"data":"x",
			"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"}}}}`))
		source.add(3, json.RawMessage(`{"update_id":3,"callback_query":{"id":"b","from":{"id":5},"data":"x",
			"message":{"message_id":1,"date":0,"chat":{"id":5,"type":"private"}}}}`))
		source.add(4, json.RawMessage(`{"update_id":4,"callback_query":{"id":"c","from":{"id":5},"data":"x"}}`))
		source.add(5, json.RawMessage(`{"update_id":5,"my_chat_member":{"chat":{"id":5},"from":{"id":5},"date":1,
			"old_chat_member":{"status":"member","user":{"id":1}},"new_chat_member":{"status":"kicked","user":{"id":1}}}}`))
		var handled []int64
		working := 0
		handle := func(_ context.Context, u *models.Update) error {
			working++
			time.Sleep(time.Second)
			handled = append(handled, u.ID)
			if working--; working != 0 {
				t.Error("two at once")
			}
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), newInbox(), handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, []int64{1, 2, 3, 4, 5}, handled)
	})
}

func offset(t *testing.T, m made) int64 {
	t.Helper()
	var p struct{ Offset int64 }
	require.NoError(t, json.Unmarshal([]byte(m.params["json"]), &p))
	return p.Offset
}

func TestAServerThatRepeatsItsUpdatesIsNotAskedWithoutPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{answer: func(_ context.Context, m made) reply {
			if m.method != "getUpdates" {
				return reply{body: `{"ok":true,"result":true}`}
			}
			time.Sleep(10 * time.Millisecond)
			return reply{body: `{"ok":true,"result":[` + string(message(7, 1, "hello")) + `]}`}
		}}
		d, l := &diary{}, &log{}
		in := telegram.NewIntake(newClient(t, a), newInbox(), d.handle, l.logger())
		stop := running(t, in.Run, in.Poll)
		time.Sleep(10 * time.Minute)
		stop()
		require.Len(t, d.entries[1], 1)
		require.Less(t, len(a.made("getUpdates")), 30)
		require.Contains(t, l.String(), "below the offset 8")
	})
}

// Such a server has lost its database, or was replaced by another one.
func TestUpdatesAreConfirmedToAServerWhoseIDsBeginAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before, after updates
		before.add(900, message(900, 1, "hello"))
		var replaced atomic.Bool
		a := &api{answer: func(ctx context.Context, m made) reply {
			if !replaced.Load() {
				return before.answer(ctx, m)
			}
			if m.method == "getUpdates" && offset(t, m) > 300 { // it does not know that one: all it has
				m.params = map[string]string{"json": `{"limit":100,"timeout":50}`}
			}
			return after.answer(ctx, m)
		}}
		d := &diary{}
		in := telegram.NewIntake(newClient(t, a), newInbox(), d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		replaced.Store(true)
		for id := int64(1); id <= 250; id++ { // more than one answer holds
			after.add(id, message(id, id, "hello again"))
		}
		time.Sleep(5 * time.Minute)
		stop()
		require.Len(t, d.entries[250], 1)
	})
}
