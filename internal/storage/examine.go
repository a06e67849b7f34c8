package storage

import (
	"context"
	"fmt"
	"time"

	"shopbot/internal/shop"
)

// Census is how much there is in a database.
type Census struct {
	Orders       int
	Stock        shop.Stock // of all products together
	AuditEntries int
	// Last is the time of the last audit entry, or zero.
	Last time.Time
}

// Examine walks every invariant of a database that no shop has open, the shop's own or a backup,
// and reports each breach in words. It changes nothing, not even the time of the file, and no shop
// can open the file meanwhile. It reads all there is: about a minute for a million orders.
//
// Errors, if it cannot be read at all: ErrInUse, ErrNotOurs, ErrDamaged, ErrOtherVersion.
func Examine(ctx context.Context, path string, report func(breach string)) (found Census, err error) {
	err = look(path, usualDisk(), func(db *DB) error {
		if err := db.Check(ctx, report); err != nil {
			return err
		}
		found, err = db.Census(ctx)
		return err
	})
	return found, err
}

// Census counts what is in the database. It reads all orders.
func (db *DB) Census(ctx context.Context) (found Census, err error) {
	stock, err := db.Stock(ctx)
	if err != nil {
		return found, err
	}
	for _, s := range stock {
		found.Stock.Free += s.Free
		found.Stock.Reserved += s.Reserved
		found.Stock.Sold += s.Sold
	}
	err = db.read(ctx, func(t *tx) error {
		found.Orders = t.count(bucketOrders)
		found.AuditEntries = int(t.sequence(bucketAudit))
		if key, value := t.last(bucketAudit); key != nil {
			last, err := decodeAudit(toNumber(key), value)
			if err != nil {
				return err
			}
			found.Last = last.At
		}
		return t.failed
	})
	return found, err
}

// UnsoundError says that a database can be opened, but its records contradict each other.
type UnsoundError struct {
	// Breaches are the first few, in words.
	Breaches []string
	Count    int
}

func (e *UnsoundError) Error() string {
	return fmt.Sprintf("%d things in it do not agree, the first: %s", e.Count, e.Breaches[0])
}

func (e *UnsoundError) add(breach string) {
	if e.Count++; e.Count <= maxBreaches {
		e.Breaches = append(e.Breaches, breach)
	}
}

// maxBreaches is how many a person would read.
const maxBreaches = 10

// examineSound is Examine with an error for breaches, and without a hint, because the path is
// temporary.
func examineSound(ctx context.Context, path string) (Census, error) {
	unsound := &UnsoundError{}
	found, err := Examine(ctx, path, unsound.add)
	if err == nil && unsound.Count > 0 {
		err = unsound
	}
	return found, withoutHint(err)
}
