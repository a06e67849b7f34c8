package storage

import (
	"context"
	"errors"
	"fmt"

	"shopbot/internal/review"
	"shopbot/internal/shop"
)

func reviewLineKey(order shop.OrderID, line int) []byte {
	return join(under(string(order)), number(int64(line)))
}

// reviewShownKey lists a review under its product; nil if nobody sees it.
func reviewShownKey(v *review.Review) []byte {
	if v.Stars == 0 || v.HiddenBy != 0 {
		return nil
	}
	return join(under(v.SKU), number(v.ID))
}

// reviewBuyerKey lists a review under its buyer; nil if they were forgotten.
func reviewBuyerKey(v *review.Review) []byte {
	if v.Stars == 0 || v.Buyer == 0 {
		return nil
	}
	return join(number(v.Buyer), number(v.ID))
}

// review reads a review. Errors: review.ErrNotFound, or ErrDamaged with its number.
func (t *tx) review(id int64) (review.Review, error) {
	record := t.get(bucketReviews, number(id))
	if record == nil {
		return review.Review{}, review.ErrNotFound
	}
	v, err := decode[review.Review](record)
	if err != nil {
		return v, fmt.Errorf("review %d: %w", id, err)
	}
	return v, nil
}

// reviewOf reads the review of a line of an order; errors as of review.
func (t *tx) reviewOf(order shop.OrderID, line int) (review.Review, error) {
	id := t.get(bucketReviewsByLine, reviewLineKey(order, line))
	if id == nil {
		return review.Review{}, review.ErrNotFound
	}
	return t.review(toNumber(id))
}

// WriteReview implements review.Store.
func (db *DB) WriteReview(ctx context.Context, order shop.OrderID, line int, rule review.Rule) (v review.Review, err error) {
	err = db.write(ctx, func(t *tx) error {
		o, err := t.order(order)
		if err != nil {
			return err
		}
		before, err := t.reviewOf(order, line)
		if err != nil && !errors.Is(err, review.ErrNotFound) {
			return err
		}
		v = before
		switch err := rule(&o.Order, &v); {
		case errors.Is(err, shop.ErrUnchanged):
			v = before
			return t.failed
		case err != nil:
			return err
		case v.ID != before.ID || v.Order != order || v.Line != line:
			return fmt.Errorf("review of order %s: a rule changed what identifies it", order)
		}
		if v.ID == 0 {
			v.ID = t.next(bucketReviews)
		}
		t.putReview(before, v)
		return t.failed
	})
	return v, err
}

// ChangeReview implements review.Store.
func (db *DB) ChangeReview(ctx context.Context, id int64, rule func(*review.Review) error) (v review.Review, err error) {
	err = db.write(ctx, func(t *tx) error {
		before, err := t.review(id)
		if err != nil {
			return err
		}
		v = before
		switch err := rule(&v); {
		case errors.Is(err, shop.ErrUnchanged):
			v = before
			return t.failed
		case err != nil:
			return err
		case v.ID != id || v.Order != before.Order || v.Line != before.Line || v.SKU != before.SKU:
			return fmt.Errorf("review %d: a rule changed what identifies it", id)
		}
		t.putReview(before, v)
		return t.failed
	})
	return v, err
}

// putReview writes a review with its indexes and its product's rating, or deletes it if it has no
// stars. before is what was stored, the zero Review for a new one.
func (t *tx) putReview(before, after review.Review) {
	id := number(after.ID)
	if after.Stars == 0 {
		t.remove(bucketReviews, id)
		t.remove(bucketReviewsByLine, reviewLineKey(after.Order, after.Line))
	} else {
		t.putRecord(bucketReviews, id, after)
	}
	if before.ID == 0 {
		t.put(bucketReviewsByLine, reviewLineKey(after.Order, after.Line), id)
	}
	t.move(bucketReviewsByBuyer, reviewBuyerKey(&before), reviewBuyerKey(&after), nil)
	t.move(bucketReviewsShown, reviewShownKey(&before), reviewShownKey(&after), nil)
	if before.Stars == after.Stars {
		return
	}
	rating := t.rating(after.SKU)
	rating.Add(before, -1)
	rating.Add(after, 1)
	if rating == (review.Rating{}) {
		t.remove(bucketRatings, []byte(after.SKU))
	} else {
		t.putRecord(bucketRatings, []byte(after.SKU), rating)
	}
}

// rating reads a product's rating. One that cannot be decoded is logged, and counts as missing.
func (t *tx) rating(sku string) review.Rating {
	r, _ := getLenient[review.Rating](t, bucketRatings, []byte(sku), "sku", sku)
	return r
}

// Rating implements review.Store.
func (db *DB) Rating(ctx context.Context, sku string) (review.Rating, error) {
	return query(ctx, db, func(t *tx) (review.Rating, error) { return t.rating(sku), nil })
}

// Review implements review.Store.
func (db *DB) Review(ctx context.Context, id int64) (review.Review, error) {
	return query(ctx, db, func(t *tx) (review.Review, error) { return t.review(id) })
}

// ReviewOf implements review.Store.
func (db *DB) ReviewOf(ctx context.Context, order shop.OrderID, line int) (review.Review, error) {
	return query(ctx, db, func(t *tx) (review.Review, error) { return t.reviewOf(order, line) })
}

// ReviewsOf implements review.Store.
func (db *DB) ReviewsOf(ctx context.Context, sku string, before int64, limit int) ([]review.Review, error) {
	return db.reviews(ctx, bucketReviewsShown, under(sku), before, limit)
}

// Reviews implements review.Store.
func (db *DB) Reviews(ctx context.Context, before int64, limit int) ([]review.Review, error) {
	return db.reviews(ctx, bucketReviews, nil, before, limit)
}

// reviews lists the reviews of an index, the newest first. One that cannot be decoded is passed over
// and logged.
func (db *DB) reviews(ctx context.Context, index *Bucket, prefix []byte, before int64, limit int) ([]review.Review, error) {
	from := number(before)
	if before == 0 {
		from = []byte{0xff}
	}
	return query(ctx, db, func(t *tx) (list []review.Review, _ error) {
		t.scanBack(index, prefix, from, func(id, _ []byte) bool {
			if len(list) == limit {
				return false
			}
			v, err := t.review(toNumber(id))
			if err != nil {
				t.log.Error("review passed over", "review", toNumber(id), "error", err)
				return true
			}
			list = append(list, v)
			return true
		})
		return list, nil
	})
}

// forgetReviews removes what tells of a buyer from their reviews.
func (t *tx) forgetReviews(buyer int64) {
	var ids []int64
	t.scan(bucketReviewsByBuyer, number(buyer), nil, func(id, _ []byte) bool {
		ids = append(ids, toNumber(id))
		return true
	})
	for _, id := range ids {
		before, err := t.review(id)
		if err != nil { // its words cannot be told apart
			t.log.Error("review removed", "review", id, "error", err)
			t.remove(bucketReviewsByBuyer, join(number(buyer), number(id)))
			t.remove(bucketReviews, number(id))
			continue
		}
		after := before
		after.Forget()
		t.putReview(before, after)
	}
}

// checkReviews compares the reviews with their indexes and with the ratings of products.
func (c *checker) checkReviews() {
	want, ratings := map[*Bucket]int{}, map[string]*review.Rating{}
	c.scan(bucketReviews, nil, nil, func(id, record []byte) bool {
		v, err := decode[review.Review](record)
		if err != nil {
			c.breach("review %d: %v", toNumber(id), err)
			return true
		}
		if v.ID != toNumber(id) || v.Stars < 1 || v.Stars > review.MaxStars {
			c.breach("review %d has the number %d and %d stars", toNumber(id), v.ID, v.Stars)
		}
		if toNumber(c.get(bucketReviewsByLine, reviewLineKey(v.Order, v.Line))) != v.ID {
			c.breach("review %d is missing from index %q", v.ID, bucketReviewsByLine)
		}
		c.expectEntry(want, bucketReviewsByBuyer, reviewBuyerKey(&v), v.ID)
		c.expectEntry(want, bucketReviewsShown, reviewShownKey(&v), v.ID)
		want[bucketReviewsByLine]++
		if ratings[v.SKU] == nil {
			ratings[v.SKU] = &review.Rating{}
		}
		ratings[v.SKU].Add(v, 1)
		return true
	})
	for _, index := range []*Bucket{bucketReviewsByLine, bucketReviewsByBuyer, bucketReviewsShown} {
		c.countEntries(index, want[index])
	}
	c.scan(bucketRatings, nil, nil, func(sku, record []byte) bool {
		is, err := decode[review.Rating](record)
		said := ratings[string(sku)]
		if err != nil || said == nil || is != *said {
			c.breach("the rating of %s is %+v, and its reviews say %+v", sku, is, said)
		}
		delete(ratings, string(sku))
		return true
	})
	for _, sku := range sortedKeys(ratings) {
		c.breach("%s has reviews and no rating", sku)
	}
}

// expectEntry finds out whether an index has an entry that it should have, and counts it. A nil key is
// none.
func (c *checker) expectEntry(want map[*Bucket]int, index *Bucket, key []byte, id int64) {
	if key == nil {
		return
	}
	want[index]++
	if !c.has(index, key) {
		c.breach("review %d is missing from index %q", id, index)
	}
}
