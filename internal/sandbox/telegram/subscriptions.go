package telegram

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoSubscription says that there is no such subscription, or that it is not in the state that a
// change needs.
var ErrNoSubscription = errors.New("telegram: no such subscription")

// SubscriptionState is what becomes of a subscription at the end of its period.
type SubscriptionState string

// The states of a subscription.
const (
	SubscriptionActive      SubscriptionState = "active"       // it is paid again
	SubscriptionCanceled    SubscriptionState = "canceled"     // by the user, who can take it up again
	SubscriptionBotCanceled SubscriptionState = "bot_canceled" // by the bot
	SubscriptionFailed      SubscriptionState = "failed"       // the user could not pay; tried again
)

// Subscription is a subscription of a user to a bot. It is renewed by RenewSubscription alone: time
// does not.
type Subscription struct {
	Charge  string // of the first payment, which names the subscription
	User    int64
	Title   string
	Payload string
	Stars   int64     // for 30 days
	Until   time.Time // end of the paid period, in whole seconds
	State   SubscriptionState
}

type subscription struct {
	Subscription
	invoice *starInvoice
}

func (s *Service) subscribe(q *checkout) *subscription {
	return &subscription{Subscription{
		User: q.user, Title: q.invoice.title, Payload: q.invoice.payload, Stars: q.invoice.amount,
		Until: time.Now().Add(q.invoice.period).Truncate(time.Second), State: SubscriptionActive,
	}, q.invoice}
}

// Subscriptions lists a user's subscriptions to a bot, ended ones included, by the end of their
// period.
func (s *Service) Subscriptions(token string, user int64) []Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Subscription
	if b, ok := s.bots[token]; ok {
		for _, sub := range b.subscriptions {
			if sub.User == user {
				list = append(list, sub.Subscription)
			}
		}
	}
	slices.SortFunc(list, func(a, b Subscription) int {
		return cmp.Or(a.Until.Compare(b.Until), cmp.Compare(a.Charge, b.Charge))
	})
	return list
}

// RenewSubscription pays for one more period, as happens at the end of a period, and reports whether
// the user had enough Stars. If not, the subscription has failed, and can be renewed later.
func (s *Service) RenewSubscription(token, charge string) (paid bool, err error) {
	err = s.inSubscription(token, charge, func(b *bot, sub *subscription) error {
		if sub.State != SubscriptionActive && sub.State != SubscriptionFailed {
			return fmt.Errorf("%w: it is %s", ErrNoSubscription, sub.State)
		}
		if s.wallets[sub.User] < sub.Stars {
			s.turn(b, sub, SubscriptionFailed)
			return nil
		}
		paid = true
		sub.State = SubscriptionActive
		sub.Until = later(sub.Until, time.Now()).Add(sub.invoice.period).Truncate(time.Second)
		s.moveStars(b, sub.User, sub.invoice, sub)
		return nil
	})
	return paid, err
}

// FailSubscription has the payment for the next period fail.
func (s *Service) FailSubscription(token, charge string) error {
	return s.turnFrom(token, charge, SubscriptionActive, SubscriptionFailed)
}

// CancelSubscription has the user cancel. What is paid stays paid.
func (s *Service) CancelSubscription(token, charge string) error {
	return s.turnFrom(token, charge, SubscriptionActive, SubscriptionCanceled)
}

// ResumeSubscription has the user take up a subscription that the user canceled, before its end.
func (s *Service) ResumeSubscription(token, charge string) error {
	return s.turnFrom(token, charge, SubscriptionCanceled, SubscriptionActive)
}

func (s *Service) turnFrom(token, charge string, from, to SubscriptionState) error {
	return s.inSubscription(token, charge, func(b *bot, sub *subscription) error {
		if sub.State != from || to == SubscriptionActive && !time.Now().Before(sub.Until) {
			return fmt.Errorf("%w: it is %s", ErrNoSubscription, sub.State)
		}
		s.turn(b, sub, to)
		return nil
	})
}

func (s *Service) inSubscription(token, charge string, do func(*bot, *subscription) error) error {
	s.mu.Lock()
	b, err := s.botOf(token)
	if err == nil {
		if sub := b.subscriptions[charge]; sub != nil {
			err = do(b, sub)
		} else {
			err = ErrNoSubscription
		}
	}
	s.mu.Unlock()
	if err == nil {
		s.changed()
	}
	return err
}

// turn changes the state and tells the bot (core.telegram.org/bots/api#botsubscriptionupdated).
func (s *Service) turn(b *bot, sub *subscription, state SubscriptionState) {
	sub.State = state
	s.enqueue(b, "subscription", sub.User, map[string]any{
		"user": s.wireUser(sub.User), "invoice_payload": sub.Payload, "state": state,
	})
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// editUserStarSubscription cancels a subscription, or lets the user take it up again. The charge is
// that of the first payment (core.telegram.org/method/payments.botCancelStarsSubscription). A bot
// that cancels is told nothing.
func editUserStarSubscription(c *call) any {
	user, charge := c.userID(), c.required("telegram_payment_charge_id")
	cancel := c.flag("is_canceled")
	sub := c.bot.subscriptions[charge]
	switch {
	case c.err != nil:
	case sub == nil || sub.User != user:
		c.refuse(badRequest("CHARGE_ID_INVALID"))
	case cancel:
		sub.State = SubscriptionBotCanceled
	case sub.State == SubscriptionBotCanceled:
		sub.State = SubscriptionCanceled
	}
	return true
}
