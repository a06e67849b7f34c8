// Package ops is what a shop serves to its operator: health and metrics on the private listener,
// and the socket beside the database with which commands reach a running shop.
package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
	"net/url"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/status"
)

// Server is what an operator is served.
type Server struct {
	Metrics    http.Handler
	Ready      func(context.Context) error // nil, or why the shop cannot serve now
	Operator   Operator
	Reconciler Reconciler
	Backup     func(context.Context, io.Writer) error // writes a consistent copy of the database
	AuditTrail AuditTrail
	Exporter   Exporter
	Catalog    Catalog
	Alarms     func() []shop.Alarm          // trouble that lasts; the shop is ready all the same
	Owners     func() []int64               // their Telegram ids
	Role       func(context.Context) string // of one of several replicas, for people; nil or "": there are none
	Status     func(context.Context) status.Status
	// Page is what the private listener serves beside health and metrics, and OneTimeLink an address
	// at which it lets one browser in.
	Page        http.Handler
	OneTimeLink func() string
}

// Handler serves health, metrics and the page, and with profiles also /debug/pprof/, to everybody who can
// reach it, except for pages of other sites in a browser.
func (s Server) Handler(profiles bool) http.Handler {
	mux := http.NewServeMux()
	s.handleHealth(mux)
	if s.Page != nil {
		mux.Handle("/", s.Page)
	}
	if profiles {
		handleProfiles(mux)
	}
	return refuseOtherSites(mux)
}

// Commands serves everything, the API of commands included. It is for the socket, which only the
// shop's own user can reach.
func (s Server) Commands() http.Handler {
	mux := http.NewServeMux()
	s.handleHealth(mux)
	handleProfiles(mux)
	mux.Handle("/ops/", s.api())
	return mux
}

func (s Server) handleHealth(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", Healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", s.Metrics)
}

func handleProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}

// Healthz answers 200 while the process serves.
func Healthz(w http.ResponseWriter, _ *http.Request) { answerText(w, http.StatusOK, "ok\n") }

// readyz answers 200 with details for people, or 503 with a line for each reason.
func (s Server) readyz(w http.ResponseWriter, r *http.Request) {
	if err := s.Ready(r.Context()); err != nil {
		answerText(w, http.StatusServiceUnavailable, err.Error()+"\n")
		return
	}
	answerText(w, http.StatusOK, "ready\n"+s.role(r.Context())+s.trouble()+s.details(r.Context()))
}

func (s Server) role(ctx context.Context) string {
	if s.Role == nil || s.Role(ctx) == "" {
		return ""
	}
	return "this replica " + s.Role(ctx) + "\n"
}

// trouble has a line for each alarm. They do not make the shop unready: it takes payments all the
// same, and a proxy that went by the status would keep them away.
func (s Server) trouble() string {
	var lines strings.Builder
	if s.Alarms == nil {
		return ""
	}
	for _, a := range s.Alarms() {
		fmt.Fprintf(&lines, "trouble: %s: %s since %s", a.ID, a.Cause, a.Since.UTC().Format(time.RFC3339))
		if len(a.Items) > 0 {
			fmt.Fprintf(&lines, ": %s", strings.Join(a.Items, ", "))
		}
		if a.Detail != "" {
			fmt.Fprintf(&lines, ": %s", strings.Join(strings.Fields(a.Detail), " "))
		}
		lines.WriteByte('\n')
	}
	return lines.String()
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) //nolint:gosec // no page; if it fails, the client has gone
}

// OrdersPage is how many orders a request may ask for at most.
const OrdersPage = 500

// The paths of the operator's API of a running shop. It is private to this program: client and
// server are of one version.
//
//	GET  /ops/orders?state=…      one page of orders, without their goods
//	POST /ops/forget?buyer=…      deletes a buyer's personal data
const (
	ordersPath = "/ops/orders"
	forgetPath = "/ops/forget"
)

// api is what commands ask a running shop.
func (s Server) api() http.Handler {
	mux := http.NewServeMux()
	s.stockAPI(mux)
	s.catalogAPI(mux)
	mux.HandleFunc("GET "+ordersPath, answerJSON(s.getOrders))
	mux.HandleFunc("GET "+backupPath, s.getBackup)
	mux.HandleFunc("POST "+exportPath, s.postExport)
	mux.HandleFunc("GET "+trailPath, answerJSON(s.getTrail))
	mux.HandleFunc("POST "+verifyPath, answerJSON(s.verifyTrail))
	mux.HandleFunc("POST "+reconcilePath, answerJSON(s.reconcile))
	mux.HandleFunc("POST "+forgetPath, answerJSON(s.forget))
	mux.HandleFunc("GET "+webhooksPath, answerJSON(s.getWebhooks))
	mux.HandleFunc("GET "+ownersPath, answerJSON(s.getOwners))
	mux.HandleFunc("GET "+statusPath, answerJSON(s.getStatus))
	mux.HandleFunc("POST "+linkPath, answerJSON(s.postLink))
	return mux
}

// answerJSON answers with the result of do as JSON.
func answerJSON(do func(r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, shop.MaxListBytes+1)
		result, err := do(r)
		if err != nil {
			answerText(w, statusOf(err), err.Error())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result) // if it fails, the client has gone
	}
}

func statusOf(err error) int {
	for _, known := range []error{shop.ErrUnknownProduct, shop.ErrNoUnits, shop.ErrBadUnits, shop.ErrNoBatch, shop.ErrNotFound, catalog.ErrNothingToUndo, errBadQuery} {
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

func (s Server) forget(r *http.Request) (any, error) {
	buyer, err := queryNumber(r, "buyer")
	if err != nil {
		return nil, err
	}
	return s.Operator.Forget(r.Context(), buyer)
}

var errBadQuery = errors.New("not a request that can be answered")

func queryNumber(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %s", errBadQuery, name)
	}
	return n, nil
}

// queryPage reads which page of a list is asked for: at most most rows before one.
func queryPage(r *http.Request, most int64) (before int64, limit int, err error) {
	if before, err = queryNumber(r, "before"); err != nil {
		return 0, 0, err
	}
	n, err := queryNumber(r, "limit")
	if err != nil || n < 0 || n > most {
		return 0, 0, fmt.Errorf("%w: limit", errBadQuery)
	}
	return before, int(n), nil
}

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
