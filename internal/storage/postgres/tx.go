package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/tidwall/btree"

	"shopbot/internal/storage"
)

// tx is a transaction. What is written is kept here until the commit, which sends it all at once.
type tx struct {
	e    *Engine
	ctx  context.Context //nolint:containedctx // of the transaction, which ends with it
	end  context.CancelFunc
	conn *pgxpool.Conn // nil before the first query of a reader
	over bool
	// writes are set by a writer alone.
	writes *writes
}

// writes is what a transaction has written, and what it has read meanwhile: nobody else writes, so
// that stays true.
type writes struct {
	commit    int64 // number of the commit that it is to be
	read      map[*storage.Bucket]map[string][]byte
	entries   map[*storage.Bucket]*btree.Map[string, []byte] // nil: deleted
	sequences map[*storage.Bucket]int64
	drawn     map[*storage.Bucket]bool // whose sequence changed
}

// beginRetries is how often a connection that turns out to be dead is replaced before a transaction
// has read anything.
const beginRetries = 4

// View implements storage.Engine. The transaction takes a connection with its first query.
func (e *Engine) View(ctx context.Context) (storage.Tx, error) {
	return &tx{e: e, ctx: ctx}, nil
}

// Begin implements storage.Engine. It waits for the one row that every writer locks.
//
// Errors: storage.ErrDeposed if this process led and no longer does; storage.ErrOtherVersion if a newer
// version has changed the tables; *storage.GivenUpError.
func (e *Engine) Begin(ctx context.Context) (storage.Tx, error) {
	if e.term.Load() == deposed {
		return nil, storage.ErrDeposed
	}
	ctx, end := context.WithTimeout(ctx, writeLimit)
	t := &tx{e: e, ctx: ctx, end: end, writes: &writes{
		read: map[*storage.Bucket]map[string][]byte{}, entries: map[*storage.Bucket]*btree.Map[string, []byte]{},
		sequences: map[*storage.Bucket]int64{}, drawn: map[*storage.Bucket]bool{},
	}}
	var term int64
	var found int
	err := t.begin(func(batch *pgx.Batch) {
		batch.Queue(`SELECT commits + 1, term, layout FROM shop FOR UPDATE`).QueryRow(func(row pgx.Row) error {
			return row.Scan(&t.writes.commit, &term, &found)
		})
		batch.Queue(`SELECT name, last FROM sequences JOIN buckets USING (bucket)`).Query(func(rows pgx.Rows) error {
			return t.takeSequences(rows)
		})
	})
	if err != nil {
		return nil, t.fail(err) //nolint:contextcheck // it has its own
	}
	if found != layout {
		e.depose()
		return nil, errors.Join(otherLayout(found), t.Rollback()) //nolint:contextcheck // it has its own
	}
	if leads := e.term.Load(); leads != standby && leads != term {
		e.depose()
		return nil, errors.Join(storage.ErrDeposed, t.Rollback()) //nolint:contextcheck // it has its own
	}
	return t, nil
}

func (t *tx) takeSequences(rows pgx.Rows) error {
	byName := map[string]*storage.Bucket{}
	for b := range t.e.buckets {
		byName[b.String()] = b
	}
	var name string
	var last int64
	_, err := pgx.ForEachRow(rows, []any{&name, &last}, func() error {
		t.writes.sequences[byName[name]] = last
		return nil
	})
	return err
}

// begin takes a connection, begins the transaction, and sends the first queries with it.
func (t *tx) begin(first func(*pgx.Batch)) (err error) {
	for range beginRetries {
		if t.conn, err = t.e.acquire(t.ctx); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		if t.writes == nil {
			batch.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
		} else {
			batch.Queue(`BEGIN ISOLATION LEVEL READ COMMITTED`)
		}
		first(batch)
		if err = t.conn.SendBatch(t.ctx, batch).Close(); err == nil || isServerError(err) || t.ctx.Err() != nil {
			return err
		}
		t.release()
	}
	return err
}

// errExhausted has its remedy in hintFor.
var errExhausted = errors.New("all connections of this replica are in use")

func (e *Engine) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, acquireLimit)
	defer cancel()
	conn, err := e.pool.Acquire(limited)
	if stat := e.pool.Stat(); err != nil && limited.Err() != nil && ctx.Err() == nil && stat.AcquiredConns() == stat.MaxConns() {
		return nil, errExhausted
	}
	return conn, err
}

// fail ends the transaction after an error, which says that nothing was done.
func (t *tx) fail(err error) error {
	_ = t.Rollback() // the error tells more
	return givenUp(err)
}

// query runs one query of a transaction that may not have begun.
func (t *tx) query(read func(pgx.Rows) error, sql string, args ...any) error {
	if t.over {
		return &storage.GivenUpError{Err: errOver, Again: t.writes != nil}
	}
	if t.conn == nil {
		if err := t.begin(func(b *pgx.Batch) { b.Queue(sql, args...).Query(read) }); err != nil {
			return t.fail(err)
		}
		return nil
	}
	rows, err := t.conn.Query(t.ctx, sql, args...)
	if err == nil {
		err = read(rows)
	}
	if err != nil {
		return t.fail(err)
	}
	return nil
}

var errOver = errors.New("the transaction is over")

// Get implements storage.Tx.
func (t *tx) Get(b *storage.Bucket, key []byte) (value []byte, err error) {
	if w := t.writes; w != nil {
		if value, known := w.get(b, key); known {
			return value, nil
		}
	}
	err = t.query(func(rows pgx.Rows) error {
		value = nil
		_, err := pgx.ForEachRow(rows, []any{&value}, func() error { return nil })
		return err
	}, `SELECT value FROM entries WHERE bucket = $1 AND key = $2`, t.e.buckets[b], key)
	if err == nil && t.writes != nil {
		t.writes.remember(b, key, value)
	}
	return value, err
}

// Expect implements storage.Tx. A reader does not need it: it reads little, or scans.
func (t *tx) Expect(b *storage.Bucket, keys ...[]byte) error {
	if t.writes == nil || len(keys) < 2 {
		return nil
	}
	for _, key := range keys {
		t.writes.remember(b, key, nil)
	}
	return t.query(func(rows pgx.Rows) error {
		var key, value []byte
		_, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error {
			t.writes.remember(b, key, value)
			key, value = nil, nil
			return nil
		})
		return err
	}, `SELECT key, value FROM entries WHERE bucket = $1 AND key = ANY ($2)`, t.e.buckets[b], keys)
}

func (w *writes) get(b *storage.Bucket, key []byte) (value []byte, known bool) {
	if in := w.entries[b]; in != nil {
		if value, known = in.Get(string(key)); known {
			return value, true
		}
	}
	value, known = w.read[b][string(key)]
	return value, known
}

func (w *writes) remember(b *storage.Bucket, key, value []byte) {
	if w.read[b] == nil {
		w.read[b] = map[string][]byte{}
	}
	w.read[b][string(key)] = value
}

// Put implements storage.Tx.
func (t *tx) Put(b *storage.Bucket, key, value []byte) error {
	t.writes.set(b, key, value)
	return nil
}

// Delete implements storage.Tx.
func (t *tx) Delete(b *storage.Bucket, key []byte) error {
	t.writes.set(b, key, nil)
	return nil
}

func (w *writes) set(b *storage.Bucket, key, value []byte) {
	in := w.entries[b]
	if in == nil {
		in = &btree.Map[string, []byte]{}
		w.entries[b] = in
	}
	in.Set(string(key), value)
}

// Next implements storage.Tx.
func (t *tx) Next(b *storage.Bucket) (int64, error) {
	n := t.writes.sequences[b] + 1
	return n, t.SetSequence(b, n)
}

// SetSequence implements storage.Tx.
func (t *tx) SetSequence(b *storage.Bucket, n int64) error {
	t.writes.sequences[b], t.writes.drawn[b] = n, true
	return nil
}

// Sequence implements storage.Tx.
func (t *tx) Sequence(b *storage.Bucket) (n int64, err error) {
	if t.writes != nil {
		return t.writes.sequences[b], nil
	}
	err = t.query(func(rows pgx.Rows) error {
		n = 0
		_, err := pgx.ForEachRow(rows, []any{&n}, func() error { return nil })
		return err
	}, `SELECT last FROM sequences WHERE bucket = $1`, t.e.buckets[b])
	return n, err
}

// Scan implements storage.Tx.
func (t *tx) Scan(b *storage.Bucket, prefix, from []byte, visit func(key, value []byte) bool) error {
	return t.walk(b, span{low: slices.Concat(prefix, from), high: after(prefix)}, visit)
}

// ScanBack implements storage.Tx.
func (t *tx) ScanBack(b *storage.Bucket, prefix, before []byte, visit func(key, value []byte) bool) error {
	return t.walk(b, span{low: prefix, high: append(append([]byte{}, prefix...), before...), back: true}, visit)
}

// Last implements storage.Tx.
func (t *tx) Last(b *storage.Bucket) (key, value []byte, err error) {
	err = t.walk(b, span{back: true, first: 1}, func(k, v []byte) bool {
		key, value = k, v
		return false
	})
	return key, value, err
}

// after is the least key above all that begin with prefix; nil if there is none.
func after(prefix []byte) []byte {
	next := bytes.Clone(prefix)
	for i := len(next) - 1; i >= 0; i-- {
		if next[i]++; next[i] != 0 {
			return next[:i+1]
		}
	}
	return nil
}

// Rollback implements storage.Tx.
func (t *tx) Rollback() error {
	if t.over {
		return nil
	}
	t.over = true
	defer t.release()
	if t.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
	defer cancel()
	if !t.conn.Conn().IsClosed() {
		if _, err := t.conn.Exec(ctx, `ROLLBACK`); err != nil {
			_ = t.conn.Conn().Close(ctx) // the server then rolls back
		}
	}
	return nil
}

// release gives the connection back to the pool, which drops it if it is not idle.
func (t *tx) release() {
	if t.conn != nil {
		t.conn.Release()
		t.conn = nil
	}
	if t.over && t.end != nil {
		t.end()
	}
}
