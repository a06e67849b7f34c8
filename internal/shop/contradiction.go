package shop

import (
	"fmt"
	"slices"

	"shopbot/internal/catalog"
)

// Contradictions tells in words what cannot be true of a stored order, whatever has happened to it: its
// moves never lead there. It is for checks of a database. An order that is sound has none.
func (o *Order) Contradictions() []string {
	var f findings
	f.add(!slices.Contains(States(), o.State), "is in the unknown state %q", o.State)
	o.contradictInvoice(&f)
	o.contradictGoods(&f)
	o.contradictPayments(&f)
	o.contradictRefunds(&f)
	return f
}

// findings are sentences that go on after "order X".
type findings []string

func (f *findings) add(found bool, format string, args ...any) {
	if found {
		*f = append(*f, fmt.Sprintf(format, args...))
	}
}

func (o *Order) contradictInvoice(f *findings) {
	f.add(o.State == StateNew && o.Invoice.ID != 0, "is new and has an invoice")
	f.add(o.State == StateAwaiting && o.Invoice.ID == 0, "awaits the payment of no invoice")
	f.add(o.State == StateCancelled && o.Cancelled == "", "is cancelled and nobody knows why")
	f.add(o.State != StateCancelled && o.Cancelled != "", "is %s and has a reason to be cancelled", o.State)
	f.add(o.State == StateHeld && o.Hold == "", "is held and nobody knows why")
}

// contradictGoods looks at the keys: from payment on an order has as many as it is for, except while
// it is held for want of them, or went back from there.
func (o *Order) contradictGoods(f *findings) {
	due := 0
	if o.Item.Deliver == catalog.Keys && (o.State == StatePaid || o.Has() || !o.Delivered.IsZero() || len(o.Keys) > 0) {
		due = o.Item.Quantity
	}
	f.add(o.Item.Quantity <= 0, "is for %d units", o.Item.Quantity)
	f.add(len(o.Keys) != due, "of %d is %s and owns %d keys", o.Item.Quantity, o.State, len(o.Keys))
	f.add(o.Has() && o.Delivered.IsZero(), "is %s and was never delivered", o.State)
	f.add(!o.Delivered.IsZero() && (o.State == StatePaid || o.unpaid()), "is %s and was delivered", o.State)
}

// unpaid reports whether o is in a state that no payment has reached.
func (o *Order) unpaid() bool { return o.Open() || o.State == StateCancelled }

func (o *Order) contradictPayments(f *findings) {
	f.add(o.unpaid() && len(o.Payments) > 0, "is %s and was paid", o.State)
	f.add(o.unpaid() && len(o.Keys) > 0, "is %s and owns keys", o.State)
	f.add(!o.unpaid() && len(o.Payments) == 0, "is %s and was never paid", o.State)
	for i, p := range o.Payments {
		f.add(p.Surplus != (i > 0), "counts payment %d of %d as a surplus: %t", i+1, len(o.Payments), p.Surplus)
		twice := slices.ContainsFunc(o.Payments[:i], func(had Payment) bool { return had.Invoice == p.Invoice })
		f.add(twice, "counts the payment of invoice %d twice", p.Invoice)
	}
}

func (o *Order) contradictRefunds(f *findings) {
	refunding := o.State == StateRefunding
	f.add(refunding && o.pendingRefunds() == 0, "is refunding and has no refund to make")
	f.add(!refunding && o.pendingRefunds() > 0, "is %s and has a refund to make", o.State)
	f.add(refunding && !Legal(o.Resume, StateRefunding), "is refunding and was %q before", o.Resume)
	f.add(!refunding && o.Resume != "", "is %s and has a state to return to", o.State)
	sent := false
	for i, r := range o.Refunds {
		twice := slices.ContainsFunc(o.Refunds[:i], func(had Refund) bool { return had.ID == r.ID })
		f.add(twice, "has refund %s twice", r.ID)
		f.add(r.Amount.Sign() <= 0, "has refund %s of %s", r.ID, r.Amount)
		f.add(!slices.Contains([]RefundStatus{RefundPending, RefundSent, RefundRefused}, r.Status), "has refund %s in the unknown status %q", r.ID, r.Status)
		sent = sent || r.Status == RefundSent
	}
	f.add(o.State == StateRefunded && !sent, "is refunded and no coins went back")
	for _, asset := range o.PaidAssets() {
		f.add(o.Refundable(asset).Sign() < 0, "has more %s refunded than paid", asset)
	}
	for _, r := range o.Refunds {
		f.add(!slices.Contains(o.PaidAssets(), r.Amount.Currency()), "has a refund in %s, in which nobody paid", r.Amount.Currency())
	}
}
