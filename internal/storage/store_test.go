package storage

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"shopbot/internal/shop"
	"shopbot/internal/storage/storagetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// spoilable is a DB whose records can be made undecodable.
type spoilable struct{ *DB }

func (s spoilable) Spoil(ctx context.Context, id shop.OrderID) error {
	return s.write(ctx, func(t *tx) error {
		t.put(bucketOrders, []byte(id), []byte("garbage"))
		return t.failed
	})
}

func TestStoreKeepsItsPromises(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storagetest.Place {
		t.Helper()
		path := inTemp(t)
		return func(ctx context.Context) (storagetest.Store, error) {
			db, err := Open(ctx, path)
			return spoilable{db}, err
		}
	})
}
