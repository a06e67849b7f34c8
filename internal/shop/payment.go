package shop

import (
	"errors"
	"slices"
	"time"

	"shopbot/internal/money"
)

// Payment is one paid invoice.
type Payment struct {
	Rail RailID `json:"rail"`
	// Invoice is the id of the paid invoice, as the rail names it.
	Invoice string `json:"invoice"`
	// Amount is what was paid, Fee what the payment service kept of it; both in the asset that was
	// paid with.
	Amount money.Amount `json:"amount"`
	Fee    money.Amount `json:"fee,omitzero"`
	// Price is what the invoice asked for, in its own currency.
	Price money.Amount `json:"price"`
	// Rate is what one coin was worth in the currency of Price when it was paid; zero if that is
	// not known, or Price is in the same coin.
	Rate money.Amount `json:"rate,omitzero"`
	// Comment is what the payer wrote. It is a stranger's text, and may be cut.
	Comment string `json:"comment,omitempty"`
	// Note is what an owner says of a payment by hand, By the owner's Telegram id.
	Note string    `json:"note,omitempty"`
	By   int64     `json:"by,omitempty"`
	At   time.Time `json:"at"`
	// Surplus says that the order had been paid before.
	Surplus bool `json:"surplus,omitempty"`
	// Subscription is the first payment of the subscription that this one is of, maybe itself; "" if it
	// is of none. Until is when the payment service will take the next one, if it says so.
	Subscription string    `json:"subscription,omitempty"`
	Until        time.Time `json:"until,omitzero"`
}

// Source is how the shop learned of a payment. The words are stored on disk.
type Source string

// The ways in which a payment becomes known.
const (
	FromWebhook  Source = "webhook"
	FromSync     Source = "sync"
	FromTelegram Source = "telegram" // a message in the chat
)

// IncomingPayment is a report that an invoice was paid. Raw is what the service said of
// it, to the byte; it is kept for audit and replay.
type IncomingPayment struct {
	Order    OrderID
	Payment  Payment
	Source   Source
	Received time.Time
	Raw      []byte
	// Payer is who paid, if the payment service says so.
	Payer Buyer
	// Subscription says that the payment service takes such a payment each month, and
	// FirstOfSubscription that this was the first one, as far as that is known.
	Subscription, FirstOfSubscription bool
}

var (
	// ErrUnchanged says that a rule has nothing to store, since the order is already as asked.
	ErrUnchanged = errors.New("unchanged")
	// ErrNotFound says that there is no such order.
	ErrNotFound = errors.New("no such order")
)

// MarkInvoiced notes the invoice of a new order by its own rail, payable until expires, as
// MarkInvoicedBy does.
func (o *Order) MarkInvoiced(in Invoice, expires time.Time) error {
	return o.MarkInvoicedBy(o.Rail, in, expires)
}

// MarkInvoicedBy notes the invoice of a new order by one of its rails, payable until expires. An order
// that has moved on meanwhile keeps its state; a second invoice is left to the caller to close
// (ErrUnchanged).
func (o *Order) MarkInvoicedBy(rail RailID, in Invoice, expires time.Time) error {
	if o.InvoiceBy(rail).ID != "" {
		return ErrUnchanged
	}
	if o.State == StateNew {
		if err := o.move(StateAwaiting); err != nil {
			return err
		}
		o.Expires = expires
	}
	o.setInvoice(rail, in)
	if rail != Stars { // those are never closed
		o.InvoiceClosed = false // an earlier look for stray invoices did not know this one
	}
	return nil
}

// strayInvoice reports whether somebody may still pay an invoice of o although
// o does not wait for it.
func (o *Order) strayInvoice() bool {
	switch {
	case o.Open() || o.InvoiceClosed:
		return false
	case o.maybePaid():
		return true
	case o.Rail == Stars: // a payment has to be approved
		return false
	case o.State == StateCancelled:
		return true // also without a known invoice: its answer may have been lost
	case o.PaidByHand():
		return !o.paidBy(o.Rail, o.Invoice.ID) // the same
	}
	return o.Invoice.ID != "" && !o.paidBy(o.Rail, o.Invoice.ID)
}

func (o *Order) paidBy(rail RailID, invoice string) bool {
	return slices.ContainsFunc(o.Payments, func(p Payment) bool { return p.Rail == rail && p.Invoice == invoice })
}

// Free tells how many units of a product an order may take: those for sale and those that the
// order has reserved.
type Free func(sku string) int

// ApplyPayment takes in a payment. One that is known already gives ErrUnchanged, whatever the
// order's state. ErrPaidBefore for a payment by hand of an order that was paid.
func (o *Order) ApplyPayment(p Payment, free Free) error {
	if o.paidBy(p.Rail, p.Invoice) {
		return ErrUnchanged
	}
	if len(o.Payments) > 0 {
		if p.Rail == Hand {
			return ErrPaidBefore
		}
		p.Surplus = true
		o.addPayment(p)
		o.notify(
			Notice{What: WhatPaidAgain, To: ToBuyer, Payment: p.Invoice},
			Notice{What: WhatPaidAgain, To: ToOwners, Payment: p.Invoice, Reason: string(HoldPaidTwice)},
		)
		return nil
	}
	if p.Rail == Hand && o.Buyer.ID == 0 {
		return ErrForgotten
	}
	to, reason := StatePaid, o.objection(p, free)
	if reason != "" {
		to = StateHeld
	}
	if !o.unpaid() { // and has no payment: a damaged order
		return &MoveError{Order: o.ID, From: o.State, To: to}
	}
	if err := o.move(to); err != nil {
		return err
	}
	o.addPayment(p)
	o.Cancelled = ""
	if reason != "" {
		o.hold(reason)
	}
	return nil
}

// objection tells why an order cannot simply be delivered for this payment.
func (o *Order) objection(p Payment, free Free) HoldReason {
	switch {
	case p.Rail == Hand: // an owner has looked at it
		if o.short(free) != nil {
			return HoldSoldOut
		}
		return ""
	case !p.Price.Equal(o.PriceBy(p.Rail)):
		return HoldWrongAmount
	case p.Amount.Currency() == p.Price.Currency() && !p.Amount.Equal(p.Price), p.Amount.Sign() <= 0:
		return HoldWrongAmount
	case p.Rail != Stars && len(o.Assets) > 0 && !slices.Contains(o.Assets, p.Amount.Currency()):
		return HoldWrongAsset
	case p.farFromPrice():
		return HoldWrongValue
	case o.short(free) != nil:
		return HoldSoldOut
	}
	return ""
}

// short names the first product of which o cannot get the units that it still needs; nil where
// there are enough of all.
func (o *Order) short(free Free) *SoldOutError {
	missing := o.missingUnits()
	for i := range o.Lines {
		sku := o.Lines[i].SKU
		if left := free(sku); left < missing[sku] {
			return &SoldOutError{SKU: sku, Left: max(left, 0)}
		}
	}
	return nil
}

func (o *Order) addPayment(p Payment) {
	o.Payments = append(slices.Clip(o.Payments), p)
	o.StarsInvoice = Invoice{ID: o.StarsInvoice.ID} // nobody needs links to pay what is paid
	if p.Invoice == o.Invoice.ID && p.Rail == o.Rail || o.Rail == Stars {
		o.Invoice = Invoice{ID: o.Invoice.ID}
	}
}

// PaymentOf finds the payment of an invoice.
func (o *Order) PaymentOf(invoice string) (Payment, bool) {
	return find(o.Payments, func(p Payment) bool { return p.Invoice == invoice })
}
