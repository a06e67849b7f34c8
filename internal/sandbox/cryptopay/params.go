package cryptopay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"
)

// params are the parameters of a call, in whatever form they came. JSON numbers
// and booleans are kept as the text that stood there; null counts as absent.
type params map[string]param

type param struct {
	text      string
	composite bool // a JSON array or object, which no parameter may be
}

// parseParams reads query string and body together; the body wins where both
// name a parameter. The verb does not matter, and the content type hardly: a body
// that begins with a brace is JSON, since not every client says so.
func parseParams(rawQuery, contentType string, body []byte) (params, error) {
	p := params{}
	if err := p.addForm(rawQuery); err != nil {
		return nil, err
	}
	kind, attributes, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return p, nil
	case kind == "multipart/form-data":
		return p, p.addMultipart(body, attributes["boundary"])
	case body[0] == '{' || strings.HasSuffix(kind, "json"):
		return p, p.addJSON(body)
	}
	return p, p.addForm(string(body))
}

func (p params) addForm(text string) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return fmt.Errorf("form: %w", err)
	}
	p.addValues(values)
	return nil
}

func (p params) addMultipart(body []byte, boundary string) error {
	if boundary == "" {
		return fmt.Errorf("multipart form without a boundary")
	}
	form, err := multipart.NewReader(bytes.NewReader(body), boundary).ReadForm(int64(len(body)))
	if err != nil {
		return fmt.Errorf("multipart form: %w", err)
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
	// PHP writes an empty object as an empty array.
	if string(body) == "[]" {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return fmt.Errorf("JSON: %w", err)
	}
	for name, raw := range fields {
		switch raw[0] {
		case 'n': // null
		case '{', '[':
			p[name] = param{composite: true}
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return fmt.Errorf("JSON: %w", err)
			}
			p[name] = param{text: text}
		default:
			p[name] = param{text: string(raw)}
		}
	}
	return nil
}
