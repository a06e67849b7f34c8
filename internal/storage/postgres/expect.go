package postgres

import (
	"bytes"
	"fmt"

	"github.com/jackc/pgx/v5"

	"shopbot/internal/storage"
)

// expected is what a transaction will read.
type expected struct {
	keys  map[*storage.Bucket][][]byte
	pages []pageKey
}

func (e *expected) add(b *storage.Bucket, keys ...[]byte) {
	if e.keys == nil {
		e.keys = map[*storage.Bucket][][]byte{}
	}
	e.keys[b] = append(e.keys[b], keys...)
}

func (e *expected) has(b *storage.Bucket, key []byte) bool {
	for _, k := range e.keys[b] {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}

// known is what a transaction has read: entries, nil for a missing key, and pages of walks.
type known struct {
	entries map[*storage.Bucket]map[string][]byte
	pages   map[pageKey][]entry
}

func (k *known) remember(b *storage.Bucket, key, value []byte) {
	if k.entries == nil {
		k.entries = map[*storage.Bucket]map[string][]byte{}
	}
	if k.entries[b] == nil {
		k.entries[b] = map[string][]byte{}
	}
	k.entries[b][string(key)] = value
}

func (k *known) rememberPage(key pageKey, page []entry) {
	if k.pages == nil {
		k.pages = map[pageKey][]entry{}
	}
	k.pages[key] = page
}

// Expect implements storage.Tx.
func (t *tx) Expect(b *storage.Bucket, keys ...[]byte) {
	t.expected.add(b, keys...)
}

// ExpectScan implements storage.Tx.
func (t *tx) ExpectScan(b *storage.Bucket, prefix, from []byte) {
	t.expected.pages = append(t.expected.pages, keyOf(b, forward(prefix, from), firstPage))
}

// ExpectScanBack implements storage.Tx.
func (t *tx) ExpectScanBack(b *storage.Bucket, prefix, before []byte) {
	t.expected.pages = append(t.expected.pages, keyOf(b, backward(prefix, before), firstPage))
}

// queueExpected asks for what is expected and not known.
func (t *tx) queueExpected(batch *pgx.Batch) {
	if t.writes == nil && len(t.expected.keys)+len(t.expected.pages) > 0 {
		t.known = known{} // a reader may go through all there is
	}
	t.queueKeys(batch)
	for _, back := range []bool{false, true} {
		t.queuePages(batch, back)
	}
}

func (t *tx) queueKeys(batch *pgx.Batch) {
	var in []*storage.Bucket
	var numbers []int16
	var unknown [][]byte
	for b, keys := range t.expected.keys {
		for _, key := range keys {
			if _, found := t.look(b, key); !found {
				in, numbers, unknown = append(in, b), append(numbers, t.e.buckets[b]), append(unknown, key)
			}
		}
	}
	if len(unknown) == 0 {
		return
	}
	batch.Queue(`SELECT n, value FROM unnest($1::smallint[], $2::bytea[]) WITH ORDINALITY AS k (b, k, n) JOIN entries ON bucket = b AND key = k`,
		numbers, unknown).Query(func(rows pgx.Rows) error {
		for i, key := range unknown {
			t.known.remember(in[i], key, nil)
		}
		var n int
		var value []byte
		_, err := pgx.ForEachRow(rows, []any{&n, &value}, func() error {
			t.known.remember(in[n-1], unknown[n-1], value)
			value = nil
			return nil
		})
		return err
	})
}

// queuePages asks for the expected pages of one direction.
func (t *tx) queuePages(batch *pgx.Batch, back bool) {
	var unknown []pageKey
	var in []int16
	var lows, highs [][]byte
	asked := map[pageKey]bool{}
	for _, p := range t.expected.pages {
		if _, found := t.known.pages[p]; !found && !asked[p] && p.back == back && !p.open {
			asked[p] = true
			unknown = append(unknown, p)
			in, lows, highs = append(in, t.e.buckets[p.bucket]), append(lows, []byte(p.low)), append(highs, []byte(p.high))
		}
	}
	if len(unknown) == 0 {
		return
	}
	order := ""
	if back {
		order = "DESC"
	}
	batch.Queue(fmt.Sprintf(`
		SELECT n, key, value FROM unnest($1::smallint[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS page (b, low, high, n), LATERAL (
			SELECT key, value FROM entries WHERE bucket = b AND key >= low AND key < high ORDER BY bucket %[1]s, key %[1]s LIMIT $4
		) AS found ORDER BY n, key %[1]s`, order), in, lows, highs, firstPage).Query(func(rows pgx.Rows) error {
		pages := make([][]entry, len(unknown))
		var n int
		var e entry
		_, err := pgx.ForEachRow(rows, []any{&n, &e.key, &e.value}, func() error {
			pages[n-1] = append(pages[n-1], e)
			e = entry{}
			return nil
		})
		for i, p := range unknown {
			t.known.rememberPage(p, pages[i])
		}
		return err
	})
}
