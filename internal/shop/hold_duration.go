package shop

import (
	"fmt"
	"time"
)

// Limits of what a buyer who does not pay may keep from others.
const (
	// shortestHold is the shortest hold, unless InvoiceTTL is shorter.
	shortestHold = 5 * time.Minute
	// lapseMemory is how long after its end an unpaid order counts.
	lapseMemory = 24 * time.Hour
	// maxLapses is how many unpaid orders in a row a buyer may have before nothing is held any
	// more.
	maxLapses = 10
)

// LapsedError says that a buyer left so many orders unpaid that no units are held for them for now.
type LapsedError struct {
	Until time.Time // when units can be held again
}

func (e *LapsedError) Error() string {
	return fmt.Sprintf("too many orders left unpaid, until %s", e.Until.UTC().Format(time.RFC3339))
}

// holdDuration is for how long units are held for a buyer whose latest orders are given, newest
// first, or a *LapsedError.
//
// Each order in a row that lapsed, or was cancelled, unpaid in the last 24 hours halves the hold,
// down to five minutes; ten in a row, those still open included, end it until the first of them is
// a day old. A payment resets the count, and an order that got no invoice does not count, nor
// does one that was made while the clock was ahead: when it ended is not known.
//
// So a buyer who never pays makes at most 10 orders in any 24 hours. Of the nth at least n − 3 have
// lapsed before, where 3 may be open at a time, so with a hold of 30 minutes they are held for at
// most 3 × 30 + 15 + 7.5 + 5 × 5 = 137.5 minutes together, and some seconds each until the expiry
// is noticed: of a product of which 10 can be had in one order 1,375 unit-minutes a day at most,
// where without this rule it would be 43,200. The number of units in an order needs no other bound
// than the product's own.
func holdDuration(latest []Order, full time.Duration, at time.Time) (time.Duration, error) {
	lapsed, open := 0, 0
	var oldest time.Time // when the oldest counted order ended
	for i := range latest {
		o := &latest[i]
		if o.Open() {
			open++
			continue
		}
		if len(o.Payments) > 0 || at.Sub(o.Expires) >= lapseMemory {
			break
		}
		if o.Cancelled == CancelNoInvoice || ClockWasAhead(o.Created, at) {
			continue
		}
		lapsed++
		oldest = o.Expires
		if lapsed == maxLapses {
			break
		}
	}
	if lapsed > 0 && lapsed+open >= maxLapses {
		return 0, &LapsedError{Until: oldest.Add(lapseMemory)}
	}
	hold := (full >> lapsed).Truncate(time.Second) // as the payment service counts
	return max(hold, min(shortestHold, full)), nil
}

// holdDuration is for how long o's units are held and its invoice is payable. It is known while o
// is new.
func (o *Order) holdDuration() time.Duration { return o.Expires.Sub(o.Created) }
