package goodsserver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"shopbot/internal/shop"
)

// Times and numbers of requests.
const (
	goodsTimeout = 30 * time.Second // a request for goods
	eventTimeout = 10 * time.Second // a request that only tells
	fileTimeout  = 50 * time.Second // fetching a file

	// A host is asked so many requests at once, so that a slow server keeps no worker from the
	// others.
	goodsAtOnce  = 4
	eventsAtOnce = 2
)

// Config says how servers are asked.
type Config struct {
	// Secrets sign the requests, each by itself: the one in force, and the one before it if servers
	// still use that.
	Secrets [][]byte
	// Key makes the pseudonyms of buyers.
	Key []byte
	// Private also allows addresses that are not public, and requests without TLS.
	Private bool
	// Transport makes the connections; nil: a new one that refuses addresses that are not public.
	Transport http.RoundTripper
	// Files keeps the files that servers give.
	Files Files
	Log   *slog.Logger
}

// Files keeps files by their name. Keeping the same one again changes nothing.
type Files interface {
	KeepFile(ctx context.Context, name string, content []byte) error
}

// Client asks goods servers.
type Client struct {
	cfg  Config
	http *http.Client

	mu       sync.Mutex
	inFlight map[string]int // requests by kind and host
}

// New makes a client.
func New(cfg Config) *Client {
	if cfg.Transport == nil {
		cfg.Transport = newTransport(cfg.Private)
	}
	return &Client{
		cfg: cfg, http: &http.Client{Transport: cfg.Transport, CheckRedirect: noRedirect},
		inFlight: map[string]int{},
	}
}

// errBusy says that a host has as many requests as it may have at once.
var errBusy = errors.New("the server has not answered the requests before this one")

// enter takes a place among the requests of a host. It does not wait; errBusy if there is none.
func (c *Client) enter(host string, most int) (leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inFlight[host] >= most {
		return nil, errBusy
	}
	c.inFlight[host]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.inFlight[host]--; c.inFlight[host] == 0 {
			delete(c.inFlight, host)
		}
	}, nil
}

// CheckURL tells whether an address can be asked.
func (c *Client) CheckURL(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("it is not an address such as https://shop.example/goods")
	case u.User != nil:
		return errors.New("leave out the user name: the signature says who asks")
	case u.Scheme != "https" && !c.cfg.Private:
		return errors.New("it needs https:// unless SHOPBOT_GOODS_PRIVATE=true")
	}
	return nil
}

// ask sends a signed request and returns the body of a success. Errors: *RequestError.
func (c *Client) ask(ctx context.Context, address, id string, body any) (answer []byte, err error) {
	if len(c.cfg.Secrets) == 0 { // the catalog may name a server later than the program starts
		return nil, &RequestError{Host: hostOf(address), kind: faultRefused, Err: errors.New("SHOPBOT_GOODS_SECRET is not set")}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write the request %s: %w", id, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(text))
	if err != nil {
		return nil, &RequestError{Host: hostOf(address), kind: faultRefused, Err: errors.New("it is not an address")}
	}
	req.Header.Set("Content-Type", "application/json")
	sign(req.Header, c.cfg.Secrets, id, time.Now(), text)
	status, header, content, err := c.do(req, maxAnswer)
	if err != nil {
		return nil, err
	}
	if status == http.StatusAccepted && len(bytes.TrimSpace(content)) == 0 {
		wait := retryAfter(header)
		content = fmt.Appendf(nil, `{"wait":%d}`, int(max(wait, usualWait)/time.Second))
	}
	return content, nil
}

// do sends a request and reads a success of at most limit bytes, and one more if it is longer.
// Errors: *RequestError.
func (c *Client) do(req *http.Request, limit int64) (status int, header http.Header, content []byte, err error) {
	host := req.URL.Host
	if err := c.CheckURL(req.URL.String()); err != nil {
		return 0, nil, nil, &RequestError{Host: host, kind: faultRefused, Err: err}
	}
	req.Header.Set("User-Agent", "shopbot")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, nil, unreachable(host, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return 0, nil, nil, badStatus(host, resp)
	}
	content, err = io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return 0, nil, nil, unreachable(host, fmt.Errorf("read the answer: %w", err))
	}
	return resp.StatusCode, resp.Header, content, nil
}

var errFileTooBig = fmt.Errorf("the file is longer than %d MB", shop.MaxBlob>>20)

// fetch gets a file, and compares it with what was said of it. Errors: *RequestError.
func (c *Client) fetch(ctx context.Context, f *file) (content []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, http.NoBody)
	if err != nil {
		return nil, &RequestError{kind: faultUnusable, Err: errors.New("the file's url is not an address")}
	}
	_, _, content, err = c.do(req, shop.MaxBlob)
	if err != nil {
		return nil, fmt.Errorf("fetch the file: %w", err)
	}
	bad := func(kind faultKind, err error) ([]byte, error) {
		return nil, &RequestError{Host: req.URL.Host, kind: kind, Err: err}
	}
	sum := sha256.Sum256(content)
	switch want, _ := hex.DecodeString(f.SHA256); {
	case len(content) > shop.MaxBlob:
		return bad(faultUnusable, errFileTooBig)
	case len(content) == 0:
		return bad(faultGarbage, errors.New("the file is empty"))
	case f.Size != 0 && f.Size != int64(len(content)):
		return bad(faultGarbage, fmt.Errorf("the file has %d bytes, and %d were said", len(content), f.Size))
	case len(want) > 0 && !bytes.Equal(sum[:], want):
		return bad(faultGarbage, errors.New("the file has another SHA-256 than was said"))
	}
	return content, nil
}
