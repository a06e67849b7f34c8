package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// Notes keeps small values by name.
type Notes interface {
	// Note is a value by its name; nil where there is none.
	Note(ctx context.Context, name string) ([]byte, error)
	SetNote(ctx context.Context, name string, value []byte) error
}

// webhooksNote names the note that holds Webhooks.
const webhooksNote = "payment webhooks"

const (
	// webhookPatience is how long after a payment was found by asking its webhook may still come.
	webhookPatience = 2 * time.Minute
	// webhookNoted is how often at most the time of the last webhook is written down.
	webhookNoted = time.Minute
	// tellSilenceAgain is how long to wait before the owners are tried again.
	tellSilenceAgain = time.Minute
)

// Webhooks tells whether the payment service announces payments by itself.
type Webhooks struct {
	// Last is when the last webhook came, to the minute; zero where none ever did.
	Last time.Time `json:"last,omitzero"`
	// Silent is since when the owners know that they stay away; zero while they come.
	Silent time.Time `json:"silent,omitzero"`
}

// silence notices when webhooks stay away that used to come. A shop that never
// had one works by asking, as its owner chose, and hears nothing of it.
type silence struct {
	notes  Notes // nil: nothing outlives the process
	doubts chan time.Time

	mu    sync.Mutex
	known bool // read from the notes
	now   Webhooks
	noted Webhooks // as the notes have it
}

func newSilence(notes Notes) *silence {
	return &silence{notes: notes, doubts: make(chan time.Time, 1)}
}

// doubt hears of a payment that was found by asking. One that is being looked
// into stands for those that come meanwhile.
func (s *silence) doubt(paid time.Time) {
	if now := time.Now(); paid.After(now) { // by the payment service's clock
		paid = now
	}
	select {
	case s.doubts <- paid:
	default:
	}
}

// came notes that a webhook came, and with that the end of a silence.
func (s *silence) came(ctx context.Context) error {
	return s.update(ctx, func(w *Webhooks) { *w = Webhooks{Last: time.Now()} })
}

// told notes that the owners know, unless a webhook came while they were told.
func (s *silence) told(ctx context.Context, paid time.Time) error {
	return s.update(ctx, func(w *Webhooks) {
		if w.Last.Before(paid) {
			w.Silent = time.Now()
		}
	})
}

func (s *silence) update(ctx context.Context, change func(*Webhooks)) error {
	if _, err := s.state(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	change(&s.now)
	fresh, had := s.now, s.noted
	worth := fresh.Silent.IsZero() != had.Silent.IsZero() || fresh.Last.Sub(had.Last) >= webhookNoted
	if worth {
		s.noted = fresh
	}
	s.mu.Unlock()
	if !worth || s.notes == nil {
		return nil
	}
	err := setNote(ctx, s.notes, webhooksNote, fresh)
	if err != nil {
		s.mu.Lock()
		s.noted = had // so that the next change is written again
		s.mu.Unlock()
	}
	return err
}

func setNote(ctx context.Context, notes Notes, name string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return notes.SetNote(ctx, name, value)
}

// state is what is known of the webhooks; the notes are read once.
func (s *silence) state(ctx context.Context) (Webhooks, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known || s.notes == nil {
		return s.now, nil
	}
	value, err := s.notes.Note(ctx, webhooksNote)
	if err != nil {
		return Webhooks{}, fmt.Errorf("read when the last webhook came: %w", err)
	}
	if value != nil {
		if err := json.Unmarshal(value, &s.now); err != nil {
			return Webhooks{}, fmt.Errorf("read when the last webhook came: %w", err)
		}
	}
	s.known, s.noted = true, s.now
	return s.now, nil
}

// Webhooks tells when the last webhook came, and whether they have fallen silent.
func (s *Shop) Webhooks(ctx context.Context) (Webhooks, error) { return s.silence.state(ctx) }

// WebhookCame says that a webhook with a right signature came, for whatever invoice.
func (s *Shop) WebhookCame(ctx context.Context) {
	if err := s.silence.came(ctx); err != nil {
		s.log.WarnContext(ctx, "time of the webhook not noted", "error", err)
	}
}

// watchWebhooks tells the owners, once, when payments are found by asking
// although webhooks used to come. The next webhook makes it ready to tell again.
func (s *Shop) watchWebhooks(ctx context.Context) {
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case paid := <-s.silence.doubts:
			if paid.Before(began) {
				continue // its webhook may have come while nobody was here, and comes again later and later
			}
			wait := webhookPatience
			for sleep(ctx, wait) && !s.judgeSilence(ctx, paid) {
				wait = tellSilenceAgain
			}
		}
	}
}

// judgeSilence tells the owners if no webhook came since the payment. It reports whether
// there is no more to be done.
func (s *Shop) judgeSilence(ctx context.Context, paid time.Time) bool {
	w, err := s.silence.state(ctx)
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "silence of webhooks not judged", "error", err)
		return false
	case w.Last.IsZero() || !w.Last.Before(paid) || !w.Silent.IsZero():
		return true
	}
	s.log.WarnContext(ctx, "webhooks have fallen silent", "last", w.Last, "paid", paid)
	if err := s.courier.TellSilence(ctx, w.Last); err != nil && !final(err) {
		s.log.WarnContext(ctx, "owners not told of the silence", "error", err)
		return false
	}
	if err := s.silence.told(ctx, paid); err != nil {
		s.log.WarnContext(ctx, "silence of webhooks not noted", "error", err)
	}
	return true
}

// sleep waits, and reports whether ctx still holds.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
