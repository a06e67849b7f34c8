package shop

import (
	"cmp"
	"slices"
	"time"

	"shopbot/internal/money"
)

// Day is a calendar day in the shop's zone, written "2026-11-23", or a whole month, written "2026-11".
type Day string

// DayOf is the day of a zone to which a moment belongs.
func DayOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format(time.DateOnly)) }

// MonthOf is the month of a zone to which a moment belongs.
func MonthOf(t time.Time, zone *time.Location) Day { return Day(t.In(zone).Format("2006-01")) }

// DayBefore is the day that many days before the one of a zone to which a moment belongs.
func DayBefore(t time.Time, zone *time.Location, days int) Day {
	y, m, d := t.In(zone).Date()
	return DayOf(time.Date(y, m, d-days, 12, 0, 0, 0, time.UTC), time.UTC) // clocks are changed at night
}

// IsMonth reports whether d is a whole month.
func (d Day) IsMonth() bool { return len(d) == len("2006-01") }

// Sums holds one total for each currency, in the order of their codes.
type Sums []money.Amount

// Add puts a on top of its currency's total.
func (s *Sums) Add(a money.Amount) {
	if a.IsZero() {
		return
	}
	i, found := s.find(a.Currency())
	if !found {
		*s = slices.Insert(*s, i, a)
		return
	}
	(*s)[i], _ = (*s)[i].Add(a) // of one currency
}

// Of is the total of a currency.
func (s *Sums) Of(c money.Currency) money.Amount {
	if i, found := s.find(c); found {
		return (*s)[i]
	}
	return money.Zero(c)
}

func (s *Sums) find(c money.Currency) (int, bool) {
	return slices.BinarySearchFunc(*s, c, func(a money.Amount, c money.Currency) int {
		return cmp.Compare(a.Currency(), c)
	})
}

// Counters count what happened to one product on one day, or to all together. An order of several
// products counts once for each of them, and once in all.
type Counters struct {
	Ordered   int  `json:"ordered,omitempty"`
	Paid      int  `json:"paid,omitempty"`
	Units     int  `json:"units,omitempty"` // sold, that is paid
	Delivered int  `json:"delivered,omitempty"`
	Held      int  `json:"held,omitempty"` // times an order was held
	Cancelled int  `json:"cancelled,omitempty"`
	Replaced  int  `json:"replaced,omitempty"` // units that did not work, each of which cost another one
	Revenue   Sums `json:"revenue,omitempty"`  // prices of what was paid less discounts, in the shop's currency
	// Coins are counted for all products together: a payment is for a whole order.
	Received Sums `json:"received,omitempty"` // what was paid, in the assets it was paid with
	Fees     Sums `json:"fees,omitempty"`     // what the payment service kept
	Refunded Sums `json:"refunded,omitempty"` // what went back, in the assets it went back in
	// ByHand is the part of Received less Refunded that the payment service knows nothing of.
	ByHand Sums `json:"by_hand,omitempty"`
}

// Add adds other to c.
func (c *Counters) Add(other Counters) {
	c.Ordered += other.Ordered
	c.Paid += other.Paid
	c.Units += other.Units
	c.Delivered += other.Delivered
	c.Held += other.Held
	c.Cancelled += other.Cancelled
	c.Replaced += other.Replaced
	addSums(&c.Revenue, other.Revenue)
	addSums(&c.Received, other.Received)
	addSums(&c.Fees, other.Fees)
	addSums(&c.Refunded, other.Refunded)
	addSums(&c.ByHand, other.ByHand)
}

// Zero reports whether nothing was counted.
func (c Counters) Zero() bool {
	return c.Ordered|c.Paid|c.Units|c.Delivered|c.Held|c.Cancelled|c.Replaced == 0 &&
		len(c.Revenue)+len(c.Received)+len(c.Fees)+len(c.Refunded)+len(c.ByHand) == 0
}

func addSums(to *Sums, from Sums) {
	for _, a := range from {
		to.Add(a)
	}
}

// Tally counts what a change of an order adds to the statistics: count returns the counters of a
// product, or of all products together (""). before is the zero Order for a new one. A store books
// it on the day of the change, in the shop's zone.
func Tally(before, after *Order, count func(sku string) *Counters) {
	total := count("")
	paid := len(before.Payments) == 0 && len(after.Payments) > 0
	tallyState(before, after, total)
	for i := range after.Lines {
		sku := after.Lines[i].SKU
		if slices.ContainsFunc(after.Lines[:i], func(l Line) bool { return l.SKU == sku }) {
			continue
		}
		c := count(sku)
		tallyState(before, after, c)
		if paid {
			c.Paid++
		}
	}
	if paid {
		total.Paid++
		total.Revenue.Add(after.Total)
		shares := after.lineShares(after.Total)
		for i := range after.Lines {
			l := &after.Lines[i]
			total.Units += l.Quantity
			c := count(l.SKU)
			c.Units += l.Quantity
			c.Revenue.Add(shares[i])
		}
	}
	for _, p := range after.Payments[min(len(before.Payments), len(after.Payments)):] {
		total.Received.Add(p.Amount)
		total.Fees.Add(p.Fee)
		if p.Rail == Hand {
			total.ByHand.Add(p.Amount)
		}
	}
	for sku, units := range Burned(before, after) {
		count(sku).Replaced += len(units)
		total.Replaced += len(units)
	}
	for i, r := range after.Refunds {
		if r.Status == RefundSent && (i >= len(before.Refunds) || before.Refunds[i].Status != RefundSent) {
			total.Refunded.Add(r.Amount)
			if r.Way == ByHand {
				back, _ := money.Zero(r.Amount.Currency()).Sub(r.Amount) // of one currency
				total.ByHand.Add(back)
			}
		}
	}
}

// tallyState counts what an order's change of state adds to the counters of one of its products.
func tallyState(before, after *Order, c *Counters) {
	if before.State == "" {
		c.Ordered++
	}
	if before.State == after.State {
		return
	}
	switch after.State {
	case StateDelivered:
		if before.Delivered.IsZero() { // else a refund's way back
			c.Delivered++
		}
	case StateHeld:
		if before.State != StateRefunding && after.Hold != HoldManual {
			c.Held++
		}
	case StateCancelled:
		c.Cancelled++
	case StateNew, StateAwaiting, StatePaid, StateRefunding, StateRefunded:
	}
}

// Statistics are the counters of a span of days, in all and for each product.
type Statistics struct {
	Total    Counters
	Products map[string]Counters // by SKU
}
