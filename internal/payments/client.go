package payments

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// tokenHeader carries the token; it is never part of an address.
const tokenHeader = "Crypto-Pay-API-Token" //nolint:gosec // the header's name, not a credential

// Client calls the methods of the Crypto Pay API for one app. It is safe for
// concurrent use. Close ends its background work.
type Client struct {
	http      *http.Client
	base      string // ends in /api/
	authorize func(http.Header)
	redact    redactor
	timeout   time.Duration
	retry     retryPolicy
	gate      *gate
	log       *slog.Logger
	observe   func(Call)

	life       context.Context // ends with Close; for work that no caller waits for
	end        context.CancelFunc
	background sync.WaitGroup

	rates      *cache[*Rates]
	currencies *cache[[]Currency]
	me         *cache[App]
}

// New makes a Client, or names all that is wrong with cfg. It asks the API
// nothing: GetMe tells whether the token is good.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("crypto pay client: %w", err)
	}
	token := cfg.Token.reveal()
	c := &Client{
		// A redirect is an answer like others: following it would hand the token to whoever it names.
		http: &http.Client{Transport: cfg.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
		base:      cfg.BaseURL + "/api/",
		authorize: func(h http.Header) { h.Set(tokenHeader, token) },
		redact:    newRedactor(cfg.Token),
		timeout:   cfg.Timeout,
		retry:     newRetryPolicy(cfg),
		gate:      newGate(cfg.RateLimit, cfg.RateBurst),
		log:       cfg.Log,
		observe:   cfg.Observe,
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.rates = newCache(c, cfg.RatesTTL, cfg.RatesMaxStale, c.loadRates)
	c.currencies = newCache(c, cfg.FactsTTL, forever, c.GetCurrencies)
	c.me = newCache(c, cfg.FactsTTL, forever, c.GetMe)
	return c, nil
}

// Close ends refreshes in the background, waits for them, and closes idle
// connections. Calls that are under way go on.
func (c *Client) Close() {
	c.end()
	c.background.Wait()
	c.http.CloseIdleConnections()
}
