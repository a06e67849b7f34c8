package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"

	"shopbot/internal/shop"
)

// forgetPart is how many orders are looked at in one transaction, so that no buyer waits for long.
const forgetPart = 100

// Forget implements shop.Store. An order that cannot be decoded counts as open.
func (db *DB) Forget(ctx context.Context, buyer int64) (total shop.Forgotten, err error) {
	for after := []byte{}; after != nil && err == nil; {
		var part shop.Forgotten
		var last []byte
		err = db.write(ctx, func(t *tx) error {
			part, last = t.forgetPart(buyer, after)
			return t.failed
		})
		if err == nil {
			total.Orders += part.Orders
			total.Open = append(total.Open, part.Open...)
			after = last
		}
	}
	if err != nil {
		return total, err
	}
	for more := true; more; {
		if err = db.write(ctx, func(t *tx) error { more = t.forgetInvitations(buyer); return t.failed }); err != nil {
			return total, err
		}
	}
	err = db.write(ctx, func(t *tx) error {
		t.forgetPerson(buyer)
		t.forgetQuestions(buyer)
		t.forgetWishes(buyer)
		t.forgetAccess(buyer)
		t.forgetReviews(buyer)
		t.forgetInBroadcasts(buyer)
		t.removeForms(buyer)
		t.removeCart(buyer)
		t.removeCouponsFor(buyer)
		t.removeDeadLetters(buyer)
		return t.failed
	})
	return total, err
}

// forgetPart applies shop.Order.Forget to the next of a buyer's orders, those from the given key
// on, and returns where to go on; nil after the last one.
func (t *tx) forgetPart(buyer int64, from []byte) (done shop.Forgotten, next []byte) {
	var ids []shop.OrderID
	t.scan(bucketByBuyer, number(buyer), from, func(made, _ []byte) bool {
		if len(ids) == forgetPart {
			next = bytes.Clone(made)
			return false
		}
		ids = append(ids, idAfterMoment(made))
		return true
	})
	for _, id := range ids {
		o, ok := t.readable(id)
		if !ok {
			done.Open = append(done.Open, id)
			continue
		}
		before := o.Clone()
		switch err := o.Forget(); {
		case errors.Is(err, shop.ErrNotClosed):
			done.Open = append(done.Open, id)
		case err != nil:
			t.check(err)
		default:
			t.forgetCouponUse(&before)
			t.putRecord(bucketOrders, []byte(id), *o)
			t.index(&before, &o.Order)
			done.Orders++
		}
	}
	return done, next
}

// forgetPerson removes the record of a buyer whose closed orders are forgotten. A block stays, and
// what the open orders count.
func (t *tx) forgetPerson(buyer int64) {
	was := t.person(buyer)
	left := shop.Person{ID: buyer, Blocked: was.Blocked}
	left.Blocked.Reason = "" // it may tell of the person
	if counted := t.countOrders(&left); counted || !left.Blocked.At.IsZero() {
		t.putPerson(was, left)
		return
	}
	t.indexPerson(was, left)
	t.remove(bucketPeople, number(buyer))
}

// countOrders adds all orders of a buyer to their counts, and reports whether any counts. Orders
// that cannot be read are passed over.
func (t *tx) countOrders(p *shop.Person) (counted bool) {
	t.scan(bucketByBuyer, number(p.ID), nil, func(made, _ []byte) bool {
		if o, ok := t.readable(idAfterMoment(made)); ok {
			counted = p.Count(&shop.Order{}, &o.Order) || counted
		}
		return true
	})
	return counted
}

// removeDeadLetters removes the dead letters that name a user, also those that are no JSON.
func (t *tx) removeDeadLetters(user int64) {
	named := regexp.MustCompile(fmt.Sprintf(`"id"\s*:\s*%d\b`, user))
	var theirs [][]byte
	t.scan(bucketDeadLetters, nil, nil, func(key, record []byte) bool {
		if letter, err := decode[deadLetter](record); err == nil && named.Match(letter.Raw) {
			theirs = append(theirs, bytes.Clone(key))
		}
		return true
	})
	for _, key := range theirs {
		t.remove(bucketDeadLetters, key)
	}
}
