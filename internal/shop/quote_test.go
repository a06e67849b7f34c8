package shop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func TestAnOrderTakesTheChosenAssetAlone(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.Catalog().Shop.Assets = []money.Currency{"USDT", "TON"}
		ask := func(act string, asset money.Currency) (shop.Order, error) {
			return s.Checkout(t.Context(), shop.Request{
				Buyer: shop.Buyer{ID: 100}, Items: []shop.Item{{SKU: "invite", Quantity: 1}}, Asset: asset,
				Origin: shop.Origin{Act: act, At: time.Now()},
			})
		}
		o, err := ask("none", "")
		require.NoError(t, err)
		require.Equal(t, []money.Currency{"USDT", "TON"}, o.Assets)
		o, err = ask("ton", "TON")
		require.NoError(t, err)
		require.Equal(t, []money.Currency{"TON"}, o.Assets)
		again, err := ask("ton", "USDT")
		require.NoError(t, err)
		require.Equal(t, o.Assets, again.Assets, "the same act is the same order")
		_, err = ask("btc", "BTC")
		require.ErrorIs(t, err, shop.ErrAssetGone)
		s.Catalog().Shop.Assets = nil
		_, err = ask("unknown", "TON")
		require.ErrorIs(t, err, shop.ErrAssetGone, "nobody knows what the service has")
		require.Empty(t, s.Payable())
	})
}

func TestAQuoteIsWhatTheOrderWillCostAndHoldsNothing(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		r := shop.Request{
			Buyer: shop.Buyer{ID: 100}, Items: []shop.Item{{SKU: "vpn", Quantity: 2}, {SKU: "invite", Quantity: 1}},
			Origin: shop.Origin{Act: "m1", At: time.Now()},
		}
		for range 3 {
			quote, err := s.Quote(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, "8 USDT", quote.Total.String())
		}
		_, err := s.Order(t.Context(), shop.NewOrderID([]byte("key"), r.Origin))
		require.ErrorIs(t, err, shop.ErrNotFound)
		o, err := s.Checkout(t.Context(), r)
		require.NoError(t, err, "the two units were held for nobody")
		require.Equal(t, "8 USDT", o.Total.String())

		r.Coupon = "NONE"
		_, err = s.Quote(t.Context(), r)
		var no *shop.CouponError
		require.ErrorAs(t, err, &no)
		require.Equal(t, shop.CouponUnknown, no.Reason)
		r.Items = []shop.Item{{SKU: "gone", Quantity: 1}}
		_, err = s.Quote(t.Context(), r)
		require.ErrorIs(t, err, shop.ErrUnknownProduct)
	})
}
