package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"shopbot/internal/telegram"
)

type checkCommand struct {
	settingsFlags

	Offline  bool   `help:"Leave out what needs the network: both tokens, balance, transfers."`
	Database bool   `help:"Walk every invariant of the database of a stopped shop, or of a backup, and nothing else."`
	File     string `arg:"" optional:"" name:"file" help:"With --database: the file; SHOPBOT_DATABASE where it is left out."`
}

// Help is what "shopbot check --help" adds.
func (checkCommand) Help() string {
	return `A line for each thing examined: ok, warn (works, but you should know), or fail with the remedy. The exit code is 1 if
anything fails. No money moves and nothing is changed, and it may run beside the shop.`
}

// Run examines all that a shop needs.
func (c *checkCommand) Run(ctx context.Context, con *console) error {
	switch {
	case c.Database:
		return c.checkDatabaseFile(ctx, con)
	case c.File != "":
		return fault{"check", "a file is checked with --database"}
	}
	r := &report{out: con.stdout}
	cfg, err := con.load(c.settingsFlags)
	if err != nil {
		r.fail("configuration", err)
		return r.verdict()
	}
	r.out = telegram.RedactingWriter(con.stdout, cfg.secrets()...)
	d := doctor{cfg: cfg, sys: con.sys, log: con.quietLog(), report: r}
	d.checkConfiguration()
	d.checkEnvFile(c.EnvFile)
	d.checkCatalog()
	d.checkDatabase(ctx)
	d.checkLastWebhook(ctx)
	if !c.Offline {
		d.checkTelegram(ctx)
		d.checkCryptoPay(ctx)
	}
	return r.verdict()
}

// report writes one line for each finding.
type report struct {
	out                  io.Writer
	total, warned, fails int
}

func (r *report) ok(subject, format string, args ...any) {
	r.total++
	r.line("ok", subject, fmt.Sprintf(format, args...))
}

func (r *report) warn(subject, format string, args ...any) {
	r.total++
	r.warned++
	r.line("warn", subject, fmt.Sprintf(format, args...))
}

// fail writes a line for each error that err joins.
func (r *report) fail(subject string, err error) {
	for text := range strings.Lines(err.Error()) {
		r.total++
		r.fails++
		r.line("fail", subject, strings.TrimRight(text, "\n"))
	}
}

func (r *report) line(level, subject, text string) {
	_, _ = fmt.Fprintf(r.out, "%-4s  %-13s  %s\n", level, subject, text) // there is nobody else to tell
}

func (r *report) verdict() error {
	if r.fails > 0 {
		return fmt.Errorf("%d of %d checks failed", r.fails, r.total)
	}
	if r.warned > 0 {
		_, _ = fmt.Fprintf(r.out, "\nThe shop can run; see the %s above.\n", plural(r.warned, "warning"))
		return nil
	}
	_, err := fmt.Fprintln(r.out, "\nThe shop is ready to run.")
	return err
}

// advise puts a remedy behind what went wrong.
func advise(err error, remedy string) error {
	if remedy == "" {
		return err
	}
	return errors.New(strings.TrimSuffix(err.Error(), ".") + "; " + remedy)
}
