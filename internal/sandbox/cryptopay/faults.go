package cryptopay

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"shopbot/internal/sandbox/emulate"
)

// Faults are lasting faults of the webhooks. They apply to payments made while they are set.
type Faults struct {
	LoseWebhooks   bool          // webhooks are never sent
	RepeatWebhooks int           // each is sent this many extra times, at once
	DelayWebhooks  time.Duration // wait before the first attempt
}

// Failure replaces the answer to a call. Hang comes first, except with DropAfter; a call whose
// context ends meanwhile does no work and gets no answer. A Failure with only Hang is a slow
// success.
type Failure struct {
	Status     int           // of the answer; 0: the usual answer
	Name       string        // of the error in the envelope; empty: an HTML page, as from a gateway
	RetryAfter time.Duration // in the header Retry-After in whole seconds, rounded up; 0: none
	Hang       time.Duration // waits this long, or until the request's context ends
	DropBefore bool          // cuts the connection without doing the work
	DropAfter  bool          // does the work, waits, and cuts the connection without an answer
}

// Faults returns the faults set.
func (s *Service) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// SetFaults replaces all faults.
func (s *Service) SetFaults(f Faults) {
	s.mu.Lock()
	s.faults = f
	s.mu.Unlock()
	s.listeners.Notify()
}

// FailNext makes the next n calls of a method fail; "" means any method. The token does not matter.
// Failures planned earlier come first; an n of 0 or less cancels what was planned for the method.
func (s *Service) FailNext(method string, n int, f Failure) {
	s.failures.Plan(method, n, f)
	s.listeners.Notify()
}

// play answers with the failure. work does what the call asks for.
func (f Failure) play(w http.ResponseWriter, r *http.Request, work func() reply) {
	if f.DropAfter {
		work()
	}
	if !emulate.Sleep(r.Context(), f.Hang) || f.DropBefore || f.DropAfter {
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
		emulate.WriteGatewayPage(w, f.Status)
		return
	}
	refuse(apiError{Code: f.Status, Name: f.Name}).write(w)
}
