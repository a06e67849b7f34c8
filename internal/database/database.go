// Package database opens the database of a configuration, whichever of the two kinds it is.
package database

import (
	"context"
	"errors"

	"shopbot/internal/catalog"
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
		return nil, errors.Join(err, engine.Close()) //nolint:contextcheck // what is given up is given up whatever ctx says
	}
	return db, nil
}

// NewestCatalog reads the newest revision of the catalog from a database. A file must not be in use,
// and is not changed. Errors: those of Open, storage.ErrInUse, and catalog.ErrNoRevision.
func NewestCatalog(ctx context.Context, d config.Database) (r catalog.Revision, err error) {
	if !d.IsPostgres() {
		return storage.NewestCatalog(ctx, d.Path())
	}
	db, err := Open(ctx, d)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.CatalogRevision(ctx, 0)
}
