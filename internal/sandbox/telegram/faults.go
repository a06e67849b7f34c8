package telegram

import (
	"maps"
	"math"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"shopbot/internal/sandbox/emulate"
)

// Faults are faults that last until they are reset.
type Faults struct {
	Flood      bool // every call that sends or edits is answered with 429
	RetryAfter int  // seconds sent with Flood; 0: 1
	Frozen     bool // the bot's account is frozen: every call that sends or edits is a 400
	RealLimits bool // about 1 message a second to a chat and 30 to all, with short bursts; else 429

	DelayCheckouts  time.Duration // before a bot gets a pre_checkout_query; the user waits no longer for it
	LoseCheckouts   bool          // pre_checkout_query updates are lost
	RepeatCheckouts int           // how many more times each is sent
	FailPayments    bool          // a payment in Stars does not happen although the bot agreed
	LosePayments    bool          // updates with a successful_payment are lost; the payment happens
	RepeatPayments  int           // how many more times each is sent, with update ids of their own
	RefundAge       time.Duration // older payments in Stars cannot be refunded; 0: all can
}

// Failure replaces the answer to a call. The zero Failure lets the call through; Hang alone delays
// it.
type Failure struct {
	Status      int           // an error with this status, without doing the work; 0: the work is done
	Description string        // "": the status's own text
	RetryAfter  int           // seconds, in the parameters of the error; 0: not sent
	Hang        time.Duration // waits this long first, or until the client is gone
	DropBefore  bool          // cuts the connection without doing the work
	DropAfter   bool          // does the work and cuts the connection
	HTML        bool          // the error is a gateway's page instead of JSON
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
	s.changed()
}

// FailNext makes the next n calls of a method fail; "" means any method. Failures planned earlier
// come first; an n of 0 or less cancels what was planned for the method.
func (s *Service) FailNext(method string, n int, f Failure) {
	s.failures.Plan(strings.ToLower(method), n, f)
}

// FailNextTo is FailNext for the calls whose chat_id is this chat. These failures come before those
// of FailNext.
func (s *Service) FailNextTo(chat int64, method string, n int, f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failuresTo[chat] == nil {
		s.failuresTo[chat] = &emulate.Failures[Failure]{}
	}
	s.failuresTo[chat].Plan(strings.ToLower(method), n, f)
}

// takeFailure uses up the failure that is planned for a call, if there is one.
func (s *Service) takeFailure(name string, p params) (Failure, bool) {
	s.mu.Lock()
	toChat := s.failuresTo[p.number("chat_id")]
	s.mu.Unlock()
	if toChat != nil {
		if f, planned := toChat.Take(name); planned {
			return f, true
		}
	}
	return s.failures.Take(name)
}

// play answers with the failure. work does what the call asks for.
func (f Failure) play(w http.ResponseWriter, r *http.Request, work func() answer) {
	if f.DropAfter {
		work()
	}
	if !emulate.Sleep(r.Context(), f.Hang) || f.DropBefore || f.DropAfter {
		panic(http.ErrAbortHandler) // the documented way to cut a connection
	}
	switch {
	case f.Status == 0:
		work().write(w)
	case f.HTML:
		emulate.WriteGatewayPage(w, f.Status)
	case f.Description != "":
		failed(apiError{code: f.Status, description: f.Description, retryAfter: f.RetryAfter}).write(w)
	case f.Status == http.StatusTooManyRequests:
		failed(flood(f.RetryAfter)).write(w)
	default:
		failed(apiError{code: f.Status, description: http.StatusText(f.Status), retryAfter: f.RetryAfter}).write(w)
	}
}

// Limits of RealLimits. Telegram publishes the rates; the bursts are what bots observe.
const (
	chatRate, chatBurst = 1, 4
	botRate, botBurst   = 30, 30
)

// checkRate refuses a call that sends during a flood or too fast.
func (c *call) checkRate() error {
	if c.faults.Frozen {
		return badRequest("FROZEN_METHOD_INVALID")
	}
	if c.faults.Flood {
		return flood(c.faults.RetryAfter)
	}
	if !c.faults.RealLimits {
		return nil
	}
	now := time.Now()
	chat, all := c.bot.limiterOf(c.number("chat_id")).ReserveN(now, 1), c.bot.limiter.ReserveN(now, 1)
	wait := max(chat.DelayFrom(now), all.DelayFrom(now))
	if wait == 0 {
		return nil
	}
	chat.CancelAt(now)
	all.CancelAt(now)
	return flood(int(math.Ceil(wait.Seconds())))
}

// limiterOf is the rate limiter of one chat. Idle ones are dropped now and then.
func (b *bot) limiterOf(chat int64) *rate.Limiter {
	if l, ok := b.limiters[chat]; ok {
		return l
	}
	if len(b.limiters) > 10_000 {
		maps.DeleteFunc(b.limiters, func(_ int64, l *rate.Limiter) bool { return l.Tokens() >= chatBurst })
	}
	l := rate.NewLimiter(chatRate, chatBurst)
	b.limiters[chat] = l
	return l
}
