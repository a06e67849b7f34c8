// Package broadcast writes one message to many people, at a pace that delays nobody else: the
// record of a broadcast, whom it is for, and the loop that sends it.
//
// It knows neither Telegram nor the database; a Sender and a Store are given to it. The one idea to
// keep in mind: who is written to next is on disk before the first of these messages goes out. So
// after a crash nobody is written to twice. What became of the few messages that were on their way
// then is not known; they are counted as that, and not repeated.
package broadcast

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"shopbot/internal/shop"
)

// Errors of a Store and of a Service.
var (
	// ErrBusy says that another broadcast is not over yet.
	ErrBusy = errors.New("another broadcast is not over")
	// ErrNotFound says that there is no such broadcast.
	ErrNotFound = errors.New("no such broadcast")
	// ErrOver says that a broadcast has ended, so that nothing can be changed about it.
	ErrOver = errors.New("the broadcast is over")
)

// ID numbers the broadcasts of a shop in the order in which they began, from 1.
type ID int64

// State is how far a broadcast is. The words are stored on disk.
type State string

// The states.
const (
	Running State = "running"
	Paused  State = "paused"
	Stopped State = "stopped" // by a person, before everybody had it
	Done    State = "done"
)

// Message is what everybody gets.
type Message struct {
	Text     string   `json:"text,omitempty"`
	Entities []Entity `json:"entities,omitempty"`
	Photo    string   `json:"photo,omitempty"` // Telegram's file_id; the text is its caption
	// NoPreview says that links in the text show no preview.
	NoPreview bool     `json:"no_preview,omitempty"`
	Buttons   []Button `json:"buttons,omitempty"` // one below the other
}

// Entity is formatting of a part of the text, as core.telegram.org/bots/api#messageentity
// describes it. Offset and length are in UTF-16 units.
type Entity struct {
	Type     string `json:"type"`
	Offset   int    `json:"offset"`
	Length   int    `json:"length"`
	URL      string `json:"url,omitempty"`
	Language string `json:"language,omitempty"`
}

// Button leads from the message to one of the following: the shop, a product, or an https URL.
type Button struct {
	SKU  string `json:"sku,omitempty"`
	URL  string `json:"url,omitempty"`
	Text string `json:"text,omitempty"` // of a URL; the others are named in each person's language
}

// Telegram's limits in UTF-16 units (core.telegram.org/bots/api#sendmessage, #sendphoto).
const (
	MaxText    = 4096
	MaxCaption = 1024
	MaxButtons = 5 // ours; more than that is a catalog
)

// Length is how many UTF-16 units a text has, as Telegram counts.
func Length(text string) int { return len(utf16.Encode([]rune(text))) }

// Limit is how long the text of m may be.
func (m *Message) Limit() int {
	if m.Photo != "" {
		return MaxCaption
	}
	return MaxText
}

// Counts is what became of the people that a broadcast was for.
type Counts struct {
	Sent    int `json:"sent,omitempty"`
	Blocked int `json:"blocked,omitempty"` // found to have blocked the bot
	Gone    int `json:"gone,omitempty"`    // found to have deleted their account
	Failed  int `json:"failed,omitempty"`  // Telegram refused the message
	// Unknown are those who may have got the message: the answer was lost, or the program was
	// killed while the message was on its way.
	Unknown int `json:"unknown,omitempty"`
	// Skipped belong to the segment and were not written to: they left the list, or had blocked the
	// bot before.
	Skipped int `json:"skipped,omitempty"`
}

// Tried is how many people were written to, or may have been.
func (c *Counts) Tried() int { return c.Sent + c.Blocked + c.Gone + c.Failed + c.Unknown }

// Broadcast is one message to many people, and how far it is.
type Broadcast struct {
	ID ID `json:"id"`
	// Act is the one act that asked for the broadcast: asked again, it is the same broadcast.
	Act     string  `json:"act"`
	By      int64   `json:"by"` // Telegram id of who sent it
	Message Message `json:"message"`
	To      Segment `json:"to"`
	People  int     `json:"people"` // who were to get it when it began
	State   State   `json:"state"`
	// StateBy is who paused, resumed or stopped it; 0 for the shop.
	StateBy int64     `json:"state_by,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`

	Cursor int64 `json:"cursor,omitempty"` // everybody up to this id was looked at
	Looked bool  `json:"looked,omitempty"` // everybody was looked at
	// InFlight are the people who are written to just now, Again those who were not reached though
	// it was their turn: Telegram asked to wait. Taken counts both and everybody tried.
	InFlight []int64 `json:"in_flight,omitempty"`
	Again    []int64 `json:"again,omitempty"`
	Taken    int     `json:"taken,omitempty"`
	Counts   Counts  `json:"counts,omitzero"`
	// Refusal is what Telegram said last of a message that it refused.
	Refusal string `json:"refusal,omitempty"`

	// Screen is the message that shows By how far the broadcast is.
	Screen shop.MessageRef `json:"screen,omitzero"`
	// Told says that By knows of the end.
	Told bool `json:"told,omitempty"`
}

// Over reports whether nobody is written to any more.
func (b *Broadcast) Over() bool {
	return (b.State == Done || b.State == Stopped) && len(b.InFlight) == 0
}

// Active reports whether b keeps another broadcast from starting.
func (b *Broadcast) Active() bool { return !b.Over() }

// Turn pauses, resumes or stops a broadcast. ErrOver if it has ended. What it is already, it
// becomes again.
func (b *Broadcast) Turn(to State, by int64, now time.Time) error {
	if b.State == Done || b.State == Stopped {
		if b.State == to {
			return nil
		}
		return ErrOver
	}
	b.State, b.StateBy = to, by
	if to == Stopped {
		b.Ended = now
		b.Taken -= len(b.Again)
		b.Again = nil
	}
	return nil
}

// Outcome is what became of one message.
type Outcome string

// The outcomes.
const (
	Sent        Outcome = "sent"
	Blocked     Outcome = "blocked"
	Gone        Outcome = "gone"
	Failed      Outcome = "failed"
	Unknown     Outcome = "unknown"
	NotSent     Outcome = "not_sent" // nothing was done; try again later
	LeftOutLate Outcome = "left_out" // left the list, or was forgotten, when it was their turn again
)

// Result is what became of a message to one person.
type Result struct {
	User    int64
	Outcome Outcome
	Wait    time.Duration // with NotSent: when to try again at the earliest
	Reason  string        // with Failed: what Telegram said
}

// step is what the sending loop writes down at once: what became of messages, and who is next.
type step struct {
	results []Result
	pause   bool // Telegram refuses the message itself
	room    int  // how many people may be taken
	// What was found after the cursor: people to write to, and how many to skip.
	found   []int64
	skipped int
	cursor  int64
	looked  bool
}

// apply changes b by a step and returns the people who are to be written to now. They are in
// b.InFlight.
func (b *Broadcast) apply(s step, now time.Time) (next []int64) {
	for _, r := range s.results {
		b.record(r)
	}
	if s.pause && b.State == Running {
		b.State, b.StateBy = Paused, 0
	}
	if b.State != Running {
		return nil
	}
	n := min(s.room, len(b.Again))
	next = slices.Clone(b.Again[:n])
	b.Again = slices.Delete(b.Again, 0, n)
	if s.cursor > b.Cursor || s.looked {
		next = append(next, s.found...)
		b.Taken += len(s.found)
		b.Counts.Skipped += s.skipped
		b.Cursor, b.Looked = max(b.Cursor, s.cursor), s.looked
	}
	b.InFlight = append(b.InFlight, next...)
	if b.Looked && len(b.InFlight) == 0 && len(b.Again) == 0 {
		b.State, b.Ended = Done, now
	}
	return next
}

// record notes what became of one message. One that is not in flight was recorded before.
func (b *Broadcast) record(r Result) {
	i := slices.Index(b.InFlight, r.User)
	if i < 0 {
		return
	}
	b.InFlight = slices.Delete(b.InFlight, i, i+1)
	switch r.Outcome {
	case Sent:
		b.Counts.Sent++
	case Blocked:
		b.Counts.Blocked++
	case Gone:
		b.Counts.Gone++
	case Failed:
		b.Counts.Failed++
		b.Refusal = r.Reason
	case Unknown:
		b.Counts.Unknown++
	case LeftOutLate:
		b.Counts.Skipped++
		b.Taken--
	case NotSent:
		if b.State == Stopped {
			b.Taken--
			return
		}
		b.Again = append(b.Again, r.User)
	}
}

// reclaim puts people back who are noted as in flight, and are neither written to now nor were: the
// store noted them and reported an error.
func (b *Broadcast) reclaim(flying map[int64]bool, done []Result) {
	b.InFlight = slices.DeleteFunc(b.InFlight, func(user int64) bool {
		if flying[user] || slices.ContainsFunc(done, func(r Result) bool { return r.User == user }) {
			return false
		}
		b.Again = append(b.Again, user)
		return true
	})
}

// recover counts what was in flight when the program was killed as unknown.
func (b *Broadcast) recover(now time.Time) {
	b.Counts.Unknown += len(b.InFlight)
	b.InFlight = nil
	if b.State == Running && b.Looked && len(b.Again) == 0 {
		b.State, b.Ended = Done, now
	}
}

// Forget removes a person who is to be forgotten and reports whether there was something to remove.
func (b *Broadcast) Forget(user int64) bool {
	i := slices.Index(b.Again, user)
	if i < 0 {
		return false
	}
	b.Again = slices.Delete(b.Again, i, i+1)
	b.Taken--
	b.Counts.Skipped++
	return true
}

// Validate returns what is wrong with a stored broadcast, or nil.
func (b *Broadcast) Validate() error {
	var wrong []string
	if want := b.Counts.Tried() + len(b.InFlight) + len(b.Again); b.Taken != want {
		wrong = append(wrong, fmt.Sprintf("took %d people and accounts for %d", b.Taken, want))
	}
	if b.Ended.IsZero() != (b.State == Running || b.State == Paused) {
		wrong = append(wrong, fmt.Sprintf("is %s and ended at %q", b.State, b.Ended))
	}
	if b.State == Done && (!b.Looked || len(b.InFlight)+len(b.Again) > 0) {
		wrong = append(wrong, "is done before everybody had it")
	}
	if len(wrong) > 0 {
		return fmt.Errorf("broadcast %d %s", b.ID, strings.Join(wrong, ", and "))
	}
	return nil
}
