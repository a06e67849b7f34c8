package payments

import (
	"fmt"
	"strings"
	"time"

	"shopbot/internal/money"
)

// usd is the currency in which the API values payments.
const usd money.Currency = "USD"

// fields turns an object's scalars into values. One that cannot be expressed is
// left zero and its name noted: a new kind of asset in one row must not hide
// the other rows, and a zero Amount, having no currency, equals nothing that was asked for.
type fields struct{ unread []string }

func (f *fields) note(field string, err error) {
	if err != nil {
		f.unread = append(f.unread, field)
	}
}

func (f *fields) amount(field string, s scalar, c money.Currency) money.Amount {
	if s == "" {
		return money.Amount{}
	}
	text, err := s.decimal()
	if err != nil {
		f.note(field, err)
		return money.Amount{}
	}
	a, err := money.Parse(text, c)
	f.note(field, err)
	return a
}

func (f *fields) rate(field string, s scalar, from, to money.Currency) money.Rate {
	if s == "" {
		return money.Rate{}
	}
	text, err := s.decimal()
	if err != nil {
		f.note(field, err)
		return money.Rate{}
	}
	r, err := money.ParseRate(text, from, to)
	f.note(field, err)
	return r
}

func (f *fields) time(field string, s scalar) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, string(s))
	f.note(field, err)
	return t
}

func (f *fields) integer(field string, s scalar) int64 {
	if s == "" {
		return 0
	}
	n, err := s.integer()
	f.note(field, err)
	return n
}

// readID reads what a row cannot be without.
func readID(field string, s scalar) (int64, error) {
	id, err := s.integer()
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("%s %.20q: want a positive whole number", field, string(s))
	}
	return id, nil
}

// codes is a list of currency codes, sent as an array or as a text with commas.
type codes []money.Currency

func (c *codes) UnmarshalJSON(data []byte) error {
	var list scalars
	if err := list.UnmarshalJSON(data); err != nil {
		return err
	}
	*c = nil
	for _, s := range list {
		if s != "" {
			*c = append(*c, money.Currency(s))
		}
	}
	return nil
}

func (c codes) join() string {
	parts := make([]string, len(c))
	for i, code := range c {
		parts[i] = string(code)
	}
	return strings.Join(parts, ",")
}
