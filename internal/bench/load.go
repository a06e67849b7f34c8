package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// load is one case: requests over so many connections, each sent when the one before
// is answered, until the time is over or there are none left.
type load struct {
	address  string
	conns    int
	duration time.Duration
	next     func() []byte // nil: none left; called from all connections
	status   int           // that every answer must have
	pace     float64       // requests a second over all connections; 0: as many as are answered
}

// result is what came of a load.
type result struct {
	took  time.Duration
	times []time.Duration // from a request to its answer, sorted
}

func (r result) rate() float64 { return float64(len(r.times)) / r.took.Seconds() }

// and is both results as one.
func (r result) and(other result) result {
	times := slices.Concat(r.times, other.times)
	slices.Sort(times)
	return result{took: r.took + other.took, times: times}
}

// quantile is the time that so much of all answers did not exceed.
func (r result) quantile(q float64) time.Duration { return quantile(r.times, q) }

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func (l load) run(ctx context.Context) (result, error) {
	callers := make([]*caller, 0, l.conns)
	defer func() {
		for _, c := range callers {
			c.close()
		}
	}()
	for range l.conns {
		c, err := dial(ctx, l.address)
		if err != nil {
			return result{}, err
		}
		callers = append(callers, c)
	}
	times, errs := make([][]time.Duration, l.conns), make([]error, l.conns)
	var all sync.WaitGroup
	began := time.Now()
	for i, c := range callers {
		times[i] = make([]time.Duration, 0, 1<<14)
		all.Go(func() { times[i], errs[i] = l.drive(c, began.Add(l.duration), times[i]) })
	}
	all.Wait()
	r := result{took: time.Since(began), times: slices.Concat(times...)}
	slices.Sort(r.times)
	return r, errors.Join(errs...)
}

// drive is one connection.
func (l load) drive(c *caller, until time.Time, times []time.Duration) ([]time.Duration, error) {
	if err := c.patience(l.duration + callTimeout); err != nil {
		return times, err
	}
	step := time.Duration(0)
	if l.pace > 0 {
		step = time.Duration(float64(l.conns) / l.pace * float64(time.Second))
	}
	due := time.Now()
	for now := due; now.Before(until); {
		if due = due.Add(step); step > 0 {
			time.Sleep(time.Until(due))
		}
		r := l.next()
		if r == nil {
			return times, nil
		}
		sent := time.Now()
		status, err := c.do(r)
		now = time.Now()
		if err != nil || status != l.status {
			return times, fmt.Errorf("answer %d, want %d: %w", status, l.status, errors.Join(err, errAnswer))
		}
		times = append(times, now.Sub(sent))
	}
	return times, nil
}

// feed gives prepared requests to the connections of a load.
type feed struct {
	requests [][]byte
	n        atomic.Int64
}

// once gives each request a single time.
func (f *feed) once() []byte {
	if i := int(f.n.Add(1)) - 1; i < len(f.requests) {
		return f.requests[i]
	}
	return nil
}

// cycle gives the requests again and again.
func (f *feed) cycle() []byte { return f.requests[int(f.n.Add(1)-1)%len(f.requests)] }

// used are the requests that were given at least once.
func (f *feed) used() [][]byte { return f.requests[:min(int(f.n.Load()), len(f.requests))] }
