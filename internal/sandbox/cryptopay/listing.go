package cryptopay

import "slices"

// How many rows a list holds at most, and where nothing is said.
const (
	maxCount     = 1000
	defaultCount = 100
)

// filter lets through what is in it; a nil filter lets everything through.
type filter[T comparable] map[T]bool

func (f filter[T]) passes(v T) bool { return f == nil || f[v] }

// window is the part of a list that is asked for.
type window struct{ offset, count int }

// window reads offset and count with the real service's odd errors.
func (r *reader) window() window {
	offset, count := r.integer("offset", 0), r.integer("count", defaultCount)
	switch {
	case offset < 0:
		r.refuse(internalError())
	case count < 0:
		r.refuse(appError())
	case count == 0 || count > maxCount:
		r.refuse(invalid("count"))
	}
	return window{offset: int(offset), count: int(count)}
}

// newest picks what is kept, newest first, and turns it into rows. items are in
// the order in which they were made.
func newest[T, Row any](items []T, w window, keep func(T) bool, row func(T) Row) list[Row] {
	rows := list[Row]{Items: []Row{}}
	skip := w.offset
	for _, item := range slices.Backward(items) {
		switch {
		case len(rows.Items) == w.count:
			return rows
		case !keep(item):
		case skip > 0:
			skip--
		default:
			rows.Items = append(rows.Items, row(item))
		}
	}
	return rows
}
