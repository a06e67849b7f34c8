package telegram_test

import (
	"context"
	"errors"
	"fmt"
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

// replicas are intakes of one bot on one inbox, the first of which leads.
type replicas struct {
	*inbox

	lead  *telegram.Intake
	all   []http.Handler
	stops []func()
}

// replicate runs n intakes on an inbox. What one keeps wakes the one that leads, unless deaf.
func replicate(t *testing.T, box *inbox, n int, handle telegram.Handler, deaf bool) *replicas {
	t.Helper()
	r := &replicas{inbox: box}
	for i := range n {
		store := telegram.Inbox(box)
		if i > 0 && !deaf {
			store = waking{box, r}
		}
		in := telegram.NewIntake(newClient(t, &api{}), store, handle, silent)
		run := in.RunStandby
		if i == 0 {
			in.Shared, r.lead, run = true, in, in.Run
		}
		r.all, r.stops = append(r.all, in.Webhook(webhookSecret)), append(r.stops, running(t, run))
	}
	synctest.Wait()
	return r
}

func (r *replicas) stop() {
	for _, stop := range r.stops {
		stop()
	}
}

// post posts an update to one of the replicas, as Telegram does: again until it is taken.
func (r *replicas) post(to int64, update []byte) {
	for post(r.all[to%int64(len(r.all))], webhookSecret, update).Code != http.StatusOK {
		time.Sleep(time.Second)
	}
}

// waking is the inbox of a replica that stands by, whose database tells the one that leads.
type waking struct {
	*inbox

	of *replicas
}

func (w waking) KeepUpdates(ctx context.Context, updates map[int64][]byte, done []int64) ([]int64, error) {
	fresh, err := w.inbox.KeepUpdates(ctx, updates, done)
	w.of.lead.Wake()
	return fresh, err
}

func TestUpdatesOfAChatAreHandledOnceAndInOrderWhicheverReplicaKeepsThem(t *testing.T) {
	for name, deaf := range map[string]bool{"with hints": false, "without hints": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const chats, each = 50, 30
				d := &diary{take: 20 * time.Millisecond}
				r := replicate(t, newInbox(), 3, d.handle, deaf)
				var g sync.WaitGroup
				for chat := range int64(chats) {
					g.Go(func() {
						for n := range int64(each) { // one after the other, as Telegram posts those of a chat
							id := n*chats + chat + 1
							r.post(id+n, message(id, 1+id%chats, "hello"))
							time.Sleep(time.Duration(id%7) * 10 * time.Millisecond)
						}
					})
				}
				g.Wait()
				r.lead.Wake()
				time.Sleep(time.Minute)
				r.stop()
				d.requireEachOnceInOrder(t, chats*each, chats)
				require.Empty(t, r.waiting())
			})
		})
	}
}

func TestMoreUpdatesThanFitIntoMemoryAreHandledWhicheverReplicaKeepsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &diary{take: 100 * time.Millisecond}
		r := replicate(t, newInbox(), 3, d.handle, false)
		var g sync.WaitGroup
		for chat := range int64(600) {
			g.Go(func() {
				for id := chat + 1; id <= 6000; id += 600 {
					r.post(id/600, message(id, 1+id%600, "hello"))
				}
			})
		}
		g.Wait()
		require.LessOrEqual(t, telegram.Queued(r.lead), 2000)
		time.Sleep(time.Minute)
		r.stop()
		d.requireEachOnceInOrder(t, 6000, 600)
		require.Empty(t, r.waiting())
		require.Zero(t, r.lead.Waiting())
	})
}

func TestAPaymentThatAStandbyKeepsWaitsForNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newInbox()
		for id := int64(1); id <= 5000; id++ {
			box.pending[id] = message(id, id%1000+1, "hello")
		}
		r := replicate(t, box, 2, (&diary{take: 10 * time.Second}).handle, false)
		a := listen(r.lead)
		r.post(1, payment(5001, 7))
		time.Sleep(time.Second)
		_, payments := a.seen()
		require.Equal(t, map[int64]time.Duration{5001: 0}, payments)
		r.stop()
	})
}

func TestAStandbyAnswersWhatCannotWaitAndHandlesNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newInbox()
		var handled atomic.Int64
		in := telegram.NewIntake(newClient(t, &api{}), box, func(_ context.Context, u *models.Update) error {
			if u.InlineQuery == nil {
				t.Errorf("handled update %d", u.ID)
			}
			handled.Add(1)
			return nil
		}, silent)
		a := listen(in)
		h := in.Webhook(webhookSecret)
		require.Equal(t, http.StatusServiceUnavailable, post(h, webhookSecret, message(1, 1, "hello")).Code, "it does not run yet")
		stop := running(t, in.RunStandby)
		synctest.Wait()
		for _, update := range [][]byte{
			message(1, 1, "hello"), message(1, 1, "hello"), payment(2, 1), preCheckout(3), inline(4),
		} {
			require.Equal(t, http.StatusOK, post(h, webhookSecret, update).Code)
		}
		time.Sleep(time.Minute)
		queries, payments := a.seen()
		require.Equal(t, map[string]time.Duration{"q3": 3 * time.Second}, queries, "at once, after the first update was refused")
		require.Empty(t, payments)
		require.EqualValues(t, 1, handled.Load())
		require.Equal(t, []int64{1, 2}, box.waiting())
		box.fail = func(string) error { return errDisk }
		require.Equal(t, http.StatusServiceUnavailable, post(h, webhookSecret, message(5, 1, "hello")).Code)
		stop()
		require.Equal(t, http.StatusServiceUnavailable, post(h, webhookSecret, message(6, 1, "hello")).Code)
	})
}

// inline is an update in which somebody writes the bot's name and a letter in another chat.
func inline(id int64) []byte {
	return fmt.Appendf(nil, `{"update_id":%d,"inline_query":{"id":"i%d","from":{"id":9,"first_name":"A"},"query":"x","offset":""}}`, id, id)
}

func TestAHandlerEndsAtOnceIfAnotherReplicaLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := inboxWith(message(1, 1, "hello"))
		handle := func(ctx context.Context, _ *models.Update) error {
			<-ctx.Done()
			return ctx.Err()
		}
		for _, c := range []struct {
			cause error
			takes time.Duration
		}{{errors.New("another replica leads now"), 0}, {nil, 20 * time.Second}} {
			in := telegram.NewIntake(newClient(t, &api{}), box, handle, silent)
			ctx, stop := context.WithCancelCause(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- in.Run(ctx) }()
			synctest.Wait()
			began := time.Now()
			stop(c.cause)
			require.NoError(t, <-ended)
			require.Equal(t, c.takes, time.Since(began))
			require.Equal(t, []int64{1}, box.waiting())
		}
	})
}
