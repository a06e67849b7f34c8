package shop

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Courier reaches people. What it does may be repeated. An error that is a
// *RetryAfterError names when to try again; one that is an *UndeliverableError is final.
type Courier interface {
	// Deliver hands the goods of one line of a paid order to its buyer. line is its index.
	Deliver(ctx context.Context, o Order, line int) error
	// Tell says to its audience what happened to an order.
	Tell(ctx context.Context, o Order, n Notice) error
	// TellReward tells the only person who may use a coupon that an invitation earned it. own says
	// that the person was invited; else it is who invited them.
	TellReward(ctx context.Context, c Coupon, own bool) error
	// TellMissedWebhooks warns the owners that webhooks have stopped; the latest came at last.
	TellMissedWebhooks(ctx context.Context, last time.Time) error
	// TellAlarm tells the owners of an alarm, or of its end if Ended is set. ErrNoOwners if the
	// shop has none.
	TellAlarm(ctx context.Context, a Alarm) error
	// TellDifferences tells the owners of a reconciliation's differences, all in one message.
	TellDifferences(ctx context.Context, differences []Difference) error
	// TellStock tells the managers and owners that products are running out or are sold out.
	TellStock(ctx context.Context, low []LowStock) error
}

// UndeliverableError says that goods cannot reach the buyer before a person acts.
type UndeliverableError struct {
	Reason HoldReason
	// Note says to the owners what exactly is wrong, in English; "" if the reason says it all.
	Note string
	Err  error
}

func (e *UndeliverableError) Error() string {
	return fmt.Sprintf("cannot be delivered (%s): %v", e.Reason, e.Err)
}
func (e *UndeliverableError) Unwrap() error { return e.Err }

// ErrNoOwners says that there is nobody to tell.
var ErrNoOwners = errors.New("the shop has no owners to tell")

// NotReadyError says that goods are still being prepared. It is no fault.
type NotReadyError struct {
	Wait time.Duration // after which to ask again
	Err  error         // what was said of it; may be nil
}

func (e *NotReadyError) Error() string { return fmt.Sprintf("not ready, ask again in %s", e.Wait) }
func (e *NotReadyError) Unwrap() error { return e.Err }

// IsFinal reports whether an error is an *UndeliverableError: repeating the call would fail again.
func IsFinal(err error) bool {
	_, never := errors.AsType[*UndeliverableError](err)
	return never
}

// Way is how the goods of a kind that catalog.Kind.Made names come to be.
type Way struct {
	// Make makes the goods of a line, such as a link or another server's answer. What it returns is
	// stored before it is sent, so that sending again sends the same. A crash before it is stored
	// repeats Make: it should find again what it made, by the order's id, the line and the kind.
	// *NotReadyError if they are being prepared; else its errors are those of a Courier.
	Make func(ctx context.Context, o Order, line int) (goods []string, err error)
}
