package storage

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// together has steps share one commit: they queue up behind a step that waits for them all.
func together(t *testing.T, db *DB, steps ...func() error) []error {
	t.Helper()
	begun, goOn := make(chan struct{}), make(chan struct{})
	errs := make([]error, len(steps))
	var all sync.WaitGroup
	all.Go(func() {
		var once sync.Once
		_ = db.write(t.Context(), func(*tx) error {
			once.Do(func() { close(begun) })
			<-goOn
			return nil
		})
	})
	<-begun
	for i, step := range steps {
		all.Go(func() { errs[i] = step() })
		require.Eventually(t, func() bool { return len(db.queue) == i+1 }, 5*time.Second, time.Millisecond)
	}
	close(goOn)
	all.Wait()
	return errs
}

func setNote(name, value string) func(*tx) error {
	return func(t *tx) error {
		t.put(bucketNotes, []byte(name), []byte(value))
		return t.failed
	}
}

func TestStepsThatArriveTogetherShareACommit(t *testing.T) {
	db := open(t, inTemp(t))
	id := func() (id int) {
		require.NoError(t, db.read(t.Context(), func(t *tx) error { id = t.in.(*boltTx).ID(); return nil }))
		return id
	}
	before := id()
	set := func() error { return db.SetNote(t.Context(), "a", []byte("x")) }
	require.NoError(t, errors.Join(together(t, db, set, set, set, set)...))
	require.Equal(t, before+1, id())
	require.NoError(t, set(), "and a lone one waits for nobody")
	require.Equal(t, before+2, id())
}

func TestAStepThatSpoilsATransactionHarmsNoNeighbour(t *testing.T) {
	db := open(t, inTemp(t))
	refusal := errors.New("too late")
	runs := 0
	write := func(do func(*tx) error) func() error {
		return func() error { return db.write(t.Context(), do) }
	}
	errs := together(t, db,
		write(func(t *tx) error { runs++; return setNote("first", "kept")(t) }),
		write(func(t *tx) error { _ = setNote("second", "lost")(t); return refusal }),
		write(func(t *tx) error { _ = setNote("third", "lost")(t); panic("a bug") }),
		write(func(*tx) error { panic("a bug before anything was written") }),
		write(func(t *tx) error { t.counters("sku").Ordered++; return setNote("last", "kept")(t) }),
	)
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], refusal)
	require.ErrorContains(t, errs[2], "a bug")
	require.ErrorContains(t, errs[3], "before anything")
	require.NoError(t, errs[4])
	require.Equal(t, 4, runs, "once for each neighbour that had to be taken out, and once for good")
	require.Equal(t, []string{"kept", "", "", "kept"},
		[]string{note(t, db, "first"), note(t, db, "second"), note(t, db, "third"), note(t, db, "last")})
	s, err := db.Statistics(t.Context(), "", "")
	require.NoError(t, err)
	require.Equal(t, 1, s.Products["sku"].Ordered, "of the runs that were rolled back nothing is counted")
}

func TestAStepSeesWhatItsNeighboursWrote(t *testing.T) {
	db := open(t, inTemp(t))
	count := func() error {
		return db.write(t.Context(), func(t *tx) error {
			t.put(bucketNotes, []byte("n"), append([]byte("I"), t.get(bucketNotes, []byte("n"))...))
			return t.failed
		})
	}
	require.NoError(t, errors.Join(together(t, db, count, count, count)...))
	require.Equal(t, "III", note(t, db, "n"))
}

func TestNothingIsAnsweredBeforeTheCommit(t *testing.T) {
	db := open(t, inTemp(t))
	var stored, refused bool
	refusal := errors.New("no")
	errs := together(t, db,
		func() error { return db.SetNote(t.Context(), "a", []byte("x")) },
		func() error {
			err := db.write(t.Context(), func(t *tx) error {
				refused = t.has(bucketNotes, []byte("a"))
				return refusal
			})
			stored = note(t, db, "a") == "x"
			return err
		},
	)
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], refusal)
	require.True(t, refused, "it was refused because of what its neighbour wrote")
	require.True(t, stored, "and its caller was told when that was on disk")
}

func TestAReaderSeesNoHalfOfACommit(t *testing.T) {
	db := open(t, inTemp(t))
	var stop atomic.Bool
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for !stop.Load() {
				_ = db.write(context.WithoutCancel(t.Context()), func(t *tx) error {
					n := toNumber(t.get(bucketNotes, []byte("a")))
					t.put(bucketNotes, []byte("a"), number(n+1))
					runtime.Gosched()
					t.put(bucketNotes, number(1), number(n+1))
					return t.failed
				})
			}
		})
	}
	last := int64(0)
	for last < 100 {
		var a, b int64
		require.NoError(t, db.read(t.Context(), func(t *tx) error {
			a = toNumber(t.get(bucketNotes, []byte("a")))
			time.Sleep(100 * time.Microsecond)
			b = toNumber(t.get(bucketNotes, number(1)))
			return t.failed
		}))
		require.Equal(t, a, b)
		require.GreaterOrEqual(t, a, last)
		last = a
	}
	stop.Store(true)
	writers.Wait()
}

func TestAStepWhoseCallerHasGoneIsLeftOut(t *testing.T) {
	db := open(t, inTemp(t))
	ctx, cancel := context.WithCancel(t.Context())
	errs := together(t, db,
		func() error { return db.SetNote(ctx, "a", []byte("x")) },
		func() error {
			cancel()
			return db.SetNote(t.Context(), "b", []byte("x"))
		},
	)
	require.ErrorIs(t, errs[0], context.Canceled)
	require.NoError(t, errs[1])
	require.Empty(t, note(t, db, "a"))
}

func TestWhatWasDoneIsReportedAsDone(t *testing.T) {
	db := open(t, inTemp(t))
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, db.write(ctx, func(t *tx) error {
		cancel() // while the step runs
		return setNote("a", "x")(t)
	}))
	require.Equal(t, "x", note(t, db, "a"))
}

func TestCloseFinishesWhatHasBegunAndRefusesTheRest(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	var accepted, refused atomic.Int64
	var writers sync.WaitGroup
	for i := range 50 {
		writers.Go(func() {
			for n := 0; ; n++ {
				err := db.SetNote(context.WithoutCancel(t.Context()), string(rune('a'+i)), []byte{byte(n)})
				switch {
				case err == nil:
					accepted.Add(1)
					continue
				case errors.Is(err, ErrClosed):
					refused.Add(1)
				}
				return
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, db.Close())
	require.NoError(t, db.Close(), "closing again does nothing")
	writers.Wait()
	require.Positive(t, accepted.Load())
	require.EqualValues(t, 50, refused.Load())
	_, err = db.Order(t.Context(), "x")
	require.ErrorIs(t, err, ErrClosed)
	_, err = db.Claim(t.Context(), "deliver", time.Now(), time.Now().Add(time.Hour), 1)
	require.ErrorIs(t, err, ErrClosed)
	sound(t, open(t, path))
}

func TestAHangingDiskIsBusyAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, inTemp(t))
		goOn := make(chan struct{})
		var writers sync.WaitGroup
		writers.Go(func() {
			_ = db.write(t.Context(), func(*tx) error { <-goOn; return nil })
		})
		synctest.Wait()
		for range maxQueue {
			writers.Go(func() { _ = db.write(t.Context(), func(*tx) error { return nil }) })
		}
		synctest.Wait()
		began := time.Now()
		require.ErrorIs(t, db.SetNote(t.Context(), "a", []byte("x")), ErrBusy)
		require.Equal(t, queueWait, time.Since(began))

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, db.SetNote(short, "a", []byte("x")), context.DeadlineExceeded)
		close(goOn)
		writers.Wait()
		require.NoError(t, db.SetNote(t.Context(), "a", []byte("x")))
	})
}
