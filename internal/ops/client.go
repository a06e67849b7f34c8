package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/shop"
)

// Client is a shop in another process, over the socket beside its database.
type Client struct{ http *http.Client }

// Find looks for the running shop of the database that cfg names.
func Find(ctx context.Context, cfg config.Config) (Client, bool) {
	path := Socket(cfg)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, path) }
	c, err := dial(ctx, "", "")
	if err != nil {
		return Client{}, false
	}
	_ = c.Close()
	return Client{&http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, CheckRedirect: noRedirect}}, true
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Orders asks the running shop for a page of orders, without their goods.
func (s Client) Orders(ctx context.Context, f shop.Filter) ([]shop.Order, error) {
	return ask[[]shop.Order](ctx, s, http.MethodGet, ordersPath, formatFilter(f), nil)
}

// Forget has the running shop delete a buyer's personal data.
func (s Client) Forget(ctx context.Context, buyer int64) (shop.Forgotten, error) {
	return ask[shop.Forgotten](ctx, s, http.MethodPost, forgetPath, url.Values{"buyer": {strconv.FormatInt(buyer, 10)}}, nil)
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
	req, err := http.NewRequestWithContext(ctx, method, "http://shop"+path+"?"+query.Encode(), body)
	if err != nil {
		return nil, err
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
