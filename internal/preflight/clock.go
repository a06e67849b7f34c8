package preflight

import (
	"net/http"
	"sync"
	"time"

	"shopbot/internal/health"
)

// clocks is a transport that compares this machine's clock with the Date of each answer.
type clocks struct {
	base http.RoundTripper // nil: the network

	mu   sync.Mutex
	seen bool
	off  time.Duration // by how much this clock is ahead, at least; negative: behind
}

// RoundTrip implements http.RoundTripper.
func (k *clocks) RoundTrip(r *http.Request) (*http.Response, error) {
	base := k.base
	if base == nil {
		base = http.DefaultTransport
	}
	begin := time.Now()
	resp, err := base.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil && resp.Header.Get("Age") == "" {
		k.note(begin, time.Now(), date)
	}
	return resp, nil
}

// note compares a date, which has whole seconds, with the time that its request took here. The answer
// that fits best counts: one may have been long on its way.
func (k *clocks) note(begin, end, date time.Time) {
	off := time.Duration(0)
	if ahead := begin.Sub(date.Add(time.Second)); ahead > 0 {
		off = ahead
	} else if behind := date.Sub(end); behind > 0 {
		off = -behind
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.seen || off.Abs() < k.off.Abs() {
		k.seen, k.off = true, off
	}
}

// How far the clock may be off before somebody should know, and before it breaks things: signatures of
// buckets and certificates have a time.
const (
	clockOff    = 10 * time.Second
	clockBroken = 5 * time.Minute
)

// checkClock tells how this machine's clock compares with those of the services.
func (c *check) checkClock() {
	const subject = "clock"
	if !c.clocks.seen {
		return
	}
	level, text := health.Warn, "health_clock_ahead"
	off := c.clocks.off
	if off < 0 {
		text = "health_clock_behind"
	}
	switch {
	case off.Abs() < clockOff:
		c.ok(subject, "right, by the services' clocks")
		return
	case off.Abs() >= clockBroken:
		level = health.Fail
	}
	c.add(health.New(c.english, level, subject, text, "Seconds", int(off.Abs().Seconds())))
}
