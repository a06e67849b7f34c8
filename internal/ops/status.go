package ops

import (
	"context"
	"net/http"
	"net/url"

	"shopbot/internal/status"
)

// Paths of the operator's API about the state of the shop, see server.go.
//
//	GET  /ops/status              how the shop is
//	POST /ops/link                a one-time link to the page of the private listener
const (
	statusPath = "/ops/status"
	linkPath   = "/ops/link"
)

func (s Server) getStatus(r *http.Request) (any, error) { return s.Status(r.Context()), nil }

func (s Server) postLink(*http.Request) (any, error) { return s.OneTimeLink(), nil }

// Status asks the running shop how it is.
func (s Client) Status(ctx context.Context) (status.Status, error) {
	return ask[status.Status](ctx, s, http.MethodGet, statusPath, nil, nil)
}

// OneTimeLink asks the running shop for an address that lets one browser see its page.
func (s Client) OneTimeLink(ctx context.Context) (string, error) {
	return ask[string](ctx, s, http.MethodPost, linkPath, url.Values{}, nil)
}
