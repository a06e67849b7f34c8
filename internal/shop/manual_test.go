package shop_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// handmade sells two products that are made by hand, and keys.
const handmade = threeProducts + `
  - {sku: logo, category: all, title: Logo, price: "2", deliver: [text, manual], text: brief, manual: {within: 48h}, instructions: Print it.}
  - {sku: song, category: all, title: Song, price: "3", deliver: manual, manual: {within: 5d}}
`

// paidByHand is an order of products that was paid, and what other goods it has delivered.
func (s *testShop) paidByHand(skus ...string) shop.Order {
	s.sell(handmade)
	o := s.mustOrder(skus...)
	s.pay(o)
	time.Sleep(time.Minute)
	return s.state(o)
}

func TestWhatIsMadeByHandIsDeliveredOnceItIsDone(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.paidByHand("logo", "song", "vpn")
		require.Equal(t, []string{"vpn[vpn-1]"}, s.courier.sent())
		require.Equal(t, shop.HoldManual, o.Hold)
		require.Equal(t, o.Payments[0].At.Add(48*time.Hour), o.Promised(), "the sooner of the two")
		_, err := s.Release(t.Context(), o.ID, 1)
		require.ErrorIs(t, err, shop.ErrByHand, "it cannot be sent on without them")

		logo := shop.Result{Goods: []string{"see below"}, File: shop.TelegramFile{ID: "F", Name: "logo.svg"}, By: 1}
		for range 2 { // a second press is the same
			o, err = s.DoneByHand(t.Context(), o.ID, 0, logo)
			require.NoError(t, err)
		}
		_, err = s.DoneByHand(t.Context(), o.ID, 0, shop.Result{By: 2})
		require.ErrorIs(t, err, shop.ErrHasGoods, "another one was quicker")
		time.Sleep(time.Minute)
		o = s.state(o)
		require.Equal(t, shop.HoldManual, o.Hold, "the song is missing")
		require.Equal(t, o.Payments[0].At.Add(5*24*time.Hour), o.Promised())
		require.Equal(t, logo.File, o.Lines[0].PartOf(catalog.ByHand).Attached)
		require.Equal(t, 1, count(s.courier.said(), shop.WhatHeld, 2), "nobody is told twice that the rest is made by hand")

		_, err = s.DoneByHand(t.Context(), o.ID, 1, shop.Result{By: 1})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		o = s.state(o)
		require.Equal(t, shop.StateDelivered, o.State)
		require.Equal(t, []string{"vpn[vpn-1]", "logo[]", "song[]"}, s.courier.sent())
		require.Empty(t, o.Violations())
		stats, err := s.Statistics(t.Context(), "", "")
		require.NoError(t, err)
		require.Equal(t, 1, stats.Total.Delivered)
		require.Zero(t, stats.Total.Held, "that was no trouble")
	})
}

// count is how often something was told, to so many each time.
func count(told []shop.What, what shop.What, each int) int {
	return len(slices.DeleteFunc(told, func(w shop.What) bool { return w != what })) / each
}

func TestLateHandworkIsToldOnceAtThePromisedTime(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.paidByHand("song")
		time.Sleep(time.Until(o.Promised()) - time.Minute)
		require.Zero(t, count(s.courier.said(), shop.WhatLate, 1))
		late, err := s.CountLate(t.Context())
		require.NoError(t, err)
		require.Zero(t, late)
		time.Sleep(2 * time.Minute)
		require.Equal(t, 1, count(s.courier.said(), shop.WhatLate, 2), "buyer and owners")
		time.Sleep(72 * time.Hour)
		require.Equal(t, 1, count(s.courier.said(), shop.WhatLate, 2))
		late, err = s.CountLate(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, late)
		o = s.state(o)
		require.Empty(t, o.Violations())
	})
}

func TestHandworkThatIsDoneInTimeIsNeverLate(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.paidByHand("song")
		_, err := s.DoneByHand(t.Context(), o.ID, 0, shop.Result{By: 1})
		require.NoError(t, err)
		time.Sleep(30 * 24 * time.Hour)
		require.Zero(t, count(s.courier.said(), shop.WhatLate, 1))
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}
