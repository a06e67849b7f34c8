package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// cancel sends /cancel, written now.
func (w *world) cancel(from int64) []call {
	w.Helper()
	return w.send(models.Message{From: user(from), Text: "/cancel", ID: 1, Date: int(time.Now().Unix())})
}

// firstSent is the id of the first message that the bot sends in a world.
const firstSent = 1001

// pressAs presses a button of the bot's first message, with a press of that id.
func (w *world) pressAs(id, data string) []call {
	w.Helper()
	calls, err := w.handle(&models.Update{CallbackQuery: &models.CallbackQuery{
		ID: id, From: *user(alice), Data: data,
		Message: models.MaybeInaccessibleMessage{Message: &models.Message{
			ID: firstSent, Chat: models.Chat{ID: alice, Type: models.ChatTypePrivate},
		}},
	}})
	require.NoError(w, err)
	return calls
}

func TestCancelGivesUpNoOrderMadeAfterItWasWritten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		time.Sleep(time.Second)
		written := int(time.Now().Unix())
		w.say(alice, "/buy vpn")
		again := w.send(models.Message{From: user(alice), Text: "/cancel", ID: 1, Date: written})
		require.True(t, func() bool { o := w.theOrder(); return o.Open() }(), "the command was written in the same second, before")
		require.Contains(t, said(again), "Your unpaid order:")
		w.press(alice, 50, findButton(t, again, actCancelOf+":"))
		require.Equal(t, shop.StateCancelled, w.theOrder().State)
	})
}

func TestCancelAsksWhichOfSeveralOrders(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A", "B", "C"}
		w.say(alice, "/buy vpn 2")
		w.send(models.Message{From: user(alice), Text: "/buy guide", ID: 2})
		time.Sleep(time.Second)
		asked := w.cancel(alice)
		require.Contains(t, said(asked), "You have 2 unpaid orders. Which one do you want to cancel?")
		require.Contains(t, said(asked), "VPN × 2</b> · 10.00 USD")
		require.Contains(t, asked[0].params["reply_markup"], "https://t.me/pay", "one can pay as well")
		left := w.press(alice, 50, findButton(t, asked, actCancelOf+":"))
		require.Contains(t, said(left), "Cancelled: ")
		require.Contains(t, said(left), "Your unpaid order:")
		none := w.press(alice, 50, findButton(t, left, actCancelOf+":"))
		require.Contains(t, said(none), "Cancelled: ")
		require.NotContains(t, said(none), "unpaid order")
	})
}

func TestEachQuickPressCounts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = strings.Split("ABCDEFGH", "")
		card := w.say(alice, "/start p_vpn")
		more := findButton(t, card, actStep+":vpn:1:+")
		require.NotEmpty(t, more)
		var last []call
		for i := range 5 { // all on the same drawing
			last = w.pressAs(fmt.Sprint(i), more)
		}
		require.NotEmpty(t, findButton(t, last, actBuy+":vpn:6:"))
		last = w.pressAs("4", more) // handled again after a failure
		require.NotEmpty(t, findButton(t, last, actBuy+":vpn:6:"))
		for i := range 9 {
			last = w.pressAs(fmt.Sprint("more", i), more)
		}
		require.NotEmpty(t, findButton(t, last, actBuy+":vpn:8:"), "never more than there is")

		w.press(alice, firstSent, actCategory+":games")
		w.press(alice, firstSent, actProduct+":vpn:1")
		last = w.pressAs("new", more)
		require.NotEmpty(t, findButton(t, last, actBuy+":vpn:2:"), "a card that is opened anew begins with one")
	})
}

func TestAPressThatCannotBeCountedSaysWhy(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		toast := func(data string) string {
			for _, c := range w.press(alice, 50, data) {
				if c.method == "answerCallbackQuery" {
					return c.params["text"]
				}
			}
			return ""
		}
		w.store.units["vpn"] = strings.Split("AB", "")
		require.Equal(t, "One is the least that can be ordered.", toast(actStep+":vpn:1:-"))
		require.Equal(t, "Only 2 are left.", toast(actStep+":vpn:2:+"))
		w.store.units["vpn"] = strings.Split("ABCDEFGHIJKLM", "")
		require.Equal(t, "One order takes no more than 10 of these.", toast(actStep+":vpn:10:+"))
		require.Empty(t, toast(actStep+":vpn:9:-"))
	})
}

func TestAskingForMoreThanThereIsOffersWhatThereIs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A", "B"}
		for _, n := range []string{"5", "10", "11", "99"} {
			said := w.say(alice, "/buy vpn "+n)
			require.Len(t, said, 1)
			require.Contains(t, said[0].params["text"], "Only 2 are left", n)
			require.NotEmpty(t, findButton(t, said, actBuy+":vpn:2:"), n)
		}
		w.store.units["vpn"] = strings.Split("ABCDEFGHIJKLM", "")
		many := w.say(alice, "/buy vpn 11")
		require.Contains(t, said(many), "whole number from 1 to 10")
		require.NotEmpty(t, findButton(t, many, actBuy+":vpn:10:"))
		require.Contains(t, said(w.say(alice, "/buy vpn 0")), "whole number from 1 to 10")
	})
}

func TestOnlyShowingReplacesShowing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		press := func(message int, data string) *models.Update {
			return &models.Update{CallbackQuery: &models.CallbackQuery{Data: data, Message: models.MaybeInaccessibleMessage{
				Message: &models.Message{ID: message, Chat: models.Chat{ID: alice}},
			}}}
		}
		require.True(t, w.bot.Replaces(press(5, "s:vpn:1:+"), press(5, "s:vpn:1:+")))
		require.True(t, w.bot.Replaces(press(5, "c:games"), press(5, "s:vpn:1:+")))
		require.False(t, w.bot.Replaces(press(6, "c:games"), press(5, "c:games")), "another message")
		require.False(t, w.bot.Replaces(press(5, "b:vpn:1:x"), press(5, "c:games")), "it may show nothing")
		require.False(t, w.bot.Replaces(press(5, "c:games"), press(5, "b:vpn:1:x")), "an order is more than a screen")
		require.False(t, w.bot.Replaces(press(5, "n:cat"), press(5, "c:games")), "it shows a message of its own")
		require.False(t, w.bot.Replaces(&models.Update{Message: &models.Message{}}, press(5, "c:games")))
	})
}

// bigCatalog has 100 categories of 100 products with titles as long as they can be.
func bigCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	c := &catalog.Catalog{Shop: catalog.Shop{Name: catalog.Plain("Shop"), Languages: []string{"en"}}}
	p := longest(t)
	for i := range 100 {
		category := fmt.Sprintf("%s%02d", strings.Repeat("c", 30), i)
		c.Categories = append(c.Categories, catalog.Category{ID: category, Title: catalog.Plain(strings.Repeat("🧿", 64))})
		for j := range 100 {
			p.Category, p.SKU = category, fmt.Sprintf("%s%02d%02d", strings.Repeat("s", 28), i, j)
			p.Title = catalog.Plain(strings.Repeat("<", 64))
			c.Products = append(c.Products, p)
		}
	}
	return c
}

func TestEveryCategoryAndProductCanBeReachedAndBackLeadsToItsPage(t *testing.T) {
	l, c := testLocalizer(t, "en"), bigCatalog(t)
	reached := map[string]bool{}
	free := func(catalog.Product) (int, bool) { return 1, true }
	for page := range 13 {
		s := categoriesScreen(l, c, page)
		require.Contains(t, labels(s), fmt.Sprintf("%d/13", page+1))
		for _, b := range flat(s) {
			if id, found := strings.CutPrefix(b.Data, actCategory+":"); found {
				reached[id] = true
			}
		}
	}
	require.Len(t, reached, 100)

	category := c.Categories[83]
	clear(reached)
	for page := range 13 {
		s := categoryScreen(l, c, category, page, free, "")
		require.Contains(t, dataOf(s), "cat:10", "back to the page of the categories")
		for _, b := range flat(s) {
			if rest, found := strings.CutPrefix(b.Data, actProduct+":"); found {
				sku, _, _ := strings.Cut(rest, ":")
				reached[sku] = true
				p, _ := c.Product(sku)
				card := productScreen(l, c, offer{Product: p, Quantity: 1})
				require.Contains(t, dataOf(card), pageData(page, actCategory, category.ID), "back to the page of the product")
			}
		}
	}
	require.Len(t, reached, 100)
	for _, wrong := range []int{-1, 99, 1 << 30} {
		require.NotEmpty(t, flat(categoriesScreen(l, c, wrong)))
		require.NotEmpty(t, flat(categoryScreen(l, c, category, wrong, free, "")))
	}
}

// Telegram refuses a keyboard of about 10 kB, whatever the number of its buttons.
func TestNoKeyboardIsBiggerThanTelegramTakes(t *testing.T) {
	l, c := testLocalizer(t, "en"), bigCatalog(t)
	for i := range 300 {
		c.Shop.Languages = append(c.Shop.Languages, fmt.Sprintf("x%02d-abcdefgh", i))
	}
	o := orderOf(t, vpn(1))
	o.Lines[0].Title, o.Message.Page = catalog.Plain(strings.Repeat("<", 64)), o.ID
	var many []shop.Order
	for range ordersPage + 1 {
		many = append(many, o)
	}
	long := screen{Text: "x"}
	for range 100 {
		long.Rows = append(long.Rows, row(button{Text: strings.Repeat("<", 200), Data: strings.Repeat("d", 20)}))
	}
	paged := categoryScreen(l, c, c.Categories[99], 5, func(catalog.Product) (int, bool) { return 1, true }, "")
	for name, s := range map[string]screen{
		"categories": categoriesScreen(l, c, 5), "products": paged, "languages": languageScreen(l, testTexts(t), c, 30),
		"orders": ordersScreen(l, many, o.ID, goldenDay), "open": openScreen(l, many, goldenDay, l.Say("cancel_which", "Count", 9)), "anything": long,
	} {
		raw, err := json.Marshal(s.keyboard())
		require.NoError(t, err)
		require.LessOrEqual(t, len(raw), 10_000, name)
		for _, b := range flat(s) {
			require.LessOrEqual(t, len(b.Data), maxData, name)
		}
	}
	require.Contains(t, labels(paged), strings.Repeat("<", 18)+"… · 123,456,789.12 USD", "the price can be seen")
}

// What a buyer reads on the way to an order.
func TestScreensOfBuying(t *testing.T) {
	c := &catalog.Catalog{Shop: catalog.Shop{Name: catalog.Plain("Pixel & Co"), Languages: []string{"en", "ru"}}}
	for i := range 20 {
		id := fmt.Sprintf("c%02d", i)
		c.Categories = append(c.Categories, catalog.Category{ID: id, Title: catalog.Plain("Category <" + id + ">")})
		c.Products = append(c.Products, catalog.Product{
			SKU: "vpn-" + id, Category: id, Title: catalog.Plain("VPN"), Price: usd(t, "2.50"), Limit: 10, Deliver: catalog.Keys,
		})
	}
	open := orderOf(t, vpn(2))
	preparing := orderOf(t, guide())
	preparing.State = shop.StateNew
	shortened := open
	shortened.Lapses = 2
	inEachLanguage(t, "buying", func(t *testing.T, l localizer, g *golden) {
		g.add("categories", categoriesScreen(l, c, 1))
		g.add("category", categoryScreen(l, c, c.Categories[12], 0, func(catalog.Product) (int, bool) { return 0, true }, ""))
		g.add("card", productScreen(l, c, offer{Product: c.Products[12], Quantity: 2, Free: 3, Limited: true, Nonce: "n"}))
		g.add("card with a note", productScreen(l, c, offer{
			Product: c.Products[0], Quantity: 2, Free: 2, Limited: true, Nonce: "n", Note: l.Say("sold_out_left", "Count", 2),
		}))
		for _, n := range []int{1, 2, 5} {
			g.add("toasts", screen{Text: l.Say("quantity_left", "Count", n) + "\n" + l.Say("quantity_most", "Count", n)})
		}
		g.add("too many open", openScreen(l, []shop.Order{open, preparing}, goldenDay, l.Say("too_many_open")))
		g.add("cancel one", openScreen(l, []shop.Order{open}, goldenDay, l.Say("cancel_which", "Count", 1)))
		g.add("cancel which", openScreen(l, []shop.Order{open, preparing}, goldenDay, l.Say("cancel_which", "Count", 2)))
		g.add("cancelled", screen{Text: cancelledText(l, open)})
		g.add("shortened", orderScreen(l, shortened, goldenDay, maxText))
		for _, n := range []int{1, 2, 10} {
			g.add("lapsed", screen{Text: l.Say("too_many_lapsed", "Count", n, "Until", l.Moment(goldenDay))})
		}
		g.add("orders", ordersScreen(l, []shop.Order{open, preparing}, "1P8M2QX7KD93HWA", goldenDay))
		coins := []money.Currency{"USDT", "TON", "BTC"}
		choice := one("vpn", 2, shop.Origin{})
		choice.button = data(actBuy, "vpn", "2", "nonce")
		g.add("choice of coin", coinScreen(l, open, coins, fixedRates{"USDT": "1", "BTC": "0.0000125"}, choice))
		g.add("choice of coin, no rates", coinScreen(l, open, coins, noRates{}, choice))
		chosen := open
		chosen.Assets = coins[1:2]
		g.add("chosen", orderScreen(l, chosen, goldenDay, maxText))
		for _, why := range []*shop.SoldOutError{{SKU: "vpn-c00", Left: 1}, {SKU: "vpn-c00"}} {
			_, change := fewer(l, c, []shop.Item{{SKU: "vpn-c00", Quantity: 3}}, why)
			g.add("renewed", screen{Text: localize.Escape(change)})
		}
		g.add("renewed", screen{Text: l.Say("renewed_price", "Total", usd(t, "12"), "Old", usd(t, "10"))})
		g.add("unblocked", screen{Text: l.Say("unblocked", "BuyerID", "7")})
	})
}

func flat(s screen) (all []button) {
	for _, r := range s.Rows {
		all = append(all, r...)
	}
	return all
}

func labels(s screen) string {
	var all []string
	for _, b := range flat(s) {
		all = append(all, b.Text)
	}
	return strings.Join(all, "\n")
}

func dataOf(s screen) (all []string) {
	for _, b := range flat(s) {
		all = append(all, b.Data)
	}
	return all
}

func TestAnOrderLeadsBackToThePageItWasOpenedFrom(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		w.say(alice, "/buy vpn")
		o := w.theOrder()
		list := ordersScreen(testLocalizer(t, "en"), []shop.Order{o}, "1P8M2QX7KD93HWA", goldenDay)
		opened := w.press(alice, 50, list.Rows[0][0].Data)
		require.NotEmpty(t, findButton(t, opened, "n:os:1P8M2QX7KD93HWA"))
		require.NotEmpty(t, findButton(t, w.press(alice, 50, actCancel+":"+string(o.ID)), "n:os:1P8M2QX7KD93HWA"), "and so do its later screens")
	})
}

func TestAnOrderThatCouldNotBeRedrawnIsRedrawnAtTheNextContact(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		w.say(alice, "/buy vpn")
		o := w.theOrder()
		_, err := w.bot.shop.SetMessage(t.Context(), o.ID, shop.MessageRef{Chat: alice, Message: 50})
		require.NoError(t, err)
		_, err = w.store.Change(t.Context(), o.ID, func(o *shop.Order, _ shop.Free) error {
			o.State, o.Cancelled, o.Outdated = shop.StateCancelled, shop.CancelExpired, true
			return nil
		})
		require.NoError(t, err)
		require.Contains(t, said(w.say(alice, "/help")), "The time to pay is over")
		require.False(t, w.theOrder().Outdated)
		require.NotContains(t, said(w.say(alice, "/help")), "The time to pay is over", "once is enough")
	})
}

func TestAServerThatKnowsNoTimesIsSentPlainOnes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		w.refuseTimes = true
		sent := w.say(alice, "/buy vpn")
		require.Contains(t, sent[0].params["text"], "<tg-time")
		require.NotContains(t, sent[1].params["text"], "<tg-time")
		require.Contains(t, sent[1].params["text"], "until 01:00 UTC.")
		require.Len(t, w.say(alice, "/start o_"+string(w.theOrder().ID)), 2, "it is not tried again; the second takes the old buttons away")
	})
}

func TestTimesAreInTheShopsZoneWhereTelegramShowsNoOther(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	l := localizerOf(testTexts(t), "en", catalog.Shop{Timezone: zone})
	at := time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)
	require.Equal(t, `<tg-time unix="1782945000" format="dt">2 Jul 2026, 00:30 CEST</tg-time>`, string(l.Moment(at)))
	require.Equal(t, `<tg-time unix="1782945000" format="t">00:30 CEST</tg-time>`, string(l.Clock(at)))
	o := orderOf(t, vpn(1))
	o.Created = at
	require.Contains(t, labels(ordersScreen(l, []shop.Order{o}, "", goldenDay)), "2.50 USD · 2 Jul\n")
}

func TestAnOwnerForgivesABuyer(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.Contains(t, said(w.say(alice, "/unblock 7")), "do not know this command")
		require.Contains(t, said(w.say(olga, "/unblock")), "/unblock BUYER")
		require.Contains(t, said(w.say(olga, "/unblock -7")), "/unblock BUYER")
		require.Contains(t, said(w.say(olga, "/unblock nobody")), "no order")
		require.Contains(t, said(w.say(olga, "/unblock 77")), "does not know buyer <code>77</code>")
		require.NotContains(t, w.store.notes, "pardoned 77")
		w.store.units["vpn"] = []string{"A"}
		w.say(alice, "/buy vpn")
		require.Contains(t, said(w.say(olga, "/unblock 7")), "Buyer <code>7</code> can order. Goods are held")
		require.Contains(t, said(w.say(olga, "/unblock "+string(w.theOrder().ID))), "Buyer <code>7</code>")
		require.Contains(t, w.store.notes, "pardoned 7")
	})
}
