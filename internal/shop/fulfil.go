package shop

import (
	"context"
	"errors"
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
		return s.postpone(ctx, o, TaskDeliver, err)
	}
	at := time.Now()
	_, err = s.change(ctx, o.ID, func(o *Order, _ int) error { return o.MarkDelivered(at) })
	if err == nil {
		s.log.InfoContext(ctx, "order delivered", "order", o.ID, "user", o.Buyer.ID)
	}
	return err
}

// unclearAfter is after how long without an answer the owners hear of a refund.
const unclearAfter = 30 * time.Second

// transfer makes the transfer of a refund. Its spend_id is the refund's id, so
// that after an answer that was lost the next attempt finds the coins gone already.
func (s *Shop) transfer(ctx context.Context, o Order) error {
	r, pending := o.PendingRefund()
	if !pending {
		return nil
	}
	id, err := s.invoicer.Transfer(ctx, o.Buyer.ID, r)
	at := time.Now()
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

// tellAttempts is how often one notice is tried; people who cannot be reached
// for so long find what happened in their orders.
const tellAttempts = 50

// notify tells what happened, one notice after the other.
func (s *Shop) notify(ctx context.Context, o Order) error {
	told := 0
	var failure error
	for _, n := range o.Notices {
		err := s.courier.Tell(ctx, o, n)
		var never *UndeliverableError
		if err != nil && !errors.As(err, &never) && o.Attempts(TaskNotify) < tellAttempts {
			failure = err
			break
		}
		if err != nil {
			s.log.WarnContext(ctx, "notice dropped", "order", o.ID, "what", n.What, "to", n.To, "error", err)
		}
		told++
	}
	if told > 0 {
		if _, err := s.change(ctx, o.ID, func(o *Order, _ int) error {
			o.Told(told)
			return nil
		}); err != nil {
			return err
		}
	}
	if failure != nil {
		return s.postpone(ctx, o, TaskNotify, failure)
	}
	return nil
}
