package telegram

import (
	"context"
	"encoding/json"
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

// isPayment reports whether the update tells of a payment, a refund or a subscription.
func (t *task) isPayment() bool { return t.payer != 0 }

// payerOf is whose payment, refund or subscription an update tells of; 0 if of none.
func payerOf(u *models.Update, raw []byte) int64 {
	if m := u.Message; m != nil {
		if m.SuccessfulPayment != nil || m.RefundedPayment != nil {
			return m.Chat.ID
		}
		return 0
	}
	if u.CallbackQuery != nil || u.InlineQuery != nil || u.PreCheckoutQuery != nil {
		return 0
	}
	c, _ := ReadSubscriptionChange(raw)
	return c.User
}

// SubscriptionChange is what became of a user's subscription between its payments.
type SubscriptionChange struct {
	User    int64
	Payload string // of the invoice that it began with
	State   string // "canceled", "active" again, or "failed": the user had too few Stars
}

// ReadSubscriptionChange reads an update that tells of a subscription; false for another one. The
// library's Update does not have it.
func ReadSubscriptionChange(raw []byte) (SubscriptionChange, bool) {
	var u struct {
		Subscription struct {
			User struct {
				ID int64 `json:"id"`
			} `json:"user"`
			Payload string `json:"invoice_payload"`
			State   string `json:"state"`
		} `json:"subscription"`
	}
	if json.Unmarshal(raw, &u) != nil || u.Subscription.User.ID == 0 {
		return SubscriptionChange{}, false
	}
	return SubscriptionChange{User: u.Subscription.User.ID, Payload: u.Subscription.Payload, State: u.Subscription.State}, true
}

// paymentLane is the queue of a chat's payments. They do not wait for the chat's other updates, and no
// chat has such an id.
func paymentLane(chat int64) int64 { return math.MinInt64/2 + chat }

// isPaymentLane is the inverse: chats have at most 52 significant bits.
func isPaymentLane(chat int64) bool { return chat < math.MinInt64/4 }
