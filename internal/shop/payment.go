package shop

import (
	"errors"
	"slices"
	"time"

	"shopbot/internal/money"
)

// Invoice is what the payment service made for an order.
type Invoice struct {
	ID int64 `json:"id"`
	// URL is the invoice's own link that a pay button holds; empty once it is paid or closed.
	URL string `json:"url,omitempty"`
}

// Payment is one paid invoice.
type Payment struct {
	Invoice int64 `json:"invoice"`
	// Amount is what was paid, Fee what the payment service kept of it; both in the asset that was paid with.
	Amount money.Amount `json:"amount"`
	Fee    money.Amount `json:"fee,omitzero"`
	// Price is what the invoice asked for, in its own currency.
	Price money.Amount `json:"price"`
	At    time.Time    `json:"at"`
	// Surplus says that the order had been paid before.
	Surplus bool `json:"surplus,omitempty"`
}

// Source is how the shop learned of a payment.
type Source string

// The ways in which a payment becomes known.
const (
	FromWebhook Source = "webhook"
	FromSync    Source = "sync"
)

// Event is the news that an invoice was paid. Raw is what the service said of
// it, to the byte, kept for audit.
type Event struct {
	Order    OrderID
	Payment  Payment
	Source   Source
	Received time.Time
	Raw      []byte
}

var (
	// ErrUnchanged is a rule's way to say that there is nothing to store: what it was asked for is so already.
	ErrUnchanged = errors.New("already so")
	// ErrNotFound says that there is no such order.
	ErrNotFound = errors.New("no such order")
)

// MarkInvoiced notes the invoice of a new order, payable until expires. An order that has moved
// on meanwhile keeps its state; a second invoice is left to the caller to delete (ErrUnchanged).
func (o *Order) MarkInvoiced(in Invoice, expires time.Time) error {
	if o.Invoice.ID != 0 {
		return ErrUnchanged
	}
	if o.State == StateNew {
		if err := o.move(StateAwaiting); err != nil {
			return err
		}
		o.Expires = expires
	}
	o.Invoice = in
	o.InvoiceClosed = false // whoever looked for stray invoices before did not know this one
	return nil
}

// strayInvoice reports whether somebody may still pay an invoice of o although
// o does not wait for it.
func (o *Order) strayInvoice() bool {
	switch {
	case o.Open() || o.InvoiceClosed:
		return false
	case o.State == StateCancelled:
		return true // also without a known invoice: its answer may have been lost
	}
	return o.Invoice.ID != 0 && !o.paidBy(o.Invoice.ID)
}

func (o *Order) paidBy(invoice int64) bool {
	return slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.Invoice == invoice })
}

// Receive applies a payment. free is how many units of the order's product it
// may take: what is left and what it has reserved. A payment that is known
// already gives ErrUnchanged, in whatever state the order is.
func (o *Order) Receive(p Payment, free int) error {
	if o.paidBy(p.Invoice) {
		return ErrUnchanged
	}
	if len(o.Payments) > 0 {
		p.Surplus = true
		o.addPayment(p)
		o.notify(
			Notice{What: WhatPaidAgain, To: ToBuyer, Payment: p.Invoice},
			Notice{What: WhatPaidAgain, To: ToOwners, Payment: p.Invoice, Reason: string(HoldPaidTwice)},
		)
		return nil
	}
	if reason := o.objection(p, free); reason != "" {
		return o.receiveHeld(p, reason)
	}
	if err := o.move(StatePaid); err != nil {
		return err
	}
	o.addPayment(p)
	o.Cancelled = ""
	o.notify(Notice{What: WhatPaid, To: ToBuyer})
	return nil
}

// objection tells why an order cannot simply be delivered for this payment.
func (o *Order) objection(p Payment, free int) HoldReason {
	switch {
	case !p.Price.Equal(o.Total):
		return HoldWrongAmount
	case p.Amount.Currency() == o.Total.Currency() && !p.Amount.Equal(o.Total), p.Amount.Sign() <= 0:
		return HoldWrongAmount
	case len(o.Assets) > 0 && !slices.Contains(o.Assets, p.Amount.Currency()):
		return HoldWrongAsset
	case o.needsKeys() && free < o.Item.Quantity:
		return HoldSoldOut
	}
	return ""
}

func (o *Order) receiveHeld(p Payment, reason HoldReason) error {
	if err := o.move(StateHeld); err != nil {
		return err
	}
	o.addPayment(p)
	o.Cancelled = ""
	o.hold(reason)
	return nil
}

func (o *Order) addPayment(p Payment) {
	o.Payments = append(slices.Clip(o.Payments), p)
	if p.Invoice == o.Invoice.ID {
		o.Invoice = Invoice{ID: o.Invoice.ID} // nobody needs links to pay what is paid
	}
}
