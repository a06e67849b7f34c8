package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// Of what bbolt writes between two flushes, a power cut may leave any part on the disk. Its order
// is: all pages, a flush, one of the two meta pages, a flush. So before the first flush the file is
// that of the commit before with any of the new sectors in place, and before the second flush with
// all of them and any of the meta page's.
func TestAPowerCutAnywhereInACommitLeavesTheCommitBeforeOrThisOne(t *testing.T) {
	t.Parallel()
	path := inTemp(t)
	db := open(t, path, func(s *settings) { s.mapAhead = 0 }) // so that the file grows in small steps
	require.False(t, db.file.bolt.NoSync)
	steps := []func(n int64) error{
		func(n int64) error {
			return load(t.Context(), db, "vpn", fmt.Sprint("key ", n), fmt.Sprint("more ", n))
		},
		func(n int64) error { return place(t.Context(), db, draft(n)) },
		func(n int64) error {
			p := paymentOf(draft(n), fmt.Sprint(n))
			_, err := db.RecordPayment(t.Context(), p, applyPayment(p))
			return err
		},
	}
	seen := map[bool]int{}
	for n := range int64(6) {
		for i, step := range steps {
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, step(n))
			after, err := os.ReadFile(path)
			require.NoError(t, err)
			for cut := range 12 {
				state := powerCut(before, after, cut >= 8)
				found, err := Open(t.Context(), written(t, state))
				require.NoError(t, err)
				sound(t, found)
				has := done(t, found, n, i)
				require.False(t, has && cut < 8, "nothing leads there before the meta page is written")
				seen[has]++
				if i > 0 {
					require.True(t, done(t, found, n, i-1), "what was acknowledged is there")
				}
				require.NoError(t, found.Close())
			}
		}
	}
	require.Len(t, seen, 2)
}

// done reports whether step i of order n has happened.
func done(t *testing.T, db *DB, n int64, i int) bool {
	t.Helper()
	if i == 0 {
		s, err := db.StockOf(t.Context(), "vpn")
		require.NoError(t, err)
		return int64(s.Free+s.Reserved+s.Sold) == 2*(n+1)
	}
	o, err := db.Order(t.Context(), draft(n).ID)
	if err != nil {
		require.ErrorIs(t, err, shop.ErrNotFound)
	}
	return err == nil && (i == 1 || o.State == shop.StatePaid)
}

// powerCut is the file of before with some of what after has: a random part of the pages, or all of
// them and a random part of the meta pages.
func powerCut(before, after []byte, pagesFlushed bool) []byte {
	const sector, metas = 512, 2 * 4096
	state := make([]byte, len(after))
	copy(state, before)
	share := rand.IntN(5) //nolint:gosec // of four
	for at := 0; at < len(after); at += sector {
		isMeta := at < metas
		there := !isMeta && pagesFlushed || isMeta == pagesFlushed && rand.IntN(4) < share //nolint:gosec // as above
		if there {
			copy(state[at:at+sector], after[at:])
		}
	}
	return state
}
