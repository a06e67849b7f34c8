package cryptopay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"shopbot/internal/money"
)

// apiError is an error answer in the API's own words.
type apiError struct {
	Code    int // the HTTP status
	Name    string
	allowed []money.Currency // of an asset error, the assets that there are
}

// MarshalJSON writes the error as the API does.
func (e apiError) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Code    int              `json:"code"`
		Name    string           `json:"name"`
		Allowed []money.Currency `json:"allowed_crypto_assets,omitempty"`
	}{e.Code, e.Name, e.allowed})
}

func (e apiError) Error() string { return fmt.Sprintf("%d %s", e.Code, e.Name) }

// bad is an error with status 400.
func bad(name string) apiError { return apiError{Code: http.StatusBadRequest, Name: name} }

// missing and invalid name the errors for which no real name is known.
func missing(param string) apiError { return bad(strings.ToUpper(param) + "_REQUIRED") }
func invalid(param string) apiError { return bad(strings.ToUpper(param) + "_INVALID") }

func methodDisabled() apiError { return apiError{Code: http.StatusForbidden, Name: "METHOD_DISABLED"} }

// The real service answers some kinds of bad input as if it had crashed.
func appError() apiError { return apiError{Code: http.StatusInternalServerError, Name: "APP_ERROR"} }

func internalError() apiError {
	return apiError{Code: http.StatusInternalServerError, Name: "INTERNAL_SERVER_ERROR"}
}

// success and failure are the two envelopes.
type success struct {
	OK     bool `json:"ok"`
	Result any  `json:"result"`
}

type failure struct {
	OK    bool     `json:"ok"`
	Error apiError `json:"error"`
}

// list wraps the results that are not a bare array.
type list[T any] struct {
	Items []T `json:"items"`
}

// reply is an answer in its envelope.
type reply struct {
	status   int
	envelope any
}

func refuse(e apiError) reply { return reply{e.Code, failure{Error: e}} }

func (r reply) write(w http.ResponseWriter) {
	body, err := encode(r.envelope)
	if err != nil { // one of our own types cannot be encoded
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(r.status)
	_, _ = w.Write(body) // the client may be gone
}

// escapes matches each escape sequence of JSON as a whole or by its first two bytes.
var escapes = regexp.MustCompile(`\\(?:u2028|u2029|.)`)

// encode writes v as JavaScript's JSON.stringify does: compact, without the escapes that Go adds
// for HTML and for the line separators U+2028 and U+2029, without a final newline.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	body := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if !bytes.Contains(body, []byte(`\u202`)) {
		return body, nil
	}
	return escapes.ReplaceAllFunc(body, func(escape []byte) []byte {
		switch string(escape) {
		case `\u2028`:
			return []byte("\u2028")
		case `\u2029`:
			return []byte("\u2029")
		}
		return escape
	}), nil
}

// stamp formats a time as the API does; empty for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// now is the time in the API's precision.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }
