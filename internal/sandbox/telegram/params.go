package telegram

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"shopbot/internal/sandbox/emulate"
)

// Limits of one request. The bytes beyond the file are for the other parameters.
const (
	maxUpload = 50 << 20
	maxBody   = maxUpload + 1<<20
)

// params are the parameters of a call.
type params struct {
	values  emulate.Params
	uploads map[string]emulate.File // by field name
	err     error                   // the first refusal; nil: none
}

func newParams() params { return params{values: emulate.Params{}, uploads: map[string]emulate.File{}} }

// refuse makes err the answer, unless it is nil or the call is refused already. A method reads all
// that it needs, goes on with empty values after a refusal, and looks at err before it changes
// anything.
func (p *params) refuse(err error) any {
	if p.err == nil {
		p.err = err
	}
	return nil
}

// decode reads the parameters from the query string and from a form, multipart or JSON body. The
// query wins, then the first value. Bodies of other types are ignored, as Telegram does.
func decode(w http.ResponseWriter, r *http.Request) (params, error) {
	p := newParams()
	body, err := emulate.ReadBody(w, r, maxBody)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return p, tooLarge()
	}
	if err != nil {
		return p, badRequest("can't read the request")
	}
	if p.values.AddForm(r.URL.RawQuery) != nil {
		return p, badRequest("can't parse the request's address")
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return p, nil // some clients send a type and no body
	}
	mediaType, attributes, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return p, nil //nolint:nilerr // an unreadable type is one of the others
	}
	switch mediaType {
	case "application/x-www-form-urlencoded":
		if p.values.AddForm(string(body)) != nil {
			return p, badRequest("can't parse the form")
		}
	case "application/json":
		if string(bytes.TrimSpace(body)) == "null" || p.values.AddJSON(body) != nil {
			return p, badRequest("can't parse JSON object")
		}
	case "multipart/form-data":
		if p.uploads, err = p.values.AddMultipart(body, attributes["boundary"]); err != nil {
			return p, badRequest("can't parse the multipart form")
		}
		for _, file := range p.uploads {
			if len(file.Data) > maxUpload {
				return p, tooLarge()
			}
		}
	}
	return p, nil
}

// str is a parameter as text, or "".
func (p params) str(name string) string { return p.values[name].Text }

// number is a parameter as a number. A missing or malformed one is 0, as in Telegram.
func (p params) number(name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(p.str(name)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// flag is a parameter as a boolean.
func (p params) flag(name string) bool {
	return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(p.str(name)))
}

// object decodes a JSON parameter and reports whether it was given. what names it in the error.
func (p *params) object(name, what string, into any) bool {
	text := p.str(name)
	if strings.TrimSpace(text) == "" || text == "null" {
		return false
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		p.refuse(badRequest("can't parse " + what + " JSON object"))
		return false
	}
	return true
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
