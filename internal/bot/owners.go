package bot

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// owners is what is known of the owners' chats in this run. The zero value knows nothing.
type owners struct {
	mu     sync.Mutex
	away   map[int64]bool // cannot be written to, as the log says
	met    map[int64]bool // have been told what they missed
	menus  map[int64]bool // have their command menu
	nobody sync.Once      // to log that there are no owners
}

// set notes a fact of an owner and reports whether it is new.
func (o *owners) set(facts *map[int64]bool, owner int64, fact bool) (changed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if *facts == nil {
		*facts = map[int64]bool{}
	}
	changed = (*facts)[owner] != fact
	(*facts)[owner] = fact
	return changed
}

// isAway reports whether err says that an owner cannot be written to, and logs it once for each
// owner until they can.
func (o *owners) isAway(ctx context.Context, log *slog.Logger, owner int64, err error) bool {
	away := errors.Is(err, telegram.ErrBlocked) || errors.Is(err, telegram.ErrChatGone)
	if err != nil && !away { // no answer tells nothing
		return false
	}
	if o.set(&o.away, owner, away) {
		if away {
			log.WarnContext(ctx, "owner cannot be written to before they press Start in the bot", "user", owner, "error", err)
		} else {
			log.InfoContext(ctx, "owner can be written to", "user", owner)
		}
	}
	return away
}

// missed is what an owner was not told while they could not be reached. It is counted, since it may
// be thousands of sales.
type missed struct {
	Since    time.Time      `json:"since"`
	Sold     int            `json:"sold,omitempty"`
	Turnover []money.Amount `json:"turnover,omitempty"` // of Sold, an amount for each currency
	Waiting  int            `json:"waiting,omitempty"`  // what an owner has to decide
	Refunds  int            `json:"refunds,omitempty"`
	Warnings int            `json:"warnings,omitempty"`
	// Questions are messages of buyers.
	Questions int `json:"questions,omitempty"`
	Reviews   int `json:"reviews,omitempty"`
}

// count adds what an owner is not told of an order.
func (m *missed) count(o *shop.Order, n shop.Notice) {
	switch {
	case n.NeedsAction():
		m.Waiting++
	case n.What == shop.WhatRefundSent:
		m.Refunds++
	case n.What == shop.WhatReplaced: // a person of the staff did it
	case n.What != shop.WhatSold:
		m.Warnings++
	default:
		m.Sold++
		price := o.Price()
		for i, sum := range m.Turnover {
			if sum.Currency() == price.Currency() {
				m.Turnover[i], _ = sum.Add(price) // of one currency by the condition above
				return
			}
		}
		m.Turnover = append(m.Turnover, price)
	}
}

func missedNote(owner int64) string { return shop.PersonalNote(shop.NoteMissed, owner) }

// noteMissed adds to what an owner was not told.
func (c *Courier) noteMissed(ctx context.Context, owner int64, count func(*missed)) error {
	c.owners.mu.Lock()
	defer c.owners.mu.Unlock()
	delete(c.owners.met, owner)
	m, err := c.missedBy(ctx, owner)
	if err != nil {
		return err
	}
	if m.Since.IsZero() {
		m.Since = time.Now()
	}
	count(&m)
	return shop.KeepNote(context.WithoutCancel(ctx), c.chat.memory, missedNote(owner), m)
}

func (c *Courier) missedBy(ctx context.Context, owner int64) (m missed, err error) {
	_, err = shop.ReadNote(ctx, c.chat.memory, missedNote(owner), &m)
	return m, err
}

// tellMissed tells an owner who can be reached again what they missed, in one message.
func (c *Courier) tellMissed(ctx context.Context, l localizer, owner int64) error {
	if !c.owners.set(&c.owners.met, owner, true) {
		return nil
	}
	m, err := c.missedBy(ctx, owner)
	if err == nil && !m.Since.IsZero() {
		_, err = c.chat.send(ctx, owner, missedScreen(l, m))
		if err == nil {
			err = c.forgetMissed(ctx, owner, m)
		}
	}
	if err != nil {
		c.owners.set(&c.owners.met, owner, false)
	}
	return err
}

// forgetMissed drops what an owner was told, unless more was counted meanwhile: then they are
// rather told twice.
func (c *Courier) forgetMissed(ctx context.Context, owner int64, told missed) error {
	c.owners.mu.Lock()
	defer c.owners.mu.Unlock()
	now, err := c.missedBy(ctx, owner)
	if err != nil || !reflect.DeepEqual(now, told) {
		return err
	}
	return c.chat.memory.SetNote(context.WithoutCancel(ctx), missedNote(owner), nil)
}

// dropMissed forgets what somebody missed who is not of the staff any more.
func (c *Courier) dropMissed(ctx context.Context, user int64) error {
	c.owners.mu.Lock()
	defer c.owners.mu.Unlock()
	return c.chat.memory.SetNote(context.WithoutCancel(ctx), missedNote(user), nil)
}

func missedScreen(l localizer, m missed) screen {
	text := l.Say("missed", "Since", l.Moment(m.Since))
	if m.Sold > 0 {
		text += "\n" + l.Say("missed_sold", "Count", m.Sold, "Turnover", l.Prices(m.Turnover))
	}
	for _, line := range []struct {
		id string
		n  int
	}{{"missed_waiting", m.Waiting}, {"missed_refunds", m.Refunds}, {"missed_warnings", m.Warnings}, {"missed_questions", m.Questions}, {"missed_reviews", m.Reviews}} {
		if line.n > 0 {
			text += "\n" + l.Say(line.id, "Count", line.n)
		}
	}
	return screen{Text: text}
}

// meetOwner gives an owner who has written what could not be given before: their command menu and
// what they missed.
func (b *Bot) meetOwner(ctx context.Context, r *request) {
	o := &b.courier.owners
	o.isAway(ctx, b.log, r.user.ID, nil)
	if o.set(&o.menus, r.user.ID, true) {
		if err := b.setUserMenu(ctx, r); err != nil {
			o.set(&o.menus, r.user.ID, false)
			b.log.InfoContext(ctx, "set owner's command menu failed", "user", r.user.ID, "error", err)
		}
	}
	if err := b.courier.tellMissed(ctx, r.loc, r.user.ID); err != nil {
		b.log.WarnContext(ctx, "tell owner what they missed failed", "user", r.user.ID, "error", err)
	}
}
