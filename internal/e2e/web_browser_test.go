package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"shopbot/configs"
	"shopbot/internal/app"
	"shopbot/internal/config"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// hostileProducts are added to the sample shop: the longest names, a title that runs from right to
// left, no picture, a sale, a portrait.
const hostileProducts = `
  - sku: long
    category: games
    title: {en: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbea", ru: "Достопримечательностейрекогносцировочнопротивовоздушногооборонит"}
    description: {en: "LONGWORD", ru: "LONGWORD"}
    price: "1234567890123.12"
    limit: 10
    quantity_prices: [{from: 3, price: "999999999.99"}]
    deliver: text
    text: "…"
  - sku: rtl
    category: games
    title: {en: "بطاقة الهدايا <b>& 10$", ru: "כרטיס מתנה 10$"}
    description: {en: "تصل فورًا بعد الدفع. The code arrives at once.", ru: "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"}
    price: "10"
    sale: {price: "7.50", until: 2999-12-31}
    deliver: keys
  - sku: portrait
    category: games
    title: {en: "A tall poster", ru: "Высокий плакат"}
    photo: images/portrait.jpg
    price: "3"
    deliver: text
    text: "…"
`

// startWebShop runs the shop with its pages on the web, and returns their address.
func startWebShop(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, configs.FS))
	sample, err := fs.ReadFile(configs.FS, configs.Catalog)
	require.NoError(t, err)
	sample = bytes.Replace(sample, []byte("languages: [en, ru, uk, es, de] "), []byte("languages: [en, ru, uk, es, de, ar] "), 1)
	more := strings.ReplaceAll(hostileProducts, "LONGWORD", strings.Repeat("Wordswithoutend", 50))
	require.NoError(t, os.WriteFile(filepath.Join(dir, configs.Catalog), append(sample, more...), 0o600))
	portrait, err := os.Create(filepath.Join(dir, "images", "portrait.jpg"))
	require.NoError(t, err)
	picture := image.NewRGBA(image.Rect(0, 0, 900, 1600))
	for i := range picture.Pix {
		picture.Pix[i] = []uint8{uint8(i / 90000 % 256), 90, 160, 255}[i%4]
	}
	require.NoError(t, jpeg.Encode(portrait, picture, nil))
	require.NoError(t, portrait.Close())

	database := filepath.Join(dir, "shop.db")
	stock, err := storage.Open(t.Context(), database)
	require.NoError(t, err)
	for _, sku := range []string{"steam-10", "rtl", "vpn-30d"} {
		_, err := stock.AddStock(t.Context(), shop.StockLoad{SKU: sku, Units: slices.Values([]string{sku + "-KEY"})})
		require.NoError(t, err)
	}
	require.NoError(t, stock.Close())

	world := sandbox.New(sandbox.Options{})
	services := httptest.NewServer(world.Handler())
	public, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := public.Addr().String()
	cfg, err := config.Load([]string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + services.URL + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + services.URL + "/cryptopay",
		"SHOPBOT_CATALOG=" + filepath.Join(dir, configs.Catalog), "SHOPBOT_DATABASE=" + database,
		"SHOPBOT_LISTEN=" + address, "SHOPBOT_OPS_LISTEN=127.0.0.1:0", "SHOPBOT_PUBLIC_URL=http://" + address,
	}, "")
	require.NoError(t, err)
	var log testenv.LogBuffer
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, cfg, app.NewLogger(&log, cfg), app.System{
			Listen: func(ctx context.Context, network, at string) (net.Listener, error) {
				if at == address {
					return public, nil
				}
				return (&net.ListenConfig{}).Listen(ctx, network, at)
			},
		})
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		services.Close()
		world.Close()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	require.Eventually(t, func() bool { // the bot's name is known
		select {
		case err := <-ended:
			ended <- err
			require.NoError(t, err)
		default:
		}
		page, _ := get(t, "http://"+address+"/")
		return strings.Contains(page, "https://t.me/")
	}, time.Minute, 100*time.Millisecond)
	return "http://" + address
}

// get returns what is at an address; "" if nobody answers.
func get(t *testing.T, address string) (body string, header http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", nil
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(page), resp.Header
}

// flaws looks at a page as a critical visitor does, and lists what is wrong with it.
const flaws = `(() => {
	const found = [], style = e => getComputedStyle(e), say = (what, e) => found.push(what + ": " + e.outerHTML.slice(0, 120));
	if (document.documentElement.scrollWidth > innerWidth) found.push("it scrolls sideways: " + document.documentElement.scrollWidth);
	if (document.scripts.length) found.push("it has a script");
	if (!document.documentElement.lang) found.push("no language");
	for (const one of ["main", "header", "footer", "h1", "head > title"])
		if (document.querySelectorAll(one).length != 1) found.push("not one " + one);
	let level = 0;
	for (const h of document.querySelectorAll("h1,h2,h3")) {
		if (+h.tagName[1] > level + 1) say("a heading is left out before", h);
		level = +h.tagName[1];
	}
	for (const i of document.images) {
		if (!i.alt || !i.getAttribute("width") || !i.getAttribute("height")) say("a picture without text or size", i);
		if (!i.complete || !i.naturalWidth) say("a picture that is not there", i);
	}
	for (const a of document.querySelectorAll("a")) if (!a.textContent.trim()) say("a link without words", a);
	for (const n of document.querySelectorAll("nav")) if (!n.getAttribute("aria-label")) say("a nameless nav", n);
	const rgba = c => (c.match(/[\d.]+/g) || []).map(Number);
	const light = c => { const [r, g, b] = c.map(x => (x /= 255) <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
	const ground = e => { for (; e; e = e.parentElement) { const c = rgba(style(e).backgroundColor); if (c.length == 3 || c[3] == 1) return c } return [255, 255, 255] };
	let texts = 0;
	for (const e of document.querySelectorAll("body *")) {
		if (![...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) || !e.checkVisibility()) continue;
		const [a, b] = [light(rgba(style(e).color)), light(ground(e))].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
		texts++;
		if (ratio < 4.5) say("contrast " + ratio.toFixed(2), e);
	}
	if (texts < 4) found.push("too few texts to judge");
	return found.join("\n");
})()`

// tabs presses Tab through the page, and returns what was focused in which order, with what is wrong.
func (b *browser) tabs() (visited []string) {
	b.t.Helper()
	for range 200 {
		b.do(chromedp.KeyEvent(kb.Tab))
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`(() => {
			const e = document.activeElement, shown = x => x && getComputedStyle(x).outlineStyle != "none" && parseFloat(getComputedStyle(x).outlineWidth) >= 2;
			if (e == document.body) return "";
			const all = [...document.querySelectorAll("a[href],summary")].filter(x => x.checkVisibility());
			return all.indexOf(e) + (shown(e) || shown(e.closest(".card")) ? "" : " without a mark") + (e.getBoundingClientRect().right <= 0 ? " out of sight" : "");
		})()`))
		require.NoError(b.t, err)
		if at == "" {
			break
		}
		visited = append(visited, at)
	}
	return visited
}

func TestThePagesInARealBrowser(t *testing.T) {
	site := startWebShop(t)
	b := newBrowser(t, 360, 800)
	look := func(pages map[string]string, width int64, scheme string) {
		b.prefer(scheme)
		for _, name := range slices.Sorted(maps.Keys(pages)) {
			b.do(chromedp.EmulateViewport(width, 800), chromedp.Navigate(site+pages[name]))
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("img").forEach(i => i.loading = "eager")`))
			_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](`[...document.images].every(i => i.complete)`))
			require.NoError(t, err)
			found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](flaws))
			require.NoError(t, err)
			b.wholeShot(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			require.Empty(t, found, "%s at %d, %s", name, width, scheme)
		}
	}
	usual := map[string]string{
		"home": "/en/", "category": "/en/c/games", "product": "/ru/p/steam-10", "sold-out": "/en/p/arcade-pass", "not-found": "/en/p/nothing",
	}
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			look(usual, width, scheme)
		}
	}
	look(map[string]string{
		"home-ru": "/ru/", "long": "/en/p/long", "long-ru": "/ru/p/long", "rtl": "/en/p/rtl", "home-right-to-left": "/ar/", "right-to-left": "/ar/p/rtl",
	}, 360, "light")
	look(map[string]string{"portrait": "/en/p/portrait", "long": "/en/p/long"}, 1280, "dark")

	// By keyboard, in the order of the page.
	for _, path := range []string{"/en/", "/ru/p/steam-10"} {
		b.do(chromedp.Navigate(site + path))
		visited := b.tabs()
		require.Greater(t, len(visited), 5)
		for i, at := range visited {
			require.Equal(t, strconv.Itoa(i), at, path)
		}
	}
	b.do(chromedp.Navigate(site+"/en/p/steam-10"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("details").open`)
	b.shot("languages")
	b.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
	b.arrives(`document.documentElement.lang == "ru" && location.pathname == "/ru/p/steam-10"`)

	// Languages and titles are written in their own direction.
	b.do(chromedp.Navigate(site + "/ar/p/steam-10"))
	b.arrives(`getComputedStyle(document.querySelector("h1")).direction == "ltr" && getComputedStyle(document.documentElement).direction == "rtl"`)
	b.do(chromedp.Navigate(site + "/en/p/rtl"))
	b.arrives(`getComputedStyle(document.querySelector("h1")).direction == "rtl" && getComputedStyle(document.documentElement).direction == "ltr"`)
	b.arrives(`document.querySelector("h1").textContent.includes("<b>&")`)

	// The link opens the product in the chat.
	b.do(chromedp.Navigate(site + "/en/c/games"))
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('.card a[href$="/p/steam-10"]').click()`))
	b.arrives(`/^https:\/\/t\.me\/\w+\?start=p_steam-10$/.test(document.querySelector("a.button")?.href)`)
}

// arrives waits until an expression is true on the page that a link leads to.
func (b *browser) arrives(expression string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		arrived, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
		return err == nil && arrived // an error while the page changes
	}, time.Minute, 50*time.Millisecond, "%s", expression)
}

// wholeShot is shot with all that can be scrolled to.
func (b *browser) wholeShot(name string) {
	b.t.Helper()
	if b.shots == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(b.shots, 0o750))
	require.NoError(b.t, os.WriteFile(filepath.Join(b.shots, name+".png"), shot, 0o600))
}
