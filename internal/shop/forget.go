package shop

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"
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
	// Open are orders that still need the data: they are not closed, or their subscription goes on.
	Open []OrderID `json:"open,omitempty"`
}

// Forget removes from a closed order all that tells who the buyer is. What was sold, paid and
// refunded stays. ErrNotClosed if the order still needs the buyer: something is to be paid,
// delivered, sent back or told.
func (o *Order) Forget() error {
	if !o.Closed() {
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

// Closed reports whether the shop has nothing more to do for an order.
func (o *Order) Closed() bool {
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

// Notes about one person, which Forget deletes.
const (
	NotePardon   = "pardoned"    // when their unpaid orders were forgiven
	NoteMornings = "mornings of" // which messages of the morning they had
	NoteMissed   = "missed by"   // what they were not told
	NoteExport   = "export of"   // the file that they asked for
)

//nolint:gochecknoglobals // a constant table
var personalNotes = []string{NotePardon, NoteMornings, NoteMissed, NoteExport}

// PersonalNote is the name of a note about one person, a Telegram id.
func PersonalNote(what string, user int64) string { return what + " " + strconv.FormatInt(user, 10) }

// NeedsBuyer lists up to most orders, newest first, that keep a buyer from deleting their own data:
// those that are not closed, and those that held units unpaid in the last 24 hours, so that nobody
// deletes their data to have more held.
func (s *Shop) NeedsBuyer(ctx context.Context, buyer int64, most int) (orders []Order, err error) {
	pardoned, err := s.pardoned(ctx, buyer)
	if err != nil {
		return nil, err
	}
	for o, err := range s.allOrdersOf(ctx, buyer) {
		if err != nil {
			return nil, err
		}
		if !o.Closed() || o.lapsedLately(time.Now(), pardoned) {
			orders = append(orders, *o)
		}
		if len(orders) >= most {
			break
		}
	}
	return orders, nil
}

// lapsedLately reports whether an order that ended unpaid used at least half of the time for which it
// held units, and counts against its buyer.
func (o *Order) lapsedLately(at, pardoned time.Time) bool {
	return o.State == StateCancelled && o.HoldsStock() && at.Sub(o.Expires) < lapseMemory && o.Created.After(pardoned) &&
		(o.Cancelled == CancelExpired || o.Cancelled == CancelByBuyer && 2*o.usedOfHold() >= wholeHold)
}

// Forget deletes a buyer's personal data: from closed orders, and the language, the open form and
// the dead letters of that person. user is a Telegram id. The audit trail stays as it is, so that
// nobody can change it unseen: it has the ids of people who decided something, and payments as they
// were told. Subscriptions are ended first, and nothing is deleted while one goes on.
func (s *Shop) Forget(ctx context.Context, user int64) (Forgotten, error) {
	left, err := s.endSubscriptions(ctx, user)
	if err != nil || len(left) > 0 {
		return Forgotten{Open: left}, err
	}
	done, err := s.store.Forget(ctx, user)
	if err != nil {
		return done, err
	}
	for _, what := range personalNotes {
		if err := s.store.SetNote(ctx, PersonalNote(what, user), nil); err != nil {
			return done, err
		}
	}
	return done, s.store.Record(ctx, AuditEntry{Act: AuditForgotten})
}
