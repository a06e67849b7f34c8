package cryptopay

import (
	"bytes"
	"errors"
	"math/big"
	"mime"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/emulate"
)

// Limits of a list.
const (
	maxCount     = 1000
	defaultCount = 100
)

// parseParams reads the body and the query string; the body wins if both name a parameter. The HTTP
// method does not matter, and the content type hardly: a body that starts with a brace is JSON,
// since not every client says so.
func parseParams(rawQuery, contentType string, body []byte) (emulate.Params, error) {
	p := emulate.Params{}
	mediaType, attributes, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType, err = "", nil // as if there were none
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0 || string(body) == "[]": // PHP encodes an empty object as an empty array
	case mediaType == "multipart/form-data":
		err = p.AddMultipart(body, attributes["boundary"])
	case body[0] == '{' || strings.HasSuffix(mediaType, "json"):
		err = p.AddJSON(body)
	default:
		err = p.AddForm(string(body))
	}
	return p, errors.Join(err, p.AddForm(rawQuery))
}

// reader takes typed values out of params. After the first error it goes on with empty values, so a
// method reads everything it needs and then checks err. An empty text counts as absent.
type reader struct {
	params emulate.Params
	err    error // the first error
}

func (r *reader) refuse(e apiError) {
	if r.err == nil {
		r.err = e
	}
}

// require refuses the parameter as invalid unless ok.
func (r *reader) require(name string, ok bool) {
	if !ok {
		r.refuse(invalid(name))
	}
}

func (r *reader) text(name string) string {
	p := r.params[name]
	if p.Composite {
		r.refuse(appError())
		return ""
	}
	return strings.ToValidUTF8(p.Text, "\uFFFD")
}

// limited reads a text of at most limit characters.
func (r *reader) limited(name string, limit int) string {
	text := r.text(name)
	r.require(name, utf8.RuneCountInString(text) <= limit)
	return text
}

// required reads a text that must not be empty.
func (r *reader) required(name string) string {
	text := r.text(name)
	if text == "" {
		r.refuse(missing(name))
	}
	return text
}

// word reads one of the allowed texts, or "".
func (r *reader) word(name string, allowed ...string) string {
	text := r.text(name)
	r.require(name, text == "" || slices.Contains(allowed, text))
	return text
}

// flag reads a boolean in the spellings of several languages.
func (r *reader) flag(name string, fallback bool) bool {
	text := r.text(name)
	if text == "" {
		return fallback
	}
	on, err := strconv.ParseBool(text)
	r.require(name, err == nil)
	return on
}

func (r *reader) integer(name string, fallback int64) int64 {
	text := r.text(name)
	if text == "" {
		return fallback
	}
	n, err := strconv.ParseInt(text, 10, 64)
	r.require(name, err == nil)
	return n
}

// id reads a required positive number.
func (r *reader) id(name string) int64 {
	r.required(name)
	id := r.integer(name, 0)
	r.require(name, id > 0)
	return id
}

// parts splits a comma list. Empty parts, which one SDK sends, are left out.
func (r *reader) parts(name string) []string {
	parts := strings.Split(r.text(name), ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return slices.DeleteFunc(parts, func(part string) bool { return part == "" })
}

// filter lets through what it contains. A nil filter lets everything through.
type filter[T comparable] map[T]bool

func (f filter[T]) passes(v T) bool { return f == nil || f[v] }

// readFilter reads a comma list; nil if it is absent. A list of only empty parts gives an empty
// filter.
func readFilter[T comparable](r *reader, name string, parse func(string) T) filter[T] {
	if r.text(name) == "" {
		return nil
	}
	f := filter[T]{}
	for _, part := range r.parts(name) {
		f[parse(part)] = true
	}
	return f
}

func (r *reader) idFilter(name string) filter[int64] {
	return readFilter(r, name, func(part string) int64 {
		id, err := strconv.ParseInt(part, 10, 64)
		r.require(name, err == nil)
		return id
	})
}

// codeFilter reads a list of currencies, known or not.
func (r *reader) codeFilter(name string) filter[money.Currency] {
	return readFilter(r, name, func(part string) money.Currency { return money.Currency(part) })
}

// code reads a required currency. The error for one that is not known differs by method.
func (r *reader) code(name string, known []money.Currency, unknown apiError) money.Currency {
	code := money.Currency(r.required(name))
	if !slices.Contains(known, code) {
		r.refuse(unknown)
	}
	return code
}

// amount reads more than zero of c.
func (r *reader) amount(c money.Currency) money.Amount {
	text := r.required("amount")
	if r.err != nil {
		return money.Zero(c)
	}
	plain, err := plainDecimal(text)
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

// scientific matches a number with an exponent that is cheap to expand.
var scientific = regexp.MustCompile(`^[0-9]{1,64}(?:\.[0-9]{0,64})?[eE][+-]?[0-9]{1,2}$`)

// plainDecimal expands an exponent, which SDKs send for tiny amounts: "1e-05" becomes "0.00001". A
// text without an exponent is returned as it is, for money.Parse to judge.
func plainDecimal(text string) (string, error) {
	if !strings.ContainsAny(text, "eE") {
		return text, nil
	}
	if !scientific.MatchString(text) {
		return "", errors.New("want digits, at most one point, and an exponent of up to two digits")
	}
	number, _ := new(big.Rat).SetString(text) // it parses whatever matches
	decimals, _ := number.FloatPrec()
	return number.FloatString(decimals), nil
}

// moment reads a time in ISO 8601; without a zone it is UTC.
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

// window is the requested part of a list.
type window struct{ offset, count int }

// window reads offset and count with the real service's odd errors.
func (r *reader) window() window {
	offset, count := r.integer("offset", 0), r.integer("count", defaultCount)
	switch {
	case offset < 0:
		r.refuse(internalError())
	case count < 0:
		r.refuse(appError())
	case count == 0 || count > maxCount:
		r.refuse(invalid("count"))
	}
	return window{offset: int(offset), count: int(count)}
}

// newest turns the items that keep accepts into rows, newest first. The items are oldest first.
func newest[T, Row any](items []T, w window, keep func(T) bool, row func(T) Row) list[Row] {
	rows := list[Row]{Items: []Row{}}
	for _, item := range slices.Backward(items) {
		switch {
		case len(rows.Items) == w.count:
			return rows
		case !keep(item):
		case w.offset > 0:
			w.offset--
		default:
			rows.Items = append(rows.Items, row(item))
		}
	}
	return rows
}
