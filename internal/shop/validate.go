package shop

import (
	"fmt"
	"slices"
)

// Violations tells in words what cannot be true of a stored order, whatever has happened to it: its
// transitions never lead there. It is for checks of a database. A sound order has none.
func (o *Order) Violations() []string {
	var v violations
	v.add(!slices.Contains(States(), o.State), "is in the unknown state %q", o.State)
	v.add(!slices.Contains(RailIDs(), o.Rail), "is paid by the unknown way %q", o.Rail)
	o.validateInvoice(&v)
	o.validateLines(&v)
	o.validatePayments(&v)
	o.validateRefunds(&v)
	return v
}

// violations are sentences that go on after "order X".
type violations []string

func (v *violations) add(found bool, format string, args ...any) {
	if found {
		*v = append(*v, fmt.Sprintf(format, args...))
	}
}

func (o *Order) validateInvoice(v *violations) {
	v.add(o.State == StateNew && o.Invoice.ID != "", "is new and has an invoice")
	v.add(o.State == StateAwaiting && o.Invoice.ID == "", "is awaiting payment and has no invoice")
	v.add(o.State == StateCancelled && o.Cancelled == "", "is cancelled and has no reason for it")
	v.add(o.State != StateCancelled && o.Cancelled != "", "is %s and has a reason to be cancelled", o.State)
	v.add(o.State == StateHeld && o.Hold == "", "is held and has no reason for it")
}

// validateLines looks at the goods: from payment on a line from stock has as many units as it is
// for, except while the order is held for want of them, or went back from there.
func (o *Order) validateLines(v *violations) {
	v.add(len(o.Lines) == 0, "has no lines")
	v.add(!o.net().Equal(o.Total), "has a total of %s, and its lines less its discounts are %s", o.Total, o.net())
	coupons := 0
	for _, d := range o.Discounts {
		if d.Coupon != "" {
			coupons++
		}
		v.add(d.Reason == "", "has a discount of %s without a reason", d.Amount)
		v.add(d.Amount.Sign() <= 0, "has a discount of %s", d.Amount)
		if slices.ContainsFunc(d.Lines, func(i int) bool { return i < 0 || i >= len(o.Lines) }) {
			v.add(true, "has a discount of %s for a line that is not there", d.Amount)
			return // what follows counts on the lines
		}
	}
	v.add(coupons > 1, "has %d coupons", coupons)
	for i, net := range o.lineNets() {
		v.add(net.Sign() < 0, "has more discount than line %d costs", i+1)
	}
	for i := range o.Lines {
		o.validateLine(v, i, &o.Lines[i])
	}
	pending := o.pendingLines()
	v.add(o.State == StateDelivered && pending, "is delivered and has a line that was not")
	v.add(o.State == StatePaid && !pending, "is paid and has nothing to deliver")
	v.add(o.State == StateDelivered && o.Delivered.IsZero(), "is delivered and has no time of it")
	replacing := slices.ContainsFunc(o.Lines, func(l Line) bool { return len(l.Replacing()) > 0 })
	v.add(!o.Delivered.IsZero() && (o.State == StatePaid && !replacing || o.unpaid()), "is %s and was delivered", o.State)
}

func (o *Order) validateLine(v *violations, i int, l *Line) {
	number := i + 1
	due := 0
	if l.FromStock && (len(l.Goods) > 0 || !l.Delivered.IsZero() || o.State == StatePaid && l.Pending()) {
		due = l.Quantity
	}
	v.add(l.Quantity <= 0, "is for %d pieces in line %d", l.Quantity, number)
	for _, p := range l.Parts() {
		v.add(!p.Deliver.Known(), "has the unknown way of delivery %q in line %d", p.Deliver, number)
	}
	v.add(l.FromStock && len(l.Goods) != due, "of %d in line %d is %s and owns %d units", l.Quantity, number, o.State, len(l.Goods))
	v.add(o.unpaid() && len(l.Goods) > 0, "is %s and owns goods in line %d", o.State, number)
	v.add(o.unpaid() && (!l.Delivered.IsZero() || l.Refunded), "is %s, and line %d was delivered or refunded", o.State, number)
	v.add(len(l.Returned) > l.Quantity || len(l.Returned) == l.Quantity && !l.Refunded,
		"has %d of %d pieces of line %d paid back, and the line counts as refunded: %t", len(l.Returned), l.Quantity, number, l.Refunded)
	for _, unit := range l.Returned {
		v.add(unit != "" && !slices.Contains(l.Goods, unit), "has a unit of line %d paid back that it does not own", number)
	}
	for _, r := range l.Replaced {
		v.add(!l.FromStock || r.Old == "" || r.New == "", "has a unit of line %d replaced that is not there", number)
		v.add(!r.Delivered.IsZero() && l.Delivered.IsZero(), "has a new unit of line %d delivered, and not the line", number)
	}
}

// unpaid reports whether o is in a state that no payment has reached.
func (o *Order) unpaid() bool { return o.Open() || o.State == StateCancelled }

func (o *Order) validatePayments(v *violations) {
	v.add(o.unpaid() && len(o.Payments) > 0, "is %s and was paid", o.State)
	v.add(!o.unpaid() && len(o.Payments) == 0, "is %s and was never paid", o.State)
	for i, p := range o.Payments {
		v.add(p.Rail != o.Rail && p.Rail != Hand && (p.Rail != Stars || o.Stars.IsZero()), "was paid by %q and not by %q", p.Rail, o.Rail)
		v.add(p.Rail == Hand && i > 0, "was paid by hand after it was paid")
		v.add(p.Surplus != (i > 0), "counts payment %d of %d as a surplus: %t", i+1, len(o.Payments), p.Surplus)
		twice := slices.ContainsFunc(o.Payments[:i], func(had Payment) bool { return had.Rail == p.Rail && had.Invoice == p.Invoice })
		v.add(twice, "counts the payment of invoice %s twice", p.Invoice)
	}
}

func (o *Order) validateRefunds(v *violations) {
	refunding := o.State == StateRefunding
	v.add(refunding && o.pendingRefunds() == 0, "is refunding and has no refund to make")
	v.add(!refunding && o.pendingRefunds() > 0, "is %s and has a refund to make", o.State)
	v.add(refunding && !Legal(o.Resume, StateRefunding), "is refunding and was %q before", o.Resume)
	v.add(!refunding && o.Resume != "", "is %s and has a state to return to", o.State)
	sent := false
	for i, r := range o.Refunds {
		twice := slices.ContainsFunc(o.Refunds[:i], func(had Refund) bool { return had.ID == r.ID })
		v.add(twice, "has refund %s twice", r.ID)
		v.add(r.Amount.Sign() <= 0, "has refund %s of %s", r.ID, r.Amount)
		v.add(!slices.Contains([]RefundStatus{RefundPending, RefundSent, RefundRefused}, r.Status),
			"has refund %s in the unknown status %q", r.ID, r.Status)
		v.add(!slices.Contains(o.PaidAssets(), r.Amount.Currency()), "has a refund in %s and no payment in it", r.Amount.Currency())
		v.add(!slices.Contains([]RefundWay{ByTransfer, ByCheck, ByHand}, r.Way), "has refund %s by the unknown way %q", r.ID, r.Way)
		v.add(r.Status == RefundSent && r.Way == ByCheck && r.Transfer == "", "has refund %s sent by a check that is not named", r.ID)
		v.add(!r.Opened.IsZero() && (r.Way != ByCheck || r.Status != RefundSent), "has refund %s opened, which is no check", r.ID)
		again := slices.ContainsFunc(o.Refunds[:i], func(had Refund) bool {
			return r.Way == ByCheck && had.Way == ByCheck && r.Transfer != "" && had.Transfer == r.Transfer
		})
		v.add(again, "has two refunds by check %s", r.Transfer)
		v.add(r.Way == ByHand && r.Status != RefundSent, "has refund %s by hand, which is %s", r.ID, r.Status)
		v.add(r.Piece && len(r.Lines) != 1, "has refund %s of one piece of %d lines", r.ID, len(r.Lines))
		for _, line := range r.Lines {
			v.add(line < 0 || line >= len(o.Lines), "has refund %s of line %d, which is not there", r.ID, line+1)
		}
		sent = sent || r.Status == RefundSent
	}
	v.add(o.State == StateRefunded && !sent, "is refunded and no coins went back")
	for _, r := range o.Proposed {
		_, had := o.RefundByID(r.ID)
		v.add(had, "asks about refund %s, which was started", r.ID)
	}
	for _, asset := range o.PaidAssets() {
		v.add(o.Refundable(asset).Sign() < 0, "has more %s refunded than paid", asset)
	}
}
