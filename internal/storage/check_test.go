package storage

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func TestCheckFindsEveryBreach(t *testing.T) {
	bought := draft(1) // owns "key 1"
	placed := draft(2)
	first := func(t *tx, bucket *bucket) (key []byte) {
		t.scan(bucket, nil, nil, func(k, _ []byte) bool {
			key = append(key, k...)
			return false
		})
		return key
	}
	rewrite := func(change func(o *shop.Order)) func(*tx) {
		return func(t *tx) {
			o, err := t.saved(bought.ID)
			t.check(err)
			before := *o
			change(&o.Order)
			t.putRecord(&before, o)
		}
	}
	for name, c := range map[string]struct {
		harm func(t *tx)
		says string
	}{
		"an index lacks a line": {
			func(t *tx) { t.remove(byBuyer, buyerKey(bought.Buyer.ID, bought.ID)) }, "missing from index by buyer",
		},
		"an index has a line too many": {
			func(t *tx) { t.put(byState, stateKey(shop.StateHeld, bought.ID), nil) }, "no order says so",
		},
		"an index names an order that is not there": {
			func(t *tx) { t.put(inWorkOf, buyerKey(7, "NOBODY"), nil) }, "no order says so",
		},
		"an order cannot be read": {
			func(t *tx) { t.put(inWork, []byte(bought.ID), []byte{9}) }, "database damaged: order",
		},
		"stock is counted wrong": {
			func(t *tx) { t.put(stocks, []byte("vpn"), encodeStock(shop.Stock{Free: 7})) }, "stock of vpn is counted as",
		},
		"a key is lost from the shelf": {
			func(t *tx) { k := first(t, units); t.remove(units, k) }, "stock of vpn",
		},
		"a sold key is for sale again": {
			func(t *tx) { t.put(units, join(under("vpn"), number(99)), []byte("key 1")) }, "there twice",
		},
		"two orders own the same key": {
			func(t *tx) {
				o, err := t.saved(placed.ID)
				t.check(err)
				o.Keys = []string{"key 1"}
				t.putRecord(o, o)
			}, "there twice",
		},
		"a key could be loaded again": {
			func(t *tx) { t.remove(known, knownKey("vpn", "key 1")) }, "not known",
		},
		"a paid order has no keys":    {rewrite(func(o *shop.Order) { o.Keys = nil }), "owns 0 keys"},
		"an order owns too many keys": {rewrite(func(o *shop.Order) { o.Keys = []string{"key 1", "x"} }), "owns 2 keys"},
		"more was refunded than paid": {rewrite(func(o *shop.Order) { o.Refunds = []shop.Refund{{Amount: o.Total.Times(2)}} }), "refunded than paid"},
		"an order forgot a payment":   {rewrite(func(o *shop.Order) { o.Payments = nil }), "knows nothing of the payment"},
		"statistics lack an order":    {rewrite(func(o *shop.Order) { o.Payments = append(o.Payments, o.Payments...) }), "the orders say"},
		"days are not all time":       {func(t *tx) { t.remove(statistics, statisticsKey(allTime, "vpn")) }, "the days say"},
		"statistics cannot be read":   {func(t *tx) { t.put(statistics, statisticsKey(allTime, "vpn"), []byte{9}) }, "unknown format"},
		"an audit entry is lost":      {func(t *tx) { t.remove(audit, number(3)) }, "audit entry 3"},
		"the news of a payment is lost": {
			func(t *tx) {
				r, err := decodeAudit(3, t.get(audit, number(3)))
				t.check(err)
				r.source, r.packed = "", nil
				t.put(audit, number(3), encodeAudit(nil, &r, make([]byte, hashBytes)))
			}, "the news of the payment of invoice",
		},
		"an order is in two places": {
			func(t *tx) { t.put(delivered, []byte(bought.ID), t.get(inWork, []byte(bought.ID))) }, "lies in the bucket",
		},
		"what was sold is not there": {
			func(t *tx) {
				o, err := t.saved(placed.ID)
				t.check(err)
				t.remove(sold, o.terms[:])
				t.cache.known = nil
			}, "is missing",
		},
		"an update is pending and done": {
			func(t *tx) { t.put(inbox, number(5), []byte("{}")) }, "update 5 is pending and done",
		},
		"an update is remembered for ever": {
			func(t *tx) { k := first(t, doneByTime); t.remove(doneByTime, k) }, "never be forgotten",
		},
		"an update will be forgotten twice": {
			func(t *tx) { t.put(doneByTime, join(number(1), number(5)), nil) }, "1 updates are done and 2",
		},
		"a delivered order lost its keys": {
			rewrite(func(o *shop.Order) { o.State, o.Delivered, o.Keys = shop.StateDelivered, o.Created, nil }), "is delivered and owns 0 keys",
		},
		"an order is in no state": {rewrite(func(o *shop.Order) { o.State = "lost" }), `is in the unknown state "lost"`},
		"a refund is not on its way": {
			rewrite(func(o *shop.Order) { o.State, o.Resume = shop.StateRefunding, shop.StateDelivered }), "has no refund to make",
		},
		"a sold key came back under another number": {
			func(t *tx) { t.put(units, join(under("vpn"), number(1)), []byte("key 1")) }, "of order " + string(bought.ID) + " and for sale",
		},
		"a key is known of a product that is not there": {
			func(t *tx) { t.put(known, knownKey("ghost", "k"), nil) }, "1 keys of ghost are known and 0 are there",
		},
		"the next key loaded would replace one": {
			func(t *tx) {
				t.wrote = true
				t.over.last[units.number] = 1
				t.frame = append(t.frame, entrySequence, units.number, 1)
			}, "would be replaced",
		},
		"a product is not what was sold": {
			func(t *tx) {
				id := first(t, sold)
				t.put(sold, id, append(bytes.Clone(t.get(sold, id)), t.get(sold, id)...))
			}, "is not what was sold",
		},
		"updates put aside are counted wrong": {
			func(t *tx) { t.put(aside, number(9), []byte("x")) }, "0 updates are counted as put aside and 1 are",
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, inTemp(t))
			require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
			_, err := db.AddStock(t.Context(), "vpn", []string{"a", "b"}, 7)
			require.NoError(t, err)
			_, _, err = db.Checkout(t.Context(), placed, 0)
			require.NoError(t, err)
			end(t, db, 5)
			sound(t, db)

			require.NoError(t, db.write(t.Context(), func(t *tx) error {
				c.harm(t)
				return t.failed
			}))
			var breaches []string
			require.NoError(t, db.Check(t.Context(), func(breach string) { breaches = append(breaches, breach) }))
			require.Contains(t, strings.Join(breaches, "\n"), c.says)
		})
	}
}
