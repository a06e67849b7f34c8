package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shopbot/internal/money"
)

// Telegram asks before it takes Stars whether it may. The answer is an Approval of the order, stored
// before it is given, so a payment with Stars happens only after one.
const (
	// approvalLasts is for how long after an approval another one of the same order is refused:
	// Telegram has not taken the Stars after that, or has told so.
	approvalLasts = 10 * time.Second
	// approvedHold is for how long units stay reserved after an approval, so that the payment comes
	// in time, or can be asked for.
	approvedHold = 2 * time.Minute
	// approveWithin is how long a question may wait for the disk.
	approveWithin = 1500 * time.Millisecond
)

// Approval says that a payment may happen.
type Approval struct {
	Question string    `json:"question"` // its id, as the rail names it
	At       time.Time `json:"at"`
}

// PaymentQuestion is a payment service's question whether a payment may happen.
type PaymentQuestion struct {
	ID     string // the same question again has the same
	Rail   RailID
	Order  string // as the payload names it, unchecked
	Payer  int64
	Amount money.Amount
}

// Disapproval is why a payment may not happen.
type Disapproval string

// Why a payment may not happen.
const (
	DisapprovedNoOrder  Disapproval = "no_order" // no such order, or somebody else's
	DisapprovedPaid     Disapproval = "paid"     // the order is paid
	DisapprovedOver     Disapproval = "over"     // nothing is held for the order any more
	DisapprovedSoldOut  Disapproval = "sold_out"
	DisapprovedPrice    Disapproval = "price"     // the order costs something else
	DisapprovedUnderWay Disapproval = "under_way" // another payment of the order was just approved
	DisapprovedTrouble  Disapproval = "trouble"   // the shop cannot look at it now
)

// Disapprovals lists every reason.
func Disapprovals() []Disapproval {
	return []Disapproval{
		DisapprovedNoOrder, DisapprovedPaid, DisapprovedOver, DisapprovedSoldOut, DisapprovedPrice, DisapprovedUnderWay, DisapprovedTrouble,
	}
}

// DisapprovedError says that a payment may not happen.
type DisapprovedError struct {
	Reason Disapproval
	Err    error // of DisapprovedTrouble
}

func (e *DisapprovedError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("payment not approved: %s: %v", e.Reason, e.Err)
	}
	return "payment not approved: " + string(e.Reason)
}

func (e *DisapprovedError) Unwrap() error { return e.Err }

// Approve notes that o may be paid now, and keeps its units for long enough. The question that was
// approved gets the same answer again (ErrUnchanged), whatever happened since. *DisapprovedError.
func (o *Order) Approve(q PaymentQuestion, at time.Time, free Free) error {
	no := func(why Disapproval) error { return &DisapprovedError{Reason: why} }
	price := o.PriceBy(q.Rail)
	switch {
	case o.Buyer.ID != q.Payer:
		return no(DisapprovedNoOrder)
	case o.Approved.Question == q.ID:
		return ErrUnchanged
	case len(o.Payments) > 0:
		return no(DisapprovedPaid)
	case !o.Open():
		return no(DisapprovedOver)
	case price.Sign() <= 0 || !q.Amount.Equal(price):
		return no(DisapprovedPrice)
	case at.Sub(o.Approved.At).Abs() < approvalLasts:
		return no(DisapprovedUnderWay)
	case o.short(free) != nil:
		return no(DisapprovedSoldOut)
	}
	o.Approved = Approval{Question: q.ID, At: at}
	if until := at.Add(approvedHold); until.After(o.Expires) {
		o.Expires = until
		o.dropRetry(TaskExpire)
	}
	return nil
}

// maybePaid reports whether a payment with Stars may have happened that the order does not have.
func (o *Order) maybePaid() bool { return o.Approved.Question != "" && !o.paidWith(Stars) }

// ApprovePayment tells whether a payment may happen: nil, which is durable, or *DisapprovedError. It
// answers within two seconds, also if the disk does not.
func (s *Shop) ApprovePayment(ctx context.Context, q PaymentQuestion) error {
	id, err := ParseOrderID(q.Order)
	if err != nil {
		return &DisapprovedError{Reason: DisapprovedNoOrder}
	}
	answer := make(chan error, 1)
	go func() {
		at := now()
		_, err := s.change(ctx, id, func(o *Order, free Free) error { return o.Approve(q, at, free) })
		answer <- err
	}()
	slow := time.NewTimer(approveWithin)
	defer slow.Stop()
	select {
	case err = <-answer:
	case <-slow.C: // the approval may still be stored: then the order's payment is asked for, and none is found
		err = errors.New("the database does not answer in time")
	}
	_, no := errors.AsType[*DisapprovedError](err)
	switch {
	case errors.Is(err, ErrNotFound):
		err = &DisapprovedError{Reason: DisapprovedNoOrder}
	case err != nil && !no:
		err = &DisapprovedError{Reason: DisapprovedTrouble, Err: err}
	}
	if err == nil {
		s.log.InfoContext(ctx, "payment approved", "order", id, "user", q.Payer, "amount", q.Amount)
	} else {
		s.log.InfoContext(ctx, "payment not approved", "order", id, "user", q.Payer, "amount", q.Amount, "error", err)
	}
	return err
}
