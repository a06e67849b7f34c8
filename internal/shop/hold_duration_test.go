package shop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ended is an order of the given end that nobody paid.
func ended(expires time.Time, why CancelReason) Order {
	return Order{State: StateCancelled, Cancelled: why, Created: expires.Add(-time.Minute), Expires: expires}
}

func TestWhoLetsOrdersLapseIsHeldThingsForShorter(t *testing.T) {
	lapsed := func(n int, more ...Order) []Order {
		var list []Order
		for i := range n {
			list = append(list, ended(noon.Add(-time.Duration(i)*time.Minute), CancelExpired))
		}
		return append(list, more...)
	}
	paid := Order{State: StateDelivered, Payments: []Payment{{}}, Expires: noon}
	open := Order{State: StateAwaiting, Expires: noon.Add(time.Minute)}
	for name, c := range map[string]struct {
		latest []Order
		full   time.Duration
		want   time.Duration
	}{
		"nobody yet":                  {nil, 30 * time.Minute, 30 * time.Minute},
		"once":                        {lapsed(1), 30 * time.Minute, 15 * time.Minute},
		"twice":                       {lapsed(2), 30 * time.Minute, 7*time.Minute + 30*time.Second},
		"three times":                 {lapsed(3), 30 * time.Minute, 5 * time.Minute},
		"nine times":                  {lapsed(9), 30 * time.Minute, 5 * time.Minute},
		"a short hold stays":          {lapsed(4), time.Minute, time.Minute},
		"whole seconds":               {lapsed(3), 3601 * time.Second, 450 * time.Second},
		"cancelled counts":            {[]Order{ended(noon.Add(time.Minute), CancelByBuyer)}, time.Hour, 30 * time.Minute},
		"no invoice is nobody's":      {[]Order{ended(noon, CancelNoInvoice)}, time.Hour, time.Hour},
		"an open one says nothing":    {[]Order{open}, time.Hour, time.Hour},
		"nor hides those before it":   {append([]Order{open}, lapsed(1)...), time.Hour, 30 * time.Minute},
		"a payment makes up":          {append([]Order{paid}, lapsed(9)...), time.Hour, time.Hour},
		"only for what was before it": {lapsed(1, paid), time.Hour, 30 * time.Minute},
		"a day later":                 {[]Order{ended(noon.Add(-lapseMemory), CancelExpired)}, time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			hold, err := holdDuration(c.latest, c.full, noon)
			require.NoError(t, err)
			require.Equal(t, c.want, hold)
		})
	}
	_, err := holdDuration(append([]Order{open}, lapsed(9)...), time.Hour, noon)
	var tooMany *LapsedError
	require.ErrorAs(t, err, &tooMany)
	require.Equal(t, noon.Add(lapseMemory-8*time.Minute), tooMany.Until)
	_, err = holdDuration(append([]Order{open}, lapsed(9)...), time.Hour, tooMany.Until)
	require.NoError(t, err)
}

// However cleverly somebody orders, waits and cancels: without a payment the units are held for no
// longer than the comment of holdDuration says.
func TestABuyerWhoNeverPaysHoldsLittle(t *testing.T) {
	const (
		full    = 30 * time.Minute
		maxOpen = 3
		most    = 137*time.Minute + 30*time.Second
	)
	rapid.Check(t, func(t *rapid.T) {
		var orders []Order // oldest first
		var ends []time.Time
		begun := map[int]time.Time{}
		at := noon
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
				if len(latest) < maxLapses+maxOpen {
					latest = append(latest, orders[i])
				}
			}
			if hold, err := holdDuration(latest, full, at); err == nil && open < maxOpen && rapid.IntRange(0, 4).Draw(t, "orders") > 0 {
				begun[len(orders)] = at
				orders = append(orders, Order{State: StateAwaiting, Created: at, Expires: at.Add(hold)})
				ends = append(ends, at.Add(hold))
			} else if open > 0 && rapid.IntRange(0, 9).Draw(t, "cancels") == 0 {
				i := len(orders) - 1
				for !orders[i].Open() {
					i--
				}
				orders[i].State, orders[i].Cancelled, ends[i] = StateCancelled, CancelByBuyer, at
			}
			at = at.Add(time.Duration(rapid.IntRange(1, 20).Draw(t, "minutes")) * time.Minute)
		}
		for first := range orders { // any 24 hours that begin with an order
			held, made := time.Duration(0), 0
			for i := first; i < len(orders) && begun[i].Before(begun[first].Add(24*time.Hour)); i++ {
				held += ends[i].Sub(begun[i])
				made++
			}
			require.LessOrEqual(t, made, maxLapses)
			require.LessOrEqual(t, held, most)
		}
	})
}
