package telegram

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// refuse makes err the answer, unless it is nil or the call is refused already. A method reads all
// that it needs, goes on with empty values after a refusal, and looks at err before it changes
// anything.
func (p *params) refuse(err error) any {
	if p.err == nil {
		p.err = err
	}
	return nil
}

// str is a parameter as text, or "".
func (p params) str(name string) string { return p.values[name] }

// number is a parameter as a number: the digits that it starts with, as in Telegram; 0 if there are
// none.
func (p params) number(name string) int64 {
	text := strings.TrimSpace(p.str(name))
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && text[0] == '-') {
		end++
	}
	n, err := strconv.ParseInt(text[:end], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// between is a parameter as a number within limits, or the default if it is not given.
func (p params) between(name string, low, high, otherwise int64) int64 {
	if p.str(name) == "" {
		return otherwise
	}
	return min(max(p.number(name), low), high)
}

// decimal is a parameter as a floating point number. A malformed one is 0.
func (p params) decimal(name string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(p.str(name)), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0
	}
	return n
}

// flag is a parameter as a boolean.
func (p params) flag(name string) bool {
	return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(strings.TrimSpace(p.str(name))))
}

// object decodes a JSON parameter and reports whether it was given. what names it in the error of
// text that is no JSON; wrong is the error of JSON of another type, null included.
func (p *params) object(name, what, wrong string, into any) bool {
	text := p.str(name)
	if text == "" {
		return false
	}
	if !json.Valid([]byte(text)) {
		p.refuse(badRequest("can't parse " + what + " JSON object"))
		return false
	}
	if json.Unmarshal([]byte(text), into) != nil || strings.TrimSpace(text) == "null" {
		p.refuse(badRequest(wrong))
		return false
	}
	return true
}

// ids reads a list of message ids.
func (p *params) ids() []int {
	var ids []int
	p.object("message_ids", "message identifiers", "expected an Array of message identifiers", &ids)
	switch {
	case len(ids) == 0:
		p.refuse(badRequest("message identifiers are not specified"))
	case len(ids) > 100:
		p.refuse(badRequest("too many message identifiers specified"))
	}
	return ids
}

// cleanStr is a parameter as text for a message; see cleanText.
func (p *params) cleanStr(name string) string {
	text, err := cleanText(p.str(name))
	p.refuse(err)
	return text
}

// cleanText prepares text for a message: it drops carriage returns, turns control characters into
// spaces, and refuses bytes that are not UTF-8.
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
