package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// preCheckout is an update in which Telegram asks whether somebody may pay.
func preCheckout(id int64) []byte {
	return fmt.Appendf(nil, `{"update_id":%d,"pre_checkout_query":{"id":"q%d","from":{"id":%d,"first_name":"A"},`+
		`"currency":"XTR","total_amount":50,"invoice_payload":"order"}}`, id, id, 1)
}

// payment is an update that tells of a payment.
func payment(id, chat int64) []byte {
	return fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":%d,"date":1,"from":{"id":%d,"first_name":"A"},`+
		`"chat":{"id":%d,"type":"private"},"successful_payment":{"currency":"XTR","total_amount":50,`+
		`"invoice_payload":"order","telegram_payment_charge_id":"c%d","provider_payment_charge_id":""}}}`, id, id, chat, chat, id)
}

// asked is the pre-checkout queries and payments that an intake handed over, with the time of each.
type asked struct {
	began time.Time

	mu       sync.Mutex
	queries  map[string]time.Duration
	payments map[int64]time.Duration // by update
}

// seen is what was handed over so far.
func (a *asked) seen() (queries map[string]time.Duration, payments map[int64]time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.queries), maps.Clone(a.payments)
}

func listen(in *telegram.Intake) *asked {
	a := &asked{began: time.Now(), queries: map[string]time.Duration{}, payments: map[int64]time.Duration{}}
	in.PreCheckout = func(_ context.Context, q *models.PreCheckoutQuery) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.queries[q.ID] = time.Since(a.began)
	}
	in.Payment = func(_ context.Context, u *models.Update, raw []byte) error {
		a.mu.Lock()
		defer a.mu.Unlock()
		if string(raw) != string(payment(u.ID, u.Message.Chat.ID)) {
			return errors.New("raw is not what came")
		}
		a.payments[u.ID] = time.Since(a.began)
		return nil
	}
	return a
}

// The queues are full, the payer's own queue is stuck and the quota is used up; more waits in the
// inbox than fits into memory.
func TestPaymentsWaitForNothingElse(t *testing.T) {
	for name, receive := range map[string]func(t *testing.T, in *telegram.Intake, source *updates) func(){
		"by polling": func(t *testing.T, in *telegram.Intake, _ *updates) func() {
			t.Helper()
			return running(t, in.Run, in.Poll)
		},
		"by webhook": func(t *testing.T, in *telegram.Intake, source *updates) func() {
			t.Helper()
			h, stop := in.Webhook(webhookSecret), running(t, in.Run)
			synctest.Wait()
			for _, raw := range source.queue {
				require.Equal(t, http.StatusOK, post(h, webhookSecret, raw).Code)
			}
			return stop
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var source updates
				fillUpdates(&source, 4000, 100)
				source.add(4001, preCheckout(4001))
				source.add(4002, payment(4002, 1))
				source.add(4003, payment(4003, 2))
				box, d := newInbox(), &diary{take: 30 * time.Second}
				in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
				in.Quota = telegram.Quota{PerSecond: 100, Burst: 35}
				a := listen(in)
				stop := receive(t, in, &source)
				time.Sleep(time.Second)
				queries, payments := a.seen()
				require.Equal(t, map[string]time.Duration{"q4001": 0}, queries)
				require.Equal(t, map[int64]time.Duration{4002: 0, 4003: 0}, payments)
				time.Sleep(15 * time.Second)
				require.NotContains(t, box.waiting(), int64(4001), "a question is not kept")
				stop()
				require.NotContains(t, box.waiting(), int64(4002), "a payment that was handled is done")
			})
		})
	}
}

func TestAPaymentThatCannotBeStoredIsTriedForLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		source.add(1, payment(1, 1))
		box := newInbox()
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, (&diary{}).handle, silent)
		tries := 0
		in.Payment = func(context.Context, *models.Update, []byte) error {
			if tries++; tries < 6 {
				return errDisk
			}
			return nil
		}
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Hour)
		stop()
		require.Equal(t, 6, tries)
		require.Empty(t, box.deadLetters())
		require.Empty(t, box.waiting())
	})
}

func TestAPaymentOfTheLastRunIsHandledBeforeWhatElseItLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newInbox()
		for id := int64(1); id <= 5000; id++ {
			box.pending[id] = message(id, id%1000+1, "hello")
		}
		box.pending[5001] = payment(5001, 7)
		in := telegram.NewIntake(newClient(t, &api{}), box, (&diary{take: 10 * time.Second}).handle, silent)
		a := listen(in)
		stop := running(t, in.Run)
		time.Sleep(time.Second)
		_, payments := a.seen()
		require.Equal(t, map[int64]time.Duration{5001: 0}, payments)
		require.Equal(t, 2000, telegram.Queued(in))
		stop()
	})
}

func TestAPreCheckoutThatComesDuringAStopIsLeftToTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := telegram.NewIntake(newClient(t, &api{}), newInbox(), (&diary{}).handle, silent)
		a := listen(in)
		h := in.Webhook(webhookSecret)
		require.Equal(t, http.StatusServiceUnavailable, post(h, webhookSecret, preCheckout(1)).Code)
		stop := running(t, in.Run)
		synctest.Wait()
		require.Equal(t, http.StatusOK, post(h, webhookSecret, preCheckout(1)).Code)
		stop()
		require.Equal(t, http.StatusServiceUnavailable, post(h, webhookSecret, preCheckout(2)).Code)
		queries, _ := a.seen()
		require.Len(t, queries, 1)
	})
}
