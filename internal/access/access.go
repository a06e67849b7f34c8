// Package access ends what is sold for a time: membership in a chat, an account on the owner's
// server. It reminds, grants a grace, and takes back.
//
// It knows neither chats nor databases; a Sender, a Store and a hook for each way of delivery are
// given to it. The one idea to keep in mind: there is one record for each buyer and product. The
// Store changes it in the transaction that delivers or refunds an order, and what is to be done next,
// and when, follows from the record alone (Access.Next). So renewing is nothing but buying the same
// product again, and after a crash at most one message is repeated. docs/subscriptions.md draws the
// states.
package access

import (
	"context"
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// When people are reminded, before the end.
const (
	Soon = 3 * 24 * time.Hour
	Last = 24 * time.Hour
)

const (
	// longestGrace bounds the grace.
	longestGrace = 24 * time.Hour
	// renewalDelay is how late the payment of a subscription that renews itself may come before it
	// counts as failed.
	renewalDelay = time.Hour
	// maxGrants bounds the grants that a record keeps although they are over.
	maxGrants = 20
)

// GraceOf is how long access lasts beyond its end, for a buyer who renews late: a seventh of the term,
// and a day at most.
func GraceOf(term time.Duration) time.Duration { return min(term/7, longestGrace) }

// Stage is how far access has come. The words are stored on disk.
type Stage string

// The stages of access.
const (
	Active Stage = "active"
	Warned Stage = "warned" // told that few days are left
	Urged  Stage = "urged"  // told that less than a day is left
	Grace  Stage = "grace"  // over, told so, and not taken back yet
	Ended  Stage = "ended"
)

// Access is the record of one buyer and one product. The zero Access is no access.
type Access struct {
	User  int64        `json:"user"` // Telegram id
	SKU   string       `json:"sku"`
	Title catalog.Text `json:"title"` // as of the last order
	// Grants are the orders that gave the access, oldest first. Those that are over may be left out.
	Grants []Grant `json:"grants,omitempty"`
	// Until is when the last grant ends; zero if one has no end.
	Until time.Time `json:"until,omitzero"`
	// Term is how long the last grant lasts; 0 without end.
	Term  time.Duration `json:"term,omitempty"`
	Stage Stage         `json:"stage"`
	// GraceEnds is when access is taken back. It is set when the buyer is told that the grace began,
	// so that the grace is whole after an outage.
	GraceEnds time.Time `json:"grace_ends,omitzero"`
	// Renews says that the last order's way of paying renews itself, so nobody is reminded.
	Renews bool `json:"renews,omitempty"`
	// Over are the orders whose goods are still to be taken back, oldest first.
	Over []Over `json:"over,omitempty"`
	// Untold says that the buyer is still to be told of the end.
	Untold bool `json:"untold,omitempty"`
	// Out says that Over cannot be reached (ErrOut), and that the owners were told.
	Out bool `json:"out,omitempty"`
	// Retry is when to try again the step that is under way or failed; Tries is how often it failed.
	Retry time.Time `json:"retry,omitzero"`
	Tries int       `json:"tries,omitempty"`
	// Forgotten says that the buyer's data was deleted: the record goes once all is over.
	Forgotten bool `json:"forgotten,omitempty"`
}

// Grant is the time that a line of an order gave.
type Grant struct {
	Order shop.OrderID `json:"order"`
	Line  int          `json:"line"` // its index
	From  time.Time    `json:"from"`
	To    time.Time    `json:"to,omitzero"` // zero: no end
}

func (g Grant) live(now time.Time) bool { return g.To.IsZero() || g.To.After(now) }

// Over is a line of an order whose goods are to be taken back.
type Over struct {
	Order shop.OrderID `json:"order"`
	Line  int          `json:"line"`
	// Refunded says that it was paid back; else its time is over.
	Refunded bool `json:"refunded,omitempty"`
}

// Live reports whether the buyer has access, also in the grace.
func (a *Access) Live() bool { return a.Stage != "" && a.Stage != Ended }

// Endless reports whether the buyer has access without an end.
func (a *Access) Endless() bool { return a.Live() && a.Until.IsZero() }

// Empty reports whether there is nothing to keep.
func (a *Access) Empty() bool { return !a.Live() && len(a.Over) == 0 && (a.Stage == "" || a.Forgotten) }

// From is when access that is bought at now begins: at the end of what there is, also in the grace,
// so that a late renewal gives no free days.
func (a *Access) From(now time.Time) time.Time {
	if a.Live() && !a.Until.IsZero() && now.Before(a.Until.Add(GraceOf(a.Term))) {
		return a.Until
	}
	return now
}

// End is when access ends if term more is bought at now; zero if it does not end.
func (a *Access) End(term time.Duration, now time.Time) time.Time {
	if term == 0 || a.Endless() {
		return time.Time{}
	}
	return a.From(now).Add(term)
}

// Grant gives what a line of an order is for, from now on or from the end of what there is. term is 0
// for access without end. A line that gave its access before changes nothing.
func (a *Access) Grant(order shop.OrderID, line int, term time.Duration, renews bool, now time.Time) {
	if slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.Order == order && g.Line == line }) {
		return
	}
	g := Grant{Order: order, Line: line, From: now}
	if term > 0 {
		g.From = a.From(now)
		g.To = g.From.Add(term)
	}
	kept := slices.Clone(a.Grants)
	if drop := len(kept) - maxGrants; drop > 0 {
		kept = slices.DeleteFunc(kept, func(old Grant) bool {
			drop--
			return drop >= 0 && !old.live(now)
		})
	}
	kept = append(kept, g)
	a.Grants, a.Term, a.Renews = kept, term, renews
	a.settle(now)
}

// TakeBack takes back what a line of an order gave, since it was paid back: the part of its time that
// is left. Time that other orders gave stays. The line's goods are over.
func (a *Access) TakeBack(order shop.OrderID, line int, now time.Time) {
	had := a.Live()
	a.cut(order, line, -1, now)
	a.Grants = slices.DeleteFunc(a.Grants, func(g Grant) bool { return g.Order == order && g.Line == line })
	a.Over = append(slices.Clip(a.Over), Over{Order: order, Line: line, Refunded: true})
	a.Retry, a.Tries = time.Time{}, 0
	if had {
		a.settle(now)
	}
}

// Shorten takes back up to a length of what a line of an order gave, since pieces of it were paid back.
func (a *Access) Shorten(order shop.OrderID, line int, length time.Duration, now time.Time) {
	if a.Live() && length > 0 {
		a.cut(order, line, length, now)
		a.settle(now)
	}
}

// cut shortens the grant of a line by up to length, and by all of it if length is negative, as far as
// it is still to come. Later grants move up.
func (a *Access) cut(order shop.OrderID, line int, length time.Duration, now time.Time) {
	a.Grants = slices.Clone(a.Grants)
	var cut time.Duration
	for i := range a.Grants {
		g := &a.Grants[i]
		switch {
		case g.To.IsZero():
		case g.Order != order || g.Line != line:
			g.From, g.To = g.From.Add(-cut), g.To.Add(-cut)
		default:
			from := g.From
			if now.After(from) {
				from = now
			}
			if cut = max(g.To.Sub(from), 0); length >= 0 {
				cut = min(cut, length)
			}
			g.To = g.To.Add(-cut)
		}
	}
}

// settle computes what follows from the grants. With none that lasts, access ends.
func (a *Access) settle(now time.Time) {
	until := a.Until
	a.Until = time.Time{}
	lasts, endless := false, false
	for _, g := range a.Grants {
		lasts = lasts || g.live(now)
		endless = endless || g.To.IsZero()
		if g.To.After(a.Until) {
			a.Until = g.To
		}
	}
	a.Retry, a.Tries = time.Time{}, 0
	if a.Stage == Grace && !until.IsZero() && a.Until.Equal(until) {
		return // what changed was over before, or not begun
	}
	a.GraceEnds = time.Time{}
	switch {
	case !lasts:
		a.end()
	case endless:
		a.Until, a.Stage = time.Time{}, Active
	default: // a buyer who has just bought a day is not told that a day is left
		a.Stage = stageAt(a.Until.Sub(now))
	}
}

// stageAt is the stage of access that has left to go.
func stageAt(left time.Duration) Stage {
	switch {
	case left <= Last:
		return Urged
	case left <= Soon:
		return Warned
	}
	return Active
}

// end ends access: the goods of all its orders are over.
func (a *Access) end() {
	for _, g := range a.Grants {
		a.Over = append(slices.Clip(a.Over), Over{Order: g.Order, Line: g.Line})
	}
	a.Stage, a.Grants, a.Renews, a.Untold = Ended, nil, false, a.Term > 0
}

// SetRenews notes whether live access renews itself. Only buyers whose access does not are reminded.
func (a *Access) SetRenews(renews bool) {
	if a.Live() {
		a.Renews = renews
	}
}

// Step is what is to be done with access.
type Step string

// The steps.
const (
	Nothing  Step = ""
	Remind   Step = "remind"    // few days are left
	Urge     Step = "urge"      // less than a day is left
	TellOver Step = "tell_over" // it is over, and the grace begins
	Finish   Step = "finish"    // the grace is over
	Withdraw Step = "withdraw"  // take back the goods of Over
)

// Next returns the next step and when it is due, or Nothing. It depends on the record alone.
func (a *Access) Next() (what Step, at time.Time) {
	switch {
	case len(a.Over) > 0:
		what = Withdraw
	case !a.Live() || a.Until.IsZero():
		return Nothing, time.Time{}
	case a.Stage == Grace:
		what, at = Finish, a.GraceEnds
	case a.Renews:
		what, at = TellOver, a.Until.Add(renewalDelay)
	case a.Stage == Active:
		what, at = Remind, a.Until.Add(-Soon)
	case a.Stage == Warned:
		what, at = Urge, a.Until.Add(-Last)
	case a.Stage == Urged:
		what, at = TellOver, a.Until
	}
	if at.Before(a.Retry) {
		at = a.Retry
	}
	return what, at
}

// StepAt is the step to do at now; Nothing if none is due. If an outage left out several reminders, it
// is the latest one.
func (a *Access) StepAt(now time.Time) Step {
	what, at := a.Next()
	if what == Nothing || at.After(now) {
		return Nothing
	}
	switch left := a.Until.Sub(now); {
	case what != Remind && what != Urge:
	case left <= 0:
		return TellOver
	case left <= Last:
		return Urge
	}
	return what
}

// Did notes that a step was done at now.
func (a *Access) Did(what Step, now time.Time) {
	a.Retry, a.Tries = time.Time{}, 0
	switch what {
	case Remind:
		a.Stage = Warned
	case Urge:
		a.Stage = Urged
	case TellOver:
		a.Stage, a.GraceEnds, a.Renews = Grace, now.Add(GraceOf(a.Term)), false
		if onTime := a.Until.Add(GraceOf(a.Term)); now.Sub(a.Until) < renewalDelay+time.Minute {
			a.GraceEnds = onTime // a short wait for Telegram does not move the end
		}
	case Finish:
		a.end()
	case Nothing, Withdraw:
	}
}

// Withdrawn notes that the goods of the first n of Over are taken back.
func (a *Access) Withdrawn(n int) {
	a.Over = slices.Clone(a.Over[min(n, len(a.Over)):])
	a.Retry, a.Tries, a.Untold, a.Out = time.Time{}, 0, false, false
}

// Postpone notes that a step failed, and is to be tried again at a time.
func (a *Access) Postpone(at time.Time) { a.Retry, a.Tries = at, a.Tries+1 }

// Members is how many people have access to a product.
type Members struct {
	Count int
	// Soon is for how many of them access ends before the time that was asked about, MostSoon at most.
	Soon int
}

// MostSoon is the most members that Members.Soon counts.
const MostSoon = 1000

// Store keeps access. Each method is one durable transaction, as in shop.Store. In the transaction
// that changes an order the Store grants and takes back what Follow says.
type Store interface {
	// Access reads what somebody has of a product; the zero Access but for User and SKU if that is
	// nothing.
	Access(ctx context.Context, user int64, sku string) (Access, error)
	// AccessOf lists what somebody has or had, by SKU.
	AccessOf(ctx context.Context, user int64) ([]Access, error)
	// MembersOf counts who has access to a product, and whose ends before the given time.
	MembersOf(ctx context.Context, sku string, before time.Time) (Members, error)
	// DueAccess lists up to limit records whose next step is due at now, the longest due first.
	DueAccess(ctx context.Context, now time.Time, limit int) ([]Access, error)
	// ChangeAccess applies a change to a record and returns the result. The change is pure; if it
	// reports false, nothing is written.
	ChangeAccess(ctx context.Context, user int64, sku string, change func(*Access) (changed bool)) (Access, error)

	// Order is that of shop.Store.
	Order(ctx context.Context, id shop.OrderID) (shop.Order, error)
}
