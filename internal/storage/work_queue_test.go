package storage

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// checked is a database whose check also asks whether the queue says what the orders in work say.
type checked struct{ *DB }

func (c checked) Check(ctx context.Context, report func(breach string)) error {
	return errors.Join(c.DB.Check(ctx, report), c.checkQueue(ctx, report))
}

func (db *DB) checkQueue(ctx context.Context, report func(breach string)) error {
	var want workQueue
	err := db.read(ctx, func(t *tx) error {
		want.load(t)
		return t.failed
	})
	for _, task := range shop.Tasks() {
		if got, want := db.queued.of(task).Items(), want.of(task).Items(); !slices.Equal(got, want) {
			report("queue of " + string(task) + " is not what the orders in work say")
		}
	}
	return err
}

// paidOrders is a database in which orders 1 to n are paid and wait for their goods.
func paidOrders(t *testing.T, path string, n int64) *DB {
	t.Helper()
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	for i := range n {
		require.NoError(t, sell(t.Context(), db, i+1, func(string) {}))
	}
	return db
}

func claimIDs(t *testing.T, db *DB, task shop.Task) (ids []shop.OrderID) {
	t.Helper()
	now := time.Unix(1_800_000_000, 0)
	claimed, err := db.Claim(t.Context(), task, now, now.Add(time.Minute), 0)
	require.NoError(t, err)
	for _, o := range claimed {
		ids = append(ids, o.ID)
	}
	return ids
}

func TestAnOrderThatCannotBeReadIsToldAndKeepsNoOtherWaiting(t *testing.T) {
	path := inTemp(t)
	db := paidOrders(t, path, 3)
	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		record := t.get(inWork, []byte(draft(2).ID))
		t.put(inWork, []byte(draft(2).ID), slices.Clone(record[:len(record)-5]))
		return t.failed
	}))
	for range 2 { // as it is found damaged, and as it is opened so
		require.Equal(t, []shop.OrderID{draft(1).ID, draft(3).ID}, claimIDs(t, db, shop.TaskDeliver))
		_, err := db.Claim(t.Context(), shop.TaskDeliver, time.Unix(1_800_000_000, 0), time.Unix(1_800_000_060, 0), 0)
		require.ErrorIs(t, err, ErrDamaged)
		require.ErrorContains(t, err, string(draft(2).ID))
		require.NoError(t, db.Close())
		db, err = Open(t.Context(), path)
		require.NoError(t, err, "which releases what was claimed")
	}
	require.NoError(t, db.Close())
}

func TestWhatAnotherStepOfTheSameCommitHasDoneIsNotClaimed(t *testing.T) {
	db := paidOrders(t, inTemp(t), 2)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	now := time.Unix(1_800_000_000, 0)
	var first, second []shop.Order
	claim := func(into *[]shop.Order) func() error {
		return func() (err error) {
			*into, err = db.Claim(t.Context(), shop.TaskDeliver, now, now.Add(time.Minute), 0)
			return err
		}
	}
	for _, err := range together(t, db, claim(&first), claim(&second)) {
		require.NoError(t, err)
	}
	require.Len(t, append(first, second...), 2, "each once")
	sound(t, db)
}

// An order that waits for its goods must not keep the whole webhook in memory that told of its payment.
func TestTheQueueKeepsNothingOfWhatTheNewsCameIn(t *testing.T) {
	db := paidOrders(t, inTemp(t), 0)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	o := draft(1)
	_, err := db.AddStock(t.Context(), o.Item.SKU, []string{"key"}, 7)
	require.NoError(t, err)
	_, _, err = db.Checkout(t.Context(), o, 0)
	require.NoError(t, err)
	webhook := "payload: " + string(o.ID)
	e := eventOf(o, 1)
	e.Order = shop.OrderID(webhook[len(webhook)-len(o.ID):])
	_, err = db.Receive(t.Context(), e, receive(e))
	require.NoError(t, err)
	waits, some := db.queued.of(shop.TaskDeliver).Min()
	require.True(t, some)
	require.Equal(t, o.ID, waits.id)
	inWebhook, kept := unsafe.StringData(string(e.Order)), unsafe.StringData(string(waits.id)) //nolint:gosec // only compared
	require.NotSame(t, inWebhook, kept)
}
