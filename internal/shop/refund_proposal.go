package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"shopbot/internal/money"
)

var (
	// ErrNotProposed says that no owner was asked about this refund, or that newer questions took its
	// place.
	ErrNotProposed = errors.New("no such question about a refund")
	// ErrRefundedMeanwhile says that another refund of the order was started after the question, so
	// it has to be asked again.
	ErrRefundedMeanwhile = errors.New("another refund was started meanwhile")
	// ErrNoRate says that without an exchange rate nobody can tell whether an amount can be sent.
	ErrNoRate = errors.New("no exchange rate known")
)

// RefundRangeError says that the payment service does not send such an amount at once.
type RefundRangeError struct {
	Amount money.Amount
	// Least and Most are about what it does send, in the same coin; the one that matters is set.
	Least, Most money.Amount
	// Check says that a check could carry the amount.
	Check bool
}

func (e *RefundRangeError) Error() string {
	if e.Most.IsZero() {
		return fmt.Sprintf("refund of %s: at least %s can be sent", e.Amount, e.Least)
	}
	return fmt.Sprintf("refund of %s: at most %s can be sent at once", e.Amount, e.Most)
}

// maxProposed is how many questions about one order stay open.
const maxProposed = 10

// ProposeRefund keeps a refund that an owner is about to be asked to confirm. It is refused like
// one that starts now, and counts for nothing before ConfirmRefund.
func (o *Order) ProposeRefund(r Refund) error {
	r, err := o.checkRefund(r)
	if err != nil {
		return err
	}
	o.Proposed = append(slices.Clone(o.Proposed), r)
	o.Proposed = o.Proposed[max(len(o.Proposed)-maxProposed, 0):]
	return nil
}

// ConfirmRefund starts a proposed refund. The same one again gives ErrUnchanged. Each refund that
// starts voids the other questions, since they were asked when more was left: two owners who
// confirm at the same time send once, and the second one is asked again.
func (o *Order) ConfirmRefund(id RefundID, at time.Time) error {
	if _, had := o.RefundByID(id); had {
		return ErrUnchanged
	}
	i := slices.IndexFunc(o.Proposed, func(r Refund) bool { return r.ID == id })
	switch {
	case i >= 0:
		r := o.Proposed[i]
		r.Requested = at
		if err := o.RequestRefund(r); err != nil || r.Way != ByHand {
			return err
		}
		return o.MarkRefundSent(r.ID, "", at) // the owner has sent it
	case o.State == StateRefunding:
		return ErrRefundRunning
	case len(o.Refunds) > 0:
		return ErrRefundedMeanwhile
	}
	return ErrNotProposed
}

// RefundLeft is what can still be refunded, in the first asset that was paid and has something left.
func (o *Order) RefundLeft() money.Amount {
	for _, asset := range o.PaidAssets() {
		if left := o.Refundable(asset); left.Sign() > 0 {
			return left
		}
	}
	return money.Amount{}
}

// RefundAmount turns the amount that an owner asks for into coins:
//   - the zero Amount into all that is left; of an order that was paid by hand, without its surplus;
//   - an amount of a coin into itself;
//   - an amount in the currency of the price into that share of the next payment.
//
// If less than a cent of the price would be left, it is all that is left of the payment. Errors:
// ErrNothingPaid, ErrWholeRefund, or that the order has no such currency.
func (o *Order) RefundAmount(asked money.Amount) (money.Amount, error) {
	left := o.RefundLeft()
	switch {
	case left.IsZero():
		return money.Amount{}, ErrNothingPaid
	case asked.Currency() == "":
		if price := o.priceLeft(left.Currency()); o.PaidByHand() && price.Sign() > 0 {
			return price, nil // the surplus goes back the way it came
		}
		if p, ofPayment := o.nextPayment(left.Currency()); p.Rail == Stars {
			return ofPayment, nil
		}
		return left, nil
	}
	if asked.Currency() != left.Currency() && slices.Contains(o.PaidAssets(), asked.Currency()) {
		left = o.Refundable(asked.Currency())
	}
	p, ofPayment := o.nextPayment(left.Currency())
	coins := asked
	if p.Rail == Stars {
		if asked.Equal(o.Total) || asked.Equal(p.Amount) {
			return p.Amount, nil
		}
		return money.Amount{}, ErrWholeRefund
	}
	if asked.Currency() != left.Currency() {
		var err error
		if coins, err = p.share(asked, o.Total); err != nil {
			return money.Amount{}, err
		}
	}
	for _, all := range []money.Amount{ofPayment, left} {
		if p.nearly(coins, all) {
			return all, nil
		}
	}
	return coins, nil
}

// nextPayment is the first payment in an asset that is not refunded whole, and what is left of it.
// Refunds that name no payment count against the payments in their order.
func (o *Order) nextPayment(asset money.Currency) (p Payment, left money.Amount) {
	gone := money.Zero(asset)
	for _, r := range o.Refunds {
		if r.Amount.Currency() == asset && r.Status != RefundRefused && r.Payment == "" {
			gone, _ = gone.Add(r.Amount) // of one currency, like all below
		}
	}
	for _, p = range o.Payments {
		if _, back := o.RefundOf(p.Invoice); back || p.Amount.Currency() != asset {
			continue
		}
		if left, _ = p.Amount.Sub(gone); left.Sign() > 0 {
			return p, left
		}
		gone, _ = gone.Sub(p.Amount)
	}
	return p, money.Zero(asset)
}

// share is what a part of the price is in coins. The whole price is the whole payment; so is the
// order's total if its invoice asked for less.
func (p *Payment) share(part, total money.Amount) (money.Amount, error) {
	if part.Equal(p.Price) || part.Equal(total) && mustCompare(part, p.Price) > 0 {
		return p.Amount, nil
	}
	return p.Amount.Share(part, p.Price, shareDecimals(p.Amount.Currency()))
}

// nearly reports whether coins are all that there is but for the rounding of prices: less than a cent
// would be left, or less than half a cent is missing. It is false for prices in coins, which are not
// rounded.
func (p *Payment) nearly(coins, all money.Amount) bool {
	if all.Sign() <= 0 || shareDecimals(p.Price.Currency()) != fiatDecimals {
		return false
	}
	rest, _ := all.Sub(coins) // of one currency
	missing, _ := coins.Sub(all)
	worth, err := p.Price.Share(rest, p.Amount, 18)
	less, err2 := p.Price.Share(missing, p.Amount, 18)
	cent := one(p.Price.Currency())
	return err == nil && err2 == nil &&
		mustCompare(worth.Times(100), cent) < 0 && mustCompare(less.Times(200), cent) < 0
}

// one is one unit of a currency.
func one(c money.Currency) money.Amount {
	a, _ := money.Parse("1", c) // the zero Amount if there is no such currency
	return a
}

// Propose keeps a refund that an owner is to confirm, if the payment service can send it. Errors:
// ErrNotFound, ErrCannotRefund, *RefundRangeError, ErrNoRate, ErrLineRefunded, ErrPaidByHand, and those
// of Order.CheckRefund.
func (s *Shop) Propose(ctx context.Context, r RefundRequest) (Order, error) {
	refund := r.refund(s.cfg.Key)
	o, err := s.store.Order(ctx, r.Order)
	if err != nil {
		return Order{}, err
	}
	if refund, err = o.checkRefund(refund); err != nil {
		return o, err
	}
	if err := s.checkRange(&o, refund); err != nil {
		return o, err
	}
	return s.change(ctx, r.Order, func(o *Order, _ Free) error { return o.ProposeRefund(refund) })
}

// Confirm starts the refund that was proposed for the same order, owner and origin. Errors:
// ErrNotFound, and those of Order.ConfirmRefund.
func (s *Shop) Confirm(ctx context.Context, order OrderID, by int64, origin Origin) (Order, Refund, error) {
	id := NewRefundID(s.cfg.Key, order, origin)
	at := now()
	o, err := s.change(ctx, order, func(o *Order, _ Free) error { return o.ConfirmRefund(id, at) })
	r, _ := o.RefundByID(id)
	if err == nil {
		s.log.InfoContext(ctx, "refund requested", "order", o.ID, "refund", id, "amount", r.Amount, "way", r.Way, "admin", by)
	}
	return o, r, err
}

// checkRange checks that the refund's rail sends such an amount. Errors: ErrCannotRefund,
// *RefundRangeError, ErrNoRate, *UnknownRailError.
func (s *Shop) checkRange(o *Order, r Refund) error {
	coins, way := r.Amount, r.Way
	if way == ByHand { // any amount
		return nil
	}
	rail, err := s.railBy(o, o.refundRail(r))
	if err != nil {
		return err
	}
	can := rail.Can()
	if !can.Refund || way == ByCheck && !can.Check {
		return ErrCannotRefund
	}
	least, most := can.LeastTransfer, can.MostTransfer
	if way == ByCheck {
		least, most = can.LeastCheck, money.Amount{}
	}
	if !least.IsZero() {
		bound, err := s.inCoins(o, least, coins.Currency(), 1)
		if err != nil {
			return err
		}
		if mustCompare(coins, bound) < 0 {
			r.Way = ByCheck
			check := way == ByTransfer && s.checkRange(o, r) == nil
			return &RefundRangeError{Amount: coins, Least: bound, Check: check}
		}
	}
	if !most.IsZero() {
		bound, err := s.inCoins(o, most, coins.Currency(), 0)
		if err != nil {
			return err
		}
		if mustCompare(coins, bound) > 0 {
			return &RefundRangeError{Amount: coins, Most: bound}
		}
	}
	return nil
}

// inCoins is what an amount is in a coin, by the rates of this moment, or else by the rate at which
// the order was paid. It is cut after the last decimal that is sent, or rounded up there if up is
// 1. ErrNoRate.
func (s *Shop) inCoins(o *Order, a money.Amount, coin money.Currency, up int) (money.Amount, error) {
	worth, known := s.worth(coin, a.Currency())
	for _, p := range o.Payments {
		if !known && p.Amount.Currency() == coin && p.Rate.Currency() == a.Currency() {
			worth, known = p.Rate, true
		}
	}
	if !known {
		return money.Amount{}, ErrNoRate
	}
	coins, err := one(coin).Share(a, worth, coinDecimals)
	if err != nil {
		return money.Amount{}, err
	}
	back, err := worth.Share(coins, one(coin), 18)
	if err == nil && mustCompare(back, a) < 0 {
		last, _ := money.Parse("0.00000001", coin) // a decimal
		coins, err = coins.Add(last.Times(up))
	}
	return coins, err
}
