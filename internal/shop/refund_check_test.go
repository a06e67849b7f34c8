package shop_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// checkRail gives checks and notes them in its books. Answers get lost while lost says so.
type checkRail struct {
	shop.Rail
	books  *books
	lost   atomic.Bool
	unmade atomic.Bool // with lost: the request got lost on its way there
	pins   bool        // the books say for whom checks are
}

func (r *checkRail) GiveCheck(_ context.Context, o shop.Order, coins money.Amount) (shop.Check, error) {
	buyer := o.Buyer.ID
	check := shop.Check{ID: fmt.Sprint(len(r.books.checks) + 1), Link: "https://t.me/check", User: buyer, Amount: coins}
	if r.unmade.Load() {
		return shop.Check{}, errors.New("the request was lost")
	}
	if !r.pins {
		check.User = 0
	}
	r.books.checks = append(r.books.checks, check)
	if r.lost.Load() {
		return shop.Check{}, errors.New("the answer was lost")
	}
	return check, nil
}

// withChecks runs a test in a shop whose rail gives checks, with a delivered order.
func withChecks(t *testing.T, run func(t *testing.T, s *testShop, rail *checkRail, o shop.Order)) {
	t.Helper()
	inShop(t, shop.Abilities{Refund: true, Check: true}, nil, func(t *testing.T, s *testShop) {
		t.Helper()
		rail := &checkRail{books: &books{}, pins: true}
		s.rail.Rail, s.rail.books = rail, rail.books
		o := s.mustOrder("invite")
		s.pay(o)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		run(t, s, rail, o)
	})
}

func (s *testShop) askForCheck(o shop.Order) {
	s.t.Helper()
	s.refundNow(shop.RefundRequest{Order: o.ID, Amount: o.Total, Way: shop.ByCheck, By: 5, Origin: shop.Origin{Act: string(o.ID)}})
}

// The service does not say for whom its checks are, so nobody can tell whether one of them is the
// refund's. Rather none than two.
func TestWithoutPinsADoubtfulCheckIsNotGivenAgain(t *testing.T) {
	withChecks(t, func(t *testing.T, s *testShop, rail *checkRail, o shop.Order) {
		t.Helper()
		rail.lost.Store(true)
		rail.pins = false
		s.askForCheck(o)
		time.Sleep(3 * time.Hour)
		require.Equal(t, shop.StateRefunding, s.state(o).State)
		require.Len(t, rail.books.checks, 1)
		require.Contains(t, s.courier.said(), shop.WhatRefundUnclear)
	})
}

// The clock was five hours ahead when the check was asked for, and is corrected.
func TestACheckThatWasAskedForInTheFuture(t *testing.T) {
	for name, made := range map[string]bool{"it was made": true, "it was not made": false} {
		t.Run(name, func(t *testing.T) {
			withChecks(t, func(t *testing.T, s *testShop, rail *checkRail, o shop.Order) {
				t.Helper()
				rail.lost.Store(true)
				s.askForCheck(o)
				s.state(o)
				s.stop()
				ahead := time.Now().Add(5 * time.Hour)
				_, err := s.store.Change(t.Context(), o.ID, func(o *shop.Order, _ shop.Free) error {
					o.Refunds[0].Asked, o.Refunds[0].Requested = ahead, ahead
					o.Retries = nil
					return nil
				})
				require.NoError(t, err)
				if !made {
					rail.books.checks = nil
				}
				rail.lost.Store(false)
				s.start()
				time.Sleep(2 * time.Minute)
				require.Equal(t, shop.StateRefunded, s.state(o).State, "nobody waits for five hours")
				require.Len(t, rail.books.checks, 1)
			})
		})
	}
}

// The request is on its way for twenty seconds, and the answer is lost. Nobody finds the check before,
// and no other is asked for.
func TestACheckThatIsMadeLateIsGivenOnce(t *testing.T) {
	withChecks(t, func(t *testing.T, s *testShop, rail *checkRail, o shop.Order) {
		t.Helper()
		rail.lost.Store(true)
		s.askForCheck(o)
		s.state(o)
		s.stop()
		require.Len(t, rail.books.checks, 1)
		late := rail.books.checks
		rail.books.checks = nil
		rail.lost.Store(false)
		s.start()
		time.Sleep(20 * time.Second)
		require.Equal(t, shop.StateRefunding, s.state(o).State)
		s.stop()
		require.Empty(t, rail.books.checks, "another was asked for")
		rail.books.checks = late
		s.start()
		time.Sleep(2 * time.Minute)
		require.Equal(t, shop.StateRefunded, s.state(o).State)
		require.Equal(t, late, rail.books.checks)
	})
}

func TestTwoRefundsToOneBuyerDoNotShareACheck(t *testing.T) {
	withChecks(t, func(t *testing.T, s *testShop, rail *checkRail, first shop.Order) {
		t.Helper()
		second := s.mustOrder("invite")
		s.pay(second)
		s.state(second)
		rail.lost.Store(true)
		s.askForCheck(first)
		s.askForCheck(second)
		time.Sleep(5 * time.Second)
		rail.lost.Store(false)
		time.Sleep(10 * time.Minute)
		a, b := s.state(first).Refunds[0], s.state(second).Refunds[0]
		require.Equal(t, shop.RefundSent, a.Status)
		require.Equal(t, shop.RefundSent, b.Status)
		require.NotEqual(t, a.Transfer, b.Transfer)
		require.Len(t, rail.books.checks, 2)
	})
}

// usdRates knows what one USDT is in USD, if anything.
type usdRates string

func (r usdRates) Rate(from, to money.Currency) (money.Rate, bool) {
	rate, err := money.ParseRate(string(r), from, to)
	return rate, err == nil && from == "USDT" && to == "USD"
}

func TestWhatCannotBeSentIsRefusedBeforeTheQuestion(t *testing.T) {
	usd := func(s string) money.Amount {
		a, err := money.Parse(s, "USD")
		require.NoError(t, err)
		return a
	}
	full := shop.Abilities{Refund: true, Check: true, LeastTransfer: usd("1"), MostTransfer: usd("25000"), LeastCheck: usd("0.01")}
	noChecks := full
	noChecks.Check = false
	for name, c := range map[string]struct {
		can     shop.Abilities
		rates   usdRates
		rate    string // of the payment
		amount  string
		way     shop.RefundWay
		refused string // "" if it is asked about
	}{
		"exactly the least":         {can: full, rates: "1", amount: "1"},
		"the least, rounded up":     {can: full, rates: "3", amount: "0.33333334"},
		"a bit less":                {can: full, rates: "3", amount: "0.33333333", refused: "refund of 0.33333333 USDT: at least 0.33333334 USDT can be sent, check true"},
		"a bit less, no checks":     {can: noChecks, rates: "1", amount: "0.9", refused: "refund of 0.9 USDT: at least 1 USDT can be sent, check false"},
		"too little for a check":    {can: full, rates: "1", amount: "0.009", refused: "refund of 0.009 USDT: at least 1 USDT can be sent, check false"},
		"little by check":           {can: full, rates: "1", amount: "0.01", way: shop.ByCheck},
		"too little by check":       {can: full, rates: "1", amount: "0.009", way: shop.ByCheck, refused: "refund of 0.009 USDT: at least 0.01 USDT can be sent, check false"},
		"exactly the most":          {can: full, rates: "1", amount: "25000"},
		"a bit more":                {can: full, rates: "1", amount: "25000.00000001", refused: "refund of 25000.00000001 USDT: at most 25000 USDT can be sent at once, check false"},
		"no rate":                   {can: full, amount: "5", refused: "no exchange rate known"},
		"the payment's rate":        {can: full, rate: "1", amount: "5"},
		"no bounds and no rate":     {can: shop.Abilities{Refund: true}, amount: "5"},
		"a check where there is no": {can: noChecks, rates: "1", amount: "5", way: shop.ByCheck, refused: shop.ErrCannotRefund.Error()},
		"no refunds":                {can: shop.Abilities{}, rates: "1", amount: "5", refused: shop.ErrCannotRefund.Error()},
		"more than was paid":        {can: full, rates: "1", amount: "30000.1", refused: shop.ErrRefundTooBig.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			o := made(t, shop.StateDelivered)
			p := payment(t, "7")
			p.Amount = usdt(t, "30000")
			if c.rate != "" {
				p.Rate = usd(c.rate)
			}
			o.Payments, o.Delivered, o.Lines[0].Delivered = []shop.Payment{p}, p.At, p.At
			_, _, err = db.Checkout(t.Context(), o, time.Time{}, func(*shop.Order, shop.View) error { return nil })
			require.NoError(t, err)
			s := shop.New(db, []shop.Rail{&limitedRail{t: t, can: c.can}}, nil, shop.Config{Log: slog.New(slog.DiscardHandler), Rates: c.rates})
			_, err = s.Propose(t.Context(), shop.RefundRequest{Order: o.ID, Amount: usdt(t, c.amount), Way: c.way, Origin: shop.Origin{Act: "n"}})
			if c.refused == "" {
				require.NoError(t, err)
				return
			}
			require.Error(t, err)
			said := err.Error()
			if bounds, ok := errors.AsType[*shop.RefundRangeError](err); ok {
				said += fmt.Sprint(", check ", bounds.Check)
			}
			require.Equal(t, c.refused, said)
			stored, err := db.Order(t.Context(), o.ID)
			require.NoError(t, err)
			require.Empty(t, stored.Proposed)
		})
	}
}
