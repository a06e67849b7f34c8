package shop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
)

// Alarms lists the trouble that lasts now.
func (s *Shop) Alarms() []Alarm {
	var lasting []Alarm
	for _, id := range AlarmIDs() {
		if a, lasts := s.alarms.lasting(id); lasts {
			lasting = append(lasting, a)
		}
	}
	return lasting
}

// ToldAlarms lists the trouble that the owners were told of and that is not over, as the process that
// leads has noted it. A process that stands by has no other way to know.
func (s *Shop) ToldAlarms(ctx context.Context) (told []Alarm, err error) {
	err = readNote(ctx, s.store, alarmsNote, &told)
	return told, err
}

// ServiceFails notes that a call of Crypto Pay or Telegram failed for a cause that concerns every
// call. detail is what the service said. It is quick.
func (s *Shop) ServiceFails(id AlarmID, cause Cause, detail string) {
	s.alarms.raise(Alarm{ID: id, Cause: cause, Detail: detail})
}

// Bounds of what an alarm keeps of a catalog file: faults, changes, and characters of a value.
const (
	maxAlarmFaults  = 12
	maxAlarmChanges = 100
	maxAlarmValue   = 100
)

// CatalogFileRefused notes why the catalog file was not taken in, as catalog.Source reports it. It
// is quick.
func (s *Shop) CatalogFileRefused(err error) {
	a := Alarm{ID: AlarmCatalog, Cause: CauseFaulty, Detail: err.Error(), Revision: s.Catalog().Revision}
	if stale, ok := errors.AsType[*catalog.StaleFileError](err); ok {
		a.Cause, a.Items = CauseStale, []string{stale.Version}
		a.Changes = slices.Clone(stale.Changes[:min(len(stale.Changes), maxAlarmChanges)])
		for i := range a.Changes {
			a.Changes[i].Before, a.Changes[i].After = begin(a.Changes[i].Before), begin(a.Changes[i].After)
		}
		a.Detail, _, _ = strings.Cut(a.Detail, "\n")
	} else {
		a.Items, a.Detail = firstFaults(err), ""
	}
	s.alarms.raise(a)
}

// firstFaults lists the first lines of an error that joins faults.
func firstFaults(err error) []string {
	lines := strings.SplitN(err.Error(), "\n", maxAlarmFaults+1)
	return lines[:min(len(lines), maxAlarmFaults)]
}

// TextsRefused notes why the shop's own texts were not taken in. It is quick.
func (s *Shop) TextsRefused(err error) {
	s.alarms.raise(Alarm{ID: AlarmTexts, Cause: CauseFaulty, Items: firstFaults(err)})
}

// begin is the beginning of a value.
func begin(s string) string {
	if r := []rune(s); len(r) > maxAlarmValue {
		return string(r[:maxAlarmValue])
	}
	return s
}

// CatalogFileTaken notes that the catalog file is in order, which ends the alarm about it.
func (s *Shop) CatalogFileTaken() { s.alarms.clear(AlarmCatalog) }

// ServiceWorks notes that a call was answered, which ends an alarm of one of causes, or of any if
// none is given. It is quick.
func (s *Shop) ServiceWorks(id AlarmID, causes ...Cause) { s.alarms.clear(id, causes...) }

// watchAlarms tells the owners of each alarm, and of its end.
func (s *Shop) watchAlarms(ctx context.Context) {
	for {
		err := s.alarms.load(ctx)
		if err == nil {
			break
		}
		s.log.WarnContext(ctx, "read alarms failed", "error", err)
		if !sleep(ctx, storeRetry) {
			return
		}
	}
	for ctx.Err() == nil {
		a, due, wait := s.alarms.next()
		if due {
			s.handleAlarm(ctx, a)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.alarms.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// handleAlarm does what is due about an alarm.
func (s *Shop) handleAlarm(ctx context.Context, a Alarm) {
	switch {
	case !a.Ended.IsZero():
		s.endAlarm(ctx, a)
	case !a.told:
		s.beginAlarm(ctx, a)
	case a.ID == AlarmTelegram:
		over := a
		over.Ended = time.Now()
		if s.courier.TellAlarm(ctx, over) == nil { // it arrived, so the bot may write
			s.forgetAlarm(ctx, a)
			return
		}
		s.alarms.later(a, afterTelling(a))
	default:
		s.forgetAlarm(ctx, a)
	}
}

func (s *Shop) beginAlarm(ctx context.Context, a Alarm) {
	if a.ID == AlarmInvoices || a.Cause == CauseNoAnswer {
		// A call that any working service answers decides whether the trouble is real, and the
		// whole service's.
		s.compareAssets(ctx)
		if s.disproved(a) {
			s.alarms.forget(a)
			return
		}
	}
	if !a.logged {
		s.log.ErrorContext(ctx, "alarm", "alarm", a.ID, "cause", a.Cause, "detail", a.Detail, "items", a.Items, "since", a.Since)
	}
	var err error
	if a.ID != AlarmTelegram { // which cannot carry the message
		err = s.courier.TellAlarm(ctx, a)
	}
	if err != nil && !errors.Is(err, ErrNoOwners) {
		wait := ownerAwayRetry
		if !final(err) {
			wait = alarmRetry
			s.log.WarnContext(ctx, "tell owners of alarm failed", "alarm", a.ID, "error", err)
		}
		s.alarms.later(a, time.Now().Add(wait))
		return
	}
	s.alarms.markTold(a)
	s.saveAlarms(ctx)
}

// disproved reports whether the trouble of an alarm that is about to be told is over, or a part of
// a bigger one.
func (s *Shop) disproved(a Alarm) bool {
	if _, lasts := s.alarms.lasting(a.ID); !lasts {
		return true
	}
	all, lasts := s.alarms.lasting(AlarmCryptoPay)
	return a.ID == AlarmInvoices && lasts && all.certain()
}

func (s *Shop) endAlarm(ctx context.Context, a Alarm) {
	err := s.courier.TellAlarm(ctx, a)
	if err != nil && !final(err) && !errors.Is(err, ErrNoOwners) {
		s.log.WarnContext(ctx, "tell owners of alarm's end failed", "alarm", a.ID, "error", err)
		s.alarms.later(a, time.Now().Add(alarmRetry))
		return
	}
	s.forgetAlarm(ctx, a)
}

func (s *Shop) forgetAlarm(ctx context.Context, a Alarm) {
	s.alarms.forget(a)
	s.log.InfoContext(ctx, "alarm over", "alarm", a.ID, "cause", a.Cause, "since", a.Since)
	s.saveAlarms(ctx)
}

func (s *Shop) saveAlarms(ctx context.Context) {
	if err := s.alarms.save(context.WithoutCancel(ctx)); err != nil {
		s.log.WarnContext(ctx, "note alarms failed", "error", err)
	}
}
