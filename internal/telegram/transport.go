package telegram

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"time"
)

// newTransport has a timeout for every phase in which a connection could hang. That of the answer
// is longer than a long poll.
func newTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  pollLimit,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64,
		MaxConnsPerHost:        128,
		MaxResponseHeaderBytes: 64 << 10,
		// Pings find a dead connection before a call does.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// maxRewindable is the size of the largest request body that is buffered; larger ones, which are
// uploads, are streamed.
const maxRewindable = 1 << 20

// rewindable gives requests a body that can be sent again, with a known length. The library's body
// is a pipe, so http.Transport could not repeat a request that the server did not read, as every
// HTTP/2 server does when it closes a connection gracefully (RFC 9113, section 6.8).
type rewindable struct{ next http.RoundTripper }

// RoundTrip returns a bodyError if the request could not be read. Then nothing useful was sent.
func (t rewindable) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil || req.Body == http.NoBody || req.GetBody != nil {
		return t.next.RoundTrip(req)
	}
	head, err := io.ReadAll(io.LimitReader(req.Body, maxRewindable+1))
	if err != nil {
		_ = req.Body.Close()
		return nil, &bodyError{err}
	}
	again := req.Clone(req.Context())
	if len(head) > maxRewindable {
		again.Body = &stream{Reader: io.MultiReader(bytes.NewReader(head), req.Body), Closer: req.Body}
		return t.next.RoundTrip(again)
	}
	_ = req.Body.Close()
	again.ContentLength = int64(len(head))
	again.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(head)), nil }
	again.Body, _ = again.GetBody()
	return t.next.RoundTrip(again)
}

// stream is a body whose read errors differ from those of the network.
type stream struct {
	io.Reader
	io.Closer
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = &bodyError{err}
	}
	return n, err
}

// bodyError is a request body that could not be read, such as an upload from a broken file.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return "read request: " + e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }
