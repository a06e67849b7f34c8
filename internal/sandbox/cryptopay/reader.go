package cryptopay

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"shopbot/internal/money"
)

// reader takes typed values out of params. After the first fault it goes on with
// empty values, so that a method reads all that it needs and then looks at err.
// An empty text counts as absent.
type reader struct {
	params params
	err    error // the first fault
}

func (r *reader) refuse(e apiError) {
	if r.err == nil {
		r.err = e
	}
}

func (r *reader) text(name string) string {
	p := r.params[name]
	if p.composite {
		r.refuse(appError())
	}
	return p.text
}

// limited is a text of at most so many characters.
func (r *reader) limited(name string, limit int) string {
	text := r.text(name)
	if utf8.RuneCountInString(text) > limit {
		r.refuse(invalid(name))
	}
	return text
}

// required is a text that must be there.
func (r *reader) required(name string) string {
	text := r.text(name)
	if text == "" {
		r.refuse(missing(name))
	}
	return text
}

// word is one of the allowed texts, or empty where absent.
func (r *reader) word(name string, allowed ...string) string {
	text := r.text(name)
	if text != "" && !slices.Contains(allowed, text) {
		r.refuse(invalid(name))
	}
	return text
}

// flag understands true and false in the spellings of several languages.
func (r *reader) flag(name string, fallback bool) bool {
	text := r.text(name)
	if text == "" {
		return fallback
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		r.refuse(invalid(name))
	}
	return on
}

func (r *reader) integer(name string, fallback int64) int64 {
	text := r.text(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		r.refuse(invalid(name))
	}
	return n
}

// id is a positive number that must be there.
func (r *reader) id(name string) int64 {
	r.required(name)
	id := r.integer(name, 0)
	if id <= 0 {
		r.refuse(invalid(name))
	}
	return id
}

// parts splits a comma list; empty parts, which one SDK sends, are left out.
func (r *reader) parts(name string) []string {
	var parts []string
	for part := range strings.SplitSeq(r.text(name), ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// idFilter is a comma list of ids. A list of nothing but empty parts is empty.
func (r *reader) idFilter(name string) filter[int64] {
	if r.text(name) == "" {
		return nil
	}
	f := filter[int64]{}
	for _, part := range r.parts(name) {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			r.refuse(invalid(name))
		}
		f[id] = true
	}
	return f
}

// codeFilter is a comma list of currencies, known or not.
func (r *reader) codeFilter(name string) filter[money.Currency] {
	if r.text(name) == "" {
		return nil
	}
	f := filter[money.Currency]{}
	for _, part := range r.parts(name) {
		f[money.Currency(part)] = true
	}
	return f
}

// code is a currency that must be there and among the known ones. What an unknown
// one is called differs by method.
func (r *reader) code(name string, known []money.Currency, unknown apiError) money.Currency {
	code := money.Currency(r.required(name))
	if !slices.Contains(known, code) {
		r.refuse(unknown)
	}
	return code
}

// amount is more than zero of c; zero is too small.
func (r *reader) amount(c money.Currency) money.Amount {
	plain, err := plainDecimal(r.required("amount"))
	if r.err != nil {
		return money.Zero(c)
	}
	if err != nil {
		r.refuse(invalid("amount"))
		return money.Zero(c)
	}
	amount, err := money.Parse(plain, c)
	switch {
	case err != nil:
		r.refuse(invalid("amount"))
	case amount.IsZero():
		r.refuse(bad("AMOUNT_TOO_SMALL"))
	}
	return amount
}

// moment is a time in ISO 8601; without a zone it is UTC.
func (r *reader) moment(name string, fallback time.Time) time.Time {
	text := r.text(name)
	if text == "" {
		return fallback
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t
		}
	}
	r.refuse(invalid(name))
	return fallback
}
