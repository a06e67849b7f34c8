package shop_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

const cartBuyer = 100

// put puts n pieces of a product into the buyer's cart.
func (s *testShop) put(sku string, n int) {
	s.t.Helper()
	s.ordered++
	_, err := s.PutInCart(s.t.Context(), cartBuyer, shop.Item{SKU: sku, Quantity: n}, fmt.Sprint("press", s.ordered))
	require.NoError(s.t, err)
}

// cart is what the buyer's cart comes to now.
func (s *testShop) cart(coupon ...string) *shop.CartOffer {
	s.t.Helper()
	offer, err := s.CartOf(s.t.Context(), cartBuyer, strings.Join(coupon, ""))
	require.NoError(s.t, err)
	return &offer
}

// buyCart presses the button of one drawing of the cart.
func (s *testShop) buyCart(drawing, mark string, coupon ...string) (shop.Order, error) {
	return s.Checkout(s.t.Context(), shop.Request{
		Buyer: shop.Buyer{ID: cartBuyer}, Cart: mark, Coupon: strings.Join(coupon, ""),
		Origin: shop.Origin{Act: drawing, At: time.Unix(1_800_000_000, 0)},
	})
}

func (s *testShop) inCart() string {
	s.t.Helper()
	c, err := s.Cart(s.t.Context(), cartBuyer)
	require.NoError(s.t, err)
	var held []string
	for _, l := range c.Lines {
		held = append(held, fmt.Sprint(l.SKU, " ", l.Quantity))
	}
	return strings.Join(held, ", ")
}

func TestACartIsOneOrderAndEmptyAfterIt(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		_, err := s.buyCart("a", "whatever")
		require.ErrorIs(t, err, shop.ErrNothingOrdered)
		s.put("vpn", 1)
		s.put("invite", 3)
		s.put("vpn", 1)
		require.Equal(t, "vpn 2, invite 3", s.inCart())
		offer := s.cart()
		require.False(t, offer.Changed())
		require.Equal(t, "12 USDT", offer.Total.String())
		stock, err := s.StockOf(t.Context(), "vpn")
		require.NoError(t, err)
		require.Equal(t, 2, stock.Free, "a cart reserves nothing")

		o, err := s.buyCart("a", offer.Mark)
		require.NoError(t, err)
		require.True(t, o.FromCart)
		require.Equal(t, "12 USDT", o.Total.String())
		require.Len(t, o.Lines, 2)
		require.Empty(t, s.inCart())

		s.put("invite", 1)
		again, err := s.buyCart("a", offer.Mark)
		require.NoError(t, err)
		require.Equal(t, o.ID, again.ID, "a second press of the same drawing")
		require.Equal(t, "invite 1", s.inCart(), "what was put in since stays")
		require.Equal(t, 1, s.rail.made)
		s.pay(o)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}

func TestAPressIsCountedOnceAndABoundIsNamed(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		item := shop.Item{SKU: "invite", Quantity: 2}
		for range 2 {
			_, err := s.PutInCart(t.Context(), cartBuyer, item, "press")
			require.NoError(t, err)
			_, err = s.StepInCart(t.Context(), cartBuyer, "invite", 1, "plus")
			require.NoError(t, err)
		}
		require.Equal(t, "invite 3", s.inCart())

		var wrong *shop.QuantityError
		_, err := s.SetInCart(t.Context(), cartBuyer, "invite", 51)
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, shop.QuantityError{SKU: "invite", Quantity: 51, Limit: 50}, *wrong)
		s.put("vpn", 2)
		var short *shop.SoldOutError
		_, err = s.PutInCart(t.Context(), cartBuyer, shop.Item{SKU: "vpn", Quantity: 1}, "more")
		require.ErrorAs(t, err, &short)
		require.Equal(t, shop.SoldOutError{SKU: "vpn", Left: 2}, *short)
		_, err = s.SetInCart(t.Context(), cartBuyer, "nothing", 1)
		require.ErrorIs(t, err, shop.ErrUnknownProduct)
		require.Equal(t, "invite 3, vpn 2", s.inCart(), "what is refused changes nothing")

		_, err = s.StepInCart(t.Context(), cartBuyer, "vpn", -1, "minus")
		require.NoError(t, err)
		_, err = s.SetInCart(t.Context(), cartBuyer, "invite", 0)
		require.NoError(t, err)
		require.Equal(t, "vpn 1", s.inCart())
		_, err = s.StepInCart(t.Context(), cartBuyer, "vpn", -1, "minus again")
		require.NoError(t, err)
		require.Empty(t, s.inCart())
	})
}

func TestACartHasABoundAndEnds(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		var many strings.Builder
		many.WriteString("shop: {name: Test, currency: USDT, languages: [en]}\ncategories: [{id: all, title: All}]\nproducts:\n")
		for i := range shop.MaxCartLines + 1 {
			fmt.Fprintf(&many, "  - {sku: p%d, category: all, title: P, price: \"1\", deliver: text, text: hello}\n", i)
		}
		s.sell(many.String())
		for i := range shop.MaxCartLines {
			s.put(fmt.Sprint("p", i), 1)
		}
		_, err := s.SetInCart(t.Context(), cartBuyer, fmt.Sprint("p", shop.MaxCartLines), 1)
		require.ErrorIs(t, err, shop.ErrCartFull)
		s.put("p0", 0) // counts as a change, and takes nothing out
		require.Len(t, s.cart().Entries, shop.MaxCartLines)
		time.Sleep(shop.CartLife)
		require.Empty(t, s.inCart())
	})
}

// What changed since a product was put in is told with what can be ordered now, and no button of
// before orders it.
func TestAnOldCartTellsWhatChangedAndIsNotBoughtUnseen(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *testShop)
		less   map[string]shop.CartLess
		now    map[string]int
		total  string
	}{
		"a price": {
			change: func(s *testShop) { s.sell(strings.Replace(threeProducts, `price: "2"`, `price: "2.5"`, 1)) },
			now:    map[string]int{"vpn": 2, "game": 1, "invite": 4}, total: "20 USDT",
		},
		"a sale": {
			change: func(s *testShop) {
				s.sell(strings.Replace(threeProducts, `price: "2"`, `price: "2", sale: {price: "1"}`, 1))
			},
			now: map[string]int{"vpn": 2, "game": 1, "invite": 4}, total: "14 USDT",
		},
		"a product is hidden": {
			change: func(s *testShop) {
				s.sell(strings.Replace(threeProducts, "title: Game", "title: Game, hidden: true", 1))
			},
			less: map[string]shop.CartLess{"game": shop.CartGone}, now: map[string]int{"vpn": 2, "invite": 4}, total: "14 USDT",
		},
		"a limit": {
			change: func(s *testShop) { s.sell(strings.Replace(threeProducts, "limit: 50", "limit: 3", 1)) },
			less:   map[string]shop.CartLess{"invite": shop.CartLimit}, now: map[string]int{"vpn": 2, "game": 1, "invite": 3}, total: "16 USDT",
		},
		"some were sold": {
			change: func(s *testShop) { s.mustOrder("vpn") },
			less:   map[string]shop.CartLess{"vpn": shop.CartLeft}, now: map[string]int{"vpn": 1, "game": 1, "invite": 4}, total: "15 USDT",
		},
		"all were sold": {
			change: func(s *testShop) { s.mustOrder("game"); s.mustOrder("game") },
			less:   map[string]shop.CartLess{"game": shop.CartSoldOut}, now: map[string]int{"vpn": 2, "invite": 4}, total: "14 USDT",
		},
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
				s.put("vpn", 2)
				s.put("game", 1)
				s.put("invite", 4)
				seen := s.cart()
				c.change(s)
				synctest.Wait()
				_, err := s.buyCart("a", seen.Mark)
				require.ErrorIs(t, err, shop.ErrCartMoved)
				require.Equal(t, "vpn 2, game 1, invite 4", s.inCart(), "a refusal loses nothing")

				offer := s.cart()
				require.True(t, offer.Changed())
				for _, e := range offer.Entries {
					require.Equal(t, c.less[e.SKU], e.Less, e.SKU)
					require.Equal(t, c.now[e.SKU], e.Now, e.SKU)
					require.Equal(t, e.SKU == "invite" && len(c.less) == 0, e.Repriced(), e.SKU)
				}
				require.Equal(t, c.total, offer.Total.String())
				o, err := s.buyCart("a", offer.Mark)
				require.NoError(t, err)
				require.Equal(t, c.total, o.Total.String())
				require.Len(t, o.Lines, len(c.now))
				require.Empty(t, s.inCart())
			})
		})
	}
}

func TestOfTwoWhoWantTheLastUnitOneGetsItAndTheOtherKeepsTheCart(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.mustOrder("game")
		s.put("invite", 1)
		s.put("game", 1)
		seen := s.cart()
		other, err := s.Checkout(t.Context(), shop.Request{
			Buyer: shop.Buyer{ID: 101}, Items: []shop.Item{{SKU: "game", Quantity: 1}}, Origin: shop.Origin{Act: "other", At: time.Now()},
		})
		require.NoError(t, err)
		_, err = s.buyCart("a", seen.Mark)
		require.ErrorIs(t, err, shop.ErrCartMoved)
		require.Equal(t, shop.CartSoldOut, s.cart().Entries[1].Less)
		_, err = s.Cancel(t.Context(), 101, other.ID)
		require.NoError(t, err)
		o, err := s.buyCart("a", seen.Mark)
		require.NoError(t, err, "it is as it was shown once more")
		require.Len(t, o.Lines, 2)
	})
}

func TestWhatRefusesACheckoutLeavesTheCart(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.put("vpn", 1)
		s.put("invite", 1)
		seen := s.cart()
		require.NoError(t, s.Pause(t.Context(), 1))
		_, err := s.buyCart("a", seen.Mark)
		require.ErrorIs(t, err, shop.ErrPaused)
		require.NoError(t, s.Resume(t.Context(), 1))
		for range 3 {
			s.mustOrder("invite")
		}
		_, err = s.buyCart("a", seen.Mark)
		require.ErrorIs(t, err, shop.ErrTooManyOpen)
		require.Equal(t, "vpn 1, invite 1", s.inCart())
	})
}

func TestALapsedOrderGoesBackIntoTheCart(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.put("vpn", 2)
		s.put("game", 1)
		o, err := s.buyCart("a", s.cart().Mark)
		require.NoError(t, err)
		time.Sleep(2 * time.Hour)
		require.Equal(t, shop.StateCancelled, s.state(o).State)
		s.put("vpn", 1)
		for range 2 {
			_, err = s.BackToCart(t.Context(), cartBuyer, o.ID)
			require.NoError(t, err)
			require.Equal(t, "vpn 2, game 1", s.inCart())
		}
		require.False(t, s.cart().Changed())
		_, err = s.BackToCart(t.Context(), 101, o.ID)
		require.ErrorIs(t, err, shop.ErrNotFound)
	})
}

func TestACouponIsShownInTheCartAndItsEndIsNotPaidFor(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		require.NoError(t, s.AddCoupon(t.Context(), 1, shop.Coupon{Code: "GAMES", Percent: 50, SKUs: []string{"game"}}))
		s.put("vpn", 1)
		s.put("game", 1)
		offer := s.cart("GAMES")
		require.Equal(t, "5 USDT", offer.Total.String())
		require.Equal(t, []int{1}, offer.Discount.Lines)
		_, err := s.buyCart("a", offer.Mark)
		require.ErrorIs(t, err, shop.ErrCartMoved, "without the coupon it costs more than was shown")
		_, err = s.StopCoupon(t.Context(), 1, "GAMES")
		require.NoError(t, err)
		_, err = s.buyCart("a", offer.Mark, "GAMES")
		require.ErrorAs(t, err, new(*shop.CouponError))
		require.Equal(t, shop.CouponStopped, s.cart("GAMES").NoCoupon.Reason)
		_, err = s.ResumeCoupon(t.Context(), 1, "GAMES")
		require.NoError(t, err)
		o, err := s.buyCart("a", offer.Mark, "GAMES")
		require.NoError(t, err)
		require.Equal(t, "5 USDT", o.Total.String())
	})
}

func TestAnswersStayWithTheItem(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.sell(askedProducts)
		_, err := s.SetInCart(t.Context(), cartBuyer, "invite", 1)
		require.ErrorIs(t, err, shop.ErrUnanswered)
		_, err = s.PutInCart(t.Context(), cartBuyer, shop.Item{SKU: "invite", Quantity: 1, Answers: []string{"alice"}}, "a")
		require.NoError(t, err)
		_, err = s.StepInCart(t.Context(), cartBuyer, "invite", 1, "b")
		require.NoError(t, err)
		o, err := s.buyCart("a", s.cart().Mark)
		require.NoError(t, err)
		require.Equal(t, []string{"alice"}, o.Lines[0].Answers)
		require.Equal(t, 2, o.Lines[0].Quantity)
	})
}

// Whatever is sold at which price on which day, and whatever changes between the drawing of a cart and
// the press of its button: an order costs what was shown, which is what its lines come to, or there is
// none and the cart is as it was.
func TestACartCostsWhatWasShown(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		require.NoError(t, s.AddCoupon(t.Context(), 1, shop.Coupon{Code: "TENTH", Percent: 10}))
		require.NoError(t, s.AddCoupon(t.Context(), 1, shop.Coupon{Code: "GAMES", Percent: 50, SKUs: []string{"p1"}}))
		seed := rand.Uint64() //nolint:gosec // the log tells it
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // to be repeated
		one := func(of ...string) string { return of[random.IntN(len(of))] }
		sell := func() {
			var yaml strings.Builder
			yaml.WriteString("shop: {name: Test, currency: USDT, languages: [en]}\ncategories: [{id: all, title: All}]\nproducts:\n")
			for i := range 3 {
				fmt.Fprintf(&yaml, "  - {sku: p%d, category: all, title: P, price: \"%s\", deliver: text, text: hi, limit: %s%s%s%s}\n",
					i, one("1", "1.01", "1.02"), one("3", "4", "5"), one("", `, sale: {price: "0.9"}`, `, sale: {price: "0.91"}`),
					one("", `, quantity_prices: [{from: 3, price: "0.8"}]`), one("", "", "", "", ", hidden: true"))
			}
			s.sell(yaml.String())
		}
		ordered := 0
		for drawing := range 500 {
			sell()
			coupon := one("", "TENTH", "GAMES")
			for i := range 3 {
				_, err := s.SetInCart(t.Context(), cartBuyer, fmt.Sprint("p", i), random.IntN(6))
				if err != nil && !errors.Is(err, shop.ErrUnknownProduct) {
					require.ErrorAs(t, err, new(*shop.QuantityError))
				}
			}
			seen, before := s.cart(coupon), s.inCart()
			if random.IntN(2) == 0 {
				sell()
			}
			o, err := s.buyCart(fmt.Sprint("drawing", drawing), seen.Mark, coupon)
			if err != nil {
				if !errors.Is(err, shop.ErrNothingOrdered) {
					require.ErrorIs(t, err, shop.ErrCartMoved)
				}
				require.Equal(t, before, s.inCart())
				continue
			}
			ordered++
			require.True(t, o.Total.Equal(seen.Total), "%s was shown, %s is to be paid", seen.Total, o.Total)
			sum := money.Amount{}
			for _, l := range o.LineSums() {
				sum, _ = sum.Add(l.Total)
			}
			require.True(t, sum.Equal(o.Total))
			require.Empty(t, s.inCart())
			_, err = s.Cancel(t.Context(), cartBuyer, o.ID)
			require.NoError(t, err)
		}
		require.NotZero(t, ordered)
	})
}
