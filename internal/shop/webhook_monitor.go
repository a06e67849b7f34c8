package shop

import (
	"context"
	"sync"
	"time"
)

// webhooksNote names the note that holds Webhooks.
const webhooksNote = "payment webhooks"

const (
	// webhookDelay is how long after a payment was found by asking its webhook may still come.
	webhookDelay = 2 * time.Minute
	// webhookNoted is how often at most the time of the last webhook is written down: it is a
	// commit beside a payment.
	webhookNoted = time.Hour
	// standbyNoted is the same where another process has to know before it misses the webhook.
	standbyNoted = time.Second
	// tellMissedAgain is how long to wait before telling the owners is tried again.
	tellMissedAgain = time.Minute
)

// Webhooks tells whether the payment service announces payments.
type Webhooks struct {
	// Last is when the last webhook came; zero if none ever did. After a restart it may be up to an
	// hour old.
	Last time.Time `json:"last,omitzero"`
	// Silent is since when the owners know that they stay away; zero while they come.
	Silent time.Time `json:"silent,omitzero"`
	// Astray is when they were first seen to be sent to a wrong path; zero while they come.
	Astray time.Time `json:"astray,omitzero"`
}

// webhookMonitor notices when webhooks stay away that used to come. A shop that never
// had one works by asking, as its owner chose, and is not warned.
type webhookMonitor struct {
	store  Store
	notes  time.Duration  // how often at most the time of the last webhook is written down
	misses chan time.Time // when a payment was made whose webhook did not come

	mu    sync.Mutex
	known bool // read from the store
	now   Webhooks
	noted Webhooks // as the store has it
}

func newWebhookMonitor(store Store, standby bool) *webhookMonitor {
	m := &webhookMonitor{store: store, notes: webhookNoted, misses: make(chan time.Time, 1)}
	if standby {
		m.notes = standbyNoted
	}
	return m
}

// missed notes a payment that was found by asking. One that is being looked
// into stands for those that come meanwhile.
func (m *webhookMonitor) missed(paid time.Time) {
	if now := time.Now(); paid.After(now) { // by the payment service's clock
		paid = now
	}
	select {
	case m.misses <- paid:
	default:
	}
}

// came notes that a webhook came. Webhooks are not missed any more.
func (m *webhookMonitor) came(ctx context.Context) error {
	return m.update(ctx, func(w *Webhooks) { *w = Webhooks{Last: time.Now()} })
}

// told notes that the owners know, unless a webhook came while they were told.
func (m *webhookMonitor) told(ctx context.Context, paid time.Time) error {
	return m.update(ctx, func(w *Webhooks) {
		if w.Last.Before(paid) || ClockWasAhead(w.Last, time.Now()) {
			w.Silent = time.Now()
		}
	})
}

func (m *webhookMonitor) update(ctx context.Context, change func(*Webhooks)) error {
	if err := m.load(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	change(&m.now)
	fresh, had := m.now, m.noted
	worth := fresh.Silent.IsZero() != had.Silent.IsZero() || fresh.Astray.IsZero() != had.Astray.IsZero() || fresh.Last.Sub(had.Last) >= m.notes ||
		ClockWasAhead(had.Last, fresh.Last)
	if worth {
		m.noted = fresh
	}
	m.mu.Unlock()
	if !worth {
		return nil
	}
	err := KeepNote(ctx, m.store, webhooksNote, fresh)
	if err != nil {
		m.mu.Lock()
		m.noted = had // so that the next change is written again
		m.mu.Unlock()
	}
	return err
}

// load reads what is known of the webhooks, once.
func (m *webhookMonitor) load(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known {
		return nil
	}
	if _, err := ReadNote(ctx, m.store, webhooksNote, &m.now); err != nil {
		return err
	}
	m.known, m.noted = true, m.now
	return nil
}

// latest is what is known, with what another process has noted since.
func (m *webhookMonitor) latest(ctx context.Context) (Webhooks, error) {
	if err := m.load(ctx); err != nil {
		return Webhooks{}, err
	}
	var stored Webhooks
	if _, err := ReadNote(ctx, m.store, webhooksNote, &stored); err != nil {
		return Webhooks{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if stored.Last.After(m.now.Last) {
		m.now, m.noted = stored, stored
	}
	return m.now, nil
}

// Webhooks tells when the last webhook came, and whether they stay away.
func (s *Shop) Webhooks(ctx context.Context) (Webhooks, error) { return s.webhooks.latest(ctx) }

// WebhookCame says that a webhook with a right signature came, for whatever invoice.
func (s *Shop) WebhookCame(ctx context.Context) {
	if err := s.webhooks.came(ctx); err != nil {
		s.log.WarnContext(ctx, "note time of webhook failed", "error", err)
	}
}

// WebhookAstray says that a webhook with a right signature came to another path than the shop's.
func (s *Shop) WebhookAstray(ctx context.Context) {
	err := s.webhooks.update(context.WithoutCancel(ctx), func(w *Webhooks) {
		if w.Astray.IsZero() {
			w.Astray = time.Now()
		}
	})
	if err != nil {
		s.log.WarnContext(ctx, "note webhook at another path failed", "error", err)
	}
}

// watchWebhooks tells the owners, once, when payments are found by asking
// although webhooks used to come. After the next webhook it may tell them again.
func (s *Shop) watchWebhooks(ctx context.Context) {
	began := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case paid := <-s.webhooks.misses:
			if paid.Before(began) && !ClockWasAhead(began.Round(0), time.Now()) {
				continue // its webhook may have come while the program did not run
			}
			wait := webhookDelay
			for sleep(ctx, wait) && !s.checkMissed(ctx, paid) {
				wait = tellMissedAgain
			}
		}
	}
}

// checkMissed tells the owners if no webhook came since the payment. It reports whether
// there is no more to be done.
func (s *Shop) checkMissed(ctx context.Context, paid time.Time) bool {
	w, err := s.webhooks.latest(ctx)
	switch {
	case err != nil:
		s.log.WarnContext(ctx, "check webhook silence failed", "error", err)
		return false
	case w.Last.IsZero() || !w.Last.Before(paid) && !ClockWasAhead(w.Last, time.Now()) || !w.Silent.IsZero():
		return true
	}
	s.log.WarnContext(ctx, "webhooks stay away", "last", w.Last, "paid", paid)
	if err := s.courier.TellMissedWebhooks(ctx, w.Last); err != nil && !IsFinal(err) {
		s.log.WarnContext(ctx, "tell owners of missed webhooks failed", "error", err)
		return false
	}
	if err := s.webhooks.told(ctx, paid); err != nil {
		s.log.WarnContext(ctx, "note missed webhooks failed", "error", err)
	}
	return true
}

// sleep waits, and reports whether ctx still holds.
func sleep(ctx context.Context, wait time.Duration) bool {
	await(ctx, wait, nil)
	return ctx.Err() == nil
}
