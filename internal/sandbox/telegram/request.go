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
)

// Limits of one request. The bytes over the file are for the other parameters.
const (
	maxUpload  = 50 << 20
	maxBody    = maxUpload + 1<<20
	maxFormKey = 1000 // parameters of one request
)

// params are the parameters of a call, whatever form it had. Objects are kept
// as their JSON text, as forms carry them.
type params struct {
	values  map[string]string
	uploads map[string]upload // by field name
}

type upload struct {
	name string
	data []byte
}

// decode reads a request's parameters from the address and from a body that is
// urlencoded, multipart or JSON. The address wins, then what comes first.
// Bodies of other types are ignored, as Telegram does.
func decode(w http.ResponseWriter, r *http.Request) (params, error) {
	p := params{values: map[string]string{}, uploads: map[string]upload{}}
	body, err := readBody(w, r)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return p, tooLarge()
	}
	if err != nil {
		return p, badRequest("can't read the request")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return p, badRequest("can't parse the request's address")
	}
	p.addAll(query)
	return p, p.addBody(r.Header.Get("Content-Type"), body)
}

// readBody reads the body of a request, which may have come without a server in
// between and so without a body at all.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

func (p params) addBody(contentType string, body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil // some clients name a type and then send nothing
	}
	kind, attributes, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil //nolint:nilerr // a type that cannot be read is one of the others
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return badRequest("can't parse the form")
		}
		p.addAll(form)
		return nil
	case "application/json":
		return p.addJSON(body)
	case "multipart/form-data":
		return p.addMultipart(multipart.NewReader(bytes.NewReader(body), attributes["boundary"]))
	default:
		return nil
	}
}

// add keeps the first value of a name.
func (p params) add(name, value string) {
	if _, there := p.values[name]; !there {
		p.values[name] = value
	}
}

func (p params) addAll(form url.Values) {
	for name, values := range form {
		p.add(name, values[0])
	}
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

func (p params) addMultipart(form *multipart.Reader) error {
	for range maxFormKey {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return badRequest("can't parse the multipart form")
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return badRequest("can't parse the multipart form")
		}
		if err := p.addPart(part, data); err != nil {
			return err
		}
	}
	return badRequest("too many parameters")
}

func (p params) addPart(part *multipart.Part, data []byte) error {
	name := part.FormName()
	if part.FileName() == "" {
		p.add(name, string(data))
		return nil
	}
	if len(data) > maxUpload {
		return tooLarge()
	}
	if _, there := p.uploads[name]; !there {
		p.uploads[name] = upload{name: filepath.Base(part.FileName()), data: data}
	}
	return nil
}
