package telegram

import (
	"bytes"
	"io"
	"net/url"
	"slices"
	"strings"
)

// maxDescription limits the words of an error, in bytes.
const maxDescription = 300

// redactor takes secrets out of texts.
type redactor struct {
	*strings.Replacer
	// marks are so chosen that a text with none of them has no secret in it.
	marks [][]byte
}

// newRedactor knows each secret as it is and as it stands in an address. Of a
// token such as "123:ABC" it also knows what follows the colon: that is the
// secret part, and survives every way of quoting.
func newRedactor(secrets ...string) redactor {
	var r redactor
	var pairs []string
	for _, s := range secrets {
		if s == "" {
			continue
		}
		forms := []string{s, url.QueryEscape(s), url.PathEscape(s)}
		if _, tail, ok := strings.Cut(s, ":"); ok && len(tail) >= minSecret {
			forms = append(forms, tail)
		}
		for _, f := range forms {
			pairs = append(pairs, f, "[secret]")
			r.marks = append(r.marks, []byte(f))
		}
	}
	r.Replacer = strings.NewReplacer(pairs...)
	r.marks = shortest(r.marks)
	return r
}

// shortest leaves out every text that contains another.
func shortest(texts [][]byte) (list [][]byte) {
	for i, t := range texts {
		if !slices.ContainsFunc(texts, func(o []byte) bool { return len(o) < len(t) && bytes.Contains(t, o) }) &&
			!slices.ContainsFunc(texts[:i], func(o []byte) bool { return bytes.Equal(t, o) }) {
			list = append(list, t)
		}
	}
	return list
}

// minSecret is the length of the shortest tail of a token that is looked for by
// itself; shorter ones would garble harmless texts.
const minSecret = 8

// text is s without secrets, on one line, of at most maxDescription bytes.
func (r redactor) text(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(r.Replace(s), "?")), " ")
	if len(s) > maxDescription {
		s = strings.ToValidUTF8(s[:maxDescription], "") + "…"
	}
	return s
}

// RedactingWriter passes on what is written with the secrets replaced by
// "[secret]". It is a second line of defence for logs: put it between a
// slog.Handler and its output. A secret is found if it comes in one Write, as
// slog's handlers, which write whole records, do.
func RedactingWriter(w io.Writer, secrets ...string) io.Writer {
	return redactingWriter{to: w, redact: newRedactor(secrets...)}
}

type redactingWriter struct {
	to     io.Writer
	redact redactor
}

func (w redactingWriter) Write(p []byte) (int, error) {
	if !slices.ContainsFunc(w.redact.marks, func(m []byte) bool { return bytes.Contains(p, m) }) {
		return w.to.Write(p) // as nearly always, and a replacer looks at each byte
	}
	if _, err := w.redact.WriteString(w.to, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
