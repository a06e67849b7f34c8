package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// maxFaults is how many faults are told at once: more would not be read.
const maxFaults = 50

// Fault is one thing that is wrong in a catalog file, where it is, and what
// would be right.
type Fault struct { //nolint:errname // the word for what is wrong in a file
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

// faults collects what is wrong in one file.
type faults struct {
	file string
	all  []Fault
}

// add notes a fault: what is wrong as a format with its arguments, and the remedy.
func (f *faults) add(at position, remedy, what string, args ...any) {
	f.all = append(f.all, Fault{
		File: f.file, Line: at.line, Column: at.column,
		What: fmt.Sprintf(what, args...), Remedy: remedy,
	})
}

// err joins the faults in the order of the file, each once, at most maxFaults
// of them; nil where there are none.
func (f *faults) err() error {
	slices.SortStableFunc(f.all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	// An alias is checked at each place where it stands.
	all := slices.Compact(f.all)
	var told []error
	for _, fault := range all[:min(len(all), maxFaults)] {
		told = append(told, fault)
	}
	if more := len(all) - maxFaults; more > 0 {
		told = append(told, fmt.Errorf("%s: and %d more", f.file, more))
	}
	return errors.Join(told...)
}

// quote shows a value of the file in a message: short, and on one line.
func quote(s string) string { return strconv.Quote(clip(s)) }

func clip(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
