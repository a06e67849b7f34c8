package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"shopbot/configs"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/ops"
)

type catalogCommands struct {
	Export  catalogExportCommand  `cmd:"" help:"Write the catalog in force as a file, and the pictures that were sent in the chat beside it."`
	Apply   catalogApplyCommand   `cmd:"" help:"Put a file in force, after a look at what it changes."`
	History catalogHistoryCommand `cmd:"" help:"List what was changed, the newest first."`
	Undo    catalogUndoCommand    `cmd:"" help:"Take the last change back."`
	Schema  catalogSchemaCommand  `cmd:"" help:"Print the JSON Schema of catalog files, for editors."`
}

type catalogExportCommand struct {
	settingsFlags

	File  string `arg:"" optional:"" default:"-" help:"The file to write; standard output where it is left out or -."`
	Force bool   `help:"Replace the file if it is there."`
}

// Help is what "shopbot catalog export --help" adds.
func (catalogExportCommand) Help() string {
	return `The file says by a line 'revision:' which revision it is, so that the shop takes it back, changed, as long as nobody has
changed the catalog meanwhile. Pictures and files that were sent in the chat go into the folder chat beside it. What was
written as a comment in a catalog file is not kept.`
}

// Run writes the revision in force.
func (c *catalogExportCommand) Run(ctx context.Context, con *console) error {
	return con.withShop(ctx, c.settingsFlags, func(s ops.Shop) error {
		r, err := s.CatalogRevision(ctx)
		if err != nil {
			return err
		}
		if c.File == "-" {
			_, err := con.stdout.Write(r.Export())
			return err
		}
		if err := c.write(c.File, r.Export(), c.Force); err != nil {
			return err
		}
		files, err := c.writeUploads(ctx, s, &r)
		if err != nil {
			return err
		}
		said := fmt.Sprintf("wrote revision %d to %s", r.Number, c.File)
		if files > 0 {
			said += fmt.Sprintf(", and %s of the chat to %s", plural(files, "file"), filepath.Join(filepath.Dir(c.File), "chat"))
		}
		_, err = fmt.Fprintln(con.stdout, said)
		return err
	})
}

// writeUploads writes the files of the chat that the revision uses. Their names are made from what
// is in them, so one that is there is the same.
func (c *catalogExportCommand) writeUploads(ctx context.Context, s ops.Shop, r *catalog.Revision) (written int, err error) {
	current, err := r.Catalog()
	if err != nil {
		return 0, err
	}
	for _, name := range current.Uploads() {
		content, err := s.KeptFile(ctx, name)
		if err != nil {
			return written, fmt.Errorf("read %s: %w", name, err)
		}
		path := filepath.Join(filepath.Dir(c.File), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return written, err
		}
		if err := c.write(path, content, true); err != nil {
			return written, err
		}
		written++
	}
	return written, nil
}

// write writes a file that others cannot read: a catalog has goods in it. One that is there keeps
// its owner and its mode.
func (c *catalogExportCommand) write(path string, content []byte, replace bool) (err error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if !replace {
		flags |= os.O_EXCL
	}
	f, err := os.OpenFile(path, flags, 0o600) //nolint:gosec // the operator's own choice
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another file, or replace it with --force", path)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

type catalogApplyCommand struct {
	settingsFlags

	File string `arg:"" name:"file" help:"The catalog file; - for standard input. Paths of photos and goods begin at the directory of SHOPBOT_CATALOG."`
	Yes  bool   `help:"Apply without asking."`
}

// errCatalogUnchanged is the answer to a change that is not made.
var errCatalogUnchanged = errors.New("nothing was changed")

// Run shows what a file changes, asks, and makes it the next revision.
func (c *catalogApplyCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.loadExisting(c.settingsFlags)
	if err != nil {
		return err
	}
	data, err := c.read(con)
	if err != nil {
		return err
	}
	return ops.WithShop(ctx, cfg, con.quietLog(), func(s ops.Shop) error {
		proposal, err := s.PreviewFile(ctx, c.File, data)
		if err != nil {
			return err
		}
		if len(proposal.Changes) == 0 {
			_, err := fmt.Fprintf(con.stdout, "nothing to change: it is revision %d\n", proposal.Base)
			return err
		}
		if err := con.agreeToChanges(proposal.Changes, "Apply", c.Yes); err != nil {
			return err
		}
		made, err := s.ApplyFile(ctx, ops.ByCommandLine, proposal.Base, c.File, data)
		if err != nil {
			return err
		}
		return con.printRevision(made)
	})
}

func (c *catalogApplyCommand) read(con *console) (data []byte, err error) {
	if c.File == "-" {
		return io.ReadAll(io.LimitReader(con.stdin, catalog.MaxFile+1))
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, catalog.MaxFile+1))
}

// agreeToChanges shows changes and asks. Without a person at a terminal they have to be agreed to
// by --yes.
func (c *console) agreeToChanges(changes []catalog.Change, verb string, yes bool) error {
	for _, change := range changes {
		_, _ = fmt.Fprintf(c.stderr, "  %s\n", change)
	}
	switch {
	case yes:
		return nil
	case !c.terminal:
		return fmt.Errorf("%w: look at the changes above, and add --yes if they are right", errCatalogUnchanged)
	case !c.ask(fmt.Sprintf("%s %s?", verb, plural(len(changes), "change"))):
		return errCatalogUnchanged
	}
	return nil
}

func (c *console) printRevision(r catalog.Revision) error {
	_, err := fmt.Fprintf(c.stdout, "revision %d is in force: %s; 'shopbot catalog undo' takes it back\n", r.Number, plural(len(r.Changes), "change"))
	return err
}

type catalogHistoryCommand struct {
	settingsFlags

	Limit int `default:"20" help:"How many revisions at most."`
}

// Run lists revisions with their changes.
func (c *catalogHistoryCommand) Run(ctx context.Context, con *console) error {
	if c.Limit < 1 || c.Limit > catalog.KeptRevisions {
		return config.Error{What: fmt.Sprintf("--limit: write a number from 1 to %d, which is how many revisions are kept", catalog.KeptRevisions)}
	}
	return con.withShop(ctx, c.settingsFlags, func(s ops.Shop) error {
		list, err := s.CatalogHistory(ctx, 0, c.Limit)
		if err != nil {
			return err
		}
		var text strings.Builder
		for _, r := range list {
			fmt.Fprintf(&text, "%5d  %s  %s\n", r.Number, utc(r.At), revisionOrigin(r))
			for _, change := range r.Changes {
				fmt.Fprintf(&text, "       %s\n", change)
			}
		}
		_, err = io.WriteString(con.stdout, text.String())
		return err
	})
}

// revisionOrigin says where a revision comes from.
func revisionOrigin(r catalog.Revision) string {
	switch r.Origin {
	case catalog.FromFile:
		return "the catalog file"
	case catalog.FromCommand:
		return "command line"
	case catalog.FromChat:
		return fmt.Sprintf("%d in the chat", r.By)
	case catalog.FromUndo:
		if r.By == ops.ByCommandLine {
			return fmt.Sprintf("command line, takes back %d", r.Undoes)
		}
		return fmt.Sprintf("%d in the chat, takes back %d", r.By, r.Undoes)
	}
	return string(r.Origin)
}

type catalogUndoCommand struct {
	settingsFlags

	Yes bool `help:"Undo without asking."`
}

// Run takes the newest revision back.
func (c *catalogUndoCommand) Run(ctx context.Context, con *console) error {
	return con.withShop(ctx, c.settingsFlags, func(s ops.Shop) error {
		newest, err := s.CatalogRevision(ctx)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(con.stderr, "revision %d of %s, by %s:\n", newest.Number, utc(newest.At), revisionOrigin(newest))
		if err := con.agreeToChanges(newest.Changes, "Take back", c.Yes); err != nil {
			return err
		}
		made, err := s.UndoCatalog(ctx, ops.ByCommandLine, newest.Number)
		if err != nil {
			return err
		}
		return con.printRevision(made)
	})
}

type catalogSchemaCommand struct{}

// Help is what "shopbot catalog schema --help" adds.
func (catalogSchemaCommand) Help() string {
	return `Put it beside the catalog file:

	shopbot catalog schema > ` + configs.Schema + `

An editor with a YAML language server then completes fields and underlines faults, if the file begins with this line:

	# yaml-language-server: $schema=` + configs.Schema + `

Whether files exist and prices fit together is for the shop alone to say: shopbot check`
}

// Run prints the schema.
func (catalogSchemaCommand) Run(con *console) error {
	schema, err := configs.FS.ReadFile(configs.Schema)
	if err != nil {
		return err
	}
	_, err = con.stdout.Write(schema)
	return err
}
