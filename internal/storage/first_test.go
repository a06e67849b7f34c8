package storage

import (
	"github.com/stretchr/testify/require"
	"shopbot/internal/shop"
	"testing"
	"time"
)

var _ shop.Store = (*DB)(nil)
var _ shop.Forms = (*DB)(nil)

func TestFirst(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	for n := range int64(200) {
		require.NoError(t, sell(t.Context(), db, n))
	}
	sound(t, db)
	got, err := db.Claim(t.Context(), shop.TaskDeliver, time.Now(), time.Now().Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, got, 10)
	require.NoError(t, db.Close())
	db = open(t, path)
	sound(t, db)
	crowdOf(64, func(i int) { require.NoError(t, sell(t.Context(), db, int64(1000+i))) })
	sound(t, db)
}
