package shop

import (
	"context"
	"slices"
	"time"

	"shopbot/internal/money"
)

// Person is somebody who has written to the bot.
type Person struct {
	ID       int64  `json:"id"` // of Telegram
	Name     string `json:"name,omitempty"`
	Username string `json:"username,omitempty"` // without its @
	// App is the language of the person's Telegram app, as an IETF tag; Chosen is what was chosen in
	// the bot and wins over it. Either may be empty.
	App    string `json:"app,omitempty"`
	Chosen string `json:"chosen,omitempty"`
	// First and Last are the days on which the person wrote.
	First Day `json:"first,omitempty"`
	Last  Day `json:"last,omitempty"`
	// Gone is when Telegram said that the person has blocked the bot or is deleted; zero while they
	// can be written to.
	Gone time.Time `json:"gone,omitzero"`
	// NoBroadcasts says that the person left the list of those who get broadcasts.
	NoBroadcasts bool `json:"no_broadcasts,omitempty"`
	// Paid is how many of the person's orders were paid, Spent what they cost, and Refunded what
	// went back, in coins. A store counts them with each order's change, see Count.
	Paid     int  `json:"paid,omitempty"`
	Spent    Sums `json:"spent,omitempty"`
	Refunded Sums `json:"refunded,omitempty"`
	// Blocked says that the person may neither order nor write to the shop; zero if they may.
	Blocked Block `json:"blocked,omitzero"`
	// Notes are what the staff wrote down about the person, oldest first.
	Notes []PersonNote `json:"notes,omitempty"`
	// Coupon is the code of the coupon in hand: the next order that it fits uses it.
	Coupon string `json:"coupon,omitempty"`
	// Guesses are the codes since GuessedFrom that are of no coupon.
	Guesses     int       `json:"guesses,omitempty"`
	GuessedFrom time.Time `json:"guessed_from,omitzero"`
	// InvitedBy is who invited the person, a Telegram id; Rewarded is the order that earned both the
	// reward for it.
	InvitedBy int64   `json:"invited_by,omitempty"`
	Rewarded  OrderID `json:"rewarded,omitempty"`
	// Invited is how many people came by the person's link, Rewards how many coupons that earned.
	Invited int `json:"invited,omitempty"`
	Rewards int `json:"rewards,omitempty"`
}

// A person may try maxGuesses codes in guessTime that are of no coupon.
const (
	maxGuesses = 5
	guessTime  = time.Hour
)

// MayGuess reports whether the person may try one more coupon code.
func (p *Person) MayGuess(now time.Time) bool {
	return p.Guesses < maxGuesses || now.Sub(p.GuessedFrom) >= guessTime || ClockWasAhead(p.GuessedFrom, now)
}

// GuessedWrong counts a code that is of no coupon.
func (p *Person) GuessedWrong(now time.Time) {
	if p.Guesses == 0 || now.Sub(p.GuessedFrom) >= guessTime || ClockWasAhead(p.GuessedFrom, now) {
		p.Guesses, p.GuessedFrom = 0, now
	}
	p.Guesses++
}

// Block is why somebody may not order.
type Block struct {
	At     time.Time `json:"at"`
	By     int64     `json:"by"` // Telegram id
	Reason string    `json:"reason"`
}

// PersonNote is what somebody of the shop wrote down about a person. Only the staff sees it.
type PersonNote struct {
	By   int64     `json:"by"` // Telegram id
	ID   int       `json:"id"` // of its author's message
	At   time.Time `json:"at"`
	Name string    `json:"name,omitempty"`
	Text string    `json:"text"`
}

// MaxNotes is how many notes are kept about one person.
const MaxNotes = 10

// Language is what the person chose, or else the app's; "" if neither is known.
func (p *Person) Language() string {
	if p.Chosen != "" {
		return p.Chosen
	}
	return p.App
}

// Meet notes that the person wrote on a day, under the name of that day. It reports whether
// anything changed. Who writes has not blocked the bot.
func (p *Person) Meet(now Person, on Day) (changed bool) {
	before := [...]string{p.Name, p.Username, p.App, string(p.First), string(p.Last)}
	changed = p.ID != now.ID || !p.Gone.IsZero()
	p.ID, p.Name, p.Username, p.App, p.Gone = now.ID, now.Name, now.Username, now.App, time.Time{}
	if p.First == "" {
		p.First = on
	}
	p.Last = max(p.Last, on)
	return changed || before != [...]string{p.Name, p.Username, p.App, string(p.First), string(p.Last)}
}

// Known reports whether the shop knows anything of the person.
func (p *Person) Known() bool { return p.First != "" || p.Paid > 0 }

// Count adds what a change of an order adds to what its buyer paid and got back, and reports
// whether that is anything. before is the zero Order for a new one.
func (p *Person) Count(before, after *Order) (changed bool) {
	var all, products Counters
	Tally(before, after, func(sku string) *Counters {
		if sku == "" {
			return &all
		}
		return &products
	})
	p.Paid += all.Paid
	addSums(&p.Spent, all.Revenue)
	addSums(&p.Refunded, all.Refunded)
	return all.Paid > 0 || len(all.Refunded) > 0
}

// SameCounts reports whether two people paid and got back the same.
func (p *Person) SameCounts(other *Person) bool {
	return p.Paid == other.Paid && slices.EqualFunc(p.Spent, other.Spent, money.Amount.Equal) &&
		slices.EqualFunc(p.Refunded, other.Refunded, money.Amount.Equal)
}

// AddNote adds a note, and reports whether it is new and there is room.
func (p *Person) AddNote(n PersonNote) (changed bool) {
	if len(p.Notes) >= MaxNotes || slices.ContainsFunc(p.Notes, n.same) {
		return false
	}
	p.Notes = append(slices.Clip(p.Notes), n)
	return true
}

func (n PersonNote) same(other PersonNote) bool { return n.By == other.By && n.ID == other.ID }

// RemoveNote removes the note that a message of its author gave, and reports whether it was there.
func (p *Person) RemoveNote(by int64, id int) (changed bool) {
	left := slices.DeleteFunc(slices.Clone(p.Notes), PersonNote{By: by, ID: id}.same)
	changed = len(left) < len(p.Notes)
	p.Notes = left
	return changed
}

// People keeps who has written to the bot. Each method is one durable transaction, as in Store.
type People interface {
	// Person reads what is known of a Telegram user; only the ID for a stranger.
	Person(ctx context.Context, user int64) (Person, error)
	// ChangePerson applies a change to what is known of a user, who may be a stranger. The change is
	// pure; when it reports false, nothing is written.
	ChangePerson(ctx context.Context, user int64, change func(*Person) (changed bool)) (Person, error)
	// PeopleNamed lists up to limit people whose present user name is the given one, in any case,
	// without its @.
	PeopleNamed(ctx context.Context, username string, limit int) ([]Person, error)
	// PeopleCalled lists up to limit people whose present user name begins so, in any case, in the
	// order of these names: those after a person of that list (0: from the first).
	PeopleCalled(ctx context.Context, prefix string, after int64, limit int) ([]Person, error)
	// People lists up to limit people in the order of their ids, those after the given id.
	People(ctx context.Context, after int64, limit int) ([]Person, error)
}
