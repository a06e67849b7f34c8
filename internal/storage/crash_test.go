package storage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// draft is the n-th order: one unit of "vpn".
func draft(n int64) shop.Order {
	at := time.Unix(1_790_000_000+n, 0).UTC()
	price, _ := money.Parse("2.6", "USDT")
	return shop.Order{
		ID:    shop.NewOrderID(nil, shop.Origin{User: n, At: at}),
		State: shop.StateNew,
		Buyer: shop.Buyer{ID: n % 100, Name: "Ann", Language: "en"},
		Item:  shop.Item{SKU: "vpn", Title: catalog.Plain("VPN"), Quantity: 1, Price: price, Deliver: catalog.Keys},
		Total: price, Created: at, Expires: at.Add(time.Hour),
	}
}

func eventOf(o shop.Order, invoice int64) shop.Event {
	return shop.Event{
		Order: o.ID, Source: shop.FromWebhook, Received: o.Created, Raw: fmt.Appendf(nil, `{"invoice_id":%d}`, invoice),
		Payment: shop.Payment{Invoice: invoice, Amount: o.Total, Price: o.Total, At: o.Created},
	}
}

func receive(e shop.Event) shop.Rule {
	return func(o *shop.Order, free int) error { return o.Receive(e.Payment, free) }
}

// sell makes one order, has it paid, and says so when it is on disk.
func sell(ctx context.Context, db *DB, n int64, said func(string)) error {
	o := draft(n)
	if _, err := db.AddStock(ctx, o.Item.SKU, []string{fmt.Sprint("key ", n)}, 7); err != nil {
		return err
	}
	if _, _, err := db.Checkout(ctx, o, 0); err != nil {
		return err
	}
	said("ordered " + string(o.ID))
	e := eventOf(o, n+1)
	paid, err := db.Receive(ctx, e, receive(e))
	if err != nil {
		return err
	}
	said("paid " + string(o.ID) + " " + paid.Keys[0])
	return nil
}

// sellForever is what another process does.
func sellForever(path string) error {
	ctx := context.Background()
	db, err := Open(ctx, path, func(s *settings) {
		s.pace.after = time.Duration(1+rand.IntN(30)) * time.Millisecond //nolint:gosec // so that it dies amidst checkpoints, too
	})
	if err != nil {
		return err
	}
	start := time.Now().UnixMilli() % 100_000_000 * 100 // so that no two processes sell the same
	var mu sync.Mutex
	say := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = os.Stdout.WriteString(line + "\n") // in one write, so that no line is torn
	}
	say("open")
	failed := make(chan error)
	for seller := range int64(8) {
		go func() {
			for n := start + seller; ; n += 8 {
				if err := sell(ctx, db, n, say); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	path := inTemp(t)
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	said := map[string]bool{}
	for range rounds {
		seller := startChild(t, path)
		lines := seller.lines(50)
		require.Len(t, lines, 50)
		time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond) //nolint:gosec // somewhere in the midst of it
		for _, line := range append(lines, seller.kill()...) {
			said[line] = true
		}
		checkSaid(t, path, said)
	}
	require.Greater(t, len(said), 50*rounds)
}

func checkSaid(t *testing.T, path string, said map[string]bool) {
	t.Helper()
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	sound(t, db)
	for line := range said {
		what, id, _ := strings.Cut(line, " ")
		if what == "open" {
			continue
		}
		id, key, _ := strings.Cut(id, " ")
		o, err := db.Order(t.Context(), shop.OrderID(id))
		require.NoError(t, err, line)
		if what == "paid" {
			require.Equal(t, shop.StatePaid, o.State, line)
			require.Equal(t, []string{key}, o.Keys)
			events, err := db.Events(t.Context(), o.ID)
			require.NoError(t, err)
			require.Len(t, events, 1)
		}
	}
}

func TestASecondProcessIsRefusedAtOnce(t *testing.T) {
	path := inTemp(t)
	startChild(t, path).lines(1)
	began := time.Now()
	_, err := Open(t.Context(), path)
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, path)
	require.ErrorContains(t, err, "stop the other shopbot")
	require.Less(t, time.Since(began), time.Second)
}

func TestClaimsOfADeadProcessAreReleasedOnOpen(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	o := draft(1)
	o.Item.Deliver = catalog.Content
	_, _, err = db.Checkout(t.Context(), o, 0)
	require.NoError(t, err)
	now := time.Now()
	claim := func(db *DB) []shop.Order {
		claimed, err := db.Claim(t.Context(), shop.TaskInvoice, now, now.Add(time.Hour), 1)
		require.NoError(t, err)
		return claimed
	}
	require.Len(t, claim(db), 1)
	require.Empty(t, claim(db))
	require.NoError(t, db.Close())

	db = open(t, path)
	require.Len(t, claim(db), 1)
	sound(t, db)
}
