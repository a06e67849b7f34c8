package telegram

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
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

// params are the parameters of a call, in whatever form they came. Objects keep their JSON text, as
// in a form.
type params struct {
	values  map[string]string
	uploads map[string]upload // by field name
}

type upload struct {
	name string
	data []byte
}

func newParams() params { return params{values: map[string]string{}, uploads: map[string]upload{}} }

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
	if p.addForm(r.URL.RawQuery) != nil {
		return p, badRequest("can't parse the request's address")
	}
	return p, p.addBody(r.Header.Get("Content-Type"), body)
}

func (p params) addBody(contentType string, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil // some clients send a type and no body
	}
	mediaType, attributes, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil //nolint:nilerr // an unreadable type is one of the others
	}
	switch mediaType {
	case "application/x-www-form-urlencoded":
		if p.addForm(string(body)) != nil {
			return badRequest("can't parse the form")
		}
		return nil
	case "application/json":
		return p.addJSON(body)
	case "multipart/form-data":
		return p.addMultipart(body, attributes["boundary"])
	default:
		return nil
	}
}

// add keeps the first value of a name.
func (p params) add(name, value string) {
	if _, found := p.values[name]; !found {
		p.values[name] = value
	}
}

func (p params) addForm(text string) error {
	form, err := url.ParseQuery(text)
	if err != nil {
		return err
	}
	for name, values := range form {
		p.add(name, values[0])
	}
	return nil
}

func (p params) addJSON(body []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(body, &object); err != nil || object == nil {
		return badRequest("can't parse JSON object")
	}
	for name, raw := range object {
		var text string
		switch {
		case string(raw) == "null":
		case json.Unmarshal(raw, &text) == nil:
			p.add(name, text)
		default:
			p.add(name, string(raw))
		}
	}
	return nil
}

func (p params) addMultipart(body []byte, boundary string) error {
	form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(maxBody)
	if err != nil {
		return badRequest("can't parse the multipart form")
	}
	for name, values := range form.Value {
		p.add(name, values[0])
	}
	for name, files := range form.File {
		file, err := files[0].Open()
		if err != nil {
			return badRequest("can't parse the multipart form")
		}
		data, err := io.ReadAll(file)
		switch {
		case err != nil:
			return badRequest("can't parse the multipart form")
		case len(data) > maxUpload:
			return tooLarge()
		}
		p.uploads[name] = upload{filepath.Base(files[0].Filename), data}
	}
	return nil
}

// str is a parameter as text, or "".
func (p params) str(name string) string { return p.values[name] }

// number is a parameter as a number. A missing or malformed one is 0, as in Telegram.
func (p params) number(name string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(p.values[name]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// flag is a parameter as a boolean.
func (p params) flag(name string) bool {
	return slices.Contains([]string{"true", "yes", "1"}, strings.ToLower(p.values[name]))
}

// object decodes a JSON parameter and reports whether it was given. what names it in the error.
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
