package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"shopbot/internal/storage"
)

// How long a process leads without a word. The server's clock decides when a lease is over; the
// leader itself stops earlier by its own monotonic clock.
const (
	leaseTime    = 5 * time.Second
	leaseRenewal = leaseTime / 4
	leaseMargin  = time.Second
	leaseLook    = 500 * time.Millisecond // how often others look whether it is free
)

// leaseKeeper keeps what this process has of the lease.
type leaseKeeper struct {
	mu     sync.Mutex
	lost   context.CancelCauseFunc // ends the context that Lead returned; nil while not leading
	stop   context.CancelFunc      // ends the renewals
	halted chan struct{}           // closed once there are no more
}

// StandBy implements storage.Engine.
func (e *Engine) StandBy() {
	e.resign()
	e.term.Store(standby)
}

// Lead implements storage.Engine. It returns storage.ErrOtherVersion once a newer version has changed
// the tables.
func (e *Engine) Lead(ctx context.Context) (context.Context, error) {
	e.StandBy()
	failed := false
	for ; ; pause(ctx, leaseLook) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		begun := time.Now()
		term, err := e.take(ctx)
		switch {
		case errors.Is(err, storage.ErrOtherVersion):
			return nil, e.withHint(err)
		case err != nil && ctx.Err() == nil && !failed:
			e.log.WarnContext(ctx, "look for the lease failed", "error", e.withHint(err))
			failed = true
		case err == nil && term != 0:
			return e.lead(ctx, term, begun), nil
		case err == nil:
			failed = false
		}
	}
}

// take takes the lease if it is free, and returns the new term; 0 if it is not. It locks the row that
// every writer locks, so what the leader before was writing is on disk, or void, before the new one
// reads anything.
func (e *Engine) take(ctx context.Context) (term int64, err error) {
	var free bool
	var found int
	err = e.leases.QueryRow(ctx, `SELECT until <= clock_timestamp(), layout FROM lease, shop`).Scan(&free, &found)
	if err == nil && found != layout {
		return 0, otherLayout(found)
	}
	if err != nil || !free {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, e.leases, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT 1 FROM shop FOR UPDATE`); err != nil {
			return err
		}
		took, err := tx.Exec(ctx, `
			UPDATE lease SET holder = $1, until = clock_timestamp() + $2::bigint * interval '1 millisecond'
			WHERE until <= clock_timestamp()`, e.holder, leaseTime.Milliseconds())
		if err != nil || took.RowsAffected() == 0 {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE work SET claimed = NULL WHERE claimed IS NOT NULL AND due IS NOT NULL`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM work WHERE due IS NULL`); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `UPDATE shop SET term = term + 1 RETURNING term`).Scan(&term)
	})
	if err != nil {
		return 0, err
	}
	return term, nil
}

// lead begins a term, and renews its lease until the process resigns or is deposed.
func (e *Engine) lead(ctx context.Context, term int64, begun time.Time) context.Context {
	leading, lost := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	halted := make(chan struct{})
	e.lease.mu.Lock()
	e.lease.lost, e.lease.stop, e.lease.halted = lost, stop, halted
	e.lease.mu.Unlock()
	e.own.forget()
	e.term.Store(term)
	e.log.InfoContext(ctx, "this replica leads", "term", term)
	go func() {
		defer close(halted)
		defer stop()
		e.renew(renewing, begun.Add(leaseTime-leaseMargin))
	}()
	return leading
}

// renew renews the lease again and again. end is when the process must no longer lead.
func (e *Engine) renew(ctx context.Context, end time.Time) {
	for wait := leaseRenewal; ; {
		pause(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		begun := time.Now()
		limited, cancel := context.WithDeadline(ctx, end)
		kept, err := e.extend(limited)
		cancel()
		switch {
		case err == nil && kept:
			end, wait = begun.Add(leaseTime-leaseMargin), leaseRenewal
			continue
		case err == nil, !time.Now().Before(end):
			if ctx.Err() == nil {
				e.log.WarnContext(ctx, "this replica no longer leads", "error", err)
				e.depose()
			}
			return
		}
		wait = leaseRenewal / 5 // until end
	}
}

func (e *Engine) extend(ctx context.Context) (kept bool, err error) {
	done, err := e.leases.Exec(ctx, `
		UPDATE lease SET until = clock_timestamp() + $2::bigint * interval '1 millisecond'
		WHERE holder = $1 AND until > clock_timestamp() AND $3 = (SELECT layout FROM shop)`, e.holder, leaseTime.Milliseconds(), layout)
	return err == nil && done.RowsAffected() == 1, err
}

// depose ends the work of a leader whose lease is over.
func (e *Engine) depose() {
	e.lease.mu.Lock()
	defer e.lease.mu.Unlock()
	if e.lease.lost != nil {
		e.term.Store(deposed)
		e.lease.lost(storage.ErrDeposed)
		e.lease.lost = nil
		e.lease.stop()
	}
}

// resign gives up the lease if this process has it.
func (e *Engine) resign() {
	e.lease.mu.Lock()
	lost, stop, halted := e.lease.lost, e.lease.stop, e.lease.halted
	e.lease.lost, e.lease.stop, e.lease.halted = nil, nil, nil
	e.lease.mu.Unlock()
	if stop == nil {
		return
	}
	stop()
	<-halted
	if lost == nil {
		return // deposed: it is another's
	}
	e.term.Store(deposed)
	lost(storage.ErrDeposed)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if _, err := e.leases.Exec(ctx, `UPDATE lease SET until = clock_timestamp() WHERE holder = $1 AND until > clock_timestamp()`, e.holder); err != nil {
		e.log.Warn("give up the lease failed, it ends by itself", "seconds", leaseTime.Seconds(), "error", e.withHint(err))
	}
}
