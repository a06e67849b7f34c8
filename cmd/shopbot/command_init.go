package main

import (
	"bufio"
	"context"
	"errors"
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
	Database  string `placeholder:"DATABASE" help:"Where to keep the shop: a file, or postgres://USER@HOST/NAME, whose password is asked for. Left out: shopbot.db in the shop's directory."`
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
itself, since others can see a command line, and none for the password of a database: it is asked for, or comes with
the whole address in SHOPBOT_DATABASE. Any SHOPBOT_ variable that is set gets into shopbot.env, a token in a file by
the file's name.

Nothing is overwritten. If anything is wrong, nothing is written.`
}

// Run makes a shop.
func (c *initCommand) Run(ctx context.Context, con *console) error {
	options := setup.Options{
		Dir: c.Dir, Environ: con.environ, Mainnet: c.Mainnet, StarsOnly: c.StarsOnly,
		Database: strings.TrimSpace(c.Database), Name: strings.TrimSpace(c.Name),
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

	lines  *bufio.Reader
	editor *term.Terminal // on a terminal; nil: lines
}

func (c *console) answers() answers {
	a := answers{console: c, lines: bufio.NewReader(c.stdin)}
	if file, isFile := c.stdin.(*os.File); isFile && term.IsTerminal(int(file.Fd())) {
		a.editor = term.NewTerminal(struct {
			io.Reader
			io.Writer
		}{c.stdin, c.stderr}, "")
	}
	return a
}

// errNoAnswer is Ctrl-C, Ctrl-D, or the end of the input.
var errNoAnswer = errors.New("stopped, and nothing was written")

// ask asks a question and reads the answer; a secret one is not shown. It returns when ctx ends,
// although somebody may still be typing.
func (a answers) ask(ctx context.Context, question string, secret bool) (string, error) {
	read := a.line
	if a.editor == nil {
		if _, err := io.WriteString(a.stderr, question); err != nil {
			return "", err
		}
	} else {
		fd := int(a.stdin.(*os.File).Fd()) //nolint:forcetypeassert // the editor is of this file
		before, err := term.MakeRaw(fd)
		if err != nil {
			return "", err
		}
		defer func() { _ = term.Restore(fd, before) }() // also if ctx ends in the middle
		read = a.edit
	}
	type answer struct {
		text string
		err  error
	}
	given := make(chan answer, 1)
	go func() {
		text, err := read(question, secret)
		given <- answer{strings.TrimSpace(text), err}
	}()
	var got answer
	select {
	case got = <-given:
	case <-ctx.Done():
		got.err = io.EOF
	}
	if errors.Is(got.err, io.EOF) {
		_, _ = io.WriteString(a.stderr, "\r\n")
		return "", errNoAnswer
	}
	return got.text, got.err
}

// edit reads a line from a terminal. It is not term.ReadPassword, which takes Ctrl-D for nothing
// and reads on.
func (a answers) edit(question string, secret bool) (string, error) {
	head, prompt := question[:strings.LastIndex(question, "\n")+1], question[strings.LastIndex(question, "\n")+1:]
	if _, err := io.WriteString(a.editor, head); err != nil {
		return "", err
	}
	if secret {
		return a.editor.ReadPassword(prompt)
	}
	a.editor.SetPrompt(prompt)
	return a.editor.ReadLine()
}

// line reads a line from anything else, where the question stands already.
func (a answers) line(string, bool) (string, error) {
	return a.lines.ReadString('\n')
}
