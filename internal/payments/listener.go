package payments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	// MinMaxAge is the least that ListenerConfig.MaxAge may be: the API repeats a webhook for three
	// days, and a limit below refuses payments.
	MinMaxAge = 96 * time.Hour
	// maxWebhook is many times what a webhook has, in bytes.
	maxWebhook = 64 << 10
	// tryAgainAfter is what a sender is told that comes at a bad time.
	tryAgainAfter = 5 * time.Second
)

// ListenerConfig is what a Listener gets from outside. Tokens and Record are required.
type ListenerConfig struct {
	Tokens []Secret // the current one and, after a change, the one before

	// Record makes an invoice_paid durable. It returns nil once that is done, or where there is
	// nothing to be done; after an error the sender is asked to come again. The same payment may
	// come many times, and at once. ctx outlives a sender that hangs up. body is the update to the
	// byte; Record may keep it, and must not change it.
	Record func(ctx context.Context, body []byte, u Update) error

	// Astray is called, once a minute at most, when signed webhooks come to another path; nil:
	// nobody is told.
	Astray func(ctx context.Context)

	MaxAge        time.Duration // refuse what was sent longer ago; 0: take any age; else at least MinMaxAge
	MaxConcurrent int           // payments recorded at a time; 64
	MaxWait       time.Duration // for their turn, of those beyond; 2 s
	ReadTimeout   time.Duration // for a body to arrive; 5 s
	RecordTimeout time.Duration // for Record, or up to a tenth less; 5 s

	Log *slog.Logger // discards
	// Observe is called with every request when it is answered; must be quick and safe for
	// concurrent use.
	Observe func(WebhookRequest)
}

func (cfg ListenerConfig) withDefaults() (ListenerConfig, error) {
	setDefault(&cfg.MaxConcurrent, 64)
	setDefault(&cfg.MaxWait, 2*time.Second)
	setDefault(&cfg.ReadTimeout, 5*time.Second)
	setDefault(&cfg.RecordTimeout, 5*time.Second)
	setDefault(&cfg.Log, slog.New(slog.DiscardHandler))
	if cfg.Observe == nil {
		cfg.Observe = func(WebhookRequest) {}
	}
	var faults []error
	if cfg.Record == nil {
		faults = append(faults, errors.New("record: missing"))
	}
	if cfg.MaxAge != 0 && cfg.MaxAge < MinMaxAge {
		faults = append(faults, fmt.Errorf("maximum age %s: want 0 or at least %s, since webhooks are repeated for three days",
			cfg.MaxAge, MinMaxAge))
	}
	if cfg.MaxConcurrent < 0 || cfg.MaxWait < 0 || cfg.ReadTimeout < 0 || cfg.RecordTimeout < 0 {
		faults = append(faults, errors.New("limits: want more than zero"))
	}
	return cfg, errors.Join(faults...)
}

// WebhookRequest is one request to a Listener, for logs and metrics.
type WebhookRequest struct {
	Status     int
	UpdateType string        // empty where it was not read
	Invoice    int64         // 0 where it was not read
	OldKey     bool          // signed with another key than the first
	Age        time.Duration // since the sender says to have sent it; 0 where it does not
	Duration   time.Duration
	Err        error // why Status is not 200; shows nothing of body or signature

	signed bool // by one of the keys
}

// refusedWebhookError is why a Listener does not answer 200. Its text goes into logs.
type refusedWebhookError struct {
	status int
	text   string
}

func (e *refusedWebhookError) Error() string { return e.text }

var (
	errNotPost     = &refusedWebhookError{http.StatusMethodNotAllowed, "not a POST"}
	errTooBig      = &refusedWebhookError{http.StatusRequestEntityTooLarge, "body too big"}
	errTooSlow     = &refusedWebhookError{http.StatusRequestTimeout, "body too slow"}
	errCutOff      = &refusedWebhookError{http.StatusBadRequest, "body cut off"}
	errNotSigned   = &refusedWebhookError{http.StatusUnauthorized, "no signature of any key"}
	errNotUpdate   = &refusedWebhookError{http.StatusBadRequest, "signed, but not an update"}
	errTooOld      = &refusedWebhookError{http.StatusForbidden, "too old"}
	errBusy        = &refusedWebhookError{http.StatusServiceUnavailable, "too many requests at a time"}
	errNotRecorded = &refusedWebhookError{http.StatusServiceUnavailable, "not recorded"}
)

// Listener takes webhooks. A request is answered 200 once Record has its payment safe, so that no
// payment is in memory alone:
//
//	405 not a POST · 413 more than 64 KiB · 401 not signed by any key ·
//	400 signed, but no update · 403 too old · 503 not now
//
// Updates of other types are answered 200 and told to Observe alone.
type Listener struct {
	cfg      ListenerConfig
	verifier *Verifier
	slots    chan struct{}
	deadline sharedDeadline
	astray   astray
}

// NewListener makes a Listener, or names all that is wrong with cfg.
func NewListener(cfg ListenerConfig) (*Listener, error) {
	cfg, err := cfg.withDefaults()
	v, keyErr := NewVerifier(cfg.Tokens...)
	if err := errors.Join(err, keyErr); err != nil {
		return nil, fmt.Errorf("webhook listener: %w", err)
	}
	cfg.Tokens = nil // the verifier has what is needed of them
	return &Listener{
		cfg: cfg, verifier: v, slots: make(chan struct{}, cfg.MaxConcurrent),
		deadline: sharedDeadline{timeout: cfg.RecordTimeout},
	}, nil
}

// ServeHTTP answers a webhook.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	seen := WebhookRequest{Status: http.StatusOK}
	if seen.Err = l.handle(w, r, &seen); seen.Err != nil {
		seen.Status = http.StatusServiceUnavailable
		if refused, ok := errors.AsType[*refusedWebhookError](seen.Err); ok {
			seen.Status = refused.status
		}
	}
	seen.Duration = time.Since(began)
	answer(w, seen.Status)
	l.report(r.Context(), seen)
}

func answer(w http.ResponseWriter, status int) {
	switch status {
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
	http.Error(w, http.StatusText(status), status)
}

func (l *Listener) report(ctx context.Context, seen WebhookRequest) {
	l.cfg.Observe(seen)
	// Record has more to say of a payment. Anybody can send what is not signed, so such refusals
	// are for Observe to count.
	level := slog.LevelDebug
	if seen.Status != http.StatusOK && seen.signed {
		level = slog.LevelWarn
	}
	if !l.cfg.Log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{slog.Int("status", seen.Status), slog.Duration("duration", seen.Duration)}
	if seen.UpdateType != "" {
		attrs = append(attrs, slog.String("update_type", shortened(seen.UpdateType)),
			slog.Int64("invoice", seen.Invoice), slog.Duration("age", seen.Age), slog.Bool("old_key", seen.OldKey))
	}
	if seen.Err != nil {
		attrs = append(attrs, slog.String("reason", seen.Err.Error()))
	}
	l.cfg.Log.LogAttrs(ctx, level, "webhook answered", attrs...)
}

// handle does the cheap checks first, and decodes nothing that is not signed.
func (l *Listener) handle(w http.ResponseWriter, r *http.Request, seen *WebhookRequest) error {
	setReadDeadline(w, l.cfg.ReadTimeout)
	if r.Method != http.MethodPost {
		return errNotPost
	}
	if r.ContentLength > maxWebhook {
		return errTooBig
	}
	body, err := l.readBody(w, r)
	if err != nil {
		return err
	}
	key, ok := l.verifier.match(body, r.Header.Get(SignatureHeader))
	if !ok {
		return errNotSigned
	}
	seen.OldKey, seen.signed = key > 0, true
	u, err := ParseUpdate(body)
	if err != nil {
		return errNotUpdate // the cause may quote the body
	}
	seen.UpdateType, seen.Invoice = u.Type, u.Invoice.ID
	if !u.RequestDate.IsZero() {
		seen.Age = time.Since(u.RequestDate)
	}
	switch {
	case l.cfg.MaxAge > 0 && (u.RequestDate.IsZero() || seen.Age > l.cfg.MaxAge):
		return errTooOld
	case u.Type != UpdateInvoicePaid:
		return nil
	}
	if err := l.acquireSlot(r.Context()); err != nil {
		return err
	}
	defer func() { <-l.slots }()
	// A payment that is known by now is recorded, whether or not its sender hangs up.
	if err := l.cfg.Record(l.deadline.context(), body, u); err != nil { //nolint:contextcheck // see above
		return fmt.Errorf("%w: %w", errNotRecorded, err)
	}
	return nil
}

// acquireSlot waits for one of the slots, not longer than MaxWait. Only signed payments take one:
// strangers with slow bodies keep nobody waiting.
func (l *Listener) acquireSlot(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-time.After(l.cfg.MaxWait):
	case <-ctx.Done():
	}
	return errBusy
}

// readBody reads the body before its deadline. The deadline stays after a failure, or the server
// would wait for the rest of the body without one; net/http removes it once the body is read.
func (l *Listener) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// A body of a told length, which handle has checked, is read into memory of that size at once.
	from, room := r.Body, r.ContentLength+bytes.MinRead
	if r.ContentLength < 0 {
		from, room = http.MaxBytesReader(w, from, maxWebhook), bytes.MinRead
	}
	body := bytes.NewBuffer(make([]byte, 0, room))
	_, err := body.ReadFrom(from)
	_, big := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return body.Bytes(), nil
	case big:
		return nil, errTooBig
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errTooSlow
	}
	return nil, errCutOff
}

// setReadDeadline gives the sender so long for its body from now, also where the body is refused
// and only thrown away. Not every server can do that; tests' recorders cannot.
func setReadDeadline(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
}

// sharedDeadline makes contexts with a timeout. Callers within a tenth of the timeout share one,
// since a context with a timer costs six allocations.
type sharedDeadline struct {
	timeout time.Duration
	latest  atomic.Pointer[sharedContext]
}

type sharedContext struct {
	ctx   context.Context //nolint:containedctx // of no single request
	until time.Time       // it is given to callers before
}

// context ends after the timeout, or up to a tenth of it sooner.
func (d *sharedDeadline) context() context.Context {
	now := time.Now()
	if s := d.latest.Load(); s != nil && now.Before(s.until) {
		return s.ctx
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.timeout)
	context.AfterFunc(ctx, cancel) // it is not known who still uses it
	d.latest.Store(&sharedContext{ctx: ctx, until: now.Add(d.timeout / 10)})
	return ctx
}
