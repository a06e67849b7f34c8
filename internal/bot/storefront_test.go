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
	"shopbot/internal/deeplink"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/search"
	"shopbot/internal/shop"
)

// storefront is a catalog with the longest titles, in letters that are wide and that go from right
// to left.
func storefront(t *testing.T) *catalog.Catalog {
	t.Helper()
	c := &catalog.Catalog{Shop: catalog.Shop{Name: catalog.Plain("Pixel & Co"), Currency: "USD", Languages: []string{"en", "ru"}}}
	for i := range 20 {
		c.Categories = append(c.Categories, catalog.Category{ID: fmt.Sprintf("c%02d", i), Title: catalog.Plain(fmt.Sprintf("Kind %d", i))})
	}
	c.Categories[1].Title = catalog.Plain(strings.Repeat("Щ", catalog.MaxTitle))
	add := func(sku, title, price string) {
		c.Products = append(c.Products, catalog.Product{
			SKU: sku, Category: fmt.Sprintf("c%02d", len(c.Products)%20), Title: catalog.Text{"en": title, "ru": "Карта " + title},
			Description: catalog.Plain("All & more"), Price: usd(t, price), Limit: 10, Deliver: catalog.Keys,
		})
	}
	add("steam-10", "Steam 10", "10.50")
	add(strings.Repeat("s", 32), strings.Repeat("W", catalog.MaxTitle-6), "123456789.12")
	add("rtl", "\u202eבטיחות\u200f כרטיס", "1")
	add("smile", strings.Repeat("🙂", 30), "2")
	for i := range 20 {
		add(fmt.Sprintf("steam-%d", i+11), fmt.Sprintf("Steam %d", i+11), "3")
	}
	return c
}

func TestScreensOfTheStorefront(t *testing.T) {
	c := storefront(t)
	index := search.NewIndex(c)
	soldOut := func(p *catalog.Product) bool { return p.SKU == "steam-11" }
	inEachLanguage(t, "storefront", func(t *testing.T, l localizer, g *golden) {
		g.add("home", homeScreen(l, c, shop.RoleBuyer, homeOffer{products: c.Products[:4], sold: 2}))
		g.add("home of a shop that has nothing", homeScreen(l, &catalog.Catalog{Shop: c.Shop}, shop.RoleOwner, homeOffer{}))
		f := index.Find("steem")
		require.Greater(t, len(f.Products), listPage)
		g.add("found", searchScreen(l, f, "steem", 0, &c.Shop, "", soldOut))
		g.add("found, the last page", searchScreen(l, f, "steem", 9, &c.Shop, "", soldOut))
		g.add("not found", notFoundScreen(l, c, nil, ""))
		g.add("not found, but close", notFoundScreen(l, c, index.Find("steamcard").Products, ""))
		o := offer{Product: c.Products[1], Quantity: 1, Free: 12, Limited: true, Nonce: "n", Approx: usdt(t, "10.49")}
		g.add("card", productScreen(l, c, o))
		o.Product.Deliver, o.Product.File, o.Limited = catalog.File, "goods/album.zip", false
		g.add("card of a file", productScreen(l, c, o))
	})
}

func TestALongTitleLeavesRoomForThePrice(t *testing.T) {
	l, c := testLocalizer(t, "en"), storefront(t)
	for i := range c.Products {
		for _, soldOut := range []bool{true, false} {
			b := productButton(l, &c.Shop, &c.Products[i], "", soldOut)
			require.LessOrEqual(t, len([]rune(b.Text)), seenLabel)
			require.NotEqual(t, soldOut, strings.HasSuffix(b.Text, " USD"), b.Text)
		}
	}
}

func TestTheHomeShowsWhatSellsBestAndCanBeBought(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		home := w.say(alice, "/start")
		require.Empty(t, findButton(t, home, actProduct+":vpn"), "nothing is in stock")
		require.NotEmpty(t, findButton(t, home, actProduct+":guide"))
		require.NotEmpty(t, findButton(t, home, actCategory+":games"))
		w.store.units["vpn"] = []string{"A"}
		require.NotEmpty(t, findButton(t, w.say(alice, "/start"), actProduct+":vpn"))
	})
}

func TestPagesOfASearchAreOfOneSearch(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		c := w.bot.shop.Catalog()
		for i := range 30 {
			c.Products = append(c.Products, catalog.Product{
				SKU: fmt.Sprintf("g%d", i), Category: "games", Title: catalog.Plain("Очень замечательная увлекательная настольная стратегическая игра"),
				Price: usd(t, "2"), Limit: 1, Deliver: catalog.Content, Text: catalog.Plain("All"),
			})
		}
		first := w.say(alice, "замечательная увлекательная настольная стратегическая игра")
		require.NotEmpty(t, findButton(t, first, actProduct+":g0:"))
		next := findButton(t, first, actSearch+":1:")
		require.NotEmpty(t, next)
		require.LessOrEqual(t, len(next), maxData)
		second := w.press(alice, 50, next)
		require.NotEmpty(t, findButton(t, second, actProduct+":g8:"))
		require.NotEmpty(t, findButton(t, second, actSearch+":0:"))
		require.Equal(t, said(first), strings.TrimSpace(said(second)))
		for _, wrong := range []string{"sr", "sr:", "sr:9999999999:x", "sr::", "sr:1:\xff"} {
			w.press(alice, 50, wrong)
		}
	})
}

// inlineResults asks an inline query, and returns the results and where the next ones begin.
func (w *world) inlineResults(query, offset string) (results []models.InlineQueryResultArticle, next string) {
	w.Helper()
	calls, err := w.handle(&models.Update{InlineQuery: &models.InlineQuery{ID: "1", From: user(alice), Query: query, Offset: offset}})
	require.NoError(w, err)
	require.Len(w, calls, 1)
	require.Equal(w, "answerInlineQuery", calls[0].method)
	var raw []struct {
		ID, Title, Description string
		Thumbnail              string `json:"thumbnail_url"`
	}
	require.NoError(w, json.Unmarshal([]byte(calls[0].params["results"]), &raw), calls[0].params["results"])
	for _, r := range raw {
		results = append(results, models.InlineQueryResultArticle{ID: r.ID, Title: r.Title, Description: r.Description, ThumbnailURL: r.Thumbnail})
	}
	return results, calls[0].params["next_offset"]
}

func TestInlineQueriesAreAnsweredInPages(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		c := w.bot.shop.Catalog()
		for i := range 60 {
			c.Products = append(c.Products, catalog.Product{
				SKU: fmt.Sprintf("g%d", i), Category: "games", Title: catalog.Plain("Novel"), Price: usd(t, "2"), Limit: 1, Deliver: catalog.Content,
			})
		}
		c.Products[2].Photo, c.Products[2].Description = "a.png", catalog.Plain(strings.Repeat("<long> ", 100))
		w.bot.pictureURL = func(sku string) string { return "https://shop.example/" + sku }
		results, next := w.inlineResults("novell", "")
		require.Len(t, results, inlinePage)
		require.Equal(t, "50", next)
		require.Equal(t, "https://shop.example/g0", results[0].ThumbnailURL)
		require.Empty(t, results[1].ThumbnailURL, "it has no picture")
		require.Contains(t, results[0].Description, "2.00 USD\n<long>")
		results, next = w.inlineResults("novell", next)
		require.Len(t, results, 10)
		require.Empty(t, next)
		for _, offset := range []string{"-1", "9999", "x", "99999999999999999999"} {
			w.inlineResults("novell", offset)
		}

		results, _ = w.inlineResults("", "")
		require.Len(t, results, inlinePage, "without words, what can be bought")
		require.NotEqual(t, "vpn", results[0].ID)
		results, _ = w.inlineResults(strings.Repeat("🙂", 256), "")
		require.Equal(t, "shop", results[0].ID, "and the shop itself if nothing is found")
		results, _ = w.inlineResults("vpn", "")
		require.Contains(t, results[0].Description, "sold out")
	})
}

// A result is as big as it can be within Telegram's limits.
func TestAnInlineResultKeepsToTelegramsLimits(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		c := storefront(t)
		p := c.Products[1]
		p.Description = catalog.Plain(strings.Repeat("&", catalog.MaxDescription))
		o := offer{Product: p, Approx: usdt(t, "10.49")}
		a, ok := w.bot.inlineResult(testLocalizer(t, "en"), c, o, true).(*models.InlineQueryResultArticle)
		require.True(t, ok)
		require.LessOrEqual(t, len(a.ID), 64)
		content, ok := a.InputMessageContent.(*models.InputTextMessageContent)
		require.True(t, ok)
		require.LessOrEqual(t, length(localize.PlainText(markup(content.MessageText))), maxText)
		keyboard, ok := a.ReplyMarkup.(*models.InlineKeyboardMarkup)
		require.True(t, ok)
		require.Equal(t, link(deeplink.Product, p.SKU), keyboard.InlineKeyboard[0][0].URL)
		w.bot.link = func(deeplink.Kind, string) string { return "" }
		a, _ = w.bot.inlineResult(testLocalizer(t, "en"), c, o, true).(*models.InlineQueryResultArticle)
		require.Nil(t, a.ReplyMarkup, "nobody knows the bot's name yet")
	})
}

func TestBestSellersAreReadOnceInTenMinutes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.sold = map[string]shop.Counters{"guide": {Paid: 1}, "gone": {Paid: 7}, "vpn": {Paid: 3, Revenue: shop.Sums{money.Zero("USD")}}}
		w.store.units["vpn"] = []string{"A"}
		best, sold := w.bot.bestSellers(t.Context(), w.bot.shop.Catalog(), homeProducts)
		require.Equal(t, []string{"vpn", "guide"}, []string{best[0].SKU, best[1].SKU})
		require.Equal(t, 2, sold)
		w.store.sold["guide"] = shop.Counters{Paid: 9}
		best, _ = w.bot.bestSellers(t.Context(), w.bot.shop.Catalog(), homeProducts)
		require.Equal(t, "vpn", best[0].SKU, "as it was")
		time.Sleep(10 * time.Minute)
		best, _ = w.bot.bestSellers(t.Context(), w.bot.shop.Catalog(), homeProducts)
		require.Equal(t, "guide", best[0].SKU)
		w.store.units["vpn"] = nil
		best, _ = w.bot.bestSellers(t.Context(), w.bot.shop.Catalog(), homeProducts)
		require.Len(t, best, 1, "what is sold out is not offered")
	})
}

func TestAProductLeadsBackToTheListItWasOpenedFrom(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A", "B", "C"}
		back := func(calls []call, want string) {
			t.Helper()
			drawn := calls[len(calls)-1].keyboard(t)
			require.Contains(t, drawn, want)
		}
		c := w.bot.shop.Catalog()
		c.Products = append(c.Products, catalog.Product{SKU: "vpn2", Category: "games", Title: catalog.Plain("VPN"), Price: usd(t, "5"), Limit: 1, Deliver: catalog.Keys})
		w.press(alice, 50, actHome)
		back(w.press(alice, 50, "p:vpn:1"), actHome)
		w.press(alice, 50, "sr:0:vpn")
		back(w.press(alice, 50, "p:vpn:1"), "sr:0:vpn")
		back(w.press(alice, 50, "s:vpn:1:+"), "sr:0:vpn")
		back(w.press(alice, 51, "p:vpn:1"), "c:games")
		w.press(alice, 50, actHome)
		w.press(alice, 50, "c:games")
		back(w.press(alice, 50, "p:vpn:1"), "c:games")
		back(w.say(alice, "/start p_vpn"), "c:games")
	})
}
