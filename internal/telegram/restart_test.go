package telegram_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

func TestNewUpdatesOfAChatWaitForThoseOfTheLastRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left [][]byte
		for id := int64(1); id <= 250; id++ { // more than a page, and more of a chat than the quota allows
			left = append(left, message(id, 1+id%10, "left"))
		}
		box, d := inboxWith(left...), &diary{}
		box.read = func() { time.Sleep(1500 * time.Millisecond) } // three pages
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		in.Quota = telegram.Quota{PerSecond: 2, Burst: 10}
		stop := running(t, in.Run)
		require.Equal(t, http.StatusServiceUnavailable, post(in.Webhook(webhookSecret), webhookSecret, message(251, 2, "new")).Code,
			"not before the last run's are loaded")
		require.Equal(t, http.StatusOK, post(in.Webhook(webhookSecret), webhookSecret, message(251, 2, "new")).Code)
		synctest.Wait()
		stop()
		d.requireEachOnceInOrder(t, 251, 10)
		require.Zero(t, in.Dropped())
		require.Empty(t, box.waiting())
	})
}

// Telegram posts an update again just when the inbox, which has it from the last run, is loaded.
func TestAnUpdateOfTheLastRunThatComesAgainMeanwhileIsHandledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := inboxWith(message(1, 1, "hello")), &diary{take: time.Second}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		codes := make(chan int, 1)
		go func() { codes <- post(in.Webhook(webhookSecret), webhookSecret, message(1, 1, "hello")).Code }()
		synctest.Wait()
		stop := running(t, in.Run)
		require.Equal(t, http.StatusOK, <-codes)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {1}}, d.entries)
		require.Empty(t, box.waiting())
	})
}

// A write that fails although it took effect leaves an update on disk that Telegram may not repeat
// for long, and that the inbox does not report as new when it does.
func TestAnUpdateThatWasKeptByAWriteThatFailedIsHandledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{take: time.Second}
		var writes atomic.Int64
		box.failAfter = func(string) error {
			if writes.Add(1) == 2 {
				return errDisk
			}
			return nil
		}
		var reads atomic.Int64
		box.read = func() {
			if reads.Add(1) == 2 { // it has both; the first one is done meanwhile
				time.Sleep(2 * time.Second)
			}
		}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		require.Equal(t, http.StatusOK, post(h, webhookSecret, message(1, 1, "hello")).Code)
		require.Equal(t, http.StatusServiceUnavailable, post(h, webhookSecret, message(2, 2, "hello")).Code)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Equal(t, map[int64][]int64{1: {1}, 2: {2}}, d.entries, "without a repetition")
		require.Equal(t, http.StatusOK, post(h, webhookSecret, message(2, 2, "hello")).Code)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {1}, 2: {2}}, d.entries)
		require.Empty(t, box.waiting())
	})
}

func TestAnInboxThatCannotBeReadAtTheStartIsReadLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := inboxWith(message(1, 1, "hello"), []byte(`{"update_id":2,"message":7}`), message(3, 1, "hello")), &diary{}
		var failures atomic.Int64
		box.fail = func(method string) error {
			if method == "PendingUpdates" && failures.Add(1) <= 2 || method == "AddDeadLetter" && failures.Add(1) <= 4 {
				return errDisk
			}
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		stop := running(t, in.Run)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {1, 3}}, d.entries)
		require.Empty(t, box.waiting())
		require.Contains(t, box.deadLetters(), int64(2))
	})
}

func TestACrashRepeatsWhatWasNotYetEndedAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		fillUpdates(&source, 40, 4)
		box, d := newInbox(), &diary{take: time.Second}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(5500 * time.Millisecond)
		disk := box.crashed() // 20 are handled, none is ended
		stop()
		require.Len(t, disk.waiting(), 40)

		again := &diary{}
		in = telegram.NewIntake(newClient(t, &api{answer: source.answer}), disk, again.handle, silent)
		stop = running(t, in.Run, in.Poll)
		time.Sleep(11 * time.Second)
		again.requireEachOnceInOrder(t, 40, 4)
		disk = disk.crashed() // after the quiet time all are ended
		stop()
		require.Empty(t, disk.waiting())
	})
}

func TestHandledUpdatesCostNoWriteOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{take: 100 * time.Millisecond}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		for id := int64(1); id <= 100; id++ {
			require.Equal(t, http.StatusOK, post(h, webhookSecret, pressed(id, 1)).Code)
			require.LessOrEqual(t, len(box.waiting()), 1, "those before are ended with it")
			time.Sleep(5 * time.Second)
		}
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, 100, d.count())
		require.Empty(t, box.waiting())
		keeps, _ := box.counts()
		require.LessOrEqual(t, keeps, 101)
	})
}

func TestWebhooksThatComeDuringAWriteShareTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{}
		box.fail = slowWrites
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		for id := int64(1); id <= 40; id++ {
			go func() {
				if w := post(h, webhookSecret, message(id, 1+id%4, "hello")); w.Code != http.StatusOK {
					t.Errorf("answered with %d", w.Code)
				}
			}()
			synctest.Wait()
		}
		time.Sleep(5 * time.Second)
		keeps, _ := box.counts()
		stop()
		require.Equal(t, 2, keeps)
		d.requireEachOnceInOrder(t, 40, 4)
	})
}

func TestADeadLetterThatCannotBeKeptIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newInbox()
		var full atomic.Bool
		full.Store(true)
		box.fail = func(method string) error {
			if method == "AddDeadLetter" && full.Load() {
				return errDisk
			}
			return nil
		}
		handle := func(context.Context, *models.Update) error { panic("always") }
		in := telegram.NewIntake(newClient(t, &api{}), box, handle, silent)
		stop := running(t, in.Run)
		require.Equal(t, http.StatusOK, post(in.Webhook(webhookSecret), webhookSecret, message(1, 1, "hello")).Code)
		time.Sleep(time.Hour)
		require.Equal(t, []int64{1}, box.waiting())
		full.Store(false)
		time.Sleep(2 * time.Minute)
		stop()
		require.Empty(t, box.waiting())
		require.Contains(t, box.deadLetters(), int64(1))
	})
}
