package shop

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// fromStock are the lines of an order that holds units.
var fromStock = []Line{{FromStock: true}}

// ended is an order of the given end that nobody paid.
func ended(expires time.Time, why CancelReason) Order {
	return Order{State: StateCancelled, Cancelled: why, Created: expires.Add(-time.Minute), Expires: expires, Lines: fromStock}
}

// cancelled is an order with a hold of 30 minutes that its buyer cancelled so long after making it.
func cancelled(made time.Time, after time.Duration) Order {
	o := ended(made.Add(30*time.Minute), CancelByBuyer)
	o.Created, o.Ended = made, made.Add(after)
	return o
}

func TestWhoLetsOrdersLapseIsHeldThingsForShorter(t *testing.T) {
	lapsed := func(n int, more ...Order) []Order {
		var list []Order
		for i := range n {
			list = append(list, ended(noon.Add(-time.Duration(i)*time.Minute), CancelExpired))
		}
		return append(list, more...)
	}
	paid := Order{State: StateDelivered, Payments: []Payment{{}}, Created: noon.Add(-time.Minute), Expires: noon, Lines: fromStock}
	open := Order{State: StateAwaiting, Created: noon.Add(-time.Minute), Expires: noon.Add(time.Minute), Lines: fromStock}
	quick := slices.Repeat([]Order{cancelled(noon.Add(-time.Hour), time.Minute)}, 29)
	text := ended(noon, CancelExpired)
	text.Lines = []Line{{}}
	for name, c := range map[string]struct {
		latest []Order
		full   time.Duration
		want   time.Duration
	}{
		"nobody yet":                {nil, 30 * time.Minute, 30 * time.Minute},
		"once":                      {lapsed(1), 30 * time.Minute, 15 * time.Minute},
		"twice":                     {lapsed(2), 30 * time.Minute, 7*time.Minute + 30*time.Second},
		"three times":               {lapsed(3), 30 * time.Minute, 5 * time.Minute},
		"nine times":                {lapsed(9), 30 * time.Minute, 5 * time.Minute},
		"a short hold stays":        {lapsed(4), time.Minute, time.Minute},
		"whole seconds":             {lapsed(3), 3601 * time.Second, 450 * time.Second},
		"cancelled is no lapse":     {quick, time.Hour, time.Hour},
		"nor hides those before it": {append(slices.Clone(quick), lapsed(1)...), time.Hour, 30 * time.Minute},
		"cancelled at the last moment": {
			slices.Repeat([]Order{cancelled(noon.Add(-time.Hour), 29*time.Minute)}, 3), time.Hour, 15 * time.Minute,
		},
		"goods without stock":         {slices.Repeat([]Order{text}, 20), time.Hour, time.Hour},
		"no invoice is nobody's":      {[]Order{ended(noon, CancelNoInvoice)}, time.Hour, time.Hour},
		"an open one says nothing":    {[]Order{open}, time.Hour, time.Hour},
		"nor hides what was before":   {append([]Order{open}, lapsed(1)...), time.Hour, 30 * time.Minute},
		"a payment makes up":          {append([]Order{paid}, lapsed(9)...), time.Hour, time.Hour},
		"only for what was before it": {lapsed(1, paid), time.Hour, 30 * time.Minute},
		"a day later":                 {[]Order{ended(noon.Add(-lapseMemory), CancelExpired)}, time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			hold, _, err := holdDuration(c.latest, c.full, noon, time.Time{})
			require.NoError(t, err)
			require.Equal(t, c.want, hold)
		})
	}
	_, _, err := holdDuration(append([]Order{open}, lapsed(9)...), time.Hour, noon, time.Time{})
	var tooMany *LapsedError
	require.ErrorAs(t, err, &tooMany)
	require.Equal(t, noon.Add(lapseMemory-8*time.Minute), tooMany.Until)
	_, _, err = holdDuration(append([]Order{open}, lapsed(9)...), time.Hour, tooMany.Until, time.Time{})
	require.NoError(t, err)
	hold, _, err := holdDuration(lapsed(9), time.Hour, noon, noon)
	require.NoError(t, err)
	require.Equal(t, time.Hour, hold, "an owner forgave them")

	_, _, err = holdDuration(slices.Repeat([]Order{cancelled(noon.Add(-time.Hour), time.Second)}, maxUnpaid), time.Hour, noon, time.Time{})
	require.ErrorAs(t, err, &tooMany, "nobody makes so many orders by hand")
	require.Equal(t, noon.Add(-time.Hour/2+lapseMemory), tooMany.Until)
}

// Until is when units can be held again, also where several orders have to be forgotten first.
func TestABlockEndsWhenItSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var latest []Order
		at := noon
		for range rapid.IntRange(0, 40).Draw(t, "orders") {
			at = at.Add(-time.Duration(rapid.IntRange(31, 60).Draw(t, "apart")) * time.Minute)
			after := time.Duration(rapid.IntRange(0, 30).Draw(t, "after")) * time.Minute
			latest = append(latest, cancelled(at, after))
		}
		_, _, err := holdDuration(latest, 30*time.Minute, noon, time.Time{})
		tooMany, blocked := errors.AsType[*LapsedError](err)
		if !blocked {
			return
		}
		_, _, err = holdDuration(latest, 30*time.Minute, tooMany.Until.Add(-time.Second), time.Time{})
		require.Error(t, err)
		_, _, err = holdDuration(latest, 30*time.Minute, tooMany.Until, time.Time{})
		require.NoError(t, err)
	})
}

// However cleverly somebody orders, waits and cancels: without a payment the units are held for no
// longer than the comment of holdDuration says.
func TestABuyerWhoNeverPaysHoldsLittle(t *testing.T) {
	const (
		full    = 30 * time.Minute
		maxOpen = 3
		most    = 167*time.Minute + 30*time.Second
	)
	rapid.Check(t, func(t *rapid.T) {
		var orders []Order // oldest first
		var ends []time.Time
		begun := map[int]time.Time{}
		at := noon
		careful := rapid.Bool().Draw(t, "careful") // lets nothing lapse that can be cancelled before
		for at.Before(noon.Add(72 * time.Hour)) {
			for i := range orders { // what lapses by itself
				if orders[i].Open() && !at.Before(orders[i].Expires) {
					orders[i].State, orders[i].Cancelled, ends[i] = StateCancelled, CancelExpired, orders[i].Expires
				}
			}
			open := 0
			var latest []Order
			for i := len(orders) - 1; i >= 0; i-- {
				if orders[i].Open() {
					open++
				}
				if len(latest) < maxUnpaid {
					latest = append(latest, orders[i])
				}
			}
			if hold, _, err := holdDuration(latest, full, at, time.Time{}); err == nil && open < maxOpen && rapid.IntRange(0, 4).Draw(t, "orders") > 0 {
				begun[len(orders)] = at
				orders = append(orders, Order{State: StateAwaiting, Created: at, Expires: at.Add(hold), Lines: fromStock})
				ends = append(ends, at.Add(hold))
			} else if open > 0 && rapid.IntRange(0, 9).Draw(t, "cancels") == 0 || open > 0 && careful {
				i := len(orders) - 1
				for !orders[i].Open() {
					i--
				}
				for careful && i > 0 && orders[i-1].Open() { // the oldest, which ends next
					i--
				}
				orders[i].State, orders[i].Cancelled, orders[i].Ended, ends[i] = StateCancelled, CancelByBuyer, at, at
			}
			at = at.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
		}
		for first := range orders { // any 24 hours that begin with an order
			held, lapsed := time.Duration(0), 0
			for i := first; i < len(orders) && begun[i].Before(begun[first].Add(24*time.Hour)); i++ {
				held += ends[i].Sub(begun[i])
				if orders[i].Cancelled == CancelExpired {
					lapsed++
				}
			}
			require.LessOrEqual(t, lapsed, maxLapses)
			require.LessOrEqual(t, held, most)
		}
	})
}
