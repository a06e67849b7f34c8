package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

// Census is how much there is in a database.
type Census struct {
	Orders       int
	Stock        shop.Stock // of all products together
	AuditEntries int
}

// ErrOlder says that an earlier program wrote the database, in a layout that is read no more.
var ErrOlder = errors.New("written by an older shopbot")

// Examine walks every invariant of a database that no shop has open, the shop's own or a backup, and
// reports each breach in words. It changes nothing, not even the time of the file. It reads all there is:
// about a minute for a million orders.
//
// Errors, where it cannot be read at all: ErrInUse, ErrNotOurs, ErrDamaged, ErrNewer, ErrOlder.
func Examine(ctx context.Context, path string, report func(breach string)) (found Census, err error) {
	if err := inspect(ctx, path); err != nil {
		return Census{}, advise(path, err)
	}
	defer surviveDamage(&err)()
	bolt, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true, Timeout: lockWait})
	if err != nil {
		return Census{}, advise(path, err)
	}
	db := lookingAt(bolt, path)
	defer func() { err = errors.Join(err, bolt.Close()) }()
	has, err := db.schema(ctx)
	if err != nil || has < newestOf(migrations()) {
		return Census{}, advise(path, errors.Join(err, fmt.Errorf("%w: start this shopbot on it once", ErrOlder)))
	}
	m, secret, err := db.mark(has)
	if err != nil {
		return Census{}, advise(path, err)
	}
	if m.open {
		newer, _, err := readJournal(journalPaths(path), m.has, journalSeed(secret))
		if err != nil {
			return Census{}, advise(path, err)
		}
		db.layers.begin(newer)
	}
	if err := db.Check(ctx, report); err != nil {
		return Census{}, err
	}
	return db.census(ctx)
}

// lookingAt is a database that is only read.
func lookingAt(bolt *bbolt.DB, path string) *DB {
	db := &DB{bolt: bolt, path: path, log: slog.New(slog.DiscardHandler)}
	db.layers.begin(nil)
	return db
}

func (db *DB) census(ctx context.Context) (found Census, err error) {
	sums, err := db.Statistics(ctx, "", "")
	if err != nil {
		return found, err
	}
	found.Orders = sums.Total.Ordered
	stock, err := db.Stock(ctx)
	for _, s := range stock {
		found.Stock.Free += s.Free
		found.Stock.Reserved += s.Reserved
		found.Stock.Sold += s.Sold
	}
	return found, errors.Join(err, db.read(ctx, func(t *tx) error {
		found.AuditEntries = int(t.sequence(audit))
		return t.failed
	}))
}
