package postgres

import (
	"bytes"
	"slices"

	"github.com/jackc/pgx/v5"

	"shopbot/internal/storage"
)

// span is a range of keys, from low on and below high, which is nil for no end.
type span struct {
	low, high []byte
	back      bool // from the end
	first     int  // entries in the first page; 0: firstPage
}

// How many entries are asked for at a time. Most scans end early, so the first pages are small;
// later ones hold about pageBytes.
const (
	firstPage = 8
	mostPage  = 1024
	pageBytes = 1 << 20
)

type entry struct{ key, value []byte }

// walk visits the entries of a span. Between two pages the connection is free, so visit may read.
func (t *tx) walk(b *storage.Bucket, s span, visit func(key, value []byte) bool) error {
	size := s.first
	if size == 0 {
		size = firstPage
	}
	for {
		page, err := t.page(b, s, size)
		if err != nil {
			return err
		}
		rest, more := s.without(page, size)
		for _, e := range t.merge(b, s, rest, more, page) {
			if !visit(e.key, e.value) {
				return nil
			}
		}
		if !more {
			return nil
		}
		s, size = rest, nextSize(page, size)
	}
}

// ScanAll implements storage.Tx by one query.
func (t *tx) ScanAll(b *storage.Bucket, prefixes [][]byte, visit func(i int, key, value []byte)) error {
	ends, pages := make([][]byte, len(prefixes)), make([][]entry, len(prefixes))
	for i, prefix := range prefixes {
		ends[i] = after(prefix)
	}
	err := t.query(func(rows pgx.Rows) error {
		clear(pages)
		var n int
		var e entry
		_, err := pgx.ForEachRow(rows, []any{&n, &e.key, &e.value}, func() error {
			pages[n-1] = append(pages[n-1], e)
			e = entry{}
			return nil
		})
		return err
	}, `SELECT n, key, value FROM unnest($2::bytea[], $3::bytea[]) WITH ORDINALITY AS span (low, high, n)
		JOIN entries ON bucket = $1 AND key >= low AND key < high ORDER BY n, key`, t.e.buckets[b], prefixes, ends)
	if err != nil {
		return err
	}
	for i, page := range pages {
		for _, e := range t.merge(b, span{low: prefixes[i], high: ends[i]}, span{}, false, page) {
			visit(i, e.key, e.value)
		}
	}
	return nil
}

// without is what is left of a span after a page of it. more is false if the page was the last.
func (s span) without(page []entry, size int) (rest span, more bool) {
	if len(page) < size {
		return s, false
	}
	last := page[len(page)-1].key
	if s.back {
		s.high = last
	} else {
		s.low = append(bytes.Clone(last), 0)
	}
	return s, true
}

func nextSize(page []entry, size int) int {
	bytes := 1
	for _, e := range page {
		bytes += len(e.key) + len(e.value)
	}
	return max(1, min(8*size, mostPage, pageBytes*len(page)/bytes))
}

// page reads the next entries of a span from the server.
func (t *tx) page(b *storage.Bucket, s span, size int) (page []entry, err error) {
	sql, args := `SELECT key, value FROM entries WHERE bucket = $1 AND key >= $2`, []any{t.e.buckets[b], s.low, size}
	if s.low == nil {
		args[1] = []byte{}
	}
	if s.high != nil {
		sql, args = sql+` AND key < $4`, append(args, s.high)
	}
	sql += ` ORDER BY bucket, key LIMIT $3`
	if s.back {
		sql = sql[:len(sql)-len(` ORDER BY bucket, key LIMIT $3`)] + ` ORDER BY bucket DESC, key DESC LIMIT $3`
	}
	err = t.query(func(rows pgx.Rows) error {
		page = page[:0]
		var e entry
		_, err := pgx.ForEachRow(rows, []any{&e.key, &e.value}, func() error {
			page = append(page, e)
			e = entry{}
			return nil
		})
		return err
	}, sql, args...)
	return page, err
}

// merge is a page with what the transaction itself has written in the same part of the span.
func (t *tx) merge(b *storage.Bucket, s, rest span, more bool, page []entry) []entry {
	if t.writes == nil || t.writes.entries[b] == nil {
		return page
	}
	if more && s.back {
		s.low = rest.high
	} else if more {
		s.high = rest.low
	}
	written := map[string]bool{}
	var merged []entry
	t.writes.entries[b].Ascend(string(s.low), func(key string, value []byte) bool {
		if s.high != nil && key >= string(s.high) {
			return false
		}
		written[key] = true
		if value != nil {
			merged = append(merged, entry{[]byte(key), value})
		}
		return true
	})
	if len(written) == 0 {
		return page
	}
	for _, e := range page {
		if !written[string(e.key)] {
			merged = append(merged, e)
		}
	}
	slices.SortFunc(merged, func(a, b entry) int {
		if s.back {
			a, b = b, a
		}
		return bytes.Compare(a.key, b.key)
	})
	return merged
}
