package shop

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A subscription with Stars renews itself: Telegram takes the price each month and tells the shop. Its
// first payment is of an order like any other. Each later one becomes a new order that is paid when
// it is made (Order.Renews), and names the first order, as its invoice does.

// Renewal is whether a subscription will renew itself, as far as the payment service has told. The
// words are stored on disk.
type Renewal string

// What a subscription will do at the end of its time.
const (
	Renewing         Renewal = "active"
	RenewalCancelled Renewal = "canceled" // by the buyer, who may change their mind
	RenewalFailed    Renewal = "failed"   // the buyer has too few Stars
	RenewalEnded     Renewal = "ended"    // by the shop
)

// IsSubscription reports whether a payment of o with Stars renews itself: o is one piece of one
// product that is sold so.
func (o *Order) IsSubscription() bool {
	return len(o.Lines) == 1 && o.Lines[0].Subscription && o.Lines[0].Quantity == 1
}

// SubscriptionChange is what a payment service tells of a subscription between payments.
type SubscriptionChange struct {
	Order string // the order that it began with, as the payload names it, unchecked
	Payer int64
	To    Renewal
}

// MarkRenewal notes what o's subscription will do. One that the shop has ended stays ended.
func (o *Order) MarkRenewal(to Renewal) error {
	known := slices.Contains([]Renewal{Renewing, RenewalCancelled, RenewalFailed, RenewalEnded}, to)
	if o.Renewal == "" || o.Renewal == to || o.Renewal == RenewalEnded || !known {
		return ErrUnchanged
	}
	o.Renewal = to
	switch to {
	case RenewalCancelled:
		o.notify(Notice{What: WhatRenewalCancelled, To: ToOwners})
	case RenewalFailed:
		o.notify(Notice{What: WhatRenewalFailed, To: ToBuyer}, Notice{What: WhatRenewalFailed, To: ToOwners})
	case Renewing, RenewalEnded:
	}
	return nil
}

// SubscriptionChanged notes what a payment service tells of a subscription. What is about no
// subscription of this shop is passed over.
func (s *Shop) SubscriptionChanged(ctx context.Context, c SubscriptionChange) error {
	id, err := ParseOrderID(c.Order)
	if err != nil {
		return nil //nolint:nilerr // another program's
	}
	_, err = s.change(ctx, id, func(o *Order, _ Free) error {
		if o.Buyer.ID != 0 && o.Buyer.ID != c.Payer {
			return ErrUnchanged
		}
		return o.MarkRenewal(c.To)
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil {
		s.log.InfoContext(ctx, "subscription changed", "order", id, "user", c.Payer, "to", c.To)
	}
	return err
}

// errRenewal says that a payment is not for the order that it names, but renews its subscription.
var errRenewal = errors.New("the payment renews a subscription")

// renews reports whether p renews o's subscription: o has its first payment. Without that, p is taken
// for the first one, as a payment that is found by asking does not say it is.
func (p *IncomingPayment) renews(o *Order) bool {
	return p.Subscription && !p.FirstOfSubscription && o.firstOfSubscription() != "" && !o.paidBy(p.Payment.Rail, p.Payment.Invoice)
}

// firstOfSubscription is the first payment of o's subscription; "" if o has none.
func (o *Order) firstOfSubscription() string {
	for _, p := range o.Payments {
		if p.Subscription != "" {
			return p.Subscription
		}
	}
	return ""
}

// subscribe notes the subscription that a payment of o belongs to.
func (o *Order) subscribe(p *IncomingPayment) {
	if !p.Subscription {
		return
	}
	last := &o.Payments[len(o.Payments)-1]
	if last.Subscription == "" {
		last.Subscription = last.Invoice
	}
	if !last.Surplus {
		o.Renewal = Renewing
	}
}

// renew records a payment that renews the subscription of an order, as a paid order of its own. The
// same payment again gives the same order.
func (s *Shop) renew(ctx context.Context, p IncomingPayment) (Order, error) {
	first, err := s.store.Order(ctx, p.Order)
	if err != nil {
		return Order{}, err
	}
	at := p.Payment.At.Truncate(time.Millisecond)
	p.Payment.Subscription = first.firstOfSubscription()
	o := first.renewal(NewOrderID(s.cfg.Key, Origin{User: p.Payer.ID, Act: "renewal " + p.Payment.Invoice, At: at}), p)
	o.Created, o.Expires = at, at
	// A subscription that the shop has ended but that went on is ended again. The reconciliation of a shop
	// that does not run has no catalog.
	over := first.Renewal == RenewalEnded
	if s.cfg.Catalog != nil {
		offered, found := s.cfg.Catalog().Offered(o.Lines[0].SKU)
		over = over || !found || !offered.Subscription
	}
	o, created, err := s.store.Renew(context.WithoutCancel(ctx), o, p, func(o *Order, v View) error {
		if err := o.move(StateNew); err != nil {
			return err
		}
		if err := o.ApplyPayment(p.Payment, v.Free); err != nil {
			return err
		}
		o.subscribe(&p)
		if over { // this payment is still delivered
			o.endRenewals(p.Payment.Subscription)
		}
		return nil
	})
	if err != nil || !created {
		return o, err
	}
	s.log.InfoContext(ctx, "subscription renewed", "order", o.ID, "renews", first.ID, "user", o.Buyer.ID,
		"invoice", p.Payment.Invoice, "amount", p.Payment.Amount, "source", p.Source, "state", o.State)
	s.changed(&o)
	if first.Renewal != Renewing {
		_, err = s.change(ctx, first.ID, func(o *Order, _ Free) error { return o.MarkRenewal(Renewing) })
	}
	return o, err
}

// renewal is the order that a payment for o's subscription makes: the same product on the terms on
// which it was bought, for what was paid.
func (o *Order) renewal(id OrderID, p IncomingPayment) Order {
	r := Order{
		ID: id, Buyer: o.Buyer, Lines: slices.Clone(o.Lines), Discounts: slices.Clone(o.Discounts),
		Total: o.Total, Rail: Stars, Stars: p.Payment.Amount, Renews: o.ID,
	}
	if r.Buyer.ID == 0 { // forgotten meanwhile
		r.Buyer = p.Payer
	}
	for i := range r.Discounts {
		r.Discounts[i].Coupon = "" // it was used once
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		l.Goods, l.Replaced, l.Returned, l.ByHand, l.Delivered, l.Refunded = nil, nil, nil, 0, time.Time{}, false
		l.Also = slices.Clone(l.Also)
		for n := range l.Also {
			l.Also[n].Goods = nil
		}
	}
	return r
}
