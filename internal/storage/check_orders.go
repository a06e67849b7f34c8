package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// checkOrders looks at each order by itself, and adds up what all of them say.
func (c *checker) checkOrders() {
	for _, b := range ordersEverywhere() {
		c.checkOrdersIn(b)
	}
}

func (c *checker) checkOrdersIn(b *bucket) {
	c.scan(b, nil, nil, func(id, record []byte) bool {
		saved, err := c.decode(b, shop.OrderID(id), record)
		if err != nil {
			c.breach("%v", err)
			return true
		}
		if b != home(&saved.Order) {
			c.breach("order %s is %s and lies in the bucket %q", id, saved.State, b)
		}
		c.checkOrder(saved)
		saved.eachKey(c.ownKey)
		c.addUp(&saved.Order)
		return true
	})
}

func (c *checker) checkOrder(o *savedOrder) {
	for _, e := range entries(nil, o) {
		c.entries[e.bucket]++
		if c.get(e.bucket, e.key) == nil {
			c.breach("order %s is missing from index %s", o.ID, e.bucket)
		}
	}
	for _, what := range o.Contradictions() {
		c.breach("order %s %s", o.ID, what)
	}
	c.checkTrail(&o.Order)
}

// checkTerms looks whether what orders copied from the catalog is what it was.
func (c *checker) checkTerms() {
	c.scan(sold, nil, nil, func(id, record []byte) bool {
		if sum := sha256.Sum256(record); !bytes.HasPrefix(sum[:], id) || len(id) != len(termsID{}) {
			c.breach("product %x is not what was sold", id)
		}
		return true
	})
}

func (c *checker) addUp(o *shop.Order) {
	s := c.stock[o.Item.SKU]
	s.Reserved += o.Reserved()
	s.Sold += len(o.Keys)
	if o.Item.Deliver == catalog.Keys {
		c.stock[o.Item.SKU] = s
	}
	// From nothing to what it is now: all but what an order was only for a time.
	var whole shop.Counters
	shop.Tally(&shop.Order{}, o, &whole)
	whole.Delivered, whole.Held, whole.Cancelled = 0, 0, 0
	if !o.Delivered.IsZero() {
		whole.Delivered = 1
	}
	for _, sku := range []string{"", o.Item.SKU} {
		if c.sums[sku] == nil {
			c.sums[sku] = &shop.Counters{}
		}
		c.sums[sku].Add(whole)
	}
}

// checkStock compares the counters of the stock with what was found.
func (c *checker) checkStock() {
	c.scan(stocks, nil, nil, func(key, _ []byte) bool {
		if _, found := c.stock[string(key)]; !found {
			c.stock[string(key)] = shop.Stock{}
		}
		return true
	})
	for _, sku := range sortedKeys(c.stock) {
		is := c.stock[sku]
		is.Free -= is.Reserved // on the shelf, and promised
		if is.Free < 0 {
			c.breach("%d units of %s are reserved and %d are there", is.Reserved, sku, is.Free+is.Reserved)
		}
		if counted := c.tx.stock(sku); counted != is {
			c.breach("stock of %s is counted as %+v and is %+v", sku, counted, is)
		}
	}
}

// checkStatistics compares the counters of all time with the orders, as far as
// orders tell, and with the sums of the days.
func (c *checker) checkStatistics() {
	days := map[string]*shop.Counters{}
	total := map[string]*shop.Counters{}
	c.scan(statistics, nil, nil, func(key, record []byte) bool {
		day, sku, _ := bytes.Cut(key, []byte{0})
		counters, err := decodeCounters(record)
		c.check(err)
		to := days
		if string(day) == allTime {
			to = total
		}
		if to[string(sku)] == nil {
			to[string(sku)] = &shop.Counters{}
		}
		to[string(sku)].Add(counters)
		return true
	})
	skus := slices.Concat(slices.Collect(maps.Keys(days)), slices.Collect(maps.Keys(total)), slices.Collect(maps.Keys(c.sums)))
	slices.Sort(skus)
	for _, sku := range slices.Compact(skus) {
		c.compareCounters(sku, "the days", days[sku], total[sku])
		if lasting := total[sku]; lasting != nil {
			lasting.Held, lasting.Cancelled = 0, 0 // of these, orders do not keep everything
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

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
