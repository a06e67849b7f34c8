package storage

import (
	"context"
	"errors"
	"sync"
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
	return errs // the first one shares what becomes of them
}

func note(t *testing.T, db *DB, name string) string {
	t.Helper()
	value, err := db.Note(t.Context(), name)
	require.NoError(t, err)
	return string(value)
}

func TestAStepThatSpoilsATransactionHarmsNoNeighbour(t *testing.T) {
	db := open(t, inTemp(t))
	refusal := errors.New("too late")
	runs := 0
	errs := together(t, db,
		func() error {
			return db.write(t.Context(), func(t *tx) error {
				runs++
				t.put(notes, []byte("first"), []byte("kept"))
				return nil
			})
		},
		func() error {
			return db.write(t.Context(), func(t *tx) error {
				t.put(notes, []byte("second"), []byte("lost"))
				return refusal
			})
		},
		func() error {
			return db.write(t.Context(), func(t *tx) error {
				t.put(notes, []byte("third"), []byte("lost"))
				panic("a bug")
			})
		},
		func() error {
			return db.write(t.Context(), func(*tx) error { panic("a bug before anything was written") })
		},
		func() error { return db.SetNote(t.Context(), "last", []byte("kept")) },
	)
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], refusal)
	require.ErrorContains(t, errs[2], "a bug")
	require.ErrorContains(t, errs[3], "before anything")
	require.NoError(t, errs[4])
	require.Equal(t, 4, runs, "once for each neighbour that had to be taken out, and once for good")
	require.Equal(t, []string{"kept", "", "", "kept"},
		[]string{note(t, db, "first"), note(t, db, "second"), note(t, db, "third"), note(t, db, "last")})
}

func TestAStepSeesWhatItsNeighboursWrote(t *testing.T) {
	db := open(t, inTemp(t))
	count := func() error {
		return db.write(t.Context(), func(t *tx) error {
			t.put(notes, []byte("n"), append([]byte("I"), t.get(notes, []byte("n"))...))
			return nil
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
				refused = t.get(notes, []byte("a")) != nil
				return refusal
			})
			stored = note(t, db, "a") == "x"
			return err
		},
	)
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], refusal)
	require.True(t, refused, "it was refused because of what its neighbour wrote")
	require.True(t, stored, "and heard so when that was on disk")
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
		t.put(notes, []byte("a"), []byte("x"))
		return nil
	}))
	require.Equal(t, "x", note(t, db, "a"))
}

func TestCloseFinishesWhatHasBegunAndRefusesTheRest(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	var accepted, refused int
	var mu sync.Mutex
	var writers sync.WaitGroup
	for i := range 50 {
		writers.Go(func() {
			for n := 0; ; n++ {
				err := db.SetNote(context.WithoutCancel(t.Context()), string(rune('a'+i)), []byte{byte(n)})
				mu.Lock()
				if err == nil {
					accepted++
				} else if errors.Is(err, ErrClosed) {
					refused++
				}
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	time.Sleep(20 * time.Millisecond)
	require.NoError(t, db.Close())
	require.NoError(t, db.Close(), "closing again does nothing")
	writers.Wait()
	require.Positive(t, accepted)
	require.Equal(t, 50, refused)
	_, err = db.Order(t.Context(), "x")
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
