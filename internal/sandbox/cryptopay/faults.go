package cryptopay

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Faults are lasting misbehaviours of the webhooks. They hold for payments made
// while they are set.
type Faults struct {
	LoseWebhooks   bool          // webhooks are never sent
	RepeatWebhooks int           // each is sent this many extra times, at once
	DelayWebhooks  time.Duration // wait before the first attempt
}

// Failure is what a call runs into instead of an answer. The waiting of Hang
// comes first, except with DropAfter; a call whose context ends meanwhile does
// no work and gets no answer. A Failure with nothing but Hang is a slow success.
type Failure struct {
	Status     int           // of the answer; 0: the usual answer
	Name       string        // of the error in the envelope; empty: an HTML page, as from a gateway
	RetryAfter time.Duration // sent as the header Retry-After in whole seconds, rounded up; 0: none
	Hang       time.Duration // waits so long, or until the request's context ends
	DropBefore bool          // cuts the connection, having done nothing
	DropAfter  bool          // does the work, waits, and cuts the connection without an answer
}

type plannedFailure struct {
	method string // "": any
	left   int
	Failure
}

// Faults tells which faults are set.
func (s *Service) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// SetFaults replaces all faults.
func (s *Service) SetFaults(f Faults) { s.change(func() { s.faults = f }) }

// FailNext makes the next n calls of a method fail so; "" means any method. The
// token is not looked at. Failures planned earlier come first; n of 0 or
// less forgets what was planned for the method.
func (s *Service) FailNext(method string, n int, f Failure) {
	s.change(func() {
		if n > 0 {
			s.failures = append(s.failures, plannedFailure{method, n, f})
			return
		}
		s.failures = slices.DeleteFunc(s.failures, func(p plannedFailure) bool { return p.method == method })
	})
}

// takeFailure uses up one failure that is planned for the method.
func (s *Service) takeFailure(method string) (Failure, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.failures {
		p := &s.failures[i]
		if p.method != "" && p.method != method {
			continue
		}
		failure := p.Failure
		if p.left--; p.left == 0 {
			s.failures = slices.Delete(s.failures, i, i+1)
		}
		return failure, true
	}
	return Failure{}, false
}

// play answers with the failure. work does what the call asked for.
func (f Failure) play(w http.ResponseWriter, r *http.Request, work func() reply) {
	if f.DropAfter {
		work()
	}
	if !wait(r.Context(), f.Hang) || f.DropBefore || f.DropAfter {
		panic(http.ErrAbortHandler) // the documented way to cut a connection
	}
	if f.Status == 0 {
		work().write(w)
		return
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	if f.Name == "" {
		htmlPage(f.Status).write(w)
		return
	}
	refuse(apiError{f.Status, f.Name}).write(w)
}
