package payments

import (
	"errors"
	"net/http"
	"sync"
	"time"
)

// astrayInterval is how often at most it is told that webhooks go astray.
const astrayInterval = time.Minute

var errAstray = &refusedWebhookError{http.StatusNotFound, "signed, but sent to another path"}

// astray counts signed webhooks that came to another path.
type astray struct {
	mu    sync.Mutex
	told  time.Time
	since int // not told yet
}

// count counts one more, and returns how many are to be told now.
func (a *astray) count() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.since++
	if now := time.Now(); a.told.IsZero() || now.Sub(a.told) >= astrayInterval {
		n, a.told, a.since = a.since, now, 0
	}
	return n
}

// ServeElsewhere answers requests to paths other than the webhook's with 404. If one is signed,
// Crypto Pay has been given a wrong address, such as one with a slash too many: it is observed,
// logged, and told to Astray.
func (l *Listener) ServeElsewhere(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	err := l.checkSignature(w, r)
	answer(w, http.StatusNotFound)
	if err != nil {
		return
	}
	l.cfg.Observe(WebhookRequest{Status: http.StatusNotFound, Duration: time.Since(began), Err: errAstray})
	n := l.astray.count()
	if n == 0 {
		return
	}
	l.cfg.Log.ErrorContext(r.Context(), "signed webhook at another path, correct the address at Crypto Pay",
		"path", shortened(r.URL.Path), "webhooks", n)
	if l.cfg.Astray != nil {
		l.cfg.Astray(r.Context())
	}
}

// checkSignature returns nil if a request is signed as a webhook. It takes no slot: those are for
// payments, and a stranger's body may be slow.
func (l *Listener) checkSignature(w http.ResponseWriter, r *http.Request) error {
	setReadDeadline(w, l.cfg.ReadTimeout)
	if r.Method != http.MethodPost || r.ContentLength > maxWebhook || r.Header.Get(SignatureHeader) == "" {
		return errNotSigned
	}
	body, err := l.readBody(w, r)
	if err != nil {
		return errors.Join(errNotSigned, err)
	}
	if _, ok := l.verifier.match(body, r.Header.Get(SignatureHeader)); !ok {
		return errNotSigned
	}
	return nil
}
