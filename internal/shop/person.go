package shop

import (
	"context"
	"time"
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
	before := *p
	p.ID, p.Name, p.Username, p.App, p.Gone = now.ID, now.Name, now.Username, now.App, time.Time{}
	if p.First == "" {
		p.First = on
	}
	p.Last = max(p.Last, on)
	return *p != before
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
	// People lists up to limit people in the order of their ids, those after the given id.
	People(ctx context.Context, after int64, limit int) ([]Person, error)
}
