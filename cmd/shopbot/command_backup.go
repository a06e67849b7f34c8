package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"shopbot/internal/app"
	"shopbot/internal/backup"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/ops"
	"shopbot/internal/storage"
)

type backupCommand struct {
	settingsFlags

	File  string `arg:"" optional:"" name:"file" help:"The file to write; - for standard output. Left out: a copy in the place of SHOPBOT_BACKUP_TO."`
	Force bool   `help:"Replace the file if it is there. The shop's own files are never replaced."`
	List  bool   `help:"List the copies in the place of SHOPBOT_BACKUP_TO."`
}

// Help is what "shopbot backup --help" adds.
func (backupCommand) Help() string {
	return `A consistent copy of the database as it is at one moment. It may run beside the shop, which goes on selling. The file
gets its name only when it is whole, on disk and looked through, and it is readable by you alone: it holds the
goods. What is written to standard output is not looked through.

Without a file the copy goes where scheduled backups go, encrypted if SHOPBOT_BACKUP_RECIPIENT is set, and old ones are
removed as SHOPBOT_BACKUP_KEEP says.`
}

// Run takes the copy from the running shop if there is one, and else from the file.
func (c *backupCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.loadFor(c.settingsFlags, "BACKUP_")
	if err != nil {
		return err
	}
	if c.List && c.File != "" {
		return config.Error{Where: "--list", What: "lists the copies in SHOPBOT_BACKUP_TO, and takes no file"}
	}
	bar := con.progressOf(cfg.Database.Path())
	defer bar.end()
	copier := func(ctx context.Context, w io.Writer) error {
		defer bar.say("examining the copy")
		return ops.CopyDatabase(ctx, cfg, bar.count(w))
	}
	switch c.File {
	case "":
		return c.scheduled(ctx, con, cfg, copier)
	case "-":
		return ops.CopyDatabase(ctx, cfg, con.stdout)
	}
	con.removeLeftovers(c.File)
	n, err := storage.WriteBackup(ctx, ownFiles(ctx, cfg), c.File, c.Force, func(w io.Writer) error { return copier(ctx, w) })
	bar.end()
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: make the directory %s first", err, filepath.Dir(c.File))
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another file, or replace it with --force", c.File)
	}
	if errors.Is(err, syscall.EISDIR) {
		return fmt.Errorf("%s is a directory; name a file in it", c.File)
	}
	if errors.Is(err, storage.ErrInUse) && errors.As(err, new(*fs.PathError)) {
		return fmt.Errorf("%w: it is the database of a running shop; name another file", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "backed up %s to %s: %d bytes\n", cfg.Database.Name(), c.File, n)
	return err
}

// scheduled makes a copy, or lists them, where scheduled ones are.
func (c *backupCommand) scheduled(ctx context.Context, con *console, cfg config.Config, copier backup.Copier) error {
	keeper, err := backup.New(cfg, copier, nil)
	if err != nil {
		return err
	}
	if keeper == nil {
		return config.Error{Where: "SHOPBOT_BACKUP_TO", What: "not set; name the file to write, or set it to a directory or s3://BUCKET/PREFIX"}
	}
	if c.List {
		names, err := keeper.List(ctx)
		if err == nil && len(names) > 0 {
			_, err = fmt.Fprintln(con.stdout, strings.Join(names, "\n"))
		}
		return err
	}
	made, err := keeper.Once(ctx)
	if made.Name == "" {
		return err
	}
	_, printed := fmt.Fprintf(con.stdout, "backed up %s to %s in %s: %d bytes\n", cfg.Database.Name(), made.Name, made.Place, made.Bytes)
	return errors.Join(err, printed)
}

type backupKeyCommand struct {
	File string `arg:"" name:"file" help:"The file to write the secret key to. It must not be there yet."`
}

// Help is what "shopbot backup-key --help" adds.
func (backupKeyCommand) Help() string {
	return `Makes a pair of keys: backups are encrypted with the public one, and can be read with the secret one alone. Keep the file
apart from the shop, and more than once: without it no encrypted backup can be restored.`
}

// Run makes a pair of keys and prints the public one.
func (c *backupKeyCommand) Run(con *console) error {
	recipient, err := backup.WriteKey(c.File)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and may be the key of your backups; name another file", c.File)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "SHOPBOT_BACKUP_RECIPIENT=%s\n", recipient)
	return err
}

type compactCommand struct{ settingsFlags }

// Help is what "shopbot compact --help" adds.
func (compactCommand) Help() string {
	return `Writes the database anew without the room that deleted data left. The shop has to be stopped, and there must be room for a
second file. If anything fails, everything is as it was.`
}

// Run compacts the database of a shop that is not running.
func (c *compactCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.loadExisting(c.settingsFlags)
	if err != nil {
		return err
	}
	if cfg.Database.IsPostgres() {
		return config.Error{Where: "compact", What: "is for a database file; PostgreSQL uses the room of deleted data again by itself (autovacuum)"}
	}
	if _, found := ops.Find(ctx, cfg); found {
		return errors.New("the shop is running; stop it, compact, and start it again")
	}
	con.removeLeftovers(cfg.Database.Path())
	before, after, err := storage.Compact(ctx, cfg.Database.Path())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, "compacted %s: from %d to %d bytes\n", cfg.Database.Path(), before, after)
	return err
}

// ownFiles lists the files that a shop runs on, its database first, and those that it sells: by the
// catalog in force, and by the catalog file, which may be about to come into force.
func ownFiles(ctx context.Context, cfg config.Config) []string {
	own := append(cfg.PrivateFiles(), ops.Socket(cfg))
	file, err := filepath.EvalSymlinks(cfg.Catalog)
	if err != nil {
		file = cfg.Catalog // the shop goes on without it
	}
	inFile, err := catalog.Load(cfg.Catalog)
	if err == nil { // a shop whose catalog has faults is backed up too
		own = append(own, inFile.FilesIn(filepath.Dir(file))...)
	}
	if inForce, err := catalogInForce(ctx, cfg); err == nil {
		own = append(own, inForce.FilesIn(filepath.Dir(file))...)
	}
	return own
}

// catalogInForce reads the catalog in force without touching the database.
func catalogInForce(ctx context.Context, cfg config.Config) (*catalog.Catalog, error) {
	var r catalog.Revision
	var err error
	if running, found := ops.Find(ctx, cfg); found {
		r, err = running.CatalogRevision(ctx)
	} else {
		r, err = database.NewestCatalog(ctx, cfg.Database)
	}
	if err != nil {
		return nil, err
	}
	return r.Catalog()
}

// removeLeftovers removes what killed runs left of a file, and names it.
func (c *console) removeLeftovers(path string) {
	removed, err := storage.RemoveLeftovers(path)
	for _, name := range removed {
		_, _ = fmt.Fprintf(c.stderr, "shopbot: removed %s, which a killed run left\n", name)
	}
	if err != nil {
		_, _ = fmt.Fprintf(c.stderr, "shopbot: what killed runs left of %s was not removed: %v\n", path, err)
	}
}

type restoreCommand struct {
	settingsFlags

	File     string `arg:"" name:"from" help:"The backup: a file, the first of several parts (….001), s3://BUCKET/NAME, or a directory or s3://BUCKET/PREFIX/ for the newest one in it. It is only read."`
	Identity string `placeholder:"FILE" help:"The file with the secret key of an encrypted backup."`
}

// Help is what "shopbot restore --help" adds.
func (restoreCommand) Help() string {
	return `Puts a copy of a backup in the place of the database. The shop has to be stopped. The backup is examined first, as 'shopbot check'
does; the database that is there is kept under another name, and never deleted. If anything
fails, everything is as it was. A PostgreSQL database has to be a new, empty one.`
}

// Run looks through the backup and puts it in place.
func (c *restoreCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.loadFor(c.settingsFlags, "BACKUP_")
	if err != nil {
		return err
	}
	if _, found := ops.Find(ctx, cfg); found {
		return errors.New("the shop is running; stop it, restore, and start it again")
	}
	if path := cfg.Database.Path(); path != "" {
		con.removeLeftovers(path)
	}
	from, err := backup.Find(ctx, cfg, c.File, c.Identity)
	if err != nil {
		return err
	}
	bar := con.progressOf("")
	done, err := database.Restore(ctx, cfg.Database, from.Name, from.WriteTo, bar.showMove)
	bar.end()
	if err != nil {
		return err
	}
	if err := app.ForgetRun(ctx, cfg); err != nil {
		return err
	}
	return printRestored(con.stdout, cfg.Database.Name(), from.Name, done)
}

const sinceThen = `What happened since then is not in it:
- Payments for orders that are in it: the shop finds them at Crypto Pay by itself when it runs, and delivers.
- Orders made since then, and their payments and refunds: 'shopbot reconcile' names each; give the goods or the coins by hand.
- Keys sold since then are for sale again. Before you start the shop, take products whose keys may have been sold out of the catalog.
- Keys loaded since then have to be loaded again.
`

func printRestored(out io.Writer, path, from string, done storage.Restored) error {
	_, _ = fmt.Fprintf(out, "restored %s from %s: %s", path, from, plural(done.Orders, "order")) // an error comes with the last line
	if !done.Last.IsZero() {
		_, _ = fmt.Fprintf(out, ", the last movement of goods or money at %s", utc(done.Last))
	}
	_, _ = fmt.Fprintln(out)
	if done.Former != "" {
		_, _ = fmt.Fprintf(out, "the database that was there is kept as %s\n", done.Former)
	}
	_, err := io.WriteString(out, sinceThen)
	return err
}
