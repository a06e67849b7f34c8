package invite

import (
	"context"
	"errors"
	"strconv"

	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// inChat makes a call about a chat of the catalog, under the id that the chat has now. Its errors are
// those of a shop.Courier.
func (s *Service) inChat(ctx context.Context, chat int64, do func(chat int64) error) error {
	at, err := s.Now(ctx, chat)
	if err != nil {
		return err
	}
	err = do(at)
	if e, ok := errors.AsType[*telegram.Error](err); ok && e.MigrateTo != 0 {
		if err := s.learn(ctx, chat, e.MigrateTo); err != nil {
			return err
		}
		err = do(e.MigrateTo)
	}
	return toShopError(err)
}

// Now is the id that a chat has now: a group that is upgraded to a supergroup gets another one.
func (s *Service) Now(ctx context.Context, chat int64) (int64, error) {
	if now, known := s.moved.Load(chat); known {
		return now.(int64), nil //nolint:forcetypeassert // written below alone
	}
	note, err := s.store.Note(ctx, movedNote(chat))
	if err != nil {
		return 0, err
	}
	now, err := strconv.ParseInt(string(note), 10, 64)
	if err != nil {
		now = chat // no note
	}
	s.moved.Store(chat, now)
	return now, nil
}

// learn notes that a chat of the catalog has a new id, and has the owners told.
func (s *Service) learn(ctx context.Context, chat, now int64) error {
	if err := s.store.SetNote(ctx, movedNote(chat), strconv.AppendInt(nil, now, 10)); err != nil {
		return err
	}
	s.moved.Store(chat, now)
	s.log.WarnContext(ctx, "group has a new id, write it into the catalog", "chat", chat, "now", now)
	s.Moved(ctx, chat, now)
	return nil
}

func movedNote(chat int64) string { return "chat moved " + strconv.FormatInt(chat, 10) }

// toShopError puts Telegram's refusals into the shop's words.
func toShopError(err error) error {
	e, ok := errors.AsType[*telegram.Error](err)
	switch {
	case !ok:
		return err
	case telegram.LacksRight(err):
		return &shop.UndeliverableError{Reason: shop.HoldNoRight, Err: err}
	case errors.Is(err, telegram.ErrChatGone):
		return &shop.UndeliverableError{Reason: shop.HoldNoChat, Err: err}
	case errors.Is(err, telegram.ErrBadRequest), errors.Is(err, telegram.ErrBlocked):
		return &shop.UndeliverableError{Reason: shop.HoldRefused, Err: err}
	case e.RetryAfter > 0:
		return &shop.RetryAfterError{Wait: e.RetryAfter, Err: err}
	}
	return err
}
