package telegram

import "strings"

// A quote in MarkdownV2 is a run of lines that begin with '>'. One whose last
// line ends with "||" is folded. "**" before the first line parts it from a quote
// right above.

func (m *markdownReader) lineBegins() bool {
	return m.pos == 0 || m.src[m.pos-1] == '\n'
}

func (m *markdownReader) beginQuote(rest string) {
	if strings.HasPrefix(rest, "**") {
		m.endQuote()
		m.pos += len("**")
	}
	m.pos++ // the '>'
	if m.quote == nil {
		m.quote = &quote{at: m.units}
	}
}

// newline ends the quote unless the next line goes on with it.
func (m *markdownReader) newline() {
	next := m.src[m.pos+1:]
	if m.quote != nil && (m.quote.fold || !strings.HasPrefix(next, ">")) {
		m.endQuote()
	}
	m.char()
}

// endsFold tells whether the "||" here ends a folded quote: nothing that it
// could end is open, and the line ends with it.
func (m *markdownReader) endsFold(rest string) bool {
	after, ok := strings.CutPrefix(rest, "||")
	return ok && len(m.open) == 0 && (after == "" || after[0] == '\n')
}

func (m *markdownReader) endQuote() {
	if m.quote == nil {
		return
	}
	e := Entity{Type: entityQuote, Offset: m.quote.at}
	if m.quote.fold {
		e.Type = entityFoldQuote
	}
	m.quote = nil
	m.mark(e)
}
