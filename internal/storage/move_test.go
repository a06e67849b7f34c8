package storage

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

func quiet(MoveStage, int64, int64) {}

// everything is all entries and sequences of a database but the notes of a move.
func everything(tb testing.TB, db *DB) map[string]string {
	tb.Helper()
	d, err := db.digest(tb.Context(), func(int64) {})
	require.NoError(tb, err)
	return d.sums
}

// soldShop makes a database with sales, and closes it.
func soldShop(tb testing.TB, sales int64) (path string) {
	tb.Helper()
	path = inTemp(tb)
	db, err := Open(tb.Context(), path)
	require.NoError(tb, err)
	for n := range sales {
		require.NoError(tb, sell(tb.Context(), db, n))
	}
	require.NoError(tb, db.Close())
	return path
}

// moveTo moves between two files, which are open only meanwhile.
func moveTo(ctx context.Context, from, to string, report MoveReport) (done Moved, err error) {
	source, err := Open(ctx, from, ForMove())
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := Open(ctx, to, ForMove())
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return Move(ctx, source, target, report)
}

func TestAMovedShopIsTheSameAndTheOldOneSellsNothingMore(t *testing.T) {
	t.Parallel()
	from, to := soldShop(t, 20), inTemp(t)
	before := func() map[string]string {
		db, err := Open(t.Context(), from)
		require.NoError(t, err)
		all := everything(t, db)
		require.NoError(t, db.Close())
		return all
	}()
	done, err := moveTo(t.Context(), from, to, quiet)
	require.NoError(t, err)
	require.Equal(t, 20, done.Orders)
	require.Equal(t, shop.Stock{Sold: 20}, done.Stock)
	require.Greater(t, done.Entries, int64(100))

	moved := open(t, to)
	require.Equal(t, before, everything(t, moved))
	sound(t, moved)
	due, err := moved.Claim(t.Context(), shop.TaskDeliver, draft(20).Expires, draft(20).Expires.Add(1), 100)
	require.NoError(t, err)
	require.Len(t, due, 20, "what was paid is delivered by the new one")
	require.NoError(t, sell(t.Context(), moved, 99))

	_, err = Open(t.Context(), from)
	require.ErrorIs(t, err, ErrMoved)
	require.ErrorContains(t, err, to)
	_, err = moveTo(t.Context(), from, inTemp(t), quiet)
	require.ErrorIs(t, err, ErrMoved, "to another place")
	found, err := Examine(t.Context(), from, func(breach string) { t.Error(breach) })
	require.NoError(t, err)
	require.Equal(t, 20, found.Orders, "it is kept")
}

func TestAMoveThatIsStoppedAnywhereGoesOnAndUntilThenNobodySells(t *testing.T) {
	t.Parallel()
	from, to := soldShop(t, 10), inTemp(t)
	steps := 0
	for stopAt := 1; ; stopAt++ {
		ctx, stop := context.WithCancel(t.Context())
		steps = 0
		_, err := moveTo(ctx, from, to, func(MoveStage, int64, int64) {
			if steps++; steps == stopAt {
				stop()
			}
		})
		stop()
		if steps < stopAt {
			require.NoError(t, err)
			break
		}
		if err == nil {
			break // it was stopped when nothing was left to do
		}
		_, err = Open(t.Context(), to)
		require.ErrorIs(t, err, ErrHalfMoved)
		require.ErrorContains(t, err, from)
		old, err := Open(t.Context(), from, ForMove())
		require.NoError(t, err)
		require.NoError(t, old.Close())
	}
	moved := open(t, to)
	sound(t, moved)
	old := open(t, from, ForMove())
	require.Equal(t, everything(t, old), everything(t, moved))
}

// A process that is killed between the two last commits leaves neither of the two for sale, and the
// next try finishes.
func TestAMoveThatDiesAtItsEndIsFinished(t *testing.T) {
	t.Parallel()
	from, to := soldShop(t, 3), inTemp(t)
	_, err := moveTo(t.Context(), from, to, quiet)
	require.NoError(t, err)
	db := open(t, from, ForMove())
	note, some, err := noteOf[movedRecord](t.Context(), db, movedName())
	require.NoError(t, err)
	require.True(t, some)
	require.NoError(t, db.Close())
	target := open(t, to)
	require.NoError(t, target.write(t.Context(), func(t *tx) error {
		t.putRecord(bucketMeta, movingName(), movingRecord{Source: note.Source, From: from, Entries: 77})
		return t.failed
	}))
	require.NoError(t, target.Close())
	_, err = Open(t.Context(), to)
	require.ErrorIs(t, err, ErrHalfMoved)
	_, err = Open(t.Context(), from)
	require.ErrorIs(t, err, ErrMoved)

	done, err := moveTo(t.Context(), from, to, quiet)
	require.NoError(t, err)
	require.EqualValues(t, 77, done.Entries)
	sound(t, open(t, to))
}

func TestASourceThatHasChangedSinceAStoppedMoveIsCopiedAnew(t *testing.T) {
	t.Parallel()
	from, to := soldShop(t, 5), inTemp(t)
	ctx, stop := context.WithCancel(t.Context())
	_, err := moveTo(ctx, from, to, func(stage MoveStage, done, total int64) {
		if stage == MoveCopies && done > total/2 {
			stop()
		}
	})
	stop()
	require.ErrorIs(t, err, context.Canceled)
	db, err := Open(t.Context(), from)
	require.NoError(t, err)
	_, err = db.Forget(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 50))
	require.NoError(t, db.Close())

	var stages []MoveStage
	done, err := moveTo(t.Context(), from, to, func(stage MoveStage, _, _ int64) { stages = append(stages, stage) })
	require.NoError(t, err)
	require.Contains(t, stages, MoveClears)
	require.Equal(t, 6, done.Orders)
	moved := open(t, to)
	sound(t, moved)
	require.Equal(t, everything(t, open(t, from, ForMove())), everything(t, moved))
}

func TestAMoveRefusesATargetWithAShopAndASourceWithContradictions(t *testing.T) {
	t.Parallel()
	from, taken := soldShop(t, 3), soldShop(t, 1)
	before, err := os.ReadFile(taken)
	require.NoError(t, err)
	_, err = moveTo(t.Context(), from, taken, quiet)
	require.ErrorIs(t, err, ErrNotEmpty)
	require.ErrorContains(t, err, taken)
	after, err := os.ReadFile(taken)
	require.NoError(t, err)
	require.True(t, bytes.Equal(before, after), "nothing is changed")
	require.NoError(t, open(t, taken).Close())

	db, err := Open(t.Context(), from)
	require.NoError(t, err)
	require.NoError(t, db.write(t.Context(), func(t *tx) error {
		t.putRecord(bucketStock, []byte("vpn"), shop.Stock{Free: 1000})
		return t.failed
	}))
	require.NoError(t, db.Close())
	_, err = moveTo(t.Context(), from, inTemp(t), quiet)
	require.ErrorAs(t, err, new(*UnsoundError))
	require.NoError(t, open(t, from).Close(), "the old one goes on")
}

func TestASourceThatIsWrittenToMeanwhileIsNoticed(t *testing.T) {
	t.Parallel()
	source, target := open(t, soldShop(t, 3), ForMove()), open(t, inTemp(t), ForMove())
	once := false
	_, err := Move(t.Context(), source, target, func(stage MoveStage, _, _ int64) {
		if stage == MoveCopies && !once {
			once = true
			require.NoError(t, sell(t.Context(), source, 70))
		}
	})
	require.ErrorIs(t, err, ErrSourceChanged)
	require.NoError(t, source.refuseMoved(t.Context()), "the old one goes on")
	require.ErrorIs(t, target.refuseMoved(t.Context()), ErrHalfMoved)
}

func TestARestoredCopyOfAMovedShopMaySell(t *testing.T) {
	t.Parallel()
	from, to, restored := soldShop(t, 2), inTemp(t), inTemp(t)
	_, err := moveTo(t.Context(), from, to, quiet)
	require.NoError(t, err)
	_, err = restoreFile(t.Context(), usualDisk(), from, restored)
	require.NoError(t, err)
	db := open(t, restored)
	sound(t, db)
	require.NoError(t, db.Close())

	ctx, stop := context.WithCancel(t.Context())
	half := inTemp(t)
	_, err = moveTo(ctx, restored, half, func(stage MoveStage, _, _ int64) {
		if stage == MoveVerifies {
			stop()
		}
	})
	stop()
	require.Error(t, err)
	_, err = restoreFile(t.Context(), usualDisk(), half, inTemp(t))
	require.ErrorIs(t, err, ErrHalfMoved)
}

// anotherEngine is a file that does not say so.
type anotherEngine struct{ *boltFile }

func TestASnapshotOfAnotherEngineIsAWholeDatabase(t *testing.T) {
	t.Parallel()
	path := soldShop(t, 10)
	file, err := openFile(path, usualSettings())
	require.NoError(t, err)
	db := newDB(anotherEngine{file}, file.log)
	go db.commitLoop()
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	sound(t, db)

	var copied bytes.Buffer
	require.NoError(t, db.Backup(t.Context(), &copied))
	at := inTemp(t)
	require.NoError(t, os.WriteFile(at, copied.Bytes(), 0o600))
	whole := open(t, at)
	sound(t, whole)
	require.Equal(t, everything(t, db), everything(t, whole))

	require.NoError(t, file.bolt.Update(func(t *bbolt.Tx) error { return t.Bucket(bucketStock.bytes).Delete([]byte("vpn")) }))
	var breaches []string
	require.NoError(t, db.Check(t.Context(), func(breach string) { breaches = append(breaches, breach) }))
	require.NotEmpty(t, breaches, "contradictions are found in a snapshot too")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorIs(t, db.Backup(ctx, &copied), context.Canceled)
}
