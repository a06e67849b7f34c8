package main

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// The owner refunds one order after the other while the shop is killed all the time: each refund is made once.
func TestARefundIsMadeOnceHoweverOftenTheShopIsKilled(t *testing.T) {
	refunds := 4
	if *long {
		refunds = 40
	}
	random, s := moments(t), newStreet(t)
	s.shop.env = append(s.shop.env, "SHOPBOT_ADMINS="+strconv.FormatInt(olga, 10))
	loadKeys(t, s, strings.Join(keysUpTo(refunds), "\n"))
	s.shop.start()
	var buyers sync.WaitGroup
	for i := range refunds {
		buyers.Go(func() { buyOne(t.Context(), s, int64(1_000_001+i)) })
	}
	buyers.Wait()
	settle(t, s, int64(1_000_000+refunds))

	killing, done := context.WithCancel(t.Context())
	kills := 0
	var killer sync.WaitGroup
	killer.Go(func() {
		for killing.Err() == nil {
			time.Sleep(time.Duration(50+random.IntN(500)) * time.Millisecond) // some moment
			s.shop.kill()
			s.shop.start()
			kills++
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(refunds)*30*time.Second)
	defer cancel()
	for _, in := range s.CryptoPay().Invoices(appToken) {
		refundOne(ctx, t, s, orderOf(in))
	}
	done()
	killer.Wait()
	s.shop.awaitReady(ctx)
	require.NoError(t, s.Await(ctx, func() bool { return len(s.CryptoPay().Transfers(appToken)) >= refunds }))
	for i := range refunds {
		_, err := s.message(ctx, int64(1_000_001+i), func(m telegram.Message) bool { return strings.Contains(m.Text, "is back in your") })
		require.NoError(t, err, "the buyer hears of it")
	}
	s.shop.stop()
	t.Logf("%d kills, %d refunds, %d transfers", kills, refunds, len(s.CryptoPay().Transfers(appToken)))

	orders := map[string]int{}
	for _, transfer := range s.CryptoPay().Transfers(appToken) {
		orders[transfer.SpendID]++
	}
	require.Len(t, orders, refunds, "one transfer each")
	require.Len(t, s.CryptoPay().Transfers(appToken), refunds)
	require.Contains(t, s.shop.command("check", "--database"), "is sound")
	db, err := storage.Open(t.Context(), s.dir+"/shop.db")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	refunded, err := db.Orders(t.Context(), shop.Filter{State: shop.StateRefunded})
	require.NoError(t, err)
	require.Len(t, refunded, refunds)
	for _, o := range refunded {
		require.Len(t, o.Refunds, 1)
	}
}

// refundOne asks for a refund and confirms it, twice, as somebody does who sees nothing happen.
func refundOne(ctx context.Context, t *testing.T, s *street, order string) {
	t.Helper()
	require.NoError(t, s.Telegram().Say(botToken, olga, "/refund "+order))
	ask, err := s.message(ctx, olga, func(m telegram.Message) bool {
		_, yes := findButton(m, "Yes, send")
		return yes && strings.Contains(m.Text, order)
	})
	require.NoError(t, err)
	yes, _ := findButton(ask, "Yes, send")
	for range 2 {
		if err := s.Telegram().TapData(botToken, olga, ask.ID, yes.Data); err != nil {
			t.Error(err)
		}
	}
}
