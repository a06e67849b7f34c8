package access_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// sold is a database in which every order has one line that let its buyer into a chat. It may have a
// full disk.
type sold struct {
	*storage.DB

	full atomic.Bool
}

func (*sold) Order(_ context.Context, id shop.OrderID) (shop.Order, error) {
	return shop.Order{ID: id, Lines: []shop.Line{{SKU: "club", Part: shop.Part{Deliver: catalog.Invitation}}}}, nil
}

func (s *sold) ChangeAccess(ctx context.Context, user int64, sku string, change func(*access.Access) bool) (access.Access, error) {
	if s.full.Load() {
		return access.Access{}, errors.New("no space left on device")
	}
	return s.DB.ChangeAccess(ctx, user, sku, change)
}

// sender notes when the owners were told, which fails the first time, and how often the buyer was.
type sender struct {
	access.Sender

	tried    int
	told     []time.Time
	reminded atomic.Int32
}

func (s *sender) TellAccess(context.Context, access.Access, access.Step) error {
	s.reminded.Add(1)
	return nil
}

func (s *sender) TellKept(context.Context, access.Access, error) error {
	if s.tried++; s.tried == 1 {
		return errors.New("telegram is out of reach")
	}
	s.told = append(s.told, time.Now())
	return nil
}

// run runs a Service with one record, which set makes.
func run(t *testing.T, set func(*access.Access), taker access.Taker, do func(t *testing.T, db *sold, sender *sender)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		opened, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
		require.NoError(t, err)
		defer func() { require.NoError(t, opened.Close()) }()
		db, sender := &sold{DB: opened}, &sender{}
		_, err = db.ChangeAccess(t.Context(), 7, "club", func(a *access.Access) bool {
			set(a)
			return true
		})
		require.NoError(t, err)
		s := access.New(db, sender, map[catalog.Kind]access.Taker{catalog.Invitation: taker}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		defer func() {
			cancel()
			require.NoError(t, <-ended)
		}()
		do(t, db, sender)
	})
}

func TestOwnersAreToldOfAMemberWhoStaysEvenIfTellingFailsFirst(t *testing.T) {
	for _, why := range []error{&shop.UndeliverableError{Err: errors.New("the bot is no admin")}, access.ErrOut} {
		over := func(a *access.Access) { a.Stage, a.Over = access.Ended, []access.Over{{Order: "A"}} }
		taker := func(context.Context, int64, shop.Order, int, bool) error { return why }
		run(t, over, taker, func(t *testing.T, _ *sold, sender *sender) {
			t.Helper()
			time.Sleep(12 * time.Hour)
			synctest.Wait()
			require.Len(t, sender.told, 1, "told once, and not again with each failure")
		})
	}
}

func TestABuyerIsRemindedOnceAlsoWhileTheDiskIsFull(t *testing.T) {
	soon := func(a *access.Access) { a.Grant("A", 0, 10*day, false, time.Now()) }
	run(t, soon, nil, func(t *testing.T, db *sold, sender *sender) {
		t.Helper()
		db.full.Store(true)
		time.Sleep(7*day + time.Hour)
		require.LessOrEqual(t, sender.reminded.Load(), int32(1), "not every ten seconds")
		db.full.Store(false)
		time.Sleep(time.Hour)
		require.EqualValues(t, 1, sender.reminded.Load())
	})
}
