package postgres

import (
	"context"
	"slices"
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

// ownClaims is what a process knows of its claims. When a claim ends also tells it from a later claim
// of the same order.
type ownClaims struct {
	mu sync.Mutex
	// held are the claims whose work is under way.
	held map[shop.Task]map[shop.OrderID]int64
	// unreleased are claims that could not be released while the server was away.
	unreleased map[shop.Task]claimList
	// lost are the ends of claims that the server may have made, or may still make, although nobody
	// heard of it.
	lost map[shop.Task][]int64
}

// claimList is a list of claims: the orders, and when each claim ends.
type claimList struct {
	orders []shop.OrderID
	ends   []int64
}

// forget is for a new term: no claim of the one before counts.
func (o *ownClaims) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held, o.unreleased, o.lost = nil, nil, nil
}

func (o *ownClaims) hold(task shop.Task, ids []shop.OrderID, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held == nil {
		o.held = make(map[shop.Task]map[shop.OrderID]int64)
	}
	if o.held[task] == nil {
		o.held[task] = make(map[shop.OrderID]int64)
	}
	for _, id := range ids {
		o.held[task][id] = nanoseconds(until)
	}
}

// drop returns the claims of orders, which are no longer held.
func (o *ownClaims) drop(task shop.Task, ids []shop.OrderID) (l claimList) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range ids {
		if end, held := o.held[task][id]; held {
			l.orders, l.ends = append(l.orders, id), append(l.ends, end)
			delete(o.held[task], id)
		}
	}
	return l
}

// keep keeps claims that could not be released, and take returns them.
func (o *ownClaims) keep(task shop.Task, l claimList) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.unreleased == nil {
		o.unreleased = make(map[shop.Task]claimList)
	}
	all := o.unreleased[task]
	o.unreleased[task] = claimList{append(all.orders, l.orders...), append(all.ends, l.ends...)}
}

func (o *ownClaims) take(task shop.Task) claimList {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.unreleased[task]
	delete(o.unreleased, task)
	return l
}

func (o *ownClaims) lose(task shop.Task, until time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost == nil {
		o.lost = make(map[shop.Task][]int64)
	}
	o.lost[task] = append(o.lost[task], nanoseconds(until))
}

// lostNow returns the lost claims of a task that have not ended by themselves.
func (o *ownClaims) lostNow(task shop.Task, now time.Time) []int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.lost[task]) == 0 {
		return nil
	}
	o.lost[task] = slices.DeleteFunc(o.lost[task], func(end int64) bool { return end <= nanoseconds(now) })
	return slices.Clone(o.lost[task])
}

// sameTerm is the condition of a statement that only the leader of a term may run; 0: nobody leads.
const sameTerm = `($1::bigint = 0 OR $1 = (SELECT term FROM shop))`

// endClaims gives up the claims whose time is over, and endLost those that nobody heard of, each with
// the rows that are left without a job.
const (
	endClaims = `
		WITH gone AS (DELETE FROM work WHERE ` + sameTerm + ` AND task = $2 AND claimed <= $3 AND due IS NULL)
		UPDATE work SET claimed = NULL WHERE ` + sameTerm + ` AND task = $2 AND claimed <= $3 AND due IS NOT NULL`
	endLost = `
		WITH gone AS (DELETE FROM work WHERE ` + sameTerm + ` AND term = $1 AND task = $2 AND claimed = ANY ($3) AND due IS NULL)
		UPDATE work SET claimed = NULL WHERE ` + sameTerm + ` AND term = $1 AND task = $2 AND claimed = ANY ($3) AND due IS NOT NULL`
)

// claimWork claims what began in the future, and then what is due.
const claimWork = `
	WITH ahead AS (
		SELECT order_id, began, rank FROM work
		WHERE ` + sameTerm + ` AND task = $2 AND due IS NOT NULL AND claimed IS NULL AND began > $3
		ORDER BY began DESC, rank DESC, order_id DESC LIMIT $6 FOR UPDATE SKIP LOCKED
	), ripe AS (
		SELECT order_id, due, rank FROM work
		WHERE ` + sameTerm + ` AND task = $2 AND due <= $4 AND claimed IS NULL AND (began IS NULL OR began <= $3)
		ORDER BY due, rank, order_id LIMIT $6 FOR UPDATE SKIP LOCKED
	), chosen AS (
		SELECT order_id, 1 AS part, row_number() OVER (ORDER BY began DESC, rank DESC, order_id DESC) AS place FROM ahead
		UNION ALL
		SELECT order_id, 2, row_number() OVER (ORDER BY due, rank, order_id) FROM ripe
		ORDER BY part, place LIMIT $6
	), claimed AS (
		UPDATE work SET claimed = $5, term = $1 FROM chosen WHERE work.order_id = chosen.order_id AND task = $2
	)
	SELECT order_id FROM chosen ORDER BY part, place`

// Claim implements storage.Claims. It is on no disk when it returns: a claim that a power cut loses
// leaves its work to be done, and no more.
func (c claims) Claim(ctx context.Context, task shop.Task, now, until time.Time, limit int) (ids []shop.OrderID, err error) {
	term := c.e.term.Load()
	if term == deposed {
		return nil, storage.ErrDeposed
	}
	if err := c.free(ctx, term, task, c.e.own.take(task)); err != nil {
		return nil, c.e.withHint(err)
	}
	lost := c.e.own.lostNow(task, now)
	for slices.Contains(lost, nanoseconds(until)) {
		until = until.Add(time.Nanosecond)
	}
	batch := &pgx.Batch{}
	batch.Queue(`BEGIN`)
	batch.Queue(`SET LOCAL synchronous_commit TO off`)
	if len(lost) > 0 {
		batch.Queue(endLost, term, task, lost)
	}
	batch.Queue(endClaims, term, task, nanoseconds(now))
	batch.Queue(claimWork, term, task, nanoseconds(shop.LatestStart(now)), nanoseconds(now), nanoseconds(until), limit).Query(func(rows pgx.Rows) (err error) {
		ids, err = pgx.CollectRows(rows, pgx.RowTo[shop.OrderID])
		return err
	})
	batch.Queue(`COMMIT`)
	err = c.e.pool.SendBatch(ctx, batch).Close()
	if err != nil {
		c.e.own.lose(task, until)
		return nil, c.e.withHint(err)
	}
	c.e.own.hold(task, ids, until)
	return ids, nil
}

// Release implements storage.Claims. What cannot be released now is released by the next Claim.
func (c claims) Release(ctx context.Context, task shop.Task, ids []shop.OrderID) {
	if term := c.e.term.Load(); term != deposed {
		_ = c.free(ctx, term, task, c.e.own.drop(task, ids)) // the next Claim does it
	}
}

// free gives claims up, and keeps those that it cannot give up now.
func (c claims) free(ctx context.Context, term int64, task shop.Task, l claimList) error {
	if len(l.orders) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE work SET claimed = NULL FROM unnest($3::text[], $4::bigint[]) AS own (id, ends)
		WHERE `+sameTerm+` AND term = $1 AND task = $2 AND order_id = id AND claimed = ends`, term, task, l.orders, l.ends)
	batch.Queue(`DELETE FROM work WHERE task = $1 AND order_id = ANY ($2) AND claimed IS NULL AND due IS NULL`, task, l.orders)
	err := c.e.pool.SendBatch(context.WithoutCancel(ctx), batch).Close()
	if err != nil {
		c.e.own.keep(task, l)
	}
	return err
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
	queueClaims(batch, term, changes)
	if len(changed) > 0 {
		batch.Queue(`DELETE FROM work WHERE order_id = ANY ($1) AND due IS NULL AND claimed IS NULL`, changed)
	}
}

// queueClaims writes the claims of a commit.
func queueClaims(batch *pgx.Batch, term int64, changes []storage.WorkChange) {
	var orders, tasks []string
	var until []int64
	for _, c := range changes {
		if c.Claim != "" {
			orders, tasks, until = append(orders, string(c.Order)), append(tasks, string(c.Claim)), append(until, nanoseconds(c.Until))
		}
	}
	if len(orders) > 0 {
		batch.Queue(`
			INSERT INTO work (order_id, task, rank, claimed, term)
			SELECT o, t, 0, u, $4 FROM unnest($1::text[], $2::text[], $3::bigint[]) AS claim (o, t, u)
			ON CONFLICT (order_id, task) DO UPDATE SET claimed = excluded.claimed, term = excluded.term`,
			orders, tasks, until, max(term, 0))
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
