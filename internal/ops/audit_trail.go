package ops

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"shopbot/internal/config"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// More paths of the operator's API, see server.go.
//
//	GET  /ops/audit?order=…              the audit entries of an order
//	GET  /ops/audit?after=…              one page of the audit trail
//	POST /ops/audit/verify?head=…        verifies the chain, which must contain the given heads
const (
	// AuditPage is how many entries a page of the audit trail has.
	AuditPage = 500

	trailPath  = "/ops/audit"
	verifyPath = "/ops/audit/verify"
)

// AuditTrail reads the audit trail. *storage.DB is one.
type AuditTrail interface {
	// VerifyAudit verifies the chain, which must contain the noted heads, and returns its last
	// entry.
	VerifyAudit(ctx context.Context, noted ...storage.AuditHead) (storage.AuditHead, error)
	// AuditTrail lists up to limit entries, those after the given number, oldest first.
	AuditTrail(ctx context.Context, after int64, limit int) ([]shop.AuditEntry, error)
	// TrailOf lists the entries of an order, oldest first.
	TrailOf(ctx context.Context, id shop.OrderID) ([]shop.AuditEntry, error)
}

func (s Server) getTrail(r *http.Request) (any, error) {
	query := r.URL.Query()
	if order := query.Get("order"); order != "" {
		return s.AuditTrail.TrailOf(r.Context(), shop.OrderID(order))
	}
	after, err := strconv.ParseInt(query.Get("after"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%w: after", errBadQuery)
	}
	return s.AuditTrail.AuditTrail(r.Context(), after, AuditPage)
}

func (s Server) verifyTrail(r *http.Request) (any, error) {
	var noted []storage.AuditHead
	for _, text := range r.URL.Query()["head"] {
		head, err := ParseHead(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errBadQuery, err)
		}
		noted = append(noted, head)
	}
	return s.AuditTrail.VerifyAudit(r.Context(), noted...)
}

// VerifyAudit has the running shop verify its audit trail.
func (s Client) VerifyAudit(ctx context.Context, noted ...storage.AuditHead) (storage.AuditHead, error) {
	query := url.Values{}
	for _, head := range noted {
		query.Add("head", FormatHead(head))
	}
	return askFor[storage.AuditHead](ctx, s, reconcileTimeout, http.MethodPost, verifyPath, query, nil)
}

// AuditTrail asks the running shop for a page of its audit trail.
func (s Client) AuditTrail(ctx context.Context, after int64, _ int) ([]shop.AuditEntry, error) {
	return ask[[]shop.AuditEntry](ctx, s, http.MethodGet, trailPath, url.Values{"after": {strconv.FormatInt(after, 10)}}, nil)
}

// TrailOf asks the running shop for the audit entries of an order.
func (s Client) TrailOf(ctx context.Context, id shop.OrderID) ([]shop.AuditEntry, error) {
	return ask[[]shop.AuditEntry](ctx, s, http.MethodGet, trailPath, url.Values{"order": {string(id)}}, nil)
}

// FormatHead writes a head as people note it.
func FormatHead(h storage.AuditHead) string { return strconv.FormatInt(h.Number, 10) + ":" + h.Hash }

// ParseHead reads what FormatHead wrote.
func ParseHead(text string) (storage.AuditHead, error) {
	number, hash, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || hash == "" {
		return storage.AuditHead{}, fmt.Errorf("%s is not the head of an audit trail; write NUMBER:HASH as 'shopbot audit verify' printed it", config.Quote(text))
	}
	return storage.AuditHead{Number: n, Hash: strings.ToLower(hash)}, nil
}
