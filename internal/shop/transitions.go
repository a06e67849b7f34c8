package shop

import (
	"errors"
	"slices"
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
	case CancelNoInvoice, CancelRefused:
		o.notify(Notice{What: WhatNoInvoice, To: ToBuyer})
	case CancelByBuyer: // sees it at once
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

// MarkMade stores the goods that were made for a line in one way, before they are sent. What has its
// goods keeps them (ErrUnchanged).
func (o *Order) MarkMade(line int, kind catalog.Kind, goods []string) error {
	part := o.Lines[line].PartOf(kind)
	switch {
	case o.State != StatePaid:
		return &MoveError{Order: o.ID, From: o.State, To: StateDelivered}
	case len(goods) == 0 || part == nil || len(part.Goods) > 0:
		return ErrUnchanged
	}
	o.Lines = slices.Clone(o.Lines)
	l := &o.Lines[line]
	l.Also = slices.Clone(l.Also)
	l.PartOf(kind).Goods = goods
	o.dropRetry(TaskMake) // the next one's turn
	return nil
}

// MarkPreparing has the buyer told, once, that goods are being prepared.
func (o *Order) MarkPreparing() error {
	if o.Preparing || o.State != StatePaid {
		return ErrUnchanged
	}
	o.Preparing = true
	o.notify(Notice{What: WhatPreparing, To: ToBuyer})
	return nil
}

// MarkLineDelivered notes that a line's goods are with the buyer. With the last line the order is
// delivered.
func (o *Order) MarkLineDelivered(line int, at time.Time) error {
	switch {
	case !o.Lines[line].Pending():
		return ErrUnchanged
	case o.State != StatePaid:
		return &MoveError{Order: o.ID, From: o.State, To: StateDelivered}
	}
	before, replaced := o.Lines, len(o.Lines[line].Replacing()) > 0
	o.Lines = slices.Clone(o.Lines)
	o.Lines[line].markDelivered(at)
	if o.pendingLines() {
		o.dropRetry(TaskDeliver) // the next line's turn
		return nil
	}
	if err := o.move(StateDelivered); err != nil {
		o.Lines = before
		return err
	}
	first := o.Delivered.IsZero()
	o.Delivered = at
	told := WhatSold
	if replaced {
		told = WhatReplaced
	}
	o.notify(Notice{What: told, To: ToOwners})
	if o.Invited && first {
		o.notify(Notice{What: WhatReward, To: ToBuyer}, Notice{What: WhatReward, To: ToInviter})
	}
	return nil
}

// markDelivered notes that the line's goods are with the buyer, new units included.
func (l *Line) markDelivered(at time.Time) {
	if l.Delivered.IsZero() {
		l.Delivered = at
	}
	l.Replaced = slices.Clone(l.Replaced)
	for i := range l.Replaced {
		if l.Replaced[i].Delivered.IsZero() {
			l.Replaced[i].Delivered = at
		}
	}
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

// MarkHeld stops the delivery of a paid order until a person decides.
func (o *Order) MarkHeld(reason HoldReason) error {
	switch o.State {
	case StateHeld:
		return ErrUnchanged
	case StatePaid:
	case StateNew, StateAwaiting, StateDelivered, StateRefunding, StateRefunded, StateCancelled:
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

// Release sends a held order on to delivery: by is the owner or the buyer who decided so, or 0 if
// stock came. *SoldOutError where units are still missing.
func (o *Order) Release(free Free, by int64) error {
	switch {
	case o.State == StatePaid || o.State == StateDelivered:
		return ErrUnchanged
	case o.State != StateHeld:
		return &MoveError{Order: o.ID, From: o.State, To: StatePaid}
	}
	if short := o.short(free); short != nil {
		return short
	}
	if err := o.move(StatePaid); err != nil {
		return err
	}
	o.Hold, o.Choice, o.ReleasedBy = "", "", by
	return nil
}

// waitsForNothing reports whether o was held for want of units and needs none any more: the lines
// that did were paid back.
func (o *Order) waitsForNothing() bool {
	return o.State == StateHeld && o.Hold == HoldSoldOut && o.Choice != ChoiceRefund && len(o.missingUnits()) == 0
}

// WaitsForStock reports whether units of a product that come are for o before they are for sale.
func (o *Order) WaitsForStock(sku string) bool {
	return o.State == StateHeld && o.Hold == HoldSoldOut && o.Choice != ChoiceRefund && o.missingUnits()[sku] > 0
}
