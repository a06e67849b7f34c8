package shop

import (
	"context"
	"errors"
	"slices"
	"time"

	"shopbot/internal/catalog"
)

// TelegramFile is a file that somebody sent to the bot. Telegram keeps it, for this bot.
type TelegramFile struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Photo bool   `json:"photo,omitempty"` // it was sent as a picture
}

// Result is what a person made or did for a line that is delivered by hand.
type Result struct {
	// Goods are the texts that the buyer gets, and File the file; both empty where there is nothing to
	// send.
	Goods []string
	File  TelegramFile
	By    int64 // Telegram id
}

// ErrByHand says that an order waits for what a person makes or does, so that it cannot be sent on.
var ErrByHand = errors.New("the goods are made by hand")

// WaitsForHand reports whether a line of a paid order waits for what a person makes or does.
func (o *Order) WaitsForHand(l *Line) bool {
	return o.State == StateHeld && o.Buyer.ID != 0 && l.byHand()
}

// Promised is until when the goods that are made by hand are promised to the buyer; zero if o waits
// for none.
func (o *Order) Promised() (until time.Time) {
	if len(o.Payments) == 0 {
		return until
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.byHand() {
			continue
		}
		if at := o.Payments[0].At.Add(l.PartOf(catalog.ByHand).Manual.Within); until.IsZero() || at.Before(until) {
			until = at
		}
	}
	return until
}

// Late reports whether o is held for what a person makes or does, and the promised time is over.
func (o *Order) Late(now time.Time) bool {
	until := o.Promised()
	return o.State == StateHeld && o.Hold == HoldManual && !until.IsZero() && !now.Before(until)
}

// MarkDoneByHand gives a line of a held order what a person made, and the order goes on to delivery
// if it lacks nothing else. The same again gives ErrUnchanged. Errors: ErrHasGoods, *MoveError.
func (o *Order) MarkDoneByHand(line int, r Result, at time.Time, free Free) error {
	if line < 0 || line >= len(o.Lines) {
		return ErrHasGoods
	}
	l := &o.Lines[line]
	switch had := l.PartOf(catalog.ByHand); {
	case had == nil:
		return ErrHasGoods
	case !had.Done.IsZero() && slices.Equal(had.Goods, r.Goods) && had.Attached == r.File:
		return ErrUnchanged
	case !l.byHand():
		return ErrHasGoods
	case o.State != StateHeld:
		return &MoveError{Order: o.ID, From: o.State, To: StatePaid}
	}
	o.Lines = slices.Clone(o.Lines)
	l = &o.Lines[line]
	l.Also = slices.Clone(l.Also)
	part := l.PartOf(catalog.ByHand)
	part.Goods, part.Attached, part.Done, l.ByHand = r.Goods, r.File, at, r.By
	if err := o.Release(free, r.By); err != nil && !errors.Is(err, ErrNoStock) {
		return err
	}
	return nil
}

// MarkLate has buyer and owners told, once, that what is made by hand is late.
func (o *Order) MarkLate(now time.Time) error {
	if o.ToldLate || !o.Late(now) {
		return ErrUnchanged
	}
	o.ToldLate = true
	o.notify(Notice{What: WhatLate, To: ToBuyer}, Notice{What: WhatLate, To: ToOwners})
	return nil
}

// DoneByHand gives a line of a held order what a person made: see Order.MarkDoneByHand. It is stored,
// and then delivered like any other goods.
func (s *Shop) DoneByHand(ctx context.Context, id OrderID, line int, r Result) (Order, error) {
	at := now()
	o, err := s.change(ctx, id, func(o *Order, free Free) error { return o.MarkDoneByHand(line, r, at, free) })
	if err == nil {
		s.log.InfoContext(ctx, "goods made by hand", "order", id, "line", line+1, "state", o.State, "admin", r.By)
	}
	return o, err
}

// tellLate notes that what is made by hand is late.
func (s *Shop) tellLate(ctx context.Context, o Order) error {
	_, err := s.change(ctx, o.ID, func(o *Order, _ Free) error { return o.MarkLate(time.Now()) })
	return err
}

// maxLate is up to how many late orders are counted, among as many held ones.
const maxLate = 200

// CountLate counts the orders that are late with what is made by hand, among the first held ones.
func (s *Shop) CountLate(ctx context.Context) (n int, err error) {
	held, err := s.store.Orders(ctx, Filter{State: StateHeld, Limit: maxLate})
	for i := range held {
		if held[i].Late(time.Now()) {
			n++
		}
	}
	return n, err
}
