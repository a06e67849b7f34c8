package web

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

const sample = `
shop: {name: "Pixel & Goods", currency: USD, assets: [USDT, TON], languages: [en, ru, pt-br], support: "@pixel_help", photo: shop.png, timezone: Asia/Tokyo}
categories:
  - {id: games, title: {en: Games, ru: Игры}}
  - {id: secret, title: Secret, hidden: true}
  - {id: empty, title: Empty}
products:
  - {sku: steam-10, category: games, title: {en: Steam card, ru: Карта Steam}, description: "Tops up <b>a</b> wallet\n\"now\"", photo: steam.png, price: "10.50", limit: 5, deliver: keys, sale: {price: "8", from: 2000-01-10, until: 2000-01-11}, quantity_prices: [{from: 3, price: "7"}]}
  - {sku: guide, category: games, title: "<script>alert(1)</script>", price: "2.50", deliver: text, text: All}
  - {sku: draft, category: games, title: Draft, photo: steam.png, price: "1", deliver: text, text: All, hidden: true}
  - {sku: within, category: secret, title: Within, photo: steam.png, price: "1", deliver: text, text: All}
`

// window is a Site whose parts a test changes.
type window struct {
	t       testing.TB
	site    *Site
	catalog atomic.Pointer[catalog.Catalog]
	stock   map[string]shop.Stock
	trouble error
	bot     atomic.Pointer[string]
	reads   int // of the stock
}

func newWindow(tb testing.TB, address string) *window {
	tb.Helper()
	texts, err := localize.Load()
	require.NoError(tb, err)
	w := &window{t: tb, stock: map[string]shop.Stock{"steam-10": {Free: 1}}}
	w.change(sample)
	w.called("pixel_bot")
	w.site, err = New(Config{
		Address: address, Texts: texts, Catalog: w.catalog.Load, Log: slog.New(slog.DiscardHandler),
		Bot: func() string { return *w.bot.Load() },
		Stock: func(context.Context) (map[string]shop.Stock, error) {
			w.reads++
			return maps.Clone(w.stock), w.trouble
		},
	})
	require.NoError(tb, err)
	return w
}

func (w *window) called(bot string) { w.bot.Store(&bot) }

// pictures are the catalog's: one larger than pages show, with colours that show where up is.
var pictures = fstest.MapFS{
	"shop.png":  {Data: drawn(1200, 600)},
	"steam.png": {Data: drawn(1000, 500)},
	"other.png": {Data: drawn(300, 200)},
}

func drawn(width, height int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.RGBA{uint8(255 * x / width), uint8(255 * y / height), 80, 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, m); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func (w *window) change(yaml string) {
	w.t.Helper()
	c, err := catalog.Parse("catalog.yaml", []byte(yaml), pictures)
	require.NoError(w.t, err)
	w.catalog.Store(c)
}

// ask makes a request; headers come in pairs.
func (w *window) ask(method, path string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	w.site.ServeHTTP(answer, r)
	return answer
}

func (w *window) get(path string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.ask(http.MethodGet, path, headers...)
}

// page is the text of a page that is there.
func (w *window) page(path string) string {
	w.t.Helper()
	answer := w.get(path)
	require.Equal(w.t, http.StatusOK, answer.Code, path)
	return answer.Body.String()
}

func TestAPageHasWhatSearchEnginesAndPreviewsRead(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	page := w.page("/ru/p/steam-10")
	for _, part := range []string{
		`<html lang="ru" dir="ltr">`, `<title>Карта Steam · Pixel &amp; Goods</title>`,
		`<meta name="description" content="Tops up &lt;b&gt;a&lt;/b&gt; wallet &#34;now&#34;">`,
		`<link rel="canonical" href="https://shop.example/ru/p/steam-10">`,
		`hreflang="en" href="https://shop.example/en/p/steam-10"`, `hreflang="pt-br" href="https://shop.example/pt-br/p/steam-10"`,
		`hreflang="x-default" href="https://shop.example/p/steam-10"`,
		`property="og:type" content="product"`, `property="og:title" content="Карта Steam"`, `property="og:image:width" content="960"`,
		`property="og:image:height" content="480"`, `property="product:price:amount" content="10.50"`,
		`property="product:price:currency" content="USD"`, `property="product:availability" content="instock"`,
		`href="https://t.me/pixel_bot?start=p_steam-10"`, `href="https://t.me/pixel_help"`, `href="/ru/c/games"`,
	} {
		require.Contains(t, page, part)
	}
	require.Regexp(t, `property="og:image" content="https://shop.example/i/[0-9a-f]{16}/960/p/steam-10"`, page)
	require.Contains(t, w.page("/en/c/games"), `href="https://t.me/pixel_bot?start=k_games"`)
	require.Contains(t, w.page("/en/"), `href="https://t.me/pixel_bot"`)
	require.NotContains(t, w.page("/en/"), "Empty", "nothing is in that category")
}

func TestAPageIsInTheLanguageThatItsReaderLikesBest(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	for accept, language := range map[string]string{
		"": "en", "ru": "ru", "ru-RU,ru;q=0.9,en;q=0.8": "ru", "fr,ru;q=0.5": "ru", "en-GB": "en", "pt": "pt-br", "pt-PT,en;q=0.1": "pt-br",
		"uk": "en", "xx": "en", "*": "en", ";;;": "en", strings.Repeat("en-GB-x-aaaaaaaa,", 900): "en", "ru;q=0": "en",
	} {
		answer := w.get("/p/steam-10", "Accept-Language", accept)
		require.Equal(t, language, answer.Header().Get("Content-Language"), "%.40s", accept)
		require.Contains(t, answer.Body.String(), `<html lang="`+language+`"`)
		require.Equal(t, "Accept-Language", answer.Header().Get("Vary"), "the answer is not everybody's")
	}
	answer := w.get("/en/p/steam-10", "Accept-Language", "ru")
	require.Equal(t, "en", answer.Header().Get("Content-Language"), "the address says it")
	require.Empty(t, answer.Header().Get("Vary"))

	w.change(strings.Replace(sample, "[en, ru, pt-br]", "[en, ru]", 1))
	answer = w.get("/pt-br/p/steam-10")
	require.Equal(t, http.StatusFound, answer.Code, "a language that is gone")
	require.Equal(t, "/p/steam-10", answer.Header().Get("Location"))
	require.Equal(t, http.StatusNotFound, w.get("/pt-br//evil.example").Code, "leads nowhere else")

	w.change(strings.NewReplacer("[en, ru, pt-br]", "[en]", "ru: Игры", "", "ru: Карта Steam", "").Replace(sample))
	answer = w.get("/p/steam-10", "Accept-Language", "ru")
	require.Equal(t, "en", answer.Header().Get("Content-Language"))
	require.Empty(t, answer.Header().Get("Vary"), "the same for everybody")
	require.NotContains(t, answer.Body.String(), "hreflang")
	require.Contains(t, answer.Body.String(), `<link rel="canonical" href="https://shop.example/p/steam-10">`)
	require.Contains(t, answer.Body.String(), `href="/c/games"`)
	require.Equal(t, "/p/steam-10", w.get("/en/p/steam-10").Header().Get("Location"))
}

func TestAReaderWhoHasAPageIsNotSentItAgain(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	for _, path := range []string{"/en/", "/p/steam-10", "/sitemap.xml", "/robots.txt", stylePath, iconPath} {
		first := w.get(path)
		require.Equal(t, http.StatusOK, first.Code, path)
		tag := first.Header().Get("Etag")
		require.NotEmpty(t, tag, path)
		for _, known := range []string{tag, `"other", ` + tag, "W/" + tag, "*"} {
			again := w.get(path, "If-None-Match", known)
			require.Equal(t, http.StatusNotModified, again.Code, path)
			require.Empty(t, again.Body.String())
			require.Equal(t, tag, again.Header().Get("Etag"))
			require.Equal(t, first.Header().Get("Cache-Control"), again.Header().Get("Cache-Control"))
		}
		require.Equal(t, http.StatusOK, w.get(path, "If-None-Match", `"other"`).Code)
		head := w.ask(http.MethodHead, path)
		require.Equal(t, http.StatusOK, head.Code)
		require.Empty(t, head.Body.String())
		require.Equal(t, fmt.Sprint(first.Body.Len()), head.Header().Get("Content-Length"))
	}
	require.Equal(t, "no-cache", w.get("/en/").Header().Get("Cache-Control"), "asked for each time")
}

func TestAChangeOfTheCatalogShowsAtOnce(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	other := w.get("/en/p/guide").Header().Get("Etag")
	require.Contains(t, w.page("/en/p/steam-10"), "10.50 USD")
	w.change(strings.Replace(sample, `price: "10.50"`, `price: "11.25"`, 1))
	require.Contains(t, w.page("/en/p/steam-10"), "11.25 USD")
	w.change(strings.Replace(sample, "sku: guide", "hidden: true, sku: guide", 1))
	require.Equal(t, http.StatusNotFound, w.get("/en/p/guide").Code)
	require.NotContains(t, w.page("/en/"), "/p/guide")
	w.change(sample)
	require.Equal(t, other, w.get("/en/p/guide").Header().Get("Etag"), "the same page has the same tag")
}

func TestSoldOutShowsWithinSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(t, "https://shop.example")
		for range 100 {
			require.Contains(t, w.page("/en/p/steam-10"), ">In stock<")
		}
		require.Equal(t, 1, w.reads, "the database is left alone")
		before := w.get("/en/p/steam-10").Header().Get("Etag")
		clear(w.stock)
		time.Sleep(refreshInterval)
		sold := w.page("/en/p/steam-10")
		require.Contains(t, sold, ">Sold out<")
		require.NotContains(t, sold, "Buy in Telegram")
		require.Contains(t, sold, `content="oos"`)
		require.Equal(t, http.StatusOK, w.get("/en/p/steam-10", "If-None-Match", before).Code)
		require.Contains(t, w.page("/en/c/games"), ">Sold out<")
		require.Contains(t, w.page("/en/p/guide"), ">In stock<", "it never runs out")

		w.trouble = errors.New("disk")
		w.stock["steam-10"] = shop.Stock{Free: 1}
		time.Sleep(refreshInterval)
		require.Contains(t, w.page("/en/p/steam-10"), ">Sold out<", "as it was known last")
		w.trouble = nil
		time.Sleep(refreshInterval)
		require.Contains(t, w.page("/en/p/steam-10"), ">In stock<")
	})
}

func TestPagesAreThereWhileTheStockCannotBeRead(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	w.trouble = errors.New("disk")
	require.Contains(t, w.page("/en/p/steam-10"), "Buy in Telegram", "the chat knows more")
}

// The bubble's clock begins on 1 January 2000 at midnight UTC, when it is nine in Tokyo.
func TestASaleBeginsAndEndsWithTheDayOfTheShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWindow(t, "https://shop.example")
		price := func() string {
			return strings.Join(regexp.MustCompile(`\d+\.\d\d USD`).FindAllString(w.page("/en/p/steam-10"), -1), " ")
		}
		begins := time.Date(2000, 1, 9, 15, 0, 0, 0, time.UTC) // midnight in Tokyo
		time.Sleep(time.Until(begins) - time.Second)
		require.Equal(t, "10.50 USD 7.00 USD 2.50 USD", price())
		require.NotContains(t, w.page("/en/p/steam-10"), "This price until")
		time.Sleep(time.Second + refreshInterval)
		require.Equal(t, "10.50 USD 8.00 USD 7.00 USD 2.50 USD", price())
		require.Contains(t, w.page("/en/p/steam-10"), "This price until")
		require.Contains(t, w.page("/en/p/steam-10"), `<s><span class="unseen">Usual price:</span> 10.50 USD</s>`)
		require.Contains(t, w.page("/en/p/steam-10"), `product:price:amount" content="8.00"`)
		time.Sleep(48 * time.Hour)
		require.Equal(t, "10.50 USD 7.00 USD 2.50 USD", price())
	})
}

func TestPagesAreThereBeforeTheBotsNameIsKnown(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	w.called("")
	page := w.page("/en/p/steam-10")
	require.Contains(t, page, "load this page again in a minute")
	require.NotContains(t, page, "https://t.me/?")
	require.NotContains(t, page, "<svg")
	w.page("/en/")
	w.called("pixel_bot")
	require.Contains(t, w.page("/en/p/steam-10"), "https://t.me/pixel_bot?start=p_steam-10")
}

func TestNothingOnAPageRuns(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	for _, path := range []string{"/en/", "/en/c/games", "/en/p/guide", "/en/p/steam-10", "/en/p/none", "/robots.txt", "/i/x"} {
		answer := w.get(path)
		policy := answer.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.NotContains(t, policy, "script")
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", answer.Header().Get("X-Content-Type-Options"))
		require.NotEmpty(t, answer.Header().Get("Referrer-Policy"))
		require.NotRegexp(t, `(?i)<script|<iframe|<form|\sstyle=|\son\w+=|javascript:`, answer.Body.String(), path)
	}
	require.Contains(t, w.page("/en/p/guide"), "<h1 dir=\"auto\">&lt;script&gt;alert(1)&lt;/script&gt;</h1>")
}

func TestWhatIsNotThereIsAPageThatSaysSo(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	for _, path := range []string{
		"/en/p/none", "/p/", "/en/p/steam-10/", "/en/c/none", "/en/c/secret", "/en/c/empty", "/en/c/games/1", "/en/c/games/2", "/en/c/games/02",
		"/en/c/games/x", "/en/p/draft", "/en/p/within", "/en", "/de/p/none", "/en//", "/.env", "/wp-login.php", "/404", "/en404",
		"/cryptopay/webhook", "/style.css", "/" + strings.Repeat("x", 8000), "/en/p/" + strings.Repeat("%00", 100),
	} {
		answer := w.get(path, "Accept-Language", "ru")
		require.Equal(t, http.StatusNotFound, answer.Code, "%.40s", path)
		require.Contains(t, answer.Body.String(), `<meta name="robots" content="noindex">`, "%.40s", path)
		require.NotContains(t, answer.Body.String(), "canonical", "%.40s", path)
		require.Empty(t, w.ask(http.MethodHead, path).Body.String())
	}
	require.Contains(t, w.get("/p/none", "Accept-Language", "ru").Body.String(), "Такой страницы нет")
	require.LessOrEqual(t, len(w.site.scene.Load().pages.made), 8, "what is not there takes no memory")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, "BREW"} {
		answer := w.ask(method, "/en/")
		require.Equal(t, http.StatusMethodNotAllowed, answer.Code)
		require.Equal(t, "GET, HEAD", answer.Header().Get("Allow"))
	}
}

func TestALongCategoryHasPages(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	var more strings.Builder
	for i := range 2*categoryPage - 1 { // and two that there are
		fmt.Fprintf(&more, "  - {sku: more-%d, category: games, title: More %d, price: \"1\", deliver: text, text: All}\n", i, i)
	}
	w.change(sample + more.String())
	seen := map[string]bool{}
	for path := "/en/c/games"; path != ""; {
		page := w.page(path)
		cards := regexp.MustCompile(`<a href="(/en/p/[\w-]+)">`).FindAllStringSubmatch(page, -1)
		require.LessOrEqual(t, len(cards), categoryPage)
		for _, card := range cards {
			seen[card[1]] = true
		}
		path = ""
		if next := regexp.MustCompile(`<a href="([^"]+)" rel="next">`).FindStringSubmatch(page); next != nil {
			path = next[1]
		}
	}
	require.Len(t, seen, 2*categoryPage+1)
	require.Contains(t, w.page("/en/c/games/2"), `<a href="/en/c/games" rel="prev">`)
	require.Contains(t, w.page("/en/"), "See all 49 products")
}

func TestEveryAddressOfTheSitemapIsThere(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	require.Equal(t, "User-agent: *\nAllow: /\nSitemap: https://shop.example/sitemap.xml\n", w.page("/robots.txt"))
	answer := w.get("/sitemap.xml")
	require.Equal(t, "application/xml; charset=utf-8", answer.Header().Get("Content-Type"))
	var sitemap struct {
		URL []struct {
			Loc string `xml:"loc"`
		} `xml:"url"`
	}
	require.NoError(t, xml.Unmarshal(answer.Body.Bytes(), &sitemap))
	var listed []string
	for _, u := range sitemap.URL {
		path, found := strings.CutPrefix(u.Loc, "https://shop.example")
		require.True(t, found, u.Loc)
		require.Contains(t, w.page(path), `<link rel="canonical" href="`+u.Loc+`">`)
		listed = append(listed, path)
	}
	require.Len(t, listed, 3*4, "%s", listed)
	require.Contains(t, listed, "/pt-br/c/games")
}

func TestAnEnormousCatalogHasASitemapThatMayBe(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	c := *w.catalog.Load()
	one, _ := c.Product("guide")
	c.Products = slices.Clone(c.Products)
	for i := range 20_000 {
		one.SKU = fmt.Sprintf("more-%d", i)
		c.Products = append(c.Products, one)
	}
	w.catalog.Store(&c)
	require.Equal(t, maxAddresses, strings.Count(w.page("/sitemap.xml"), "<loc>"))
	require.Less(t, len(w.page("/en/")), 100_000, "the home shows some of each category")
}

func TestTheSiteCanBeBelowAPath(t *testing.T) {
	w := newWindow(t, "https://example.com/shop")
	page := w.page("/en/p/steam-10") // a proxy takes the path away
	require.Contains(t, page, `<link rel="canonical" href="https://example.com/shop/en/p/steam-10">`)
	for _, to := range regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		path, found := strings.CutPrefix(to[1], "/shop")
		require.True(t, found, to[1])
		require.Equal(t, http.StatusOK, w.get(path).Code, to[1])
	}
	require.Regexp(t, `og:image" content="https://example.com/shop/i/`, page)
	require.Contains(t, w.page("/robots.txt"), "Sitemap: https://example.com/shop/sitemap.xml")
}

func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	w := newWindow(t, "https://shop.example")
	visited := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		if visited[path] {
			return
		}
		visited[path] = true
		for _, to := range regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(w.page(path), -1) {
			visit(to[1])
		}
	}
	visit("/en/")
	require.Greater(t, len(visited), 3*4, "%v", visited)
}

func TestMemoryForPagesIsBounded(t *testing.T) {
	store := &pageStore{}
	for i := range 100 {
		store.get(pageKey{"en", fmt.Sprint(i)}, func() *document { return newDocument("text/html", make([]byte, 1<<20)) })
		require.LessOrEqual(t, store.bytes, maxPageBytes)
	}
	require.NotEmpty(t, store.made)
	require.LessOrEqual(t, len(store.made), maxPageBytes>>20)
}
