package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// goodsSpacing keeps payments so far apart that Telegram's pace of 30 messages a second
// is not felt; each makes two, the goods and the order's new look.
const goodsSpacing = 100 * time.Millisecond

// webhooks measures how payments are acknowledged, beside what bounds that.
func (s *round) webhooks(ctx context.Context, column int, database string) error {
	pool, err := s.pool(ctx, database)
	if err != nil {
		return err
	}
	handlers, stop, err := startBaselines(ctx)
	defer stop()
	if err != nil {
		return err
	}
	// What would go on meanwhile has rows of its own.
	s.services.silent.Store(true)
	defer s.services.silent.Store(false)
	set := settings{more: []string{"SHOPBOT_SYNC_INTERVAL=24h", "SHOPBOT_CRYPTOPAY_MAX_RETRIES=0"}}
	return s.start(ctx, database, set, func(p *process) error {
		if err := s.goods(ctx, column, p, pool.take(s.single)); err != nil {
			return err
		}
		if err := s.memory(column, p, "before a burst"); err != nil {
			return err
		}
		for _, conns := range s.conns {
			if err := s.burstOver(ctx, column, conns, p, handlers, pool); err != nil {
				return fmt.Errorf("%d connections: %w", conns, err)
			}
		}
		return s.memory(column, p, "after the bursts")
	})
}

// pool are orders that wait for their payment.
type pool struct{ orders []shop.Order }

// take takes up to n orders.
func (p *pool) take(n int) []shop.Order {
	n = min(n, len(p.orders))
	taken := p.orders[:n]
	p.orders = p.orders[n:]
	return taken
}

func (s *round) pool(ctx context.Context, database string) (*pool, error) {
	p := &pool{}
	err := withDB(ctx, database, func(db *storage.DB) (err error) {
		n := s.single + 3*s.burst*len(s.conns)
		if err := addKeys(ctx, db, 600_000_000, n); err != nil {
			return err
		}
		p.orders, err = addOpen(ctx, db, 0, n)
		return err
	})
	return p, err
}

// disk measures what the disk under the database can do, at nearly the moment at which
// the shop depends on it.
func (s *round) disk(column int) error {
	flushes, err := flushRate(s.dir, s.duration)
	if err != nil {
		return err
	}
	commits, err := commitRate(s.dir, s.duration)
	s.table.put(column, flushesRow, rate(flushes))
	s.table.compare(column, commitsRow, flushesRow, rate(commits))
	return err
}

const (
	flushesRow = "the disk: flushes of small appends"
	commitsRow = "bbolt: commits of a lone writer"
)

func startBaselines(ctx context.Context) (addresses map[string]string, stop func(), err error) {
	addresses = map[string]string{}
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for _, name := range baselines() {
		address, end, err := startBaseline(ctx, name)
		if err != nil {
			return nil, stop, err
		}
		addresses[name] = address
		stops = append(stops, end)
	}
	return addresses, stop, nil
}

// goods measures the time from the answer to a webhook until the goods reach
// Telegram, one payment at a time.
func (s *round) goods(ctx context.Context, column int, p *process, orders []shop.Order) error {
	c, err := dial(ctx, p.public)
	if err != nil {
		return err
	}
	defer c.close()
	var r result
	for i := range orders {
		arrived := s.services.await(orders[i].Buyer.ID)
		if err := c.patience(callTimeout); err != nil {
			return err
		}
		status, err := c.do(webhook(&orders[i], appToken))
		answered := time.Now()
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("answer %d: %w", status, errors.Join(err, errAnswer))
		}
		at, err := receive(ctx, arrived)
		if err != nil {
			return err
		}
		r.times = append(r.times, max(at.Sub(answered), 0)) // the goods may overtake the answer
		time.Sleep(goodsSpacing)
	}
	sortTimes(r.times)
	s.table.put(column, "acknowledged → goods at Telegram, one payment at a time", r.quantiles()...)
	return nil
}
