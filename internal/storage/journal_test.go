package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/shop"
)

func TestWhatWasAcknowledgedIsThereAfterACrash(t *testing.T) {
	path := inTemp(t)
	db := open(t, path, calm)
	for n := range int64(12) {
		require.NoError(t, sell(t.Context(), db, n, func(string) {}))
		if n%5 == 3 {
			require.NoError(t, db.moveAll(t.Context()))
		}
		after := open(t, crashed(t, path))
		sound(t, after)
		require.Len(t, paidOf(t, after, 20), int(n)+1)
		require.NoError(t, sell(t.Context(), after, 100, func(string) {}), "it goes on from there")
		again := open(t, crashed(t, after.path))
		sound(t, again)
		require.Len(t, paidOf(t, again, 101), int(n)+2)
	}
}

// frames are where the frames of a journal's file begin.
func frames(content []byte, seed uint64) (starts []int) {
	for at := journalBlock; at < len(content); {
		frame := wholeFrame(content[at:], seed)
		if frame == nil || len(starts) > 0 && binary.BigEndian.Uint64(frame[8:]) != binary.BigEndian.Uint64(content[starts[len(starts)-1]+8:])+1 {
			break
		}
		starts = append(starts, at)
		at += int(blocks(int64(len(frame))))
	}
	return starts
}

// threeSold is the image of a crashed database whose journal tells of three orders, with the journal's first file and where
// its frames begin.
func threeSold(t *testing.T) (image string, content []byte, starts []int) {
	t.Helper()
	path := inTemp(t)
	db := open(t, path, calm)
	for n := range int64(3) {
		require.NoError(t, sell(t.Context(), db, n, func(string) {}))
	}
	image = crashed(t, path)
	content, err := os.ReadFile(journalPaths(image)[0])
	require.NoError(t, err)
	return image, content, frames(content, db.journal.seed)
}

func TestAFrameThatWasBeingWrittenIsTornAndNothingElse(t *testing.T) {
	image, content, starts := threeSold(t)
	last := starts[len(starts)-1]
	length := frameHeader + int(binary.BigEndian.Uint64(content[last+32:]))
	for at := last; at < last+length; at += 97 {
		for name, torn := range map[string][]byte{
			"cut off":            content[:at],
			"its end is missing": overwrittenWith(content, at, last+length, 0),
			"garbage":            overwrittenWith(content, at, last+length, 0xa5),
		} {
			torn := crashedWith(t, image, torn)
			after := open(t, torn)
			sound(t, after)
			require.Equal(t, []int64{0, 1}, paidOf(t, after, 5), "%s from %d on", name, at)
		}
	}
}

func overwrittenWith(content []byte, from, to int, with byte) []byte {
	content = bytes.Clone(content)
	copy(content[from:to], bytes.Repeat([]byte{with}, to-from))
	return content
}

// crashedWith is a crashed database with another first file of its journal.
func crashedWith(t *testing.T, image string, journal []byte) string {
	t.Helper()
	path := crashed(t, image)
	require.NoError(t, os.WriteFile(journalPaths(path)[0], journal, 0o600))
	return path
}

// refusedAsItIs asserts that a database is refused, with the way back, and that nothing of it is changed.
func refusedAsItIs(t *testing.T, path, says string) {
	t.Helper()
	before := contents(t, filepath.Dir(path))
	for range 2 {
		_, err := Open(t.Context(), path)
		require.ErrorIs(t, err, ErrDamaged)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "shopbot restore FILE")
		_, err = Examine(t.Context(), path, func(string) {})
		require.Error(t, err)
	}
	require.Equal(t, before, contents(t, filepath.Dir(path)))
}

func contents(t *testing.T, directory string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(directory)
	require.NoError(t, err)
	all := map[string]string{}
	for _, e := range list {
		content, err := os.ReadFile(filepath.Join(directory, e.Name()))
		require.NoError(t, err)
		all[e.Name()] = string(content)
	}
	return all
}

func TestAJournalOfWhichAnAcknowledgedPartIsLostIsRefused(t *testing.T) {
	image, content, starts := threeSold(t)
	fields := []int{0, 8, 16, 24, 32, frameHeader + 3}
	require.Greater(t, len(starts), len(fields))
	for i, at := range starts[:len(starts)-1] {
		flipped := bytes.Clone(content)
		flipped[at+fields[i%len(fields)]] ^= 1
		refusedAsItIs(t, crashedWith(t, image, flipped), "what comes after number")
	}
}

func TestAJournalOfAnotherDatabaseIsRefused(t *testing.T) {
	path, other := inTemp(t), inTemp(t)
	db, stranger := open(t, path, calm), open(t, other, calm)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	var backup bytes.Buffer
	require.NoError(t, db.Backup(t.Context(), &backup))
	require.NoError(t, sell(t.Context(), db, 2, func(string) {}))
	require.NoError(t, sell(t.Context(), stranger, 1, func(string) {}))
	image := crashed(t, path)

	// Another shop's is told by its first block.
	foreign := crashed(t, other)
	journal, err := os.ReadFile(journalPaths(image)[1])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(journalPaths(foreign)[1], journal, 0o600)) //nolint:gosec // a test's own directory
	refusedAsItIs(t, foreign, "another database")

	// One that is newer than the file, by two files of the journal, lacks something.
	older := crashed(t, path)
	for range 2 {
		require.NoError(t, db.SetNote(t.Context(), "a", []byte("x")))
		require.NoError(t, db.moveAll(t.Context()))
	}
	require.NoError(t, db.SetNote(t.Context(), "b", []byte("x")))
	gap := crashed(t, path)
	copyOver(t, older, gap)
	refusedAsItIs(t, gap, "what comes after number")

	// One with another history has as many frames, and not the same.
	require.NoError(t, db.moveAll(t.Context()))
	forked := open(t, crashed(t, path), calm)
	for _, d := range []*DB{forked, db} {
		require.NoError(t, d.SetNote(t.Context(), "this", []byte(d.path)))
		require.NoError(t, d.moveAll(t.Context()))
		require.NoError(t, d.SetNote(t.Context(), "then", []byte("x")))
	}
	require.Equal(t, forked.journal.end.number, db.journal.end.number)
	fork := crashed(t, path)
	copyOver(t, crashed(t, forked.path), fork)
	refusedAsItIs(t, fork, "another copy")
}

// copyOver replaces a database file, and not its journal.
func copyOver(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600)) //nolint:gosec // a test's own directory
}

// A backup says that it is whole by itself, so a journal that lies where it is put is none of its.
func TestABackupPutInPlaceByHandIsTheShopAsItWas(t *testing.T) {
	path := inTemp(t)
	db := open(t, path, calm)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	var backup bytes.Buffer
	require.NoError(t, db.Backup(t.Context(), &backup))
	require.NoError(t, sell(t.Context(), db, 2, func(string) {}))
	restored := crashed(t, path)
	require.NoError(t, os.WriteFile(restored, backup.Bytes(), 0o600))
	again := open(t, restored)
	sound(t, again)
	require.Equal(t, []int64{1}, paidOf(t, again, 5))
	require.NoError(t, sell(t.Context(), again, 3, func(string) {}))
	kept, err := filepath.Glob(restored + ".journal-?.aside-*")
	require.NoError(t, err)
	require.Len(t, kept, 1, "what is newer is not thrown away")
	sound(t, open(t, crashed(t, restored)))
}

func TestACrashedDatabaseWithoutItsJournalIsRefused(t *testing.T) {
	path := inTemp(t)
	db := open(t, path, calm)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	for i := range 2 {
		image := crashed(t, path)
		require.NoError(t, os.Remove(journalPaths(image)[i]))
		refusedAsItIs(t, image, filepath.Base(journalPaths(image)[i])+" is missing")
	}
}

func TestALinkToADatabaseLeadsToItsJournal(t *testing.T) {
	path := inTemp(t)
	db := open(t, path, calm)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	image, link := crashed(t, path), inTemp(t)
	require.NoError(t, os.Symlink(image, link))
	require.Equal(t, []int64{1}, paidOf(t, open(t, link), 5))
}

func TestAJournalWithoutItsDatabaseIsNoNewShop(t *testing.T) {
	path := inTemp(t)
	db := open(t, path, calm)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	image := crashed(t, path)
	require.NoError(t, os.Remove(image))
	refusedAsItIs(t, image, "the database is not")
}

func TestADatabaseThatWasClosedIsOneFile(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	require.FileExists(t, journalPaths(path)[0])
	require.NoError(t, db.Close())
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// A frame whose flush failed may be on disk or not. Nobody was told that it is, and what follows takes its place.
func TestAFrameWhoseFlushFailedIsInNobodysWay(t *testing.T) {
	path := inTemp(t)
	failing := false
	db := open(t, path, calm, func(s *settings) {
		s.flush = func(f *os.File) error {
			if failing {
				return syscall.EIO
			}
			return flush(f)
		}
	})
	for n := range int64(6) {
		require.NoError(t, sell(t.Context(), db, 10*n, func(string) {}))
		failing = true
		require.ErrorIs(t, sell(t.Context(), db, 10*n+1, func(string) {}), syscall.EIO)
		after := open(t, crashed(t, path))
		sound(t, after)
		require.Subset(t, paidOf(t, after, 100), paidOf(t, db, 100))
		failing = false
		if n%2 == 0 { // the journal's other file goes on
			require.NoError(t, db.moveAll(t.Context()))
		} else {
			require.NoError(t, db.Writable(t.Context()))
		}
		require.NoError(t, sell(t.Context(), db, 10*n+2, func(string) {}))
		after = open(t, crashed(t, path))
		sound(t, after)
		require.Equal(t, paidOf(t, db, 100), paidOf(t, after, 100))
	}
}

func TestCopiesOfACrashedShopAreWhole(t *testing.T) {
	path := inTemp(t)
	db := open(t, path, calm)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	require.NoError(t, db.moveAll(t.Context()))
	require.NoError(t, sell(t.Context(), db, 2, func(string) {}))
	wants := []int64{1, 2}

	image := crashed(t, path)
	before := contents(t, filepath.Dir(image))
	found, err := Examine(t.Context(), image, func(breach string) { t.Error(breach) })
	require.NoError(t, err)
	require.Equal(t, 2, found.Orders)
	require.Equal(t, before, contents(t, filepath.Dir(image)), "looking changes nothing")

	var copied bytes.Buffer
	require.NoError(t, CopyClosed(t.Context(), image, &copied))
	backup := inTemp(t)
	require.NoError(t, os.WriteFile(backup, copied.Bytes(), 0o600))
	require.Equal(t, wants, paidOf(t, open(t, backup), 5))

	// A backup with a journal beside it is restored with that, over a shop that crashed as well; and that one is kept whole.
	other := open(t, inTemp(t), calm)
	require.NoError(t, sell(t.Context(), other, 3, func(string) {}))
	from, to := crashed(t, path), crashed(t, other.path)
	done, err := Restore(t.Context(), from, to)
	require.NoError(t, err)
	require.Equal(t, 2, done.Orders)
	require.Empty(t, hasJournal(to))
	require.Equal(t, wants, paidOf(t, open(t, to), 5))
	require.Equal(t, []int64{3}, paidOf(t, open(t, done.Aside), 5))

	// The journal of a shop whose file is gone is kept aside as well.
	gone := crashed(t, path)
	require.NoError(t, os.Remove(gone))
	_, err = Restore(t.Context(), backup, gone)
	require.NoError(t, err)
	require.Equal(t, wants, paidOf(t, open(t, gone), 5))
	kept, err := filepath.Glob(gone + ".before-restore-*.journal-?")
	require.NoError(t, err)
	require.NotEmpty(t, kept)
}

// Whatever becomes of a journal's file: all of it is read, or the last frame is missing, or it is refused.
func TestADamagedJournalIsWholeOrTornOrRefused(t *testing.T) {
	directory := t.TempDir()
	rapid.Check(t, func(r *rapid.T) {
		const seed = 7
		paths := journalPaths(filepath.Join(directory, "shop.db"))
		j := &journal{paths: paths, open: os.OpenFile, flush: func(*os.File) error { return nil }, seed: seed, at: journalBlock}
		require.NoError(r, removeJournal(paths))
		require.NoError(r, j.make())
		written := rapid.IntRange(1, 8).Draw(r, "frames")
		turned := rapid.IntRange(0, written).Draw(r, "of these in the first file")
		keys := func(n int) []byte { return fmt.Appendf([]byte{meta.number}, "%06d", n) }
		for n := range written {
			if n == turned {
				require.NoError(r, j.change())
			}
			value := bytes.Repeat([]byte{'x'}, rapid.IntRange(0, 3*journalBlock).Draw(r, "length"))
			frame := newFrame(nil)
			out := j.prepare(appendText(appendText(append(frame, entryPut), keys(n)), value))
			require.NoError(r, j.wrote(out, j.write(out)))
		}
		require.NoError(r, j.close())
		path := rapid.SampledFrom(paths[:]).Draw(r, "file")
		content, err := os.ReadFile(path)
		require.NoError(r, err)
		if len(content) > journalBlock {
			at := rapid.IntRange(journalBlock, len(content)-1).Draw(r, "at")
			upTo := rapid.IntRange(at, min(len(content), (at/journalBlock+1)*journalBlock)).Draw(r, "up to")
			noise := rapid.SliceOfN(rapid.Byte(), upTo-at, upTo-at).Draw(r, "noise")
			copy(content[at:upTo], noise)
			require.NoError(r, os.WriteFile(path, content, 0o600)) //nolint:gosec // a test's own directory
		}
		found, end, err := readJournal(paths, position{}, seed)
		if err != nil {
			require.ErrorIs(r, err, errJournal)
			return
		}
		require.GreaterOrEqual(r, int(end.number), written-1)
		for n := range int(end.number) {
			_, there := found.tree.Get(&change{key: keys(n)})
			require.True(r, there)
		}
	})
}

func FuzzWhatAJournalHolds(f *testing.F) {
	frame := newFrame(nil)
	frame = appendText(appendText(append(frame, entryPut), []byte{meta.number, 'a'}), []byte("x"))
	frame = append(frame, entrySequence, units.number, 9)
	frame = appendText(append(frame, entryRemove), []byte{meta.number, 'a'})
	seal(frame, position{}, 7)
	f.Add(pad(frame))
	directory := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		paths := journalPaths(filepath.Join(directory, fmt.Sprint(os.Getpid())))
		require.NoError(t, os.WriteFile(paths[0], append(firstBlock(0, 7), content...), 0o600))
		require.NoError(t, os.WriteFile(paths[1], firstBlock(1, 7), 0o600))
		found, end, err := readJournal(paths, position{}, 7)
		if err != nil {
			require.ErrorIs(t, err, errJournal)
		} else if found.tree.Len() > 0 {
			require.Positive(t, end.number)
		}
		if len(content) > frameHeader { // as if the sum were right
			_ = newLayer().replay(bytes.Clone(content[frameHeader:]))
		}
	})
}

func TestNothingThatPeopleSendPassesForAFrame(t *testing.T) {
	path := inTemp(t)
	db := open(t, path, calm)
	forged := newFrame(nil)
	forged = appendText(appendText(append(forged, entryPut), append([]byte{notes.number}, "forged"...)), []byte("x"))
	seal(forged, position{number: 1 << 40}, 0) // they do not know the seed
	aligned := append(make([]byte, 2*journalBlock), pad(forged)...)
	for shift := range journalBlock { // wherever the frame has it
		if shift%512 != 0 {
			continue
		}
		_, err := db.KeepUpdates(t.Context(), map[int64][]byte{int64(shift): aligned[shift:]}, nil)
		require.NoError(t, err)
	}
	after := open(t, crashed(t, path))
	require.Empty(t, note(t, after, "forged"))
	ids, _, err := after.PendingUpdates(t.Context(), -1, 100)
	require.NoError(t, err)
	require.Len(t, ids, 8)
}

func stateNow(t *testing.T, db *DB, n int64) shop.State {
	t.Helper()
	o, err := db.Order(t.Context(), draft(n).ID)
	require.NoError(t, err)
	return o.State
}

// What the file says may never have been flushed, if whoever wrote it died of that. Before it is, nothing may be removed
// that would be needed without it.
func TestNoJournalIsRemovedBeforeTheFileIsFlushedThatSaysItMayBe(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path, calm)
	require.NoError(t, err)
	require.NoError(t, sell(t.Context(), db, 1, func(string) {}))
	left := journalPaths(crashed(t, path))
	require.NoError(t, db.Close())
	for i, file := range journalPaths(path) {
		content, err := os.ReadFile(left[i])
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, content, 0o600)) //nolint:gosec // a test's own directory
	}
	_, err = Open(t.Context(), path, func(s *settings) {
		s.openFile = func(path string, _ int, mode os.FileMode) (*os.File, error) {
			return os.OpenFile(path, os.O_RDONLY, mode)
		}
	})
	require.ErrorIs(t, err, syscall.EBADF)
	require.FileExists(t, journalPaths(path)[0])

	again := open(t, path)
	require.Empty(t, hasJournal(path), "all of it is in the file")
	require.Equal(t, []int64{1}, paidOf(t, again, 5))
}
