// Package review is what buyers say of what they bought: stars and words, once for each line of an
// order, and the answers of the shop. It knows neither chats nor databases.
//
// The one idea to keep in mind: a review belongs to a line of an order, and its rules see that order
// in the transaction that stores the review. So nobody reviews what they did not get, and a press that
// arrives twice is one review.
package review

import (
	"context"
	"errors"
	"strconv"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"shopbot/internal/shop"
)

// Bounds of reviews.
const (
	MaxStars   = 5
	MaxLength  = 1000 // of the words and of an answer, in UTF-16 units
	MaxChanges = 10   // of one review by its writer: each change is told to the staff
)

var (
	// ErrNotFound says that there is no such review.
	ErrNotFound = errors.New("no such review")
	// ErrNotBought says that the person did not get the line, or that it was paid back.
	ErrNotBought = errors.New("the person did not buy this")
	// ErrTooLong says that words have more than MaxLength units.
	ErrTooLong = errors.New("the words are too long")
	// ErrEmpty says that there are no words.
	ErrEmpty = errors.New("there are no words")
	// ErrTooManyChanges says that the review was changed MaxChanges times.
	ErrTooManyChanges = errors.New("too many changes")
)

// Review is what the buyer of a line of an order says of it.
type Review struct {
	ID    int64        `json:"id"` // from 1
	SKU   string       `json:"sku"`
	Order shop.OrderID `json:"order"`
	Line  int          `json:"line"`
	// Buyer and Initial are gone once the buyer's data is deleted, and so are the words. Initial is the
	// first letter of the buyer's name, which is all that other buyers see of it.
	Buyer   int64     `json:"buyer,omitempty"`
	Initial string    `json:"initial,omitempty"`
	Stars   int       `json:"stars"` // 1 to MaxStars; 0 has a Store delete the review
	Text    string    `json:"text,omitempty"`
	At      time.Time `json:"at"`
	Changes int       `json:"changes,omitempty"`
	// Told says that the staff was told of the review as it is.
	Told   bool   `json:"told,omitempty"`
	Answer Answer `json:"answer,omitzero"`
	// HiddenBy is who of the staff hid it, a Telegram id. Other buyers do not see what is hidden, but
	// its stars count: no shop shines by hiding.
	HiddenBy int64 `json:"hidden_by,omitempty"`
}

// Answer is what the shop says to a review; zero if nothing.
type Answer struct {
	By      int64  `json:"by"`      // Telegram id
	Message int    `json:"message"` // its id in that person's chat
	Text    string `json:"text"`
	Told    bool   `json:"told,omitempty"` // the buyer was told, or that was given up
}

// Rating is what all buyers say of a product together.
type Rating struct {
	Count int `json:"count"`
	Stars int `json:"stars"` // their sum
}

// Average is the average of the stars with one digit, such as "4.8"; "" if there are none.
func (r Rating) Average() string {
	if r.Count <= 0 {
		return ""
	}
	tenths := (20*r.Stars + r.Count) / (2 * r.Count) // half up
	return strconv.Itoa(tenths/10) + "." + strconv.Itoa(tenths%10)
}

// Add adds n times a review to the rating.
func (r *Rating) Add(v Review, n int) {
	if v.Stars > 0 {
		r.Count += n
		r.Stars += n * v.Stars
	}
}

// Rule changes the review of a line of o, which is the zero Review if there is none yet. It is pure
// and leaves r alone when it returns an error.
type Rule func(o *shop.Order, r *Review) error

// Store keeps reviews. Each method is one durable transaction, as in shop.Store. A rule that returns
// shop.ErrUnchanged costs no commit.
type Store interface {
	// WriteReview applies rule to the review of a line of an order. shop.ErrNotFound if there is no
	// such order.
	WriteReview(ctx context.Context, order shop.OrderID, line int, rule Rule) (Review, error)
	// ChangeReview applies rule to a review. ErrNotFound.
	ChangeReview(ctx context.Context, id int64, rule func(*Review) error) (Review, error)
	// Review reads a review. ErrNotFound.
	Review(ctx context.Context, id int64) (Review, error)
	// ReviewOf reads the review of a line of an order. ErrNotFound.
	ReviewOf(ctx context.Context, order shop.OrderID, line int) (Review, error)
	// ReviewsOf lists up to limit reviews of a product that are not hidden, the newest first: those
	// before the given id (0: from the newest).
	ReviewsOf(ctx context.Context, sku string, before int64, limit int) ([]Review, error)
	// Reviews lists up to limit reviews of all products, hidden ones too, as ReviewsOf does.
	Reviews(ctx context.Context, before int64, limit int) ([]Review, error)
	// Rating is what all buyers say of a product.
	Rating(ctx context.Context, sku string) (Rating, error)
}

// May reports whether a person may review a line of an order: it was delivered to them and not paid
// back. What was written before a refund stays, so that no shop buys itself out of a bad review.
func May(o *shop.Order, line int, user int64) bool {
	return line >= 0 && line < len(o.Lines) && user != 0 && o.Buyer.ID == user && !o.WentBack() &&
		!o.Lines[line].Delivered.IsZero() && !o.Lines[line].Refunded
}

// Rate gives stars, from 1 to MaxStars. shop.ErrUnchanged if they are given already, ErrNotBought,
// ErrTooManyChanges.
func Rate(line int, buyer shop.Buyer, stars int, at time.Time) Rule {
	return func(o *shop.Order, r *Review) error {
		switch {
		case stars < 1 || stars > MaxStars || !May(o, line, buyer.ID) || r.ID != 0 && r.Buyer != buyer.ID:
			return ErrNotBought
		case r.Stars == stars:
			return shop.ErrUnchanged
		case r.Changes >= MaxChanges:
			return ErrTooManyChanges
		}
		if r.ID == 0 {
			*r = Review{SKU: o.Lines[line].SKU, Order: o.ID, Line: line, Buyer: buyer.ID, At: at}
		} else {
			r.Changes++
		}
		r.Initial, r.Stars, r.Told = initial(buyer.Name), stars, false
		return nil
	}
}

// Write sets the words of a review that has stars. Errors: as of Rate, ErrEmpty, ErrTooLong.
func Write(line int, user int64, text string) Rule {
	return func(o *shop.Order, r *Review) error {
		switch {
		case !May(o, line, user) || r.ID == 0 || r.Buyer != user:
			return ErrNotBought
		case r.Text == text && text != "":
			return shop.ErrUnchanged
		case r.Changes >= MaxChanges:
			return ErrTooManyChanges
		}
		if err := checkWords(text); err != nil {
			return err
		}
		r.Text, r.Told = text, false
		r.Changes++
		return nil
	}
}

// Remove deletes the review of its writer, also after a refund. shop.ErrUnchanged if there is none.
func Remove(user int64) Rule {
	return func(_ *shop.Order, r *Review) error {
		switch {
		case r.ID == 0:
			return shop.ErrUnchanged
		case r.Buyer != user:
			return ErrNotBought
		}
		r.Stars = 0
		return nil
	}
}

// Reply sets the answer of the shop. shop.ErrUnchanged if that message is the answer already,
// ErrEmpty, ErrTooLong.
func (r *Review) Reply(by int64, message int, text string) error {
	if r.Answer.By == by && r.Answer.Message == message {
		return shop.ErrUnchanged
	}
	if err := checkWords(text); err != nil {
		return err
	}
	r.Answer = Answer{By: by, Message: message, Text: text}
	return nil
}

// Hide hides a review from other buyers, or shows it again if by is 0. shop.ErrUnchanged.
func (r *Review) Hide(by int64) error {
	if (r.HiddenBy == 0) == (by == 0) {
		return shop.ErrUnchanged
	}
	r.HiddenBy = by
	return nil
}

// Forget removes all that tells of the buyer. The stars stay.
func (r *Review) Forget() { r.Buyer, r.Initial, r.Text, r.Answer = 0, "", "", Answer{} }

func checkWords(text string) error {
	switch {
	case text == "":
		return ErrEmpty
	case len(utf16.Encode([]rune(text))) > MaxLength:
		return ErrTooLong
	}
	return nil
}

// initial is the first letter of a name; "" if it begins with something else.
func initial(name string) string {
	first, _ := utf8.DecodeRuneInString(name)
	if !unicode.IsLetter(first) {
		return ""
	}
	return string(unicode.ToUpper(first))
}
