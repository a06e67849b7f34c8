package storage

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"shopbot/internal/shop"
)

// checkOrders checks each order, and adds up all of them.
func (c *checker) checkOrders() {
	c.scan(bucketOrders, nil, nil, func(id, record []byte) bool {
		o, err := decodeOrder(shop.OrderID(id), record)
		if err != nil {
			c.breach("%v", err)
			return true
		}
		for _, e := range indexEntries(&o.Order) {
			c.entries[e.bucket]++
			if !c.has(e.bucket, []byte(e.key)) {
				c.breach("order %s is missing from index %q", o.ID, e.bucket)
			}
		}
		for _, what := range o.Violations() {
			c.breach("order %s %s", o.ID, what)
		}
		c.checkTrail(o)
		c.checkChecks(&o.Order)
		c.addUp(&o.Order)
		return true
	})
}

// checkChecks finds checks that two orders count as theirs. A transfer has the refund's id, a check
// has none.
func (c *checker) checkChecks(o *shop.Order) {
	for _, check := range o.Checks() {
		if of := c.get(bucketChecks, checkKey(o.Rail, check)); of != nil && string(of) != string(o.ID) {
			c.breach("orders %s and %s have a refund by the same check %s", of, o.ID, check)
		}
	}
}

func (c *checker) addUp(o *shop.Order) {
	for sku, n := range o.Reserved() {
		s := c.stock[sku]
		s.Reserved += n
		c.stock[sku] = s
	}
	c.checkUnitsOf(o)
	c.checkBurnedBy(o)
	c.addCouponUse(o)
	// Counts from an order's final state, so passing states (held, cancelled) are left out.
	whole := map[string]*shop.Counters{}
	shop.Tally(&shop.Order{}, o, func(sku string) *shop.Counters {
		if whole[sku] == nil {
			whole[sku] = &shop.Counters{}
		}
		return whole[sku]
	})
	for sku, adds := range whole {
		adds.Delivered, adds.Held, adds.Cancelled = 0, 0, 0
		if !o.Delivered.IsZero() {
			adds.Delivered = 1
		}
		if c.sums[sku] == nil {
			c.sums[sku] = &shop.Counters{}
		}
		c.sums[sku].Add(*adds)
	}
}

// checkStatistics compares the counters of all time with the orders, as far as orders tell, and
// with the sums of the days.
func (c *checker) checkStatistics() {
	days, months, total := map[string]*shop.Counters{}, map[string]*shop.Counters{}, map[string]*shop.Counters{}
	c.scan(bucketStatistics, nil, nil, func(key, record []byte) bool {
		day, sku, _ := bytes.Cut(key, []byte{0})
		counters, err := decode[shop.Counters](record)
		if err != nil {
			c.breach("statistics of %s, product %q: %v", day, sku, err)
		}
		to := days
		switch {
		case string(day) == allTime:
			to = total
		case bytes.HasPrefix(day, []byte(monthMark)):
			to = months
		}
		if to[string(sku)] == nil {
			to[string(sku)] = &shop.Counters{}
		}
		to[string(sku)].Add(counters)
		return true
	})
	skus := slices.Concat(slices.Collect(maps.Keys(days)), slices.Collect(maps.Keys(months)), slices.Collect(maps.Keys(total)), slices.Collect(maps.Keys(c.sums)))
	slices.Sort(skus)
	for _, sku := range slices.Compact(skus) {
		c.compareCounters(sku, "the days", days[sku], total[sku])
		c.compareCounters(sku, "the months", months[sku], total[sku])
		if lasting := total[sku]; lasting != nil {
			lasting.Held, lasting.Cancelled = 0, 0 // passing states, which the final state does not show
		}
		c.compareCounters(sku, "the orders", c.sums[sku], total[sku])
	}
}

func (c *checker) compareCounters(sku, who string, say, counted *shop.Counters) {
	if a, b := asText(say), asText(counted); a != b {
		c.breach("statistics of %q count %s and %s say %s", sku, b, who, a)
	}
}

// asText makes counters comparable: equal amounts may differ inside.
func asText(c any) string {
	if c, ok := c.(*shop.Counters); ok && c == nil {
		return "nothing"
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
