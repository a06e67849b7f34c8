package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// claims implements storage.Claims as leases in table work. Whoever leads claims, and a new leader
// gives up the claims of the one before. A claim holds the term of its maker, so a process that was
// deposed without knowing it neither claims nor releases.
type claims struct{ e *Engine }

// ownClaims is what a process knows of its claims. Those that could not be released while the server
// was away are in ids, and the next Claim of their task releases them.
type ownClaims struct {
	mu  sync.Mutex
	ids map[shop.Task][]shop.OrderID
	// held are the claims of this process, and doubt the tasks for which the server may have made
	// others, whose answer was lost.
	held  map[shop.Task]map[shop.OrderID]bool
	doubt map[shop.Task]bool
}

func (o *ownClaims) hold(task shop.Task, ids []shop.OrderID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held == nil {
		o.held, o.doubt = make(map[shop.Task]map[shop.OrderID]bool), make(map[shop.Task]bool)
	}
	if o.held[task] == nil {
		o.held[task] = map[shop.OrderID]bool{}
	}
	for _, id := range ids {
		o.held[task][id] = true
	}
}

func (o *ownClaims) drop(task shop.Task, ids []shop.OrderID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		delete(o.held[task], id)
	}
}

func (o *ownClaims) setDoubt(task shop.Task, doubt bool) {
	o.hold(task, nil)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.doubt[task] = doubt
}

// inDoubt returns what is held of a task if there may be claims that nobody knows of.
func (o *ownClaims) inDoubt(task shop.Task) (held []string, doubt bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	held = []string{}
	for id := range o.held[task] {
		held = append(held, string(id))
	}
	return held, o.doubt[task]
}

func (o *ownClaims) add(task shop.Task, ids []shop.OrderID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ids == nil {
		o.ids = make(map[shop.Task][]shop.OrderID)
	}
	o.ids[task] = append(o.ids[task], ids...)
}

func (o *ownClaims) take(task shop.Task) []shop.OrderID {
	o.mu.Lock()
	defer o.mu.Unlock()
	ids := o.ids[task]
	delete(o.ids, task)
	return ids
}

// sameTerm is the condition of a statement that only the leader of a term may run; 0: nobody leads.
const sameTerm = `($1::bigint = 0 OR $1 = (SELECT term FROM shop))`

// endClaims gives up the claims whose time is over, with the rows that are left without a job.
const endClaims = `
	WITH gone AS (DELETE FROM work WHERE ` + sameTerm + ` AND task = $2 AND claimed <= $3 AND due IS NULL)
	UPDATE work SET claimed = NULL WHERE ` + sameTerm + ` AND task = $2 AND claimed <= $3 AND due IS NOT NULL`

// claimAhead claims what began in the future, claimDue what is due.
const (
	claimAhead = `
		WITH due AS (
			SELECT order_id, began, rank FROM work
			WHERE ` + sameTerm + ` AND task = $2 AND due IS NOT NULL AND claimed IS NULL AND began > $3
			ORDER BY began DESC, rank DESC, order_id DESC LIMIT $4 FOR UPDATE SKIP LOCKED
		), claim AS (
			UPDATE work SET claimed = $5, term = $1 FROM due WHERE work.order_id = due.order_id AND task = $2
		)
		SELECT order_id FROM due ORDER BY began DESC, rank DESC, order_id DESC`
	claimDue = `
		WITH due AS (
			SELECT order_id, due, rank FROM work
			WHERE ` + sameTerm + ` AND task = $2 AND due <= $3 AND claimed IS NULL
			ORDER BY due, rank, order_id LIMIT $4 FOR UPDATE SKIP LOCKED
		), claim AS (
			UPDATE work SET claimed = $5, term = $1 FROM due WHERE work.order_id = due.order_id AND task = $2
		)
		SELECT order_id FROM due ORDER BY due, rank, order_id`
)

// Claim implements storage.Claims. It is on no disk when it returns: a claim that a power cut loses
// leaves its work to be done, and no more.
func (c claims) Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) (ids []shop.OrderID, err error) {
	term := c.e.term.Load()
	if term == deposed {
		return nil, storage.ErrDeposed
	}
	c.Release(ctx, task, c.e.own.take(task))
	held, doubt := c.e.own.inDoubt(task)
	err = pgx.BeginFunc(ctx, c.e.pool, func(tx pgx.Tx) error {
		ids = nil
		batch := &pgx.Batch{}
		batch.Queue(`SET LOCAL synchronous_commit TO off`)
		if doubt {
			batch.Queue(`UPDATE work SET claimed = NULL WHERE `+sameTerm+` AND term = $1 AND task = $2 AND claimed IS NOT NULL AND NOT order_id = ANY ($3)`,
				term, task, held)
		}
		batch.Queue(endClaims, term, task, nanoseconds(now))
		batch.Queue(claimAhead, term, task, nanoseconds(shop.LatestStart(now)), limit, nanoseconds(until)).Query(func(rows pgx.Rows) (err error) {
			ids, err = pgx.CollectRows(rows, pgx.RowTo[shop.OrderID])
			return err
		})
		if err := tx.SendBatch(ctx, batch).Close(); err != nil || len(ids) == limit {
			return err
		}
		rows, err := tx.Query(ctx, claimDue, term, task, nanoseconds(now), limit-len(ids), nanoseconds(until))
		if err != nil {
			return err
		}
		due, err := pgx.CollectRows(rows, pgx.RowTo[shop.OrderID])
		ids = append(ids, due...)
		return err
	})
	if err != nil {
		c.e.own.setDoubt(task, true)
		return nil, c.e.withHint(err)
	}
	if doubt {
		c.e.own.setDoubt(task, false)
	}
	c.e.own.hold(task, ids)
	return ids, nil
}

// Release implements storage.Claims. What cannot be released now is released by the next Claim.
func (c claims) Release(ctx context.Context, task shop.Task, ids []shop.OrderID) {
	term := c.e.term.Load()
	if term == deposed || len(ids) == 0 {
		return
	}
	c.e.own.drop(task, ids)
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE work SET claimed = NULL WHERE `+sameTerm+` AND term = $1 AND task = $2 AND order_id = ANY ($3)`, term, task, ids)
	batch.Queue(`DELETE FROM work WHERE task = $1 AND order_id = ANY ($2) AND claimed IS NULL AND due IS NULL`, task, ids)
	if err := c.e.pool.SendBatch(context.WithoutCancel(ctx), batch).Close(); err != nil {
		c.e.own.add(task, ids)
	}
}

// Next implements storage.Claims.
func (c claims) Next(ctx context.Context, task shop.Task) (next time.Time, some bool, err error) {
	var due, claimed *int64
	err = c.e.pool.QueryRow(ctx, `
		SELECT (SELECT due FROM work WHERE task = $1 AND due IS NOT NULL AND claimed IS NULL ORDER BY due LIMIT 1),
		       (SELECT claimed FROM work WHERE task = $1 AND due IS NOT NULL AND claimed IS NOT NULL ORDER BY claimed LIMIT 1)`,
		task).Scan(&due, &claimed)
	if err != nil {
		return time.Time{}, false, c.e.withHint(err)
	}
	if claimed != nil && (due == nil || *claimed < *due) {
		due = claimed
	}
	if due == nil {
		return time.Time{}, false, nil
	}
	return fromNanoseconds(*due), true, nil
}

// queueWork writes what a commit changes of the work. A changed order keeps its claims.
func queueWork(batch *pgx.Batch, term int64, changes []storage.WorkChange) {
	var changed []string
	last := map[shop.OrderID]int{}
	for i, c := range changes {
		if c.Claim == "" {
			last[c.Order] = i
		}
	}
	var jobs struct {
		orders, tasks []string
		due, began    []int64
		rank          []int64
	}
	for i, c := range changes {
		if c.Claim != "" || last[c.Order] != i {
			continue
		}
		changed = append(changed, string(c.Order))
		for _, j := range c.Jobs {
			jobs.orders, jobs.tasks = append(jobs.orders, string(c.Order)), append(jobs.tasks, string(j.Task))
			jobs.due, jobs.began = append(jobs.due, nanoseconds(j.Due)), append(jobs.began, nanoseconds(j.From))
			jobs.rank = append(jobs.rank, c.Rank)
		}
	}
	if len(changed) > 0 {
		batch.Queue(`
			UPDATE work SET due = NULL WHERE order_id = ANY ($1)
			AND (order_id, task) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))`, changed, jobs.orders, jobs.tasks)
	}
	if len(jobs.orders) > 0 {
		batch.Queue(`
			INSERT INTO work (order_id, task, due, began, rank)
			SELECT o, t, d, nullif(b, 0), r FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) AS job (o, t, d, b, r)
			ON CONFLICT (order_id, task) DO UPDATE SET due = excluded.due, began = excluded.began, rank = excluded.rank`,
			jobs.orders, jobs.tasks, jobs.due, jobs.began, jobs.rank)
	}
	for _, c := range changes {
		if c.Claim != "" {
			batch.Queue(`
				INSERT INTO work (order_id, task, rank, claimed, term) VALUES ($1, $2, 0, $3, $4)
				ON CONFLICT (order_id, task) DO UPDATE SET claimed = excluded.claimed, term = excluded.term`,
				c.Order, c.Claim, nanoseconds(c.Until), max(term, 0))
		}
	}
	if len(changed) > 0 {
		batch.Queue(`DELETE FROM work WHERE order_id = ANY ($1) AND due IS NULL AND claimed IS NULL`, changed)
	}
}

// nanoseconds is a moment as it is stored; 0 is no moment.
func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNanoseconds(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n)
}
