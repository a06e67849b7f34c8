package access_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// sold is a database in which every order has one line that let its buyer into a chat.
type sold struct{ *storage.DB }

func (sold) Order(_ context.Context, id shop.OrderID) (shop.Order, error) {
	return shop.Order{ID: id, Lines: []shop.Line{{SKU: "club", Part: shop.Part{Deliver: catalog.Invitation}}}}, nil
}

// sender notes when the owners were told, and fails the first time.
type sender struct {
	access.Sender

	tried int
	told  []time.Time
}

func (s *sender) TellKept(context.Context, access.Access, error) error {
	if s.tried++; s.tried == 1 {
		return errors.New("telegram is out of reach")
	}
	s.told = append(s.told, time.Now())
	return nil
}

func TestOwnersAreToldOfAMemberWhoStaysEvenIfTellingFailsFirst(t *testing.T) {
	for _, why := range []error{&shop.UndeliverableError{Err: errors.New("the bot is no admin")}, access.ErrOut} {
		synctest.Test(t, func(t *testing.T) {
			db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			_, err = db.ChangeAccess(t.Context(), 7, "club", func(a *access.Access) bool {
				a.Stage, a.Over = access.Ended, []access.Over{{Order: "A"}}
				return true
			})
			require.NoError(t, err)
			taker := func(context.Context, int64, shop.Order, int, bool) error { return why }
			sender := &sender{}
			s := access.New(sold{db}, sender, map[catalog.Kind]access.Taker{catalog.Invitation: taker}, slog.New(slog.DiscardHandler))
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- s.Run(ctx) }()

			time.Sleep(12 * time.Hour)
			cancel()
			require.NoError(t, <-ended)
			require.Len(t, sender.told, 1, "told once, and not again with each failure")
		})
	}
}
