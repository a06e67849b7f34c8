package telegram

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-telegram/bot"
)

// defaultRateLimit is Telegram's limit for bots, in messages a second (core.telegram.org/bots/faq,
// "broadcasting to users").
const defaultRateLimit = 30

// Config configures a Client. No way of printing it shows the token.
type Config struct {
	Token     string            // as BotFather gave it
	APIURL    string            // "https://api.telegram.org", or a self-hosted server
	RateLimit float64           // messages a second to all chats together; 0: 30
	Transport http.RoundTripper // nil: one with timeouts
	Log       *slog.Logger      // nil: silent
	// Observe is nil, or called for every call with its context; must be quick and safe for concurrent
	// use.
	Observe func(context.Context, Call)
}

// Call is one attempt of one API method, for metrics.
type Call struct {
	Method string
	// Outcome is "ok", or the kind of error: "flood", "blocked", "chat_gone", "message_gone",
	// "bad_request", "unauthorized", "frozen", "conflict", "temporary", "cancelled".
	Outcome string
	Waited  time.Duration // for the rate limits
	Took    time.Duration // from the request to the answer
}

// Format writes c without its token, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "telegram.Config{APIURL:%q RateLimit:%v}", newRedactor(c.Token).Replace(c.APIURL), c.RateLimit)
}

// LogValue returns c without its token.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

func (c Config) check() error {
	return errors.Join(checkToken(c.Token), checkAPIURL(c.APIURL), checkRateLimit(c.RateLimit))
}

// tokenForm is stricter than Telegram's, so that a token cannot change the URL it becomes a part
// of.
var tokenForm = regexp.MustCompile(`^[0-9]+:[A-Za-z0-9_-]{30,}$`)

// checkToken returns errors that do not contain the token.
func checkToken(token string) error {
	switch {
	case token == "":
		return errors.New("telegram token is missing")
	case token != strings.TrimSpace(token):
		return errors.New("telegram token has a space or a line break around it")
	case !tokenForm.MatchString(token):
		return errors.New("telegram token is not of the form 123456:ABC-DEF…, as BotFather gives it")
	}
	return nil
}

// checkAPIURL returns errors that do not contain the address: people paste addresses with a token.
func checkAPIURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return errors.New("telegram API address is not of the form https://host[:port][/path]")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.RawPath != "":
		return errors.New("telegram API address has more than scheme, host and path")
	case strings.Contains(u.Path, "/bot"):
		return errors.New("telegram API address ends before /bot…")
	}
	return nil
}

func checkRateLimit(r float64) error {
	if math.IsNaN(r) || math.IsInf(r, 0) || r < 0 {
		return errors.New("telegram rate limit is not a number of messages a second")
	}
	return nil
}

// Client calls the methods of one bot. It is safe for concurrent use.
//
// Everything that contains the token is behind a pointer, because fmt prints unexported fields of a
// struct without calling their String methods.
type Client struct {
	bot     *bot.Bot
	wire    *wire
	limits  *rateLimiter
	log     *slog.Logger
	observe func(context.Context, Call)
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
		c.observe = func(context.Context, Call) {}
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
