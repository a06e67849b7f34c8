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
	"sync"

	"github.com/go-telegram/bot"
)

// Client calls the methods of one bot. It may be used from many goroutines.
//
// Everything that could show the token is held by pointer, as fmt prints the
// unexported fields of a struct without asking their String methods.
type Client struct {
	bot     *bot.Bot
	wire    *wire
	pace    *pacer
	log     *slog.Logger
	observe func(Call)

	once     sync.Once
	answered chan struct{} // closed once Telegram has answered
}

// New makes a Client. It makes no call. Its errors do not show the token.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	c := &Client{
		pace:     newPacer(cmp.Or(cfg.RateLimit, defaultRateLimit)),
		log:      cfg.Log,
		observe:  cfg.Observe,
		answered: make(chan struct{}),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.observe == nil {
		c.observe = func(Call) {}
	}
	transport := cfg.Transport
	if transport == nil {
		transport = newTransport()
	}
	c.wire = &wire{
		http:   &http.Client{Transport: rewindable{next: transport}, CheckRedirect: stay},
		base:   strings.TrimRight(cfg.APIURL, "/"),
		token:  cfg.Token,
		redact: newRedactor(cfg.Token),
	}
	var err error
	c.bot, err = bot.New(cfg.Token, bot.WithSkipGetMe(), bot.WithServerURL(c.wire.base),
		bot.WithHTTPClient(0, c.wire), bot.WithErrorsHandler(c.mishap))
	if err != nil {
		return nil, errors.New(c.wire.redact.text(err.Error()))
	}
	return c, nil
}

// Format writes c without its token, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "telegram.Client")
}

// Answered tells whether Telegram has taken a call since c was made.
func (c *Client) Answered() bool {
	select {
	case <-c.answered:
		return true
	default:
		return false
	}
}

// heard notes that Telegram has taken a call.
func (c *Client) heard() { c.once.Do(func() { close(c.answered) }) }

// mishap takes what the library cannot return: trouble with closing a body.
func (c *Client) mishap(err error) {
	c.log.DebugContext(context.Background(), "request not closed cleanly", "error", c.wire.redact.text(err.Error()))
}

// stay keeps a redirect from carrying the token to another host.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
