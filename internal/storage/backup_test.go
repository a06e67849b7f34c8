package storage

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestABackupTakenWhileSellingIsAWholeShop(t *testing.T) {
	db := open(t, inTemp(t))
	ctx, stop := context.WithCancel(t.Context())
	var sold atomic.Int64
	sellers := make(chan error)
	go func() {
		var errs [4]error
		crowdOf(len(errs), func(i int) {
			for n := int64(i); ctx.Err() == nil; n += 4 {
				errs[i] = sell(context.WithoutCancel(ctx), db, n, func(string) {})
				sold.Add(1)
			}
		})
		sellers <- errors.Join(errs[:]...)
	}()
	secret, err := db.Secret(t.Context())
	require.NoError(t, err)
	for range 3 {
		before := sold.Load()
		require.Eventually(t, func() bool { return sold.Load() > before+20 }, time.Minute, time.Millisecond)
		path := inTemp(t)
		file, err := os.Create(path)
		require.NoError(t, err)
		require.NoError(t, db.Backup(t.Context(), file))
		require.NoError(t, file.Close())

		copied := open(t, path)
		sound(t, copied)
		same, err := copied.Secret(t.Context())
		require.NoError(t, err)
		require.Equal(t, secret, same)
	}
	stop()
	require.NoError(t, <-sellers)
	sound(t, db)
}

func TestABackupThatNobodyWaitsForEnds(t *testing.T) {
	db := open(t, inTemp(t))
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Backup(ctx, writerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil
	}))
	require.Error(t, err)
	full := errors.New("no space")
	require.ErrorContains(t, db.Backup(t.Context(), writerFunc(func([]byte) (int, error) { return 0, full })), "no space")
}
