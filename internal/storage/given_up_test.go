package storage

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

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

// Every transaction is given up at its beginning or its end before one is made, while callers go at
// any moment: what happened is reported as done, once, and nothing else happens.
func TestCallersHearTheTruthThoughTransactionsAreGivenUp(t *testing.T) {
	db, engine := openAway(t)
	var tries atomic.Int64
	begin := func() error {
		if tries.Add(1)%3 == 0 {
			return &GivenUpError{Err: errors.New("away"), Again: true}
		}
		return nil
	}
	engine.begin.Store(&begin)
	var done atomic.Int64
	crowdOf(20, func(i int) {
		for n := range 10 {
			ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
			go func() {
				time.Sleep(time.Duration((i*7+n*13)%40) * 50 * time.Microsecond)
				cancel()
			}()
			runs := 0
			err := db.write(ctx, func(t *tx) error {
				if runs++; runs == 1 && n%2 == 0 { // as a connection that is cut
					err := &GivenUpError{Err: errors.New("cut"), Again: true}
					t.check(err)
					return err
				}
				t.put(bucketNotes, []byte("sum"), number(1+sumOf(t)))
				return t.failed
			})
			switch {
			case err == nil:
				done.Add(1)
			case errors.As(err, new(*GivenUpError)), errors.Is(err, context.Canceled) && runs == 0:
			default:
				t.Errorf("error %v after %d runs", err, runs)
			}
		}
	})
	engine.begin.Store(nil)
	var sum int64
	require.NoError(t, db.read(t.Context(), func(t *tx) error { sum = sumOf(t); return t.failed }))
	require.Equal(t, done.Load(), sum)
	require.Positive(t, sum)
}

func sumOf(t *tx) int64 {
	if value := t.get(bucketNotes, []byte("sum")); value != nil {
		return toNumber(value)
	}
	return 0
}
