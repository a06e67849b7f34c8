package shop

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SuspicionRule says why a unit may not be what the owner meant to sell. The words are answers of
// the commands' API.
type SuspicionRule string

// The rules.
const (
	SuspectJSON       SuspicionRule = "json"       // JSON, of which each line would be sold whole
	SuspectCSV        SuspicionRule = "csv"        // a table with a header, of which each line would be sold whole
	SuspectHeader     SuspicionRule = "header"     // the first line of a file names a column
	SuspectChat       SuspicionRule = "chat"       // several words and no digit, a command, or a question
	SuspectFormatting SuspicionRule = "formatting" // a bullet, a number, quotes or markup around it
	SuspectShort      SuspicionRule = "short"      // shorter than the others by far
	SuspectShape      SuspicionRule = "shape"      // has fewer parts than the others: lacks a separator
	SuspectBlocks     SuspicionRule = "blocks"     // units of several lines, which the catalog does not say, or a list in one piece
	SuspectTexts      SuspicionRule = "texts"      // texts of several lines, of which each would be sold as one file
)

// Suspicion is what one rule found in a list.
type Suspicion struct {
	Rule  SuspicionRule `json:"rule"`
	Count int           `json:"count"` // of the units
	// Examples are the first of them, at most previewShown.
	Examples []FoundUnit `json:"examples"`
}

func (s *Suspicion) add(u FoundUnit) {
	if s.Count++; s.Count <= previewShown {
		s.Examples = append(s.Examples, u)
	}
}

// suspicionRules are the rules for single units, in the order in which they are asked. A unit is
// told about by the first rule that finds it.
//
//nolint:gochecknoglobals // a constant table
var suspicionRules = []struct {
	rule  SuspicionRule
	found func(unit string, first bool, l *listLook) bool
}{
	{SuspectHeader, func(unit string, first bool, l *listLook) bool { return first && l.units > 1 && isHeader(unit) }},
	{SuspectChat, func(unit string, _ bool, _ *listLook) bool { return isChat(unit) }},
	{SuspectFormatting, func(unit string, _ bool, _ *listLook) bool { return isFormattedUnit(unit) }},
	{SuspectShort, func(unit string, _ bool, l *listLook) bool { return l.short(unit) }},
	{SuspectShape, func(unit string, _ bool, l *listLook) bool { return l.lacksPart(unit) }},
}

// Suspect looks for units that may not be what the owner meant to sell. It decides by the look of
// the list alone. Units of several lines are of any look, and are not suspected.
func (l UnitList) Suspect() []Suspicion {
	if l.HasFiles() {
		return l.suspectTexts()
	}
	look := lookAt(l)
	if look.json*10 > look.units*9 {
		return []Suspicion{l.all(SuspectJSON)}
	}
	if look.table() {
		return []Suspicion{l.all(SuspectCSV)}
	}
	found := make([]Suspicion, len(suspicionRules))
	number := 0
	for line, unit := range l.Lines() {
		_, first := slices.BinarySearch(l.starts, number)
		first = first || number == 0
		number++
		if !strings.Contains(unit, "\n") {
			for i, r := range suspicionRules {
				if r.found(unit, first, look) {
					found[i].Rule = r.rule
					found[i].add(FoundUnit{Line: line, Unit: unit})
					break
				}
			}
		}
	}
	var some []Suspicion
	for _, s := range found {
		if s.Count > 0 {
			some = append(some, s)
		}
	}
	return some
}

// all suspects the whole list.
func (l UnitList) all(rule SuspicionRule) Suspicion {
	s := Suspicion{Rule: rule}
	for line, unit := range l.Lines() {
		s.add(FoundUnit{Line: line, Unit: unit})
	}
	return s
}

// chatCommand is a command as Telegram marks it.
var chatCommand = regexp.MustCompile(`^/\w{1,32}(@\w+)?(\s|$)`)

// isChat reports whether a unit looks like something that somebody said.
func isChat(unit string) bool {
	if unit[0] == '/' && chatCommand.MatchString(unit) {
		return true
	}
	words := strings.Fields(unit)
	if asked := strings.TrimRight(unit, "?!？؟"); strings.ContainsAny(unit[len(asked):], "?？؟") {
		return len(words) > 1 || !strings.ContainsFunc(asked, func(r rune) bool { return !unicode.IsLetter(r) })
	}
	return len(words) > 1 && !strings.ContainsFunc(unit, unicode.IsDigit) && strings.ContainsFunc(unit, unicode.IsLetter)
}

// headerWords name columns.
var headerWords = regexp.MustCompile(`(?i)^(keys?|codes?|serials?|licen[cs]es?|log-?ins?|users?|usernames?|e-?mails?|mails?|pass|passwords?|` +
	`tokens?|urls?|links?|accounts?|activation|pins?|vouchers?|coupons?|ключи?|коды?|серийный|лицензи[яи]|логины?|пароли?|пароль|` +
	`почта|токены?|ссылк[аи]|аккаунты?|активаци[яи]|ваучеры?|купоны?)$`)

// isHeader reports whether a unit consists of words, of which one names a column.
func isHeader(unit string) bool {
	if len(unit) > 100 || strings.ContainsFunc(unit, unicode.IsDigit) || strings.Contains(unit, "://") {
		return false
	}
	words := strings.FieldsFunc(unit, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	return slices.ContainsFunc(words, headerWords.MatchString)
}

var (
	bullet = regexp.MustCompile(`^([-*•–—>·]|\d{1,4}[.)])\s`)
	markup = regexp.MustCompile("^(```|~~~)|^(\\*\\*|__|\\|\\|).+(\\*\\*|__|\\|\\|)$|" +
		`(?i)^<(b|i|u|s|p|a|li|em|code|pre|div|span|td|tr|strong)(\s[^>]*)?>|(<br\s?/?>|</\w+>)$|&(amp|lt|gt|quot|nbsp);`)
	quotes = regexp.MustCompile("^(\".*\"|'.*'|`.*`|«.*»|“.*”|„.*“)[,;]?$")
)

// isFormattedUnit reports whether something of a formatted text came along with a unit.
func isFormattedUnit(unit string) bool {
	if strings.IndexByte("-*>\"'`~_|", unit[0]) >= 0 || unit[0] >= utf8.RuneSelf || unit[0] >= '0' && unit[0] <= '9' {
		if bullet.MatchString(unit) || quotes.MatchString(unit) {
			return true
		}
	}
	return strings.ContainsAny(unit, "<&`~*_|") && markup.MatchString(unit)
}

// looksLikeJSON reports whether a unit is a JSON object or array.
func looksLikeJSON(unit string) bool {
	return len(unit) > 1 && (unit[0] == '{' || unit[0] == '[') && json.Valid([]byte(strings.TrimSuffix(unit, ",")))
}
