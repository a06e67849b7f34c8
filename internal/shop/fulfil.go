package shop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// deliver hands a paid order over. The mark comes after the deed: a crash
// between them repeats a message with the same goods, and loses none.
func (s *Shop) deliver(ctx context.Context, o Order) error {
	err := s.courier.Deliver(ctx, o)
	var never *UndeliverableError
	switch {
	case errors.As(err, &never):
		s.log.WarnContext(ctx, "goods cannot reach the buyer", "order", o.ID, "reason", never.Reason, "error", err)
		_, err = s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkHeld(never.Reason) })
		return err
	case err != nil:
		if n := len(o.Payments); n > 0 && time.Since(o.Payments[0].At) > stuckAfter {
			if _, err := s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkStuck() }); err != nil {
				return err
			}
		}
		return s.postpone(ctx, o, TaskDeliver, err)
	}
	at := now()
	_, err = s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkDelivered(at) })
	if err == nil {
		s.log.InfoContext(ctx, "order delivered", "order", o.ID, "user", o.Buyer.ID)
	}
	return err
}

// stuckAfter is after how long the owners hear of paid goods that still do not arrive.
const stuckAfter = 10 * time.Minute

// unclearAfter is after how long without an answer the owners hear of a refund.
const unclearAfter = 30 * time.Second

// transfer makes the transfer of a refund. Its spend_id is the refund's id, so
// that after an answer that was lost the next attempt finds the coins gone already.
func (s *Shop) transfer(ctx context.Context, o Order) error {
	r, pending := o.PendingRefund()
	if !pending {
		return nil
	}
	if _, err := s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkRefundTried(r.ID) }); err != nil {
		return err
	}
	id, err := s.sendRefund(ctx, o, r)
	at := now()
	var no *RefusedError
	switch {
	case errors.As(err, &no):
		s.log.ErrorContext(ctx, "refund refused", "order", o.ID, "refund", r.ID, "reason", no.Name, "error", err)
		_, err = s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkRefundRefused(r.ID, no.Name, at) })
		return err
	case err != nil:
		if time.Since(r.Requested) > unclearAfter {
			if _, err := s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkRefundUnclear(r.ID) }); err != nil {
				return err
			}
		}
		return s.postpone(ctx, o, TaskRefund, err)
	}
	_, err = s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkRefundSent(r.ID, id, at) })
	if err == nil {
		s.log.InfoContext(ctx, "refund sent", "order", o.ID, "refund", r.ID, "transfer", id, "amount", r.Amount)
	}
	return err
}

// errUnsettled says that a refusal settles nothing, since an earlier try may have gone through.
var errUnsettled = errors.New("refused now, and not known whether it was done before")

// sendRefund makes the transfer. A refusal is final only where no coin can have
// moved: an earlier try whose answer was lost may have been done, and an owner who is told "refused" refunds again.
func (s *Shop) sendRefund(ctx context.Context, o Order, r Refund) (int64, error) {
	id, err := s.invoicer.Transfer(ctx, o.Buyer.ID, r)
	var no *RefusedError
	if !r.Tried || !errors.As(err, &no) {
		return id, err
	}
	made, found, lookErr := s.invoicer.FindTransfer(ctx, r)
	switch {
	case lookErr != nil:
		return 0, fmt.Errorf("%w: %v", errUnsettled, err) //nolint:errorlint // it must not count as a refusal
	case found:
		return made, nil
	}
	return 0, err
}

// tellAttempts is how often one notice is tried; people who cannot be reached
// for so long find what happened in their orders.
const tellAttempts = 50

// notify tells what happened, to each audience in order. That one of them cannot
// be reached now keeps nothing from the other.
func (s *Shop) notify(ctx context.Context, o Order) error {
	done := make([]bool, len(o.Notices))
	failed := map[Audience]error{}
	for i, n := range o.Notices {
		if failed[n.To] != nil {
			continue
		}
		err := s.courier.Tell(ctx, o, n)
		var never *UndeliverableError
		final := errors.As(err, &never) || o.Attempts(TaskNotify) >= tellAttempts
		if err != nil && (!final || n.wantsSomebody()) {
			failed[n.To] = err
			continue
		}
		if err != nil {
			s.log.WarnContext(ctx, "notice dropped", "order", o.ID, "what", n.What, "to", n.To, "error", err)
		}
		done[i] = true
	}
	if slices.Contains(done, true) {
		if _, err := s.change(ctx, o.ID, func(o *Order, _ int) error {
			o.Told(done)
			if len(failed) > 0 { // not due at once: postpone says when
				o.Lease(TaskNotify, time.Now().Add(leaseMargin))
			}
			return nil
		}); err != nil {
			return err
		}
	}
	if len(failed) > 0 {
		return s.postpone(ctx, o, TaskNotify, errors.Join(failed[ToBuyer], failed[ToOwners]))
	}
	return nil
}
