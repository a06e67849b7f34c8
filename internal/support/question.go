// Package support is the domain of questions: what buyers ask the staff, and what
// these answer. It knows neither chats nor databases.
//
// The one idea to keep in mind: a question is a thread of messages, and each message is known by
// its author and its id in the author's chat. So a message that arrives twice is one message.
package support

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf16"

	"shopbot/internal/shop"
)

// Status is whose turn a question is. The words are stored on disk.
type Status string

// The statuses of a question.
const (
	StatusOpen     Status = "open"     // the shop has to answer
	StatusAnswered Status = "answered" // the shop wrote last
	StatusClosed   Status = "closed"   // nobody waits for anything
)

// Bounds of what buyers may write.
const (
	MaxLength  = 2000 // of one message, in UTF-16 units
	MaxOpen    = 3    // open questions of one buyer
	MaxInARow  = 5    // messages without an answer
	MaxAnHour  = 20   // messages of one buyer, all questions together
	MaxKept    = 40   // messages of one question; older ones are dropped
	LatestSeen = 20   // questions of a buyer that the rules look at, the newest first; MaxAnHour fill it
)

var (
	// ErrNotFound says that there is no such question.
	ErrNotFound = errors.New("no such question")
	// ErrForgotten says that there was a question whose buyer's data is deleted.
	ErrForgotten = errors.New("the question's buyer was forgotten")
	// ErrEmpty says that a message has neither text nor picture.
	ErrEmpty = errors.New("the message is empty")
	// ErrTooLong says that a message has more than MaxLength units.
	ErrTooLong = errors.New("the message is too long")
	// ErrTooManyOpen says that the buyer has MaxOpen open questions.
	ErrTooManyOpen = errors.New("too many open questions")
	// ErrTooManyInARow says that the buyer wrote MaxInARow messages without an answer.
	ErrTooManyInARow = errors.New("too many messages without an answer")
	// ErrTooManyLately says that the buyer wrote MaxAnHour messages within an hour.
	ErrTooManyLately = errors.New("too many messages within an hour")
)

// Question is a thread of messages between one buyer and the staff.
type Question struct {
	ID    int64        `json:"id"` // from 1
	Buyer int64        `json:"buyer"`
	Name  string       `json:"name,omitempty"`  // of the buyer
	Order shop.OrderID `json:"order,omitempty"` // that it is about; "" for none
	// Status says whose turn it is; ClosedBy is who closed it.
	Status   Status    `json:"status"`
	ClosedBy int64     `json:"closed_by,omitempty"`
	Messages []Message `json:"messages"` // oldest first, at most MaxKept
	// Topic is where the staff talks about it in a group; zero if nowhere.
	Topic Topic `json:"topic,omitzero"`
}

// Topic is a topic of a group of the staff.
type Topic struct {
	Chat   int64 `json:"chat"`
	ID     int   `json:"id"`
	Closed bool  `json:"closed,omitempty"`
}

// Message is one message of a question.
type Message struct {
	ID      int       `json:"id"` // in the chat of its author with the bot; negative: in the group
	By      int64     `json:"by"` // Telegram id of its author
	Name    string    `json:"name,omitempty"`
	At      time.Time `json:"at"`
	Text    string    `json:"text,omitempty"`
	Picture string    `json:"picture,omitempty"` // Telegram's id of it
	// Album is Telegram's id of the album that the picture came in, as one of several messages; "" for
	// none. An album counts as one message.
	Album string `json:"album,omitempty"`
	// Sent says that the other side was told, or that this was given up.
	Sent bool `json:"sent,omitempty"`
	// Shown are the messages that show it to the staff.
	Shown []shop.MessageRef `json:"shown,omitempty"`
}

// Store keeps questions. Each method is one durable transaction, as in shop.Store; rules are pure
// and run inside it. A rule that returns shop.ErrUnchanged costs no commit.
type Store interface {
	// Ask stores the question that rule returns, a new one if it has no ID yet. The rule sees the
	// buyer's LatestSeen latest questions, newest first.
	Ask(ctx context.Context, buyer int64, rule func(latest []Question) (Question, error)) (Question, error)
	// ChangeQuestion applies rule to a question. ErrNotFound.
	ChangeQuestion(ctx context.Context, id int64, rule func(*Question) error) (Question, error)
	// Question reads a question. ErrNotFound.
	Question(ctx context.Context, id int64) (Question, error)
	// QuestionOfTopic reads the question of a topic of a group. ErrNotFound, or ErrForgotten if its
	// buyer's data was deleted.
	QuestionOfTopic(ctx context.Context, chat int64, topic int) (Question, error)
	// ListOpenQuestions lists up to limit open questions, the oldest first, those after the given
	// id (0: from the oldest).
	ListOpenQuestions(ctx context.Context, after int64, limit int) ([]Question, error)
	// OpenQuestions counts the open questions, without reading them.
	OpenQuestions(ctx context.Context) (int, error)
}

// Find returns the message of an author by its id; nil if there is none.
func (q *Question) Find(by int64, id int) *Message {
	for i := range q.Messages {
		if q.Messages[i].By == by && q.Messages[i].ID == id {
			return &q.Messages[i]
		}
	}
	return nil
}

// Last is the latest message.
func (q *Question) Last() Message {
	if len(q.Messages) == 0 {
		return Message{}
	}
	return q.Messages[len(q.Messages)-1]
}

// LastAsked lists the buyer's latest messages in a row, whether or not they are answered.
func (q *Question) LastAsked() []Message {
	to := len(q.Messages)
	for to > 0 && q.Messages[to-1].By != q.Buyer {
		to--
	}
	from := to
	for from > 0 && q.Messages[from-1].By == q.Buyer {
		from--
	}
	return q.Messages[from:to]
}

// Waiting is LastAsked if nobody has answered yet, else empty.
func (q *Question) Waiting() []Message {
	if q.Last().By != q.Buyer {
		return nil
	}
	return q.LastAsked()
}

// add appends a message to a copy of the thread.
func (q *Question) add(m Message) {
	kept := q.Messages[max(len(q.Messages)+1-MaxKept, 0):]
	q.Messages = append(slices.Clone(kept), m)
}

// known finds the question that a message is already part of.
func known(latest []Question, m Message) (Question, bool) {
	for _, q := range latest {
		if q.Find(m.By, m.ID) != nil {
			return q, true
		}
	}
	return Question{}, false
}

// albumOf finds the question that has an earlier picture of the album of m.
func albumOf(latest []Question, m Message) (Question, bool) {
	for _, q := range latest {
		if q.HasAlbum(m) {
			return q, true
		}
	}
	return Question{}, false
}

// HasAlbum reports whether another picture of the album of m is part of the thread.
func (q *Question) HasAlbum(m Message) bool {
	return m.Album != "" && slices.ContainsFunc(q.Messages, func(had Message) bool {
		return had.By == m.By && had.Album == m.Album && had.ID != m.ID
	})
}

// countMessages counts messages, those of an album as one.
func countMessages(list []Message) (n int) {
	for i, m := range list {
		if m.Album == "" || !slices.ContainsFunc(list[:i], func(had Message) bool { return had.Album == m.Album }) {
			n++
		}
	}
	return n
}

func (m *Message) check() error {
	switch {
	case m.Text == "" && m.Picture == "":
		return ErrEmpty
	case len(utf16.Encode([]rune(m.Text))) > MaxLength:
		return ErrTooLong
	}
	return nil
}

// Asked is the question after its buyer wrote m: that of draft's ID, or draft as a new one. It is
// for Store.Ask. With a message that is known already, shop.ErrUnchanged and its question. Errors:
// those of this package.
func Asked(latest []Question, draft Question, m Message) (Question, error) {
	if q, found := known(latest, m); found {
		return q, shop.ErrUnchanged
	}
	if err := m.check(); err != nil {
		return Question{}, err
	}
	if q, found := albumOf(latest, m); found && (draft.ID == 0 || q.ID == draft.ID) {
		q.add(m)
		q.Status, q.ClosedBy = StatusOpen, 0
		return q, nil
	}
	open, lately := 0, 0
	q := draft
	q.ID, q.Messages = 0, nil
	for _, had := range latest {
		if had.Status == StatusOpen {
			open++
		}
		lately += countMessages(slices.DeleteFunc(slices.Clone(had.Messages), func(written Message) bool {
			return written.By != draft.Buyer || m.At.Sub(written.At) >= time.Hour
		}))
		if draft.ID != 0 && had.ID == draft.ID {
			q = had
		}
	}
	switch {
	case countMessages(q.Waiting()) >= MaxInARow:
		return Question{}, ErrTooManyInARow
	case lately >= MaxAnHour:
		return Question{}, ErrTooManyLately
	case q.Status != StatusOpen && open >= MaxOpen:
		return Question{}, ErrTooManyOpen
	}
	q.add(m)
	q.Name, q.Status, q.ClosedBy = draft.Name, StatusOpen, 0
	return q, nil
}

// Begun is a thread that the shop begins: draft with m. It is for Store.Ask, as Asked.
func Begun(latest []Question, draft Question, m Message) (Question, error) {
	if q, found := known(latest, m); found {
		return q, shop.ErrUnchanged
	}
	if err := m.check(); err != nil {
		return Question{}, err
	}
	draft.Status = StatusAnswered
	draft.add(m)
	return draft, nil
}

// Answer adds what somebody of the shop wrote. shop.ErrUnchanged if it is there already.
func (q *Question) Answer(m Message) error {
	if q.Find(m.By, m.ID) != nil {
		return shop.ErrUnchanged
	}
	if err := m.check(); err != nil {
		return err
	}
	q.add(m)
	q.Status, q.ClosedBy = StatusAnswered, 0
	return nil
}

// Close ends the thread until somebody writes again. shop.ErrUnchanged if it is closed.
func (q *Question) Close(by int64) error {
	if q.Status == StatusClosed {
		return shop.ErrUnchanged
	}
	q.Status, q.ClosedBy = StatusClosed, by
	return nil
}

// MarkSent notes that a message reached the other side, and where it is shown.
func (q *Question) MarkSent(by int64, id int, shown []shop.MessageRef) error {
	i := slices.IndexFunc(q.Messages, func(m Message) bool { return m.By == by && m.ID == id })
	if i < 0 {
		return shop.ErrUnchanged // dropped meanwhile
	}
	q.Messages = slices.Clone(q.Messages)
	q.Messages[i].Sent, q.Messages[i].Shown = true, shown
	return nil
}
