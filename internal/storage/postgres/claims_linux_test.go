package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// mustOrder stores a new order whose invoice nobody works on.
func mustOrder(t *testing.T, db *storage.DB) shop.OrderID {
	t.Helper()
	o := draft(1)
	_, _, err := db.Checkout(t.Context(), o, time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
	require.NoError(t, err)
	db.Release(t.Context(), shop.TaskInvoice, o.ID)
	return o.ID
}

// claim claims orders for an hour, as each worker does again and again.
func claim(ctx context.Context, db *storage.DB) (ids []shop.OrderID, err error) {
	now := time.Now()
	orders, err := db.Claim(ctx, shop.TaskInvoice, now, now.Add(time.Hour), 10)
	for _, o := range orders {
		ids = append(ids, o.ID)
	}
	return ids, err
}

func mustClaim(t *testing.T, db *storage.DB) []shop.OrderID {
	t.Helper()
	ids, err := claim(t.Context(), db)
	require.NoError(t, err)
	return ids
}

// A claim whose answer is lost is nobody's, and is given out again at once.
func TestAClaimWhoseAnswerIsLostIsGivenOutAgain(t *testing.T) {
	server := pgtest.Start(t)
	cut, address := newProxy(t, server.Schema(t))
	db, _ := mustOpen(t, address)
	orders := []shop.Order{draft(1), draft(2)}
	for _, o := range orders {
		_, _, err := db.Checkout(t.Context(), o, time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
		require.NoError(t, err)
	}
	db.Release(t.Context(), shop.TaskInvoice, orders[0].ID)
	now := time.Now()
	cut.swallow.Store(1)
	_, err := db.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 10)
	require.Error(t, err)
	claimed, err := db.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, claimed, 1, "and not the one that is held")
	require.Equal(t, orders[0].ID, claimed[0].ID)
}

func TestAClaimThatIsReleasedWhileTheServerIsAwayIsFreeAfterwards(t *testing.T) {
	server := pgtest.New(t)
	server.Run(t)
	db, _ := mustOpen(t, server.Schema(t))
	order := draft(1)
	_, _, err := db.Checkout(t.Context(), order, time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
	require.NoError(t, err)
	server.Stop()
	db.Release(t.Context(), shop.TaskInvoice, order.ID)
	server.Run(t)
	var claimed []shop.Order
	require.Eventually(t, func() bool {
		now := time.Now()
		claimed, err = db.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 10)
		return err == nil
	}, time.Minute, 10*time.Millisecond)
	require.Len(t, claimed, 1)
}

// A worker does nothing with the orders of a Claim that fails, so none of them may stay claimed.
func TestAClaimThatFailsHalfWayKeepsNothing(t *testing.T) {
	server := pgtest.Start(t)
	cut, address := newProxy(t, server.Schema(t))
	db, engine := mustOpen(t, address)
	id := mustOrder(t, db)
	// The work of an order that cannot be read takes one of two places.
	_, err := engine.pool.Exec(t.Context(), `INSERT INTO work (order_id, task, due, rank) VALUES ('unreadable', $1, 0, 0)`, shop.TaskInvoice)
	require.NoError(t, err)
	cut.swallow.Store(2) // it has the order, and looks for another one
	now := time.Now()
	_, err = db.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 2)
	require.Error(t, err)
	require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))
}

// The server may finish a commit after the connection to it was lost, and after the next Claim.
func TestALostClaimThatIsMadeLateIsGivenUp(t *testing.T) {
	server := pgtest.Start(t)
	cut, address := newProxy(t, server.Schema(t))
	db, engine := mustOpen(t, address)
	id := mustOrder(t, db)
	cut.swallow.Store(1)
	_, err := claim(t.Context(), db)
	require.Error(t, err)
	var late int64
	require.NoError(t, engine.pool.QueryRow(t.Context(), `SELECT claimed FROM work WHERE order_id = $1`, id).Scan(&late))
	require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))
	require.Empty(t, mustClaim(t, db), "it is held")
	db.Release(t.Context(), shop.TaskInvoice, id)

	_, err = engine.pool.Exec(t.Context(), `UPDATE work SET claimed = $2 WHERE order_id = $1`, id, late)
	require.NoError(t, err)
	require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))
}

// What a leader held in an earlier term is nothing that it holds now.
func TestAClaimThatIsLostInALaterTermIsGivenOutAgain(t *testing.T) {
	server := pgtest.Start(t)
	cut, address := newProxy(t, server.Schema(t))
	db, _ := mustOpen(t, address)
	id := mustOrder(t, db)
	for range 2 {
		_, err := db.Lead(t.Context())
		require.NoError(t, err)
		require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))
		db.StandBy()
	}
	_, err := db.Lead(t.Context())
	require.NoError(t, err)
	cut.swallow.Store(1)
	_, err = claim(t.Context(), db)
	require.Error(t, err)
	require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))
}

// A release whose failure is heard of late does not end the next claim of the same order.
func TestALateReleaseDoesNotEndALaterClaim(t *testing.T) {
	server := pgtest.Start(t)
	db, engine := mustOpen(t, server.Schema(t))
	id := mustOrder(t, db)
	require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))
	released := engine.own.drop(shop.TaskInvoice, []shop.OrderID{id})
	require.NoError(t, claims{engine}.free(t.Context(), standby, shop.TaskInvoice, released))
	require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))

	engine.own.keep(shop.TaskInvoice, released)
	require.Empty(t, mustClaim(t, db))
	db.Release(t.Context(), shop.TaskInvoice, id)
	require.Equal(t, []shop.OrderID{id}, mustClaim(t, db))
}
