package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestScreensOfSettings(t *testing.T) {
	texts := testTexts(t)
	c := &catalog.Catalog{Shop: catalog.Shop{Name: catalog.Plain("Pixel <Goods>"), Languages: spokenLanguages}}
	needed := func(states ...shop.State) (orders []shop.Order) {
		for _, state := range states {
			o := orderOf(t, vpn(2))
			o.State = state
			o.Invoice.ID = "7" // not closed
			orders = append(orders, o)
		}
		return orders
	}
	states := []shop.State{shop.StateAwaiting, shop.StatePaid, shop.StateHeld, shop.StateRefunding, shop.StateCancelled}
	lapsed := needed(shop.StateCancelled)
	lapsed[0].InvoiceClosed, lapsed[0].Cancelled = true, shop.CancelExpired
	inEachLanguage(t, "settings", func(t *testing.T, l localizer, g *golden) {
		g.add("settings", settingsScreen(l, texts, shop.Person{ID: 7}))
		g.add("settings without offers", settingsScreen(l, texts, shop.Person{ID: 7, NoBroadcasts: true}))
		g.add("languages", languageScreen(l, texts, c, 0))
		g.add("delete?", forgetScreen(l, c, "nonce"))
		g.add("not yet", forgetRefusedScreen(l, needed(states...)))
		g.add("lapsed", forgetRefusedScreen(l, lapsed))

		long := vpn(100)
		long.Title = catalog.Plain(strings.Repeat("Ж", 64))
		o := orderOf(t, slices.Repeat([]shop.Line{long}, 40)...)
		o.State = shop.StateRefunding
		requireFit(t, forgetRefusedScreen(l, slices.Repeat([]shop.Order{o}, forgetShown)))
		c := &catalog.Catalog{Shop: catalog.Shop{Name: catalog.Plain(strings.Repeat("😀", 64))}}
		requireFit(t, forgetScreen(l, c, strings.Repeat("n", 16)))
	})
}

func TestSettingsOfABuyer(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.say(alice, "/start")
		require.Contains(t, said(w.say(alice, "/settings")), "you get the offers of this shop")
		require.Contains(t, said(w.press(alice, 50, "set:offers:no")), "you get no offers")
		require.True(t, w.store.people[alice].NoBroadcasts)
		require.Contains(t, said(w.press(alice, 50, "set:offers:yes")), "you get the offers of this shop")
		require.Contains(t, said(w.press(alice, 50, "set:privacy")), "keeps about you")
		require.Contains(t, said(w.press(olga, 60, "set:forget")), "take you off the staff first")
		w.press(alice, 50, "set:forget:AAAAAAAAAAAAAAAA")
		require.Contains(t, w.store.people, alice, "a made-up yes deletes nothing")
		w.press(alice, 50, "set:nonsense")
	})
}

func TestNothingIsKeptOfTheUpdateThatDeletesTheData(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.say(alice, "/start")
		require.Contains(t, said(w.press(alice, 50, "set:forget")), "Delete your data?")
		nonce, err := w.bot.nonces.draw(alice, time.Now())
		require.NoError(t, err)
		for range 2 { // two quick presses
			require.Contains(t, said(w.press(alice, 50, "set:forget:"+nonce)), "Your data is deleted")
			require.NotContains(t, w.store.people, alice)
		}
		w.say(alice, "/start")
		require.Contains(t, w.store.people, alice, "who writes again begins anew")
	})
}
