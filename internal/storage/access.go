package storage

import (
	"bytes"
	"context"
	"math"
	"time"

	"shopbot/internal/access"
	"shopbot/internal/shop"
)

func accessKey(user int64, sku string) []byte { return join(number(user), []byte(sku)) }

// dueKey sorts records by their next step; nil if there is none.
func dueKey(a *access.Access) []byte {
	what, at := a.Next()
	if what == access.Nothing {
		return nil
	}
	return join(moment(at), accessKey(a.User, a.SKU))
}

// memberKey sorts the members of a product by the end of their access; nil for nobody. Access without
// end comes last.
func memberKey(a *access.Access) []byte {
	if !a.Live() {
		return nil
	}
	until := moment(a.Until)
	if a.Until.IsZero() {
		until = number(math.MaxInt64)
	}
	return join(under(a.SKU), until, number(a.User))
}

// access reads what somebody has of a product. A record that cannot be decoded fails.
func (t *tx) access(user int64, sku string) access.Access {
	a := access.Access{User: user, SKU: sku}
	if record := t.get(bucketAccess, accessKey(user, sku)); record != nil {
		var err error
		a, err = decode[access.Access](record)
		t.check(err)
	}
	return a
}

// putAccess writes a record with its entries in the indexes. before is what was stored.
func (t *tx) putAccess(before, after *access.Access) {
	if t.failed != nil { // before may be wrong
		return
	}
	t.move(bucketAccessDue, dueKey(before), dueKey(after), nil)
	t.move(bucketMembers, memberKey(before), memberKey(after), nil)
	if before.Live() != after.Live() {
		n := toNumber(t.get(bucketMemberCounts, []byte(after.SKU)))
		if n--; after.Live() {
			n += 2
		}
		t.put(bucketMemberCounts, []byte(after.SKU), number(n))
	}
	if after.Empty() {
		t.remove(bucketAccess, accessKey(after.User, after.SKU))
		return
	}
	t.putRecord(bucketAccess, accessKey(after.User, after.SKU), *after)
}

// followAccess grants and takes back what a change of an order says.
func (t *tx) followAccess(before, after *shop.Order) {
	if after.Buyer.ID == 0 {
		return
	}
	at := t.batch.at.Truncate(time.Millisecond)
	for i := range after.Lines {
		sku := after.Lines[i].SKU
		if !access.Changes(before, after, i) {
			continue
		}
		was := t.access(after.Buyer.ID, sku)
		is := was
		access.Follow(&is, before, after, i, at)
		t.putAccess(&was, &is)
	}
}

// Access implements access.Store.
func (db *DB) Access(ctx context.Context, user int64, sku string) (access.Access, error) {
	return query(ctx, db, func(t *tx) (access.Access, error) { return t.access(user, sku), nil })
}

// AccessOf implements access.Store.
func (db *DB) AccessOf(ctx context.Context, user int64) ([]access.Access, error) {
	return query(ctx, db, func(t *tx) ([]access.Access, error) { return t.accessOf(user), nil })
}

// accessOf lists what somebody has or had. A record that cannot be decoded is logged and passed over.
func (t *tx) accessOf(user int64) (list []access.Access) {
	t.scan(bucketAccess, number(user), nil, func(sku, record []byte) bool {
		if a, ok := decodeLenient[access.Access](t, bucketAccess, record, "user", user, "sku", string(sku)); ok {
			list = append(list, a)
		}
		return true
	})
	return list
}

// MembersOf implements access.Store.
func (db *DB) MembersOf(ctx context.Context, sku string, before time.Time) (access.Members, error) {
	return query(ctx, db, func(t *tx) (m access.Members, _ error) {
		m = access.Members{Count: int(toNumber(t.get(bucketMemberCounts, []byte(sku))))}
		end := moment(before)
		t.scan(bucketMembers, under(sku), nil, func(rest, _ []byte) bool {
			if bytes.Compare(rest[:min(8, len(rest))], end) >= 0 || m.Soon == access.MostSoon {
				return false
			}
			m.Soon++
			return true
		})
		return m, nil
	})
}

// DueAccess implements access.Store.
func (db *DB) DueAccess(ctx context.Context, now time.Time, limit int) ([]access.Access, error) {
	return query(ctx, db, func(t *tx) (list []access.Access, _ error) {
		end := moment(now)
		t.scan(bucketAccessDue, nil, nil, func(key, _ []byte) bool {
			if len(list) == limit || bytes.Compare(key[:min(8, len(key))], end) > 0 {
				return false
			}
			user, sku := toNumber(key[min(8, len(key)):]), string(key[min(16, len(key)):])
			record := t.get(bucketAccess, accessKey(user, sku))
			if a, ok := decodeLenient[access.Access](t, bucketAccess, record, "user", user, "sku", sku); ok {
				list = append(list, a)
			}
			return true
		})
		return list, nil
	})
}

// ChangeAccess implements access.Store.
func (db *DB) ChangeAccess(ctx context.Context, user int64, sku string, change func(*access.Access) (changed bool)) (a access.Access, err error) {
	err = db.write(ctx, func(t *tx) error {
		was := t.access(user, sku)
		if t.failed != nil {
			return t.failed
		}
		a = was
		if !change(&a) {
			return nil
		}
		t.putAccess(&was, &a)
		return t.failed
	})
	return a, err
}

// forgetAccess removes what is kept of somebody's access that is over. What lasts is kept until it has
// ended and is taken back, and then goes too.
func (t *tx) forgetAccess(user int64) {
	for _, was := range t.accessOf(user) {
		is := was
		is.Forgotten = true
		t.putAccess(&was, &is)
	}
}

// checkAccess compares the records of access with their indexes and counts.
func (c *checker) checkAccess() {
	due, members, counts := 0, 0, map[string]int64{}
	c.scan(bucketAccess, nil, nil, func(key, record []byte) bool {
		user, sku := toNumber(key), string(key[min(8, len(key)):])
		a, err := decode[access.Access](record)
		switch {
		case err != nil:
			c.breach("access of user %d to %s: %v", user, sku, err)
			return true
		case a.User != user || a.SKU != sku:
			c.breach("the access of user %d to %s is stored as that of %d to %q", user, sku, a.User, a.SKU)
			return true
		case a.Empty():
			c.breach("the access of user %d to %s is kept, and is nothing", user, sku)
		}
		if key := dueKey(&a); key != nil {
			due++
			if !c.has(bucketAccessDue, key) {
				c.breach("the next step of the access of user %d to %s is not indexed", user, sku)
			}
		}
		if key := memberKey(&a); key != nil {
			members++
			counts[sku]++
			if !c.has(bucketMembers, key) {
				c.breach("user %d is not listed as a member of %s", user, sku)
			}
		}
		return true
	})
	c.countEntries(bucketAccessDue, due)
	c.countEntries(bucketMembers, members)
	c.scan(bucketMemberCounts, nil, nil, func(sku, n []byte) bool {
		if toNumber(n) != counts[string(sku)] {
			c.breach("%s counts %d members and has %d", sku, toNumber(n), counts[string(sku)])
		}
		delete(counts, string(sku))
		return true
	})
	for sku, n := range counts {
		c.breach("%s counts no members and has %d", sku, n)
	}
}

// countEntries compares how many entries an index has with how many it should have.
func (c *checker) countEntries(index *Bucket, want int) {
	if entries := c.count(index); entries != want {
		c.breach("index %q has %d entries and should have %d", index, entries, want)
	}
}
