package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// catalogFiles holds the catalog of the shop under test.
//
//go:embed catalog.yaml
var catalogFiles embed.FS

const catalogName = "catalog.yaml"

// round is one run of the measurement.
type round struct {
	plan
	dir      string // of this run alone
	program  string // the shop
	services *services
	table    table
	progress io.Writer
}

// measure does what p says and prints the table. What it is busy with goes to progress.
func measure(ctx context.Context, p plan, out, progress io.Writer) (err error) {
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return err
	}
	if p.data, err = filepath.Abs(p.data); err != nil {
		return err
	}
	s := &round{plan: p, progress: progress}
	if s.dir, err = os.MkdirTemp(p.data, "run-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	if err := os.CopyFS(s.dir, catalogFiles); err != nil {
		return err
	}
	s.say("building the shop")
	if s.program, err = buildShop(ctx, s.dir); err != nil {
		return err
	}
	if s.services, err = startServices(ctx); err != nil {
		return err
	}
	defer s.services.close()
	describe(ctx, out, p.data)
	err = s.columns(ctx)
	s.table.write(out) // what was measured until something failed is worth having
	return err
}

// columns measures each size in turn.
func (s *round) columns(ctx context.Context) error {
	for _, n := range s.sizes {
		s.table.columns = append(s.table.columns, thousands(float64(n))+" orders")
	}
	for column, n := range s.sizes {
		s.say("preparing %d orders", n)
		past, err := history(ctx, s.data, n, s.stock)
		if err != nil {
			return fmt.Errorf("prepare %d orders: %w", n, err)
		}
		for _, part := range []struct {
			name string
			do   func(ctx context.Context, column int, database string) error
		}{{partGrowth, s.growth}, {partRest, s.rest}, {partWebhooks, s.webhooks}, {partChat, s.chat}} {
			if !s.wants(part.name) {
				continue
			}
			s.say("%s with %d orders", part.name, n)
			if err := s.withCopy(past, func(path string) error { return part.do(ctx, column, path) }); err != nil {
				return fmt.Errorf("%s with %d orders: %w", part.name, n, err)
			}
		}
	}
	return nil
}

// withCopy lends do a copy of a prepared database.
func (s *round) withCopy(past string, do func(path string) error) (err error) {
	path := filepath.Join(s.dir, "shop.db")
	from, err := os.Open(past) //nolint:gosec // a file of our own
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close(), os.Remove(path)) }()
	to, err := os.Create(path) //nolint:gosec // a file of our own
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		return errors.Join(err, to.Close())
	}
	if err := errors.Join(to.Sync(), to.Close()); err != nil {
		return err
	}
	return do(path)
}

// start runs the shop on a database for do.
func (s *round) start(ctx context.Context, database string, set settings, do func(*process) error) (err error) {
	p, err := startShop(ctx, s.program, s.dir, database, s.services, set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	return do(p)
}

func (s *round) say(format string, args ...any) {
	fmt.Fprintf(s.progress, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
