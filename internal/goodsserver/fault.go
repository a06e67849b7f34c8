package goodsserver

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"code.dny.dev/ssrf"

	"shopbot/internal/tlshint"
)

// faultKind says what is done about a request that brought no goods.
type faultKind int

const (
	// faultTrouble passes: no connection, no answer in time, 5xx, 408, 425, 429. It is tried again.
	faultTrouble faultKind = iota
	// faultGarbage is an answer that nobody can read, such as an error page. It is tried again a few
	// times.
	faultGarbage
	// faultRefused is a decision of the server, a 4xx or a redirect, or an address that may not be
	// asked. A person has to act.
	faultRefused
	// faultUnusable is an answer that can be read and is not what was bought. A person has to act.
	faultUnusable
)

// RequestError is a request to a goods server that was not answered as it should be.
type RequestError struct {
	Host   string
	Status int           // 0 without an answer
	Wait   time.Duration // that the server asked for; 0 if it did not
	Err    error

	kind faultKind
}

func (f *RequestError) Error() string {
	if f.Status != 0 {
		return fmt.Sprintf("%s answered %d: %v", f.Host, f.Status, f.Err)
	}
	return fmt.Sprintf("ask %s: %v", f.Host, f.Err)
}

func (f *RequestError) Unwrap() error { return f.Err }

// unreachable makes a RequestError of what http.Client returned. Its text has the host alone: the rest of
// an address may be a secret.
func unreachable(host string, err error) *RequestError {
	if sent, ok := errors.AsType[*url.Error](err); ok {
		err = sent.Err
	}
	f := &RequestError{Host: host, Err: tlshint.With(err)}
	if errors.Is(err, ssrf.ErrProhibitedIP) {
		f.kind = faultRefused
		f.Err = fmt.Errorf("%w; only public addresses are asked unless SHOPBOT_GOODS_PRIVATE=true", err)
	}
	return f
}

var (
	errRedirect = errors.New("it is a redirect, and none is followed; write the address that it leads to")
	errStatus   = errors.New("it is no success")
)

// badStatus makes a RequestError of an answer that is not a success.
func badStatus(host string, resp *http.Response) *RequestError {
	f := &RequestError{Host: host, Status: resp.StatusCode, Err: errStatus}
	switch status := resp.StatusCode; {
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		f.Wait = retryAfter(resp.Header)
	case status >= 400:
		f.kind = faultRefused
	case status >= 300:
		f.kind, f.Err = faultRefused, errRedirect
	}
	return f
}

// retryAfter reads a Retry-After header, in seconds or as a date; 0 if there is none.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}

// Status is the HTTP status of a RequestError; 0 if there is none.
func Status(err error) int {
	if f, is := errors.AsType[*RequestError](err); is {
		return f.Status
	}
	return 0
}
