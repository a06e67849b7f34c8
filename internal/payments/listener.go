package payments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

const (
	// MinMaxAge is the least that ListenerConfig.MaxAge may be: the API repeats a
	// webhook for three days, and a limit below refuses payments.
	MinMaxAge = 96 * time.Hour
	// maxWebhook is many times what a webhook has, in bytes.
	maxWebhook = 64 << 10
	// tryAgainAfter is what a sender is told that comes at a bad time.
	tryAgainAfter = 5 * time.Second
)

// ListenerConfig is what a Listener gets from outside. Keys and Receive are required.
type ListenerConfig struct {
	Keys []Key // the current token and, after a change, the one before

	// Receive makes an invoice_paid durable. It returns nil once that is done, or where there is nothing to
	// be done; after an error the sender is asked to come again. The same payment may come many times, and
	// at once. ctx outlives a sender that hangs up. body is the update to the byte, Receive may keep it.
	Receive func(ctx context.Context, body []byte, u Update) error

	MaxAge         time.Duration // refuse what was sent longer ago; 0: take any age; else at least MinMaxAge
	MaxConcurrent  int           // requests worked on at a time; 64
	MaxWait        time.Duration // for their turn, of those beyond; 2 s
	ReadTimeout    time.Duration // for a body to arrive; 5 s
	ReceiveTimeout time.Duration // for Receive, or up to a tenth less; 5 s

	Log     *slog.Logger // discards
	Observe func(Event)  // is told of every request when it is answered; must be quick and safe for concurrent use
}

func (cfg ListenerConfig) withDefaults() (ListenerConfig, error) {
	setDefault(&cfg.MaxConcurrent, 64)
	setDefault(&cfg.MaxWait, 2*time.Second)
	setDefault(&cfg.ReadTimeout, 5*time.Second)
	setDefault(&cfg.ReceiveTimeout, 5*time.Second)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Observe == nil {
		cfg.Observe = func(Event) {}
	}
	var faults []error
	if cfg.Receive == nil {
		faults = append(faults, errors.New("receive: missing"))
	}
	if cfg.MaxAge != 0 && cfg.MaxAge < MinMaxAge {
		faults = append(faults, fmt.Errorf("maximum age %s: want 0 or at least %s, since webhooks are repeated for three days", cfg.MaxAge, MinMaxAge))
	}
	if cfg.MaxConcurrent < 0 || cfg.MaxWait < 0 || cfg.ReadTimeout < 0 || cfg.ReceiveTimeout < 0 {
		faults = append(faults, errors.New("limits: want more than zero"))
	}
	return cfg, errors.Join(faults...)
}

// Event is one request to a Listener, for logs and metrics.
type Event struct {
	Status     int
	UpdateType string        // empty where it was not read
	Invoice    int64         // 0 where it was not read
	OldKey     bool          // signed with another key than the first
	Age        time.Duration // since the sender says to have sent it; 0 where it does not
	Duration   time.Duration
	Err        error // why Status is not 200; shows nothing of body or signature
}

// Listener takes webhooks. A request is answered 200 once Receive has its payment
// safe, so that nothing ever waits in memory alone:
//
//	405 not a POST · 413 more than 64 KiB · 401 not signed by any key ·
//	400 signed, but no update · 403 too old · 503 not now
//
// Updates of other types are answered 200 and told to Observe alone.
type Listener struct {
	cfg      ListenerConfig
	verifier *Verifier
	slots    chan struct{}
	last     atomicTime
	patience patience
}

// NewListener makes a Listener, or names all that is wrong with cfg.
func NewListener(cfg ListenerConfig) (*Listener, error) {
	cfg, err := cfg.withDefaults()
	v, keyErr := NewVerifier(cfg.Keys...)
	if err := errors.Join(err, keyErr); err != nil {
		return nil, fmt.Errorf("webhook listener: %w", err)
	}
	cfg.Keys = nil // the verifier has what is needed of them
	return &Listener{cfg: cfg, verifier: v, slots: make(chan struct{}, cfg.MaxConcurrent), patience: patience{each: cfg.ReceiveTimeout}}, nil
}

// LastReceived is when the last webhook with a right signature came; zero where none did.
func (l *Listener) LastReceived() time.Time { return l.last.load() }

// ServeHTTP answers a webhook.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	event := Event{}
	event.Err = l.handle(w, r, &event)
	event.Status = statusOf(event.Err)
	event.Duration = time.Since(began)
	l.answer(w, event)
	l.report(r.Context(), event)
}

func (l *Listener) answer(w http.ResponseWriter, e Event) {
	switch e.Status {
	case http.StatusOK:
		w.WriteHeader(http.StatusOK)
		return
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", strconv.Itoa(int(tryAgainAfter/time.Second)))
	case http.StatusRequestEntityTooLarge, http.StatusRequestTimeout:
		w.Header().Set("Connection", "close")
	}
	http.Error(w, http.StatusText(e.Status), e.Status)
}

func (l *Listener) report(ctx context.Context, e Event) {
	l.cfg.Observe(e)
	level := slog.LevelDebug // whoever receives a payment has more to say of it
	if e.Status != http.StatusOK {
		level = slog.LevelWarn
	}
	if !l.cfg.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.Int("status", e.Status), slog.Duration("duration", e.Duration)}
	if e.UpdateType != "" {
		attrs = append(attrs, slog.String("update_type", shortened(e.UpdateType)),
			slog.Int64("invoice", e.Invoice), slog.Duration("age", e.Age), slog.Bool("old_key", e.OldKey))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("reason", e.Err.Error()))
	}
	l.cfg.Log.LogAttrs(ctx, level, "webhook answered", attrs...)
}
