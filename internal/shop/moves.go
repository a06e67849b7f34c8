package shop

import (
	"errors"
	"time"

	"shopbot/internal/catalog"
)

// Cancel ends an order that was not paid, and with it the reservation.
func (o *Order) Cancel(why CancelReason) error {
	if o.State == StateCancelled {
		return ErrUnchanged
	}
	if err := o.move(StateCancelled); err != nil {
		return err
	}
	o.Cancelled = why
	switch why {
	case CancelExpired:
		o.notify(Notice{What: WhatExpired, To: ToBuyer})
	case CancelNoInvoice:
		o.notify(Notice{What: WhatNoInvoice, To: ToBuyer})
	case CancelByBuyer: // did it himself and sees it at once
	}
	return nil
}

// CloseInvoice notes that the order's invoice cannot be paid any more.
func (o *Order) CloseInvoice() error {
	if o.InvoiceClosed {
		return ErrUnchanged
	}
	o.InvoiceClosed = true
	o.Invoice = Invoice{ID: o.Invoice.ID}
	o.dropRetry(TaskClose)
	return nil
}

// MarkDelivered notes that the goods are with the buyer.
func (o *Order) MarkDelivered(at time.Time) error {
	switch o.State {
	case StateDelivered:
		return ErrUnchanged
	case StatePaid:
	default: // a refund's way back to delivered is not a delivery
		return &MoveError{Order: o.ID, From: o.State, To: StateDelivered}
	}
	if err := o.move(StateDelivered); err != nil {
		return err
	}
	o.Delivered = at
	o.notify(Notice{What: WhatSold, To: ToOwners})
	return nil
}

// MarkStuck has the owners told, once, that paid goods do not arrive yet.
func (o *Order) MarkStuck() error {
	if o.Stuck || o.State != StatePaid {
		return ErrUnchanged
	}
	o.Stuck = true
	o.notify(Notice{What: WhatStuck, To: ToOwners})
	return nil
}

// MarkHeld puts an order in delivery aside for a person to decide.
func (o *Order) MarkHeld(reason HoldReason) error {
	switch o.State {
	case StateHeld:
		return ErrUnchanged
	case StatePaid:
	default:
		return &MoveError{Order: o.ID, From: o.State, To: StateHeld}
	}
	if err := o.move(StateHeld); err != nil {
		return err
	}
	o.hold(reason)
	return nil
}

func (o *Order) hold(reason HoldReason) {
	o.Hold = reason
	o.notify(
		Notice{What: WhatHeld, To: ToBuyer, Reason: string(reason)},
		Notice{What: WhatHeld, To: ToOwners, Reason: string(reason)},
	)
}

// ErrNoStock says that not enough units are left.
var ErrNoStock = errors.New("not enough in stock")

// Release sends a held order on to delivery: by, an owner or the buyer, decided so, or the
// stock came (0). free is as in Receive; ErrNoStock where it is not enough.
func (o *Order) Release(free int, by int64) error {
	switch {
	case o.State == StatePaid || o.State == StateDelivered:
		return ErrUnchanged
	case o.State != StateHeld:
		return &MoveError{Order: o.ID, From: o.State, To: StatePaid}
	case o.needsKeys() && free < o.Item.Quantity:
		return ErrNoStock
	}
	if err := o.move(StatePaid); err != nil {
		return err
	}
	o.Hold, o.Wish, o.ReleasedBy = "", "", by
	return nil
}

// WaitsForStock reports whether units that come are for o before they are for sale.
func (o *Order) WaitsForStock(sku string) bool {
	return o.State == StateHeld && o.Hold == HoldSoldOut && o.Item.SKU == sku && o.Wish != WishRefund
}

// needsKeys reports whether units of stock must still become o's own.
func (o *Order) needsKeys() bool {
	return o.Item.Deliver == catalog.Keys && len(o.Keys) == 0
}
