package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/storage"
)

// leadWait is how long to wait for the lead of a database. A replica that was killed keeps it for five
// seconds.
const leadWait = 10 * time.Second

// errRuns says that a shop runs on a database.
var errRuns = errors.New("a shop runs on it; stop it, with all its replicas")

// Move moves the shop of one database to another, as storage.Move does. Neither may be in use.
func Move(ctx context.Context, from, to config.Database, report storage.MoveReport) (done storage.Moved, err error) {
	if path := from.Path(); path != "" {
		if _, err := os.Stat(path); err != nil {
			return done, fmt.Errorf("there is no database to move: %w", err)
		}
	}
	source, err := openAlone(ctx, from)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := openAlone(ctx, to)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return storage.Move(ctx, source, target, report)
}

// openAlone opens a database for a move, and makes sure that no replica works on it.
func openAlone(ctx context.Context, d config.Database) (*storage.DB, error) {
	db, err := Open(ctx, d, storage.ForMove())
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, leadWait)
	defer cancel()
	if _, err := db.Lead(waiting); err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("database %s: %w", d.Name(), errRuns)
		}
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Restore is storage.Restore for either kind of database. One in PostgreSQL has to be empty: there
// is no place beside it where the former one could be kept.
func Restore(ctx context.Context, d config.Database, from string, write func(io.Writer) error, report storage.MoveReport) (storage.Restored, error) {
	if !d.IsPostgres() {
		return storage.Restore(ctx, from, d.Path(), write)
	}
	done, err := restorePostgres(ctx, d, write, report)
	if errors.Is(err, storage.ErrNotEmpty) {
		return storage.Restored{}, err
	}
	if err != nil {
		return storage.Restored{}, fmt.Errorf("backup %s: %w", from, err)
	}
	return storage.Restored{Orders: done.Orders, Last: done.Last}, nil
}

func restorePostgres(ctx context.Context, d config.Database, write func(io.Writer) error, report storage.MoveReport) (done storage.Moved, err error) {
	dir, err := storage.MakeSpool("", "shopbot-restore-")
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, d.FileName())
	if err := storage.WriteFile(path, write); err != nil {
		return done, err
	}
	if err := storage.ForgetMove(ctx, path); err != nil {
		return done, err
	}
	return Move(ctx, config.Database(path), d, report)
}
