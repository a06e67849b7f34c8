package payments

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// What a Listener refuses a webhook for. Their texts go into logs.
var (
	errNotPost     = errors.New("not a POST")
	errTooBig      = errors.New("body too big")
	errTooSlow     = errors.New("body too slow")
	errCutOff      = errors.New("body cut off")
	errNotSigned   = errors.New("no signature of any key")
	errNotAnUpdate = errors.New("signed, but not an update")
	errTooOld      = errors.New("too old")
	errBusy        = errors.New("too many requests at a time")
	errNotReceived = errors.New("not received")
)

func statusOf(err error) int {
	switch {
	case err == nil:
		return http.StatusOK
	case errors.Is(err, errNotPost):
		return http.StatusMethodNotAllowed
	case errors.Is(err, errTooBig):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errTooSlow):
		return http.StatusRequestTimeout
	case errors.Is(err, errNotSigned):
		return http.StatusUnauthorized
	case errors.Is(err, errNotAnUpdate), errors.Is(err, errCutOff):
		return http.StatusBadRequest
	case errors.Is(err, errTooOld):
		return http.StatusForbidden
	}
	return http.StatusServiceUnavailable
}

// handle goes through the checks in the order in which they cost more: who is
// not allowed to speak learns nothing, and nothing is decoded that was not signed.
func (l *Listener) handle(w http.ResponseWriter, r *http.Request, e *Event) error {
	l.allow(w, l.cfg.MaxWait+l.cfg.ReadTimeout)
	if r.Method != http.MethodPost {
		return errNotPost
	}
	if r.ContentLength > maxWebhook {
		return errTooBig
	}
	if err := l.enter(r.Context()); err != nil {
		return err
	}
	defer l.leave()
	body, err := l.read(w, r)
	if err != nil {
		return err
	}
	key, ok := l.verifier.match(body, r.Header.Get(SignatureHeader))
	if !ok {
		return errNotSigned
	}
	e.OldKey = key > 0
	l.last.store(time.Now())
	return l.take(body, e) //nolint:contextcheck // that the sender hangs up is no reason to forget a payment
}

// take decodes a verified body and hands a payment on.
func (l *Listener) take(body []byte, e *Event) error {
	u, err := ParseUpdate(body)
	if err != nil {
		return errNotAnUpdate // the cause may quote the body
	}
	e.UpdateType, e.Invoice = u.Type, u.Invoice.ID
	if !u.RequestDate.IsZero() {
		e.Age = time.Since(u.RequestDate)
	}
	if l.cfg.MaxAge > 0 && (u.RequestDate.IsZero() || e.Age > l.cfg.MaxAge) {
		return errTooOld
	}
	if u.Type != UpdateInvoicePaid {
		return nil
	}
	return l.receive(body, u)
}

// receive calls Receive. That the sender hangs up is no reason to forget a
// payment that is known by now.
func (l *Listener) receive(body []byte, u Update) error {
	if err := l.cfg.Receive(l.patience.context(), body, u); err != nil {
		return fmt.Errorf("%w: %w", errNotReceived, err)
	}
	return nil
}

// enter waits for one of the slots, not longer than MaxWait. Those who wait hold
// a connection and no memory, their bodies are not read yet.
func (l *Listener) enter(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(l.cfg.MaxWait)
	defer timer.Stop()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return errBusy
	case <-ctx.Done():
		return errBusy
	}
}

func (l *Listener) leave() { <-l.slots }

// read takes the body under its deadline. The deadline is not taken away after a
// failure, for the server would wait for the rest of the body without one; once
// all of it is there net/http takes it away by itself.
func (l *Listener) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	l.allow(w, l.cfg.ReadTimeout)
	from := r.Body
	if r.ContentLength < 0 { // else net/http reads no more than was told
		from = http.MaxBytesReader(w, from, maxWebhook)
	}
	body, err := readBody(from, r.ContentLength)
	_, big := errors.AsType[*http.MaxBytesError](err)
	switch {
	case err == nil:
		return body, nil
	case big:
		return nil, errTooBig
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errTooSlow
	}
	return nil, errCutOff
}

// readBody reads to the end, at once into the right room where the length was told. It is at most maxWebhook.
func readBody(from io.Reader, length int64) ([]byte, error) {
	if length < 0 || length > maxWebhook {
		return io.ReadAll(from)
	}
	body := bytes.NewBuffer(make([]byte, 0, length+bytes.MinRead))
	_, err := body.ReadFrom(from)
	return body.Bytes(), err
}

// allow gives the sender so long for its body from now, also where the body is
// refused and only thrown away. Not every server can; tests' recorders cannot.
func (l *Listener) allow(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(d))
}

// atomicTime is a time for concurrent use.
type atomicTime struct{ nanoseconds atomic.Int64 } // since 1970; 0 for none

func (t *atomicTime) store(now time.Time) { t.nanoseconds.Store(now.UnixNano()) }

func (t *atomicTime) load() time.Time {
	if at := t.nanoseconds.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}
