package bot

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func xtr(t *testing.T, s string) money.Amount {
	t.Helper()
	a, err := money.Parse(s, catalog.Stars)
	require.NoError(t, err)
	return a
}

// starsCatalog takes coins and Stars; its guide takes Stars alone.
func starsCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Parse("catalog.yaml", []byte(`
shop: {name: "Pixel <Goods>", currency: USD, languages: [en, ru], support: "@help", pay: [crypto, stars], stars_rate: "0.013"}
categories: [{id: games, title: Games}]
products:
  - {sku: vpn, category: games, title: "VPN <30> days", price: "10.50", sale: {price: "8"}, quantity_prices: [{from: 3, price: "7"}], limit: 10, deliver: keys}
  - {sku: guide, category: games, title: Guide, price: "2.50", stars: "199", pay: [stars], limit: 3, deliver: text, text: The whole guide}
`), nil)
	require.NoError(t, err)
	return c
}

func TestScreensOfStars(t *testing.T) {
	inEachLanguage(t, "stars", func(t *testing.T, l localizer, g *golden) {
		c := starsCatalog(t)
		alone := &catalog.Catalog{Shop: c.Shop, Categories: c.Categories, Products: c.Products[1:]}
		vpnCard := offer{Product: c.Products[0], Quantity: 3, Free: 9, Limited: true, Nonce: "n", Today: "2026-11-23"}
		guideCard := offer{Product: c.Products[1], Quantity: 2, Nonce: "n", Today: "2026-11-23"}
		g.add("card", productScreen(l, c, vpnCard))
		vpnCard.Coupon, vpnCard.Saved = "SPRING", usd(t, "2.10")
		g.add("card with a coupon", productScreen(l, c, vpnCard))
		g.add("card, Stars alone", productScreen(l, c, guideCard))
		guideCard.Coupon, guideCard.Saved = "SPRING", usd(t, "0.50")
		g.add("card, Stars alone, with a coupon", productScreen(l, c, guideCard))
		g.add("category", categoryScreen(l, c, c.Categories[0], 0, func(catalog.Product) (int, bool) { return 9, true }, "2026-11-23"))
		g.add("home", homeScreen(l, c, shop.RoleBuyer, homeOffer{products: c.Products, today: "2026-11-23"}))
		for _, of := range []struct {
			name    string
			catalog *catalog.Catalog
		}{{"", c}, {", Stars alone", alone}} {
			g.add("home of staff"+of.name, adminScreen(l, shop.RoleOwner, of.catalog, desk{}, noRates{}))
			g.add("help"+of.name, helpScreen(l, of.catalog, shop.RoleBuyer, nil))
			g.add("paysupport"+of.name, paySupportScreen(l, of.catalog))
			g.add("terms"+of.name, rulesScreen(l, "terms", of.catalog, nil))
			g.add("privacy"+of.name, rulesScreen(l, "privacy", of.catalog, nil))
		}
		courier := &Courier{chat: &chat{catalog: func() *catalog.Catalog { return c }}}
		g.add("ends soon, Stars alone", courier.accessScreen(l, "", access.Access{SKU: "guide", Stage: access.Active}))
		drawStarsCart(t, g, l)
		drawStarsOrders(t, g, l)
		drawStarsFigures(t, g, l, c, alone)
		for _, kind := range []string{editsShop, editsProduct} {
			f := &editForm{Subject: subject{Kind: kind, Key: map[string]string{editsProduct: "vpn"}[kind]}, Field: "pay"}
			field, _ := editFieldOf(kind, "pay")
			e, _ := f.draftOf(c)
			g.add("ask how to pay, of "+kind, askForScreen(l, testTexts(t), c, f, field, e, ""))
		}
		subscription := guideCard
		subscription.Coupon, subscription.Saved = "", usd(t, "0")
		subscription.Product.Access, subscription.Product.Subscription = 30*24*time.Hour, true
		g.add("card of a subscription, two", productScreen(l, c, subscription))
		subscription.Quantity = 1
		g.add("card of a subscription, one", productScreen(l, c, subscription))
		g.add("the owner's category", editCategoryScreen(l, c, c.Categories[0], 0, ""))
	})
}

func drawStarsCart(t *testing.T, g *golden, l localizer) {
	t.Helper()
	entry := func(sku, unit, stars string) shop.CartEntry {
		e := shop.CartEntry{
			CartLine: shop.CartLine{Item: shop.Item{SKU: sku, Quantity: 2}, Title: catalog.Plain(sku), Price: usd(t, unit)},
			Now:      2, Unit: usd(t, unit),
		}
		if stars != "" {
			e.Stars = xtr(t, stars)
		}
		return e
	}
	both := cartView{CartOffer: shop.CartOffer{Entries: []shop.CartEntry{entry("vpn", "8", "616")}, Total: usd(t, "16"), Stars: xtr(t, "1232"), Mark: "m"}, nonce: "n"}
	g.add("cart", cartScreen(l, both))
	alone := cartView{CartOffer: shop.CartOffer{
		Entries: []shop.CartEntry{entry("guide", "2.50", "199")}, Total: usd(t, "4.50"), Stars: xtr(t, "358"), InStars: true, Mark: "m",
		Discount: shop.Discount{Coupon: "SPRING", Amount: usd(t, "0.50")},
	}, nonce: "n", coupon: "SPRING"}
	g.add("cart, Stars alone", cartScreen(l, alone))
	both.Entries, both.Mark, both.NoWay = append(both.Entries, entry("guide", "2.50", "")), "", &shop.NoCommonWayError{Crypto: "vpn", Stars: "guide"}
	g.add("cart without a common way", cartScreen(l, both))
	both.NoWay = shop.ErrTooManyStars
	g.add("cart with too many Stars", cartScreen(l, both))
	both.NoWay = &shop.NoCommonWayError{Crypto: "vpn"}
	g.add("cart whose way is not there", cartScreen(l, both))
}

// starsOrder is an order that takes coins and Stars.
func starsOrder(t *testing.T, rail shop.RailID) shop.Order {
	t.Helper()
	o := shop.Order{
		ID: "0W6TGW0AAAAAAAA", State: shop.StateAwaiting, Buyer: shop.Buyer{ID: 7, Name: "Alice"}, Rail: rail,
		Lines: []shop.Line{
			{SKU: "vpn", Title: catalog.Plain("VPN <30> days"), Quantity: 2, Price: usd(t, "8"), Stars: xtr(t, "616"), Part: shop.Part{Deliver: catalog.Keys}, FromStock: true},
			{SKU: "guide", Title: catalog.Plain("Guide"), Quantity: 1, Price: usd(t, "2"), Stars: xtr(t, "154"), Part: shop.Part{Deliver: catalog.Content}},
		},
		Discounts: []shop.Discount{{Reason: "coupon SPRING", Coupon: "SPRING", Amount: usd(t, "1.80")}},
		Total:     usd(t, "16.20"), Stars: xtr(t, "1248"), Created: goldenDay, Expires: goldenDay.Add(30 * time.Minute),
		Invoice: shop.Invoice{ID: "1", URL: "https://t.me/pay"},
	}
	if rail != shop.Stars {
		o.StarsInvoice = shop.Invoice{ID: "2", URL: "https://t.me/$stars"}
	}
	return o
}

func drawStarsOrders(t *testing.T, g *golden, l localizer) {
	t.Helper()
	o := starsOrder(t, shop.CryptoPay)
	g.add("order that takes both", orderScreen(l, o, goldenDay, maxText))
	g.add("unpaid orders", openScreen(l, []shop.Order{o, starsOrder(t, shop.Stars)}, goldenDay, "Unpaid"))
	g.add("list of orders", ordersScreen(l, []shop.Order{o, starsOrder(t, shop.Stars)}, "", goldenDay))
	g.add("order with Stars alone", orderScreen(l, starsOrder(t, shop.Stars), goldenDay, maxText))
	o.State, o.Payments = shop.StateDelivered, []shop.Payment{{Rail: shop.Stars, Invoice: "charge-1", Amount: xtr(t, "1248"), Price: xtr(t, "1248"), At: goldenDay}}
	o.Delivered, o.Lines[0].Delivered, o.Lines[1].Delivered = goldenDay, goldenDay, goldenDay
	g.add("order that was paid with Stars", orderScreen(l, o, goldenDay, maxText))
	g.add("the sale, for the owner", ownerScreen(l, o, shop.Notice{What: shop.WhatSold, To: shop.ToOwners}))
	g.add("the order, for the owner", detailsScreens(l, o, shop.RoleOwner)...)
	g.add("receipt", screen{Text: markup(receiptOf(l, o, "Pixel").Text())})
	g.add("refund", refundScreen(l, o, shop.RefundRequest{Amount: xtr(t, "1248")}, money.Amount{}, "n"))
	o.State, o.Resume = shop.StateRefunding, shop.StateDelivered
	o.Refunds = []shop.Refund{{ID: "r", Amount: xtr(t, "1248"), Status: shop.RefundPending, By: 1, Requested: goldenDay}}
	g.add("order on its way back", orderScreen(l, o, goldenDay, maxText))
	o.State, o.Refunds[0].Status, o.Refunds[0].Transfer, o.Refunds[0].Finished = shop.StateRefunded, shop.RefundSent, "charge-1", goldenDay
	g.add("order that went back", orderScreen(l, o, goldenDay, maxText))
	text, _ := refundSent(l, o, o.Refunds[0])
	g.add("told of the refund", screen{Text: text})
}

func drawStarsFigures(t *testing.T, g *golden, l localizer, c, alone *catalog.Catalog) {
	t.Helper()
	f := figures{period: "week", now: shop.Statistics{
		Total: shop.Counters{
			Ordered: 9, Paid: 6, Units: 7, Delivered: 6, Revenue: shop.Sums{usd(t, "25"), xtr(t, "1810")},
			Received: shop.Sums{usdt(t, "25.01"), xtr(t, "1810")}, Fees: shop.Sums{usdt(t, "0.75")}, Refunded: shop.Sums{xtr(t, "199")},
		},
		Products: map[string]shop.Counters{
			"vpn":   {Units: 5, Revenue: shop.Sums{usd(t, "25"), xtr(t, "1412")}},
			"guide": {Units: 2, Revenue: shop.Sums{xtr(t, "398")}},
		},
	}}
	f.before.Revenue = shop.Sums{usd(t, "20"), xtr(t, "100000")}
	g.add("statistics", screen{Text: statsText(l, c, f, noRates{})})
	g.add("statistics, Stars alone", screen{Text: statsText(l, alone, f, noRates{})})
	g.add("home of the staff", screen{Text: salesToday(l, reckonedIn(c), f.now.Total, noRates{})})
	balances := map[shop.RailID]shop.RailBalance{shop.CryptoPay: {Amounts: []money.Amount{usdt(t, "102.5")}}, shop.Stars: {Amounts: []money.Amount{xtr(t, "1810")}}}
	g.add("balance", screen{Text: balanceText(l, c, balances, noRates{})})
	m := report{day: "2026-11-22", figures: f, balance: balances}
	g.add("morning", morningScreen(l, c, shop.RoleOwner, m, noRates{}))
	delete(balances, shop.CryptoPay)
	g.add("balance, Stars alone", screen{Text: balanceText(l, alone, balances, noRates{})})
	g.add("no Stars", screen{Text: balanceText(l, alone, map[shop.RailID]shop.RailBalance{shop.Stars: {}}, noRates{})})
	g.add("unknown Stars", screen{Text: balanceText(l, alone, map[shop.RailID]shop.RailBalance{shop.Stars: {Err: errors.New("no answer")}}, noRates{})})
}

func TestAFaultOfPayingNamesTheProducts(t *testing.T) {
	l, d := testLocalizer(t, "en"), starsCatalog(t).Draft()
	require.Nil(t, payFault(l, d))
	d.Shop.StarsRate = money.Amount{}
	fault := payFault(l, d)
	require.Contains(t, l.Say(fault.text, fault.pairs...), "There is no price in Stars yet for: VPN &lt;30&gt; days.")
	d.Products[0].Stars = xtr(t, "100001")
	fault = payFault(l, d)
	require.Contains(t, l.Say(fault.text, fault.pairs...), "Too many Stars for one payment: VPN &lt;30&gt; days.")
	d.Products[0].Stars, d.Products[0].Subscription, d.Products[0].Pay = xtr(t, "10"), true, []catalog.PayWay{catalog.PayCrypto}
	fault = payFault(l, d)
	require.Contains(t, l.Say(fault.text, fault.pairs...), "Only Stars renew a subscription")
}
