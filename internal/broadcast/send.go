package broadcast

import (
	"context"
	"sync"
	"time"

	"shopbot/internal/shop"
)

const (
	// window is how many people are written to at once: enough to keep Telegram's pace of 30 a
	// second if an answer takes 200 ms. A crash leaves at most as many in doubt.
	window = 12
	// refill is how many are in flight when the next ones are taken, so that a commit pays for
	// several messages.
	refill = 6
	// refusals is how many messages in a row Telegram refuses before a person has to look.
	refusals = 20
	// sendLimit bounds one message with its waits, stopLimit those that are in flight at the end.
	sendLimit = time.Minute
	stopLimit = 5 * time.Second
	// showPause is the time between two edits of the live counter.
	showPause = 4 * time.Second
	// Pauses after the network or Telegram has failed.
	firstPause   = time.Second
	longestPause = time.Minute
)

// run is the sending of one broadcast, until it is over, paused, or the program stops.
type run struct {
	*Service

	id      ID
	results chan Result
	flying  map[int64]bool // who is written to now
	done    []Result       // not written down yet
	page    int            // how many people to look at next
	refused int            // in a row
	hold    time.Time
	doubt   bool          // the network has failed
	backoff time.Duration // the last pause; 0 once Telegram has taken a message
}

func (s *Service) send(ctx context.Context, id ID) {
	r := &run{Service: s, id: id, results: make(chan Result, window), flying: map[int64]bool{}}
	var shown sync.WaitGroup
	showing, stopShowing := context.WithCancel(ctx)
	shown.Go(func() { s.show(showing, id) })
	defer shown.Wait()
	defer stopShowing()

	// Messages that are on their way when the program stops get a little time to arrive.
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		pause(sending, stopLimit)
		cancel()
	})()
	for {
		if len(r.flying) <= refill && (ctx.Err() == nil || len(r.flying) == 0) {
			if b, ended := r.next(ctx, sending); ended {
				if b.State == Paused && ctx.Err() == nil {
					r.showNow(ctx, b)
				}
				return
			}
		}
		r.await(ctx)
	}
}

// next writes down what became of messages and sends the next ones. It reports whether there is
// nothing more to do.
func (r *run) next(ctx, sending context.Context) (b Broadcast, ended bool) {
	b, next, err := r.step(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		r.log.ErrorContext(ctx, "note progress of broadcast failed", "broadcast", r.id, "error", err)
		r.hold = time.Now().Add(storePause)
		return b, false
	case err != nil:
		return b, len(r.flying) == 0
	}
	r.done = nil
	for _, user := range next {
		r.flying[user] = true
		go func() { r.results <- r.sendTo(sending, user, b.Message) }()
	}
	return b, len(r.flying) == 0 && (b.State != Running || ctx.Err() != nil)
}

// step writes one step down. Nobody is taken while sending is on hold or the program stops.
func (r *run) step(ctx context.Context) (b Broadcast, next []int64, err error) {
	storing := context.WithoutCancel(ctx) // results must not be lost
	if b, err = r.store.Broadcast(storing, r.id); err != nil {
		return b, nil, err
	}
	s := step{cursor: b.Cursor, looked: b.Looked}
	now := time.Now()
	if ctx.Err() == nil && !now.Before(r.hold) && b.State == Running && r.isReachable(ctx) {
		room := window - len(r.flying)
		if r.backoff > 0 { // one message finds out whether Telegram takes them again
			room = max(0, 1-len(r.flying))
		}
		if again := len(b.Again); again < room && !b.Looked {
			r.page = min(max(2*r.page, room), peoplePage)
			if s, err = r.look(ctx, b.To, b.Cursor, r.page, room-again, now); err != nil {
				return b, nil, err
			}
			if len(s.found) > 0 {
				r.page = 0
			}
		}
		s.room = room
	}
	s.results, s.pause = r.done, r.refused >= refusals
	b, err = r.store.ChangeBroadcast(storing, r.id, func(b *Broadcast) error {
		b.reclaim(r.flying, r.done)
		next = b.apply(s, now)
		return nil
	})
	if err == nil && s.pause {
		r.refused = 0
	}
	return b, next, err
}

// isReachable asks whether Telegram can be reached, if there is a doubt. Each message that is sent
// into an outage would be one of which nobody knows what became.
func (r *run) isReachable(ctx context.Context) bool {
	if !r.doubt {
		return true
	}
	if err := r.sender.Reachable(ctx); err != nil {
		r.wait(0)
		return false
	}
	r.doubt = false
	return true
}

// wait puts sending on hold for as long as Telegram said, or else longer each time. What fails
// while sending is on hold was on its way before.
func (r *run) wait(said time.Duration) {
	now := time.Now()
	if !now.Before(r.hold) {
		r.backoff = min(max(2*r.backoff, firstPause), longestPause)
	}
	if until := now.Add(max(said, r.backoff)); until.After(r.hold) {
		r.hold = until
	}
}

// await waits for the next result, for the end of the hold, or for somebody who turns the
// broadcast.
func (r *run) await(ctx context.Context) {
	var held <-chan time.Time
	if d := time.Until(r.hold); d > 0 && len(r.flying) <= refill {
		held = time.After(d)
	} else if len(r.flying) == 0 {
		return // there is more to look at
	}
	stopped := ctx.Done()
	if ctx.Err() != nil {
		stopped, held = nil, nil
		if len(r.flying) == 0 {
			return
		}
	}
	select {
	case result := <-r.results:
		r.take(result)
	case <-held:
	case <-r.wake:
	case <-stopped:
	}
}

func (r *run) take(result Result) {
	delete(r.flying, result.User)
	r.done = append(r.done, result)
	switch result.Outcome {
	case Failed:
		r.refused, r.backoff = r.refused+1, 0
	case Unknown:
		r.doubt = true
		r.wait(0)
	case NotSent:
		r.wait(result.Wait)
	case Sent:
		r.refused, r.backoff = 0, 0
	case Blocked, Gone:
		r.backoff = 0
	case LeftOutLate:
	}
}

// sendTo writes to one person. The next broadcast leaves out a person who cannot be
// reached any more.
func (r *run) sendTo(ctx context.Context, user int64, m Message) Result {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	p, err := r.store.Person(ctx, user)
	switch {
	case err != nil:
		return Result{User: user, Outcome: NotSent}
	case !reachable(p):
		return Result{User: user, Outcome: LeftOutLate}
	}
	result := r.sender.SendBroadcast(ctx, p, m)
	result.User = user
	if result.Outcome != Blocked && result.Outcome != Gone {
		return result
	}
	now := time.Now()
	if _, err := r.store.ChangePerson(context.WithoutCancel(ctx), user, func(p *shop.Person) bool {
		if !p.Gone.IsZero() || p.Last == "" {
			return false
		}
		p.Gone = now
		return true
	}); err != nil {
		r.log.WarnContext(ctx, "note that a user cannot be reached failed", "user", user, "error", err)
	}
	return result
}

// show keeps the live counter up to date until ctx ends.
func (s *Service) show(ctx context.Context, id ID) {
	for shown := -1; ; {
		pause(ctx, showPause)
		if ctx.Err() != nil {
			return
		}
		b, err := s.store.Broadcast(ctx, id)
		if err != nil || b.Counts.Tried() == shown || b.Over() {
			continue
		}
		if s.showNow(ctx, b) {
			shown = b.Counts.Tried()
		}
	}
}

func (s *Service) showNow(ctx context.Context, b Broadcast) bool {
	err := s.sender.ShowBroadcast(ctx, b)
	if err != nil && ctx.Err() == nil {
		s.log.DebugContext(ctx, "show progress of broadcast failed", "broadcast", b.ID, "error", err)
	}
	return err == nil
}
