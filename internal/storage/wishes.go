package storage

import (
	"bytes"
	"context"
	"slices"

	"shopbot/internal/shop"
	"shopbot/internal/wish"
)

func wishKey(sku string, place int64) []byte { return join(under(sku), number(place)) }

func wishOfKey(user int64, sku string) []byte { return join(number(user), []byte(sku)) }

// wish reads a wish; the zero Wish if there is none, or if it cannot be decoded, which is logged.
func (t *tx) wish(user int64, sku string) wish.Wish {
	w, _ := getLenient[wish.Wish](t, bucketWishesOf, wishOfKey(user, sku), "user", user, "sku", sku)
	return w
}

// AddWish implements wish.Store.
func (db *DB) AddWish(ctx context.Context, user int64, sku string) (added bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		had := t.wish(user, sku)
		if added = !had.Waits(); !added {
			return t.failed
		}
		if had.SKU == "" && len(t.wishesOf(user)) >= wish.Max {
			return wish.ErrTooMany
		}
		w := wish.Wish{SKU: sku, At: t.batch.at, Place: t.next(bucketWishes)}
		t.put(bucketWishes, wishKey(sku, w.Place), number(user))
		t.putRecord(bucketWishesOf, wishOfKey(user, sku), w)
		return t.failed
	})
	return added, err
}

// RemoveWish implements wish.Store.
func (db *DB) RemoveWish(ctx context.Context, user int64, sku string) error {
	return db.write(ctx, func(t *tx) error {
		t.removeWish(user, sku)
		return t.failed
	})
}

func (t *tx) removeWish(user int64, sku string) {
	if !t.has(bucketWishesOf, wishOfKey(user, sku)) {
		return
	}
	if w := t.wish(user, sku); w.Waits() {
		t.remove(bucketWishes, wishKey(sku, w.Place))
	}
	t.remove(bucketWishesOf, wishOfKey(user, sku))
}

// WishesOf implements wish.Store.
func (db *DB) WishesOf(ctx context.Context, user int64) ([]wish.Wish, error) {
	return query(ctx, db, func(t *tx) (list []wish.Wish, _ error) {
		for _, sku := range t.wishesOf(user) {
			if w := t.wish(user, sku); w.SKU != "" {
				list = append(list, w)
			}
		}
		return list, nil
	})
}

// wishesOf lists the products on a person's list, also those whose records cannot be decoded.
func (t *tx) wishesOf(user int64) (skus []string) {
	t.scan(bucketWishesOf, number(user), nil, func(sku, _ []byte) bool {
		skus = append(skus, string(sku))
		return true
	})
	return skus
}

// forgetWishes removes a person's list.
func (t *tx) forgetWishes(user int64) {
	for _, sku := range t.wishesOf(user) {
		t.removeWish(user, sku)
	}
}

// endWishes takes what an order's buyer has just paid for off their list.
func (t *tx) endWishes(before, after *shop.Order) {
	if len(before.Payments) > 0 || len(after.Payments) == 0 {
		return
	}
	for i := range after.Lines {
		t.removeWish(after.Buyer.ID, after.Lines[i].SKU)
	}
}

// addTurns notes that n units of a product become free, of which free were for sale already, if
// anybody waits for it.
func (t *tx) addTurns(sku string, free, n int) {
	if t.firstWish(sku) == 0 {
		return
	}
	if free <= 0 {
		t.put(bucketWishBack, []byte(sku), number(t.sequence(bucketWishes)))
	}
	turns := toNumber(t.get(bucketWishTurns, []byte(sku)))
	t.put(bucketWishTurns, []byte(sku), number(turns+int64(n)))
}

// firstWish is the first place in a product's queue; 0 if nobody waits.
func (t *tx) firstWish(sku string) (place int64) {
	t.scan(bucketWishes, under(sku), nil, func(rest, _ []byte) bool {
		place = toNumber(rest)
		return false
	})
	return place
}

// BackInStock implements wish.Store.
func (db *DB) BackInStock(ctx context.Context) ([]string, error) {
	return query(ctx, db, func(t *tx) (skus []string, _ error) {
		t.scan(bucketWishTurns, nil, nil, func(sku, _ []byte) bool {
			skus = append(skus, string(sku))
			return true
		})
		return skus, nil
	})
}

// NextTurn implements wish.Store.
func (db *DB) NextTurn(ctx context.Context, sku string) (turn wish.Turn, found bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		turn, found = wish.Turn{}, false
		turns := toNumber(t.get(bucketWishTurns, []byte(sku)))
		stock, place := t.stock(sku), t.firstWish(sku)
		if t.failed != nil || turns == 0 {
			return t.failed
		}
		left := min(turns, int64(stock.Free))
		if left <= 0 || place == 0 || place > toNumber(t.get(bucketWishBack, []byte(sku))) {
			t.remove(bucketWishTurns, []byte(sku))
			return t.failed
		}
		if left < turns { // buyers were quicker
			t.put(bucketWishTurns, []byte(sku), number(left))
		}
		turn = wish.Turn{
			SKU: sku, User: toNumber(t.get(bucketWishes, wishKey(sku, place))), Place: place, Free: stock.Free,
		}
		found = true
		return t.failed
	})
	return turn, found, err
}

// EndTurn implements wish.Store.
func (db *DB) EndTurn(ctx context.Context, turn wish.Turn, told bool) error {
	return db.write(ctx, func(t *tx) error {
		if turns := toNumber(t.get(bucketWishTurns, []byte(turn.SKU))); told && turns > 1 {
			t.put(bucketWishTurns, []byte(turn.SKU), number(turns-1))
		} else if told {
			t.remove(bucketWishTurns, []byte(turn.SKU))
		}
		t.remove(bucketWishes, wishKey(turn.SKU, turn.Place))
		if w := t.wish(turn.User, turn.SKU); w.SKU != "" && w.Place == turn.Place {
			w.Place = 0
			t.putRecord(bucketWishesOf, wishOfKey(turn.User, turn.SKU), w)
		}
		return t.failed
	})
}

// checkWishes compares the queues of products with the lists of people.
func (c *checker) checkWishes() {
	waiting := 0
	last, of, listed := c.sequence(bucketWishes), []byte(nil), 0
	c.scan(bucketWishesOf, nil, nil, func(key, record []byte) bool {
		user, sku := key[:min(8, len(key))], string(key[min(8, len(key)):])
		if !bytes.Equal(user, of) {
			of, listed = slices.Clone(user), 0
		}
		if listed++; listed == wish.Max+1 {
			c.breach("user %d has more than %d wishes", toNumber(user), wish.Max)
		}
		w, err := decode[wish.Wish](record)
		switch {
		case err != nil:
			c.breach("wish of user %d for %s: %v", toNumber(user), sku, err)
			return true
		case w.SKU != sku:
			c.breach("the wish of user %d for %s is stored as %q", toNumber(user), w.SKU, sku)
		case w.Waits() && !bytes.Equal(c.get(bucketWishes, wishKey(sku, w.Place)), user):
			c.breach("user %d waits for %s and is not in its queue", toNumber(user), sku)
		}
		if w.Waits() {
			waiting++
		}
		return true
	})
	c.scan(bucketWishes, nil, nil, func(key, _ []byte) bool {
		if place := toNumber(afterName(key)); place <= 0 || place > last {
			c.breach("a queue of wishes has place %d, and the last one is %d", place, last)
		}
		return true
	})
	if queued := c.count(bucketWishes); waiting != queued {
		c.breach("%d wishes wait and %d are in the queues", waiting, queued)
	}
	c.scan(bucketWishTurns, nil, nil, func(sku, n []byte) bool {
		if toNumber(n) <= 0 {
			c.breach("%d people are to be told that %s is back", toNumber(n), sku)
		}
		return true
	})
}
