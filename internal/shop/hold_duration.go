package shop

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"
)

// Limits of what a buyer who does not pay may keep from others.
const (
	// shortestHold is the shortest hold, unless InvoiceTTL is shorter.
	shortestHold = 5 * time.Minute
	// lapseMemory is how long after its end an unpaid order counts.
	lapseMemory = 24 * time.Hour
	// maxLapses is how many unpaid orders in a row a buyer may let lapse before nothing is held any
	// more.
	maxLapses = 10
	// maxUnpaid is how many unpaid orders in a row a buyer may make, however they end. It is far
	// beyond what anybody does by hand.
	maxUnpaid = 100
	// wholeHold is the weight of an order that was held until its end.
	wholeHold = 1000
)

// LapsedError says that a buyer let so many orders lapse that no units are held for them for now.
type LapsedError struct {
	Lapses int       // how many orders lapsed
	Until  time.Time // when units can be held again
}

func (e *LapsedError) Error() string {
	return fmt.Sprintf("too many orders left unpaid, until %s", e.Until.UTC().Format(time.RFC3339))
}

// unpaidOrder is an order that held units and that nobody paid.
type unpaidOrder struct {
	weight int // in parts of wholeHold
	end    time.Time
}

// holdDuration is for how long units are held for a buyer whose latest orders are given, newest
// first, and how many of these lapsed; or a *LapsedError. Orders made until pardoned do not count.
//
// Each order in a row that lapsed unpaid in the last 24 hours halves the hold, down to five
// minutes; ten in a row, those still open included, end it until enough of them are a day old. A
// payment resets the count. An order that got no invoice does not count, nor one of goods that
// need no stock.
//
// Cancelling is no lapse, but neither a way around this rule: a cancelled order weighs as much of a
// lapse as it used of its hold, and only whole lapses count. A buyer may cancel within the first
// minutes dozens of times before anything changes.
//
// So a buyer who never pays holds little. Orders weigh less than 11 in any 24 hours. At most 3 are
// open at a time, so those made before the nth whole lapse weigh less than n + 3. With a hold of 30
// minutes they are held for less than 4 × 30 + 15 + 7.5 + 5 × 5 = 167.5 minutes together, and some
// seconds each until the expiry is noticed: of a product of which 10 can be had in one order 1,675
// unit-minutes a day, where without this rule it would be 43,200. The number of units in an order
// needs no other bound than the product's own.
func holdDuration(latest []Order, full time.Duration, at, pardoned time.Time) (hold time.Duration, lapses int, err error) {
	unpaid, open := unpaidOrders(latest, at, pardoned)
	weight := 0
	for _, u := range unpaid {
		weight += u.weight
	}
	lapses = weight / wholeHold
	if lapses > 0 && lapses+open >= maxLapses || len(unpaid) >= maxUnpaid {
		e := &LapsedError{Lapses: lapses}
		for n := len(unpaid); weight/wholeHold > 0 && weight/wholeHold+open >= maxLapses || n >= maxUnpaid; {
			n--
			weight -= unpaid[n].weight
			e.Until = unpaid[n].end.Add(lapseMemory)
		}
		return 0, lapses, e
	}
	hold = (full >> lapses).Truncate(time.Second) // as the payment service counts
	return max(hold, min(shortestHold, full)), lapses, nil
}

// unpaidOrders lists the orders that count against their buyer, newest first, and tells how many
// that hold units are open.
func unpaidOrders(latest []Order, at, pardoned time.Time) (unpaid []unpaidOrder, open int) {
	for i := range latest {
		o := &latest[i]
		switch {
		case len(o.Payments) > 0, !o.Open() && at.Sub(o.Expires) >= lapseMemory, !o.Created.After(pardoned):
			return unpaid, open
		case !o.HoldsStock():
		case o.Open():
			open++
		case ClockWasAhead(o.Created, at): // when it ended is not known
		case o.Cancelled == CancelExpired:
			unpaid = append(unpaid, unpaidOrder{weight: wholeHold, end: o.Expires})
		case o.Cancelled == CancelByBuyer:
			unpaid = append(unpaid, unpaidOrder{weight: o.usedOfHold(), end: o.Expires})
		}
	}
	return unpaid, open
}

// usedOfHold is how much of its hold a cancelled order used, in parts of wholeHold.
func (o *Order) usedOfHold() int {
	hold := o.holdDuration()
	if hold <= 0 || o.Ended.IsZero() {
		return wholeHold
	}
	used := min(max(o.Ended.Sub(o.Created), 0), hold)
	return int(used * wholeHold / hold)
}

// holdDuration is for how long o's units are held and its invoice is payable. It is known while o
// is new.
func (o *Order) holdDuration() time.Duration { return o.Expires.Sub(o.Created) }

func pardonNote(buyer int64) string { return PersonalNote(NotePardon, buyer) }

// pardoned is when an owner last forgave a buyer the orders that lapsed; zero for never.
func (s *Shop) pardoned(ctx context.Context, buyer int64) (time.Time, error) {
	note, err := s.store.Note(ctx, pardonNote(buyer))
	switch {
	case err != nil:
		return time.Time{}, fmt.Errorf("read whether %d was unblocked: %w", buyer, err)
	case len(note) != 8:
		return time.Time{}, nil
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(note))), nil //nolint:gosec // written by Unblock
}
