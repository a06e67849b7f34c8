package telegram

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults are troubles that last until they are taken back.
type Faults struct {
	Flood      bool // every call that sends or edits is answered with 429
	RetryAfter int  // seconds told with Flood; 0: 1
	RealLimits bool // about 1 message a second to a chat and 30 to all, short bursts allowed, else 429
}

// Failure is what becomes of a call instead of its answer. The zero Failure
// lets it through; Hang alone makes it late.
type Failure struct {
	Status      int           // an error with this status, nothing done; 0: the call is done
	Description string        // "": the status's own words
	RetryAfter  int           // seconds, in the parameters of the error; 0: not told
	Hang        time.Duration // waits so long first, or until the client has gone away
	DropBefore  bool          // cuts the connection, having done nothing
	DropAfter   bool          // does the work and cuts the connection
	HTML        bool          // the error is a gateway's page instead of JSON
}

type plannedFailure struct {
	method string // lower case; "": any
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
func (s *Service) SetFaults(f Faults) {
	s.mu.Lock()
	s.faults = f
	s.mu.Unlock()
	s.changed()
}

// FailNext makes the next n calls of a method fail so; "" means any method.
// Failures planned earlier come first; n of 0 or less forgets what was planned
// for the method.
func (s *Service) FailNext(method string, n int, f Failure) {
	method = strings.ToLower(method)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > 0 {
		s.failures = append(s.failures, plannedFailure{method, n, f})
		return
	}
	s.failures = slices.DeleteFunc(s.failures, func(p plannedFailure) bool { return p.method == method })
}

// takeFailure uses up one failure that is planned for the method.
func (s *Service) takeFailure(method string) (Failure, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.failures, func(p plannedFailure) bool { return p.method == "" || p.method == method })
	if i < 0 {
		return Failure{}, false
	}
	planned := &s.failures[i]
	failure := planned.Failure
	if planned.left--; planned.left == 0 {
		s.failures = slices.Delete(s.failures, i, i+1)
	}
	return failure, true
}

// play answers with the failure. work does what the call asked for.
func (f Failure) play(w http.ResponseWriter, r *http.Request, work func() answer) {
	if f.DropAfter {
		work()
	}
	if !sleep(r.Context(), f.Hang) || f.DropBefore || f.DropAfter {
		panic(http.ErrAbortHandler) // the documented way to cut a connection
	}
	switch {
	case f.Status == 0:
		work().write(w)
	case f.HTML:
		f.page(w)
	default:
		failed(f.refusal()).write(w)
	}
}

func (f Failure) refusal() apiError {
	switch {
	case f.Description != "":
		return apiError{f.Status, f.Description, f.RetryAfter}
	case f.Status == http.StatusTooManyRequests:
		return flood(f.RetryAfter)
	default:
		return apiError{f.Status, http.StatusText(f.Status), f.RetryAfter}
	}
}

// page writes what a proxy in front of Telegram shows when nobody is behind it.
func (f Failure) page(w http.ResponseWriter) {
	title := strconv.Itoa(f.Status) + " " + http.StatusText(f.Status)
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" +
		title + "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"))
}
