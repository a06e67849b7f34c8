package storage

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A flush takes five seconds. Nobody waits for longer than he has time, nobody is told of a success that is none,
// and what is given up before it began is never done.
func TestASlowFlushKeepsNobodyLongerThanHeCanWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), inTemp(t))
		require.NoError(t, err)
		begun := time.Now()
		slow := make(chan error)
		go func() {
			slow <- db.write(t.Context(), func(t *tx) error {
				time.Sleep(5 * time.Second)
				t.put(notes, []byte("slow"), []byte("x"))
				return t.failed
			})
		}()
		synctest.Wait()
		crowdOf(100, func(i int) {
			patience := time.Duration(1+i%10) * time.Second
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			err := db.SetNote(ctx, fmt.Sprint(i), []byte("x"))
			if patience < 5*time.Second {
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, patience, time.Since(begun))
			} else if patience > 5*time.Second {
				require.NoError(t, err)
				require.Equal(t, 5*time.Second, time.Since(begun))
			}
		})
		require.NoError(t, <-slow)
		for i := range 100 {
			switch patience := 1 + i%10; {
			case patience < 5:
				require.Empty(t, note(t, db, fmt.Sprint(i)))
			case patience > 5:
				require.Equal(t, "x", note(t, db, fmt.Sprint(i)))
			}
		}
		require.NoError(t, db.Close())
	})
}
