package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

var silent = slog.New(slog.DiscardHandler)

// diary is a handler that writes down what it handled, by chat.
type diary struct {
	take time.Duration // that handling takes

	mu      sync.Mutex
	entries map[int64][]int64 // update ids by chat
}

func (d *diary) handle(_ context.Context, u *models.Update) error {
	time.Sleep(d.take)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.entries == nil {
		d.entries = map[int64][]int64{}
	}
	var chat int64
	if u.Message != nil {
		chat = u.Message.Chat.ID
	}
	d.entries[chat] = append(d.entries[chat], u.ID)
	return nil
}

func (d *diary) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := 0
	for _, ids := range d.entries {
		n += len(ids)
	}
	return n
}

// requireEachOnceInOrder checks that of updates 1 to n, which are of chats in turn, every one was
// handled once, and those of a chat in order.
func (d *diary) requireEachOnceInOrder(t *testing.T, n, chats int64) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for chat := range chats {
		var want []int64
		for id := int64(1); id <= n; id++ {
			if id%chats == chat {
				want = append(want, id)
			}
		}
		require.Equal(t, want, d.entries[1+chat], "chat %d", 1+chat)
	}
}

func fillUpdates(u *updates, n, chats int64) {
	for id := int64(1); id <= n; id++ {
		u.add(id, message(id, 1+id%chats, "hello"))
	}
}

func TestUpdatesOfAChatComeInOrderThroughStopsAndNoneIsLostOrDoubled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		fillUpdates(&source, 400, 20)
		box, d := newInbox(), &diary{take: 100 * time.Millisecond}
		stops := 0
		for ; d.count() < 400; stops++ {
			c := newClient(t, &api{answer: source.answer})
			in := telegram.NewIntake(c, box, d.handle, silent)
			stop := running(t, in.Run, in.Poll)
			time.Sleep(350 * time.Millisecond)
			stop()
		}
		require.Greater(t, stops, 3, "stopped in the midst of it")
		d.requireEachOnceInOrder(t, 400, 20)
		require.Empty(t, box.waiting())
	})
}

func TestMoreUpdatesThanFitIntoMemoryWaitInTheInbox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		fillUpdates(&source, 6000, 600)
		box, d := newInbox(), &diary{take: 100 * time.Millisecond}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Millisecond)
		require.Equal(t, 6000, in.Waiting())
		require.Equal(t, 2000, telegram.Queued(in))
		time.Sleep(11 * time.Second) // 640 a second
		require.Zero(t, in.Waiting())
		stop()
		d.requireEachOnceInOrder(t, 6000, 600)
		require.Empty(t, box.waiting())
		require.EqualValues(t, 6000, in.Handled())
		require.Zero(t, in.Dropped())
	})
}

func TestUpdatesThatWaitInTheInboxSurviveStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		fillUpdates(&source, 6000, 600)
		box, d := newInbox(), &diary{take: 100 * time.Millisecond}
		for d.count() < 6000 {
			in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
			stop := running(t, in.Run, in.Poll)
			time.Sleep(1350 * time.Millisecond)
			require.LessOrEqual(t, telegram.Queued(in), 2000)
			stop()
		}
		d.requireEachOnceInOrder(t, 6000, 600)
		require.Empty(t, box.waiting())
	})
}

// After a week without updates Telegram's ids begin again, perhaps at lower ones.
func TestLowerUpdatesThatWaitInTheInboxAreHandledToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{take: time.Second}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		synctest.Wait()
		for id := int64(10_000); id < 12_500; id++ {
			require.Equal(t, http.StatusOK, post(h, webhookSecret, message(id, id, "hello")).Code)
		}
		for id := int64(1); id <= 100; id++ {
			require.Equal(t, http.StatusOK, post(h, webhookSecret, message(id, id, "hello")).Code)
		}
		time.Sleep(time.Hour)
		stop()
		require.Equal(t, 2600, d.count())
		require.Empty(t, box.waiting())
	})
}

func TestAFullInboxRefusesPostedUpdatesUntilThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{take: 10 * time.Second} // 64 at once: 2,000 take five minutes
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		telegram.SetMaxBacklog(in, 100)
		h := in.Webhook(webhookSecret)
		var refused atomic.Int64
		for id := int64(1); id <= 2500; id++ {
			go func() {
				for post(h, webhookSecret, message(id, 1+id%250, "hello")).Code != http.StatusOK {
					refused.Add(1) // after three seconds
					time.Sleep(time.Minute)
				}
			}()
		}
		synctest.Wait() // all wait at once
		stop := running(t, in.Run)
		time.Sleep(time.Hour)
		stop()
		require.Equal(t, 2500, d.count())
		require.Positive(t, refused.Load())
		require.Empty(t, box.waiting())
		_, most := box.counts()
		require.LessOrEqual(t, most, 2100)
		require.Zero(t, in.Dropped())
	})
}

func TestABuyerWhoIsSlowToAnswerKeepsNobodyElseWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, message(1, 1, "slow"))
		source.add(2, message(2, 1, "next"))
		source.add(3, message(3, 2, "quick"))
		var mu sync.Mutex
		at := map[int64]time.Duration{}
		began := time.Now()
		handle := func(_ context.Context, u *models.Update) error {
			if u.ID == 1 {
				time.Sleep(30 * time.Second)
			}
			mu.Lock()
			defer mu.Unlock()
			at[u.ID] = time.Since(began)
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), newInbox(), handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64]time.Duration{1: 30 * time.Second, 2: 30 * time.Second, 3: 0}, at)
	})
}

func TestChatsTakeTurnsAndAtMost64AreAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for id := int64(1); id <= 700; id++ {
			source.add(id, message(id, 1+id%70, "one of ten"))
		}
		for id := int64(701); id <= 730; id++ {
			source.add(id, message(id, id, "the only one"))
		}
		var working, most atomic.Int64
		var mu sync.Mutex
		at := map[int64]time.Duration{} // by chat, the last start
		began := time.Now()
		handle := func(_ context.Context, u *models.Update) error {
			mu.Lock()
			at[u.Message.Chat.ID] = time.Since(began)
			most.Store(max(most.Load(), working.Add(1)))
			mu.Unlock()
			time.Sleep(time.Second)
			working.Add(-1)
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), newInbox(), handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		require.EqualValues(t, 64, most.Load())
		for chat := int64(701); chat <= 730; chat++ {
			require.LessOrEqual(t, at[chat], time.Second, "chat %d", chat)
		}
		require.EqualValues(t, 730, in.Handled())
	})
}

func TestChatsThatWaitForARetryKeepNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for id := int64(1); id <= 80; id++ {
			source.add(id, message(id, id, "bad"))
		}
		source.add(81, message(81, 81, "good"))
		var good time.Duration
		began := time.Now()
		handle := func(_ context.Context, u *models.Update) error {
			if u.ID == 81 {
				good = time.Since(began)
				return nil
			}
			return telegram.ErrTemporary
		}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), newInbox(), handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Second)
		stop()
		require.Zero(t, good)
		require.EqualValues(t, 1, in.Handled())
	})
}

func TestAFloodOfOneChatIsAnsweredOnceAndDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for id := int64(1); id <= 100; id++ {
			source.add(id, message(id, 1, "flood"))
		}
		source.add(101, message(101, 2, "hello"))
		box, d := newInbox(), &diary{take: time.Second}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		var told []int64
		in.Overflow = func(_ context.Context, chat int64) { told = append(told, chat) }
		stop := running(t, in.Run, in.Poll)
		time.Sleep(2 * time.Minute)
		stop()
		require.Equal(t, []int64{1}, told)
		require.Len(t, d.entries[1], 30)
		require.Len(t, d.entries[2], 1)
		require.EqualValues(t, 70, in.Dropped())
		require.Empty(t, box.waiting())
	})
}

func TestInlineQueriesAreHandledAndNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		query := func(id, user int64) []byte {
			return fmt.Appendf(nil, `{"update_id":%d,"inline_query":{"id":"%d","from":{"id":%d,"first_name":"A"},"query":"steam","offset":""}}`, id, id, user)
		}
		var source updates
		for id := int64(1); id <= 20; id++ {
			source.add(id, query(id, 1)) // more than anybody types
		}
		source.add(21, query(21, 2))
		source.add(22, message(22, 1, "hello"))
		box := newInbox()
		var mu sync.Mutex
		var asked []int64
		handle := func(_ context.Context, u *models.Update) error {
			if u.InlineQuery != nil {
				require.NotContains(t, box.waiting(), u.ID)
				mu.Lock()
				asked = append(asked, u.InlineQuery.From.ID)
				mu.Unlock()
			}
			time.Sleep(time.Second)
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, handle, silent)
		in.Overflow = func(context.Context, int64) { t.Error("nobody is told of an inline query that is dropped") }
		stop := running(t, in.Run, func(ctx context.Context) error {
			time.Sleep(time.Second) // a query that comes before Run is dropped
			return in.Poll(ctx)
		})
		time.Sleep(time.Minute)
		stop()
		require.ElementsMatch(t, []int64{1, 1, 1, 2}, asked)
		require.EqualValues(t, 5, in.Handled(), "with the message")
		require.EqualValues(t, 17, in.Dropped())
		require.Empty(t, box.waiting())
	})
}

func TestAPoisonUpdateStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, []byte(`{"update_id":1,"message":{"message_id":1,"text":12,"chat":{"id":1}}}`))
		source.add(2, []byte(`{"update_id":2,"message":{"message_id":1,"chat":{"id":1},"forward_origin":{"type":"new"}}}`))
		source.add(3, []byte(`{"update_id":3,"my_chat_member":{"chat":{"id":1},"new_chat_member":{"status":"new"}}}`))
		source.add(4, []byte(`{"update_id":4,"message":"none"}`))
		source.add(5, message(5, 1, "hello"))
		source.add(6, []byte(`{"update_id":6,"something_new":{"x":1}}`))
		box, d := newInbox(), &diary{}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Second)
		stop()
		require.Equal(t, map[int64][]int64{1: {5}, 0: {6}}, d.entries)
		require.Len(t, box.deadLetters(), 4)
		require.EqualValues(t, 4, in.DeadLetters())
		require.Empty(t, box.waiting())
	})
}

func TestAnUpdateThatFailsIsTriedAgainAndThenADeadLetter(t *testing.T) {
	flood := fmt.Errorf("show screen: %w", floodError(t, 40))
	outage := []time.Duration{
		0, 2 * time.Second, 12 * time.Second, 42 * time.Second, 102 * time.Second, 222 * time.Second,
		462 * time.Second, 942 * time.Second, 1842 * time.Second,
	}
	for name, c := range map[string]struct {
		err error
		at  []time.Duration
	}{
		"any error": {errors.New("no luck"), []time.Duration{0, 2 * time.Second, 12 * time.Second}},
		"telegram asks for longer": {flood, []time.Duration{
			0, 40 * time.Second, 80 * time.Second, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute,
			9 * time.Minute, 17 * time.Minute, 27 * time.Minute,
		}},
		"the bot may not write": {fmt.Errorf("show screen: %w", telegram.ErrFrozen), outage},
		"the token is refused":  {fmt.Errorf("show screen: %w", telegram.ErrUnauthorized), outage},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var source updates
				source.add(1, message(1, 1, "bad"))
				source.add(2, message(2, 1, "good"))
				var at []time.Duration
				began := time.Now()
				handle := func(_ context.Context, u *models.Update) error {
					at = append(at, time.Since(began))
					if u.ID == 1 {
						return c.err
					}
					return nil
				}
				box := newInbox()
				in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, handle, silent)
				stop := running(t, in.Run, in.Poll)
				time.Sleep(time.Hour)
				stop()
				require.Equal(t, append(c.at, c.at[len(c.at)-1]), at, "the next one of the chat follows at once")
				require.Equal(t, map[int64]string{1: c.err.Error()}, box.deadLetters())
				require.Empty(t, box.waiting())
			})
		})
	}
}

func TestAHandlersPanicIsLoggedWithoutWhatWasWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, message(1, 1, "private words"))
		source.add(2, message(2, 1, "hello"))
		box, l := newInbox(), &log{}
		var handled []int64
		handle := func(_ context.Context, u *models.Update) error {
			handled = append(handled, u.ID)
			if u.ID == 1 {
				panic("cannot answer " + u.Message.Text)
			}
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, handle, l.logger())
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, []int64{1, 2}, handled)
		require.Empty(t, box.waiting())
		require.Equal(t, 1, l.count("update handler panicked", "update=1"))
		require.NotContains(t, l.String(), "private words")
	})
}

func TestWhatIsUnderWayAtAStopIsFinishedAndTheRestIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for id := int64(1); id <= 3; id++ {
			source.add(id, message(id, 1, "hello"))
		}
		box, d := newInbox(), &diary{take: 10 * time.Second}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Second)
		stop()
		require.Equal(t, []int64{1}, d.entries[1])
		require.Equal(t, []int64{2, 3}, box.waiting())
	})
}

func TestAHandlerThatHangsDoesNotKeepTheProgramFromStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, message(1, 1, "hello"))
		hang := func(ctx context.Context, _ *models.Update) error {
			<-ctx.Done()
			return ctx.Err()
		}
		box := newInbox()
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, hang, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Second)
		began := time.Now()
		stop()
		require.Equal(t, 20*time.Second, time.Since(began))
		require.Equal(t, []int64{1}, box.waiting(), "the next run tries again")
	})
}

func TestAnUpdateThatFailsDuringAStopIsLeftToTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, message(1, 1, "hello"))
		fail := func(context.Context, *models.Update) error {
			time.Sleep(10 * time.Second)
			return errors.New("no luck")
		}
		box := newInbox()
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, fail, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(35 * time.Second) // in the midst of the last try
		stop()
		require.Equal(t, []int64{1}, box.waiting())
		require.Empty(t, box.deadLetters())
	})
}

// A member of an enum that is newer than the library makes an update undecodable.
func TestAnUnknownEnumValueIsADeadLetterAndItsNeighboursAreHandled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		unknown := `{"update_id":%d,"message":{"message_id":1,"chat":{"id":1},"forward_origin":{"type":"new"}}}`
		source.add(1, message(1, 1, "before"))
		source.add(2, fmt.Appendf(nil, unknown, 2))
		source.add(3, message(3, 1, "after"))
		box, d := newInbox(), &diary{}
		box.pending[900] = fmt.Appendf(nil, unknown, 900) // another version has kept it
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Second)
		stop()
		require.Equal(t, map[int64][]int64{1: {1, 3}}, d.entries)
		dead := box.deadLetters()
		require.Len(t, dead, 2)
		require.Contains(t, dead[2], "decode update")
		require.Contains(t, dead[900], "decode update")
		require.Empty(t, box.waiting())
	})
}

func TestAnUpdateThatTheInboxCannotEndIsNotHandledTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		fillUpdates(&source, 40, 4)
		box, d := newInbox(), &diary{take: time.Second}
		var calls atomic.Int64
		box.fail = func(method string) error {
			if method == "KeepUpdates" && calls.Add(1)%3 != 0 {
				return errDisk
			}
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		d.requireEachOnceInOrder(t, 40, 4)
		require.Empty(t, box.waiting())
	})
}

func floodError(t *testing.T, seconds int) error {
	t.Helper()
	c := newClient(t, &api{answer: func(context.Context, made) reply { return refusal(429, "Too Many Requests", seconds) }})
	_, err := c.SendMessage(t.Context(), text(1))
	require.ErrorIs(t, err, telegram.ErrFlood)
	return err
}
