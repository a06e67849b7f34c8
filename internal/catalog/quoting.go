package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// bareText finds a text of the catalog that begins with a character of YAML's own, with its field.
// A text in braces may have a language for its field.
var bareText = regexp.MustCompile("(?:^|[\\s{,])(name|title|description|instructions|text|support|[a-z]{2,3}): +([\\[\\]{}*&!?|>%@`\"',#:-].*)$")

// vagueRemedies are those that the advice to use quotes replaces.
var vagueRemedies = []string{checkLine, checkIndentation, useQuotes, "write a text", "leave it out", "fill it in or take the field out"}

// byLanguage is the beginning of texts by language, and bareInBraces one of them without quotes.
var (
	byLanguage   = regexp.MustCompile(`^\{\s*[A-Za-z-]{2,}\s*:`)
	bareInBraces = regexp.MustCompile("[\\s{,]([a-z]{2,3}): +([\\[\\]{}*&!?|>%@`#:-][^,}]*)")
)

// groups are values that begin with such a character and are no bare texts: blocks over several
// lines, and texts in quotes.
var groups = regexp.MustCompile(`^(?:[|>][-+0-9]*\s*(?:#.*)?|"(?:[^"\\]|\\.)*"\s*(?:[,}#].*)?|'(?:[^']|'')*'\s*(?:[,}#].*)?)$`)

// withQuotes adds the advice to use quotes to the remedy of a fault at or in a text without them. A
// bracket or quotes that are never closed stop the parser up to three lines further down.
func (f *faults) withQuotes(fault Fault) Fault {
	least := fault.Line
	if f.partial {
		least -= 3
	}
	for n := fault.Line; n >= max(least, 1) && n <= len(f.lines); n-- {
		text, column := textWithoutQuotes(f.lines[n-1])
		if text == "" || n == fault.Line && fault.Column < column-2 { // the parser may mean the colon
			continue
		}
		advice := "put the text into quotes: " + text
		if n < fault.Line {
			advice = fmt.Sprintf("put the text in line %d into quotes: %s", n, text)
		}
		if !slices.Contains(vagueRemedies, fault.Remedy) {
			advice = fault.Remedy + ", or " + advice
		}
		fault.Remedy = advice
		break
	}
	return fault
}

// textWithoutQuotes is the field and the text of a line as they would be right, and the column
// where the text begins. They are empty if the line has no text that wants quotes.
func textWithoutQuotes(line string) (right string, column int) {
	line = strings.TrimRight(line, " \t\r")
	m := bareText.FindStringSubmatchIndex(line)
	switch {
	case m == nil, line[m[2]:m[3]] == "pay": // a list, and no language
		return "", 0
	case byLanguage.MatchString(line[m[4]:]):
		from := m[4]
		m = bareInBraces.FindStringSubmatchIndex(line[from:])
		if m == nil {
			return "", 0
		}
		for i := range m {
			m[i] += from
		}
	case groups.MatchString(line[m[4]:]):
		return "", 0
	}
	field, text := line[m[2]:m[3]], line[m[4]:m[5]]
	return field + ": '" + clip(strings.ReplaceAll(text, "'", "''")) + "'", utf8.RuneCountInString(line[:m[4]]) + 1
}
