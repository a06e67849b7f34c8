package storage

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func claim(t *testing.T, db *DB, task shop.Task, limit int) (ids []shop.OrderID) {
	t.Helper()
	claimed, err := db.Claim(t.Context(), task, time.Now(), time.Now().Add(time.Minute), limit)
	require.NoError(t, err)
	for i := range claimed {
		ids = append(ids, claimed[i].ID)
	}
	return ids
}

func TestAClaimIsNoCommit(t *testing.T) {
	db := open(t, inTemp(t))
	require.NoError(t, place(t.Context(), db, textDraft(1)))
	writes := func() int64 {
		stats := db.file.bolt.Stats()
		return stats.TxStats.GetWrite()
	}
	before := writes()
	require.Len(t, claim(t, db, shop.TaskInvoice, 1), 1)
	db.Release(t.Context(), shop.TaskInvoice, textDraft(1).ID)
	require.Equal(t, before, writes())
}

// The queue hears of a commit a moment after it can be read.
func TestWorkThatTheQueueHasNotHeardOfYetIsNotGivenOut(t *testing.T) {
	db := open(t, inTemp(t))
	for n := range int64(3) {
		require.NoError(t, place(t.Context(), db, textDraft(n)))
	}
	moved := textDraft(0)
	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		o, err := t.order(moved.ID)
		if err != nil {
			return err
		}
		after := o.Order
		after.Postpone(shop.TaskInvoice, time.Now(), time.Now().Add(time.Hour))
		err = t.putOrder(o, &after, nil)
		t.batch.work = nil
		return err
	}))
	want := []shop.OrderID{textDraft(1).ID, textDraft(2).ID}
	require.Equal(t, want, claim(t, db, shop.TaskInvoice, 2))
	due, some, err := db.NextDue(t.Context(), shop.TaskInvoice)
	require.NoError(t, err)
	require.True(t, some)
	require.True(t, due.IsZero(), "it is not kept claimed either")
}

func TestAMillionOrdersThatAreDoneDoNotDelayTheStart(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	done := textDraft(1)
	require.NoError(t, place(t.Context(), db, done))
	_, err = db.Change(t.Context(), done.ID, func(o *shop.Order, _ shop.Free) error { return o.Cancel(shop.CancelByBuyer) })
	require.NoError(t, err)
	_, err = db.Change(t.Context(), done.ID, func(o *shop.Order, _ shop.Free) error { return o.CloseInvoice() })
	require.NoError(t, err)
	require.NoError(t, place(t.Context(), db, textDraft(2)))
	var work []shop.OrderID
	require.NoError(t, db.read(t.Context(), func(t *tx) error {
		t.scan(bucketWork, nil, nil, func(id, _ []byte) bool { work = append(work, shop.OrderID(id)); return true })
		return t.failed
	}))
	require.Equal(t, []shop.OrderID{textDraft(2).ID}, work, "all that is read when it is opened")
	require.NoError(t, db.Close())
	require.Equal(t, work, claim(t, open(t, path), shop.TaskInvoice, 9))
}
