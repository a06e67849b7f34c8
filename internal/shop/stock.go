package shop

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Stock is how many units of a product there are.
type Stock struct {
	Free     int `json:"free"`     // for sale now
	Reserved int `json:"reserved"` // held by orders that are still to be paid
	Sold     int `json:"sold"`     // owned by orders
}

// StockAdded is what became of a list of keys.
type StockAdded struct {
	Added      int `json:"added"`
	Duplicates int `json:"duplicates"` // in the list twice, in stock, or sold before: left out
}

// SoldOutError is an ErrNoStock that says how many there are.
type SoldOutError struct {
	SKU  string
	Left int
}

func (e *SoldOutError) Error() string {
	return fmt.Sprintf("%s: %v: %d left", e.SKU, ErrNoStock, e.Left)
}

func (e *SoldOutError) Unwrap() error { return ErrNoStock }

// Limits of a list of keys. A key has to fit into one chat message with room to spare.
const (
	MaxKeyBytes  = 2000
	MaxListBytes = 20 << 20
)

// ErrBadKeys says what is wrong with a list of keys, and in which line.
var ErrBadKeys = errors.New("the list of keys cannot be loaded")

// ParseKeys reads one key a line. Blank lines, the blanks around a key and a
// byte order mark are dropped; an error names the line, and then nothing of the
// list may be used. It wraps ErrBadKeys.
func ParseKeys(list []byte) ([]string, error) {
	switch {
	case len(list) > MaxListBytes:
		return nil, fmt.Errorf("%w: %d MB is the most", ErrBadKeys, MaxListBytes>>20)
	case !utf8.Valid(list):
		return nil, fmt.Errorf("%w: it is not UTF-8 text; save it as UTF-8", ErrBadKeys)
	}
	var keys []string
	number := 0
	for line := range strings.Lines(strings.TrimPrefix(string(list), "\uFEFF")) {
		number++
		key := strings.TrimSpace(line)
		switch {
		case key == "":
			continue
		case len(key) > MaxKeyBytes:
			return nil, fmt.Errorf("%w: line %d is longer than %d bytes", ErrBadKeys, number, MaxKeyBytes)
		case strings.ContainsFunc(key, isControl):
			return nil, fmt.Errorf("%w: line %d holds a control character", ErrBadKeys, number)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func isControl(r rune) bool { return unicode.IsControl(r) && r != '\t' }
