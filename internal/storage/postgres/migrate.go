package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"shopbot/internal/storage"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is where goose keeps which migrations have run.
const versionTable = "shopbot_version"

// layout is the layout of tables and records that this program knows. A migration sets another one in
// table shop if a replica of the version before could do harm afterwards: it would not find what it
// reads, or drop fields of records that it does not know.
const layout = 1

func otherLayout(found int) error {
	return fmt.Errorf("%w: its tables have layout %d by now and this program knows layout %d", storage.ErrOtherVersion, found, layout)
}

// migrate brings the tables up to date, one process at a time. Tables that are up to date need no
// right to change them.
func migrate(ctx context.Context, config *pgx.ConnConfig, log *slog.Logger) (err error) {
	db := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true)}
	if _, err := db.ExecContext(ctx, `SELECT pg_advisory_xact_lock(1)`); err == nil {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	} else if isServerError(err) { // a database without advisory locks
		locker, err := lock.NewPostgresTableLocker(lock.WithTableName(versionTable + "_lock"))
		if err != nil {
			return err
		}
		options = append(options, goose.WithLocker(locker))
	} else {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, options...)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	found, err := provider.GetDBVersion(ctx)
	switch {
	case err != nil:
		return err
	case found > newest:
		return fmt.Errorf("%w: its tables have version %d and this program knows %d", storage.ErrOtherVersion, found, newest)
	case found == newest:
		return nil
	}
	done, err := provider.Up(ctx)
	for _, m := range done {
		log.InfoContext(ctx, "database tables changed", "database", nameOf(config), "version", m.Source.Version)
	}
	if err != nil {
		return fmt.Errorf("change its tables to version %d: %w", newest, err)
	}
	return nil
}
