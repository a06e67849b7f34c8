package app

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"shopbot/internal/bot"
	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/shop"
	"shopbot/internal/status"
)

// runNote is the note that says how the last run went.
const runNote = "run"

// runMark is what the database remembers of runs.
type runMark struct {
	// Running is set from the start of a run to its orderly stop. A start that finds it set follows a
	// crash, a kill or a power cut.
	Running bool `json:"running,omitempty"`
	// Interrupted is when the shop was last alive before the first interruption that the owners have
	// not been told of; zero if they know of all. Times counts those.
	Interrupted time.Time `json:"interrupted,omitzero"`
	Times       int       `json:"times,omitempty"`
	// Head is the last audit entry before that interruption.
	Head int64 `json:"head,omitempty"`
	// Leader is the replica that runs the shop, and Alive when it last was alive. Both are kept only
	// if there may be several.
	Leader string    `json:"leader,omitempty"`
	Alive  time.Time `json:"alive,omitzero"`
}

// run is the mark of the present run, and what there was to do at its start.
type run struct {
	mu sync.Mutex // held while the mark changes
	runMark

	started time.Time
	waiting bot.Interruption
}

// lastAlive is about when the last run of a database ended: when its file was last written. It
// returns zero if there is no file.
func lastAlive(d config.Database) time.Time {
	info, err := os.Stat(d.Path())
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// beginRun marks the start of a run. lastAlive is when the run before it ended.
func (p *program) beginRun(ctx context.Context, lastAlive time.Time) {
	p.run.started = time.Now()
	value, err := p.db.Note(ctx, runNote)
	if err == nil && value != nil {
		err = json.Unmarshal(value, &p.run.runMark)
	}
	if err != nil {
		p.log.WarnContext(ctx, "read how the last run ended failed", "error", err)
	}
	if lastAlive.IsZero() {
		lastAlive = p.run.Alive
	}
	if p.run.Running {
		if p.run.Times++; p.run.Interrupted.IsZero() {
			p.run.Interrupted = lastAlive
			if lastAlive.After(p.run.started) { // the clock was ahead
				p.run.Interrupted = p.run.started
			}
			if head, err := p.db.AuditHead(ctx); err == nil {
				p.run.Head = head.Number
			}
		}
		p.log.WarnContext(ctx, "the last run ended without an orderly stop", "last_alive", lastAlive)
	}
	p.noteRun(ctx, func(m *runMark) { m.Running = true })
	if !p.run.Interrupted.IsZero() {
		p.countWaiting(ctx)
	}
}

// endRun marks an orderly stop.
func (p *program) endRun(ctx context.Context) {
	p.noteRun(context.WithoutCancel(ctx), func(m *runMark) { m.Running = false })
}

// noteRun changes the mark and notes it.
func (p *program) noteRun(ctx context.Context, change func(*runMark)) {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	change(&p.run.runMark)
	p.run.Leader, p.run.Alive = "", time.Time{}
	if p.cfg.Database.IsPostgres() && p.run.Running {
		p.run.Leader, p.run.Alive = replicaName(p.cfg), time.Now()
	}
	var value []byte
	if p.run.runMark != (runMark{}) {
		value, _ = json.Marshal(p.run.runMark) // a flag, a time and a number
	}
	if err := p.db.SetNote(ctx, runNote, value); err != nil {
		p.log.WarnContext(ctx, "note how this run goes failed", "error", err)
	}
}

// aliveInterval is how often the leader notes that it is alive.
const aliveInterval = 10 * time.Second

// noteAlive notes when this process, which leads, was last alive. Of a file the time of the last
// write tells.
func (p *program) noteAlive(ctx context.Context) error {
	if !p.cfg.Database.IsPostgres() {
		return nil
	}
	tick := time.NewTicker(aliveInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			p.noteRun(ctx, func(*runMark) {})
		}
	}
}

// role is what this process does, and the replica that leads; empty if the shop cannot have several.
func (p *program) role(ctx context.Context) (does status.Role, leader string) {
	switch {
	case !p.cfg.Database.IsPostgres():
		return "", ""
	case p.leads:
		return status.Leads, replicaName(p.cfg)
	}
	var mark runMark
	if value, err := p.db.Note(ctx, runNote); err == nil && value != nil {
		_ = json.Unmarshal(value, &mark) // the leader is then not known
	}
	return status.StandsBy, mark.Leader
}

// maxCounted bounds what is counted for a message.
const maxCounted = 1000

// countWaiting counts what an interruption left to do.
func (p *program) countWaiting(ctx context.Context) {
	if paid, err := p.db.Orders(ctx, shop.Filter{State: shop.StatePaid, Limit: maxCounted}); err == nil {
		p.run.waiting.Deliveries = len(paid)
	}
	if ids, _, err := p.db.PendingUpdates(ctx, 0, maxCounted); err == nil {
		p.run.waiting.Messages = len(ids)
	}
}

// catchUp is how long the shop takes to find what happened while it was away, before it tells.
const catchUp = 30 * time.Second

// tellInterruption tells the owners of interruptions, and of what was caught up since.
func (p *program) tellInterruption(ctx context.Context) error {
	for !p.run.Interrupted.IsZero() {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(catchUp):
		}
		told := p.run.waiting
		told.Last, told.Since, told.Times, told.Payments = p.run.Interrupted, p.run.started, p.run.Times, p.paymentsMeanwhile(ctx)
		if err := p.courier.TellInterruption(ctx, told); err != nil {
			p.log.WarnContext(ctx, "tell owners of the interruption failed", "error", err)
			continue
		}
		p.noteRun(ctx, func(m *runMark) { *m = runMark{Running: true} })
	}
	return nil
}

// paymentsMeanwhile counts the payments that were made before this run and came in during it.
func (p *program) paymentsMeanwhile(ctx context.Context) (count int) {
	entries, err := p.db.AuditTrail(ctx, p.run.Head, maxCounted)
	if err != nil {
		p.log.WarnContext(ctx, "count payments of the interruption failed", "error", err)
		return 0
	}
	for _, e := range entries {
		if e.Act != shop.AuditPaid && e.Act != shop.AuditPaidAgain {
			continue
		}
		o, err := p.db.Order(ctx, e.Order)
		if paid, found := o.PaymentOf(e.Reference); err == nil && found && paid.At.Before(p.run.started) {
			count++
		}
	}
	return count
}

// ForgetRun removes the mark of a run from the database of a configuration: a copy that was taken of
// a running shop was not interrupted.
func ForgetRun(ctx context.Context, cfg config.Config) (err error) {
	db, err := database.Open(ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.SetNote(ctx, runNote, nil)
}
