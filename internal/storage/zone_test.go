package storage

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// Half past seven in the evening in UTC is half past midnight of the next day in Tashkent.
func TestStatisticsCountInDaysOfTheShopsZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
		require.NoError(t, err)
		time.Sleep(19*time.Hour + 30*time.Minute)
		place := func(n int64) {
			o := draft(n)
			o.Lines[0].FromStock = false
			_, _, err := db.Checkout(t.Context(), o, time.Now(), func(*shop.Order, shop.View) error { return nil })
			require.NoError(t, err)
		}
		place(1)
		tashkent, err := time.LoadLocation("Asia/Tashkent")
		require.NoError(t, err)
		db.SetZone(func() *time.Location { return tashkent })
		place(2)
		place(3)
		totals, err := db.Totals(t.Context(), []shop.Day{"2000-01-01", "2000-01-02", "2000-01"})
		require.NoError(t, err)
		require.Equal(t, 1, totals[0].Ordered, "counted before, it stays")
		require.Equal(t, 2, totals[1].Ordered)
		require.Equal(t, 3, totals[2].Ordered)
		require.NoError(t, db.Close())
	})
}
