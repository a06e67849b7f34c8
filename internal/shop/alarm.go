package shop

import (
	"context"
	"slices"
	"sync"
	"time"

	"shopbot/internal/catalog"
)

// AlarmID names a kind of trouble that lasts. The words are stored on disk.
type AlarmID string

// The kinds of alarms.
const (
	AlarmCryptoPay AlarmID = "cryptopay" // Crypto Pay does not serve the shop
	AlarmInvoices  AlarmID = "invoices"  // it refuses to make invoices
	AlarmPrices    AlarmID = "prices"    // it refuses the prices of some products
	AlarmAssets    AlarmID = "assets"    // it no longer has assets that the catalog names
	AlarmTelegram  AlarmID = "telegram"  // Telegram does not let the bot write
	AlarmStars     AlarmID = "stars"     // it refuses to make invoices with Stars
	AlarmCatalog   AlarmID = "catalog"   // the catalog file is not taken in
	AlarmTexts     AlarmID = "texts"     // the shop's own texts are not taken in
	AlarmBackup    AlarmID = "backup"    // no backup can be written
)

// AlarmIDs lists all kinds of alarms.
func AlarmIDs() []AlarmID {
	return []AlarmID{AlarmCryptoPay, AlarmInvoices, AlarmPrices, AlarmAssets, AlarmTelegram, AlarmStars, AlarmCatalog, AlarmTexts, AlarmBackup}
}

// Cause is why an alarm was raised. The words are stored on disk.
type Cause string

// The causes of alarms.
const (
	CauseUnauthorized Cause = "unauthorized"  // the token is not accepted
	CauseBlocked      Cause = "blocked"       // the service refuses everything
	CauseNoAnswer     Cause = "no_answer"     // no answer, or pages instead of answers
	CauseFrozen       Cause = "frozen"        // Telegram froze the bot's account
	CauseRefused      Cause = "refused"       // an invoice was refused; Detail is the service's word
	CauseBadLink      Cause = "bad_link"      // invoices come without a link that a button can hold
	CauseAssetGone    Cause = "asset_gone"    // some assets are left out of new invoices
	CauseAssetsGone   Cause = "assets_gone"   // no asset of the catalog is left
	CauseCurrencyGone Cause = "currency_gone" // the asset that prices are in; nothing stands in for it
	CauseFaulty       Cause = "faulty"        // the file has faults; Items are they
	CauseFailed       Cause = "failed"        // Detail is the fault
	CauseStale        Cause = "stale"         // it would undo changes that it does not know of
)

// Alarm is trouble that lasts. The owners hear of each cause once, and again when it is over.
type Alarm struct {
	ID     AlarmID `json:"id"`
	Cause  Cause   `json:"cause"`
	Detail string  `json:"detail,omitempty"` // the service's own words
	// Items are what the alarm is about: the assets that are gone, products by their SKU, faults of
	// the catalog file, or a name of its version.
	Items []string `json:"items,omitempty"`
	// Left and Offered are, of an alarm about assets, those of the catalog that still work and all
	// that the service has.
	Left    []string `json:"left,omitempty"`
	Offered []string `json:"offered,omitempty"`
	// Changes are what the catalog file would change, and Revision the one that is in force, of an
	// alarm about it.
	Changes  []catalog.Change `json:"changes,omitempty"`
	Revision int64            `json:"revision,omitempty"`
	Since    time.Time        `json:"since"`
	// Ended is when the trouble ended; zero while it lasts.
	Ended time.Time `json:"-"`

	told   bool      // the owners know
	logged bool      // the log does
	due    time.Time // when there is something to do about it
}

// Times of alarms.
const (
	// uncertainFor is how long every call has to fail before an alarm that is not certain is one.
	uncertainFor = 3 * time.Minute
	// wellFor is how long trouble must be over before the owners hear so, so that a service which
	// comes and goes is not told about over and over.
	wellFor = time.Minute
	// Trouble that is back within relapseWithin is told if it lasts for relapseFor. Otherwise an
	// order now and then that is refused, between others that are not, would be two messages each.
	relapseWithin = time.Hour
	relapseFor    = 5 * time.Minute
	// alarmRetry is the pause after an alarm could not be told, and ownerAwayRetry the one after
	// there was no owner who can be written to.
	alarmRetry     = time.Minute
	ownerAwayRetry = 5 * time.Minute
	// pricesToldAgain is how often owners hear of a product whose price is refused.
	pricesToldAgain = 24 * time.Hour
	// pricesGathered is how long products are gathered for one message after the first was told:
	// where one price is refused, others soon are.
	pricesGathered = time.Hour
)

// certain reports whether an alarm is known to be one at once. Silence takes a while to tell from a
// lost call, and so does a token that Telegram refuses: a method that a server does not know is
// refused in the same words.
func (a Alarm) certain() bool {
	return a.Cause != CauseNoAnswer && (a.ID != AlarmTelegram || a.Cause != CauseUnauthorized)
}

const alarmsNote = "alarms"

// alarmKeeper keeps the alarms that last. Those that the owners know of are also in the store, so
// that a restart repeats none and misses no end.
type alarmKeeper struct {
	store Store
	wake  chan struct{}

	mu    sync.Mutex
	open  map[AlarmID]Alarm
	ended map[AlarmID]time.Time // when the latest one was over
}

func newAlarmKeeper(store Store) *alarmKeeper {
	return &alarmKeeper{store: store, wake: make(chan struct{}, 1), open: make(map[AlarmID]Alarm), ended: make(map[AlarmID]time.Time)}
}

// raise notes trouble. It is quick: watchAlarms tells of it.
func (k *alarmKeeper) raise(a Alarm) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a.Since, a.due = time.Now(), time.Now()
	if !a.certain() {
		a.due = a.due.Add(uncertainFor)
	}
	old, lasts := k.open[a.ID]
	if lasts {
		a = old.merge(a)
	} else if time.Since(k.ended[a.ID]) < relapseWithin {
		a.due = a.due.Add(relapseFor)
	}
	k.open[a.ID] = a
	if !lasts || !a.due.Equal(old.due) {
		hint(k.wake)
	}
}

// merge returns the alarm a after it was raised again as now. It is to be told again only for
// another cause, or for items that the owners have not heard of.
func (a Alarm) merge(now Alarm) Alarm {
	if !a.Ended.IsZero() {
		a.Ended, a.due = time.Time{}, afterTelling(a)
	}
	fresh := slices.ContainsFunc(now.Items, func(item string) bool { return !slices.Contains(a.Items, item) })
	switch a.ID {
	case AlarmAssets: // what it says of the assets is always the latest
		if fresh || now.Cause != a.Cause && now.Cause != CauseAssetGone {
			return now
		}
		now.Since, now.told, now.logged, now.due = a.Since, a.told, a.logged, a.due
		return now
	case AlarmPrices:
		if fresh {
			now.Items = append(slices.Clone(a.Items), now.Items...)
			if now.due = a.due; a.told {
				now.due = a.Since.Add(pricesGathered)
			} else {
				now.Since, now.logged = a.Since, a.logged
			}
			return now
		}
	case AlarmCatalog, AlarmTexts:
		if fresh || now.Cause != a.Cause {
			return now
		}
	case AlarmCryptoPay, AlarmInvoices, AlarmTelegram, AlarmStars, AlarmBackup:
		if now.Cause != a.Cause && now.certain() {
			return now
		}
	}
	return a
}

// clear notes that trouble is over, if its cause is one of causes or none is given.
func (k *alarmKeeper) clear(id AlarmID, causes ...Cause) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, lasts := k.open[id]
	switch {
	case !lasts || !a.Ended.IsZero() || len(causes) > 0 && !slices.Contains(causes, a.Cause):
	case !a.told:
		delete(k.open, id)
		if time.Since(k.ended[id]) < relapseWithin {
			k.ended[id] = time.Now()
		}
	default:
		a.Ended = time.Now()
		a.due = a.Ended.Add(wellFor)
		k.open[id] = a
		hint(k.wake)
	}
}

// lasting returns an alarm that is known to be one and not over.
func (k *alarmKeeper) lasting(id AlarmID) (Alarm, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, lasts := k.open[id]
	return a, lasts && a.Ended.IsZero() && (a.told || a.certain() || !time.Now().Before(a.due))
}

// later has an alarm come up again at due.
func (k *alarmKeeper) later(a Alarm, due time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if is := k.open[a.ID]; is.sameAs(a) && is.Ended.Equal(a.Ended) {
		is.logged, is.due = true, due
		k.open[a.ID] = is
	}
}

// markTold notes that the owners know of an alarm. If it ended while they were told, they hear of
// the end as well.
func (k *alarmKeeper) markTold(a Alarm) {
	k.mu.Lock()
	defer k.mu.Unlock()
	is, lasts := k.open[a.ID]
	switch {
	case !lasts:
		is, is.Ended = a, time.Now()
		is.due = is.Ended.Add(wellFor)
	case is.sameAs(a):
		is.due = afterTelling(a)
	default: // it is another one by now, which is told as well
		return
	}
	is.told, is.logged = true, true
	k.open[a.ID] = is
}

// forget drops an alarm that is over. If the trouble is back by now, the next call that fails
// raises it again.
func (k *alarmKeeper) forget(a Alarm) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open[a.ID].sameAs(a) {
		delete(k.open, a.ID)
		if a.told {
			k.ended[a.ID] = time.Now()
		}
	}
}

// sameAs reports whether two alarms tell the owners the same.
func (a Alarm) sameAs(b Alarm) bool { return a.Cause == b.Cause && slices.Equal(a.Items, b.Items) }

// next returns an alarm that something is to be done about, or how long there is nothing.
func (k *alarmKeeper) next() (a Alarm, due bool, wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now, wait := time.Now(), time.Hour
	for _, id := range AlarmIDs() {
		a, lasts := k.open[id]
		if !lasts || a.due.IsZero() {
			continue
		}
		if !now.Before(a.due) {
			return a, true, 0
		}
		wait = min(wait, a.due.Sub(now))
	}
	return Alarm{}, false, wait
}

// load adds the alarms that the owners heard of in an earlier run. They last until the service
// works.
func (k *alarmKeeper) load(ctx context.Context) error {
	var told []Alarm
	if _, err := ReadNote(ctx, k.store, alarmsNote, &told); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range told {
		a.told, a.logged, a.due = true, true, afterTelling(a)
		if now, raised := k.open[a.ID]; raised {
			a = a.merge(now)
		}
		k.open[a.ID] = a
	}
	return nil
}

// save keeps the alarms that the owners know of.
func (k *alarmKeeper) save(ctx context.Context) error {
	k.mu.Lock()
	told := []Alarm{}
	for _, id := range AlarmIDs() {
		if a, lasts := k.open[id]; lasts && a.told {
			told = append(told, a)
		}
	}
	k.mu.Unlock()
	return KeepNote(ctx, k.store, alarmsNote, told)
}

// afterTelling is when an alarm that the owners know of comes up again without having ended; zero
// for never. Only a message that arrives proves that the bot may write, and a price that is refused
// is not asked about again.
func afterTelling(a Alarm) time.Time {
	switch a.ID {
	case AlarmTelegram:
		return time.Now().Add(alarmRetry)
	case AlarmPrices:
		return a.Since.Add(pricesToldAgain)
	case AlarmCryptoPay, AlarmInvoices, AlarmAssets, AlarmStars, AlarmCatalog, AlarmTexts, AlarmBackup:
	}
	return time.Time{}
}
