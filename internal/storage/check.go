package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"shopbot/internal/shop"
)

// Check walks every invariant and reports each breach in words. It reads all
// there is: minutes with millions of orders, and as long a read transaction, so it is
// for a shop that stands still. It keeps eight bytes for each key ever loaded, and little else. The error is about the check itself, such as that ctx ended.
func (db *DB) Check(ctx context.Context, report func(breach string)) error {
	return db.read(ctx, func(t *tx) error {
		if sound, err := db.checkPages(t, report); !sound {
			return err
		}
		c := newChecker(t, report)
		for _, part := range []func(*checker){
			(*checker).checkOrders, (*checker).checkTerms, (*checker).checkIndexes,
			(*checker).checkUnits, (*checker).checkKeys, (*checker).checkKnown, (*checker).checkStock,
			(*checker).checkStatistics, (*checker).checkAudit, (*checker).checkInbox, (*checker).checkAside,
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
	begun   time.Time       // of the audit trail
	entries map[*bucket]int // lines that each index should have
	stock   map[string]shop.Stock
	keys    *keyLedger
	sums    map[string]*shop.Counters // of each product; "" of all
}

func newChecker(t *tx, report func(string)) *checker {
	return &checker{
		tx: t, report: report, begun: t.trailBegan(), entries: map[*bucket]int{}, stock: map[string]shop.Stock{},
		keys: newKeyLedger(), sums: map[string]*shop.Counters{},
	}
}

func (c *checker) breach(format string, args ...any) { c.report(fmt.Sprintf(format, args...)) }

// checkPages looks at the structure of the file. Where that is damaged nothing else is looked
// at, since bbolt would follow the damage.
func (db *DB) checkPages(t *tx, report func(breach string)) (sound bool, err error) {
	file, err := os.Open(db.path)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	p, err := readPagesAt(file, uint64(t.file.ID())) //nolint:gosec // counted from 0
	if err != nil {
		return false, err
	}
	sound = true
	p.check(func(breach string) {
		sound = false
		report("pages of the file: " + breach)
	})
	return sound, nil
}

// checkIndexes finds lines that no order accounts for; those that are missing, checkOrder finds.
func (c *checker) checkIndexes() {
	for _, index := range []struct {
		bucket *bucket
		id     func(key []byte) []byte
	}{
		{byBuyer, func(key []byte) []byte { return key[min(8, len(key)):] }},
		{inWorkOf, func(key []byte) []byte { return key[min(8, len(key)):] }},
		{byState, afterName},
	} {
		lines := 0
		c.scan(index.bucket, nil, nil, func(key, _ []byte) bool {
			lines++
			e := entry{bucket: index.bucket, key: key}
			if !c.accountsFor(shop.OrderID(index.id(key)), e) {
				c.breach("index %s has %q, and no order says so", e.bucket, e.key)
			}
			return true
		})
		if want := c.entries[index.bucket]; lines != want {
			c.breach("index %s has %d lines and should have %d", index.bucket, lines, want)
		}
	}
}

func afterName(key []byte) []byte {
	_, rest, _ := bytes.Cut(key, []byte{0})
	return rest
}

func (c *checker) accountsFor(id shop.OrderID, e entry) bool {
	o, err := c.saved(id)
	if err != nil {
		return false
	}
	for _, has := range entries(nil, o) {
		if has.equal(e) {
			return true
		}
	}
	return false
}

// checkInbox compares the lists of chat updates.
func (c *checker) checkInbox() {
	byID, byTime := 0, 0
	c.scan(done, nil, nil, func(key, at []byte) bool {
		byID++
		if c.get(inbox, key) != nil {
			c.breach("update %d is pending and done", toNumber(key))
		}
		if c.get(doneByTime, join(at, key)) == nil {
			c.breach("update %d is done and will never be forgotten", toNumber(key))
		}
		return true
	})
	c.scan(doneByTime, nil, nil, func(_, _ []byte) bool { byTime++; return true })
	if byTime != byID {
		c.breach("%d updates are done and %d will be forgotten", byID, byTime)
	}
}

// checkAside compares the list of updates put aside with its count.
func (c *checker) checkAside() {
	lines := int64(0)
	c.scan(aside, nil, nil, func(_, _ []byte) bool { lines++; return true })
	if kept := toNumber(c.get(meta, asideName())); kept != lines {
		c.breach("%d updates are counted as put aside and %d are", kept, lines)
	}
}
