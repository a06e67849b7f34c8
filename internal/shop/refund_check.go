package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A check is for what a transfer cannot carry: too little, or a buyer whom the payment service does
// not know. Unlike a transfer it has no id of ours, and asking again makes another. So after an
// answer that did not come the shop looks for the check before it asks again, by this rule: the
// refund's check is the one of the same amount, pinned to the same buyer, that no other refund to
// this buyer has. Its time does not matter, since our clock may be wrong. Only when checkSettles
// has passed since it was asked for, and it is not there, it was not made.
const (
	// checkSettles is much longer than the payment service takes for a request that it has got.
	checkSettles = 30 * time.Second
	// checkLook is how long before the refund's request the list of checks is read, much more than
	// clocks are apart.
	checkLook = 48 * time.Hour
)

// noChecks is the refusal of a rail that gives no checks.
const noChecks = "NO_CHECKS"

// MarkCheckAsked notes that the check of a pending refund is about to be asked for. last is when it
// was asked for before, as far as the caller knows: somebody else's attempt meanwhile is an error.
func (o *Order) MarkCheckAsked(id RefundID, last, at time.Time) error {
	r, _ := o.RefundByID(id)
	if r.Status != RefundPending || !r.Asked.Equal(last) {
		return fmt.Errorf("refund %s: another attempt is under way", id)
	}
	return o.changeRefund(id, func(r *Refund) { r.Asked, r.Tried = at, true })
}

// MarkCheckGiven is MarkRefundSent for a refund by check.
func (o *Order) MarkCheckGiven(id RefundID, check Check, at time.Time) error {
	return o.markSent(id, check.ID, check.Link, at)
}

// MarkCheckOpened notes that the buyer has taken the coins of a check.
func (o *Order) MarkCheckOpened(id RefundID, at time.Time) error {
	r, _ := o.RefundByID(id)
	if !r.Unopened() || at.IsZero() {
		return ErrUnchanged
	}
	return o.changeRefund(id, func(r *Refund) { r.Opened = at })
}

// Unopened reports whether the refund is a check whose coins nobody has taken yet, as far as the
// shop knows.
func (r *Refund) Unopened() bool {
	return r.Way == ByCheck && r.Status == RefundSent && r.Opened.IsZero()
}

// giveCheck gives the check of a pending refund, once, notes it and returns its id. A *RefusedError means
// that there is no check.
func (s *Shop) giveCheck(ctx context.Context, o Order, r Refund) (id string, err error) {
	rail, err := s.railOf(&o)
	if err != nil {
		return "", err
	}
	if !rail.Can().Check {
		return "", &RefusedError{Name: noChecks, Err: ErrCannotRefund}
	}
	select {
	case s.checks <- struct{}{}:
		defer func() { <-s.checks }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if o, err = s.store.Order(ctx, o.ID); err != nil { // it may have taken long to get here
		return "", err
	}
	if r, _ = o.RefundByID(r.ID); r.Status != RefundPending {
		return "", ErrUnchanged
	}
	check, found, err := s.lookForCheck(ctx, rail, o, r)
	if err == nil && !found {
		at := now()
		_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkCheckAsked(r.ID, r.Asked, at) })
		if err == nil {
			check, err = rail.GiveCheck(ctx, o, r.Amount)
		}
	}
	if err != nil {
		return "", err
	}
	at := now()
	_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkCheckGiven(r.ID, check, at) })
	return check.ID, err
}

// lookForCheck finds the check that an earlier attempt may have made. An error means that another one
// must not be asked for yet.
func (s *Shop) lookForCheck(ctx context.Context, rail Rail, o Order, r Refund) (Check, bool, error) {
	if r.Asked.IsZero() {
		return Check{}, false, nil
	}
	check, found, err := s.findCheck(ctx, rail, o, r)
	if err != nil || found {
		return check, found, err
	}
	since := time.Since(r.Asked)
	switch {
	case since < 0: // the clock was wrong then: wait from now on
		at := now()
		_, err = s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkCheckAsked(r.ID, r.Asked, at) })
		return Check{}, false, errors.Join(err, &RetryAfterError{Wait: checkSettles, Err: errUnsettled})
	case since < checkSettles:
		return Check{}, false, &RetryAfterError{Wait: checkSettles - since, Err: errUnsettled}
	}
	return Check{}, false, nil
}

func (s *Shop) findCheck(ctx context.Context, rail Rail, o Order, r Refund) (Check, bool, error) {
	nobodys := 0
	for check, err := range rail.Ledger().Checks(ctx, r.Requested.Add(-checkLook)) {
		if err != nil {
			return Check{}, false, fmt.Errorf("%w: %v", errUnsettled, err) //nolint:errorlint // it must not count as a refusal
		}
		if !check.Amount.Equal(r.Amount) || check.User != 0 && check.User != o.Buyer.ID {
			continue
		}
		switch of, err := s.store.OrderOfCheck(ctx, o.Rail, check.ID); {
		case err != nil:
			return Check{}, false, err
		case of != "": // of another refund
		case check.User == 0:
			nobodys++
		default:
			return check, true, nil
		}
	}
	if nobodys > 0 { // the service does not say for whom they are: one may be ours
		return Check{}, false, errUnsettled
	}
	return Check{}, false, nil
}

// checkOrders lists a buyer's orders of which a refund was made by a check.
func (s *Shop) checkOrders(ctx context.Context, buyer int64) (ids []OrderID, err error) {
	for o, err := range s.allOrdersOf(ctx, buyer) {
		if err != nil {
			return nil, err
		}
		if len(o.Checks()) > 0 {
			ids = append(ids, o.ID)
		}
	}
	return ids, nil
}

// Checks lists the ids of the checks that refunds of o were made by.
func (o *Order) Checks() (ids []string) {
	for i := range o.Refunds {
		if r := &o.Refunds[i]; r.Way == ByCheck && r.Transfer != "" {
			ids = append(ids, r.Transfer)
		}
	}
	return ids
}

// References lists what o is known by at the payment service: its invoices, transfers and checks,
// each once.
func (o *Order) References() (ids []string) {
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(o.Invoice.ID)
	for i := range o.Payments {
		add(o.Payments[i].Invoice)
	}
	for i := range o.Refunds {
		add(o.Refunds[i].Transfer)
	}
	return ids
}

// UpdateChecks asks the payment service which checks of an order were opened, and returns the order
// as it is then. An error leaves the order as it is known.
func (s *Shop) UpdateChecks(ctx context.Context, o Order) (Order, error) {
	ids := map[string]RefundID{}
	var checks []string
	for i := range o.Refunds {
		if r := &o.Refunds[i]; r.Unopened() {
			checks, ids[r.Transfer] = append(checks, r.Transfer), r.ID
		}
	}
	if len(checks) == 0 {
		return o, nil
	}
	rail, err := s.railOf(&o)
	if err != nil {
		return o, err
	}
	found, err := rail.Ledger().ChecksByID(ctx, checks)
	if err != nil {
		return o, err
	}
	return s.noteOpened(ctx, o, found)
}

// noteOpened notes which of an order's checks the payment service calls opened.
func (s *Shop) noteOpened(ctx context.Context, o Order, found []Check) (Order, error) {
	for _, check := range found {
		for i := range o.Refunds {
			r := o.Refunds[i]
			if r.Transfer != check.ID || !r.Unopened() || check.Opened.IsZero() {
				continue
			}
			after, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkCheckOpened(r.ID, check.Opened) })
			if err != nil {
				return o, err
			}
			o = after
		}
	}
	return o, nil
}
