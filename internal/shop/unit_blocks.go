package shop

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// blockMarks are lines that only units of several lines have. has is a part of such a line, which
// is looked for first, since it is much faster.
//
//nolint:gochecknoglobals // a constant table
var blockMarks = []struct {
	has  []string
	line *regexp.Regexp
	what string
}{
	{[]string{"-----BEGIN "}, regexp.MustCompile(`(?m)^-----BEGIN [A-Z0-9 ]+-----[ \t]*$`), "PEM blocks (keys, certificates, messages)"},
	{[]string{"[Interface]", "[Peer]"}, regexp.MustCompile(`(?m)^[ \t]*\[(Interface|Peer)\][ \t]*$`), "WireGuard configurations"},
	{
		[]string{"<ca>", "<cert>", "<key>", "<tls-", "dev tun", "remote "},
		regexp.MustCompile(`(?m)^[ \t]*(<(ca|cert|key|tls-auth|tls-crypt)>|dev tun\d*|remote \S+ \d+( (tcp|udp)\w*)?)[ \t]*$`),
		"OpenVPN configurations",
	},
}

// looksLikeBlocks names what a text looks like if its units have several lines; "" for one that has
// one unit a line.
func looksLikeBlocks(text []byte) string {
	for _, mark := range blockMarks {
		for _, part := range mark.has {
			if bytes.Contains(text, []byte(part)) && mark.line.Match(text) {
				return mark.what
			}
		}
	}
	if isDocument(text) {
		return "one JSON document over several lines"
	}
	if hasFieldBlocks(text) {
		return "units of several fields, each in a line of its own"
	}
	return ""
}

// isDocument reports whether a text is JSON, none of whose parts is a line.
func isDocument(text []byte) bool {
	text = bytes.TrimFunc(text, unseen)
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	first, _, several := bytes.Cut(text, []byte("\n"))
	return several && !json.Valid(first) && json.Valid(text)
}

// field is a line such as "Password: x".
var field = regexp.MustCompile(`^([\pL\pN][\pL\pN _/-]{0,30}):[ \t]*\S`)

// hasFieldBlocks reports whether a text is blocks of fields, of which nothing but the beginning is
// looked at. A block has several fields, each once; a blank line ends it, and so does the field
// that every block begins with. A single block is one if two of its fields have usual names, since
// a list of user:pass looks like a block as well.
func hasFieldBlocks(text []byte) bool {
	const looked = 200 // lines
	var blocks [][]string
	begin, lines := true, 0
	for line := range bytes.Lines(text) {
		if lines++; lines > looked {
			break
		}
		line = trimUnit(line)
		if len(line) == 0 {
			begin = true
			continue
		}
		m := field.FindSubmatch(line)
		if m == nil {
			return false
		}
		name := strings.ToLower(string(m[1]))
		if begin || name == blocks[0][0] {
			blocks = append(blocks, nil)
			begin = false
		}
		last := &blocks[len(blocks)-1]
		if slices.Contains(*last, name) {
			return false
		}
		*last = append(*last, name)
	}
	if lines > looked {
		blocks = blocks[:len(blocks)-1] // it may be cut off
	}
	for _, names := range blocks {
		if len(names) < 2 || names[0] != blocks[0][0] {
			return false
		}
	}
	return len(blocks) > 1 || len(blocks) == 1 && usualFields(blocks[0]) > 1
}

func usualFields(names []string) (n int) {
	for _, name := range names {
		if isHeader(name) {
			n++
		}
	}
	return n
}

// suspectBlocks asks about a list that may be split into units in another way than its owner means:
// into units of several lines although the catalog does not say so, or, because no separator was
// found, into a single one.
func (l UnitList) suspectBlocks(catalog string) (Suspicion, bool) {
	if l.separator == "" || l.separator == zipSeparator || l.separator == catalog && l.count != 1 {
		return Suspicion{}, false
	}
	s := Suspicion{Rule: SuspectBlocks}
	for line, unit := range l.Lines() {
		if strings.Contains(unit, "\n") {
			s.add(FoundUnit{Line: line, Unit: unit})
		}
	}
	if l.separator == catalog && looksLikeBlocks(l.text) != "" {
		return Suspicion{}, false // a single configuration
	}
	return s, s.Count > 0
}
