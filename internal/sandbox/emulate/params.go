package emulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
)

// Param is a parameter of a call. JSON numbers and booleans keep their source text.
type Param struct {
	Text      string
	Composite bool // a JSON array or object, as its source text
}

// Params are the parameters of a call by name, in whatever form they came. The first value of a
// name wins; null counts as absent.
type Params map[string]Param

// ReadBody reads a request body of up to limit bytes. A larger one is an *http.MaxBytesError.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil { // the request came through no server
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
}

func (p Params) add(name string, value Param) {
	if _, found := p[name]; !found {
		p[name] = value
	}
}

func (p Params) addValues(values map[string][]string) {
	for name, all := range values {
		if len(all) > 0 {
			p.add(name, Param{Text: all[0]})
		}
	}
}

// AddForm adds a query string or an urlencoded form.
func (p Params) AddForm(text string) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return fmt.Errorf("parse form: %w", err)
	}
	p.addValues(values)
	return nil
}

// AddJSON adds the fields of an object. The body null adds nothing.
func (p Params) AddJSON(body []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return fmt.Errorf("parse JSON: %w", err)
	}
	for name, raw := range fields {
		switch raw[0] {
		case 'n': // null
		case '"':
			var text string
			if err := json.Unmarshal(raw, &text); err != nil {
				return fmt.Errorf("parse JSON: %w", err)
			}
			p.add(name, Param{Text: text})
		default:
			p.add(name, Param{Text: string(raw), Composite: raw[0] == '{' || raw[0] == '['})
		}
	}
	return nil
}

// AddMultipart adds the values of a multipart form.
func (p Params) AddMultipart(body []byte, boundary string) error {
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
