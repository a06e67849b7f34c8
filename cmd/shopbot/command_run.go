package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/sandbox"
)

type runCommand struct{ settingsFlags }

// Help is what "shopbot run --help" adds.
func (runCommand) Help() string {
	return `Required are SHOPBOT_TELEGRAM_TOKEN and SHOPBOT_CRYPTOPAY_TOKEN (unless the catalog takes Stars alone). A secret may also come as X_FILE, the path
of a file that holds it. SIGHUP reads the catalog and the texts again; SIGTERM or Ctrl-C ends the shop in good order
within ten seconds, twice at once.`
}

// Run serves customers until ctx ends.
func (c *runCommand) Run(ctx context.Context, con *console) error {
	outliveReaders()
	cfg, err := con.load(c.settingsFlags)
	if err != nil {
		return err
	}
	if err := mayRead("SHOPBOT_CATALOG", cfg.Catalog, "catalog file"); err != nil {
		return err
	}
	if cfg.Texts != "" {
		if err := mayRead("SHOPBOT_TEXTS", cfg.Texts, "directory with the texts"); err != nil {
			return err
		}
	}
	sys := con.sys
	sys.Out = con.stdout
	log := app.NewLogger(con.stderr, cfg)
	ended := make(chan struct{})
	defer close(ended)
	go endInTime(ctx, log, ended)
	return app.Run(ctx, cfg, log, sys)
}

// mayRead returns an error that says what to do if a file or directory of a setting cannot be read.
func mayRead(variable, path, what string) error {
	file, err := os.Open(path) //nolint:gosec // the operator names it
	remedy := "write the path of the " + what
	switch {
	case err == nil:
		_ = file.Close() // it was only opened
		return nil
	case errors.Is(err, fs.ErrPermission):
		remedy = "let the shop's user read it"
	case !filepath.IsAbs(path):
		remedy = "run the command in the shop's directory, or write the whole path of the " + what
	}
	return config.Error{Where: variable, What: err.Error() + "; " + remedy}
}

// stopLimit is how long a stop may take. All that was promised to anybody is on disk at any moment,
// so what hangs is left behind.
const stopLimit = 10 * time.Second

// endInTime ends the program stopLimit after ctx, unless it ends before.
func endInTime(ctx context.Context, log *slog.Logger, ended <-chan struct{}) {
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	select {
	case <-ended:
	case <-time.After(stopLimit - 500*time.Millisecond):
		log.ErrorContext(ctx, "the stop took too long, ended at once", "limit", stopLimit)
		os.Exit(exitFailed)
	}
}

// outliveReaders keeps the program running when nobody reads its output any more: systemd's journal
// is restarted, a pager is left. Without it Go ends a program that writes to a closed standard
// output or error (os/signal, SIGPIPE), which is right for commands that list something.
func outliveReaders() { signal.Ignore(syscall.SIGPIPE) }

type demoCommand struct {
	Listen  string `default:"127.0.0.1:8088" placeholder:"ADDR" help:"Address of the chat page (${default})."`
	Catalog string `placeholder:"FILE" help:"Show this catalog instead of the sample shop."`
	Data    string `placeholder:"DIR" help:"Keep the data in this directory instead of a temporary one."`
}

// Run serves the demo until ctx ends.
func (c *demoCommand) Run(ctx context.Context, con *console) error {
	outliveReaders()
	if err := checkListenFlag(c.Listen); err != nil {
		return err
	}
	return app.Demo{Listen: c.Listen, Catalog: c.Catalog, Data: c.Data}.Run(ctx, con.stdout, con.quietLog())
}

type sandboxCommand struct {
	Listen  string `default:"127.0.0.1:8088" placeholder:"ADDR" help:"Address of both APIs and the chat page (${default})."`
	Testnet bool   `help:"Be Crypto Pay's test network."`
}

// Help is what "shopbot sandbox --help" adds.
func (sandboxCommand) Help() string {
	return "Any well-formed token is a bot or an app of its own. All that happens is kept in memory and gone at the end.\n\n" +
		sandbox.Methods()
}

// Run serves the sandbox until ctx ends.
func (c *sandboxCommand) Run(ctx context.Context, con *console) error {
	outliveReaders()
	if err := checkListenFlag(c.Listen); err != nil {
		return err
	}
	return app.RunSandbox(ctx, c.Listen, c.Testnet, con.stdout, con.quietLog())
}

// quietLog logs warnings and errors only, for commands whose output is for a person.
func (c *console) quietLog() *slog.Logger {
	return app.NewLogger(c.stderr, config.Config{LogLevel: config.LogLevel(slog.LevelWarn)})
}

func checkListenFlag(address string) error {
	if config.IsListenAddress(address) {
		return nil
	}
	return config.Error{Where: "--listen", What: config.Quote(address) + " is not an address to listen at; write HOST:PORT, such as 127.0.0.1:8088"}
}

type versionCommand struct{}

// Run prints one line.
func (versionCommand) Run(con *console) error {
	_, err := fmt.Fprintln(con.stdout, version())
	return err
}
