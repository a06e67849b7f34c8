package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// A database of schema 5 had all orders that rest in one bucket, and each of them in the index by state.
func TestAShopOfSchemaFiveFindsItsOrdersAgain(t *testing.T) {
	path := inTemp(t)
	db := open(t, path)
	_, err := db.AddStock(t.Context(), "vpn", []string{"a", "b", "c", "d"}, 7)
	require.NoError(t, err)
	for n := range int64(2) {
		deliverOne(t, db, n)
	}
	for n := int64(2); n < 4; n++ {
		_, _, err = db.Checkout(t.Context(), draft(n), 0)
		require.NoError(t, err)
	}
	o, err := db.Change(t.Context(), draft(2).ID, func(o *shop.Order, _ int) error {
		return errors.Join(o.Cancel(shop.CancelByBuyer), o.CloseInvoice())
	})
	require.NoError(t, err)
	require.Equal(t, others, home(&o))
	want := map[shop.State][]shop.OrderID{
		"":                  {draft(0).ID, draft(1).ID, draft(2).ID, draft(3).ID},
		shop.StateDelivered: {draft(0).ID, draft(1).ID},
		shop.StateCancelled: {draft(2).ID},
		shop.StateNew:       {draft(3).ID},
	}
	require.Equal(t, want, listedBy(t, db, want))
	require.NoError(t, db.Close())

	backToSchemaFive(t, path)
	db = open(t, path)
	sound(t, db)
	require.Equal(t, want, listedBy(t, db, want))
}

// listedBy lists orders by each of the states in want; "" is all of them.
func listedBy(t *testing.T, db *DB, want map[shop.State][]shop.OrderID) map[shop.State][]shop.OrderID {
	t.Helper()
	got := map[shop.State][]shop.OrderID{}
	for state := range want {
		list, err := db.Orders(t.Context(), shop.Filter{State: state})
		require.NoError(t, err)
		for _, o := range list {
			got[state] = append(got[state], o.ID)
		}
	}
	return got
}

func backToSchemaFive(t *testing.T, path string) {
	t.Helper()
	bolt, file, err := openBolt(path, usualSettings())
	require.NoError(t, err)
	db := &DB{bolt: bolt, file: file, path: path}
	require.NoError(t, db.direct(func(t *tx) error {
		for _, b := range []*bucket{delivered, others} {
			t.scan(b, nil, nil, func(id, record []byte) bool {
				t.check(t.file.Bucket(byState.name).Put(stateKey(stateOf(record), shop.OrderID(id)), nil))
				if b == others {
					t.check(t.file.Bucket(delivered.name).Put(bytes.Clone(id), bytes.Clone(record)))
				}
				return t.failed == nil
			})
		}
		t.put(meta, schemaName(), binary.BigEndian.AppendUint32(nil, 5))
		return t.dropBucket(others.name)
	}))
	require.NoError(t, bolt.Close())
}
