package telegram

import (
	"bytes"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxBoundary limits the boundary of a multipart form, in bytes.
const maxBoundary = 70

// addMultipart adds a multipart form. Package mime/multipart refuses headers that the Bot API
// server takes, and loses parts without a name. This is the server's own way, by HttpReader.cpp of
// tdlib/td (2026): what stands between the boundaries is read to the byte, and every fault has an
// error.
func (p params) addMultipart(body []byte, contentType string) error {
	boundary, err := boundaryOf(contentType)
	if err != nil {
		return err
	}
	_, rest, found := bytes.Cut(body, boundary[len("\r\n"):])
	for found && !bytes.HasPrefix(rest, []byte("--")) {
		header, after, complete := bytes.Cut(rest, []byte("\r\n\r\n"))
		if !complete {
			found = false
			break
		}
		if len(header) == 0 {
			return badRequest("headers in multipart/form-data are empty")
		}
		part, err := parsePart(string(header[min(len(header), len("\r\n")):]))
		if err != nil {
			return err
		}
		var content []byte
		if content, rest, found = bytes.Cut(after, boundary); !found {
			break
		}
		if err := p.addPart(part, content); err != nil {
			return err
		}
	}
	if !found { // the server would wait for the rest until the client gives up
		return badRequest("the multipart form ends before its last boundary")
	}
	return nil
}

// boundaryOf returns what separates the parts, with the line break and dashes before it.
func boundaryOf(contentType string) ([]byte, error) {
	at := strings.Index(strings.ToLower(contentType), "boundary")
	if at < 0 {
		return nil, badRequest("boundary not found")
	}
	_, value, found := strings.Cut(contentType[at:], "=")
	if !found {
		return nil, badRequest("boundary value not found")
	}
	value, _, _ = strings.Cut(value, ";")
	if n := len(value); n > 1 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	if value == "" || len(value) > maxBoundary {
		return nil, badRequest("boundary too big or empty")
	}
	return []byte("\r\n--" + value), nil
}

// part is what the headers say about one part of a form.
type part struct {
	name, contentType string
	fileName          *string // nil: not a file
}

func (p params) addPart(part part, content []byte) error {
	switch {
	case part.fileName != nil && len(content) > maxUpload:
		return tooLarge()
	case part.fileName != nil:
		if _, found := p.uploads[part.name]; !found {
			p.uploads[part.name] = upload{cleanFileName(*part.fileName), bytes.Clone(content)}
		}
	case strings.HasPrefix(part.contentType, "application/x-www-form-urlencoded"):
		p.addForm(string(content))
	default:
		p.add(part.name, string(content))
	}
	return nil
}

func parsePart(header string) (p part, err error) {
	header = strings.NewReplacer("\r\n ", "  ", "\r\n\t", "  ").Replace(header) // folded lines
	for line := range strings.SplitSeq(header, "\r\n") {
		name, value, found := strings.Cut(line, ":")
		if !found {
			return p, badRequest("can't parse form data headers")
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "content-disposition":
			err = p.parseDisposition(value)
		case "content-type":
			p.contentType = value
		}
		if err != nil {
			return p, err
		}
	}
	if p.name == "" {
		return p, badRequest("field name in multipart/form-data not found")
	}
	return p, nil
}

func (p *part) parseDisposition(header string) error {
	rest, ok := strings.CutPrefix(header, "form-data;")
	if !ok {
		return badRequest("expected form-data content disposition")
	}
	for {
		key, after, found := strings.Cut(rest, "=")
		if !found {
			return nil
		}
		value, remaining, err := dispositionValue(strings.TrimLeft(after, " \t"))
		if err != nil {
			return err
		}
		rest = remaining
		value = unescapeURL(value, false)
		switch strings.TrimSpace(key) {
		case "name":
			p.name = value
		case "filename":
			p.fileName = &value
		}
	}
}

// dispositionValue reads one value: in quotes with escapes, or else up to the next semicolon.
func dispositionValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return strings.TrimSpace(value), rest, nil
	}
	var out strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			rest = strings.TrimSpace(s[i+1:])
			if rest != "" && rest[0] != ';' {
				return "", "", badRequest("expected ';' in Content-Disposition header")
			}
			return out.String(), strings.TrimPrefix(rest, ";"), nil
		case s[i] == '\\' && i+1 == len(s):
			return "", "", badRequest("wrong escape sequence in Content-Disposition header")
		case s[i] == '\\':
			i++
		}
		out.WriteByte(s[i])
	}
	return "", "", badRequest("unclosed quoted string in Content-Disposition header")
}

// Limits of a file's name in characters.
const (
	maxStem      = 60
	maxExtension = 20
)

// cleanFileName is the name under which the server keeps a file: without its folder, and without
// characters that some file system refuses. Source: filesystem.cpp of tdlib/td.
func cleanFileName(name string) string {
	const none = "file"
	if !utf8.ValidString(name) {
		return none
	}
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	extension := path.Ext(name)
	stem := cleanNamePart(strings.TrimSuffix(name, extension), maxStem)
	extension = cleanNamePart(strings.TrimPrefix(extension, "."), maxExtension)
	switch {
	case stem == "" && extension == "":
		return none
	case stem == "" || extension == "":
		return stem + extension
	}
	return stem + "." + extension
}

func cleanNamePart(name string, limit int) string {
	var out []rune
	for _, r := range name {
		if !keptInNames(r) {
			if unicode.Is(unicode.Mn, r) {
				continue
			}
			r = ' '
		}
		if len(out) == limit {
			break
		}
		if len(out) > 0 || r != ' ' && r != '.' {
			out = append(out, r)
		}
	}
	return strings.TrimRight(string(out), " .")
}

func keptInNames(r rune) bool {
	if r < 127 {
		return r >= ' ' && !strings.ContainsRune("<>:\"/\\|?*&`'", r)
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}
