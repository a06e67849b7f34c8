package ops

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"shopbot/internal/shop"
)

// More paths of the operator's API, see server.go.
//
//	POST /ops/reconcile?since=…   compares orders with Crypto Pay, from the given time on or all
//	GET  /ops/webhooks            when the last webhook came
const (
	reconcilePath = "/ops/reconcile"
	webhooksPath  = "/ops/webhooks"
)

// reconcileTimeout limits a reconciliation, which may be of hundreds of thousands of invoices at
// Crypto Pay's rate limit.
const reconcileTimeout = time.Hour

// Reconciler compares a shop with Crypto Pay. *shop.Shop is one.
type Reconciler interface {
	// Reconcile compares what was made from the given time on; zero: everything.
	Reconcile(ctx context.Context, since time.Time) (shop.Report, error)
	// Webhooks returns when the last webhook came.
	Webhooks(ctx context.Context) (shop.Webhooks, error)
}

func (s Server) reconcile(r *http.Request) (any, error) {
	var since time.Time
	if text := r.URL.Query().Get("since"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339Nano, text); err != nil {
			return nil, fmt.Errorf("%w: since", errBadQuery)
		}
	}
	return s.Reconciler.Reconcile(r.Context(), since)
}

func (s Server) getWebhooks(r *http.Request) (any, error) { return s.Reconciler.Webhooks(r.Context()) }

// details are the lines for people in the answer of a shop that is ready.
func (s Server) details(ctx context.Context) string {
	w, err := s.Reconciler.Webhooks(ctx)
	switch {
	case err != nil:
		return "last payment webhook: cannot be read\n"
	case w.Last.IsZero():
		return "last payment webhook: none so far\n"
	case !w.Silent.IsZero():
		return "last payment webhook: " + w.Last.UTC().Format(time.RFC3339) + ", and silence since\n"
	}
	return "last payment webhook: " + w.Last.UTC().Format(time.RFC3339) + "\n"
}

// Reconcile has the running shop compare its orders with Crypto Pay.
func (s Client) Reconcile(ctx context.Context, since time.Time) (shop.Report, error) {
	query := url.Values{}
	if !since.IsZero() {
		query.Set("since", since.Format(time.RFC3339Nano))
	}
	return askFor[shop.Report](ctx, s, reconcileTimeout, http.MethodPost, reconcilePath, query, nil)
}

// Webhooks asks the running shop for its last webhook.
func (s Client) Webhooks(ctx context.Context) (shop.Webhooks, error) {
	return ask[shop.Webhooks](ctx, s, http.MethodGet, webhooksPath, nil, nil)
}
