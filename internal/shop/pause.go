package shop

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// ErrPaused says that an owner has paused the sales: no new orders are taken, those
// that are there go on.
var ErrPaused = errors.New("sales are paused")

const pauseNote = "paused"

// pause remembers whether sales are paused.
type pause struct {
	store  Store
	shared bool // another process may pause
	mu     sync.Mutex
	known  bool
	on     bool
}

func (p *pause) state(ctx context.Context) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known && !p.shared {
		return p.on, nil
	}
	value, err := p.store.Note(ctx, pauseNote)
	if err != nil {
		return false, fmt.Errorf("read whether sales are paused: %w", err)
	}
	p.on, p.known = len(value) > 0, true
	return p.on, nil
}

func (p *pause) set(ctx context.Context, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	value := []byte(nil)
	if on {
		value = []byte("yes")
	}
	if err := p.store.SetNote(ctx, pauseNote, value); err != nil {
		return err
	}
	p.on, p.known = on, true
	return nil
}

// Paused tells whether sales are paused, also by an earlier run.
func (s *Shop) Paused(ctx context.Context) (bool, error) { return s.paused.state(ctx) }

// Pause lets no new orders be made until Resume. by is the owner's Telegram id. Pausing again does
// nothing.
func (s *Shop) Pause(ctx context.Context, by int64) error {
	return s.setPaused(ctx, true, AuditEntry{Act: AuditPaused, By: by})
}

// Resume ends a pause. by is the owner's Telegram id. Resuming again does nothing.
func (s *Shop) Resume(ctx context.Context, by int64) error {
	return s.setPaused(ctx, false, AuditEntry{Act: AuditResumed, By: by})
}

func (s *Shop) setPaused(ctx context.Context, on bool, e AuditEntry) error {
	is, err := s.paused.state(ctx)
	if err != nil || is == on {
		return err
	}
	if err := s.store.Record(ctx, e); err != nil { // first, so every change is in the trail
		return err
	}
	if err := s.paused.set(ctx, on); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "sales paused or resumed", "paused", on, "admin", e.By)
	return nil
}
