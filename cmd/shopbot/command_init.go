package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"shopbot/internal/setup"
)

type initCommand struct {
	Dir       string `arg:"" optional:"" default:"." name:"dir" help:"The directory of the shop, made if it is not there; the current one where it is left out."`
	Mainnet   bool   `help:"Take real coins, on Crypto Pay's main network. Left out: the test network, whose coins cost nothing."`
	StarsOnly bool   `help:"Take Telegram Stars and no coins: no Crypto Pay app is needed."`
	Name      string `placeholder:"NAME" help:"The shop's name, as buyers see it. Left out: asked for, or the bot's."`
	Yes       bool   `short:"y" help:"Ask nothing, as without a terminal: what is not set has its default."`

	TelegramTokenFile  string `placeholder:"FILE" help:"A file that holds the bot's token, as SHOPBOT_TELEGRAM_TOKEN_FILE."`
	CryptopayTokenFile string `placeholder:"FILE" help:"A file that holds the token of the Crypto Pay app, as SHOPBOT_CRYPTOPAY_TOKEN_FILE."`
}

// Help is what "shopbot init --help" adds.
func (initCommand) Help() string {
	return `Makes a shop: shopbot.env with the settings, readable by you alone, catalog.yaml with three products to begin with, and
their pictures. On a terminal it asks for the two tokens and tries each at once. Elsewhere, and with --yes, it
takes them from SHOPBOT_TELEGRAM_TOKEN and SHOPBOT_CRYPTOPAY_TOKEN, or from files. There is no flag for a token
itself, since others can see a command line. Any SHOPBOT_ variable that is set gets into shopbot.env, a token in a
file by the file's name.

Nothing is overwritten. If anything is wrong, nothing is written.`
}

// Run makes a shop.
func (c *initCommand) Run(ctx context.Context, con *console) error {
	options := setup.Options{
		Dir: c.Dir, Environ: con.environ, Mainnet: c.Mainnet, StarsOnly: c.StarsOnly, Name: strings.TrimSpace(c.Name),
		Program: c.program(con.program), Transport: con.sys.Transport, Log: con.quietLog(),
	}
	for name, file := range map[string]string{"SHOPBOT_TELEGRAM_TOKEN_FILE": c.TelegramTokenFile, "SHOPBOT_CRYPTOPAY_TOKEN_FILE": c.CryptopayTokenFile} {
		if file != "" {
			options.Environ = append(slices.Clip(options.Environ), name+"="+file)
		}
	}
	if con.terminal && !c.Yes {
		options.Ask = con.answers().ask
	}
	return setup.Run(ctx, con.stdout, options)
}

// program is how the next commands are called, from within the shop's directory.
func (c *initCommand) program(called string) string {
	switch {
	case called == "" || strings.Contains(called, "go-build"): // go run
		return "shopbot"
	case filepath.Base(called) == called || filepath.Clean(c.Dir) == ".":
		return called
	}
	if whole, err := filepath.Abs(called); err == nil {
		return whole
	}
	return called
}

// answers reads what a person answers, a line each.
type answers struct {
	*console

	lines *bufio.Reader
}

func (c *console) answers() answers { return answers{c, bufio.NewReader(c.stdin)} }

// errNoAnswer is the end of the input, or Ctrl-D.
var errNoAnswer = errors.New("there was no answer, and nothing was written")

// ask asks a question and reads the answer. It returns when ctx ends, although somebody may still
// be typing.
func (a answers) ask(ctx context.Context, question string, secret bool) (string, error) {
	_, _ = fmt.Fprint(a.stderr, question) // a person sees if it fails
	file, isFile := a.stdin.(*os.File)
	hide := secret && isFile && term.IsTerminal(int(file.Fd()))
	if hide {
		before, err := term.GetState(int(file.Fd()))
		if err != nil {
			return "", err
		}
		defer func() { _ = term.Restore(int(file.Fd()), before) }() // also if ctx ends in the middle
	}
	type answer struct {
		text string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		if hide {
			text, err := term.ReadPassword(int(file.Fd()))
			read <- answer{string(text), err}
			return
		}
		text, err := a.lines.ReadString('\n')
		read <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		_, _ = fmt.Fprintln(a.stderr)
		return "", errors.New("stopped, and nothing was written")
	case got := <-read:
		if hide || got.err != nil {
			_, _ = fmt.Fprintln(a.stderr)
		}
		if errors.Is(got.err, io.EOF) {
			return "", errNoAnswer
		}
		return strings.TrimSpace(got.text), got.err
	}
}
