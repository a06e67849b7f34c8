package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shopbot/internal/catalog"
)

// Request is what a buyer asks for.
type Request struct {
	Buyer    Buyer
	SKU      string
	Quantity int
	Origin   Origin
	// Place is the message that will show the order, where it is known before the order is made.
	Place Place
}

// ErrUnknownProduct says that the catalog has no such product.
var ErrUnknownProduct = errors.New("no such product")

// QuantityError says that a quantity is not between 1 and Limit.
type QuantityError struct {
	Quantity, Limit int
}

func (e *QuantityError) Error() string {
	return fmt.Sprintf("quantity %d: want 1 to %d", e.Quantity, e.Limit)
}

// inlineInvoice is how long a buyer waits for an answer while the invoice is
// asked for; after that the button follows later.
const inlineInvoice = 5 * time.Second

// Checkout makes the order that a request asks for, and its invoice where the
// payment service answers soon. The order comes back awaiting, or new with its invoice to follow, or
// cancelled where the service refused. The same request again gives the same order in the state that it has by now.
//
// Errors: ErrUnknownProduct, *QuantityError, ErrPaused, *SoldOutError, ErrTooManyOpen, *LapsedError.
func (s *Shop) Checkout(ctx context.Context, r Request) (Order, error) {
	draft, err := s.draft(r)
	if err != nil {
		return Order{}, err
	}
	if paused, err := s.paused.state(ctx); err != nil || paused {
		if err != nil {
			return Order{}, err
		}
		return s.placed(ctx, draft)
	}
	hold, err := s.patienceWith(ctx, r.Buyer.ID)
	if err != nil {
		if o, noOrder := s.OrderOf(ctx, r.Buyer.ID, draft.ID); noOrder == nil { // this request's, made before
			return o, nil
		}
		return Order{}, err
	}
	draft.Expires = draft.Created.Add(hold)
	o, created, err := s.store.Checkout(ctx, draft, s.cfg.MaxOpen)
	switch {
	case err != nil:
		return Order{}, err
	case o.Buyer.ID != r.Buyer.ID:
		return Order{}, fmt.Errorf("order %s: the number belongs to somebody else", o.ID)
	case !created:
		return o, nil
	}
	s.log.InfoContext(ctx, "order placed", "order", o.ID, "user", o.Buyer.ID, "sku", o.Item.SKU,
		"quantity", o.Item.Quantity, "total", o.Total)
	return s.invoiceNow(ctx, o)
}

func (s *Shop) draft(r Request) (Order, error) {
	c := s.cfg.Catalog()
	p, found := c.Product(r.SKU)
	if !found {
		return Order{}, fmt.Errorf("%w: %q", ErrUnknownProduct, r.SKU)
	}
	if r.Quantity < 1 || r.Quantity > p.Limit {
		return Order{}, &QuantityError{Quantity: r.Quantity, Limit: p.Limit}
	}
	now := now()
	o := Order{
		ID: NewOrderID(s.cfg.Key, r.Origin), Buyer: r.Buyer, Item: item(p, r.Quantity),
		Total: p.Price.Times(r.Quantity), Assets: c.Shop.Assets,
		Created: now, Place: r.Place,
	}
	if err := o.move(StateNew); err != nil {
		return Order{}, err
	}
	o.Lease(TaskInvoice, now.Add(stepTimeout)) // Checkout itself makes the first attempt
	return o, nil
}

func item(p catalog.Product, quantity int) Item {
	return Item{
		SKU: p.SKU, Title: p.Title, Quantity: quantity, Price: p.Price, Deliver: p.Deliver,
		Text: p.Text, File: p.File, Instructions: p.Instructions,
	}
}

// invoiceNow makes the first attempt at the invoice while the buyer waits. Only
// here no invoice can exist yet, so only here none is looked for before.
func (s *Shop) invoiceNow(ctx context.Context, o Order) (Order, error) {
	short, cancel := context.WithTimeout(ctx, inlineInvoice)
	defer cancel()
	in, err := s.invoicer.CreateInvoice(short, o, o.patience())
	// What was begun has to be written down even if the caller has gone.
	ctx = context.WithoutCancel(ctx)
	var no *RefusedError
	switch {
	case errors.As(err, &no):
		return s.giveUp(ctx, o, err)
	case err != nil:
		if err := s.postpone(ctx, o, TaskInvoice, err); err != nil {
			return o, err
		}
		return s.store.Order(ctx, o.ID)
	}
	return s.invoiced(ctx, o.ID, in)
}

func (s *Shop) invoiced(ctx context.Context, id OrderID, in Invoice, notices ...Notice) (Order, error) {
	at := now()
	o, err := s.change(ctx, id, func(o *Order, _ int) error {
		if err := o.MarkInvoiced(in, at.Add(o.patience())); err != nil {
			return err
		}
		if o.State == StateAwaiting {
			o.notify(notices...)
		}
		return nil
	})
	if err == nil {
		s.log.InfoContext(ctx, "invoice made", "order", id, "invoice", in.ID)
	}
	return o, err
}

func (s *Shop) giveUp(ctx context.Context, o Order, cause error) (Order, error) {
	s.log.ErrorContext(ctx, "no invoice to be had", "order", o.ID, "error", cause)
	return s.cancel(ctx, o.ID, func(o *Order, _ int) error {
		if !o.Open() {
			return ErrUnchanged
		}
		if err := o.Cancel(CancelNoInvoice); err != nil {
			return err
		}
		if refused, ok := errors.AsType[*RefusedError](cause); ok { // an owner can mend it, or nobody will buy any more
			o.notify(Notice{What: WhatNoInvoice, To: ToOwners, Reason: refused.Name})
		}
		return nil
	})
}
