package ops

import (
	"context"
	"net/http"
)

// Path of the operator's API about the staff, see server.go.
//
//	GET /ops/owners               the Telegram ids of the owners
const ownersPath = "/ops/owners"

func (s Server) getOwners(*http.Request) (any, error) { return s.Owners(), nil }

// Owners asks the running shop for the Telegram ids of its owners.
func (s Client) Owners(ctx context.Context) ([]int64, error) {
	return ask[[]int64](ctx, s, http.MethodGet, ownersPath, nil, nil)
}
