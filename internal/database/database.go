// Package database opens the database of a configuration, whichever of the two kinds it is.
package database

import (
	"context"
	"errors"

	"shopbot/internal/config"
	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres"
)

// Open opens the database, or makes a new shop's in a file that is missing or a PostgreSQL database
// that is empty. Errors say which database they are about, without its password, and what to do.
func Open(ctx context.Context, d config.Database, options ...storage.Option) (*storage.DB, error) {
	if !d.IsPostgres() {
		return storage.Open(ctx, d.Path(), options...)
	}
	engine, err := postgres.Open(ctx, d.URL(), storage.LogOf(options...))
	if err != nil {
		return nil, err
	}
	db, err := storage.New(ctx, engine, options...)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return db, nil
}
