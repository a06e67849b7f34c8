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
	notes Notes // nil: while the process lives
	mu    sync.Mutex
	known bool
	on    bool
}

func (p *pause) state(ctx context.Context) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known || p.notes == nil {
		return p.on, nil
	}
	value, err := p.notes.Note(ctx, pauseNote)
	if err != nil {
		return false, fmt.Errorf("read whether sales are paused: %w", err)
	}
	p.on, p.known = len(value) > 0, true
	return p.on, nil
}

func (p *pause) set(ctx context.Context, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.notes != nil {
		value := []byte{}
		if on {
			value = []byte("yes")
		}
		if err := p.notes.SetNote(ctx, pauseNote, value); err != nil {
			return err
		}
	}
	p.on, p.known = on, true
	return nil
}

// Paused tells whether sales are paused, also by an earlier run.
func (s *Shop) Paused(ctx context.Context) (bool, error) { return s.paused.state(ctx) }

// Pause lets no new orders be made until Resume. by is the owner's Telegram id. Again is no error.
func (s *Shop) Pause(ctx context.Context, by int64) error {
	return s.setPaused(ctx, true, AuditEntry{Act: AuditPaused, By: by})
}

// Resume ends a pause. by is the owner's Telegram id. Again is no error.
func (s *Shop) Resume(ctx context.Context, by int64) error {
	return s.setPaused(ctx, false, AuditEntry{Act: AuditResumed, By: by})
}

func (s *Shop) setPaused(ctx context.Context, on bool, e AuditEntry) error {
	is, err := s.paused.state(ctx)
	if err != nil || is == on {
		return err
	}
	if err := s.store.Record(ctx, e); err != nil { // first, so that nothing is done that is not told of
		return err
	}
	if err := s.paused.set(ctx, on); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "sales paused or resumed", "paused", on, "admin", e.By)
	return nil
}

// placed is Checkout's answer while sales are paused: an order that is there already, or ErrPaused.
func (s *Shop) placed(ctx context.Context, draft Order) (Order, error) {
	o, err := s.store.Order(ctx, draft.ID)
	if errors.Is(err, ErrNotFound) {
		return Order{}, ErrPaused
	}
	if err == nil && o.Buyer.ID != draft.Buyer.ID {
		return Order{}, fmt.Errorf("order %s: the number belongs to somebody else", o.ID)
	}
	return o, err
}
