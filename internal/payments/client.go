// Package payments speaks with Crypto Pay: a Client for all methods of its API, and a Listener for
// its webhooks. It uses Crypto Pay's own words and knows nothing of orders. The API that it follows
// is version 1.5.2.
//
// The one idea to keep in mind: a call whose answer was lost may have been done. Every failed call
// is an *Error, and [MayHaveHappened] tells whether there is such a doubt. What the client does
// about it depends on the method:
//
//	get…                        changes nothing and is repeated
//	transfer                    is repeated under the same spend_id, looked up where it was used before
//	deleteInvoice, deleteCheck  are repeated, "not found" then counts as done
//	createInvoice               is repeated only after failures that surely did nothing;
//	                            after others look with FindInvoicesByPayload
//	createCheck                 is never repeated
//
// # Limits
//
// Requests go through a token bucket for the whole Client, in order; those of a context from
// [Background] let others go first. After a 429 the bucket is slower for a while, and closed for as
// long as the API asked. Tries wait with exponential backoff and full jitter, never beyond the
// context's deadline.
//
// # Amounts
//
// Amounts are exact and carry their currency. What the API adds over time (fields, statuses,
// assets, error names) passes through; a value that cannot be expressed is left zero and named in
// the Unread field of its object.
//
// # Secrets
//
// The token is in no error, no log and no printed Client or Listener, also where a server or a
// proxy sends it back.
package payments

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// tokenHeader carries the token; it is never part of an address.
const tokenHeader = "Crypto-Pay-API-Token" //nolint:gosec // the header's name, not a credential

// Client calls the methods of the Crypto Pay API for one app. It is safe for concurrent use. Close
// ends its background work.
type Client struct {
	cfg       Config // without the token
	http      *http.Client
	authorize func(*http.Request)
	redact    redactor
	jitter    func() float64 // in [0, 1)
	limiter   *rateLimiter

	life       context.Context // ends with Close; for work that no caller waits for
	end        context.CancelFunc
	background sync.WaitGroup
	rates      *ratesCache
}

// New makes a Client, or names all that is wrong with cfg. It asks the API nothing: GetMe tells
// whether the token is good.
func New(cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("crypto pay client: %w", err)
	}
	token := cfg.Token
	cfg.Token = ""
	c := &Client{
		cfg:       cfg,
		http:      &http.Client{Transport: cfg.Transport, CheckRedirect: noRedirect},
		authorize: func(r *http.Request) { r.Header.Set(tokenHeader, token.Reveal()) },
		redact:    newRedactor(token),
		jitter:    newJitter(cfg.Rand),
		limiter:   newRateLimiter(cfg.RateLimit, cfg.RateBurst),
	}
	c.life, c.end = context.WithCancel(context.Background())
	c.rates = &ratesCache{client: c, ttl: cfg.RatesTTL, maxStale: max(cfg.RatesTTL, cfg.RatesMaxStale)}
	return c, nil
}

// noRedirect makes a redirect an answer like others. Following it would send the token elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close ends refreshes in the background, waits for them, and closes idle connections. Calls that
// are under way go on.
func (c *Client) Close() {
	c.end()
	c.background.Wait()
	c.http.CloseIdleConnections()
}
