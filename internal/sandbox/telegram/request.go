package telegram

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"shopbot/internal/sandbox/emulate"
)

// Limits of one request. The bytes beyond the file are for the other parameters.
const (
	maxUpload = 50 << 20
	maxBody   = maxUpload + 1<<20
)

// upload is a file that came with a request.
type upload struct {
	Name string // cleaned; see cleanFileName
	Data []byte
}

// params are the parameters of a call. The first value of a name counts.
type params struct {
	values  map[string]string
	uploads map[string]upload // by field name
	err     error             // the first refusal; nil: none
}

func newParams() params { return params{values: map[string]string{}, uploads: map[string]upload{}} }

func (p params) add(name, value string) {
	if _, found := p.values[name]; !found {
		p.values[name] = value
	}
}

// decode reads the parameters from the query string and from a form, multipart or JSON body, as the
// Bot API server does: the query wins, and a body that is not what its type says gives the
// parameters up to its fault. Only a multipart body can be refused. Source: HttpReader.cpp of
// tdlib/td (2026).
func decode(w http.ResponseWriter, r *http.Request) (params, error) {
	p := newParams()
	body, err := readBody(w, r)
	if err != nil {
		return p, err
	}
	p.addForm(r.URL.RawQuery)
	if len(body) == 0 {
		return p, nil
	}
	contentType := r.Header.Get("Content-Type")
	switch kind := strings.ToLower(contentType); {
	case strings.Contains(kind, "multipart/form-data"):
		return p, p.addMultipart(body, contentType)
	case strings.Contains(kind, "application/x-www-form-urlencoded"):
		p.addForm(string(body))
	case strings.Contains(kind, "application/json"):
		p.addJSON(body)
	}
	return p, nil
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := emulate.ReadBody(w, r, maxBody)
	if _, tooBig := errors.AsType[*http.MaxBytesError](err); tooBig {
		return nil, tooLarge()
	}
	if err != nil {
		return nil, badRequest("can't read the request")
	}
	var unpacked io.Reader
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "":
		return body, nil
	case "gzip":
		unpacked, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		unpacked, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return nil, refusal(http.StatusUnsupportedMediaType, "unsupported content-encoding")
	}
	if err != nil {
		return nil, badRequest("can't unpack the request: " + err.Error())
	}
	body, err = io.ReadAll(io.LimitReader(unpacked, maxBody+1))
	switch {
	case err != nil:
		return nil, badRequest("can't unpack the request: " + err.Error())
	case len(body) > maxBody:
		return nil, tooLarge()
	}
	return body, nil
}

// addForm adds a query string or an urlencoded form. Package net/url refuses semicolons and a bare
// percent sign; the server takes them as they are.
func (p params) addForm(text string) {
	for text != "" {
		var pair string
		pair, text, _ = strings.Cut(text, "&")
		name, value, _ := strings.Cut(pair, "=")
		p.add(unescapeURL(name, true), unescapeURL(value, true))
	}
}

// unescapeURL decodes percent signs that two hexadecimal digits follow, and leaves the others.
func unescapeURL(s string, plusIsSpace bool) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%' && i+2 < len(s) && hexDigit(s[i+1]) >= 0 && hexDigit(s[i+2]) >= 0:
			c = byte(hexDigit(s[i+1])<<4 | hexDigit(s[i+2])) //nolint:gosec // two digits fit into a byte
			i += 2
		case c == '+' && plusIsSpace:
			c = ' '
		}
		out.WriteByte(c)
	}
	return out.String()
}

// hexDigit is the value of a hexadecimal digit, or negative.
func hexDigit(c byte) int {
	if c >= 'A' && c <= 'F' {
		c += 'a' - 'A'
	}
	return strings.IndexByte("0123456789abcdef", c)
}

// addJSON adds the fields of an object: texts decoded, anything else as its source text, so that
// null is the text "null". A body that is one text is the parameter "content". What follows a fault
// is ignored.
func (p params) addJSON(body []byte) {
	d := json.NewDecoder(bytes.NewReader(body))
	first, err := d.Token()
	if text, isText := first.(string); isText && err == nil && !d.More() {
		p.add("content", text)
	}
	if err != nil || first != json.Delim('{') {
		return
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return
		}
		text := string(value)
		if value[0] == '"' && json.Unmarshal(value, &text) != nil {
			return
		}
		key, _ := name.(string)
		p.add(key, text)
	}
}
