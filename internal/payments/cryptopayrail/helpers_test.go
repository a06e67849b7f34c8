package cryptopayrail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"
)

// fakeAPI answers the methods of Crypto Pay by functions, and keeps what was asked.
type fakeAPI struct {
	answers map[string]func(apiCall) apiAnswer

	mu    sync.Mutex
	calls []apiCall
}

// answerAlways makes a fakeAPI that has one answer for each method.
func answerAlways(answers map[string]apiAnswer) *fakeAPI {
	api := &fakeAPI{answers: map[string]func(apiCall) apiAnswer{}}
	for method, answer := range answers {
		api.answers[method] = func(apiCall) apiAnswer { return answer }
	}
	return api
}

// apiCall is one call of a method.
type apiCall struct {
	method string
	params map[string]any
}

// param is a parameter as text; "" if it was not sent.
func (c apiCall) param(name string) string {
	if value, sent := c.params[name]; sent {
		return fmt.Sprint(value)
	}
	return ""
}

// apiAnswer is the answer to a call. A status of 0 cuts the connection.
type apiAnswer struct {
	status     int
	body       string
	retryAfter string
}

func result(text string) apiAnswer {
	return apiAnswer{status: http.StatusOK, body: `{"ok":true,"result":` + text + `}`}
}

func refusal(status int, name string) apiAnswer {
	return apiAnswer{status: status, body: fmt.Sprintf(`{"ok":false,"error":{"code":%d,"name":%q}}`, status, name)}
}

// asked lists the calls so far.
func (f *fakeAPI) asked() []apiCall {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func (f *fakeAPI) RoundTrip(r *http.Request) (*http.Response, error) {
	call := apiCall{method: path.Base(r.URL.Path)}
	if err := json.NewDecoder(r.Body).Decode(&call.params); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.calls = append(f.calls, call)
	f.mu.Unlock()
	answer := f.answers[call.method](call)
	if answer.status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{
		StatusCode: answer.status, Header: http.Header{"Retry-After": {answer.retryAfter}},
		Body: io.NopCloser(strings.NewReader(answer.body)), Request: r,
	}, r.Body.Close()
}
