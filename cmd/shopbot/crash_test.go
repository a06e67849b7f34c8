package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/app"
	"shopbot/internal/shop"
)

var errCrashed = errors.New("the process is dead")

// mortal is the life of one process: it dies at its nth write to the database,
// before or after the write was done. From then on nothing it does has any
// effect, neither on the disk nor on the network.
type mortal struct {
	mu    sync.Mutex
	left  int // writes until death; negative: immortal
	after bool
	dead  bool
	wrote int
}

// write runs one write of the process while it lives.
func (m *mortal) write(do func() error) error {
	m.mu.Lock()
	if m.dead {
		m.mu.Unlock()
		return errCrashed
	}
	m.wrote++
	m.left--
	dies := m.left == 0
	m.dead = dies
	m.mu.Unlock()
	if dies && !m.after {
		return errCrashed
	}
	err := do()
	if dies {
		return errCrashed
	}
	return err
}

func (m *mortal) alive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.dead
}

// mortalTransport keeps a dead process off the network.
type mortalTransport struct {
	life *mortal
	next http.RoundTripper
}

func (t mortalTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.life.alive() {
		return nil, errCrashed
	}
	return t.next.RoundTrip(r)
}

// mortalDB is the database as a mortal process uses it.
type mortalDB struct {
	app.Database
	life *mortal
}

func (d mortalDB) Checkout(ctx context.Context, o shop.Order, maxOpen int) (stored shop.Order, created bool, err error) {
	err = d.life.write(func() (err error) {
		stored, created, err = d.Database.Checkout(ctx, o, maxOpen)
		return err
	})
	return stored, created, err
}

func (d mortalDB) Change(ctx context.Context, id shop.OrderID, rule shop.Rule) (o shop.Order, err error) {
	err = d.life.write(func() (err error) {
		o, err = d.Database.Change(ctx, id, rule)
		return err
	})
	return o, err
}

func (d mortalDB) Receive(ctx context.Context, e shop.Event, rule shop.Rule) (o shop.Order, err error) {
	err = d.life.write(func() (err error) {
		o, err = d.Database.Receive(ctx, e, rule)
		return err
	})
	return o, err
}

func (d mortalDB) Claim(ctx context.Context, t shop.Task, now, until time.Time, limit int) (orders []shop.Order, err error) {
	if _, due, err := d.NextDue(ctx, t); err != nil || !due {
		return nil, err // an empty look writes nothing, so it is no moment to die at
	}
	err = d.life.write(func() (err error) {
		orders, err = d.Database.Claim(ctx, t, now, until, limit)
		return err
	})
	return orders, err
}

func (d mortalDB) KeepUpdates(ctx context.Context, updates map[int64][]byte, done []int64) (fresh []int64, err error) {
	err = d.life.write(func() (err error) {
		fresh, err = d.Database.KeepUpdates(ctx, updates, done)
		return err
	})
	return fresh, err
}

// A purchase and its refund, the process dying before and after each of its
// writes in turn: whenever it dies, in the end there is one invoice, the buyer has
// the one key, and the coins went back once.
func TestAPurchaseAndARefundSurviveACrashAtEveryWrite(t *testing.T) {
	t.Parallel() // it takes long
	writes := 0
	synctest.Test(t, func(t *testing.T) {
		life := &mortal{left: -1}
		purchaseAndRefund(t, life)
		writes = life.wrote
	})
	require.Greater(t, writes, 10)
	for n := 1; n <= writes; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("write %d after=%t", n, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { purchaseAndRefund(t, &mortal{left: n, after: after}) })
			})
		}
	}
}

func purchaseAndRefund(t *testing.T, life *mortal) {
	t.Helper()
	w := newTown(t)
	w.set("SYNC_INTERVAL", "1h") // the webhook alone has to do it
	w.open()
	w.stock(3)
	w.close()

	w.wrap = func(db app.Database) app.Database { return mortalDB{Database: db, life: life} }
	w.out = mortalTransport{life: life, next: w.net.Transport()}
	w.open()
	reviveIfDead := func() {
		if life.alive() {
			return
		}
		w.stop()
		<-w.done //nolint:errcheck // whatever a dead process says
		w.wrap, w.out = nil, nil
		life.dead, life.left = false, -1
		w.open()
		time.Sleep(10 * time.Minute)
		w.settle()
	}
	before := w.coins()
	w.say(alice, "/buy vpn")
	reviveIfDead()
	w.pay(alice)
	reviveIfDead()
	time.Sleep(time.Hour) // the webhook is repeated until somebody takes it
	reviveIfDead()
	keys := w.keysOf(alice)
	require.NotEmpty(t, keys, w.transcript(alice))
	for _, k := range keys {
		require.Equal(t, "KEY-01", k)
	}
	invoices := w.CryptoPay().Invoices(appToken)
	require.Len(t, invoices, 1)

	w.say(olga, "/refund "+orderOf(invoices[0]))
	reviveIfDead()
	w.tap(olga, "Yes, send")
	reviveIfDead()
	time.Sleep(time.Hour)
	reviveIfDead()
	require.Len(t, w.CryptoPay().Transfers(appToken), 1)
	require.Equal(t, before.String(), w.coins().String())
	w.close()
	for _, o := range w.ordersInDatabase() {
		require.Equal(t, shop.StateRefunded, o.State)
		require.Empty(t, o.Jobs(), "nothing is left to do")
	}
}
