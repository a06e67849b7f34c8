package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestNumbersAreReadAsPeopleWriteThem(t *testing.T) {
	for language, numbers := range map[string]map[string]int{
		"en": {
			"3": 3, " 12x ": 12, "x2": 2, "× 7": 7, "2 × ": 2, "3 pcs": 3, "3pcs.": 3, "two": 2, "Twenty!": 20, "TWO pieces": 2,
			"a": 1, "none": 0, "0": 0, "007": 7, "4 keys please": 4, "999999999": 999999999,
		},
		"ru": {"3 шт": 3, "3шт.": 3, "Две штуки": 2, "пара": 2, "одну": 1, "4х": 4, "двадцать": 20, "ноль": 0, "четыре": 4, "5 pcs": -1},
	} {
		l := testLocalizer(t, language)
		for written, want := range numbers {
			n, ok := readQuantity(l, written)
			require.Equal(t, want >= 0, ok, written)
			require.Equal(t, max(want, 0), n, written)
		}
		for _, bad := range []string{
			"", " ", "-1", "−2", "+3", "1.5", "1,5", "2 3", "1 000", "two three", "twenty-one", "several", "x", "pcs", "1e3", "0x10", "٣",
			"9999999999", "<b>2</b>", "2/3", "2🙂", "🙂", strings.Repeat("9", 4096), strings.Repeat("x", 4096), "\u202e3", "/2",
		} {
			n, ok := readQuantity(l, bad)
			require.False(t, ok, "%s: %q", language, bad)
			require.Zero(t, n)
		}
	}
}

func TestWordsForNumbersAreThoseOfTheirPlace(t *testing.T) {
	for _, language := range []string{"en", "ru"} {
		words := strings.Split(testLocalizer(t, language).Plain("number_words"), "|")
		require.Len(t, words, 21, "%s: from 0 to 20", language)
		seen := map[string]bool{}
		for _, w := range words {
			for word := range strings.SplitSeq(w, "/") {
				require.NotEmpty(t, word)
				require.False(t, seen[word], "%s: %q is two numbers", language, word)
				seen[word] = true
			}
		}
	}
}

// toast is what a press is answered with.
func toast(calls []call) string {
	for _, c := range calls {
		if c.method == "answerCallbackQuery" {
			return c.params["text"]
		}
	}
	return ""
}

// inCart is what alice's cart holds.
func (w *world) inCart() string {
	var held []string
	for _, l := range w.store.carts[alice].Lines {
		held = append(held, fmt.Sprint(l.SKU, " ", l.Quantity))
	}
	return strings.Join(held, ", ")
}

func TestProductsAreCollectedAndOrderedAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = strings.Split("ABCDE", "")
		card := w.say(alice, "/start p_vpn")
		added := w.pressAs("1", findButton(t, card, actCart+":add:vpn:1"))
		require.Equal(t, "✅ In your cart: VPN × 1", toast(added))
		require.NotEmpty(t, findButton(t, added, actCategory+":games"), "the way to the next product")
		require.Contains(t, added[len(added)-1].params["reply_markup"], "🛒 Cart · 1")
		w.pressAs("1", findButton(t, card, actCart+":add:vpn:1"))
		require.Equal(t, "vpn 1", w.inCart(), "handled again after a failure")
		w.pressAs("2", findButton(t, w.say(alice, "/start p_guide"), actCart+":add:guide:1"))

		cart := w.say(alice, "/cart")
		require.Contains(t, said(cart), "1. VPN × 1 · 5.00 USD\n2. Guide × 1 · 2.00 USD\nTotal: <b>7.00 USD</b>")
		more := findButton(t, cart, actCart+":more:vpn")
		for i := range 3 { // all on the same drawing
			cart = w.pressAs(fmt.Sprint("more", i), more)
		}
		require.Contains(t, said(cart), "VPN × 4")
		require.Equal(t, "Only 5 are left.", toast(w.pressAs("m", "ct:add:vpn:2")))
		require.Equal(t, "One order takes no more than 1 of this.", toast(w.pressAs("n", actCart+":more:guide:0")))
		cart = w.pressAs("o", actCart+":out:guide:0")
		require.Equal(t, "vpn 4", w.inCart())
		require.Empty(t, w.store.orders)

		buy := findButton(t, cart, actCartBuy+":")
		ordered := w.pressAs("buy", buy)
		require.Contains(t, said(ordered), "VPN × 4")
		require.Empty(t, w.inCart())
		w.pressAs("3", "ct:add:guide:1")
		again := w.pressAs("buy again", buy)
		require.Contains(t, said(again), string(w.theOrder().ID), "a double tap is the same order")
		require.Equal(t, "guide 1", w.inCart())
		require.Contains(t, w.say(alice, "/help")[0].params["text"], "/cart")
	})
}

func TestTheLastPieceIsTakenOutAndAnEmptyCartSaysHowToFillIt(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.Contains(t, said(w.say(alice, "/cart")), "Your cart is empty")
		w.pressAs("1", "ct:add:guide:1")
		empty := w.pressAs("2", actCart+":less:guide:0")
		require.Contains(t, said(empty), "Your cart is empty")
		for _, odd := range []string{"ct:out:nothing", "ct:less:nothing", "ct:more:nothing", "ct:page:99", "ct:add:nothing:1", "ct:add:guide", "ct:add", "qty:nothing"} {
			w.pressAs(odd, odd)
			require.Empty(t, w.inCart(), odd)
		}
		for _, odd := range []string{"ct:what", "ct:back", "ct:back:xyz"} {
			require.Contains(t, toast(w.pressAs(odd, odd)), "out of date", odd)
		}
		for _, odd := range []string{"cb", "cb:", "cb:abc", "cb:abcdefgh:AAAAAAAAAAAAAAAA"} {
			require.Contains(t, toast(w.pressAs(odd, odd)), "out of date", odd)
		}
		require.Empty(t, w.store.orders)
	})
}

func TestAQuantityIsSentAsANumberOrAWord(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = strings.Split("ABCDE", "")
		w.pressAs("1", "ct:add:vpn:1")
		cart := w.say(alice, "/cart")
		ask := findButton(t, cart, actQuantity+":vpn:")
		require.Contains(t, said(w.pressAs("2", ask)), "How many of <b>VPN</b>?")
		require.Contains(t, said(w.say(alice, "quite a lot")), "Send for example 3, 12x or two")
		require.Contains(t, said(w.say(alice, "three")), "VPN × 3")
		require.Equal(t, "vpn 3", w.inCart())
		w.pressAs("3", ask)
		require.Contains(t, said(w.say(alice, "9")), "Only 5 are left.")
		require.Equal(t, "vpn 3", w.inCart())
		w.pressAs("4", ask)
		require.Contains(t, said(w.say(alice, "0")), "Your cart is empty")

		card := w.say(alice, "/start p_vpn")
		w.pressAs("5", findButton(t, card, actQuantity+":vpn"))
		require.NotEmpty(t, findButton(t, w.say(alice, "4x"), actBuy+":vpn:4:"))
		w.pressAs("6", findButton(t, card, actQuantity+":vpn"))
		many := w.say(alice, "50")
		require.Contains(t, said(many), "Only 5 are left.")
		require.NotEmpty(t, findButton(t, many, actBuy+":vpn:5:"))
		require.NotContains(t, said(w.say(alice, "3")), "VPN", "the form is over")

		w.pressAs("7", findButton(t, card, actQuantity+":vpn"))
		w.pressAs("8", actCategory+":games")
		require.NotContains(t, said(w.say(alice, "steam")), "12x", "the buyer went on to something else")
		require.Contains(t, said(w.say(alice, "/buy vpn two")), "VPN × 2")
	})
}

// What changed since the cart was drawn is in the answer to the press, and on the screen.
func TestAStaleCartSaysWhatChangedAndAsks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = strings.Split("ABC", "")
		w.pressAs("1", "ct:add:vpn:3")
		w.pressAs("2", "ct:add:guide:1")
		buy := findButton(t, w.say(alice, "/cart"), actCartBuy+":")
		w.store.units["vpn"] = []string{"A"}
		w.bot.shop.Catalog().Products[1].Price = usd(t, "2.50")
		refused := w.pressAs("3", buy)
		require.Empty(t, w.store.orders)
		require.Contains(t, toast(refused), "VPN: only 1 is left, you wanted 3.")
		require.Contains(t, said(refused), "Guide: 2.50 USD each, it was 2.00 USD.")
		require.Contains(t, said(refused), "Do you want it like this?")
		require.Contains(t, said(w.say(alice, "/cart")), "Guide: 2.50 USD each", "also when it is opened")
		w.pressAs("4", findButton(t, refused, actCartBuy+":"))
		o := w.theOrder()
		require.Equal(t, "7.5 USD", o.Total.String())
		require.Equal(t, 1, o.Lines[0].Quantity)
	})
}

func TestACartOfWhichNothingIsLeftCanOnlyBeEmptied(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.pressAs("2", "ct:add:guide:1")
		buy := findButton(t, w.say(alice, "/cart"), actCartBuy+":")
		w.bot.shop.Catalog().Products[1].Hidden = true
		for _, cart := range [][]call{w.say(alice, "/cart"), w.pressAs("3", buy)} {
			require.Contains(t, said(cart), "Guide is not for sale any more.")
			require.Contains(t, said(cart), "Nothing of this can be ordered just now.")
			require.Empty(t, findButton(t, cart, actCartBuy+":"))
		}
		require.Contains(t, said(w.pressAs("4", actCart+":out:guide:0")), "Your cart is empty")
	})
}

func TestACouponIsTakenInTheCart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = strings.Split("ABC", "")
		w.store.coupons = []shop.Coupon{{Code: "GUIDES", Percent: 50, SKUs: []string{"guide"}}}
		w.pressAs("1", "ct:add:vpn:1")
		w.pressAs("2", "ct:add:guide:1")
		w.pressAs("3", findButton(t, w.say(alice, "/cart"), actCoupon+":*"))
		cart := w.say(alice, "guides")
		require.Contains(t, said(cart), "Coupon GUIDES: −1.00 USD\nTotal: <b>6.00 USD</b>")
		off := w.pressAs("4", findButton(t, cart, actCoupon+":*:-"))
		require.Contains(t, said(off), "Total: <b>7.00 USD</b>")
		require.Contains(t, said(w.pressAs("5", findButton(t, cart, actCartBuy+":"))), "Total: <b>7.00 USD</b>")
		require.Empty(t, w.store.orders, "the drawing with the coupon is out of date")
		w.say(alice, "/coupon guides")
		w.pressAs("6", findButton(t, w.say(alice, "/cart"), actCartBuy+":"))
		o := w.theOrder()
		require.Equal(t, "6 USD", o.Total.String())
		require.Equal(t, []int{1}, o.Discounts[0].Lines)
		require.Empty(t, w.store.people[alice].Coupon)

		w.press(alice, 50, actCancel+":"+string(o.ID))
		require.Equal(t, "GUIDES", w.store.people[alice].Coupon)
		back := w.press(alice, 50, "n:ct:back:"+string(o.ID))
		require.Contains(t, said(back), "1. VPN × 1 · 5.00 USD\n2. Guide × 1 · 2.00 USD\nCoupon GUIDES: −1.00 USD")
	})
}

func TestARefusedCheckoutLeavesTheCart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.pressAs("2", "ct:add:guide:1")
		buy := findButton(t, w.say(alice, "/cart"), actCartBuy+":")
		w.store.people[alice] = shop.Person{Blocked: shop.Block{At: time.Now()}}
		w.pressAs("3", buy)
		require.Equal(t, "guide 1", w.inCart())
		w.store.people[alice] = shop.Person{}
		w.store.fail = errors.New("the disk is away")
		_, _ = w.tryPress(alice, firstSent, buy)
		w.store.fail = nil
		require.Equal(t, "guide 1", w.inCart())
		w.pressAs("4", buy)
		require.Empty(t, w.inCart())
		w.theOrder()
	})
}

// longCart is as long as a cart can be, with the longest names, and all of it changed.
func longCart(t *testing.T, lines int) cartView {
	t.Helper()
	v := cartView{nonce: strings.Repeat("n", 16), coupon: strings.Repeat("C", 32)}
	less := []shop.CartLess{"", shop.CartLeft, shop.CartLimit, shop.CartSoldOut, shop.CartGone}
	for i := range lines {
		e := shop.CartEntry{Now: 98, Most: 98, Less: less[i%len(less)], Unit: usd(t, "123456.78")}
		e.SKU, e.Title, e.Quantity, e.Price = strings.Repeat("s", 32), catalog.Plain(strings.Repeat("W", 64)), 99, usd(t, "123456.79")
		if e.Less == shop.CartSoldOut || e.Less == shop.CartGone {
			e.Now = 0
		}
		v.Entries = append(v.Entries, e)
	}
	v.Discount = shop.Discount{Coupon: v.coupon, Amount: usd(t, "123456.78")}
	v.Total, v.Mark = usd(t, "123456789.12"), strings.Repeat("m", 8)
	return v
}

func TestScreensOfTheCart(t *testing.T) {
	entry := func(title string, n, now int, less shop.CartLess, price, unit string) shop.CartEntry {
		e := shop.CartEntry{Now: now, Most: now, Less: less, Unit: usd(t, unit)}
		e.SKU, e.Title, e.Quantity, e.Price = strings.ToLower(title[:3]), catalog.Plain(title), n, usd(t, price)
		return e
	}
	plain := cartView{nonce: "nonce", coupons: true}
	plain.Entries = []shop.CartEntry{entry("VPN <30> days", 2, 2, "", "5", "5"), entry("Guide & more", 1, 1, "", "2", "2")}
	plain.Total, plain.Mark = usd(t, "12"), "markmark"
	coupon := plain
	coupon.coupon, coupon.Discount, coupon.Total = "SPRING", shop.Discount{Coupon: "SPRING", Amount: usd(t, "1.20")}, usd(t, "10.80")
	changed := plain
	changed.Entries = []shop.CartEntry{
		entry("VPN", 3, 2, shop.CartLeft, "4.50", "5"), entry("Steam card", 5, 1, shop.CartLimit, "2", "2"),
		entry("Game", 1, 0, shop.CartSoldOut, "2", "0"), entry("Album", 1, 0, shop.CartGone, "2", "0"),
	}
	gone := changed
	gone.Entries, gone.Mark = changed.Entries[2:], ""
	inEachLanguage(t, "cart", func(t *testing.T, l localizer, g *golden) {
		g.add("empty", cartScreen(l, cartView{}))
		g.add("two products", cartScreen(l, plain))
		g.add("with a coupon", cartScreen(l, coupon))
		g.add("changed", cartScreen(l, changed))
		g.add("nothing left", cartScreen(l, gone))
		g.add("the longest", cartScreen(l, longCart(t, 5)))
		g.add("asked for a number", screen{Text: l.Say("quantity_ask", "Title", "VPN")}, screen{Text: l.Say("quantity_bad")})
		for _, n := range []int{1, 2, 5} {
			g.add("refusals", screen{Text: lines(l.Say("cart_full", "Count", n), l.Say("cart_left", "Title", "VPN", "Count", n, "Quantity", 9))})
		}
		g.add("moved", screen{Text: l.Say("cart_moved")})
		for page := range 3 {
			v := longCart(t, shop.MaxCartLines)
			v.page, v.note = page, couponRefusal(l, &catalog.Catalog{}, &shop.CouponError{Reason: shop.CouponElsewhere, Coupon: shop.Coupon{Code: v.coupon}})
			s := cartScreen(l, v)
			require.LessOrEqual(t, visible(s.Text), maxText)
			raw, err := json.Marshal(s.keyboard())
			require.NoError(t, err)
			require.LessOrEqual(t, len(raw), maxKeyboard)
			for _, b := range flat(s) {
				require.LessOrEqual(t, len(b.Data), maxData, b.Data)
			}
			require.Contains(t, labels(s), fmt.Sprintf("✖️ %d\n", min(page, 1)*listPage+1), "the page of its number")
		}
	})
}
