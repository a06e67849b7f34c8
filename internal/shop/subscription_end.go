package shop

import (
	"context"
	"errors"
	"time"
)

// endTimeout is how long a person waits for the payment service to end a subscription. After that the
// shop goes on without them.
const endTimeout = 10 * time.Second

// RenewsItself reports whether a subscription that began with o is expected to renew itself. One that
// could not be renewed is: its buyer knows, and may add Stars.
func (o *Order) RenewsItself() bool { return o.Renewal == Renewing || o.Renewal == RenewalFailed }

// endRenewals has the shop end a subscription, given by its first payment, if it has not done so.
func (o *Order) endRenewals(subscription string) {
	if subscription != "" && o.Renewal != RenewalEnded {
		o.EndSubscription = subscription
	}
}

// MarkRenewalsEnded notes that o's subscription will not renew itself.
func (o *Order) MarkRenewalsEnded() error {
	if o.EndSubscription == "" {
		return ErrUnchanged
	}
	o.EndSubscription, o.Renewal = "", RenewalEnded
	o.dropRetry(TaskClose)
	return nil
}

// MarkRenewalsKept notes that the payment service refuses to end o's subscription. The buyer, who can
// end it there, and the owners are told, unless the buyer has done so.
func (o *Order) MarkRenewalsKept(refusal string) error {
	if o.EndSubscription == "" {
		return ErrUnchanged
	}
	o.EndSubscription = ""
	o.dropRetry(TaskClose)
	if o.Renewal != RenewalCancelled {
		o.notify(Notice{What: WhatRenewalKept, To: ToBuyer}, Notice{What: WhatRenewalKept, To: ToOwners, Reason: refusal})
	}
	return nil
}

// endSubscription asks the rail to end the renewals of o's subscription, and notes what came of it.
func (s *Shop) endSubscription(ctx context.Context, o Order) error {
	rail, err := s.railBy(&o, Stars)
	if err != nil {
		return err
	}
	err = rail.EndRenewals(ctx, o.Buyer.ID, o.EndSubscription)
	no, refused := errors.AsType[*RefusedError](err)
	switch {
	case refused && no.About == AboutPayment && o.Renews == "":
		// It was over before. That of a renewal is not: it has just been paid.
		s.log.WarnContext(ctx, "subscription to end is unknown", "order", o.ID, "user", o.Buyer.ID, "error", err)
	case refused:
		s.log.ErrorContext(ctx, "end subscription refused", "order", o.ID, "user", o.Buyer.ID, "reason", no.Name, "error", err)
		_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkRenewalsKept(no.Name) })
		return err
	case err != nil:
		return err
	default:
		s.log.InfoContext(ctx, "subscription ended", "order", o.ID, "user", o.Buyer.ID)
	}
	_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkRenewalsEnded() })
	if err != nil || o.Renews == "" {
		return err
	}
	_, err = s.change(ctx, o.Renews, func(o *Order, _ Free) error { return o.MarkRenewal(RenewalEnded) })
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Subscriptions lists the orders with which a buyer's subscriptions began that the shop has not ended,
// newest first. Some may have run out, and some the buyer may have cancelled.
func (s *Shop) Subscriptions(ctx context.Context, buyer int64) (begun []Order, err error) {
	for o, err := range s.allOrdersOf(ctx, buyer) {
		if err != nil {
			return nil, err
		}
		if o.Renews == "" && o.Renewal != RenewalEnded && o.firstOfSubscription() != "" {
			begun = append(begun, *o)
		}
	}
	return begun, nil
}

// EndSubscription ends the renewals of a subscription that began with an order of the buyer, who asks
// for it. The time that is paid for stays. It returns the order as it is then: RenewalEnded; or with
// EndSubscription while the payment service does not answer, which is tried again; or as it was if the
// service refuses, which all are told. Errors: ErrNotFound.
func (s *Shop) EndSubscription(ctx context.Context, buyer int64, id OrderID) (Order, error) {
	if o, err := s.OrderOf(ctx, buyer, id); err != nil {
		return o, err
	}
	return s.endNow(ctx, id, Notice{What: WhatRenewalCancelled, To: ToOwners})
}

// endNow ends a subscription, or has it ended later. told are notices of a subscription that is to be
// ended from now on.
func (s *Shop) endNow(ctx context.Context, id OrderID, told ...Notice) (Order, error) {
	o, err := s.change(ctx, id, func(o *Order, _ Free) error {
		if o.EndSubscription != "" || o.Renewal == RenewalEnded {
			return ErrUnchanged
		}
		o.endRenewals(o.firstOfSubscription())
		o.notify(told...)
		return nil
	})
	if err != nil || o.EndSubscription == "" {
		return o, err
	}
	ending, cancel := context.WithTimeout(ctx, endTimeout)
	defer cancel()
	if err := s.endSubscription(ending, o); err != nil {
		s.log.WarnContext(ctx, "end subscription will be tried again", "order", id, "user", o.Buyer.ID, "error", err)
	}
	return s.store.Order(ctx, id)
}

// endSubscriptions ends all subscriptions of a buyer, and lists the orders of those that go on.
func (s *Shop) endSubscriptions(ctx context.Context, buyer int64) (left []OrderID, err error) {
	begun, err := s.Subscriptions(ctx, buyer)
	if err != nil {
		return nil, err
	}
	for i := range begun {
		o, err := s.endNow(ctx, begun[i].ID)
		if err != nil {
			return nil, err
		}
		if o.EndSubscription != "" || o.RenewsItself() {
			left = append(left, o.ID)
		}
	}
	return left, nil
}
