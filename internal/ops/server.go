// Package ops is the private listener of a shop, and the client with which commands reach a running
// one.
package ops

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"net/url"
	"strconv"
	"time"

	"shopbot/internal/shop"
)

// Server is what the private listener serves.
type Server struct {
	Metrics    http.Handler
	Ready      func(context.Context) error // nil, or why the shop cannot serve now
	Operator   Operator
	Reconciler Reconciler
	Backup     func(context.Context, io.Writer) error // writes a consistent copy of the database
	AuditTrail AuditTrail
	Key        []byte // see config.Config.OpsKey
}

// Handler serves health, metrics and profiles to everybody, and the operator's API to those who
// have the key.
func (s Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", Healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.Metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.Handle("/ops/", s.api())
	return http.NewCrossOriginProtection().Handler(mux)
}

// Healthz answers 200 while the process serves.
func Healthz(w http.ResponseWriter, _ *http.Request) { answerText(w, http.StatusOK, "ok\n") }

// readyz answers 200 with details for people, or 503 with a line for each reason.
func (s Server) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.Ready(r.Context()); err != nil {
		answerText(w, http.StatusServiceUnavailable, err.Error()+"\n")
		return
	}
	answerText(w, http.StatusOK, "ready\n"+s.details(r.Context()))
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) //nolint:gosec // as plain text, and never sniffed; if it fails, the client has gone
}

// OrdersPage is how many orders a request may ask for at most.
const OrdersPage = 500

// The paths of the operator's API of a running shop. It is private to this program: client and
// server are of one version.
//
//	GET  /ops/proof?challenge=…   HMAC of the challenge, in hex: proves the key without showing it
//	GET  /ops/orders?state=…      one page of orders, without their goods
//
// All but the first require a bearer token that is derived from the key.
const (
	proofPath  = "/ops/proof"
	ordersPath = "/ops/orders"
)

// seal is a MAC of word that only a holder of the key can make.
func seal(key []byte, word string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, word) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

func proof(key []byte, challenge string) string { return seal(key, "proof "+challenge) }

// Bearer is the Authorization header of the commands of a shop with this key.
func Bearer(key []byte) string { return "Bearer " + seal(key, "commands") }

// api is what commands ask a running shop.
func (s Server) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+proofPath, s.prove)
	s.stockAPI(mux)
	mux.Handle("GET "+ordersPath, s.guarded(s.getOrders))
	mux.Handle("GET "+backupPath, s.guard(s.getBackup))
	mux.Handle("GET "+trailPath, s.guarded(s.getTrail))
	mux.Handle("POST "+verifyPath, s.guarded(s.verifyTrail))
	mux.Handle("POST "+reconcilePath, s.guarded(s.reconcile))
	mux.Handle("GET "+webhooksPath, s.guarded(s.getWebhooks))
	return mux
}

func (s Server) prove(w http.ResponseWriter, r *http.Request) {
	challenge := r.URL.Query().Get("challenge")
	if len(challenge) < 16 || len(challenge) > 256 {
		answerText(w, http.StatusBadRequest, "want a challenge\n")
		return
	}
	answerText(w, http.StatusOK, proof(s.Key, challenge))
}

// guard refuses requests without the key.
func (s Server) guard(do http.HandlerFunc) http.Handler {
	want := []byte(Bearer(s.Key))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			answerText(w, http.StatusUnauthorized, "for the commands of this shop only\n")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, shop.MaxListBytes+1)
		do(w, r)
	})
}

// guarded refuses requests without the key, and answers with the result of do as JSON.
func (s Server) guarded(do func(r *http.Request) (any, error)) http.Handler {
	return s.guard(func(w http.ResponseWriter, r *http.Request) {
		result, err := do(r)
		if err != nil {
			answerText(w, statusOf(err), err.Error())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result) // if it fails, the client has gone
	})
}

func statusOf(err error) int {
	for _, known := range []error{shop.ErrUnknownProduct, shop.ErrNoUnits, shop.ErrBadUnits, shop.ErrNoBatch, shop.ErrNotFound, errBadQuery} {
		if errors.Is(err, known) {
			return http.StatusBadRequest
		}
	}
	return http.StatusInternalServerError
}

func (s Server) getOrders(r *http.Request) (any, error) {
	f, err := parseFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	orders, err := s.Operator.Orders(r.Context(), f)
	for i := range orders {
		for l := range orders[i].Lines { // goods stay in the database
			orders[i].Lines[l].Goods, orders[i].Lines[l].Text = nil, nil
		}
	}
	return orders, err
}

var errBadQuery = errors.New("not a request that can be answered")

func formatFilter(f shop.Filter) url.Values {
	q := url.Values{"state": {string(f.State)}, "after": {string(f.After)}, "limit": {strconv.Itoa(f.Limit)}}
	if !f.Since.IsZero() {
		q.Set("since", f.Since.Format(time.RFC3339Nano))
	}
	return q
}

func parseFilter(q url.Values) (shop.Filter, error) {
	f := shop.Filter{State: shop.State(q.Get("state")), After: shop.OrderID(q.Get("after"))}
	var err error
	if f.Limit, err = strconv.Atoi(q.Get("limit")); err != nil || f.Limit < 0 || f.Limit > OrdersPage {
		return f, fmt.Errorf("%w: limit", errBadQuery)
	}
	if since := q.Get("since"); since != "" {
		if f.Since, err = time.Parse(time.RFC3339Nano, since); err != nil {
			return f, fmt.Errorf("%w: since", errBadQuery)
		}
	}
	return f, nil
}
