package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"shopbot/internal/shop"
)

// The paths of the desk of a running shop. It is private to this program: both
// sides are of one version.
//
//	GET  /ops/proof?challenge=…   HMAC of the challenge, in hex: proves the key without showing it
//	GET  /ops/stock               the stock by SKU
//	POST /ops/stock?sku=…         loads the body, one key a line
//	GET  /ops/orders?state=…      one page of orders, without their goods
//
// All but the first want a bearer that follows from the key.
const (
	proofPath  = "/ops/proof"
	stockPath  = "/ops/stock"
	ordersPath = "/ops/orders"
)

// seal is a word that only a holder of the key can say.
func seal(key []byte, word string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, word) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

func proof(key []byte, challenge string) string { return seal(key, "proof "+challenge) }
func bearer(key []byte) string                  { return "Bearer " + seal(key, "commands") }

// api is the desk for commands.
func (o ops) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+proofPath, o.prove)
	mux.Handle("GET "+stockPath, o.guarded(o.getStock))
	mux.Handle("POST "+stockPath, o.guarded(o.addStock))
	mux.Handle("GET "+ordersPath, o.guarded(o.getOrders))
	if o.backup != nil {
		mux.Handle("GET "+backupPath, o.guard(o.getBackup))
	}
	if o.trail != nil {
		mux.Handle("GET "+trailPath, o.guarded(o.getTrail))
		mux.Handle("POST "+verifyPath, o.guarded(o.verifyTrail))
	}
	if o.audit != nil {
		mux.Handle("POST "+reconcilePath, o.guarded(o.reconcile))
		mux.Handle("GET "+webhooksPath, o.guarded(o.getWebhooks))
	}
	return mux
}

func (o ops) prove(w http.ResponseWriter, r *http.Request) {
	challenge := r.URL.Query().Get("challenge")
	if len(challenge) < 16 || len(challenge) > 256 {
		answerText(w, http.StatusBadRequest, "want a challenge\n")
		return
	}
	answerText(w, http.StatusOK, proof(o.key, challenge))
}

// guard lets in who has the key.
func (o ops) guard(do http.HandlerFunc) http.Handler {
	want := []byte(bearer(o.key))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			answerText(w, http.StatusUnauthorized, "for the commands of this shop only\n")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, shop.MaxListBytes+1)
		do(w, r)
	})
}

// guarded lets in who has the key, and writes what comes of it as JSON.
func (o ops) guarded(do func(r *http.Request) (any, error)) http.Handler {
	return o.guard(func(w http.ResponseWriter, r *http.Request) {
		result, err := do(r)
		if err != nil {
			answerText(w, statusOf(err), err.Error())
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(result) // whoever asked has gone
	})
}

func statusOf(err error) int {
	for _, known := range []error{shop.ErrUnknownProduct, shop.ErrNoKeys, shop.ErrBadKeys, shop.ErrNotFound, errBadQuery} {
		if errors.Is(err, known) {
			return http.StatusBadRequest
		}
	}
	return http.StatusInternalServerError
}

func (o ops) getStock(r *http.Request) (any, error) { return o.desk.Stock(r.Context()) }

func (o ops) addStock(r *http.Request) (any, error) {
	list, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w", err)
	}
	keys, err := shop.ParseKeys(list)
	if err != nil {
		return nil, err
	}
	return o.desk.AddStock(r.Context(), r.URL.Query().Get("sku"), keys, byCommandLine)
}

func (o ops) getOrders(r *http.Request) (any, error) {
	f, err := parseFilter(r.URL.Query())
	if err != nil {
		return nil, err
	}
	orders, err := o.desk.Orders(r.Context(), f)
	for i := range orders {
		orders[i].Keys = nil // goods are nobody's business here
		orders[i].Item.Text = nil
	}
	return orders, err
}

var errBadQuery = errors.New("not a list of orders that can be asked for")

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
	if f.Limit, err = strconv.Atoi(q.Get("limit")); err != nil || f.Limit < 0 || f.Limit > ordersPage {
		return f, fmt.Errorf("%w: limit", errBadQuery)
	}
	if since := q.Get("since"); since != "" {
		if f.Since, err = time.Parse(time.RFC3339Nano, since); err != nil {
			return f, fmt.Errorf("%w: since", errBadQuery)
		}
	}
	return f, nil
}
