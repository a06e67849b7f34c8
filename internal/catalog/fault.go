package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxFaults is how many faults are reported at once: people read no more.
const maxFaults = 50

// Fault is one error in a catalog file, with its position and how to fix it.
type Fault struct { //nolint:errname // the word for an error in a file
	File         string
	Line, Column int // from 1; columns count characters
	What, Remedy string
}

// Error is one line, such as
//
//	catalog.yaml:12:5: unknown field "prise"; did you mean price?
func (f Fault) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; %s", f.File, f.Line, f.Column, f.What, f.Remedy)
}

// Faults lists the faults in an error of Parse; nil if it is another one.
func Faults(err error) (all []Fault) {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	for _, e := range joined.Unwrap() {
		if f, ok := errors.AsType[Fault](e); ok {
			all = append(all, f)
		}
	}
	return all
}

// faults collects the errors of one file.
type faults struct {
	file    string
	lines   []string // of the file
	all     []Fault
	partial bool // whether the rest of the file could not be read
}

// add records a fault: the remedy, and what is wrong as a format with its arguments.
func (f *faults) add(at position, remedy, what string, args ...any) {
	f.all = append(f.all, Fault{
		File: f.file, Line: at.line, Column: at.column,
		What: fmt.Sprintf(what, args...), Remedy: remedy,
	})
}

// err joins the faults in the order of the file, each once, at most maxFaults of them. It returns
// nil if there are none.
func (f *faults) err() error {
	slices.SortStableFunc(f.all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	// An alias is checked everywhere it is used.
	all := slices.Compact(f.all)
	var reported []error
	for _, fault := range all[:min(len(all), maxFaults)] {
		reported = append(reported, f.withQuotes(fault))
	}
	if f.partial {
		reported = append(reported, fmt.Errorf("%s: the rest was not checked; mend this first", f.file))
	}
	if more := len(all) - maxFaults; more > 0 {
		reported = append(reported, fmt.Errorf("%s: and %d more", f.file, more))
	}
	return errors.Join(reported...)
}

// quote formats a value of the file for a message: short, and on one line.
func quote(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// Nearest is the name that was most likely meant, or "" if none is close. The names are lower-case.
func Nearest(wrong string, names []string) string {
	best, least := "", (len(wrong)+2)/3+1
	if len(wrong) > 64 {
		return ""
	}
	for _, name := range names {
		if d := levenshtein.ComputeDistance(strings.ToLower(wrong), name); d < least {
			best, least = name, d
		}
	}
	return best
}

// didYouMean is the remedy for a name that is not in names.
func didYouMean(wrong string, names []string) string {
	if name := Nearest(wrong, names); name != "" {
		return "did you mean " + name + "?"
	}
	if len(names) == 0 {
		return "there are none"
	}
	return "known are " + strings.Join(names, ", ")
}
