package bot

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"shopbot/internal/shop"
)

// shutAgain is how often the staff is told of an order whose buyer cannot get into their chat.
const shutAgain = 24 * time.Hour

// isShut reports whether a place could not be opened since a person has to act: the bot may not invite,
// or the chat is gone.
func isShut(err error) bool {
	never, ok := errors.AsType[*shop.UndeliverableError](err)
	return ok && (never.Reason == shop.HoldNoRight || never.Reason == shop.HoldNoChat)
}

// tellShut tells the buyer of a line that they cannot get into its chat just now, and the staff why.
func (c *Courier) tellShut(ctx context.Context, l localizer, o shop.Order, line int, cause error) error {
	c.log.WarnContext(ctx, "open place failed", "order", o.ID, "user", o.Buyer.ID, "error", cause)
	s := screen{Text: l.Say("place_shut", "Title", o.Lines[line].Title, "Order", o.ID), Rows: [][]button{row(problemButton(l, o))}}
	if _, err := c.chat.send(ctx, o.Buyer.ID, s); err != nil {
		return err
	}
	if !c.shut.note(o.ID, time.Now()) {
		return nil
	}
	err := c.toOwners(ctx, ownerNotice{
		to: shop.RoleManager, about: "order " + string(o.ID), log: c.log.With("order", o.ID),
		draw: func(l localizer) screen { return shutScreen(l, o, line, cause) },
	})
	if err != nil {
		c.shut.drop(o.ID)
	}
	return err
}

func shutScreen(l localizer, o shop.Order, line int, cause error) screen {
	rows := [][]button{row(anew(l.button("send_again", actAgain, string(o.ID))))}
	if left := o.RefundLeft(); left.Sign() > 0 && o.CheckRefund(left) == nil {
		rows[0] = append(rows[0], anew(l.button("refund", actAskRefund, string(o.ID))))
	}
	return screen{
		Text: l.Say("owner_place_shut", "Title", o.Lines[line].Title, "Order", o.ID, "Buyer", buyer(l, o.Buyer), "Error", clip(cause.Error(), 200)),
		Rows: append(rows, orderRows(l, o, shop.WhatStranger)...),
	}
}

// shutOrders are the orders of which the staff was lately told that their buyers cannot get in.
type shutOrders struct {
	mu   sync.Mutex
	told map[shop.OrderID]time.Time
}

// note notes that the staff is told of an order now. It returns false if they were told within
// shutAgain.
func (s *shutOrders) note(id shop.OrderID, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.told, func(_ shop.OrderID, at time.Time) bool { return now.Sub(at) >= shutAgain })
	if _, lately := s.told[id]; lately {
		return false
	}
	if s.told == nil {
		s.told = map[shop.OrderID]time.Time{}
	}
	s.told[id] = now
	return true
}

// drop undoes note, since the staff could not be told.
func (s *shutOrders) drop(id shop.OrderID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.told, id)
}
