package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/search"
	"shopbot/internal/shop"
)

func usd(t require.TestingT, s string) money.Amount {
	a, err := money.Parse(s, "USD")
	require.NoError(t, err)
	return a
}

func longest(t require.TestingT) catalog.Product {
	return catalog.Product{
		SKU: strings.Repeat("s", 32), Category: strings.Repeat("c", 32),
		Title: catalog.Plain("<Title>"), Price: usd(t, "123456789.12"), Limit: 100, Deliver: catalog.Keys,
	}
}

// textID is what a text looks like that could not be said.
const textID = `\b(button|order|product|detail|state|orders|held|category|categories|help)_[a-z_]+`

// Telegram refuses a whole message for one button with more than 64 bytes of data.
func TestNoButtonHoldsMoreThanTelegramTakes(t *testing.T) {
	l := testLocalizer(t, "en")
	p := longest(t)
	c := &catalog.Catalog{Categories: []catalog.Category{{ID: p.Category, Title: catalog.Plain("C")}}, Products: []catalog.Product{p}}
	nonce, err := testNonces().draw(alice, time.Now())
	require.NoError(t, err)
	o := shop.Order{ID: shop.NewOrderID(nil, shop.Origin{}), Total: p.Price, Lines: []shop.Line{{SKU: p.SKU, Quantity: 100, Title: p.Title}}}
	screens := []screen{
		homeScreen(l, c, shop.RoleBuyer, homeOffer{products: c.Products, sold: 1}), homeScreen(l, c, shop.RoleOwner, homeOffer{}),
		searchScreen(l, search.Found{Products: slices.Repeat([]*catalog.Product{&p}, search.MaxFound)}, strings.Repeat("w", maxSearchWords), 12, "", noneLeft),
		notFoundScreen(l, c, []*catalog.Product{&p}, ""), adminScreen(l, shop.RoleOwner, c, desk{}, noRates{}), helpScreen(l, shop.RoleOwner, ownerCommands()), supportScreen(l, c), languageScreen(l, testTexts(t), c, 0), categoriesScreen(l, c, 0),
		categoryScreen(l, c, c.Categories[0], 0, func(catalog.Product) (int, bool) { return 5, true }, ""),
		productScreen(l, c, offer{Product: p, Quantity: 99, Free: 100, Limited: true, Nonce: nonce}),
		productScreen(l, c, offer{Product: p, Quantity: 1, Free: 100, Limited: true, Nonce: nonce}),
		ordersScreen(l, slices.Repeat([]shop.Order{o}, ordersPage+1), o.ID, goldenDay),
	}
	o.Cancelled, o.Hold = shop.CancelExpired, shop.HoldSoldOut
	for _, state := range shop.States() {
		o.State = state
		screens = append(screens, orderScreen(l, o, time.Now(), maxText))
		screens = append(screens, detailsScreens(l, o, shop.RoleOwner)...)
	}
	for _, s := range screens {
		require.NotEmpty(t, s.Text)
		require.NotRegexp(t, textID, s.Text)
		require.LessOrEqual(t, visible(s.Text), maxText)
		for _, row := range s.Rows {
			for _, b := range row {
				require.NotEmpty(t, b.Text)
				require.NotRegexp(t, textID, b.Text)
				require.LessOrEqual(t, len(b.Data), maxData, b.Data)
			}
		}
	}
}

func noneLeft(*catalog.Product) bool { return true }

func testTexts(t *testing.T) *localize.Texts {
	t.Helper()
	loaded, err := localize.Load()
	require.NoError(t, err)
	return loaded
}

func TestOnlyAnUnpaidOrderCanBePaid(t *testing.T) {
	l := testLocalizer(t, "en")
	o := shop.Order{ID: "A", Invoice: shop.Invoice{ID: "1", URL: "https://t.me/pay"}, Total: usd(t, "1"), Lines: make([]shop.Line, 1)}
	for _, state := range shop.States() {
		o.State = state
		pays := slices.ContainsFunc(slices.Concat(orderScreen(l, o, time.Now(), maxText).Rows...), func(b button) bool { return b.URL != "" })
		require.Equal(t, state == shop.StateAwaiting, pays, state)
	}
}

func TestNobodyIsOfferedMoreThanThereIs(t *testing.T) {
	l := testLocalizer(t, "en")
	p := longest(t)
	rapid.Check(t, func(rt *rapid.T) {
		free := rapid.IntRange(0, 200).Draw(rt, "free")
		wanted := rapid.IntRange(-5, 1000).Draw(rt, "wanted")
		s := productScreen(l, &catalog.Catalog{}, offer{Product: p, Quantity: wanted, Free: free, Limited: true, Nonce: "n"})
		for _, b := range slices.Concat(s.Rows...) {
			rest, buys := strings.CutPrefix(b.Data, actBuy+":"+p.SKU+":")
			if !buys {
				continue
			}
			n, ok := quantity(strings.TrimSuffix(rest, ":n"))
			require.True(rt, ok)
			require.LessOrEqual(rt, n, min(free, p.Limit))
		}
		if free == 0 {
			require.Contains(rt, string(s.Text), "Sold out")
		}
	})
}

func TestQuantitiesAreWholeNumbersFromOneUp(t *testing.T) {
	for written, want := range map[string]int{"1": 1, "42": 42, "007": 7} {
		n, ok := quantity(written)
		require.True(t, ok)
		require.Equal(t, want, n)
	}
	for _, wrong := range []string{"", "0", "-1", "+1", "1.5", "1e3", "one", "99999999999999999999", "1 2", "٣"} {
		_, ok := quantity(wrong)
		require.False(t, ok, wrong)
	}
}

func testNonces() nonces { return nonces{[]byte("key"), strings.NewReader("abc")} }

func TestAButtonIsGoodForADay(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	nonce, err := testNonces().draw(alice, now)
	require.NoError(t, err)
	drawn, err := testNonces().drawn(alice, nonce, now.Add(23*time.Hour))
	require.NoError(t, err)
	require.Equal(t, now, drawn)
	for name, wrong := range map[string]func() (time.Time, error){
		"old":             func() (time.Time, error) { return testNonces().drawn(alice, nonce, now.Add(25*time.Hour)) },
		"future":          func() (time.Time, error) { return testNonces().drawn(alice, nonce, now.Add(-time.Hour)) },
		"forged":          func() (time.Time, error) { return testNonces().drawn(alice, "zzz", now) },
		"empty":           func() (time.Time, error) { return testNonces().drawn(alice, "", now) },
		"another buyer's": func() (time.Time, error) { return testNonces().drawn(alice+1, nonce, now) },
		"another shop's":  func() (time.Time, error) { return nonces{key: []byte("other")}.drawn(alice, nonce, now) },
		"an earlier date": func() (time.Time, error) { return testNonces().drawn(alice, "AAAA"+nonce[4:], now) },
		"spelled anew":    func() (time.Time, error) { return testNonces().drawn(alice, nonce[:4]+"\n"+nonce[4:], now) },
	} {
		_, err := wrong()
		require.ErrorIs(t, err, errStale, name)
	}
}

func FuzzNonce(f *testing.F) {
	now := time.Unix(1_800_000_000, 0)
	nonce, err := testNonces().draw(alice, now)
	require.NoError(f, err)
	f.Add(nonce)
	f.Fuzz(func(t *testing.T, s string) {
		_, err := testNonces().drawn(alice, s, now)
		require.Equal(t, s == nonce, err == nil, "one nonce is good, and no other spelling of it")
	})
}

func TestEveryKeyIsDeliveredOnALineOfItsOwn(t *testing.T) {
	l := testLocalizer(t, "en")
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfN(rapid.StringMatching(`[A-Z<>&"]{1,1000}`), 1, 60).Draw(rt, "keys")
		o := shop.Order{
			ID: "A", Lines: []shop.Line{{
				Quantity: len(keys), Part: shop.Part{Deliver: catalog.Keys, Goods: keys}, Instructions: catalog.Plain(strings.Repeat("how ", 200)),
			}},
		}
		messages, err := render(l, o, 0, nil)
		require.NoError(rt, err)
		var lines []string
		for _, p := range messages {
			require.LessOrEqual(rt, visible(p.Text), maxText)
			lines = append(lines, strings.Split(string(p.File), "\n")...)
			lines = append(lines, strings.Split(htmlText(p.Text), "\n")...)
		}
		for _, k := range keys {
			require.Contains(rt, lines, k)
		}
	})
}

func TestUnitsOfSeveralLinesAreBlocksOfTheirOwn(t *testing.T) {
	l := testLocalizer(t, "en")
	unit := func(i int) string {
		return "[Peer]\n  Key = <" + itoa(i) + ">\n" + strings.Repeat("# long line\n", 100) + "end"
	}
	goods := func(n int) shop.Order {
		line := shop.Line{Quantity: n, Part: shop.Part{Deliver: catalog.Keys}, FromStock: true}
		for i := range n {
			line.Goods = append(line.Goods, unit(i))
		}
		return shop.Order{ID: "A", Lines: []shop.Line{line}}
	}
	messages, err := render(l, goods(3), 0, nil)
	require.NoError(t, err)
	all := ""
	for _, m := range messages {
		require.LessOrEqual(t, visible(m.Text), maxText)
		all += string(m.Text)
	}
	for i := range 3 {
		require.Contains(t, all, "<pre>"+string(localize.Escape(unit(i)))+"</pre>")
	}
	messages, err = render(l, goods(20), 0, nil)
	require.NoError(t, err)
	require.Len(t, messages, 1)
	list, err := shop.ReadUnits(messages[0].File, "")
	require.NoError(t, err)
	require.Equal(t, goods(20).Lines[0].Goods, slices.Collect(list.All()), "a file that can be taken apart again")

	o := goods(1)
	o.Lines[0].Goods[0] = "two\nlines"
	require.Contains(t, goodsOfLine(l, o.Lines[0]), "<code>two ⏎ lines</code>")
}

func TestLongTextsArriveWhole(t *testing.T) {
	l := testLocalizer(t, "en")
	text := strings.Repeat("A line of the guide.\n", 1000)
	o := shop.Order{ID: "A", Lines: []shop.Line{{Part: shop.Part{Deliver: catalog.Content, Text: catalog.Plain(text)}}}}
	messages, err := render(l, o, 0, nil)
	require.NoError(t, err)
	var whole string
	for _, p := range messages {
		require.LessOrEqual(t, visible(p.Text), maxText)
		whole += htmlText(p.Text)
	}
	require.Equal(t, 1000, strings.Count(whole, "A line of the guide."))
}

func TestAmountsToRefund(t *testing.T) {
	ton := func(s string) money.Amount {
		a, err := money.Parse(s, "TON")
		require.NoError(t, err)
		return a
	}
	o := shop.Order{
		State: shop.StateDelivered, Total: usd(t, "9"),
		Payments: []shop.Payment{{Invoice: "1", Amount: ton("3"), Price: usd(t, "9")}},
	}
	for written, want := range map[string]money.Amount{
		"": ton("3"), "3": ton("1"), "4.5": ton("1.5"), "4,5": ton("1.5"), "1 ton": ton("1"), "0.10 USD": ton("0.03333333"),
	} {
		got, err := refundAmount(o, written)
		require.NoError(t, err, written)
		require.Equal(t, want.String(), got.String(), written)
	}
	for _, wrong := range []string{"x", "-1", "0", "1e3", "1 2 3", "1.000", "1,000 USD"} {
		_, err := refundAmount(o, wrong)
		require.ErrorIs(t, err, errBadAmount, wrong)
	}
	_, err := refundAmount(shop.Order{}, "")
	require.ErrorIs(t, err, shop.ErrNothingPaid)
}
