package broadcast

import (
	"context"
	"time"

	"shopbot/internal/shop"
)

// Kind is a way of choosing people. The words are stored on disk.
type Kind string

// The kinds of segments.
const (
	All    Kind = "all"
	Bought Kind = "bought" // a product, and did not get all of it refunded
	Idle   Kind = "idle"   // bought before, and not within the last days
	Never  Kind = "never"  // never bought anything
)

// Segment is whom a broadcast is for, among those who have written to the bot.
type Segment struct {
	Kind     Kind   `json:"kind"`
	SKU      string `json:"sku,omitempty"`      // of Bought
	Days     int    `json:"days,omitempty"`     // of Idle
	Language string `json:"language,omitempty"` // that the bot speaks with them; "" for any
}

// ordersPage is how many orders of one person are read at once, the latest first. The answer is
// mostly in the first; everybody's further orders are read page by page.
const ordersPage = 20

// belongs reports whether a person belongs to a segment now. It reads the person's own orders, and
// no more of them than it takes: none for All, those up to the latest sale for Idle and Never.
func (s *Service) belongs(ctx context.Context, p shop.Person, to Segment, now time.Time) (bool, error) {
	if to.Language != "" && s.language(p) != to.Language {
		return false, nil
	}
	if to.Kind == All {
		return true, nil
	}
	since := now.AddDate(0, 0, -to.Days)
	for before := shop.OrderID(""); ; {
		orders, err := s.store.OrdersOf(ctx, p.ID, before, ordersPage)
		if err != nil {
			return false, err
		}
		for i := range orders {
			if o := &orders[i]; isSale(o) && (to.Kind != Bought || hasProduct(o, to.SKU)) {
				return to.Kind == Bought || to.Kind == Idle && o.Created.Before(since), nil
			}
		}
		if len(orders) < ordersPage {
			return to.Kind == Never, nil
		}
		before = orders[len(orders)-1].ID
	}
}

// isSale reports whether an order was paid and the money is not sent back.
func isSale(o *shop.Order) bool {
	switch o.State {
	case shop.StatePaid, shop.StateHeld, shop.StateDelivered:
		return true
	case shop.StateNew, shop.StateAwaiting, shop.StateRefunding, shop.StateRefunded, shop.StateCancelled:
	}
	return false
}

func hasProduct(o *shop.Order, sku string) bool {
	for i := range o.Lines {
		if o.Lines[i].SKU == sku && !o.Lines[i].Refunded {
			return true
		}
	}
	return false
}

// reachable reports whether a person may be written to. Nothing is known of somebody who was
// forgotten; who is blocked cannot order.
func reachable(p shop.Person) bool {
	return p.Last != "" && p.Gone.IsZero() && !p.NoBroadcasts && p.Blocked.At.IsZero()
}

// Audience is how many people a broadcast would reach.
type Audience struct {
	People  int
	Skipped int // belong to the segment, and left the list, had blocked the bot, or are blocked or forgotten
}

// peoplePage is how many people are looked at in one read.
const peoplePage = 500

// Count counts the people of a segment. It looks at everybody, page by page, so it takes a while
// where there are many: see CountLater.
func (s *Service) Count(ctx context.Context, to Segment) (total Audience, err error) {
	now := time.Now()
	for cursor := int64(0); ; {
		found, err := s.look(ctx, to, cursor, peoplePage, peoplePage, now)
		if err != nil {
			return total, err
		}
		total.People += len(found.found)
		total.Skipped += found.skipped
		if found.looked {
			return total, nil
		}
		cursor = found.cursor
	}
}

// look looks at up to limit people after an id, until room of them are to be written to.
func (s *Service) look(ctx context.Context, to Segment, after int64, limit, room int, now time.Time) (found step, err error) {
	found.cursor = after
	people, err := s.store.People(ctx, after, limit)
	if err != nil {
		return found, err
	}
	for _, p := range people {
		if len(found.found) == room {
			return found, nil
		}
		belongs, err := s.belongs(ctx, p, to, now)
		switch {
		case err != nil:
			return found, err
		case belongs && reachable(p):
			found.found = append(found.found, p.ID)
		case belongs:
			found.skipped++
		}
		found.cursor = p.ID
	}
	found.looked = len(people) < limit
	return found, nil
}
