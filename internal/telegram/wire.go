package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/tlshint"
)

const (
	// maxAnswer limits an answer, in bytes. The largest is that of getUpdates, with a hundred long
	// messages.
	maxAnswer = 32 << 20
	// maxRetryAfter is a day in seconds, which is more than Telegram ever asks for.
	maxRetryAfter = 24 * 60 * 60
)

// wire sends requests and opens the answers. It is the library's HTTP client, and makes the few
// calls that the library does not make well enough. Every failure leaves it as an *Error, so no
// text of the network or of a gateway's page, which may contain the token, gets further.
type wire struct {
	http   *http.Client
	base   string // without a slash at the end
	token  string
	redact redactor
}

// envelope is the outer object of every answer.
type envelope struct {
	OK          *bool           `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`        // seconds
		MigrateTo  int64 `json:"migrate_to_chat_id"` // the chat has a new id
	} `json:"parameters"`
}

// Do sends a request for the library. It returns only answers that are ok.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	defer func() { _ = req.Body.Close() }() // or the library's writer would wait for a transport that forgot
	body, env, err := w.exchange(req)
	if err != nil {
		return nil, err
	}
	if kept, ok := req.Context().Value(resultKey{}).(*json.RawMessage); ok {
		*kept = env.Result
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(body))}, nil
}

// resultKey is the context key of a *json.RawMessage that gets the raw result.
type resultKey struct{}

// post makes a call with JSON parameters.
func (w *wire) post(ctx context.Context, method string, params any) (json.RawMessage, error) {
	body, err := json.Marshal(params)
	if err != nil {
		return nil, fmt.Errorf("telegram: %s: %w", method, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/bot"+w.token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return nil, w.broken(ctx, method, err)
	}
	req.Header.Set("Content-Type", "application/json")
	_, env, err := w.exchange(req)
	return env.Result, err
}

// exchange sends a request whose address ends in the method's name.
func (w *wire) exchange(req *http.Request) (body []byte, env envelope, err error) {
	method := path.Base(req.URL.Path)
	resp, err := w.http.Do(req) //nolint:gosec // the address is the operator's own, checked by New
	if err != nil {
		return nil, env, w.broken(req.Context(), method, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = readLimited(resp.Body, maxAnswer)
	if err != nil {
		return nil, env, w.broken(req.Context(), method, err)
	}
	if json.Unmarshal(body, &env) != nil || env.OK == nil {
		return nil, env, errNotAPI(method, resp)
	}
	if !*env.OK {
		return nil, env, w.refused(method, resp, env)
	}
	return body, env, nil
}

// broken returns the error of a call without an answer. That of a body that could not be read stays
// what it is, because it is not Telegram's fault.
func (w *wire) broken(ctx context.Context, method string, err error) error {
	if unread, ok := errors.AsType[*bodyError](err); ok {
		return fmt.Errorf("telegram: %s: %w", method, unread)
	}
	e := &Error{Method: method, Description: w.redact.text(tlshint.With(err).Error()), err: ErrTemporary}
	if ctx.Err() != nil {
		e.err = errors.Join(ErrTemporary, ctx.Err())
	}
	return e
}

// errNotAPI is the answer of a gateway. Only two kinds of those certainly did not pass the call on;
// the others are like no answer.
func errNotAPI(method string, resp *http.Response) *Error {
	e := &Error{Method: method, Code: resp.StatusCode, Description: "answer is not from the Bot API", err: ErrTemporary}
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		e.err, e.RetryAfter = ErrFlood, retryAfter(0, resp.Header)
	case http.StatusRequestEntityTooLarge:
		e.err = ErrBadRequest
	}
	return e
}

func (w *wire) refused(method string, resp *http.Response, env envelope) error {
	e := &Error{Method: method, Code: env.Code, Description: w.redact.text(env.Description)}
	if e.Code == 0 {
		e.Code = resp.StatusCode
	}
	e.err = kindOf(e.Code, e.Description)
	if env.Parameters.MigrateTo != 0 {
		e.err, e.MigrateTo = ErrChatGone, env.Parameters.MigrateTo
	}
	if errors.Is(e.err, ErrFlood) {
		e.RetryAfter = retryAfter(env.Parameters.RetryAfter, resp.Header)
	}
	return e
}

// retryAfter prefers the API's field to the header. It returns at least a second.
func retryAfter(seconds int, h http.Header) time.Duration {
	if seconds <= 0 {
		seconds, _ = strconv.Atoi(strings.TrimSpace(h.Get("Retry-After")))
	}
	return time.Duration(min(max(seconds, 1), maxRetryAfter)) * time.Second
}

// readLimited is io.ReadAll that returns ErrTooBig for more than limit bytes.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, fmt.Errorf("answer of more than %d bytes: %w", limit, ErrTooBig)
	}
	return b, err
}
