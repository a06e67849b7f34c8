package ops

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/shop"
)

// Client is a shop in another process, over its private listener.
type Client struct {
	http *http.Client
	base string
	key  []byte
}

// Find looks for a running shop of this configuration. A stranger that listens at its address
// learns nothing: the client shows its key only to a server that has proved to have it.
func Find(ctx context.Context, cfg config.Config) (Client, bool) {
	s := Client{
		// No proxy: the shop is on this machine, or on a private network.
		http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: noRedirect},
		base: "http://" + dialable(cfg.OpsListen), key: cfg.OpsKey(),
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	challenge := rand.Text()
	answer, err := s.call(ctx, http.MethodGet, proofPath, url.Values{"challenge": {challenge}}, nil)
	return s, err == nil && hmac.Equal(answer, []byte(proof(s.key, challenge)))
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// dialable turns a listen address into one to dial: a shop that listens everywhere is also found on
// loopback.
func dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// Orders asks the running shop for a page of orders, without their goods.
func (s Client) Orders(ctx context.Context, f shop.Filter) ([]shop.Order, error) {
	return ask[[]shop.Order](ctx, s, http.MethodGet, ordersPath, formatFilter(f), nil)
}

func ask[T any](ctx context.Context, s Client, method, path string, query url.Values, body io.Reader) (T, error) {
	return askFor[T](ctx, s, time.Minute, method, path, query, body)
}

// askFor is ask with another timeout.
func askFor[T any](
	ctx context.Context, s Client, timeout time.Duration, method, path string, query url.Values, body io.Reader,
) (T, error) {
	var result T
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, err := s.call(ctx, method, path, query, body)
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return result, fmt.Errorf("answer of the running shop: %w", err)
	}
	return result, nil
}

// call makes one request and returns the answer. An answer other than 200 is an error with its
// text.
func (s Client) call(ctx context.Context, method, path string, query url.Values, body io.Reader) (answer []byte, err error) {
	resp, err := s.request(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return nil, fmt.Errorf("answer of the running shop: %w", err)
	}
	return answer, nil
}

const maxAnswer = 64 << 20

// request makes one request. The caller closes the body of the answer.
func (s Client) request(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.base+path+"?"+query.Encode(), body)
	if err != nil {
		return nil, err
	}
	if path != proofPath {
		req.Header.Set("Authorization", Bearer(s.key))
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the running shop: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	says, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, fmt.Errorf("answer of the running shop: %w", err)
	}
	return nil, errors.New(string(bytes.TrimSpace(says)))
}
