package shop

import (
	"strings"
	"unicode/utf8"
)

// listLook is what the units of a list have in common. It takes a fixed amount of memory.
type listLook struct {
	units   int
	json    int // units that are JSON
	first   string
	lengths [MaxUnitBytes + 1]int // units by how many characters they have
	// parts counts units by how often they have each of separators.
	parts [len(separators)][maxParts + 1]int

	usual  int // what nearly all units have in length; 0 if they differ
	common int // the length that nearly all units reach
	// least is how many of each separator nearly all units have; 0 if they differ.
	least [len(separators)]int
}

// separators are what units put between their parts.
const separators = "-:;,|@/\t "

// maxParts is how many separators are told apart.
const maxParts = 20

// Rules that compare a unit with the others need at least fewUnits, and what nearly all of them
// have: at least 95 of 100.
const (
	fewUnits   = 10
	nearlyAll  = 95
	longEnough = 8 // characters of a unit that can be called cut off
)

func lookAt(l UnitList) *listLook {
	look := &listLook{}
	for unit := range l.All() {
		if look.units == 0 {
			look.first = unit
		}
		look.units++
		look.lengths[utf8.RuneCountInString(unit)]++
		for i := range separators {
			look.parts[i][min(strings.Count(unit, separators[i:i+1]), maxParts)]++
		}
		if looksLikeJSON(unit) {
			look.json++
		}
	}
	look.sum()
	return look
}

func (l *listLook) sum() {
	if l.units < fewUnits {
		return
	}
	shorter := 0
	for length, n := range l.lengths {
		if l.nearlyAll(n) {
			l.usual = length
		}
		if l.common == 0 && shorter+n > l.units*(100-nearlyAll)/100 {
			l.common = length
		}
		shorter += n
	}
	for i := range separators {
		for times, n := range l.parts[i] {
			if times > 0 && times < maxParts && l.nearlyAll(n) {
				l.least[i] = times
			}
		}
	}
}

func (l *listLook) nearlyAll(n int) bool { return n*100 >= l.units*nearlyAll }

// short reports whether a unit has half the length that nearly all others reach, or less than the
// length that nearly all others have.
func (l *listLook) short(unit string) bool {
	length := utf8.RuneCountInString(unit)
	return l.common >= longEnough && length*2 <= l.common || l.usual >= longEnough && length < l.usual
}

// lacksPart reports whether a unit has a separator less often than nearly all others, which have it
// equally often.
func (l *listLook) lacksPart(unit string) bool {
	for i, least := range l.least {
		if least > 0 && strings.Count(unit, separators[i:i+1]) < least {
			return true
		}
	}
	return false
}

// table reports whether a list is a table with a header: the first line has names of columns, and
// nearly all lines have as many separators of columns as it has.
func (l *listLook) table() bool {
	if l.units < 2 || !isHeader(l.first) {
		return false
	}
	for _, comma := range ",;\t" {
		columns := strings.Count(l.first, string(comma))
		i := strings.IndexRune(separators, comma)
		if columns > 0 && columns < maxParts && l.nearlyAll(l.parts[i][columns]) {
			return true
		}
	}
	return false
}
