package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"shopbot/internal/shop"
)

func sortTimes(times []time.Duration) { slices.Sort(times) }

// burstOver runs all cases over so many connections, and beside them the handlers that do less.
func (s *round) burstOver(ctx context.Context, column, conns int, p *process, handlers map[string]string, pool *pool) error {
	fresh := requests(pool.take(s.burst), appToken)
	mixed := pool.take(s.burst)
	l := load{conns: conns, duration: s.duration, status: http.StatusOK, next: (&feed{requests: fresh}).cycle}
	over := fmt.Sprintf(" over %d", conns)

	for _, name := range []string{baselineBare, baselineVerify} {
		l.address = handlers[name]
		if err := s.note(ctx, column, "handler: "+name+over, "", l, 0); err != nil {
			return err
		}
	}
	if conns == s.conns[0] {
		if err := s.disk(column); err != nil {
			return err
		}
	}
	l.address = handlers[baselineDecode]
	first := &feed{requests: fresh}
	if err := s.around(ctx, column, "handler: "+baselineDecode+over, l, func() error {
		return s.payments(ctx, column, over, p, load{
			address: p.public, conns: conns, duration: s.duration, status: http.StatusOK, next: first.once,
		})
	}); err != nil {
		return err
	}
	l.address = p.public
	pid := p.cmd.Process.Pid
	l.next = (&feed{requests: first.used()}).cycle
	if err := s.note(ctx, column, "repeated"+over, "valid"+over, l, pid); err != nil {
		return err
	}
	l.next, l.status = forged(mixed).cycle, http.StatusUnauthorized
	if err := s.note(ctx, column, "forged"+over, "valid"+over, l, pid); err != nil {
		return err
	}
	if err := s.beside(ctx, column, "valid beside as many forged"+over, "valid"+over, l, mixed); err != nil {
		return err
	}
	return s.unhurried(ctx, column, over, l, pool)
}

// payments measures those that come for the first time.
func (s *round) payments(ctx context.Context, column int, over string, p *process, l load) error {
	profiled := s.profileDuring(ctx, p, l.conns)
	against := "handler: " + baselineDecode + over
	if l.conns == 1 {
		against = commitsRow
	}
	if err := s.note(ctx, column, "valid"+over, against, l, p.cmd.Process.Pid); err != nil {
		return err
	}
	return <-profiled
}

// around runs one half of a case before what is compared with it and the other half after that, since a shared machine
// may be half as fast some seconds later.
func (s *round) around(ctx context.Context, column int, name string, l load, compared func() error) error {
	l.duration /= 2
	before, err := l.run(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.table.put(column, name, before.figures()...) // so that its row comes first
	if err := compared(); err != nil {
		return err
	}
	time.Sleep(min(s.quiet, 1500*time.Millisecond)) // the shop's last checkpoint begins after a second
	after, err := l.run(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.table.put(column, name, before.and(after).figures()...)
	return nil
}

// unhurried measures the same at half the pace, where the processors have time left:
// whether strangers are in the way, and not only take their part.
func (s *round) unhurried(ctx context.Context, column int, over string, l load, pool *pool) error {
	l.pace = s.table.find("valid" + over).cells[column][0].value / 2
	valid := "at half the pace: valid" + over
	l.next, l.status = (&feed{requests: requests(pool.take(s.burst/2), appToken)}).once, http.StatusOK
	if err := s.note(ctx, column, valid, "", l, 0); err != nil {
		return err
	}
	return s.beside(ctx, column, "at half the pace: valid beside as many forged"+over, valid, l, pool.take(s.burst/2))
}

// note runs a case and notes its figures; with pid also what it took of the processors.
func (s *round) note(ctx context.Context, column int, name, against string, l load, pid int) error {
	before, err := processorTime(pid)
	if err != nil {
		return err
	}
	r, err := l.run(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	after, err := processorTime(pid)
	figures := r.figures()
	if pid != 0 && len(r.times) > 0 {
		figures = append(figures, lasting((after-before)/time.Duration(len(r.times))))
	}
	s.table.compare(column, name, against, figures...)
	return err
}

// beside measures valid webhooks while as many forged ones come over as many
// connections more.
func (s *round) beside(ctx context.Context, column int, name, against string, l load, orders []shop.Order) error {
	tickets := make(chan struct{}, len(orders))
	wrong := forged(orders)
	strangers := l
	strangers.status, strangers.pace = http.StatusUnauthorized, 0
	strangers.next = func() []byte {
		if _, more := <-tickets; !more {
			return nil
		}
		return wrong.cycle()
	}
	right := &feed{requests: requests(orders, appToken)}
	l.status = http.StatusOK
	l.next = func() []byte {
		r := right.once()
		if r != nil {
			tickets <- struct{}{} // there is room for all
		}
		return r
	}
	type outcome struct {
		result
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := strangers.run(ctx)
		done <- outcome{r, err}
	}()
	err := s.note(ctx, column, name, against, l, 0)
	close(tickets)
	for range tickets { // what is left over is not waited for
	}
	if o := <-done; err == nil {
		err = o.err
	}
	return err
}

// requests are the webhooks of orders, prepared before the clock starts.
func requests(orders []shop.Order, token string) [][]byte {
	list := make([][]byte, len(orders))
	for i := range orders {
		list[i] = webhook(&orders[i], token)
	}
	return list
}

// forged are webhooks that somebody signed who does not have the token.
func forged(orders []shop.Order) *feed {
	return &feed{requests: requests(orders[:min(len(orders), 1000)], "2000:SomebodyElsesToken0000000000000000")}
}

// profiledConns is the case that a profile is taken of.
const profiledConns = 32

// profileDuring has the shop profile itself for a while, if that is wanted of this case.
func (s *round) profileDuring(ctx context.Context, p *process, conns int) <-chan error {
	done := make(chan error, 1)
	if s.profile == "" || conns != profiledConns {
		done <- nil
		return done
	}
	go func() {
		_, body, err := p.get(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", max(1, int(s.duration/time.Second))))
		if err == nil {
			err = os.WriteFile(s.profile, body, 0o600)
		}
		done <- err
	}()
	return done
}
