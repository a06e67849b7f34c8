package shop

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"shopbot/internal/catalog"
)

// Answer is what a buyer said to a question of a product. Question and answer are in the language in
// which the buyer read them.
type Answer struct {
	Ask  string             `json:"ask"`
	Kind catalog.AnswerKind `json:"kind"`
	// Value is the text, the number or the choice; "" for a file.
	Value string       `json:"value,omitempty"`
	File  TelegramFile `json:"file,omitzero"`
}

// MaxAnswer is the length of a text that answers a question, in UTF-16 units.
const MaxAnswer = 500

var (
	// ErrAnswerKind says that an answer is not of the kind that was asked for.
	ErrAnswerKind = errors.New("not an answer of this kind")
	// ErrAnswerRange says that a number is not within the bounds of its question.
	ErrAnswerRange = errors.New("the number is out of range")
	// ErrAnswerLength says that a text has more than MaxAnswer units.
	ErrAnswerLength = errors.New("the answer is too long")
)

// ReadAnswer reads what was written as the value of an answer to q, in a buyer's language. Errors:
// ErrAnswerKind, ErrAnswerRange, ErrAnswerLength.
func ReadAnswer(q *catalog.Question, language, written string) (value string, err error) {
	written = strings.TrimSpace(written)
	switch q.Kind {
	case catalog.AnswerText:
		switch {
		case written == "":
			return "", ErrAnswerKind
		case len(utf16.Encode([]rune(written))) > MaxAnswer:
			return "", ErrAnswerLength
		}
		return written, nil
	case catalog.AnswerNumber:
		digits := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "−", "-").Replace(written)
		n, err := strconv.ParseInt(digits, 10, 64)
		switch {
		case errors.Is(err, strconv.ErrRange):
			return "", ErrAnswerRange
		case err != nil:
			return "", ErrAnswerKind
		case !q.InRange(n):
			return "", ErrAnswerRange
		}
		return strconv.FormatInt(n, 10), nil
	case catalog.AnswerChoice:
		if c := choice(q, written); c != nil {
			return c.In(language), nil
		}
	case catalog.AnswerFile:
	}
	return "", ErrAnswerKind
}

// choice finds a choice by its words in any language; nil if there is none.
func choice(q *catalog.Question, written string) catalog.Text {
	i := slices.IndexFunc(q.Choices, func(c catalog.Text) bool { return says(c, written) })
	if i < 0 {
		return nil
	}
	return q.Choices[i]
}

// says reports whether a text has these words in one of its languages.
func says(t catalog.Text, words string) bool {
	for _, said := range t {
		if strings.EqualFold(said, words) {
			return true
		}
	}
	return false
}

// Fits reports whether a answers q as the catalog asks it now, in any language.
func (a *Answer) Fits(q *catalog.Question) bool {
	if a.Kind != q.Kind || !says(q.Ask, a.Ask) {
		return false
	}
	if a.Kind == catalog.AnswerFile {
		return a.File.ID != ""
	}
	_, err := ReadAnswer(q, "", a.Value)
	return err == nil
}

// UnansweredError is an ErrUnanswered with the product that asks.
type UnansweredError struct{ SKU string }

func (e *UnansweredError) Error() string { return fmt.Sprintf("%s: %v", e.SKU, ErrUnanswered) }
func (e *UnansweredError) Unwrap() error { return ErrUnanswered }

// answered is an *UnansweredError if an item lacks an answer to a question of its product, or has one
// that does not fit any more.
func answered(p *catalog.Product, item Item) error {
	fit := len(item.Answers) == len(p.Questions)
	for i := range p.Questions {
		fit = fit && item.Answers[i].Fits(&p.Questions[i])
	}
	if !fit {
		return &UnansweredError{SKU: p.SKU}
	}
	return nil
}
