package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"shopbot/internal/money"
)

// ErrNoSurplus says that the order has no such surplus payment.
var ErrNoSurplus = errors.New("no such surplus payment")

// RefundOf finds the refund that sends the payment of an invoice back as a whole, or has sent it.
func (o *Order) RefundOf(invoice string) (Refund, bool) {
	return find(o.Refunds, func(r Refund) bool { return r.Payment == invoice && r.Status != RefundRefused })
}

// CheckSurplus tells whether a surplus payment can be sent back now by a press of a button: nil,
// ErrUnchanged where it is on its way or back already, ErrNoSurplus, ErrOwnerDecides, or an error
// of CheckRefund.
//
// A refund that an owner asked for by its amount, after the surplus came, may have been meant for
// it, or have sent the other payment back, also in another coin. Then the button does nothing, or
// the price of the goods would go back as well.
func (o *Order) CheckSurplus(invoice string) error {
	p, found := o.PaymentOf(invoice)
	if !found || !p.Surplus {
		return ErrNoSurplus
	}
	if _, back := o.RefundOf(invoice); back {
		return ErrUnchanged
	}
	if !o.stillSurplus(p) {
		return ErrOwnerDecides
	}
	return o.CheckRefund(p.Amount)
}

// stillSurplus reports whether a surplus payment was certainly not sent back, not even in part.
func (o *Order) stillSurplus(p Payment) bool {
	if _, back := o.RefundOf(p.Invoice); back || !p.Surplus {
		return false
	}
	return !slices.ContainsFunc(o.Refunds, func(r Refund) bool {
		return r.Payment == "" && len(r.Lines) == 0 && r.Status != RefundRefused && r.Way != ByHand && !r.Requested.Before(p.At)
	})
}

// priceLeft is what was paid for the goods in one asset and did not go back: surplus payments that
// are still to be sent back are not for the goods.
func (o *Order) priceLeft(asset money.Currency) money.Amount {
	rest := o.Refundable(asset)
	for _, p := range o.Payments {
		if p.Amount.Currency() == asset && o.stillSurplus(p) {
			rest, _ = rest.Sub(p.Amount) // of one currency by the condition above
		}
	}
	return rest
}

// ReturnSurplus starts the refund of exactly one surplus payment. Only r's ID, By and Requested are
// used.
func (o *Order) ReturnSurplus(invoice string, r Refund) error {
	if err := o.CheckSurplus(invoice); err != nil {
		return err
	}
	if r.By == o.Buyer.ID && o.ownRefusals() >= maxOwnRefunds {
		return ErrOwnerDecides
	}
	p, _ := o.PaymentOf(invoice)
	r.Amount, r.Payment = p.Amount, invoice
	return o.RequestRefund(r)
}

// Surplus lists the surplus payments that can be sent back now.
func (o *Order) Surplus() []Payment {
	var list []Payment
	for _, p := range o.Payments {
		if p.Surplus && o.CheckSurplus(p.Invoice) == nil {
			list = append(list, p)
		}
	}
	return list
}

// ReturnSurplus sends a surplus payment back because by, an owner or the order's buyer, asks for
// it. If both ask, or one asks again, it is still one refund. Errors: ErrNotFound, and those of
// CheckSurplus but ErrUnchanged.
func (s *Shop) ReturnSurplus(ctx context.Context, id OrderID, invoice string, by int64) (Order, error) {
	at := now()
	o, err := s.change(ctx, id, func(o *Order, _ Free) error {
		origin := Origin{Act: fmt.Sprintf("surplus %s %d", invoice, len(o.Refunds))}
		return o.ReturnSurplus(invoice, Refund{ID: NewRefundID(s.cfg.Key, id, origin), By: by, Requested: at})
	})
	if err == nil {
		s.log.InfoContext(ctx, "surplus payment goes back", "order", id, "invoice", invoice, "user", by)
	}
	return o, err
}
