package shop

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"time"
)

const (
	// quietHour is when a night's comparisons begin, by the machine's clock, quietSpan how long
	// they may begin: shops of one app, or of one town, do not all ask at once.
	quietHour = 3
	quietSpan = 2 * time.Hour
	// nightlyWindow is how far back they go: longer than an invoice can be payable, and its webhook be repeated.
	nightlyWindow = 35 * 24 * time.Hour
	// reconcileAgain is the wait after a comparison that could not be finished.
	reconcileAgain = time.Hour
)

// toldNote names the note that lists the differences of the last night.
const toldNote = "told differences"

// reconcileForever compares the books every night.
func (s *Shop) reconcileForever(ctx context.Context) {
	if s.cfg.Ledger == nil {
		return
	}
	for wait := s.untilNight(time.Now()); sleep(ctx, wait); {
		wait = s.untilNight(time.Now())
		if err := s.reconcileAndTell(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "books not compared", "error", err)
			wait = reconcileAgain
		}
	}
}

// untilNight is how long it is to a moment of the next night that chance decides.
func (s *Shop) untilNight(now time.Time) time.Duration {
	night := time.Date(now.Year(), now.Month(), now.Day(), quietHour, 0, 0, 0, now.Location())
	if !night.After(now) {
		night = time.Date(now.Year(), now.Month(), now.Day()+1, quietHour, 0, 0, 0, now.Location())
	}
	return night.Sub(now) + s.chance(quietSpan)
}

// chance is a random span below most; half of it where there is no chance to be had.
func (s *Shop) chance(most time.Duration) time.Duration {
	source := s.cfg.Rand
	if source == nil {
		source = rand.Reader
	}
	var b [8]byte
	if _, err := io.ReadFull(source, b[:]); err != nil {
		return most / 2
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(most)) //nolint:gosec // below most
}

// reconcileAndTell tells the owners what differs, if there is anything that was not so the night before.
func (s *Shop) reconcileAndTell(ctx context.Context) error {
	report, err := s.Reconcile(ctx, time.Now().Add(-nightlyWindow))
	if err != nil {
		return err
	}
	before, err := s.toldDifferences(ctx)
	if err != nil {
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
		if err := s.courier.TellDifferences(ctx, fresh); err != nil && !final(err) {
			return err
		}
	}
	if s.cfg.Notes == nil || maps.Equal(before, now) {
		return nil
	}
	return setNote(ctx, s.cfg.Notes, toldNote, now)
}

func (s *Shop) toldDifferences(ctx context.Context) (told map[string]bool, err error) {
	if s.cfg.Notes == nil {
		return nil, nil
	}
	value, err := s.cfg.Notes.Note(ctx, toldNote)
	if err != nil || value == nil {
		return nil, err
	}
	err = json.Unmarshal(value, &told)
	return told, err
}
