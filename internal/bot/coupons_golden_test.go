package bot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestScreensOfCouponsAndInvitations(t *testing.T) {
	c := &catalog.Catalog{
		Shop:       catalog.Shop{Name: catalog.Plain("Shop"), Currency: "USD", Languages: []string{"en", "ru"}},
		Categories: []catalog.Category{{ID: "games", Title: catalog.Plain("Games & more")}},
	}
	p := catalog.Product{
		SKU: "vpn", Category: "games", Title: catalog.Plain("VPN <30> days"), Description: catalog.Plain("Fast."), Price: usd(t, "5"), Limit: 10, Deliver: catalog.Keys,
		Sale:           &catalog.Sale{Price: usd(t, "4"), From: "2026-11-20", Until: "2026-11-30"},
		QuantityPrices: []catalog.QuantityPrice{{From: 3, Price: usd(t, "3.50")}},
	}
	c.Products = []catalog.Product{p}
	spring := shop.CouponState{
		Coupon: shop.Coupon{
			Code: "SPRING", Percent: 15, Limit: 100, PerBuyer: 1, From: "2026-11-01", Until: "2026-12-31",
			SKUs: []string{"vpn", "gone"}, Categories: []string{"games"}, Minimum: usd(t, "3"),
		},
		Count: shop.CouponCount{Uses: 12, Paid: 9, Given: shop.Sums{usd(t, "9.45")}},
	}
	gift := shop.CouponState{Coupon: shop.Coupon{Code: "GIFT", Amount: usd(t, "2"), Codes: 50, Stopped: true}}
	terms := shop.ReferralTerms{On: true, Percent: 10, Cap: 20, Days: 90}
	inEachLanguage(t, "coupons", func(t *testing.T, l localizer, g *golden) {
		card := offer{Product: p, Quantity: 1, Free: 9, Limited: true, Nonce: "n", Today: "2026-11-23", Coupons: true}
		g.add("category with a sale", categoryScreen(l, c, c.Categories[0], 0, func(catalog.Product) (int, bool) { return 9, true }, card.Today))
		g.add("card in a sale", productScreen(l, c, card))
		card.Quantity, card.Coupon, card.Saved = 3, "SPRING", usd(t, "1.57")
		g.add("card of three with a coupon", productScreen(l, c, card))
		o := orderOf(t, vpn(1))
		o.Discounts = []shop.Discount{{Reason: "coupon SPRING", Coupon: "SPRING", Amount: usd(t, "0.37")}}
		o.Total = usd(t, "2.13")
		g.add("order with a coupon", orderScreen(l, o, goldenDay, maxText))
		for _, reason := range shop.CouponReasons() {
			g.add("refused: "+string(reason), screen{Text: couponRefusal(l, c, &shop.CouponError{Coupon: spring.Coupon, Reason: reason})})
		}
		g.add("no coupons", couponsScreen(l, nil, ""))
		g.add("coupons", couponsScreen(l, []shop.CouponState{gift, spring}, "FIRST"))
		g.add("coupon", couponScreen(l, c, spring))
		g.add("batch", couponScreen(l, c, gift, l.Say("coupon_made")))
		f := couponForm{}
		g.add("new coupon: code", couponFormScreen(l, c, f, ""))
		g.add("new batch: name", couponFormScreen(l, c, couponForm{fieldBatch: "yes"}, ""))
		f[fieldCode] = "SPRING"
		g.add("new coupon: worth", couponFormScreen(l, c, f, l.Say("coupon_not_understood")))
		f[fieldWorth] = "15%"
		g.add("new coupon: until", couponFormScreen(l, c, f, ""))
		f[fieldUntil] = "2026-12-31"
		g.add("new coupon: limit", couponFormScreen(l, c, f, ""))
		f[fieldLimit] = none
		g.add("new coupon: summary", couponFormScreen(l, c, f, ""))
		for _, field := range []string{fieldItems, fieldMinimum, fieldFrom} {
			f[fieldAsk] = field
			g.add("new coupon: "+field, couponFormScreen(l, c, f, ""))
		}
		g.add("invitations off", referralScreen(l, shop.ReferralTerms{}, ""))
		g.add("invitations on", referralScreen(l, terms, ""))
		reward := shop.CouponState{Coupon: shop.Coupon{Code: "THANKS-7KD93HWA2Q", Percent: 10, Limit: 1, For: 7, Until: "2027-02-21"}}
		g.add("invite", inviteScreen(l, terms, shop.Person{ID: 7, Invited: 3, Rewards: 1}, []shop.CouponState{reward},
			"https://t.me/the_bot?start=r_token", &request{catalog: c}))
	})
}

func TestAButtonOfCouponsHoldsTheLongestCode(t *testing.T) {
	l := testLocalizer(t, "en")
	code := "ABCDEFGHIJKLMNOPQRSTUVWXYZ123456"
	_, err := shop.ParseCouponCode(code)
	require.NoError(t, err)
	c := shop.CouponState{Coupon: shop.Coupon{Code: code, Percent: 5, Codes: 3}}
	list := make([]shop.CouponState, couponsPage+1)
	for i := range list {
		list[i] = c
	}
	for _, s := range []screen{couponScreen(l, &catalog.Catalog{}, c), couponsScreen(l, list, code)} {
		for _, row := range s.Rows {
			for _, b := range row {
				require.LessOrEqual(t, len(b.Data), maxData, b.Data)
			}
		}
	}
}
