package shop

import (
	"context"
	"errors"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// ErrWholeRefund says that a payment with Stars goes back as a whole or not at all.
var ErrWholeRefund = errors.New("a payment with Stars goes back as a whole")

// wholePayment is the payment with Stars that a refund of an amount can be of: of exactly that
// amount, and not sent back yet.
func (o *Order) wholePayment(amount money.Amount) (Payment, bool) {
	return find(o.Payments, func(p Payment) bool {
		_, back := o.RefundOf(p.Invoice)
		return p.Rail == Stars && !back && p.Amount.Equal(amount)
	})
}

// ofPayment sets the payment that a refund of Stars sends back. ErrWholeRefund if the refund is not all
// of one payment.
func (o *Order) ofPayment(r Refund) (Refund, error) {
	if r.Way == ByHand || r.Amount.Currency() != catalog.Stars || r.Payment != "" {
		return r, nil
	}
	p, found := o.wholePayment(r.Amount)
	if !found {
		return r, ErrWholeRefund
	}
	r.Payment = p.Invoice
	return r, nil
}

// wholeRefunds are a refund for each payment with Stars that is not refunded.
func (o *Order) wholeRefunds() (all []Refund) {
	for _, p := range o.Payments {
		if _, back := o.RefundOf(p.Invoice); p.Rail == Stars && !back {
			all = append(all, Refund{Amount: p.Amount, Payment: p.Invoice})
		}
	}
	return all
}

// PaymentToRefund is the payment that a refund sends back, if it sends back one in particular.
func (o *Order) PaymentToRefund(r Refund) (Payment, bool) {
	if r.Payment == "" {
		return Payment{}, false
	}
	return o.PaymentOf(r.Payment)
}

// refundRail is the rail by which a refund goes: the one that brought the coins.
func (o *Order) refundRail(r Refund) RailID {
	for _, p := range o.Payments {
		if p.Rail != Hand && (p.Invoice == r.Payment || r.Payment == "" && p.Amount.Currency() == r.Amount.Currency()) {
			return p.Rail
		}
	}
	return o.Rail
}

// IncomingRefund is a report that a payment went back. The shop may have asked for that, another program
// with the bot's token, or the payment service itself.
type IncomingRefund struct {
	Order   OrderID // as the payload names it
	Payment string  // the invoice of the payment
	At      time.Time
}

// ApplyRefund notes that a payment went back. It ends the pending refund of that payment, or adds one
// with the given id, since nobody in the shop asked for it. ErrUnchanged if o knows of it already.
func (o *Order) ApplyRefund(id RefundID, payment string, at time.Time) error {
	p, found := o.PaymentOf(payment)
	if !found {
		return ErrNothingPaid
	}
	if r, back := o.RefundOf(payment); back {
		if r.Status != RefundPending {
			return ErrUnchanged
		}
		return o.MarkRefundSent(r.ID, payment, at)
	}
	before := o.Clone()
	r := Refund{ID: id, Amount: p.Amount, Payment: payment, Requested: at}
	if !p.Surplus && len(o.Lines) == 1 && o.checkLines([]int{0}) == nil {
		r.Lines = []int{0}
	}
	if err := o.RequestRefund(r); err != nil {
		return err
	}
	if err := o.MarkRefundSent(id, payment, at); err != nil {
		*o = before
		return err
	}
	return nil
}

// RefundReceived notes that a payment went back. An error means that it has to be called again, such
// as one of an order whose goods are just being handed over.
func (s *Shop) RefundReceived(ctx context.Context, in IncomingRefund) error {
	orders, err := s.store.OrdersOfReference(ctx, in.Payment)
	if err != nil {
		return err
	}
	if len(orders) == 0 {
		s.log.WarnContext(ctx, "refund of an unknown payment", "order", in.Order, "invoice", in.Payment)
		return nil
	}
	id := orders[0] // not in.Order: the payload of a renewal names the first order
	_, err = s.change(ctx, id, func(o *Order, _ Free) error {
		return o.ApplyRefund(NewRefundID(s.cfg.Key, id, Origin{Act: "refunded " + in.Payment}), in.Payment, in.At)
	})
	if errors.Is(err, ErrForgotten) { // a reconciliation reports it
		s.log.WarnContext(ctx, "refund to a buyer whose data was deleted", "order", id, "invoice", in.Payment)
		return nil
	}
	if err == nil {
		s.log.InfoContext(ctx, "payment went back", "order", id, "invoice", in.Payment)
	}
	return err
}
