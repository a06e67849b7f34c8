package postgres

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
	"shopbot/internal/storage/storagetest"
)

func TestPostgreSQLIsAStore(t *testing.T) {
	server := pgtest.Start(t)
	storagetest.Run(t, func(t *testing.T) storagetest.Place {
		t.Helper()
		address := server.Schema(t)
		return func(ctx context.Context) (storagetest.Store, error) {
			db, engine, err := open(ctx, address)
			return spoilable{db, engine}, err
		}
	})
}

// spoilable is a database whose records can be made undecodable.
type spoilable struct {
	*storage.DB
	engine *Engine
}

func (s spoilable) Spoil(ctx context.Context, id shop.OrderID) error {
	_, err := s.engine.pool.Exec(ctx, `
		UPDATE entries SET value = '\xff' WHERE key = $1 AND bucket = (SELECT bucket FROM buckets WHERE name = 'orders')`, []byte(id))
	return err
}

func open(ctx context.Context, address string) (*storage.DB, *Engine, error) {
	engine, err := Open(ctx, address, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	db, err := storage.New(ctx, engine)
	return db, engine, err
}

func mustOpen(tb testing.TB, address string) (*storage.DB, *Engine) {
	tb.Helper()
	db, engine, err := open(tb.Context(), address)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db, engine
}
