package shop

import (
	"context"
	"errors"
	"slices"
)

// ErrForgotten says that the buyer's data was deleted, so that nothing can be sent to them any
// more.
var ErrForgotten = errors.New("the buyer's data was deleted")

// ErrNotClosed says that an order is not over yet.
var ErrNotClosed = errors.New("the order is not closed yet")

// Forgotten is what became of a buyer's data.
type Forgotten struct {
	// Orders are closed orders that do not tell any more who bought.
	Orders int `json:"orders"`
	// Open are orders that still need the data: they are not closed.
	Open []OrderID `json:"open,omitempty"`
}

// Forget removes from a closed order all that tells who the buyer is. What was sold, paid and
// refunded stays. ErrNotClosed if the order still needs the buyer: something is to be paid,
// delivered, sent back or told.
func (o *Order) Forget() error {
	if !o.closed() {
		return ErrNotClosed
	}
	o.Buyer, o.Message = Buyer{}, MessageRef{}
	for i := range o.Lines {
		o.Lines[i].Answers = nil
	}
	for i := range o.Payments {
		o.Payments[i].Comment, o.Payments[i].Note = "", ""
	}
	for i := range o.Refunds {
		o.Refunds[i].Note = ""
	}
	return nil
}

// closed reports whether the shop has nothing more to do for an order.
func (o *Order) closed() bool {
	switch o.State {
	case StateNew, StateAwaiting, StatePaid, StateHeld, StateRefunding:
		return false
	case StateCancelled:
		if o.Invoice.ID != "" && !o.InvoiceClosed {
			return false // it may still be paid
		}
	case StateDelivered, StateRefunded:
	}
	waits := slices.ContainsFunc(o.Refunds, func(r Refund) bool {
		return r.Status == RefundSent && r.Way == ByCheck && r.Opened.IsZero() // the buyer needs its link
	})
	return !waits && len(o.Jobs()) == 0 && len(o.Surplus()) == 0
}

// Forget deletes a buyer's personal data: from closed orders, and the language, the open form and
// the dead letters of that person. user is a Telegram id. The audit trail stays as it is, so that
// nobody can change it unseen: it has the ids of people who decided something, and payments as they
// were told.
func (s *Shop) Forget(ctx context.Context, user int64) (Forgotten, error) {
	done, err := s.store.Forget(ctx, user)
	if err != nil {
		return done, err
	}
	if err := s.store.SetNote(ctx, pardonNote(user), nil); err != nil {
		return done, err
	}
	return done, s.store.Record(ctx, AuditEntry{Act: AuditForgotten})
}
