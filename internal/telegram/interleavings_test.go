package telegram_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// A posted update whose write is under way at a stop is kept, and answered so.
func TestAWriteThatIsUnderWayAtAStopIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{}
		box.fail = slowWrites
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		answered := make(chan int, 1)
		go func() { answered <- post(h, webhookSecret, message(1, 1, "hello")).Code }()
		synctest.Wait()
		stop()
		require.Equal(t, http.StatusOK, <-answered)
		in = telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		stop = running(t, in.Run)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {1}}, d.entries)
	})
}

// One batch has an update twice, one without an id and one of id 0: the one is handled once, and
// nothing stops.
func TestAnUpdateThatIsTwiceInABatchIsHandledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for _, id := range []int64{7, 7, 8} {
			source.add(id, message(id, 1, "hello"))
		}
		source.add(9, []byte(`{"message":{}}`))
		source.add(10, []byte(`{"update_id":0,"message":{}}`))
		box, d := newInbox(), &diary{}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {7, 8}}, d.entries)
		require.Empty(t, box.waiting())
	})
}

// While a screen waits for the chat's own pace, a later update makes it pointless: it is given up.
// One that was given up is never sent, and a message that is no screen always is.
func TestAScreenThatALaterUpdateReplacesIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		c := newClient(t, a)
		var given []int64
		handle := func(ctx context.Context, u *models.Update) error {
			if u.Message.Text != "screen" {
				_, err := c.SendMessage(ctx, text(1))
				return err
			}
			_, err := c.EditMessageText(telegram.Yielding(ctx), &bot.EditMessageTextParams{ChatID: 1, MessageID: 5, Text: "x"})
			if errors.Is(err, telegram.ErrReplaced) {
				given = append(given, u.ID)
				return nil
			}
			return err
		}
		in := telegram.NewIntake(c, newInbox(), handle, silent)
		in.Replaces = func(newer, older *models.Update) bool {
			return newer.Message.Text == "screen" && older.Message.Text == "screen"
		}
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		for id, what := range []string{"screen", "screen", "screen", "screen", "goods", "screen", "goods"} {
			require.Equal(t, http.StatusOK, post(h, webhookSecret, message(int64(id+1), 1, what)).Code)
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, []int64{4}, given, "three passed at once, the fourth waited, the sixth was the last")
		require.Len(t, a.made("editMessageText"), 4)
		require.Len(t, a.made("sendMessage"), 2)
	})
}
