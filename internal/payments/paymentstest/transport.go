// Package paymentstest has a Crypto Pay API made of functions, for tests of programs that use
// package payments. It needs no network:
//
//	api := paymentstest.New()
//	api.Handle("getMe", func(paymentstest.Call) paymentstest.Answer {
//		return paymentstest.Result(`{"app_id": 1, "name": "Shop"}`)
//	})
//	client, err := payments.New(payments.Config{Token: "1:test", Transport: api})
package paymentstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

// Call is one request to the API.
type Call struct {
	Method string
	Token  string
	Params json.RawMessage // a JSON object
	*http.Request
}

// Param is one parameter as text: strings without quotes, everything else as JSON, and "" for one
// that was not sent.
func (c Call) Param(name string) string {
	var params map[string]json.RawMessage
	if err := json.Unmarshal(c.Params, &params); err != nil {
		return ""
	}
	var text string
	if err := json.Unmarshal(params[name], &text); err == nil {
		return text
	}
	return string(params[name])
}

// Answer is what comes of a call. The zero Answer is a 200 with an empty body.
type Answer struct {
	Status int // 200
	Header http.Header
	Body   string
	Err    error // in place of an answer
}

// Result answers with a result, given as JSON.
func Result(result string) Answer {
	return Answer{Body: `{"ok":true,"result":` + result + `}`}
}

// Refusal answers with an error of the API.
func Refusal(code int, name string) Answer {
	return Answer{Status: code, Body: fmt.Sprintf(`{"ok":false,"error":{"code":%d,"name":%q}}`, code, name)}
}

// Page answers with a page of HTML, as a gateway does.
func Page(status int) Answer {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return Answer{
		Status: status, Header: http.Header{"Content-Type": {"text/html"}},
		Body: "<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>",
	}
}

// ErrCut is a connection that broke.
var ErrCut = errors.New("connection reset by peer")

// Cut breaks the connection in place of an answer.
func Cut() Answer { return Answer{Err: ErrCut} }

// RetryAfter is a with a header of that name.
func (a Answer) RetryAfter(value string) Answer {
	a.Header = a.Header.Clone()
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Set("Retry-After", value)
	return a
}

// Transport is an http.RoundTripper that answers methods by functions. Methods without one are
// answered as the API answers methods that it does not know. It is safe for concurrent use.
type Transport struct {
	mu       sync.Mutex
	handlers map[string]func(Call) Answer
	calls    []Call
}

// New makes a Transport that knows no method.
func New() *Transport {
	return &Transport{handlers: map[string]func(Call) Answer{}}
}

// Handle answers a method by a function from now on.
func (t *Transport) Handle(method string, answer func(Call) Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handlers[method] = answer
}

// Script answers a method's calls one after the other; the last answer stays.
func (t *Transport) Script(method string, answers ...Answer) {
	var mu sync.Mutex
	t.Handle(method, func(Call) Answer {
		mu.Lock()
		defer mu.Unlock()
		answer := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return answer
	})
}

// Calls are the calls of a method so far; of all methods for "".
func (t *Transport) Calls(method string) []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.calls), func(c Call) bool {
		return method != "" && c.Method != method
	})
}

// RoundTrip answers a request.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	call, err := read(r)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	t.calls = append(t.calls, call)
	handler := t.handlers[call.Method]
	t.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	answer := Refusal(http.StatusMethodNotAllowed, "METHOD_NOT_FOUND")
	if handler != nil {
		answer = handler(call)
	}
	if answer.Err != nil {
		return nil, answer.Err
	}
	return answer.response(r), nil
}

func read(r *http.Request) (Call, error) {
	call := Call{Method: path.Base(r.URL.Path), Token: r.Header.Get("Crypto-Pay-API-Token"), Request: r}
	if r.Body == nil {
		return call, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return call, fmt.Errorf("reading the request: %w", err)
	}
	call.Params = bytes.Clone(body)
	return call, r.Body.Close()
}

func (a Answer) response(r *http.Request) *http.Response {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Header == nil {
		a.Header = http.Header{"Content-Type": {"application/json"}}
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status)),
		StatusCode: a.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.Header, Body: io.NopCloser(strings.NewReader(a.Body)), ContentLength: int64(len(a.Body)),
		Request: r,
	}
}
