package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// demoGoodsSecret signs the demo's requests for goods. It is good for demoGoods alone.
const demoGoodsSecret = "whsec_c2hvcGJvdCBkZW1vIHNlY3JldCBmb3IgZ29vZHM=" //nolint:gosec // no secret

// demoGoods stands in for the owner's servers in the demo, whatever their addresses are: it makes an
// account for each order, and asks to wait once, so that buyers see what waiting looks like.
type demoGoods struct {
	mu    sync.Mutex
	asked map[string]bool // ids of requests
}

// RoundTrip answers a request without any network.
func (d *demoGoods) RoundTrip(r *http.Request) (*http.Response, error) {
	var told struct {
		Event    string
		Order    string
		Quantity int
	}
	err := json.NewDecoder(r.Body).Decode(&told)
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	body := "{}"
	if told.Event == "deliver" {
		body = d.deliver(r.Header.Get("Webhook-Id"), told.Order, told.Quantity)
	}
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}

// deliver is the answer about an order: to wait, and then always the same goods.
func (d *demoGoods) deliver(id, order string, quantity int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.asked[id] {
		d.asked[id] = true
		return `{"wait":5}`
	}
	var accounts []string
	for n := range quantity {
		accounts = append(accounts, fmt.Sprintf("demo-%s-%d@example.com", strings.ToLower(order), n+1))
	}
	text, err := json.Marshal(map[string]any{"keys": accounts})
	if err != nil {
		return `{"wait":5}` // texts can always be written
	}
	return string(text)
}
