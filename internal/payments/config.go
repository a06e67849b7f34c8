package payments

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Network is one of the two separate worlds of Crypto Pay. A token of one does not work in the
// other.
type Network string

// The networks.
const (
	Mainnet Network = "mainnet"
	Testnet Network = "testnet"
)

var baseURLs = map[Network]string{Mainnet: "https://pay.crypt.bot", Testnet: "https://testnet-pay.crypt.bot"}

// Config is what a Client gets from outside. Only Token is required; what is left zero has the
// default that stands beside it.
type Config struct {
	Token   Secret
	Network Network // Mainnet
	BaseURL string  // address without /api, in place of the network's own

	// Transport carries the requests; NewTransport with MaxConns and Timeout.
	Transport http.RoundTripper
	MaxConns  int           // connections at most; 16
	Timeout   time.Duration // of one try, its answer read to the end; 10 s

	// MaxRetries is how often a call is tried again after its first try; 0 turns retries off.
	MaxRetries    int
	RetryBackoff  time.Duration // most that the first wait may last, doubling from there; 500 ms
	RetryStatuses []int         // HTTP statuses to try again after; 429, 500, 502, 503, 504

	RateLimit float64 // requests a second; 10. math.Inf(1): no limit
	RateBurst int     // requests at once after a rest; 10

	RatesTTL      time.Duration // how long exchange rates count as fresh; 1 min
	RatesMaxStale time.Duration // age up to which old rates are shown while the API is down; 1 h

	Log  *slog.Logger // discards
	Rand io.Reader    // jitter of the waits; crypto/rand.Reader
	// Observe is called with every call and its context when it is over; must be quick and safe for
	// concurrent use.
	Observe func(context.Context, Call)
}

// withDefaults fills in what was left zero, or names all that is wrong.
func (cfg Config) withDefaults() (Config, error) {
	setDefault(&cfg.Network, Mainnet)
	base, known := baseURLs[cfg.Network]
	setDefault(&cfg.BaseURL, base)
	setDefault(&cfg.MaxConns, 16)
	setDefault(&cfg.Timeout, 10*time.Second)
	setDefault(&cfg.RetryBackoff, 500*time.Millisecond)
	setDefault(&cfg.RateLimit, 10)
	setDefault(&cfg.RateBurst, 10)
	setDefault(&cfg.RatesTTL, time.Minute)
	setDefault(&cfg.RatesMaxStale, time.Hour)
	setDefault(&cfg.Log, slog.New(slog.DiscardHandler))
	setDefault(&cfg.Rand, rand.Reader)
	cfg.RetryStatuses = slices.Clone(cfg.RetryStatuses)
	if cfg.RetryStatuses == nil {
		cfg.RetryStatuses = []int{429, 500, 502, 503, 504}
	}
	if cfg.Observe == nil {
		cfg.Observe = func(context.Context, Call) {}
	}
	if cfg.Transport == nil {
		cfg.Transport = NewTransport(cfg.MaxConns, cfg.Timeout)
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	var networkErr error
	if !known {
		networkErr = fmt.Errorf("network %q: want mainnet or testnet", string(cfg.Network))
	}
	return cfg, errors.Join(networkErr, checkToken(cfg.Token), checkBaseURL(cfg.BaseURL),
		positive("MaxConns", cfg.MaxConns), positive("Timeout", cfg.Timeout),
		positive("MaxRetries", cfg.MaxRetries+1), positive("RetryBackoff", cfg.RetryBackoff),
		positive("RateLimit", cfg.RateLimit), positive("RateBurst", cfg.RateBurst),
		positive("RatesTTL", cfg.RatesTTL), positive("RatesMaxStale", cfg.RatesMaxStale))
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func positive[N int | float64 | time.Duration](name string, n N) error {
	if n > 0 {
		return nil
	}
	return fmt.Errorf("%s: want more than zero", name)
}

// checkToken refuses what cannot be a header's value, such as a token with the newline of the file
// it was read from. Its message never shows the token.
func checkToken(token Secret) error {
	switch {
	case token == "":
		return errors.New("token: missing")
	case strings.ContainsFunc(token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("token: holds a space, a newline or another character that no token has")
	}
	return nil
}

// checkBaseURL shows nothing of the address, which may hold a password.
func checkBaseURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return errors.New("base URL: want an address such as https://pay.crypt.bot")
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return errors.New("base URL: want no user, query or fragment")
	}
	return nil
}

const hidden = "[secret]"

// Secret is a string that shows only through Reveal. Printed with any verb, logged or marshalled it
// is "[secret]", or "" if it is not set.
type Secret string

// String is "[secret]".
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format writes "[secret]" for every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is "[secret]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is "[secret]", for JSON too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Reveal returns the secret itself.
func (s Secret) Reveal() string { return string(s) }

// NewTransport makes the transport that a Client uses by default: at most maxConns connections to a
// host, HTTP/2 where the server speaks it, the proxy that the environment names, and a timeout for
// each phase: 5 s to connect, 5 s for TLS, timeout for the answer's header. Change it before its
// first use, or wrap it, and give it as Config.Transport.
func NewTransport(maxConns int, timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ResponseHeaderTimeout:  timeout,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           maxConns,
		MaxIdleConnsPerHost:    maxConns,
		MaxConnsPerHost:        maxConns,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
	}
}
