package storage

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// crowdOf runs do n times at once.
func crowdOf(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

// restless has a checkpoint made after each commit, as soon as the one before has ended.
func restless(s *settings) { s.pace.size, s.pace.after = 1, time.Millisecond }

// calm has none made by itself.
func calm(s *settings) { s.pace.size, s.pace.after = 1<<40, 1000*time.Hour }

// crashed copies a database as a crash would leave it, in the midst of whatever goes on, and returns the copy's path.
func crashed(t *testing.T, path string) string {
	t.Helper()
	copied := inTemp(t)
	for from, to := range map[string]string{
		path: copied, journalPaths(path)[0]: journalPaths(copied)[0], journalPaths(path)[1]: journalPaths(copied)[1],
	} {
		content, err := os.ReadFile(from)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to, content, 0o600)) //nolint:gosec // a test's own directory
	}
	return copied
}

// paidOf are the orders that are paid, by number.
func paidOf(t *testing.T, db *DB, most int64) (paid []int64) {
	t.Helper()
	for n := range most {
		if o, err := db.Order(t.Context(), draft(n).ID); err == nil && o.State == shop.StatePaid {
			paid = append(paid, n)
		}
	}
	return paid
}
