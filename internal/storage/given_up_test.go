package storage

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// away is a file whose first transactions cannot begin, as those of a server that is away.
type away struct {
	*boltFile
	begin atomic.Pointer[func() error]
}

func (a *away) Begin(ctx context.Context) (Tx, error) {
	if begin := a.begin.Load(); begin != nil {
		if err := (*begin)(); err != nil {
			return nil, err
		}
	}
	return a.boltFile.Begin(ctx)
}

func openAway(t *testing.T) (*DB, *away) {
	t.Helper()
	file, err := openFile(inTemp(t), usualSettings())
	require.NoError(t, err)
	engine := &away{boltFile: file}
	db, err := New(t.Context(), engine)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db, engine
}

// While no transaction can begin nothing of a step is done, so a caller need not wait for it.
func TestACallerMayGoWhileItsTransactionCannotBegin(t *testing.T) {
	db, engine := openAway(t)
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	begin := func() error {
		if tries++; tries == 1 {
			return &GivenUpError{Err: errors.New("away"), Again: true}
		}
		cancel()
		return nil
	}
	engine.begin.Store(&begin)
	require.ErrorIs(t, db.SetNote(ctx, "a", []byte("x")), context.Canceled)
	require.Empty(t, note(t, db, "a"))
	require.NoError(t, db.SetNote(t.Context(), "a", []byte("y")))
}

// Those who wait behind a transaction that cannot begin hear of it together.
func TestAllWhoWaitHearThatNoTransactionBegins(t *testing.T) {
	db, engine := openAway(t)
	gone := errors.New("away")
	begin := func() error { return &GivenUpError{Err: gone} }
	errs := together(t, db,
		func() error { return db.SetNote(t.Context(), "a", []byte("x")) },
		func() error {
			engine.begin.Store(&begin) // the transaction before has begun
			return db.SetNote(t.Context(), "b", []byte("x"))
		})
	require.ErrorIs(t, errs[0], gone)
	require.ErrorIs(t, errs[1], gone)
	engine.begin.Store(nil)
	require.NoError(t, db.SetNote(t.Context(), "a", []byte("y")))
}
