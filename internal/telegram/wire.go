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
)

// maxAnswer limits an answer, in bytes. The largest is getUpdates with a hundred long messages.
const maxAnswer = 32 << 20

// wire sends requests and opens the answers. It is the library's HTTP client and
// also serves the few calls that the library does not make well enough: whatever
// is not a success leaves it as an *Error, so that no text of the library's, of
// the network's or of a gateway's page gets further.
type wire struct {
	http   *http.Client
	base   string // without a slash at the end
	token  string
	redact redactor
}

// envelope is what every answer of the API comes in.
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

// Do sends a request for the library. Only answers that say ok are returned.
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

// resultKey finds the *json.RawMessage in a context that gets the result as it came.
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
		return nil, env, notTheAPI(method, resp)
	}
	if !*env.OK {
		return nil, env, w.refused(method, resp, env)
	}
	return body, env, nil
}

// broken is a call without an answer. A request that could not be read is not
// Telegram's fault and stays what it is.
func (w *wire) broken(ctx context.Context, method string, err error) error {
	if unread, ok := errors.AsType[*bodyError](err); ok {
		return fmt.Errorf("telegram: %s: %w", method, unread)
	}
	e := &Error{Method: method, Description: w.redact.text(err.Error()), err: ErrTemporary}
	if ctx.Err() != nil {
		e.err = errors.Join(ErrTemporary, ctx.Err())
	}
	return e
}

// notTheAPI is an answer that somebody in between gave. Of these only the two
// that surely were not passed on say more than that there was no answer.
func notTheAPI(method string, resp *http.Response) error {
	e := &Error{Method: method, Code: resp.StatusCode, Description: "answer is not the API's", err: ErrTemporary}
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
		e.err = ErrChatGone
	}
	if errors.Is(e.err, ErrFlood) {
		e.RetryAfter = retryAfter(env.Parameters.RetryAfter, resp.Header)
	}
	return e
}

// retryAfter prefers the API's own field to the header's, and never is nothing.
func retryAfter(seconds int, h http.Header) time.Duration {
	if seconds <= 0 {
		seconds, _ = strconv.Atoi(strings.TrimSpace(h.Get("Retry-After")))
	}
	return time.Duration(min(max(seconds, 1), maxRetryAfter)) * time.Second
}

// maxRetryAfter is a day in seconds, which is more than Telegram ever asks for.
const maxRetryAfter = 24 * 60 * 60

// readLimited is io.ReadAll for at most limit bytes; more are an error.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		return nil, fmt.Errorf("answer of more than %d bytes: %w", limit, ErrTooBig)
	}
	return b, err
}
