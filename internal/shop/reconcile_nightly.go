package shop

import (
	"context"
	"maps"
	"time"
)

const (
	// quietHour is when a night's reconciliations begin, by the machine's clock, quietSpan how long
	// they may begin: shops do not all ask at once.
	quietHour = 3
	quietSpan = 2 * time.Hour
	// nightlyWindow is how far back they go: longer than an invoice can be payable, and its webhook
	// be repeated.
	nightlyWindow = 35 * 24 * time.Hour
	// reconcileAgain is the wait after a reconciliation that could not be finished.
	reconcileAgain = time.Hour
)

// toldNote names the note that lists the differences of the last night.
const toldNote = "told differences"

// reconcileLoop compares the books every night.
func (s *Shop) reconcileLoop(ctx context.Context) {
	for wait := s.untilNight(time.Now()); sleep(ctx, wait); {
		wait = s.untilNight(time.Now())
		if err := s.reconcileAndTell(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "reconcile failed", "error", err)
			wait = reconcileAgain
		}
	}
}

// untilNight is how long it is to a random moment of the next night.
func (s *Shop) untilNight(now time.Time) time.Duration {
	night := time.Date(now.Year(), now.Month(), now.Day(), quietHour, 0, 0, 0, now.Location())
	if !night.After(now) {
		night = time.Date(now.Year(), now.Month(), now.Day()+1, quietHour, 0, 0, 0, now.Location())
	}
	return night.Sub(now) + s.random(quietSpan)
}

// reconcileAndTell tells the owners what differs, if there is anything that was not so the night
// before.
func (s *Shop) reconcileAndTell(ctx context.Context) error {
	report, err := s.Reconcile(ctx, time.Now().Add(-nightlyWindow))
	if err != nil {
		return err
	}
	var before map[string]bool
	if _, err := ReadNote(ctx, s.store, toldNote, &before); err != nil {
		return err
	}
	now := map[string]bool{}
	var fresh []Difference
	for _, d := range report.Differences {
		now[d.String()] = true
		if !before[d.String()] {
			fresh = append(fresh, d)
		}
	}
	if len(fresh) > 0 {
		if err := s.courier.TellDifferences(ctx, fresh); err != nil && !IsFinal(err) {
			return err
		}
	}
	if maps.Equal(before, now) {
		return nil
	}
	return KeepNote(ctx, s.store, toldNote, now)
}
