package bot

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func (s *memoryStore) AddCoupons(_ context.Context, list ...shop.Coupon) error {
	s.coupons = append(s.coupons, list...)
	return nil
}

func (s *memoryStore) Coupon(_ context.Context, code string, buyer int64) (shop.CouponState, error) {
	i := slices.IndexFunc(s.coupons, func(c shop.Coupon) bool { return c.Code == code })
	if i < 0 {
		return shop.CouponState{}, shop.ErrNoCoupon
	}
	state := shop.CouponState{Coupon: s.coupons[i]}
	for _, o := range s.orders {
		if o.Coupon() == code {
			state.Count.Add(o.CouponUse(), 1)
			if o.Buyer.ID == buyer {
				state.ByBuyer += o.CouponUse().Uses
			}
		}
	}
	return state, nil
}

func (s *memoryStore) CouponList(ctx context.Context, batch, after string, limit int) (list []shop.CouponState, _ error) {
	for _, c := range s.coupons {
		if c.Batch == batch && c.Code > after && len(list) < limit {
			state, _ := s.Coupon(ctx, c.Code, 0)
			list = append(list, state)
		}
	}
	return list, nil
}

func (s *memoryStore) CouponsFor(context.Context, int64, int) ([]shop.CouponState, error) {
	return nil, nil
}

func (s *memoryStore) ChangeCoupon(ctx context.Context, code string, change func(*shop.Coupon) bool) (shop.CouponState, error) {
	for i := range s.coupons {
		if s.coupons[i].Code == code {
			change(&s.coupons[i])
		}
	}
	return s.Coupon(ctx, code, 0)
}

func TestACouponInHandLowersThePriceOfTheNextOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A", "B", "C"}
		require.Empty(t, findButton(t, w.say(alice, "/start p_vpn"), actCoupon), "there are no coupons")
		w.store.coupons = []shop.Coupon{{Code: "SPRING", Percent: 10, PerBuyer: 1}}
		card := w.say(alice, "/start p_vpn")
		asked := w.press(alice, 50, findButton(t, card, actCoupon+":vpn"))
		require.Contains(t, said(asked), "Send me the code of your coupon")
		require.Contains(t, said(w.say(alice, "spring!")), "That is not the code of a coupon")
		card = w.say(alice, "spring")
		require.Contains(t, said(card), "10% off")
		require.Contains(t, said(card), "−0.50 USD → <b>4.50 USD</b>")
		require.Contains(t, said(w.press(alice, 50, actProduct+":vpn:2")), "−1.00 USD → <b>9.00 USD</b>")

		order := w.say(alice, "/buy vpn")
		require.Contains(t, said(order), "Coupon SPRING: −0.50 USD")
		o := w.theOrder()
		require.Equal(t, "4.5 USD", o.Total.String())
		require.Equal(t, "SPRING", o.Coupon())
		require.NotContains(t, said(w.say(alice, "/start p_vpn")), "SPRING", "it is not in hand any more")
		require.Contains(t, said(w.say(alice, "/coupon SPRING")), "You have used the coupon")

		time.Sleep(time.Second)
		w.cancel(alice)
		require.Contains(t, said(w.say(alice, "/start p_vpn")), "−0.50 USD", "the use and the coupon are given back")
	})
}

func TestACouponThatDoesNotFitStaysInHand(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		w.store.coupons = []shop.Coupon{{Code: "GUIDES", Percent: 10, SKUs: []string{"guide"}}}
		require.Contains(t, said(w.say(alice, "/start c_GUIDES")), "10% off · for Guide")
		card := w.say(alice, "/start p_vpn")
		require.Contains(t, said(card), "is for other products: Guide")
		require.Contains(t, said(w.say(alice, "/buy vpn")), "You keep it for another one")
		require.Empty(t, w.theOrder().Discounts)
		require.Contains(t, said(w.say(alice, "/start p_guide")), "−0.20 USD")
		w.press(alice, 50, findButton(t, w.say(alice, "/start p_guide"), actCoupon+":guide:-"))
		require.NotContains(t, said(w.say(alice, "/start p_guide")), "GUIDES")
	})
}

func TestACouponThatEndedMeanwhileIsRefusedBeforeAnOrderIsMade(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		w.store.coupons = []shop.Coupon{{Code: "SPRING", Percent: 10}}
		w.say(alice, "/coupon spring")
		card := w.say(alice, "/start p_vpn")
		w.store.coupons[0].Stopped = true
		refused := w.press(alice, 50, findButton(t, card, actBuy))
		require.Contains(t, said(refused), "cannot be used any more")
		require.Contains(t, said(refused), "VPN")
		require.Empty(t, w.store.orders)
		w.press(alice, 50, findButton(t, refused, actBuy))
		require.Equal(t, "5 USD", w.theOrder().Total.String())
	})
}

func TestCodesCannotBeGuessed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.coupons = []shop.Coupon{{Code: "SPRING", Percent: 10}}
		for i := range 5 {
			require.Contains(t, said(w.say(alice, fmt.Sprint("/coupon GUESS-", i))), "There is no coupon")
		}
		for _, code := range []string{"GUESS-6", "SPRING"} {
			require.Contains(t, said(w.say(alice, "/coupon "+code)), "try again in an hour")
			require.Contains(t, said(w.say(alice, "/start c_"+code)), "try again in an hour")
		}
		time.Sleep(time.Hour)
		require.Contains(t, said(w.say(alice, "/coupon SPRING")), "10% off")
	})
}

// A reward in the old currency would be a coupon that fits no order.
func TestAFixedRewardEndsWithTheCurrencyItIsIn(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.NoError(t, w.bot.shop.SetReferral(t.Context(), olga, shop.ReferralTerms{On: true, Amount: usd(t, "2")}))
		require.Contains(t, said(w.say(alice, "/invite")), "2.00 USD off")
		w.bot.shop.Catalog().Shop.Currency = "EUR"
		require.Contains(t, said(w.say(alice, "/invite")), "does not reward invitations")
		require.Contains(t, said(w.press(olga, 5, "coupons:ref:on")), "10% off")
	})
}
