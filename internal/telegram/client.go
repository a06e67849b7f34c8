package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/go-telegram/bot"
)

// Client calls the methods of one bot. It is safe for concurrent use.
//
// Everything that contains the token is behind a pointer, because fmt prints unexported fields of a
// struct without calling their String methods.
type Client struct {
	bot     *bot.Bot
	wire    *wire
	limits  *rateLimiter
	log     *slog.Logger
	observe func(Call)
	alive   atomic.Bool // a call has succeeded
}

// New returns a Client. It makes no call. Its errors do not show the token.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Client{
		limits:  newRateLimiter(cmp.Or(cfg.RateLimit, defaultRateLimit)),
		log:     cmp.Or(cfg.Log, slog.New(slog.DiscardHandler)),
		observe: cfg.Observe,
	}
	if c.observe == nil {
		c.observe = func(Call) {}
	}
	transport := cfg.Transport
	if transport == nil {
		transport = newTransport()
	}
	c.wire = &wire{
		http:   &http.Client{Transport: rewindable{next: transport}, CheckRedirect: noRedirect},
		base:   strings.TrimRight(cfg.APIURL, "/"),
		token:  cfg.Token,
		redact: newRedactor(cfg.Token),
	}
	var err error
	c.bot, err = bot.New(cfg.Token, bot.WithSkipGetMe(), bot.WithServerURL(c.wire.base),
		bot.WithHTTPClient(0, c.wire), bot.WithErrorsHandler(c.onLibraryError))
	if err != nil {
		return nil, errors.New(c.wire.redact.text(err.Error()))
	}
	return c, nil
}

// Format writes c without its token, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "telegram.Client")
}

// Answered reports whether a call has succeeded since c was made.
func (c *Client) Answered() bool { return c.alive.Load() }

// onLibraryError gets the errors that the library cannot return, such as those of closing a body.
func (c *Client) onLibraryError(err error) {
	c.log.DebugContext(context.Background(), "close request failed", "error", c.wire.redact.text(err.Error()))
}

// noRedirect keeps a redirect from carrying the token to another host.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
