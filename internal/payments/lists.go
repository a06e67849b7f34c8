package payments

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"shopbot/internal/money"
)

const (
	// maxCount is the most rows that the API gives in one answer.
	maxCount = 1000
	// usualPage is how many rows an iterator asks for at once.
	usualPage = 200
	// maxStepsBack is how often an iterator goes back in a list that shrinks meanwhile.
	maxStepsBack = 8
	// maxStale is how many pages in a row may hold nothing but rows that came before: as many as
	// come when rows are added faster than they are read.
	maxStale = 20
	// clockSkew is how far apart our clock and the API's may be.
	clockSkew = 5 * time.Minute
	// provenOrder is how many rows in a row, each older than the one before, prove that a list has
	// the newest first.
	provenOrder = 50
)

// errEndless ends a list of which no end is in sight.
var errEndless = fmt.Errorf("the list does not end: %d pages in a row hold only rows that came before, as of a server that ignores offset",
	maxStale)

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

// getList calls a method that lists rows. v has the method's name; more are the parameters that
// only this method has.
func getList[T any](
	ctx context.Context, c *Client, v validator, page Page,
	idsField string, ids []int64, assets []money.Currency, more params,
) ([]T, error) {
	v.codes("asset", assets...)
	v.ids(idsField, ids...)
	v.page(page)
	if err := v.err(); err != nil {
		return nil, err
	}
	more["asset"], more[idsField] = join(assets), join(ids)
	more["offset"], more["count"] = page.Offset, max(page.Count, len(ids))
	l, err := call[list[T]](ctx, c, operation{method: v.method, params: more, repeat: reading})
	return l.items, err
}

// rows goes through a whole list. The API counts offsets in a list that changes meanwhile and
// promises no order, so each page begins with the last row of the page before. If that row is not
// there, rows before it have gone and others were passed over, and the iterator steps back. No row
// comes twice. Pages that bring nothing new, one after another, are an error.
func rows[T any](method string, start Page, id func(T) int64, fetch func(Page) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		page, seen, back, stale := start, map[int64]bool{}, 0, 0
		page.Count = cmp.Or(page.Count, usualPage)
		for {
			items, err := fetch(page)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			joined := page.Offset == start.Offset || len(items) > 0 && seen[id(items[0])]
			stale++
			for _, item := range items {
				if seen[id(item)] {
					continue
				}
				stale = 0
				seen[id(item)] = true
				if !yield(item, nil) {
					return
				}
			}
			switch {
			case !joined && page.Count > 1 && back < maxStepsBack:
				back++
				page.Offset = max(start.Offset, page.Offset-page.Count/2)
			case len(items) < page.Count:
				return
			case stale >= maxStale:
				var none T
				yield(none, fmt.Errorf("crypto pay %s: %w", method, errEndless))
				return
			case page.Count == 1:
				page.Offset++ // no room for a row that joins
			default:
				page.Offset += len(items) - 1
			}
		}
	}
}

// newerThan lets through the rows made since, and those of unknown age. It ends as untilOld does.
func newerThan[T any](
	rows iter.Seq2[T, error], since time.Time, made func(T) (id int64, at time.Time),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for row, err := range untilOld(rows, since, made) {
			if err == nil && isOld(row, since, made) {
				continue
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// isOld reports whether a row was made before since, and a little more.
func isOld[T any](row T, since time.Time, made func(T) (id int64, at time.Time)) bool {
	_, at := made(row)
	return !at.IsZero() && at.Before(since.Add(-clockSkew))
}

// untilOld lets all rows through, and ends once provenOrder rows in a row were made before since in
// a list whose ids have only fallen so far.
func untilOld[T any](
	rows iter.Seq2[T, error], since time.Time, made func(T) (id int64, at time.Time),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		last, old, sorted := int64(math.MaxInt64), 0, true
		for row, err := range rows {
			if !yield(row, err) || err != nil {
				return
			}
			id, _ := made(row)
			sorted = sorted && id <= last
			last = id
			if !isOld(row, since, made) {
				old = 0
			} else if old++; sorted && old >= provenOrder {
				return
			}
		}
	}
}
