package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"shopbot/internal/storage"
)

type backupCommand struct {
	settingsFlags

	File  string `arg:"" name:"file" help:"The file to write; - for standard output."`
	Force bool   `help:"Replace the file if it is there."`
}

// Help is what "shopbot backup --help" adds.
func (backupCommand) Help() string {
	return `A consistent copy of the database as it is at one moment. It may run beside the shop, which goes on selling. The file
gets its name only when it is whole, on disk and looked through, and it is readable by you alone: it holds the
goods. What is written to standard output is not looked through.`
}

// Run takes the copy from the running shop if there is one, and else from the file.
func (c *backupCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.load(c.settingsFlags)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error { return copyDatabase(ctx, cfg, w) }
	if c.File == "-" {
		return write(con.stdout)
	}
	n, err := storage.WriteBackup(ctx, c.File, c.Force, write)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another file, or replace it with --force", c.File)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "backed up %s to %s: %d bytes\n", cfg.Database.path(), c.File, n)
	return err
}

func copyDatabase(ctx context.Context, cfg config, w io.Writer) error {
	if running, found := findRunning(ctx, cfg); found {
		return running.Backup(ctx, w)
	}
	if err := needDatabase(cfg); err != nil {
		return err
	}
	err := storage.CopyClosed(ctx, cfg.Database.path(), w)
	if errors.Is(err, storage.ErrInUse) {
		return notAnswering(cfg, err)
	}
	return err
}

// notAnswering tells where the shop was looked for that has the database.
func notAnswering(cfg config, err error) error {
	return fmt.Errorf("%w (no shop with this configuration answers at SHOPBOT_OPS_LISTEN=%s)", err, cfg.OpsListen)
}
