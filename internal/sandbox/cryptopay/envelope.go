package cryptopay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// apiError is a refusal in the API's own words.
type apiError struct {
	Code int    `json:"code"` // the HTTP status
	Name string `json:"name"`
}

func (e apiError) Error() string { return fmt.Sprintf("%d %s", e.Code, e.Name) }

// bad is a refusal with status 400.
func bad(name string) apiError { return apiError{http.StatusBadRequest, name} }

// missing and invalid name the faults for which no real name is known.
func missing(param string) apiError { return bad(strings.ToUpper(param) + "_REQUIRED") }
func invalid(param string) apiError { return bad(strings.ToUpper(param) + "_INVALID") }

// The real service answers some kinds of bad input as if it had broken down.
func appError() apiError {
	return apiError{http.StatusInternalServerError, "APP_ERROR"}
}

func internalError() apiError {
	return apiError{http.StatusInternalServerError, "INTERNAL_SERVER_ERROR"}
}

// success and refusal are the two envelopes.
type success struct {
	OK     bool `json:"ok"`
	Result any  `json:"result"`
}

type refusal struct {
	OK    bool     `json:"ok"`
	Error apiError `json:"error"`
}

// list wraps the results that are not a bare array.
type list[T any] struct {
	Items []T `json:"items"`
}

// reply is an HTTP answer.
type reply struct {
	status      int
	contentType string
	body        []byte
}

func (r reply) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", r.contentType)
	w.WriteHeader(r.status)
	// The client may be gone, and there is nobody else to tell.
	_, _ = w.Write(r.body)
}

func envelope(status int, content any) reply {
	body, err := encode(content)
	if err != nil { // one of our own types cannot be encoded
		return htmlPage(http.StatusInternalServerError)
	}
	return reply{status, "application/json; charset=utf-8", body}
}

func refuse(e apiError) reply { return envelope(e.Code, refusal{Error: e}) }

// htmlPage is what a gateway in front of the service answers.
func htmlPage(status int) reply {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return reply{status, "text/html", fmt.Appendf(nil,
		"<html>\r\n<head><title>%s</title></head>\r\n<body>\r\n<center><h1>%s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
		title, title)}
}

// encode writes v as JavaScript's JSON.stringify would: compact, without the
// escapes that Go adds for HTML and for old JavaScript, no newline at the end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding a %T: %w", v, err)
	}
	return rawSeparators(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// rawSeparators undoes the escapes of U+2028 and U+2029, which encoding/json
// always writes and JSON.stringify never does.
func rawSeparators(text []byte) []byte {
	if !bytes.Contains(text, []byte(`\u202`)) {
		return text
	}
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		size := 1
		switch {
		case bytes.HasPrefix(text, []byte(`\u2028`)):
			out, size = append(out, "\u2028"...), 6
		case bytes.HasPrefix(text, []byte(`\u2029`)):
			out, size = append(out, "\u2029"...), 6
		case text[0] == '\\': // the next byte is escaped, and starts nothing
			size = 2
			out = append(out, text[:2]...)
		default:
			out = append(out, text[0])
		}
		text = text[size:]
	}
	return out
}

// stamp writes a time as the API does; empty for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// now is the time in the API's precision.
func now() time.Time { return time.Now().Truncate(time.Millisecond) }
