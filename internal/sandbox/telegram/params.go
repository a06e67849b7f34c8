package telegram

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// str is a parameter as text, or "".
func (p params) str(name string) string { return p.values[name] }

// number is a parameter as a number. What is missing or no number is 0, as in
// Telegram.
func (p params) number(name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(p.values[name]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// flag is a parameter as a truth.
func (p params) flag(name string) bool {
	return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(p.values[name]))
}

// object decodes a parameter that is JSON, and tells whether it was there. what
// names it in the refusal.
func (p params) object(name, what string, into any) (bool, error) {
	text := p.values[name]
	if strings.TrimSpace(text) == "" || text == "null" {
		return false, nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return false, badRequest("can't parse " + what + " JSON object")
	}
	return true, nil
}

// cleanText makes text fit for a message: no carriage returns, control
// characters become spaces, and bytes that are no UTF-8 are refused.
func cleanText(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", badRequest("strings must be encoded in UTF-8")
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return -1
		case r < ' ' && r != '\n':
			return ' '
		default:
			return r
		}
	}, text), nil
}
