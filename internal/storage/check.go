package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"shopbot/internal/shop"
)

// Check walks every invariant and reports each breach in words.
func (db *DB) Check(ctx context.Context, report func(breach string)) error {
	return db.read(ctx, func(t *tx) error {
		c := checker{tx: t, report: report, entries: map[string]int{}, stock: map[string]shop.Stock{}, owner: map[string]string{}}
		c.orders()
		c.indexes()
		c.stocks()
		return t.failed
	})
}

type checker struct {
	*tx
	report  func(string)
	entries map[string]int // of all indexes, as the orders say
	stock   map[string]shop.Stock
	owner   map[string]string // key of a product => the order that owns it
}

func (c *checker) breach(format string, args ...any) { c.report(fmt.Sprintf(format, args...)) }

func (c *checker) orders() {
	c.scan(orders, nil, func(k, v []byte) bool {
		var o shop.Order
		if err := json.Unmarshal(v, &o); err != nil || string(o.ID) != string(k) {
			c.breach("order %q cannot be read: %v", k, err)
			return true
		}
		for _, e := range indexes(&o) {
			c.entries[string(e.bucket)+"\x00"+string(e.key)]++
		}
		s := c.stock[o.Item.SKU]
		s.Reserved += o.Reserved()
		s.Sold += len(o.Keys)
		c.stock[o.Item.SKU] = s
		for _, key := range o.Keys {
			place := o.Item.SKU + "\x00" + key
			if other, taken := c.owner[place]; taken {
				c.breach("one key of %s belongs to the orders %s and %s", o.Item.SKU, other, o.ID)
			}
			c.owner[place] = string(o.ID)
		}
		if o.Owed() > 0 {
			c.breach("order %s is paid and has no keys", o.ID)
		}
		for _, asset := range o.PaidAssets() {
			if o.Refundable(asset).Sign() < 0 {
				c.breach("order %s: more refunded than paid in %s", o.ID, asset)
			}
		}
		return true
	})
}

func (c *checker) indexes() {
	for _, bucket := range [][]byte{byBuyer, openByBuyer, byState, work} {
		c.scan(bucket, nil, func(k, _ []byte) bool {
			place := string(bucket) + "\x00" + string(k)
			if c.entries[place] != 1 {
				c.breach("index %s has %q, and no order says so", bucket, k)
			}
			delete(c.entries, place)
			return true
		})
	}
	for place := range c.entries {
		c.breach("an order is missing from its index: %q", place)
	}
}

func (c *checker) stocks() {
	c.scan(units, nil, func(k, v []byte) bool {
		sku := string(k[:len(k)-9])
		s := c.stock[sku]
		s.Free++
		c.stock[sku] = s
		if other, taken := c.owner[sku+"\x00"+string(v)]; taken {
			c.breach("a key of %s is for sale and belongs to order %s", sku, other)
		}
		return true
	})
	for sku, s := range c.stock {
		s.Free -= s.Reserved
		if counted := c.tx.stock(sku); !reflect.DeepEqual(counted, s) {
			c.breach("stock of %s is counted as %+v and is %+v", sku, counted, s)
		}
	}
}
