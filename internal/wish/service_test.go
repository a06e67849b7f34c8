package wish_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
	"shopbot/internal/wish"
)

const products = `
shop: {name: Test, currency: USDT, languages: [en]}
categories: [{id: all, title: All}]
products:
  - {sku: vpn, category: all, title: VPN, price: "3", deliver: keys}
  - {sku: game, category: all, title: Game, price: "4", deliver: keys, hidden: true}
`

// sender notes who is told, and returns what fails.
type sender struct {
	mu    sync.Mutex
	told  []int64
	fails map[int64]error
	tried int
	then  func()
}

func (s *sender) TellBack(_ context.Context, user int64, _ catalog.Product, _ int) error {
	s.mu.Lock()
	s.tried++
	err, then := s.fails[user], s.then
	if err == nil {
		s.told, s.then = append(s.told, user), nil
	}
	s.mu.Unlock()
	if err == nil && then != nil {
		then()
	}
	return err
}

// fail makes messages to somebody fail; nil mends them.
func (s *sender) fail(user int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails[user] = err
}

// sent is who was told, and how often that was tried.
func (s *sender) sent() (told []int64, tried int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told), s.tried
}

type world struct {
	*testing.T

	db     *storage.DB
	disk   *disk
	sender *sender
}

// disk is a database whose disk can be full when a turn ends.
type disk struct {
	*storage.DB

	full atomic.Bool
}

func (d *disk) EndTurn(ctx context.Context, turn wish.Turn, told bool) error {
	if d.full.Load() {
		return syscall.ENOSPC
	}
	return d.DB.EndTurn(ctx, turn, told)
}

// run runs a Service on a database of its own.
func run(t *testing.T, do func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		c, err := catalog.Parse("catalog.yaml", []byte(products), fstest.MapFS{})
		require.NoError(t, err)
		w := &world{t, db, &disk{DB: db}, &sender{fails: map[int64]error{}}}
		s := wish.New(w.disk, w.sender, func() *catalog.Catalog { return c }, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		defer func() {
			cancel()
			require.NoError(t, <-ended)
		}()
		do(w)
	})
}

func (w *world) told() []int64 {
	told, _ := w.sender.sent()
	return told
}

func (w *world) tried() int {
	_, tried := w.sender.sent()
	return tried
}

func (w *world) wish(sku string, users ...int64) {
	w.Helper()
	for _, user := range users {
		_, err := w.db.AddWish(w.Context(), user, sku)
		require.NoError(w, err)
	}
}

func (w *world) load(sku string, units ...string) {
	w.Helper()
	_, err := w.db.AddStock(w.Context(), shop.StockLoad{SKU: sku, Units: slices.Values(units)})
	require.NoError(w, err)
}

func (w *world) person(user int64, change func(p *shop.Person)) {
	w.Helper()
	_, err := w.db.ChangePerson(w.Context(), user, func(p *shop.Person) bool { change(p); return true })
	require.NoError(w, err)
}

func TestThreeWaitForTwoUnits(t *testing.T) {
	run(t, func(w *world) {
		w.wish("vpn", 3, 1, 2)
		time.Sleep(time.Hour)
		require.Empty(w, w.told())
		w.load("vpn", "A", "B")
		time.Sleep(time.Hour)
		require.Equal(w, []int64{3, 1}, w.told())
		w.load("vpn", "C")
		time.Sleep(time.Minute)
		require.Equal(w, []int64{3, 1, 2}, w.told())
	})
}

func TestPeopleWhoCannotBuyPassTheirTurn(t *testing.T) {
	run(t, func(w *world) {
		w.wish("vpn", 1, 2, 3, 4)
		w.sender.fail(1, &shop.UndeliverableError{Reason: shop.HoldUndeliverable, Err: errors.New("blocked the bot")})
		w.person(2, func(p *shop.Person) { p.Blocked = shop.Block{At: time.Now(), By: 9} })
		w.person(3, func(p *shop.Person) { p.Gone = time.Now() })
		w.load("vpn", "A")
		time.Sleep(time.Minute)
		require.Equal(w, []int64{4}, w.told())
		require.Equal(w, 2, w.tried())
	})
}

func TestWhoIsNotToldIsTriedAgainBeforeAnybodyElse(t *testing.T) {
	for name, err := range map[string]error{
		"an outage":     errors.New("no route"),
		"a flood limit": &shop.RetryAfterError{Wait: time.Minute, Err: errors.New("flood")},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.wish("vpn", 1, 2)
				w.sender.fail(1, err)
				w.load("vpn", "A")
				time.Sleep(30 * time.Minute)
				require.Empty(w, w.told())
				require.LessOrEqual(w, w.tried(), 31, "not in a hurry")
				w.sender.fail(1, nil)
				time.Sleep(10 * time.Minute)
				require.Equal(w, []int64{1}, w.told())
			})
		})
	}
}

func TestNobodyIsToldTwiceWhileTheDiskIsFull(t *testing.T) {
	run(t, func(w *world) {
		w.wish("vpn", 1, 2)
		w.disk.full.Store(true)
		w.load("vpn", "A", "B")
		time.Sleep(time.Hour)
		require.Equal(w, []int64{1}, w.told())
		w.disk.full.Store(false)
		time.Sleep(time.Hour)
		require.Equal(w, []int64{1, 2}, w.told())
	})
}

func TestUnitsThatComeWhileMessagesGoOutAreTold(t *testing.T) {
	run(t, func(w *world) {
		w.wish("vpn", 1, 2, 3)
		w.sender.mu.Lock()
		w.sender.then = func() { w.load("vpn", "B") }
		w.sender.mu.Unlock()
		w.load("vpn", "A")
		time.Sleep(time.Minute)
		require.Equal(w, []int64{1, 2}, w.told())
	})
}

func TestNobodyIsToldOfWhatBuyersCannotSee(t *testing.T) {
	run(t, func(w *world) {
		w.wish("game", 1)
		w.wish("vpn", 2)
		w.load("game", "A")
		w.load("vpn", "B")
		time.Sleep(time.Minute)
		require.Equal(w, []int64{2}, w.told())
		back, err := w.db.BackInStock(w.Context())
		require.NoError(w, err)
		require.Equal(w, []string{"game"}, back, "told once it is shown")
	})
}
