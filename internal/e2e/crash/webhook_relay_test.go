package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"shopbot/internal/sandbox/cryptopay"
)

// webhookRelay sends webhooks as patiently as Crypto Pay does: it takes each from the sandbox, and
// repeats it until the shop answers 200. It records what was answered 200.
type webhookRelay struct {
	t          *testing.T
	url        string        // of the relay
	target     string        // of the shop
	answerLost func() bool   // reports whether Crypto Pay does not get the shop's answer
	acked      chan struct{} // has room for one; filled when a payment was answered 200
	refused    chan struct{} // has room for one; filled when a payment was not

	mu       sync.Mutex
	invoices map[int64]bool  // whose payment was answered 200
	orders   map[string]bool // of these invoices
	repeats  int             // webhooks that had to be sent again
	pending  int             // webhooks that were not answered 200 yet
}

func newWebhookRelay(t *testing.T, shop *shopProcess, answerLost func() bool) *webhookRelay {
	t.Helper()
	w := &webhookRelay{
		t: t, target: "http://" + shop.listen + "/cryptopay/webhook", answerLost: answerLost, acked: make(chan struct{}, 1), refused: make(chan struct{}, 1),
		invoices: map[int64]bool{}, orders: map[string]bool{},
	}
	server := httptest.NewServer(http.HandlerFunc(w.take))
	w.url = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return w
}

// take answers the sandbox at once and delivers the webhook in the background.
func (w *webhookRelay) take(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	signature := r.Header.Get(cryptopay.SignatureHeader)
	w.addPending(1)
	go func() { //nolint:contextcheck // it goes on after the answer
		defer w.addPending(-1)
		w.deliver(w.t.Context(), body, signature)
	}()
}

func (w *webhookRelay) addPending(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending += n
}

// deliver repeats a webhook until the shop answers 200 or ctx ends.
func (w *webhookRelay) deliver(ctx context.Context, body []byte, signature string) {
	var update struct {
		Payload struct {
			Invoice int64  `json:"invoice_id"`
			Order   string `json:"payload"`
		} `json:"payload"`
	}
	if err := json.Unmarshal(body, &update); err != nil {
		w.t.Error(err)
		return
	}
	for {
		if w.post(ctx, body, signature) == http.StatusOK {
			w.mu.Lock()
			w.invoices[update.Payload.Invoice] = true
			w.orders[update.Payload.Order] = true
			w.mu.Unlock()
			notify(w.acked)
			return
		}
		w.mu.Lock()
		w.repeats++
		w.mu.Unlock()
		notify(w.refused)
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Millisecond): // the shop is dead, or not ready yet
		}
	}
}

// post returns the status that Crypto Pay sees, or 0.
func (w *webhookRelay) post(ctx context.Context, body []byte, signature string) (status int) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.target, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set(cryptopay.SignatureHeader, signature)
	r.Close = true // a connection that waits for a next request is closed by a stop, whoever serves
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	if w.answerLost() {
		return 0
	}
	return resp.StatusCode
}

// awaitDelivered returns when no webhook is pending.
func (w *webhookRelay) awaitDelivered() {
	for {
		w.mu.Lock()
		pending := w.pending
		w.mu.Unlock()
		if pending == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// awaitAck returns when the next payment was answered 200, which is the worst moment to die for a
// shop that has not stored it. It returns after the limit if none is.
func (w *webhookRelay) awaitAck(limit time.Duration) { awaitNext(w.acked, limit) }

// awaitRefusal returns when the next payment was not answered 200, or after the limit.
func (w *webhookRelay) awaitRefusal(limit time.Duration) { awaitNext(w.refused, limit) }

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func awaitNext(c chan struct{}, limit time.Duration) {
	select {
	case <-c: // of an earlier payment
	default:
	}
	select {
	case <-c:
	case <-time.After(limit):
	}
}
