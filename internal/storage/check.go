package storage

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"shopbot/internal/shop"
)

// Check walks every invariant and reports each breach in words. It reads the whole database in one
// read transaction, which takes minutes with millions of orders, so it is for a shop that stands still.
// It keeps counters in memory, and no units. The error is about the check itself, such as that ctx
// ended, or ErrDamaged if bbolt cannot read the file.
func (db *DB) Check(ctx context.Context, report func(breach string)) error {
	return db.read(ctx, func(t *tx) error {
		if db.file == nil {
			return db.checkSnapshot(ctx, t, report)
		}
		if err := db.file.checkPages(t.in); err != nil {
			return err
		}
		c := newChecker(t, report)
		for _, part := range []func(*checker){
			(*checker).checkOrders, (*checker).checkIndexes,
			(*checker).checkUnits, (*checker).checkKnown, (*checker).checkBatches, (*checker).checkStock,
			(*checker).checkCoupons, (*checker).checkInvitations, (*checker).checkStatistics, (*checker).checkAudit,
			(*checker).checkTeam, (*checker).checkInbox, (*checker).checkDeadLetters, (*checker).checkForms, (*checker).checkCarts,
			(*checker).checkPeople, (*checker).checkQuestions, (*checker).checkWishes, (*checker).checkReviews,
			(*checker).checkAccess,
			(*checker).checkBroadcasts,
			(*checker).checkRevisions, (*checker).checkFiles,
		} {
			if err := ctx.Err(); err != nil {
				return err
			}
			part(c)
			if t.failed != nil {
				c.breach("%v", t.failed)
				t.failed = nil
			}
		}
		return nil
	})
}

// checker holds what the records say, to compare it with what was counted.
type checker struct {
	*tx

	report  func(string)
	entries map[*Bucket]int // that each index should have
	stock   map[string]shop.Stock
	units   unitLedger
	sums    map[string]*shop.Counters // of each product; "" of all
	coupons couponLedger
}

func newChecker(t *tx, report func(string)) *checker {
	return &checker{
		tx: t, report: report, entries: map[*Bucket]int{}, stock: map[string]shop.Stock{},
		units: newUnitLedger(), sums: map[string]*shop.Counters{},
		coupons: couponLedger{map[string]shop.CouponCount{}, map[string]int64{}},
	}
}

func (c *checker) breach(format string, args ...any) { c.report(fmt.Sprintf(format, args...)) }

// checkIndexes finds entries that match no order. checkOrder finds missing ones.
func (c *checker) checkIndexes() {
	for _, index := range []struct {
		bucket *Bucket
		id     func(key, value []byte) []byte
	}{
		{bucketByBuyer, func(key, _ []byte) []byte { return key[min(16, len(key)):] }},
		{bucketByState, func(key, _ []byte) []byte { return afterName(key) }},
		{bucketWork, func(key, _ []byte) []byte { return key }},
		{bucketChecks, func(_, value []byte) []byte { return value }},
		{bucketReferences, func(key, _ []byte) []byte { return key[bytes.LastIndexByte(key, 0)+1:] }},
	} {
		c.scan(index.bucket, nil, nil, func(key, value []byte) bool {
			o, err := c.order(shop.OrderID(index.id(key, value)))
			if err != nil || !slices.Contains(indexEntries(&o.Order), indexEntry{index.bucket, string(key), string(value)}) {
				c.breach("index %q has %q, which matches no order", index.bucket, key)
			}
			return true
		})
		c.countEntries(index.bucket, c.entries[index.bucket])
	}
}

// checkInbox compares the lists of chat updates.
func (c *checker) checkInbox() {
	byID := 0
	c.scan(bucketDone, nil, nil, func(key, at []byte) bool {
		byID++
		if c.has(bucketInbox, key) {
			c.breach("update %d is pending and done", toNumber(key))
		}
		if !c.has(bucketDoneByTime, join(at, key)) {
			c.breach("update %d is done and will never be forgotten", toNumber(key))
		}
		return true
	})
	if byTime := c.count(bucketDoneByTime); byTime != byID {
		c.breach("%d updates are done and %d will be forgotten", byID, byTime)
	}
}

func (c *checker) checkDeadLetters() {
	last, kept := c.sequence(bucketDeadLetters), int64(0)
	c.scan(bucketDeadLetters, nil, nil, func(key, record []byte) bool {
		kept++
		if _, err := decode[deadLetter](record); err != nil {
			c.breach("dead letter %d: %v", toNumber(key), err)
		}
		return true
	})
	if want := min(last, maxDeadLetters); kept != want {
		c.breach("%d dead letters are kept, and of %d it should be %d", kept, last, want)
	}
}

// checkForms compares the forms with the index of their ends.
func (c *checker) checkForms() {
	forms := 0
	c.scan(bucketForms, nil, nil, func(user, record []byte) bool {
		forms++
		f, err := decode[shop.Form](record)
		switch {
		case err != nil:
			c.breach("form of user %d: %v", toNumber(user), err)
		case !c.has(bucketFormsByEnd, join(moment(f.Until), user)):
			c.breach("form of user %d will never be removed", toNumber(user))
		}
		return true
	})
	if ends := c.count(bucketFormsByEnd); forms != ends {
		c.breach("%d forms are there and %d will be removed", forms, ends)
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
