package telegram

import (
	"io"
	"net/url"
	"strings"
)

const (
	// maxDescription limits the text of an error, in bytes.
	maxDescription = 300
	// minSecret is the length of the shortest part of a token that is replaced without the rest of
	// it; a shorter one would garble harmless texts.
	minSecret = 8
)

// redactor replaces secrets in texts.
type redactor struct{ *strings.Replacer }

// newRedactor replaces each secret in plain and URL-escaped form. Of a token such as "123:ABC" it
// also replaces the part after the colon alone: that is the secret part, and no way of quoting
// changes it.
func newRedactor(secrets ...string) redactor {
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
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

// text returns s without secrets, on one line, cut to maxDescription bytes.
func (r redactor) text(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(r.Replace(s), "?")), " ")
	if len(s) > maxDescription {
		s = strings.ToValidUTF8(s[:maxDescription], "") + "…"
	}
	return s
}

// RedactingWriter writes to w with the secrets replaced by "[secret]". It is a second line of
// defence for logs: put it between a slog.Handler and its output. It finds a secret that comes in
// one Write, and slog's handlers write a whole record at once.
func RedactingWriter(w io.Writer, secrets ...string) io.Writer {
	return redactingWriter{to: w, redact: newRedactor(secrets...)}
}

type redactingWriter struct {
	to     io.Writer
	redact redactor
}

func (w redactingWriter) Write(p []byte) (int, error) {
	if _, err := w.redact.WriteString(w.to, string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
