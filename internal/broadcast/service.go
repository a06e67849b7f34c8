package broadcast

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"shopbot/internal/shop"
)

// Store keeps the broadcasts, and knows the people. Each method is one durable transaction.
type Store interface {
	// CreateBroadcast stores a broadcast under the next ID. If there is one of the same Act, that is
	// returned instead, and created is false. ErrBusy while another one is active.
	CreateBroadcast(ctx context.Context, b Broadcast) (stored Broadcast, created bool, err error)
	// Broadcast reads one; ErrNotFound.
	Broadcast(ctx context.Context, id ID) (Broadcast, error)
	// ChangeBroadcast applies a change, which is pure. Its error is returned, and nothing is written.
	ChangeBroadcast(ctx context.Context, id ID, change func(*Broadcast) error) (Broadcast, error)
	// Broadcasts lists up to limit broadcasts, the latest first. Only the first can be active.
	Broadcasts(ctx context.Context, limit int) ([]Broadcast, error)

	// These are those of shop.People and shop.Store.
	Person(ctx context.Context, user int64) (shop.Person, error)
	ChangePerson(ctx context.Context, user int64, change func(*shop.Person) (changed bool)) (shop.Person, error)
	People(ctx context.Context, after int64, limit int) ([]shop.Person, error)
	OrdersOf(ctx context.Context, buyer int64, before shop.OrderID, limit int) ([]shop.Order, error)
}

// Sender reaches people. Its methods wait for the rate limits.
type Sender interface {
	// SendBroadcast sends the message to one person, after everything else that waits to be sent.
	SendBroadcast(ctx context.Context, to shop.Person, m Message) Result
	// Reachable returns nil if messages can be sent at all. It sends none.
	Reachable(ctx context.Context) error
	// ShowBroadcast brings the screen of who sent the broadcast up to date. Once the broadcast is
	// over, it also tells the end by a message.
	ShowBroadcast(ctx context.Context, b Broadcast) error
}

// Config is what a Service needs.
type Config struct {
	Store  Store
	Sender Sender
	// Language is the language that the bot speaks with a person.
	Language func(p shop.Person) string
	Log      *slog.Logger // nil: silent
}

// Service sends broadcasts, one at a time. It is safe for concurrent use.
type Service struct {
	store    Store
	sender   Sender
	language func(p shop.Person) string
	log      *slog.Logger
	wake     chan struct{}
	counts   chan func(context.Context)
}

// New makes a Service. It does nothing until Run.
func New(cfg Config) *Service {
	return &Service{
		store: cfg.Store, sender: cfg.Sender, language: cfg.Language, log: cmp.Or(cfg.Log, slog.New(slog.DiscardHandler)),
		wake: make(chan struct{}, 1), counts: make(chan func(context.Context), 16),
	}
}

// Start begins a broadcast, or returns the one of the same act. ErrBusy while another one is not
// over.
func (s *Service) Start(ctx context.Context, b Broadcast) (stored Broadcast, created bool, err error) {
	b.State, b.Started = Running, time.Now()
	stored, created, err = s.store.CreateBroadcast(ctx, b)
	if err == nil && created {
		s.log.InfoContext(ctx, "broadcast started", "broadcast", stored.ID, "user", b.By, "people", b.People)
		s.notify()
	}
	return stored, created, err
}

// Turn pauses, resumes or stops a broadcast; ErrOver if it has ended, ErrNotFound. Messages that
// are on their way still arrive.
func (s *Service) Turn(ctx context.Context, id ID, to State, by int64) (Broadcast, error) {
	b, err := s.store.ChangeBroadcast(ctx, id, func(b *Broadcast) error { return b.Turn(to, by, time.Now()) })
	if err == nil {
		s.log.InfoContext(ctx, "broadcast turned", "broadcast", id, "user", by, "state", to)
		s.notify()
	}
	return b, err
}

// ShowAt has the progress of a broadcast shown in a message of who sent it.
func (s *Service) ShowAt(ctx context.Context, id ID, at shop.MessageRef) error {
	_, err := s.store.ChangeBroadcast(ctx, id, func(b *Broadcast) error {
		b.Screen = at
		return nil
	})
	return err
}

// Broadcast reads one; ErrNotFound.
func (s *Service) Broadcast(ctx context.Context, id ID) (Broadcast, error) {
	return s.store.Broadcast(ctx, id)
}

// Latest lists up to limit broadcasts, the latest first. Only the first can be active.
func (s *Service) Latest(ctx context.Context, limit int) ([]Broadcast, error) {
	return s.store.Broadcasts(ctx, limit)
}

// CountLater counts the people of a segment in the background and hands the result to then. It
// reports false if too much is being counted already.
func (s *Service) CountLater(to Segment, then func(context.Context, Audience)) bool {
	count := func(ctx context.Context) {
		total, err := s.Count(ctx, to)
		if err == nil {
			then(ctx, total)
		} else if ctx.Err() == nil {
			s.log.WarnContext(ctx, "count people failed", "error", err)
		}
	}
	select {
	case s.counts <- count:
		return true
	default:
		return false
	}
}

func (s *Service) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run sends what is to be sent until ctx ends. It then gives the messages that are on their way
// a few seconds.
func (s *Service) Run(ctx context.Context) error {
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for {
			select {
			case count := <-s.counts:
				count(ctx)
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { <-counted }()
	for recovered := false; ctx.Err() == nil; {
		b, found, err := s.current(ctx)
		switch {
		case err != nil:
			s.log.ErrorContext(ctx, "read broadcast failed", "error", err)
			pause(ctx, storePause)
		case found && !recovered:
			if _, err := s.store.ChangeBroadcast(ctx, b.ID, func(b *Broadcast) error {
				b.recover(time.Now())
				return nil
			}); err != nil {
				s.log.ErrorContext(ctx, "recover broadcast failed", "broadcast", b.ID, "error", err)
				pause(ctx, storePause)
				continue
			}
			recovered = true
		case found && (b.State == Running || len(b.InFlight) > 0):
			s.send(ctx, b.ID)
		case found && b.Over() && !b.Told:
			s.tell(ctx, b)
		default:
			recovered = true
			select {
			case <-s.wake:
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// storePause is the pause after the store has failed.
const storePause = 5 * time.Second

// current is the latest broadcast.
func (s *Service) current(ctx context.Context) (b Broadcast, found bool, err error) {
	latest, err := s.store.Broadcasts(ctx, 1)
	if err != nil || len(latest) == 0 {
		return b, false, err
	}
	return latest[0], true, nil
}

// tell shows the end of a broadcast to who sent it. A person who cannot be told now reads it in the
// list.
func (s *Service) tell(ctx context.Context, b Broadcast) {
	s.log.InfoContext(ctx, "broadcast ended", "broadcast", b.ID, "state", b.State, "sent", b.Counts.Sent,
		"blocked", b.Counts.Blocked, "gone", b.Counts.Gone, "failed", b.Counts.Failed,
		"unknown", b.Counts.Unknown, "skipped", b.Counts.Skipped)
	const tries = 3
	for try := range tries {
		err := s.sender.ShowBroadcast(ctx, b)
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return // the next run tells
		}
		s.log.WarnContext(ctx, "tell end of broadcast failed", "broadcast", b.ID, "error", err)
		pause(ctx, time.Second<<(2*try))
	}
	if _, err := s.store.ChangeBroadcast(ctx, b.ID, func(b *Broadcast) error {
		b.Told = true
		return nil
	}); err != nil && ctx.Err() == nil {
		s.log.ErrorContext(ctx, "note end of broadcast failed", "broadcast", b.ID, "error", err)
		pause(ctx, storePause)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
