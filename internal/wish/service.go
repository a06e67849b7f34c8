package wish

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// Sender reaches people.
type Sender interface {
	// TellBack tells a person that a product is back, after everything else that waits to be sent. Its
	// errors are those of shop.Courier.
	TellBack(ctx context.Context, user int64, p catalog.Product, free int) error
}

// Service tells people what is back. Its lists are those of the Store.
type Service struct {
	store   Store
	sender  Sender
	catalog func() *catalog.Catalog
	log     *slog.Logger
	// told is the turn of the person who was told last, whether or not that is stored. Only Run uses it.
	told Turn
}

// New makes a Service. It does nothing until Run. catalog gives the catalog of this moment.
func New(store Store, sender Sender, catalog func() *catalog.Catalog, log *slog.Logger) *Service {
	return &Service{store: store, sender: sender, catalog: catalog, log: log}
}

const (
	// look is the time between looks for turns. Orders that are paid and wait for units get them first.
	look = 5 * time.Second
	// sendLimit bounds one message with its waits.
	sendLimit = time.Minute
	// longestPause bounds the pause after Telegram or the disk has failed.
	longestPause = 5 * time.Minute
)

// Run tells people until ctx ends. It returns nil.
func (s *Service) Run(ctx context.Context) error {
	for wait := look; ; {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		err := s.tellAll(ctx)
		if err == nil || ctx.Err() != nil {
			wait = look
			continue
		}
		wait = min(2*wait, longestPause)
		if later, ok := errors.AsType[*shop.RetryAfterError](err); ok {
			wait = min(max(later.Wait, look), longestPause)
		}
		s.log.WarnContext(ctx, "tell who waits for a product failed", "wait", wait, "error", err)
	}
}

// tellAll tells one person after the other, until all turns are over. A product that buyers cannot
// see keeps its turns.
func (s *Service) tellAll(ctx context.Context) error {
	back, err := s.store.BackInStock(ctx)
	if err != nil {
		return err
	}
	for _, sku := range back {
		for more := true; more && ctx.Err() == nil; {
			p, offered := s.catalog().Offered(sku)
			if !offered {
				break
			}
			if more, err = s.tellNext(ctx, p); err != nil {
				return fmt.Errorf("product %s: %w", sku, err)
			}
		}
	}
	return nil
}

// tellNext tells the next person of a product; false if there is none. A person who cannot be
// reached, or may not order, passes their turn on. Nobody is told again because the disk is full.
func (s *Service) tellNext(ctx context.Context, p catalog.Product) (more bool, err error) {
	turn, found, err := s.store.NextTurn(ctx, p.SKU)
	if err != nil || !found {
		return false, err
	}
	person, err := s.store.Person(ctx, turn.User)
	if err != nil {
		return false, err
	}
	told := s.told.SKU == turn.SKU && s.told.Place == turn.Place
	if !told && person.Gone.IsZero() && person.Blocked.At.IsZero() {
		limited, cancel := context.WithTimeout(ctx, sendLimit)
		err = s.sender.TellBack(limited, turn.User, p, turn.Free)
		cancel()
		never, final := errors.AsType[*shop.UndeliverableError](err)
		switch {
		case final:
			s.log.InfoContext(ctx, "who waits for a product cannot be reached", "user", turn.User, "sku", p.SKU, "error", never)
		case err != nil:
			return false, err
		default:
			told, s.told = true, turn
		}
	}
	return true, s.store.EndTurn(context.WithoutCancel(ctx), turn, told)
}
