package cryptopay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
)

// params are the parameters of a call, in whatever form they came. JSON numbers and booleans keep
// their source text; null counts as absent.
type params map[string]param

type param struct {
	text      string
	composite bool // a JSON array or object, which no parameter may be
}

// parseParams reads the query string and the body; the body wins if both name a parameter. The HTTP
// method does not matter, and the content type hardly: a body that starts with a brace is JSON, since
// not every client says so.
func parseParams(rawQuery, contentType string, body []byte) (params, error) {
	p := params{}
	if err := p.addForm(rawQuery); err != nil {
		return nil, err
	}
	mediaType, attributes, err := mime.ParseMediaType(contentType)
	if err != nil {
		mediaType = ""
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return p, nil
	case mediaType == "multipart/form-data":
		return p, p.addMultipart(body, attributes["boundary"])
	case body[0] == '{' || strings.HasSuffix(mediaType, "json"):
		return p, p.addJSON(body)
	}
	return p, p.addForm(string(body))
}

func (p params) addForm(text string) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return fmt.Errorf("parse form: %w", err)
	}
	p.addValues(values)
	return nil
}

func (p params) addMultipart(body []byte, boundary string) error {
	if boundary == "" {
		return errors.New("multipart form without a boundary")
	}
	form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(int64(len(body)))
	if err != nil {
		return fmt.Errorf("parse multipart form: %w", err)
	}
	p.addValues(form.Value)
	return form.RemoveAll()
}

func (p params) addValues(values map[string][]string) {
	for name, all := range values {
		if len(all) > 0 {
			p[name] = param{text: strings.ToValidUTF8(all[0], "\uFFFD")}
		}
	}
}

func (p params) addJSON(body []byte) error {
	if string(body) == "[]" { // PHP encodes an empty object as an empty array
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return fmt.Errorf("parse JSON: %w", err)
	}
	for name, raw := range fields {
		switch raw[0] {
		case 'n': // null
		case '{', '[':
			p[name] = param{composite: true}
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return fmt.Errorf("parse JSON: %w", err)
			}
			p[name] = param{text: text}
		default:
			p[name] = param{text: string(raw)}
		}
	}
	return nil
}
