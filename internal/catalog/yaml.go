package catalog

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// MaxFile is the size of a catalog file in bytes, far more than a thousand products need.
	MaxFile = 1 << 20
	// maxNesting is deeper than any catalog and shallow enough for a recursive reader.
	maxNesting = 16
	// maxFields is far more than the fields of one product in all languages.
	maxFields = 1000
)

// parse returns the YAML document of a catalog, or nil after a fault. It skips a byte order mark,
// which some editors write.
func parse(data []byte, found *faults) *node {
	if len(data) > MaxFile {
		found.add(start, "take out what is not sold any more", "the file is over 1 MiB")
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	found.lines = strings.Split(string(data), "\n")
	if !checkCharacters(data, found) {
		return nil
	}
	body := document(lexer.Tokenize(string(data)), found)
	if body == nil {
		return nil
	}
	c := converter{faults: found, anchors: map[string]*node{}, unused: map[string]position{}}
	root := c.node(body, 0)
	for name, at := range c.unused {
		found.add(at, "take it out, or put the text into quotes", "&%s names a text that nothing refers to", clip(name))
	}
	return root
}

// checkCharacters finds the first character that is invalid in YAML.
func checkCharacters(data []byte, found *faults) bool {
	at := start
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			found.add(at, "save the file as UTF-8", "a byte that is not UTF-8")
			return false
		case r == '\n':
			at = position{line: at.line + 1}
		case r < ' ' && r != '\t' && r != '\r' || r == 0x7f:
			found.add(at, "take it out", "an invisible control character, U+%04X", r)
			return false
		}
		at.column++
		rest = rest[size:]
	}
	return true
}

// document is the body of the only document, or nil after a fault.
func document(tokens token.Tokens, found *faults) ast.Node {
	if !checkStructure(tokens, found) {
		return nil
	}
	// Duplicate fields are found later, with the line of the first.
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		found.addSyntax(err)
		found.partial = true
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.DirectiveType:
		case body != nil:
			found.add(positionOf(doc.Body.GetToken()), "keep one, without a line ---", "a second document in the file")
			return nil
		default:
			body = doc.Body
		}
	}
	if body == nil {
		found.add(start, "begin with shop:, categories: and products:", "the file is empty")
	}
	return body
}

// checkStructure refuses input that the parser, which is recursive and slow with large groups, must
// not get: brackets, or dashes within a line, nested too deep, and a group of too many fields.
// Indentation cannot nest deep in a file of limited size.
func checkStructure(tokens token.Tokens, found *faults) bool {
	open, inLine, line, fields := 0, 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, inLine = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			open++
			fields = 0
		case token.MappingEndType, token.SequenceEndType:
			open = max(open-1, 0)
		case token.SequenceEntryType:
			inLine++
			fields = 0
		case token.MappingKeyType, token.AnchorType, token.TagType:
			inLine++
		case token.MappingValueType:
			fields++
		default:
		}
		switch {
		case open+inLine > maxNesting:
			found.addNesting(positionOf(t))
			return false
		case fields > maxFields:
			found.add(positionOf(t), "see whether this is the catalog file", "over %d fields in one group", maxFields)
			return false
		}
	}
	return true
}

func (f *faults) addNesting(at position) {
	f.add(at, "a catalog needs no more than four levels", "nested too deep")
}

// addSyntax turns an error of the YAML parser into advice.
func (f *faults) addSyntax(err error) {
	var wrong *yaml.SyntaxError
	if !errors.As(err, &wrong) || wrong.Token == nil {
		f.add(start, "check the file with a YAML checker", "not YAML")
		return
	}
	what, remedy := wrong.Message, checkLine
	for _, known := range syntaxAdvice {
		if strings.Contains(wrong.Message, known.message) {
			what, remedy = known.what, known.remedy
			break
		}
	}
	f.add(positionOf(wrong.Token), remedy, "%s", strings.ReplaceAll(what, "\t", `\t`))
}

const (
	checkLine        = "check the spelling and the indentation of this line"
	checkIndentation = "check its indentation"
	useQuotes        = "put the text into quotes"
)

// syntaxAdvice maps a part of the parser's message => our words. The first match counts.
var syntaxAdvice = []struct{ message, what, remedy string }{
	{"'\t' that cannot start any token", "a tab where YAML wants spaces", "indent with spaces"},
	{"mapping value is not allowed", "a colon inside a text", useQuotes},
	{"double-quoted text", "quotes that are never closed", `end the text with "`},
	{"single-quoted text", "quotes that are never closed", "end the text with '"},
	{"end token ']'", "a bracket that is never closed", "end the list with ]"},
	{"end token '}'", "a brace that is never closed", "end it with }"},
	{"is a reserved character", "a character that no bare text may begin with", useQuotes},
	{"unexpected directive", "a character that no bare text may begin with", useQuotes},
	{"value is not allowed in this context", "this line does not continue what is above it", checkIndentation},
	{"unknown escape character", "an unknown \\ escape", `write \\ for a backslash, or use single quotes`},
}
