package payments_test

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
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

// apiCall is one request to the API.
type apiCall struct {
	Method string
	Token  string
	Params json.RawMessage // a JSON object
	*http.Request
}

// Param is one parameter as text: strings without quotes, everything else as JSON, and "" for one
// that was not sent.
func (c apiCall) Param(name string) string {
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

// apiAnswer is what comes of a call. The zero apiAnswer is a 200 with an empty body.
type apiAnswer struct {
	Status int // 200
	Header http.Header
	Body   string
	Err    error // in place of an answer
}

// okResult answers with a result, given as JSON.
func okResult(result string) apiAnswer {
	return apiAnswer{Body: `{"ok":true,"result":` + result + `}`}
}

// refusal answers with an error of the API.
func refusal(code int, name string) apiAnswer {
	return apiAnswer{Status: code, Body: fmt.Sprintf(`{"ok":false,"error":{"code":%d,"name":%q}}`, code, name)}
}

// gatewayPage answers with a page of HTML, as a gateway does.
func gatewayPage(status int) apiAnswer {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return apiAnswer{
		Status: status, Header: http.Header{"Content-Type": {"text/html"}},
		Body: "<html><head><title>" + title + "</title></head><body><h1>" + title + "</h1></body></html>",
	}
}

// errCut is a connection that broke.
var errCut = errors.New("connection reset by peer")

// cut breaks the connection in place of an answer.
func cut() apiAnswer { return apiAnswer{Err: errCut} }

// RetryAfter is a with a header of that name.
func (a apiAnswer) RetryAfter(value string) apiAnswer {
	a.Header = a.Header.Clone()
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Set("Retry-After", value)
	return a
}

// fakeAPI is an http.RoundTripper that answers methods by functions. Methods without one are
// answered as the API answers methods that it does not know. It is safe for concurrent use.
type fakeAPI struct {
	mu       sync.Mutex
	handlers map[string]func(apiCall) apiAnswer
	calls    []apiCall
}

// newAPI makes a fakeAPI that knows no method.
func newAPI() *fakeAPI {
	return &fakeAPI{handlers: map[string]func(apiCall) apiAnswer{}}
}

// Handle answers a method by a function from now on.
func (t *fakeAPI) Handle(method string, answer func(apiCall) apiAnswer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handlers[method] = answer
}

// Script answers a method's calls one after the other; the last answer stays.
func (t *fakeAPI) Script(method string, answers ...apiAnswer) {
	var mu sync.Mutex
	t.Handle(method, func(apiCall) apiAnswer {
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
func (t *fakeAPI) Calls(method string) []apiCall {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(t.calls), func(c apiCall) bool {
		return method != "" && c.Method != method
	})
}

// RoundTrip answers a request.
func (t *fakeAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	call, err := readCall(r)
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
	answer := refusal(http.StatusMethodNotAllowed, "METHOD_NOT_FOUND")
	if handler != nil {
		answer = handler(call)
	}
	if answer.Err != nil {
		return nil, answer.Err
	}
	return answer.response(r), nil
}

func readCall(r *http.Request) (apiCall, error) {
	call := apiCall{Method: path.Base(r.URL.Path), Token: r.Header.Get("Crypto-Pay-API-Token"), Request: r}
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

func (a apiAnswer) response(r *http.Request) *http.Response {
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

func TestAnswersComeInOrderAndTheLastOneStays(t *testing.T) {
	api := newAPI()
	api.Script("getMe", cut(), gatewayPage(502).RetryAfter("7"), okResult(`{"app_id":1}`))
	client := newClient(t, api)
	_, err := client.GetMe(t.Context())
	require.ErrorIs(t, err, errCut)
	_, err = client.GetMe(t.Context())
	var e *payments.Error
	require.True(t, errors.As(err, &e) && e.RetryAfter.Seconds() == 7 && e.Status == 502)
	for range 2 {
		_, err = client.GetMe(t.Context())
		require.NoError(t, err)
	}
	_, err = client.GetBalance(t.Context())
	require.ErrorIs(t, err, payments.ErrMethodNotFound, "a method without a function")
	require.Len(t, api.Calls(""), 5)
	require.Equal(t, testToken, api.Calls("")[0].Token)
}
