package payments

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// maxAnswer is more than a page of 1,000 invoices with texts of full length.
const maxAnswer = 32 << 20

// exchange sends one request and reads its answer.
func (c *Client) exchange(ctx context.Context, method string, body []byte) (json.RawMessage, *Error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var trace connTrace
	req, err := http.NewRequestWithContext(trace.watch(ctx), http.MethodPost, c.base+method, bytes.NewReader(body))
	if err != nil {
		return nil, &Error{Method: method, Outcome: OutcomeNotDone, cause: c.redact.err(err)}
	}
	c.authorize(req.Header)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &Error{Method: method, Outcome: trace.outcome(err), cause: c.redact.err(err)}
	}
	defer resp.Body.Close()
	return c.answer(method, resp)
}

func (c *Client) answer(method string, resp *http.Response) (json.RawMessage, *Error) {
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(data) > maxAnswer {
		err = fmt.Errorf("answer of more than %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, &Error{
			Method: method, Status: resp.StatusCode, Outcome: outcomeOf(resp.StatusCode),
			RetryAfter: retryAfter(resp.Header), cause: fmt.Errorf("reading the answer: %w", c.redact.err(err)),
		}
	}
	result, failure := c.open(resp.StatusCode, data)
	if failure != nil {
		failure.Method = method
		failure.RetryAfter = retryAfter(resp.Header)
	}
	return result, failure
}

// outcomeOf tells from an answer's HTTP status whether the work may have been done.
// A gateway's 5xx says nothing of what happened behind it, and neither does the API's own.
func outcomeOf(status int) Outcome {
	if status >= 300 && status < 500 && status != http.StatusRequestTimeout {
		return OutcomeNotDone
	}
	return OutcomeUnknown
}

// connTrace knows whether a request ever had a connection to go out on.
type connTrace struct{ asked, got atomic.Bool }

func (t *connTrace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.got.Store(true) },
	})
}

// outcome is OutcomeNotDone only where it is certain that nothing was sent: a
// transport that reports its connections never had one, or err is of connecting.
func (t *connTrace) outcome(err error) Outcome {
	if t.got.Load() {
		return OutcomeUnknown
	}
	network, ok := errors.AsType[*net.OpError](err)
	if t.asked.Load() || ok && network.Op == "dial" {
		return OutcomeNotDone
	}
	return OutcomeUnknown
}
