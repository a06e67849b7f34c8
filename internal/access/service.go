package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// Sender reaches people. Its errors are those of shop.Courier.
type Sender interface {
	// TellAccess tells the buyer what comes next: Remind, Urge or TellOver.
	TellAccess(ctx context.Context, a Access, what Step) error
	// TellEnded tells the buyer that access has ended; refunded says that it was paid back.
	TellEnded(ctx context.Context, a Access, refunded bool) error
	// TellKept tells the owners that a buyer could not be taken out, and why. The Service tries again.
	TellKept(ctx context.Context, a Access, why error) error
}

// ErrOut says that what was handed over cannot be reached, such as a place in a chat that is gone. The
// buyer is told that access has ended all the same. The Service tries again, at most once a day, and
// gives up after outTries.
var ErrOut = errors.New("it cannot be reached any more")

// Taker takes back what a line of an order handed over in one way, since its time is over or it was
// refunded. It must be repeatable. Its errors: *shop.UndeliverableError if a person has to act, ErrOut,
// and others that are temporary. After each of them the Service tries again.
type Taker func(ctx context.Context, user int64, o shop.Order, line int, refunded bool) error

// Service does what is due.
type Service struct {
	store  Store
	sender Sender
	takers map[catalog.Kind]Taker
	log    *slog.Logger

	mu sync.Mutex
	// keptTold maps: sku => when the owners were last told that somebody cannot be taken out.
	keptTold map[string]time.Time
}

// New makes a Service. It does nothing until Run. takers are those of the ways of delivery that leave
// something to take back.
func New(store Store, sender Sender, takers map[catalog.Kind]Taker, log *slog.Logger) *Service {
	return &Service{store: store, sender: sender, takers: takers, log: log, keptTold: map[string]time.Time{}}
}

const (
	// look is the time between looks for what is due.
	look = 10 * time.Second
	// page is how many records are read at a time, and parallel how many of them are worked on at once.
	page     = 200
	parallel = 16
	// stepLimit bounds one step with its waits.
	stepLimit = time.Minute
	// firstRetry is the pause after a step failed. It doubles with each further failure, up to lastRetry.
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
	// After ErrOut the pause grows up to lastOut. 42 tries take about a month.
	lastOut  = 24 * time.Hour
	outTries = 42
	// keptAgain is the least time between two messages to the owners about one product whose members
	// cannot be taken out, and outAgain the same after ErrOut.
	keptAgain = 24 * time.Hour
	outAgain  = 7 * 24 * time.Hour
)

// Run does what is due until ctx ends. It returns nil.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		done, err := s.doDue(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "do due access failed", "error", err)
		}
		if done == page && err == nil {
			continue
		}
		timer := time.NewTimer(look)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
	return nil
}

// doDue does the next page of what is due and returns how much that was.
func (s *Service) doDue(ctx context.Context) (int, error) {
	due, err := s.store.DueAccess(ctx, time.Now(), page)
	if err != nil {
		return 0, err
	}
	var g errgroup.Group
	g.SetLimit(parallel)
	for _, a := range due {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return s.doOrPostpone(ctx, a) })
	}
	return len(due), g.Wait()
}

// doOrPostpone does the next step of a record, or postpones it if that fails. An error is the Store's.
func (s *Service) doOrPostpone(ctx context.Context, a Access) error {
	what, a, err := s.claim(ctx, a)
	if err != nil {
		return err
	}
	if err := s.do(ctx, a, what); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "step of access failed", "user", a.User, "sku", a.SKU, "error", err)
		return s.postpone(ctx, a, err)
	}
	return nil
}

// claim reads the next step of a record, as it is now: it may have changed since it was listed. Before
// anybody is told it stores when to try again, so that a Store that cannot write, such as one on a full
// disk, does not have people told over and over.
func (s *Service) claim(ctx context.Context, a Access) (what Step, _ Access, err error) {
	a, err = s.store.ChangeAccess(ctx, a.User, a.SKU, func(now *Access) bool {
		at := time.Now()
		what = now.StepAt(at)
		now.Retry = at.Add(stepLimit).Truncate(time.Millisecond)
		return what != Nothing
	})
	if err != nil {
		err = fmt.Errorf("claim step of access of %d to %s: %w", a.User, a.SKU, err)
	}
	return what, a, err
}

// do does a step of a record.
func (s *Service) do(ctx context.Context, a Access, what Step) (err error) {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	switch what {
	case Remind, Urge, TellOver:
		if err := s.sender.TellAccess(ctx, a, what); err != nil && !shop.IsFinal(err) {
			return err
		}
		_, err = s.did(ctx, a, what)
		return err
	case Finish:
		if a, err = s.did(ctx, a, what); err != nil {
			return err
		}
		s.log.InfoContext(ctx, "access ended", "user", a.User, "sku", a.SKU)
		return s.withdraw(ctx, a)
	case Withdraw:
		return s.withdraw(ctx, a)
	case Nothing:
	}
	return nil
}

// did stores that a step was done, unless the record has moved on: then it was renewed just now.
func (s *Service) did(ctx context.Context, a Access, what Step) (Access, error) {
	return s.store.ChangeAccess(context.WithoutCancel(ctx), a.User, a.SKU, func(now *Access) bool {
		if !now.Until.Equal(a.Until) || now.Stage != a.Stage || len(now.Over) != len(a.Over) {
			return false
		}
		now.Did(what, time.Now().Truncate(time.Millisecond))
		return true
	})
}

// withdraw takes back the goods of all that is over, and tells the buyer if access has ended.
func (s *Service) withdraw(ctx context.Context, a Access) error {
	orders := make([]shop.Order, len(a.Over))
	refunded := false
	for i, over := range a.Over {
		refunded = refunded || over.Refunded
		var err error
		if orders[i], err = s.store.Order(ctx, over.Order); err != nil && !errors.Is(err, shop.ErrNotFound) {
			return err
		}
	}
	var failed, out error // one failure does not keep the other parts from being taken back
	for i, over := range a.Over {
		for _, p := range partsOf(&orders[i], over.Line) {
			take := s.takers[wayOf(p)]
			if take == nil || !over.Refunded && overLater(a.Over[i+1:], orders[i+1:], p) {
				continue
			}
			switch err := take(ctx, a.User, orders[i], over.Line, over.Refunded); {
			case errors.Is(err, ErrOut):
				out = errors.Join(out, fmt.Errorf("take back %s of order %s: %w", a.SKU, over.Order, err))
			case err != nil:
				failed = errors.Join(failed, fmt.Errorf("take back %s of order %s: %w", a.SKU, over.Order, err))
			}
		}
	}
	if failed != nil {
		return failed
	}
	if a.Untold && !a.Live() {
		if err := s.sender.TellEnded(ctx, a, refunded); err != nil && !shop.IsFinal(err) {
			return err
		}
	}
	if out != nil && a.Tries < outTries {
		_, err := s.store.ChangeAccess(context.WithoutCancel(ctx), a.User, a.SKU, func(now *Access) bool {
			now.Untold = false
			return a.Untold
		})
		return errors.Join(out, err)
	}
	if out != nil {
		s.log.ErrorContext(ctx, "take back access given up", "user", a.User, "sku", a.SKU, "error", out)
	}
	_, err := s.store.ChangeAccess(context.WithoutCancel(ctx), a.User, a.SKU, func(now *Access) bool {
		now.Withdrawn(len(a.Over))
		return true
	})
	return err
}

// partsOf lists what a line handed over; nothing if its order is missing.
func partsOf(o *shop.Order, line int) []*shop.Part {
	if line >= len(o.Lines) {
		return nil
	}
	return o.Lines[line].Parts()
}

// wayOf is the way in which a part was handed over, or was to be before an owner did so by hand.
func wayOf(p *shop.Part) catalog.Kind {
	if p.Invite.Chat != 0 {
		return catalog.Invitation
	}
	return p.Deliver
}

// overLater reports whether a later order whose time is over too handed over the same as p: then that
// order takes it back.
func overLater(over []Over, orders []shop.Order, p *shop.Part) bool {
	for i := range over {
		for _, later := range partsOf(&orders[i], over[i].Line) {
			if !over[i].Refunded && wayOf(later) == wayOf(p) && later.Invite.Chat == p.Invite.Chat && later.Server == p.Server {
				return true
			}
		}
	}
	return false
}

// postpone postpones a record whose step failed. If a person has to act, it tells the owners.
func (s *Service) postpone(ctx context.Context, a Access, cause error) error {
	out, again, last := errors.Is(cause, ErrOut), keptAgain, lastRetry
	if out {
		again, last = outAgain, lastOut
	}
	told := true
	if out && !a.Out || !out && shop.IsFinal(cause) {
		told = s.tellKept(ctx, a, cause, again)
	}
	wait := min(firstRetry<<min(a.Tries, 12), last)
	if later, ok := errors.AsType[*shop.RetryAfterError](cause); ok {
		wait = max(later.Wait, look)
	}
	at := time.Now().Add(wait).Truncate(time.Millisecond)
	_, err := s.store.ChangeAccess(context.WithoutCancel(ctx), a.User, a.SKU, func(now *Access) bool {
		now.Postpone(at)
		now.Out = out && told
		return true
	})
	if err != nil {
		return fmt.Errorf("postpone step of access of %d to %s: %w", a.User, a.SKU, err)
	}
	return nil
}

// tellKept tells the owners that a buyer cannot be taken out, at most once in the time again for all
// members of a product. It returns false if the owners have to be told at the next failure.
func (s *Service) tellKept(ctx context.Context, a Access, cause error, again time.Duration) bool {
	s.mu.Lock()
	before := s.keptTold[a.SKU]
	if time.Since(before) < again {
		s.mu.Unlock()
		return true
	}
	s.keptTold[a.SKU] = time.Now() // so that the other members do not tell it meanwhile
	s.mu.Unlock()
	err := s.sender.TellKept(ctx, a, cause)
	if err == nil {
		return true
	}
	s.log.WarnContext(ctx, "tell owners of access that cannot be taken back failed", "user", a.User, "sku", a.SKU, "error", err)
	if shop.IsFinal(err) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keptTold[a.SKU] = before
	return false
}
