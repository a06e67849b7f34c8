package payments

import (
	"encoding/json"
	"errors"
	"iter"
)

const (
	// maxCount is the most rows that the API gives in one answer.
	maxCount = 1000
	// usualPage is how many rows an iterator asks for at once.
	usualPage = 200
	// maxStepsBack is how often an iterator goes back in a list that shrinks under it.
	maxStepsBack = 8
)

// Page is a part of a list. The zero Page is the first 100 rows.
type Page struct {
	Offset int // rows left out
	Count  int // rows at most: 1 to 1000; 0 for 100, in iterators for 200 at a time
}

// list is how the API wraps rows.
type list[T any] struct{ items []T }

func (l *list[T]) UnmarshalJSON(data []byte) error {
	var wire struct {
		Items []T `json:"items"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	if wire.Items == nil { // an empty list is []; no list at all must not pass for one
		return errors.New("a list without items")
	}
	l.items = wire.Items
	return nil
}

// rows goes through a whole list. The API counts offsets in a list that changes
// meanwhile and promises no order, so each page begins with the last row of the
// page before: if that row is not there, rows before it have gone and others were
// passed over, and the iterator steps back. No row comes twice.
func rows[T any](start Page, id func(T) int64, fetch func(Page) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		walk := walker[T]{first: start.Offset, page: start, id: id, seen: map[int64]bool{}}
		if walk.page.Count == 0 {
			walk.page.Count = usualPage
		}
		for {
			items, err := fetch(walk.page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			more := walk.step(items)
			for _, item := range items {
				if walk.fresh(item) && !yield(item, nil) {
					return
				}
			}
			if !more {
				return
			}
		}
	}
}

// walker knows where in a list an iterator is.
type walker[T any] struct {
	first int // where it began
	page  Page
	id    func(T) int64
	seen  map[int64]bool
	back  int // steps back so far
}

// fresh reports whether item is new, and remembers it.
func (w *walker[T]) fresh(item T) bool {
	id := w.id(item)
	known := w.seen[id]
	w.seen[id] = true
	return !known
}

// step sets the next page and reports whether there is one. items is the current
// page, its rows not yet remembered.
func (w *walker[T]) step(items []T) bool {
	joined := w.page.Offset == w.first || len(items) > 0 && w.seen[w.id(items[0])]
	switch {
	case !joined && w.page.Count > 1 && w.back < maxStepsBack:
		w.back++
		w.page.Offset = max(w.first, w.page.Offset-w.page.Count/2)
		return true
	case len(items) < w.page.Count:
		return false
	case w.page.Count == 1:
		w.page.Offset++ // no room for a row that joins
	default:
		w.page.Offset += len(items) - 1
	}
	return true
}
