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
	// expected is asked for with the next query. known is what was found: of a writer all that it has
	// read, since nobody else writes, of a reader what it expected last.
	expected expected
	known    known
	// writes are set by a writer alone.
	writes *writes
}

// writes is what a transaction has written.
type writes struct {
	commit    int64                                          // number of the commit that it is to be
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
		entries: map[*storage.Bucket]*btree.Map[string, []byte]{}, sequences: map[*storage.Bucket]int64{}, drawn: map[*storage.Bucket]bool{},
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

// query runs one query of a transaction that may not have begun, and brings what is expected.
func (t *tx) query(read func(pgx.Rows) error, sql string, args ...any) error {
	return t.ask(func(batch *pgx.Batch) { batch.Queue(sql, args...).Query(read) })
}

// ask sends queries, and those for what is expected, in one round trip.
func (t *tx) ask(queries func(*pgx.Batch)) error {
	if t.over {
		return &storage.GivenUpError{Err: errOver, Again: t.writes != nil}
	}
	all := func(batch *pgx.Batch) {
		t.queueExpected(batch)
		queries(batch)
	}
	var err error
	if t.conn == nil {
		err = t.begin(all)
	} else {
		batch := &pgx.Batch{}
		all(batch)
		err = t.conn.SendBatch(t.ctx, batch).Close()
	}
	if err != nil {
		return t.fail(err)
	}
	t.expected = expected{}
	return nil
}

var errOver = errors.New("the transaction is over")

// Get implements storage.Tx.
func (t *tx) Get(b *storage.Bucket, key []byte) ([]byte, error) {
	if value, found := t.look(b, key); found {
		return value, nil
	}
	if t.writes == nil && !t.expected.has(b, key) {
		return t.getOnce(b, key)
	}
	t.expected.add(b, key)
	err := t.ask(func(*pgx.Batch) {})
	return t.known.entries[b][string(key)], err
}

// getOnce is Get for a reader, which does not keep what it reads.
func (t *tx) getOnce(b *storage.Bucket, key []byte) (value []byte, err error) {
	err = t.query(func(rows pgx.Rows) error {
		value = nil
		_, err := pgx.ForEachRow(rows, []any{&value}, func() error { return nil })
		return err
	}, `SELECT value FROM entries WHERE bucket = $1 AND key = $2`, t.e.buckets[b], key)
	return value, err
}

// look finds what the transaction has written or read.
func (t *tx) look(b *storage.Bucket, key []byte) (value []byte, found bool) {
	if t.writes != nil && t.writes.entries[b] != nil {
		if value, found = t.writes.entries[b].Get(string(key)); found {
			return value, true
		}
	}
	value, found = t.known.entries[b][string(key)]
	return value, found
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
	return t.walk(b, forward(prefix, from), visit)
}

func forward(prefix, from []byte) span {
	return span{low: slices.Concat(prefix, from), high: after(prefix)}
}

// ScanBack implements storage.Tx.
func (t *tx) ScanBack(b *storage.Bucket, prefix, before []byte, visit func(key, value []byte) bool) error {
	return t.walk(b, backward(prefix, before), visit)
}

func backward(prefix, before []byte) span {
	return span{low: prefix, high: append(append([]byte{}, prefix...), before...), back: true}
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

// Rollback implements storage.Tx. Nobody waits for the end of a reader.
func (t *tx) Rollback() error {
	if t.over {
		return nil
	}
	t.over = true
	if t.writes == nil {
		go t.rollBack()
	} else {
		t.rollBack()
	}
	return nil
}

func (t *tx) rollBack() {
	defer t.release()
	if t.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
	defer cancel()
	if !t.conn.Conn().IsClosed() {
		if _, err := t.conn.Exec(ctx, `ROLLBACK`); err != nil {
			_ = t.conn.Conn().Close(ctx) // the server then rolls back
		}
	}
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
