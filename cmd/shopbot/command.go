package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"shopbot/internal/app"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/ops"
	"shopbot/internal/telegram"
)

// The exit codes of the program.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2 // wrong usage or configuration: trying again would not help
)

// console is what a command reads from and writes to.
type console struct {
	environ        []string // as os.Environ
	stdin          io.Reader
	terminal       bool // whether stdin and stderr are a person at a terminal, who can be asked
	stdout, stderr io.Writer
	sys            app.System
}

// commands is the command line.
type commands struct {
	Run        runCommand        `cmd:"" default:"withargs" help:"Run the shop (also what a bare 'shopbot' does)."`
	Demo       demoCommand       `cmd:"" help:"Run a whole shop on this machine with nothing to sign up for, and a chat page in the browser."`
	Sandbox    sandboxCommand    `cmd:"" help:"Run the sandbox alone: a Telegram Bot API and a Crypto Pay API on loopback, for any bot or SDK."`
	Check      checkCommand      `cmd:"" help:"Examine configuration, catalog, database and both tokens, and say how to mend what is wrong."`
	Status     statusCommand     `cmd:"" help:"Tell how the running shop is, here or with --open as a page in the browser."`
	Stock      stockCommands     `cmd:"" help:"Load keys, see how many are left, and remove them."`
	Catalog    catalogCommands   `cmd:"" help:"Write the catalog as a file, put a changed file in force, see its revisions and undo the last."`
	Orders     ordersCommand     `cmd:"" help:"List orders, the oldest first."`
	Export     exportCommand     `cmd:"" help:"Write orders, stock, buyers, the audit trail or statistics as a table for spreadsheets and programs."`
	Reconcile  reconcileCommand  `cmd:"" help:"Compare orders with Crypto Pay's invoices, transfers and balance, and say what to do about differences."`
	Audit      auditCommands     `cmd:"" help:"See that the audit trail was not changed, and read it."`
	Forget     forgetCommand     `cmd:"" help:"Delete a buyer's personal data out of closed orders; what was sold and paid stays."`
	Backup     backupCommand     `cmd:"" help:"Copy the database, also while the shop is running."`
	Restore    restoreCommand    `cmd:"" help:"Put a backup in the place of the database; what was there is kept."`
	Move       moveCommand       `cmd:"" help:"Move the shop to another database, from a file to PostgreSQL or back."`
	BackupKey  backupKeyCommand  `cmd:"" help:"Make a pair of keys for encrypted backups."`
	Compact    compactCommand    `cmd:"" help:"Write the database anew without the room that deleted data left."`
	Texts      textsCommand      `cmd:"" help:"Write the texts of all languages as files, to be changed."`
	Completion completionCommand `cmd:"" help:"Print a script that completes commands in bash, zsh or fish."`
	Man        manCommand        `cmd:"" help:"Print the manual page."`
	Version    versionCommand    `cmd:"" help:"Tell version, commit and Go version."`
}

// settingsFlags belong to every command that reads the configuration.
type settingsFlags struct {
	EnvFile string `placeholder:"FILE" help:"Read SHOPBOT_ variables that are not in the environment from this file."`
}

const description = `A Telegram shop that is paid in crypto through Crypto Pay.

To look around without any account:

	shopbot demo

To run a shop, copy configs/shopbot.env.example to shopbot.env, fill it in, then:

	shopbot check --env-file shopbot.env
	shopbot run --env-file shopbot.env

All settings are environment variables that begin with SHOPBOT_; docs/configuration.md lists them.`

// execute runs one command line and returns the exit code. Faults go to stderr, one a line.
func execute(ctx context.Context, args []string, con *console) int {
	helped := false
	parser, err := kong.New(&commands{}, kong.Name("shopbot"), kong.Description(description),
		kong.Writers(con.stdout, con.stderr), kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(con))
	if err != nil {
		return con.fail(err)
	}
	line, err := parser.Parse(args)
	if helped {
		return exitDone
	}
	if err != nil {
		return con.fail(config.Error{What: usageFault(err) + suggestCommand(parser, args, err) + "; see " + helpFor(args, err)})
	}
	if err := line.Run(); err != nil {
		return con.fail(err)
	}
	return exitDone
}

// usageFault says what is wrong with a command line in plain words.
func usageFault(err error) string {
	return strings.Replace(err.Error(), "a valid 64 bit int", "a whole number", 1)
}

// helpFor is the command that explains the one that was mistyped.
func helpFor(args []string, err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && len(args) > 0 {
		if node := wrong.Context.Selected(); node != nil && strings.HasPrefix(node.FullPath()+" ", "shopbot "+args[0]+" ") {
			return node.FullPath() + " --help"
		}
	}
	return "shopbot --help"
}

// suggestCommand names the command that was most likely meant. Kong does so for commands of
// commands, but takes a mistyped command for an argument of run, which is the default.
func suggestCommand(parser *kong.Kong, args []string, err error) string {
	if len(args) == 0 || !strings.HasPrefix(err.Error(), "unexpected argument "+args[0]) || strings.Contains(err.Error(), "did you mean") {
		return ""
	}
	var names []string
	for _, command := range parser.Model.Children {
		names = append(names, command.Name)
	}
	if near := catalog.Nearest(args[0], names); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

// fail prints an error and returns the exit code for it.
func (c *console) fail(err error) int {
	for l := range strings.Lines(err.Error()) {
		_, _ = fmt.Fprintf(c.stderr, "shopbot: %s\n", strings.TrimRight(l, "\n")) // the exit code tells as well
	}
	var wrong config.Error
	var wrongCatalog catalog.Fault
	if errors.As(err, &wrong) || errors.As(err, &wrongCatalog) {
		return exitUsage
	}
	return exitFailed
}

// load reads the configuration. From then on its secrets are replaced in what is written to stderr.
func (c *console) load(flags settingsFlags) (config.Config, error) {
	cfg, err := config.Load(c.environ, flags.EnvFile)
	if err != nil {
		return config.Config{}, err
	}
	c.hideSecrets(cfg)
	return cfg, nil
}

func (c *console) hideSecrets(cfg config.Config) {
	c.stderr = telegram.RedactingWriter(c.stderr, cfg.Secrets()...)
}

// loadFor is load for commands that use only the variables given, as config.LoadFor has them, beside
// the names of the database and the catalog. They need no token.
func (c *console) loadFor(flags settingsFlags, variables ...string) (config.Config, error) {
	cfg, err := config.LoadFor(c.environ, flags.EnvFile, append(variables, "DATABASE", "CATALOG")...)
	if err != nil {
		return config.Config{}, err
	}
	c.hideSecrets(cfg)
	return cfg, nil
}

// loadExisting is loadFor for commands that need nothing but a database that exists.
func (c *console) loadExisting(flags settingsFlags) (config.Config, error) {
	cfg, err := c.loadFor(flags)
	if err != nil {
		return cfg, err
	}
	return cfg, ops.RequireDatabase(cfg)
}

// loadCatalog is loadExisting, with the catalog in force.
func (c *console) loadCatalog(ctx context.Context, flags settingsFlags) (config.Config, *catalog.Catalog, error) {
	cfg, err := c.loadExisting(flags)
	if err != nil {
		return cfg, nil, err
	}
	current, err := ops.CurrentCatalog(ctx, cfg, c.quietLog())
	return cfg, current, err
}

// withShop calls use with the running shop, if there is one, and else with its database, which has
// to exist.
func (c *console) withShop(ctx context.Context, flags settingsFlags, use func(ops.Shop) error) error {
	cfg, err := c.loadExisting(flags)
	if err != nil {
		return err
	}
	return ops.WithShop(ctx, cfg, c.quietLog(), use)
}
