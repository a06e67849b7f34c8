package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

const (
	// keptCommits is how many commits can still be asked about.
	keptCommits = 1000
	// commitDoubt is how long is asked what became of a commit whose answer was lost.
	commitDoubt = 10 * time.Second
)

// errDoubt says that it is not known whether a transaction was committed. Every step may run again.
var errDoubt = errors.New("the connection was lost during the commit, and whether it is on disk cannot be found out now")

// channel is where hints are sent.
const channel = "shopbot"

// Commit implements storage.Tx. All that was written goes out with the commit in one round trip. If
// the answer is lost, the token of the commit tells later whether it was made.
//
// Errors: *storage.GivenUpError if nothing was done; anything else if that is not known.
func (t *tx) Commit(changes []storage.WorkChange) error {
	if t.over {
		return &storage.GivenUpError{Err: errOver, Again: true}
	}
	for _, c := range changes {
		if c.Claim != "" {
			t.e.own.hold(c.Claim, []shop.OrderID{c.Order}, c.Until)
		}
	}
	token := []byte(rand.Text())
	batch := &pgx.Batch{}
	t.queueEntries(batch)
	t.queueSequences(batch)
	queueWork(batch, t.e.term.Load(), changes)
	if t.e.term.Load() == standby {
		t.queueHints(batch, len(changes) > 0)
	}
	batch.Queue(`INSERT INTO commits (number, token) VALUES ($1, $2)`, t.writes.commit, token)
	if t.writes.commit%(keptCommits/10) == 0 {
		batch.Queue(`DELETE FROM commits WHERE number < $1`, t.writes.commit-keptCommits)
	}
	batch.Queue(`UPDATE shop SET commits = $1`, t.writes.commit)
	batch.Queue(`COMMIT`)
	err := t.conn.SendBatch(t.ctx, batch).Close()
	switch {
	case err == nil:
		t.over = true
		t.release()
		return nil
	case isServerError(err):
		return t.fail(err)
	}
	_ = t.Rollback()
	return t.e.outcome(t.ctx, t.writes.commit, token, err)
}

func (t *tx) queueEntries(batch *pgx.Batch) {
	var puts, gone struct {
		buckets      []int16
		keys, values [][]byte
	}
	for b, in := range t.writes.entries {
		number := t.e.buckets[b]
		in.Scan(func(key string, value []byte) bool {
			if value == nil {
				gone.buckets, gone.keys = append(gone.buckets, number), append(gone.keys, []byte(key))
			} else {
				puts.buckets, puts.keys, puts.values = append(puts.buckets, number), append(puts.keys, []byte(key)), append(puts.values, value)
			}
			return true
		})
	}
	if len(gone.keys) > 0 {
		batch.Queue(`DELETE FROM entries USING unnest($1::smallint[], $2::bytea[]) AS gone (b, k) WHERE bucket = b AND key = k`, gone.buckets, gone.keys)
	}
	if len(puts.keys) > 0 {
		batch.Queue(`
			INSERT INTO entries (bucket, key, value) SELECT * FROM unnest($1::smallint[], $2::bytea[], $3::bytea[])
			ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value`, puts.buckets, puts.keys, puts.values)
	}
}

func (t *tx) queueSequences(batch *pgx.Batch) {
	for b := range t.writes.drawn {
		batch.Queue(`INSERT INTO sequences (bucket, last) VALUES ($1, $2) ON CONFLICT (bucket) DO UPDATE SET last = excluded.last`,
			t.e.buckets[b], t.writes.sequences[b])
	}
}

// queueHints tells whoever leads what there is to do.
func (t *tx) queueHints(batch *pgx.Batch, work bool) {
	if work {
		batch.Queue(`SELECT pg_notify($1, $2)`, channel, string(storage.HintWork))
	}
	for b := range t.writes.entries {
		if storage.IsInbox(b) {
			batch.Queue(`SELECT pg_notify($1, $2)`, channel, string(storage.HintInbox))
		}
	}
}

// outcome finds out what became of a commit whose answer was lost. The row that every writer locks
// is free once the server has ended the transaction, one way or the other.
func (e *Engine) outcome(ctx context.Context, number int64, token []byte, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitDoubt)
	defer cancel()
	for ; ctx.Err() == nil; pause(ctx, 100*time.Millisecond) {
		made, last, err := e.isCommitted(ctx, number, token)
		switch {
		case err != nil:
			continue
		case made:
			e.log.WarnContext(ctx, "answer to a commit lost, it was made", "error", cause)
			return nil
		case last-number > keptCommits: // its token would have been removed
			return errors.Join(errDoubt, cause)
		}
		return &storage.GivenUpError{Err: cause, Again: true}
	}
	return errors.Join(errDoubt, cause)
}

// isCommitted returns also the number of the last commit.
func (e *Engine) isCommitted(ctx context.Context, number int64, token []byte) (made bool, last int64, err error) {
	err = pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT commits FROM shop FOR UPDATE`).Scan(&last); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM commits WHERE number = $1 AND token = $2)`, number, token).Scan(&made)
	})
	return made, last, err
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
