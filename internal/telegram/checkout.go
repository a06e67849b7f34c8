package telegram

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/go-telegram/bot/models"
)

const (
	// checkoutLimit is for how long Telegram waits for the answer to a pre-checkout query
	// (core.telegram.org/bots/api#answerprecheckoutquery).
	checkoutLimit = 10 * time.Second
	// maxCheckouts is how many pre-checkout queries are answered at the same time.
	maxCheckouts = 1000
)

// answerCheckout has a pre-checkout query answered. It does not wait for the answer.
func (in *Intake) answerCheckout(ctx context.Context, q *models.PreCheckoutQuery) error {
	if !in.dispatcher.isOpen() {
		return errors.New("answer a pre-checkout query: updates are not handled now")
	}
	if in.PreCheckout == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	accepted := in.checkouts.TryGo(func() error {
		ctx, cancel := context.WithTimeout(ctx, checkoutLimit)
		defer cancel()
		err := guard(ctx, func(ctx context.Context) error {
			in.PreCheckout(ctx, q)
			return nil
		})
		if p, ok := errors.AsType[*panicError](err); ok {
			in.log.ErrorContext(ctx, "pre-checkout handler panicked", "panic", p.Error(), "stack", p.stack)
		}
		return nil
	})
	if !accepted {
		in.dropped.Add(1)
		in.log.WarnContext(ctx, "pre-checkout query dropped, too many at once")
	}
	return nil
}

// isPayment reports whether the update is a message that tells of a payment or a refund.
func (t *task) isPayment() bool {
	return !t.overflow && isPayment(t.update)
}

func isPayment(u *models.Update) bool {
	return u.Message != nil && (u.Message.SuccessfulPayment != nil || u.Message.RefundedPayment != nil)
}

// paymentLane is the queue of a chat's payments. They do not wait for the chat's other updates, and no
// chat has such an id.
func paymentLane(chat int64) int64 { return math.MinInt64/2 + chat }

// isPaymentLane is the inverse: chats have at most 52 significant bits.
func isPaymentLane(chat int64) bool { return chat < math.MinInt64/4 }
