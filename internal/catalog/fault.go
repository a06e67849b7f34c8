package catalog

import "fmt"

// Fault is one thing that is wrong in a catalog file, where it is, and what
// would be right.
type Fault struct {
	File         string
	Line, Column int // from 1; columns count characters
	What, Remedy string
}

// Error is one line, such as
// "catalog.yaml:12:5: unknown field "prise"; did you mean price?".
func (f Fault) Error() string {
	where := fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.What)
	if f.Remedy == "" {
		return where
	}
	return where + "; " + f.Remedy
}
