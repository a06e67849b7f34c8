package app

import (
	"context"
	"errors"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/trace"
)

// The types below are the parts of a shop that is traced: they add spans to what goes through them.

type tracedStore struct {
	shop.Store

	tracer *trace.Tracer
}

// Checkout adds the order's first span, once.
func (s tracedStore) Checkout(ctx context.Context, o shop.Order, until time.Time, rule shop.CheckoutRule) (shop.Order, bool, error) {
	began := time.Now()
	stored, created, err := s.Store.Checkout(ctx, o, until, rule)
	if err == nil && created {
		s.tracer.Order(ctx, string(stored.ID), began, trace.Int("lines", len(stored.Lines)))
	}
	return stored, created, err
}

// RecordPayment implements shop.Store.
func (s tracedStore) RecordPayment(ctx context.Context, p shop.IncomingPayment, rule shop.Rule) (shop.Order, error) {
	ctx, end := s.tracer.Start(ctx, string(p.Order), "record payment", trace.String("source", string(p.Source)))
	o, err := s.Store.RecordPayment(ctx, p, rule)
	end(traceOutcome(err))
	return o, err
}

type tracedRail struct {
	shop.Rail

	tracer *trace.Tracer
}

// CreateInvoice implements shop.Rail.
func (r tracedRail) CreateInvoice(ctx context.Context, o shop.Order, ttl time.Duration) (shop.Invoice, error) {
	ctx, end := r.tracer.Start(ctx, string(o.ID), "create invoice", trace.String("rail", string(r.ID())))
	invoice, err := r.Rail.CreateInvoice(ctx, o, ttl)
	end(traceOutcome(err))
	return invoice, err
}

// Refund implements shop.Rail.
func (r tracedRail) Refund(ctx context.Context, o shop.Order, refund shop.Refund) (transfer string, err error) {
	ctx, end := r.tracer.Start(ctx, string(o.ID), "refund", trace.String("rail", string(r.ID())), trace.String("refund", string(refund.ID)))
	transfer, err = r.Rail.Refund(ctx, o, refund)
	end(traceOutcome(err))
	return transfer, err
}

// GiveCheck implements shop.Rail.
func (r tracedRail) GiveCheck(ctx context.Context, o shop.Order, coins money.Amount) (shop.Check, error) {
	ctx, end := r.tracer.Start(ctx, string(o.ID), "refund by check", trace.String("rail", string(r.ID())))
	check, err := r.Rail.GiveCheck(ctx, o, coins)
	end(traceOutcome(err))
	return check, err
}

type tracedCourier struct {
	shop.Courier

	tracer *trace.Tracer
}

// Deliver implements shop.Courier.
func (c tracedCourier) Deliver(ctx context.Context, o shop.Order, line int) error {
	ctx, end := c.tracer.Start(ctx, string(o.ID), "deliver", trace.Int("line", line), trace.String("kind", string(o.Lines[line].Deliver)))
	err := c.Courier.Deliver(ctx, o, line)
	end(traceOutcome(err))
	return err
}

// Tell implements shop.Courier.
func (c tracedCourier) Tell(ctx context.Context, o shop.Order, n shop.Notice) error {
	ctx, end := c.tracer.Start(ctx, string(o.ID), "tell", trace.String("notice", string(n.What)), trace.String("audience", string(n.To)))
	err := c.Courier.Tell(ctx, o, n)
	end(traceOutcome(err))
	return err
}

// traceOutcome is a word for an error: its text may hold anything.
func traceOutcome(err error) string {
	if err == nil || errors.Is(err, shop.ErrUnchanged) {
		return ""
	}
	if never, ok := errors.AsType[*shop.UndeliverableError](err); ok {
		return "undeliverable: " + string(never.Reason)
	}
	if _, later := errors.AsType[*shop.RetryAfterError](err); later {
		return "to be tried again"
	}
	if _, refused := errors.AsType[*shop.RefusedError](err); refused {
		return "refused"
	}
	return "error"
}
