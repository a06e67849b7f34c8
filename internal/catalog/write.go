package catalog

import (
	"bytes"
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"shopbot/internal/money"
)

// lineWidth is how long a text by language may be to stand on one line.
const lineWidth = 100

// YAML writes the draft as a catalog file: what holds anyway is left out, texts of several lines are
// blocks, and texts and prices that another program could misread are in quotes. The same draft is
// always the same text.
func (d *Draft) YAML() []byte {
	w := &writer{languages: d.Shop.Languages}
	w.line(0, "shop:")
	w.entries(1, d.Shop.entries())
	w.line(0, "")
	w.line(0, "categories:")
	for i := range d.Categories {
		w.item(d.Categories[i].entries())
	}
	w.line(0, "")
	w.line(0, "products:")
	for i := range d.Products {
		if i > 0 {
			w.line(0, "")
		}
		w.item(d.Products[i].entries())
	}
	return w.out.Bytes()
}

type writer struct {
	out       bytes.Buffer
	languages []string // in the order in which texts have them
}

func (w *writer) line(depth int, s string) {
	if s != "" {
		w.out.WriteString(strings.Repeat("  ", depth))
	}
	w.out.WriteString(s)
	w.out.WriteByte('\n')
}

// item writes an entry of a list: its first field stands behind the dash.
func (w *writer) item(entries []entry) {
	from := w.out.Len()
	w.entries(2, entries)
	if item := w.out.Bytes()[from:]; len(item) > 2 {
		item[2] = '-'
	}
}

func (w *writer) entries(depth int, entries []entry) {
	for _, e := range entries {
		switch {
		case e.usual:
		case e.word != "":
			w.line(depth, e.name+": "+inline(e.word, e.style))
		case len(e.list) > 0:
			w.line(depth, e.name+": ["+strings.Join(mapped(e.list, e.style), ", ")+"]")
		case len(e.group) > 0:
			w.line(depth, e.name+":")
			w.entries(depth+1, e.group)
		case len(e.text) > 0:
			w.text(depth, e.name, e.text)
		}
	}
}

func mapped(list []string, as style) (words []string) {
	for _, s := range list {
		words = append(words, inline(s, max(as, inBrackets)))
	}
	return words
}

// text writes a text: on one line if that is short, else a line or a block for each language.
func (w *writer) text(depth int, name string, t Text) {
	if plain, ok := t[anyLanguage]; ok && len(t) == 1 {
		w.words(depth, name, plain)
		return
	}
	var parts []string
	codes := w.codes(t)
	for _, code := range codes {
		parts = append(parts, inline(code, inBrackets)+": "+inline(t[code], inBrackets))
	}
	one := name + ": {" + strings.Join(parts, ", ") + "}"
	if utf8.RuneCountInString(one) <= lineWidth && !strings.Contains(one, `\n`) {
		w.line(depth, one)
		return
	}
	w.line(depth, name+":")
	for _, code := range codes {
		w.words(depth+1, inline(code, inBrackets), t[code])
	}
}

// codes are the languages of a text in the shop's order, then any others.
func (w *writer) codes(t Text) []string {
	place := func(code string) int {
		if i := slices.Index(w.languages, code); i >= 0 {
			return i
		}
		return len(w.languages)
	}
	return slices.SortedFunc(maps.Keys(t), func(a, b string) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
}

// words writes one text of any number of lines.
func (w *writer) words(depth int, name, s string) {
	lines := strings.Split(s, "\n")
	if len(lines) == 1 || slices.ContainsFunc(lines, func(l string) bool { return !blockLine.MatchString(l) }) {
		w.line(depth, name+": "+inline(s, asNeeded))
		return
	}
	w.line(depth, name+": |")
	for _, l := range lines {
		w.line(depth+1, l)
	}
}

var (
	// blockLine is a line that a block keeps as it is: it is empty, or begins and ends visibly.
	blockLine = regexp.MustCompile(`^(?:[^\s\x{FEFF}](?:[^\x00-\x1f\x7f-\x9f\x{2028}\x{2029}\x{FEFF}]*[^\s\x{FEFF}])?)?$`)
	// bare is a text that means itself without quotes, to any reader of YAML.
	bare = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N} ,._/()+=$€₽%&*!?;'’“”„«»—–·…@×→-]*$`)
	// special is a word that means something else to some of them.
	special = regexp.MustCompile(`(?i)^(?:[-+0-9._:,]+(?:e[-+]?[0-9]+)?|0[xo][0-9a-f]+|true|false|yes|no|on|off|y|n|null|nan|inf)$`)
)

// style is when a word is in quotes.
type style int

const (
	asNeeded   style = iota
	inBrackets       // also if brackets or a comma would end it
	quoted           // always
	unquoted         // never: it is a number, or true
)

// inline writes a value on one line.
func inline(s string, as style) string {
	plain := bare.MatchString(s) && !strings.HasSuffix(s, " ") && !special.MatchString(s)
	if as == unquoted || plain && (as == asNeeded || as == inBrackets && !strings.Contains(s, ",")) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// price is the number of a price as people write it, such as 10.50; "" for none.
func price(a money.Amount) string {
	switch {
	case a == money.Amount{}:
		return ""
	case IsAsset(a.Currency()):
		return a.Decimal()
	}
	return a.Fixed(Decimals(a.Currency()))
}
