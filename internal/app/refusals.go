package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"shopbot/internal/config"
)

// refusal is a kind of request that the public listener refuses. Both words are from a small set:
// none comes from outside.
type refusal struct{ path, reason string }

// refusals counts what the public listener refuses. Strangers can cause any number of refusals, so
// they are logged in one line a minute.
type refusals struct {
	log     *slog.Logger
	observe func(refusal)
	paths   map[string]string // path => its word

	mu      sync.Mutex
	counts  map[refusal]int // since the last line
	clients map[string]int  // by address, since the last line; at most maxClients
}

// maxClients is how many addresses are told apart within a minute.
const maxClients = 1000

func newRefusals(cfg config.Config, log *slog.Logger, observe func(refusal)) *refusals {
	return &refusals{
		log: log, observe: observe, counts: map[refusal]int{}, clients: map[string]int{},
		paths: map[string]string{cfg.CryptoPayWebhookPath: "cryptopay", config.TelegramWebhookPath: "telegram", "/healthz": "healthz"},
	}
}

// add counts a refusal. client is the address that it was for; "" if it is not known.
func (f *refusals) add(r refusal, client string) {
	f.observe(r)
	host, _, err := net.SplitHostPort(client)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[r]++
	if _, known := f.clients[host]; err == nil && (known || len(f.clients) < maxClients) {
		f.clients[host]++
	}
}

// watch counts the requests that h refuses.
func (f *refusals) watch(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answerStatus{ResponseWriter: w}
		h.ServeHTTP(answer, r)
		if reason := refusalReason(answer.status); reason != "" {
			path, known := f.paths[r.URL.Path]
			if !known {
				path = "other"
			}
			f.add(refusal{path, reason}, r.RemoteAddr)
		}
	})
}

var refusalReasons = map[int]string{
	http.StatusUnauthorized: "not_signed", http.StatusForbidden: "too_old", http.StatusNotFound: "unknown_path",
	http.StatusMethodNotAllowed: "method", http.StatusRequestTimeout: "too_slow",
	http.StatusRequestEntityTooLarge: "too_big", http.StatusServiceUnavailable: "busy",
}

// refusalReason is the word for a status; "" if it refuses nothing.
func refusalReason(status int) string {
	if status < http.StatusBadRequest {
		return ""
	}
	return cmp.Or(refusalReasons[status], "malformed")
}

// answerStatus notes the status of an answer.
type answerStatus struct {
	http.ResponseWriter

	status int // 0 is 200
}

func (a *answerStatus) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (a *answerStatus) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// summaryInterval is how often refusals are logged.
const summaryInterval = time.Minute

// logEvery logs a summary of the refusals each minute in which there were any, and when ctx ends.
func (f *refusals) logEvery(ctx context.Context) error {
	tick := time.NewTicker(summaryInterval)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
		f.logNow(ctx)
	}
	return nil
}

func (f *refusals) logNow(ctx context.Context) {
	f.mu.Lock()
	counts, clients := f.counts, f.clients
	f.counts, f.clients = map[refusal]int{}, map[string]int{}
	f.mu.Unlock()
	total := 0
	var kinds []string
	for _, r := range slices.SortedFunc(maps.Keys(counts), func(a, b refusal) int { return counts[b] - counts[a] }) {
		total += counts[r]
		kinds = append(kinds, fmt.Sprintf("%d %s %s", counts[r], r.path, r.reason))
	}
	if total > 0 {
		f.log.WarnContext(ctx, "requests refused", "count", total, "kinds", strings.Join(kinds, ", "), "clients", busiest(clients))
	}
}

// busiest names the three addresses with the most refusals.
func busiest(clients map[string]int) string {
	var most []string
	for _, host := range slices.SortedFunc(maps.Keys(clients), func(a, b string) int {
		return cmp.Or(clients[b]-clients[a], cmp.Compare(a, b))
	}) {
		most = append(most, fmt.Sprintf("%s (%d)", host, clients[host]))
	}
	return strings.Join(most[:min(len(most), 3)], ", ")
}
