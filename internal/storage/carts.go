package storage

import (
	"bytes"
	"context"
	"errors"
	"time"

	"shopbot/internal/shop"
)

// pruneCarts is how many carts whose time is over are removed with each one that changes.
const pruneCarts = 3

// Cart implements shop.Carts.
func (db *DB) Cart(ctx context.Context, buyer int64) (shop.Cart, error) {
	now := time.Now()
	return query(ctx, db, func(t *tx) (shop.Cart, error) { return t.freshCart(buyer, now), nil })
}

// ChangeCart implements shop.Carts. A cart with no lines is removed.
func (db *DB) ChangeCart(ctx context.Context, buyer int64, rule func(*shop.Cart) error) (c shop.Cart, err error) {
	err = db.write(ctx, func(t *tx) error {
		c = t.freshCart(buyer, t.batch.at)
		after := c
		switch err := rule(&after); {
		case errors.Is(err, shop.ErrUnchanged):
			return t.failed
		case err != nil:
			return err
		}
		t.removeCart(buyer)
		t.pruneCarts()
		if len(after.Lines) > 0 {
			t.putRecord(bucketCarts, number(buyer), after)
			t.put(bucketCartsByEnd, cartEndKey(&after, buyer), nil)
		}
		c = after
		return t.failed
	})
	return c, err
}

func cartEndKey(c *shop.Cart, buyer int64) []byte {
	return join(moment(c.Changed.Add(shop.CartLife)), number(buyer))
}

// cart reads a buyer's cart. One that cannot be decoded is logged, and counts as missing.
func (t *tx) cart(buyer int64) (c shop.Cart, found bool) {
	return getLenient[shop.Cart](t, bucketCarts, number(buyer), "user", buyer)
}

// freshCart is a buyer's cart; the zero Cart if there is none, or its time is over.
func (t *tx) freshCart(buyer int64, now time.Time) shop.Cart {
	c, found := t.cart(buyer)
	if !found || c.Over(now) {
		return shop.Cart{}
	}
	return c
}

func (t *tx) removeCart(buyer int64) {
	if c, found := t.cart(buyer); found {
		t.remove(bucketCartsByEnd, cartEndKey(&c, buyer))
	}
	t.remove(bucketCarts, number(buyer))
}

// pruneCarts removes a few carts whose time is over. A line of the index that its cart does not
// account for, left by a record that could not be decoded, goes as well.
func (t *tx) pruneCarts() {
	for _, key := range t.takePast(bucketCartsByEnd, t.batch.at, pruneCarts) {
		buyer := toNumber(key[min(8, len(key)):])
		if c, found := t.cart(buyer); found && bytes.Equal(cartEndKey(&c, buyer), key) {
			t.remove(bucketCarts, number(buyer))
		}
	}
}

// checkCarts compares the carts with the index of their ends.
func (c *checker) checkCarts() {
	carts := 0
	c.scan(bucketCarts, nil, nil, func(user, record []byte) bool {
		carts++
		cart, err := decode[shop.Cart](record)
		buyer := toNumber(user)
		switch {
		case err != nil:
			c.breach("cart of buyer %d: %v", buyer, err)
			return true
		case !c.has(bucketCartsByEnd, cartEndKey(&cart, buyer)):
			c.breach("cart of buyer %d will never be removed", buyer)
		}
		for _, breach := range cart.Violations() {
			c.breach("cart of buyer %d %s", buyer, breach)
		}
		return true
	})
	if ends := c.count(bucketCartsByEnd); carts != ends {
		c.breach("%d carts are there and %d will be removed", carts, ends)
	}
}
