package storage

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

// layered is a bucket of which a part is in the file, a part in a layer over it, and a part in one over both, beside
// a plain map that says what it holds.
type layered struct {
	bolt  *bbolt.DB
	under *layer
	over  *layer
	want  map[string]string
}

// drawLayered draws one. Buckets beside the one that is looked at hold something, too.
func drawLayered(r *rapid.T, bolt *bbolt.DB) layered {
	l := layered{bolt: bolt, under: newLayer(), over: newLayer(), want: map[string]string{}}
	key := rapid.Custom(func(r *rapid.T) string { return fmt.Sprintf("%03d", rapid.IntRange(0, 60).Draw(r, "key")) })
	var room arena
	for _, into := range []string{"file", "under", "over"} {
		changes := newLayer()
		for n := range rapid.IntRange(0, 60).Draw(r, into) {
			k, gone := key.Draw(r, "key"), rapid.Bool().Draw(r, "gone")
			value := fmt.Appendf(nil, "%s %d", into, n)
			if n%7 == 0 {
				value = []byte{}
			}
			l.want[k] = string(value)
			if gone {
				value = nil
				delete(l.want, k)
			}
			changes.tree.Set(room.change(notes, []byte(k), value))
		}
		for _, beside := range []*bucket{seen, languages} {
			changes.tree.Set(room.change(beside, []byte("beside"), []byte("x")))
		}
		switch into {
		case "file":
			require.NoError(r, bolt.Update(changes.moveInto))
		case "under":
			l.under = changes
		default:
			l.over = changes
		}
	}
	return l
}

func TestWhatIsNewAndWhatIsInTheFileAreOne(t *testing.T) {
	db := open(t, inTemp(t))
	rapid.Check(t, func(r *rapid.T) {
		require.NoError(r, db.bolt.Update(func(file *bbolt.Tx) error {
			require.NoError(r, file.DeleteBucket(notes.name))
			_, err := file.CreateBucket(notes.name)
			return err
		}))
		l := drawLayered(r, db.bolt)
		file, err := db.bolt.Begin(false)
		require.NoError(r, err)
		defer func() { require.NoError(r, file.Rollback()) }()
		see := &tx{batch: newBatch(file, l.over, l.under, &db.cache)}

		for n := range 61 {
			key := fmt.Sprintf("%03d", n)
			want, there := l.want[key]
			got := see.get(notes, []byte(key))
			require.Equal(r, there, got != nil)
			require.Equal(r, want, string(got))
		}
		keys := slices.Sorted(maps.Keys(l.want))
		at := fmt.Sprintf("%03d", rapid.IntRange(0, 61).Draw(r, "from"))
		from, _ := slices.BinarySearch(keys, at)

		var ahead, back, all []string
		see.scan(notes, nil, []byte(at), func(k, v []byte) bool {
			require.Equal(r, l.want[string(k)], string(v))
			ahead = append(ahead, string(k))
			return true
		})
		require.True(r, slices.Equal(keys[from:], ahead))
		see.scanBack(notes, nil, []byte(at), func(k []byte) bool {
			back = append([]string{string(k)}, back...)
			return true
		})
		require.True(r, slices.Equal(keys[:from], back))
		see.scanTogether([]*bucket{notes, notes, notes}, nil, func(_ *bucket, k, _ []byte) bool {
			all = append(all, string(k))
			return true
		})
		require.Len(r, all, 3*len(keys))
		require.True(r, slices.IsSorted(all))
		last, _ := see.last(notes)
		if len(keys) == 0 {
			require.Nil(r, last)
		} else {
			require.Equal(r, keys[len(keys)-1], string(last))
		}

		// Moved into the file, in their order, the layers say the same.
		require.NoError(r, db.bolt.Update(l.under.moveInto))
		require.NoError(r, db.bolt.Update(l.over.moveInto))
		require.NoError(r, db.bolt.View(func(file *bbolt.Tx) error {
			moved := map[string]string{}
			err := file.Bucket(notes.name).ForEach(func(k, v []byte) error { moved[string(k)] = string(v); return nil })
			require.Equal(r, l.want, moved)
			return err
		}))
	})
}

func TestAViewStaysAsItIs(t *testing.T) {
	db := open(t, inTemp(t), calm)
	set := func(value string) {
		for n := range 100 {
			require.NoError(t, db.SetNote(t.Context(), fmt.Sprint(n), []byte(value)))
		}
	}
	set("first")
	b, err := db.view()
	require.NoError(t, err)
	defer func() { require.NoError(t, b.file.Rollback()) }()
	same := func() {
		t.Helper()
		notesSeen := 0
		(&tx{batch: b}).scan(notes, nil, nil, func(_, v []byte) bool {
			notesSeen++
			return bytes.Equal(v, []byte("first"))
		})
		require.Equal(t, 100, notesSeen)
	}
	for _, next := range []func(){
		func() { set("second") },
		func() { require.NoError(t, db.moveAll(t.Context())) },
		func() { set("third") },
		func() { require.NoError(t, db.moveAll(t.Context())) },
	} {
		next()
		same()
	}
	require.Equal(t, "third", note(t, db, "7"))
}

// bbolt maps a file anew when that has outgrown its map, which has to wait until nobody reads, while whoever
// begins to read waits for it.
func TestAFileThatHasToBeMappedAnewKeepsNobodyWaitingForEver(t *testing.T) {
	db := open(t, inTemp(t), restless, func(s *settings) { s.mapAhead = 0 })
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				_, _ = db.Note(ctx, "0")
			}
		})
	}
	for n := range 200 {
		require.NoError(t, db.SetNote(t.Context(), fmt.Sprint(n), bytes.Repeat([]byte("x"), 10_000)))
	}
	require.NoError(t, db.moveAll(t.Context()))
	stop()
	readers.Wait()
	for n := range 200 {
		require.Len(t, note(t, db, fmt.Sprint(n)), 10_000)
	}
}
