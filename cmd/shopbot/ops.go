package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/pprof"
)

// ops is what the private listener serves.
type ops struct {
	metrics *metrics
	ready   func(context.Context) error // nil, or why the shop cannot serve now
	desk    desk
	audit   auditor     // or nil
	backup  snapshot    // or nil
	trail   trailKeeper // or nil
	key     []byte      // see config.opsKey
}

func (o ops) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", o.readyz)
	mux.Handle("GET /metrics", o.metrics.handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.Handle("/ops/", o.api())
	return http.NewCrossOriginProtection().Handler(mux)
}

// healthz answers 200 while the process serves.
func healthz(w http.ResponseWriter, _ *http.Request) { answerText(w, http.StatusOK, "ok\n") }

// readyz answers 200 with details for people, or 503 with a line for each reason.
func (o ops) readyz(w http.ResponseWriter, r *http.Request) {
	if err := o.ready(r.Context()); err != nil {
		answerText(w, http.StatusServiceUnavailable, err.Error()+"\n")
		return
	}
	answerText(w, http.StatusOK, "ready\n"+o.details(r.Context()))
}

func answerText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) //nolint:gosec // as plain text, and never sniffed; if it fails, whoever asked has gone
}

// opsHandler is the private listener's handler for the running program.
func (p *program) opsHandler() http.Handler {
	p.metrics.watchIntake(p.intake)
	p.metrics.watchDatabase(p.file)
	return ops{metrics: p.metrics, ready: p.ready, desk: p.shop, audit: p.shop, backup: p.file.Backup, trail: p.file, key: p.cfg.opsKey()}.handler()
}

// ready tells all that keeps the shop from serving.
func (p *program) ready(ctx context.Context) error {
	if p.stopping.Load() {
		return errors.New("shutting down")
	}
	var reasons []error
	if _, _, err := p.db.PendingUpdates(ctx, 0, 1); err != nil {
		reasons = append(reasons, errors.New("database: cannot be read"))
	}
	if err := p.file.Writable(ctx); err != nil {
		reasons = append(reasons, fmt.Errorf("database: %w", err))
	}
	if p.catalog.Current() == nil {
		reasons = append(reasons, errors.New("catalog: not loaded"))
	}
	if !p.tg.Answered() {
		reasons = append(reasons, errors.New("telegram: has not answered yet"))
	}
	return errors.Join(reasons...)
}
