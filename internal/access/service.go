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
	// TellKept tells the owners that a buyer could not be taken out, and why. The shop goes on trying.
	TellKept(ctx context.Context, a Access, why error) error
}

// ErrOut says that there is no way to what was handed over, such as a chat that is gone. The buyer is
// told of the end all the same, and it is tried more rarely, and not for ever.
var ErrOut = errors.New("it cannot be reached any more")

// Taker takes back what a line of an order handed over in one way, once its time is over or it was
// paid back (refunded). It may be called again for what it has done. An *shop.UndeliverableError says
// that a person has to act; it is tried again all the same. Other errors are ErrOut, and those that
// pass by themselves.
type Taker func(ctx context.Context, user int64, o shop.Order, line int, refunded bool) error

// Service does what is due.
type Service struct {
	store  Store
	sender Sender
	takers map[catalog.Kind]Taker
	log    *slog.Logger

	mu sync.Mutex
	// kept maps: sku => when the owners were told last that somebody cannot be taken out.
	kept map[string]time.Time
}

// New makes a Service. It does nothing until Run. takers are those of the ways of delivery that leave
// something to take back.
func New(store Store, sender Sender, takers map[catalog.Kind]Taker, log *slog.Logger) *Service {
	return &Service{store: store, sender: sender, takers: takers, log: log, kept: map[string]time.Time{}}
}

const (
	// look is the time between looks for what is due.
	look = 10 * time.Second
	// page is how many records are read at a time, and parallel how many of them are worked on at once.
	page     = 200
	parallel = 16
	// stepLimit bounds one step with its waits.
	stepLimit = time.Minute
	// Pauses after a step that did not work out: the first, and the longest.
	firstRetry = 30 * time.Second
	lastRetry  = time.Hour
	// What cannot be reached (ErrOut) is tried up to once a day, and given up after outTries, which is
	// about a month.
	lastOut  = 24 * time.Hour
	outTries = 42
	// keptAgain is how often the owners are told of a product whose members cannot be taken out, and
	// outAgain how often if that is since they cannot be reached.
	keptAgain = 24 * time.Hour
	outAgain  = 7 * 24 * time.Hour
)

// Run does what is due until ctx ends. It returns nil.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		done, err := s.doDue(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "read due access failed", "error", err)
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
		g.Go(func() error {
			s.doOrPostpone(ctx, a)
			return nil
		})
	}
	return len(due), g.Wait()
}

// doOrPostpone does the next step of a record, or puts it off if that does not work out.
func (s *Service) doOrPostpone(ctx context.Context, a Access) {
	if err := s.do(ctx, a); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "step of access failed", "user", a.User, "sku", a.SKU, "error", err)
		s.postpone(ctx, a, err)
	}
}

// do does the next step of a record, as it is now: it may have changed since it was listed.
func (s *Service) do(ctx context.Context, a Access) error {
	ctx, cancel := context.WithTimeout(ctx, stepLimit)
	defer cancel()
	a, err := s.store.Access(ctx, a.User, a.SKU)
	if err != nil {
		return err
	}
	switch what := a.StepAt(time.Now()); what {
	case Remind, Urge, TellOver:
		if err := s.sender.TellAccess(ctx, a, what); err != nil && !final(err) {
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
	var failed, out error // what fails in one way keeps nobody from another
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
		if err := s.sender.TellEnded(ctx, a, refunded); err != nil && !final(err) {
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
		s.log.ErrorContext(ctx, "access is not taken back, and not tried any more", "user", a.User, "sku", a.SKU, "error", out)
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

// overLater reports whether a later order whose time is over stands for a part as well: it led to the
// same place.
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

// postpone puts a record off after a step that failed. If a person has to act, the owners are told,
// once for all members of a product.
func (s *Service) postpone(ctx context.Context, a Access, cause error) {
	out, again, last := errors.Is(cause, ErrOut), keptAgain, lastRetry
	if out {
		again, last = outAgain, lastOut
	}
	if (out && !a.Out || !out && final(cause)) && s.isNews(a.SKU, again) {
		if err := s.sender.TellKept(ctx, a, cause); err != nil {
			s.log.WarnContext(ctx, "tell owners of access that cannot be taken back failed", "user", a.User, "sku", a.SKU, "error", err)
		}
	}
	wait := min(firstRetry<<min(a.Tries, 12), last)
	if later, ok := errors.AsType[*shop.RetryAfterError](cause); ok {
		wait = max(later.Wait, look)
	}
	at := time.Now().Add(wait).Truncate(time.Millisecond)
	_, err := s.store.ChangeAccess(context.WithoutCancel(ctx), a.User, a.SKU, func(now *Access) bool {
		now.Postpone(at)
		now.Out = out
		return true
	})
	if err != nil {
		s.log.WarnContext(ctx, "postpone step of access failed", "user", a.User, "sku", a.SKU, "error", err)
	}
}

// isNews reports whether the owners have not been told of a product for some time, and notes that they
// are told now.
func (s *Service) isNews(sku string, again time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.kept[sku]) < again {
		return false
	}
	s.kept[sku] = time.Now()
	return true
}

// final reports whether repeating a call would fail again.
func final(err error) bool {
	_, never := errors.AsType[*shop.UndeliverableError](err)
	return never
}
