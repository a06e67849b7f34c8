package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

var killSeed = flag.Uint64("kill-seed", 0, "seed of the moments at which the shop is killed; 0: another one each time")

// patience is after how long without an end a test of real processes gives up.
const patience = 2 * time.Minute

// senders is how many buyers buy at the same time.
const senders = 32

// A real shop under load, killed without a warning again and again: whatever was answered 200 arrives.
func TestNothingIsLostHoweverOftenTheShopIsKilled(t *testing.T) {
	for name, harm := range map[string]func(s *street){
		"the shop is killed":                        func(s *street) { s.shop.kill() },
		"the shop is killed and the network is cut": func(s *street) { s.shop.kill(); s.cutOff(50 * time.Millisecond) },
		"the network is cut":                        func(s *street) { s.cutOff(100 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			kills := 10
			if *long {
				kills = 200
			}
			killAndCount(t, kills, harm)
		})
	}
}

func moments(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64() //nolint:gosec // it is told
	}
	t.Logf("-kill-seed=%d", seed)
	return rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // to be repeated
}

func killAndCount(t *testing.T, kills int, harm func(s *street)) {
	t.Helper()
	random, s, began := moments(t), newStreet(t), time.Now()
	loaded := 200 * kills
	var keys strings.Builder
	for i := range loaded {
		fmt.Fprintf(&keys, "KEY-%06d\n", i)
	}
	loadKeys(t, s, keys.String())
	s.shop.start()

	buying, stopBuying := context.WithCancel(t.Context())
	var buyers sync.WaitGroup
	var last atomic.Int64 // buyer
	last.Store(1_000_000)
	for range senders {
		buyers.Go(func() {
			for buying.Err() == nil {
				buyOne(buying, s, last.Add(1))
			}
		})
	}
	for range kills {
		time.Sleep(time.Duration(50+random.IntN(450)) * time.Millisecond) // some moment
		harm(s)
		if s.shop.running == nil {
			s.shop.start()
		}
	}
	stopBuying()
	buyers.Wait()
	books := settle(t, s, last.Load())
	t.Logf("%d kills, %d orders paid and answered 200, %d messages with goods more than once, %d webhooks sent again, lost 0, in %s",
		kills, books.paid, books.repeated, s.repeats, time.Since(began).Round(time.Second))
	require.NotZero(t, books.paid)
	audit(t, s, loaded, books)
}

func loadKeys(t *testing.T, s *street, keys string) {
	t.Helper()
	db, err := storage.Open(t.Context(), s.dir+"/shop.db")
	require.NoError(t, err)
	_, err = db.AddStock(t.Context(), "vpn", strings.Fields(keys), 0)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// buyOne orders and pays, however long the shop is dead meanwhile.
func buyOne(ctx context.Context, s *street, who int64) {
	if err := s.Telegram().Say(botToken, s.person(who), "/buy vpn"); err != nil {
		s.t.Error(err)
		return
	}
	order, err := s.message(ctx, who, func(m telegram.Message) bool { return len(m.URLs()) > 0 })
	if err != nil {
		return // no more buying
	}
	if _, err := s.CryptoPay().Pay(order.URLs()[0], who, "USDT"); err != nil {
		s.t.Error(err)
	}
}

// books is what the people of the street can tell.
type books struct {
	paid, repeated int
	owner          map[string]int64 // of a key
}

// settle waits until everybody who paid has the goods, and writes down who has what.
func settle(t *testing.T, s *street, last int64) books {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s.shop.awaitReady(ctx)
	s.delivered.Wait()
	b := books{owner: map[string]int64{}}
	for _, in := range s.CryptoPay().Invoices(appToken) {
		if in.Status != "paid" {
			continue
		}
		require.True(t, s.answered[in.ID], "invoice %d is paid and was not answered 200", in.ID)
		b.paid++
	}
	having := func() (n int) {
		for who := int64(1_000_001); who <= last; who++ {
			if len(s.goods(who)) > 0 {
				n++
			}
		}
		return n
	}
	if err := s.Await(ctx, func() bool { return having() >= b.paid }); err != nil {
		require.Failf(t, "paid and nothing arrived", "%d of %d have their goods: %v", having(), b.paid, err)
	}
	for who := int64(1_000_001); who <= last; who++ {
		parcels := s.goods(who)
		for _, parcel := range parcels {
			require.Equal(t, parcels[0], parcel, "the same goods again")
			require.Len(t, parcel, 1)
		}
		if len(parcels) > 0 {
			b.repeated += len(parcels) - 1
			require.Zero(t, b.owner[parcels[0][0]], "a key was sold twice")
			b.owner[parcels[0][0]] = who
		}
	}
	require.Len(t, b.owner, b.paid, "goods for everybody who paid, and for nobody else")
	return b
}

// audit compares the database of the stopped shop with what the people have.
func audit(t *testing.T, s *street, loaded int, b books) {
	t.Helper()
	s.shop.stop()
	require.Contains(t, s.shop.command("check", "--database"), "is sound")
	require.Contains(t, s.shop.command("audit", "verify"), "none changed")
	db, err := storage.Open(t.Context(), s.dir+"/shop.db")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	stock, err := db.StockOf(t.Context(), "vpn")
	require.NoError(t, err)
	require.Equal(t, loaded, stock.Free+stock.Reserved+stock.Sold)
	require.Equal(t, b.paid, stock.Sold)
	sums, err := db.Statistics(t.Context(), "", "")
	require.NoError(t, err)
	require.Equal(t, b.paid, sums.Total.Paid)
	page := shop.Filter{State: shop.StateDelivered, Limit: 500}
	delivered := 0
	for {
		orders, err := db.Orders(t.Context(), page)
		require.NoError(t, err)
		if len(orders) == 0 {
			break
		}
		for _, o := range orders {
			require.Equal(t, b.owner[o.Keys[0]], o.Buyer.ID)
			delivered++
		}
		page.After = orders[len(orders)-1].ID
	}
	require.Equal(t, b.paid, delivered)
}
