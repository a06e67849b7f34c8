// Package setup makes a new shop: a directory with an env file, a catalog, pictures and goods. It
// tries both tokens before it writes anything, and replaces no file.
package setup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"shopbot/internal/config"
	"shopbot/internal/payments"
	"shopbot/internal/telegram"
)

// prefix begins the name of every variable.
const prefix = "SHOPBOT_"

// Options say what to make. Settings in Environ are not asked for, and become settings of the shop.
type Options struct {
	Dir       string // made if it is not there
	Environ   []string
	Mainnet   bool   // of Crypto Pay; else the test network
	StarsOnly bool   // no Crypto Pay app: buyers pay with Telegram Stars
	Database  string // a file, or an address of PostgreSQL without its password; "": that of Environ, or shopbot.db in Dir
	Name      string // of the shop; "": asked for, or the bot's
	Program   string // as the person calls it, for the next steps

	// Ask asks a person and returns the trimmed answer; a secret one is not shown while it is typed.
	// It returns an error if there is no answer. nil: there is nobody to ask.
	Ask func(ctx context.Context, question string, secret bool) (string, error)

	Transport http.RoundTripper // to Telegram and Crypto Pay; nil: the network
	Log       *slog.Logger
}

// setup is the making of one shop.
type setup struct {
	Options

	out      io.Writer
	settings []string // NAME=VALUE, for the env file
	cfg      config.Config
	bot      string // its user name, without @
}

// Run makes a shop in a directory, and tells out what it did and what comes next. Its error joins
// all faults if there is nobody to ask; wrong settings are of type config.Error. If there is an
// error, no file was left behind.
func Run(ctx context.Context, out io.Writer, o Options) error {
	s := &setup{Options: o, out: out}
	err := errors.Join(s.takeEnvironment(), s.takeFlags(), s.takeDatabase(), s.checkVacant())
	if err == nil || o.Ask == nil {
		err = errors.Join(err, s.load())
	}
	if err != nil {
		return err
	}
	errDatabase := s.findDatabase(ctx)
	if errDatabase != nil && o.Ask != nil {
		return errDatabase
	}
	botName, errBot := s.findBot(ctx)
	if errBot != nil && o.Ask != nil {
		return errBot
	}
	if err := errors.Join(errDatabase, errBot, s.findApp(ctx)); err != nil {
		return err
	}
	shop, err := s.nameShop(ctx, botName)
	if err != nil {
		return err
	}
	made, err := s.write(shop)
	if err != nil {
		return err
	}
	return s.tellNextSteps(made)
}

// takeEnvironment takes the settings of the environment over into the shop's. Paths become absolute,
// since the shop may run in another directory.
func (s *setup) takeEnvironment() error {
	var errs []error
	for _, pair := range s.Environ {
		name, value, _ := strings.Cut(pair, "=")
		value = strings.TrimSpace(value)
		if !strings.HasPrefix(name, prefix) || value == "" {
			continue
		}
		if strings.ContainsAny(value, "\r\n\x00") {
			errs = append(errs, config.Error{Where: name, What: "has several lines; an env file holds one"})
			continue
		}
		if name == prefix+"CATALOG" || strings.HasSuffix(name, "_FILE") || name == prefix+"DATABASE" && !strings.Contains(value, "://") {
			var err error
			if value, err = filepath.Abs(value); err != nil {
				return err
			}
		}
		s.set(name, value)
	}
	where, err := filepath.Abs(filepath.Join(s.Dir, catalogFile))
	if err != nil {
		return err
	}
	if set := s.get(prefix + "CATALOG"); set != "" && set != where {
		errs = append(errs, config.Error{Where: prefix + "CATALOG", What: "set in the environment, where it wins over the env file, to another file than " + where + "; unset it"})
	}
	if s.get(prefix+"CATALOG") == "" {
		s.set(prefix+"CATALOG", catalogFile)
	}
	return errors.Join(errs...)
}

// takeFlags adds what the flags say. The environment would win over the env file, so it must not
// say otherwise.
func (s *setup) takeFlags() error {
	const network = prefix + "CRYPTOPAY_NETWORK"
	if s.StarsOnly {
		if s.Mainnet {
			return config.Error{Where: "--mainnet", What: "names a network of Crypto Pay, and --stars-only is a shop without it; leave one of them out"}
		}
		if s.get(prefix+"CRYPTOPAY_TOKEN") != "" || s.get(prefix+"CRYPTOPAY_TOKEN_FILE") != "" {
			return config.Error{Where: "--stars-only", What: "a shop without Crypto Pay has no SHOPBOT_CRYPTOPAY_TOKEN; unset it, or leave --stars-only out"}
		}
		return nil
	}
	switch now := s.get(network); {
	case now == "" && s.Mainnet:
		s.set(network, string(payments.Mainnet))
	case now == "":
		s.set(network, string(payments.Testnet))
	case s.Mainnet && now != string(payments.Mainnet):
		return config.Error{Where: "--mainnet", What: network + " says otherwise in the environment, which wins; unset it"}
	}
	return nil
}

// load checks all settings that there are, and that there are tokens if nobody can be asked.
func (s *setup) load() error {
	cfg, err := config.LoadUnfinished(s.settings)
	s.cfg = cfg
	if s.Ask != nil {
		return err
	}
	missing := func(token, remedy string) error {
		if s.get(token) != "" || s.get(token+"_FILE") != "" {
			return nil
		}
		return config.Error{Where: token, What: "required; " + remedy}
	}
	err = errors.Join(err, missing(prefix+"TELEGRAM_TOKEN", "@BotFather gives the token (/newbot)"))
	if !s.StarsOnly {
		err = errors.Join(err, missing(prefix+"CRYPTOPAY_TOKEN",
			"@"+s.cryptoBot()+" gives the token (Crypto Pay → Create App). A shop that takes Telegram Stars alone has none: --stars-only"))
	}
	return err
}

func (s *setup) get(name string) string {
	for _, pair := range s.settings {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value
		}
	}
	return ""
}

// set sets a variable, or takes it out if the value is "".
func (s *setup) set(name, value string) {
	s.settings = slices.DeleteFunc(s.settings, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
	if value != "" {
		s.settings = append(s.settings, name+"="+value)
	}
}

// try sets a variable if the settings are right with it.
func (s *setup) try(name, value string) error {
	before := slices.Clone(s.settings)
	s.set(name, value)
	cfg, err := config.LoadUnfinished(s.settings)
	if err != nil {
		s.settings = before
		return err
	}
	s.cfg = cfg
	return nil
}

// say writes for a person, without secrets.
func (s *setup) say(format string, args ...any) {
	out := telegram.RedactingWriter(s.out, s.cfg.Secrets()...)
	_, _ = fmt.Fprintf(out, format, args...) // the exit code tells as well
}

// nameShop finds the shop's name, and the catalog with it.
func (s *setup) nameShop(ctx context.Context, botName string) (starter, error) {
	name := cmp.Or(s.Name, botName)
	if s.Name != "" || s.Ask == nil {
		shop, err := newStarter(name, s.StarsOnly)
		if err != nil && s.Name != "" {
			return starter{}, config.Error{Where: "--name", What: err.Error()}
		}
		return shop, err
	}
	for {
		answer, err := s.Ask(ctx, fmt.Sprintf("\nThe shop's name, as buyers see it [%s]: ", name), false)
		if err != nil {
			return starter{}, err
		}
		shop, err := newStarter(cmp.Or(answer, name), s.StarsOnly)
		if err == nil {
			return shop, nil
		}
		s.say("  ✗ %v\n", err)
	}
}

// tellNextSteps says what was made and what to do now.
func (s *setup) tellNextSteps(made []string) error {
	run := s.Program
	if dir := filepath.Clean(s.Dir); dir != "." {
		run = "cd " + shellWord(dir) + " && " + run
	}
	coins := "Test coins are free: @" + s.cryptoBot() + " gives some."
	switch {
	case s.StarsOnly:
		coins = "/refund with the order's number gives you the Stars back."
	case s.cfg.CryptoPayNetwork == payments.Mainnet:
		coins = "You pay with real coins; /refund with the order's number gives them back."
	}
	where, err := filepath.Abs(s.Dir)
	if err != nil {
		return err
	}
	s.say("\nWritten to %s:\n", where)
	for _, line := range made {
		s.say("  %s\n", line)
	}
	s.say(`
Next:
  1. %s run --env-file %s
     It prints a link. Open it in Telegram and press Start: now you own the shop.
  2. Send /catalog to @%s, choose something and buy it, as your buyers will.
     %s
  3. Put your own goods into %s, or do it in the chat with /admin. The running
     shop takes the file over within seconds.

Before real buyers come: %s check --env-file %s
`, run, envFile, s.bot, coins, catalogFile, s.Program, envFile)
	return nil
}

// shellWord quotes a path for a shell if it needs that.
func shellWord(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./~") == "" || os.PathSeparator == '\\' {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
