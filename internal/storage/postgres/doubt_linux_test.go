package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// Others commit while a replica is cut off. Once they have removed the token of its last commit, it
// cannot tell that the commit was not made.
func TestACommitWhoseTokenIsGoneIsInDoubt(t *testing.T) {
	server := pgtest.Start(t)
	address := server.Schema(t)
	_, engine := mustOpen(t, address)
	cut := errors.New("cut off")
	server.Exec(t, `UPDATE `+schemaOf(t, address)+`.shop SET commits = 5000`)
	err := engine.outcome(t.Context(), 5000-keptCommits, []byte("token"), cut)
	require.ErrorIs(t, err, cut)
	require.NotErrorIs(t, err, errDoubt)
	require.ErrorAs(t, err, new(*storage.GivenUpError), "it would still be there")
	err = engine.outcome(t.Context(), 5000-keptCommits-1, []byte("token"), cut)
	require.ErrorIs(t, err, errDoubt)
	require.NotErrorAs(t, err, new(*storage.GivenUpError))
}

// The caller of a step may change its order once it has heard that nothing is done.
func TestAnOrderWhoseCallerHasGoneIsNotReadAnyMore(t *testing.T) {
	server := pgtest.Start(t)
	address := server.Schema(t)
	db, engine := mustOpen(t, address)
	other, err := engine.Begin(t.Context())
	require.NoError(t, err)
	o := draft(1)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, _, err = db.Checkout(ctx, o, time.Now().Add(time.Hour), func(*shop.Order, shop.View) error { return nil })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, other.Rollback()) // and the step's transaction begins
	o.Lines[0].SKU = "another"           // the race detector tells if anybody reads it
}
