// Package emulate holds what the two emulated services have in common: change listeners, planned
// failures, parameters in all their forms, and the sending of webhooks.
//
// It knows neither API. Each service wraps these parts in its own words.
package emulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Listeners is a list of functions to call after a change. The zero value is ready to use.
type Listeners struct {
	mu    sync.Mutex
	funcs []func()
}

// Add appends a listener.
func (l *Listeners) Add(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.funcs = append(l.funcs, f)
}

// Notify calls every listener on the caller's goroutine, in the order of Add.
func (l *Listeners) Notify() {
	l.mu.Lock()
	funcs := slices.Clip(l.funcs)
	l.mu.Unlock()
	for _, f := range funcs {
		f()
	}
}

// Failures is a queue of planned failures of type F. The zero value is empty and ready to use.
type Failures[F any] struct {
	mu      sync.Mutex
	planned []planned[F]
}

type planned[F any] struct {
	method  string // empty: any
	left    int
	failure F
}

// Plan makes the next n calls of a method fail; an empty method means any. An n of 0 or less
// removes what was planned for exactly this method.
func (q *Failures[F]) Plan(method string, n int, failure F) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n > 0 {
		q.planned = append(q.planned, planned[F]{method, n, failure})
		return
	}
	q.planned = slices.DeleteFunc(q.planned, func(p planned[F]) bool { return p.method == method })
}

// Take uses up the oldest failure planned for the method, if there is one.
func (q *Failures[F]) Take(method string) (failure F, found bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.planned, func(p planned[F]) bool { return p.method == "" || p.method == method })
	if i < 0 {
		return failure, false
	}
	failure = q.planned[i].failure
	if q.planned[i].left--; q.planned[i].left == 0 {
		q.planned = slices.Delete(q.planned, i, i+1)
	}
	return failure, true
}

// Sleep waits for d and reports true, or false if ctx ends first.
func Sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// WriteGatewayPage answers like a proxy whose backend is down: an HTML page instead of JSON.
func WriteGatewayPage(w http.ResponseWriter, status int) {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n"+
		"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", title, title)
}

// WriteJSON answers with a status and a body in JSON.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // one of our own types cannot be encoded
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// WebhookClient returns a copy of the given client that follows no redirects. For nil it returns
// a client with the timeout.
func WebhookClient(given *http.Client, timeout time.Duration) *http.Client {
	client := http.Client{Timeout: timeout}
	if given != nil {
		client = *given
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// Answer is a receiver's answer to a webhook.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // up to 1 MiB
}

// OK reports whether the status is one of success.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// PostJSON posts a webhook with one more header, if its value is not empty. With an error after the
// status it returns both.
func PostJSON(ctx context.Context, client *http.Client, address string, body []byte, header, value string) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("webhook address: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if value != "" {
		req.Header.Set(header, value)
	}
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return Answer{resp.StatusCode, resp.Header, answer}, err
}
