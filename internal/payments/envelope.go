package payments

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"unicode"
)

// errNotTheAPI says that something else than the API answered, such as a gateway.
var errNotTheAPI = errors.New("not an answer of the API")

// longestExcerpt is how much of a strange answer an error shows, in characters.
const longestExcerpt = 120

// excerptSource is how many bytes of a strange answer an excerpt is made from.
const excerptSource = 4 << 10

// longestName is more than any error name has, in characters.
const longestName = 64

// envelope is what every answer of the API comes in.
type envelope struct {
	OK     *bool           `json:"ok"`
	Result json.RawMessage `json:"result"`
	Error  object          `json:"error"`
}

// open takes the result out of an answer, or says what is wrong with it.
func (c *Client) open(status int, data []byte) (json.RawMessage, *Error) {
	var e envelope
	err := json.Unmarshal(data, &e)
	switch {
	case err != nil, e.OK == nil:
		return nil, c.strange(status, data)
	case !*e.OK && e.Error.text("name") != "":
		return nil, c.refusal(status, e)
	case *e.OK && status/100 == 2 && len(e.Result) > 0 && string(e.Result) != "null":
		return e.Result, nil
	}
	return nil, c.strange(status, data)
}

func (c *Client) refusal(status int, e envelope) *Error {
	code := status
	if n := e.Error.integer("code"); n >= 100 && n < 600 {
		code = int(n)
	}
	outcome := outcomeOf(code)
	if status >= 500 {
		outcome = OutcomeUnknown
	}
	return &Error{Status: status, Code: code, Name: c.excerpt(e.Error.text("name"), longestName), Outcome: outcome}
}

func (c *Client) strange(status int, data []byte) *Error {
	return &Error{
		Status: status, Outcome: outcomeOf(status), cause: errNotTheAPI,
		detail: c.excerpt(string(data), longestExcerpt),
	}
}

var (
	invisible = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)>|<!--.*?-->`)
	tag       = regexp.MustCompile(`(?s)<[^<>]*>`)
)

// excerpt is the beginning of what a person would see of text: one line, no
// tags, no control characters, no token.
func (c *Client) excerpt(text string, longest int) string {
	text = c.redact(strings.ToValidUTF8(text, "\uFFFD"))
	text = text[:min(len(text), excerptSource)]
	text = tag.ReplaceAllString(invisible.ReplaceAllString(text, " "), " ")
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	runes := []rune(c.redact(strings.Join(strings.Fields(text), " ")))
	if len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return string(runes)
}
