package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// find runs JavaScript on the page and returns its value.
func find[T any](b *browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	require.NoError(b.t, err, script)
	return v
}

// overlap returns by how many pixels two elements cover each other.
func (b *browser) overlap(one, other string) float64 {
	b.t.Helper()
	return find[float64](b, fmt.Sprintf(`(() => {
		const [a, b] = [%q, %q].map((s) => document.querySelector(s).getBoundingClientRect());
		const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
		return Math.max(0, across) * Math.max(0, down);
	})()`, one, other))
}

// fits checks that nothing sticks out to the side.
func (b *browser) fits(where string) {
	b.t.Helper()
	wide := find[[]string](b, `[...document.querySelectorAll("body *")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 &&
		!e.closest(".offscreen")).map((e) => e.className + " " + e.innerText?.slice(0, 40))`)
	require.Empty(b.t, wide, where)
	require.False(b.t, find[bool](b, `document.documentElement.scrollWidth > innerWidth`), where)
}

// readable checks that every visible text has the contrast that WCAG AA asks for. Texts on pictures
// and disabled buttons do not count, and animations are over.
func (b *browser) readable(where string) {
	b.t.Helper()
	b.until(`document.getAnimations().every((a) => a.playState !== "running" || a.effect.getComputedTiming().iterations === Infinity)`)
	faint := find[[]string](b, `(() => {
		const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
		const known = {};
		const layer = (color) => known[color] ??= (canvas.clearRect(0, 0, 1, 1), canvas.fillStyle = color, canvas.fillRect(0, 0, 1, 1), [...canvas.getImageData(0, 0, 1, 1).data]);
		const over = (top, below) => { const a = top[3] / 255; return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)); };
		const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
		const ground = (e) => { for (const layers = []; ; e = e.parentElement) {
			const c = e ? layer(getComputedStyle(e).backgroundColor) : [255, 255, 255, 255];
			layers.push(c);
			if (c[3] === 255) return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
		} };
		const modal = document.querySelector("dialog:modal") ?? document.body;
		const walker = document.createTreeWalker(modal, NodeFilter.SHOW_TEXT);
		const faint = [];
		while (walker.nextNode()) {
			const e = walker.currentNode.parentElement;
			if (!walker.currentNode.data.trim() || !e.checkVisibility({ checkOpacity: true }) || e.closest("[aria-hidden], :disabled, .spoiler, .has-photo .none, .skip, noscript, option, .waits")) continue;
			const style = getComputedStyle(e), below = ground(e);
			const [x, y] = [light(over(layer(style.color), below)), light(below)];
			const contrast = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
			const large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700;
			if (contrast < (large ? 3 : 4.5)) faint.push(contrast.toFixed(2) + " " + e.className + ": " + e.textContent.slice(0, 40));
		}
		return faint;
	})()`)
	require.Empty(b.t, faint, where)
}

// hinted waits until the line above the chat contains a text.
func (b *browser) hinted(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector('%s')?.innerText.includes(%q)`, hook("hint"), text))
}

func TestTheDemoSaysWhatItIsWhoYouAreAndWhatToPress(t *testing.T) {
	b := openBrowser(t, startDemo(t), 1280, 800)
	b.until(`document.getElementById("head").innerText.includes("Pixel Goods")`)
	require.Contains(t, b.text(), "Nothing here is real")
	b.hinted("You are Alice, a buyer. Press Start below to meet the bot.")
	b.fits("at first")
	b.readable("at first")
	b.shot("first")
	b.click("start")
	b.sees("Pixel Goods")
	b.hinted("Press the buttons under a message")
	b.say("/buy steam-10")
	b.tap("Pay")
	b.payWith("USDT")
	b.hinted("Paid. Now be Olga")
	b.sees("PIXEL-")
	b.readable("paid")
	b.shot("paid")
	b.click("hint-action")
	b.hinted("You are Olga")
	b.shot("owner")
	b.click("hint-action")
	b.do(chromedp.WaitVisible(hook("break")))
	b.shot("drawer")
	b.prefer("dark")
	b.readable("the drawer in the dark")
	b.shot("drawer-dark")
	b.click("switch-lose_webhooks")
	b.hinted("Something is broken")
	b.click("hint-close")
	b.until(`document.getElementById("guide").hidden`)
	b.click("hints")
	b.until(`!document.getElementById("guide").hidden`)
}

func TestTheDemoWorksByKeyboard(t *testing.T) {
	b := openBrowser(t, startDemo(t), 1280, 800)
	// tabTo presses Tab until an element has the focus, which has to be seen.
	tabTo := func(script string) {
		t.Helper()
		for range 60 {
			b.do(chromedp.KeyEvent(kb.Tab))
			if find[bool](b, `!!document.activeElement?.matches(`+fmt.Sprintf("%q", script)+`)`) {
				require.NotEqual(t, "none", find[string](b, `getComputedStyle(document.activeElement).outlineStyle`), script)
				return
			}
		}
		require.Fail(t, "Tab never gets there", script)
	}
	tabTo(hook("people-boris"))
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.documentElement.lang === "ru"`)
	tabTo(hook("break-open"))
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.activeElement.dataset.testid === "break-close"`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.until(`!document.getElementById("drawer").open && document.activeElement.dataset.testid === "break-open"`)
	tabTo(hook("start"))
	b.do(chromedp.KeyEvent(kb.Enter))
	b.sees("Pixel Goods")
	tabTo(hook("button"))
	b.do(chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelectorAll('[data-from="me"]').length === 1 && document.querySelector('[data-from="bot"]').innerText.includes("изменено")`)
}

func TestNotesCoverNeitherTheChatNorEachOther(t *testing.T) {
	for _, size := range [][2]int64{{1280, 800}, {390, 844}} {
		t.Run(fmt.Sprint(size[0]), func(t *testing.T) {
			b := openBrowser(t, startDemo(t), size[0], size[1])
			b.say("/buy steam-10")
			b.tap("Pay")
			b.payWith("USDT")
			b.sees("PIXEL-")
			require.Zero(t, b.overlap("#notices", "#log"))
			require.Zero(t, b.overlap("#notices", "#composer"))
			b.until(`(log => log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.getElementById("log"))`)
			b.shot("note")
			b.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('[data-testid=code]')].at(-1).click()`))
			b.until(`document.getElementById("notices").innerText.includes("Copied")`)
			require.Equal(t, 1, find[int](b, `document.getElementById("notices").childElementCount`), "the new note replaces the old one")
		})
	}
}

func TestThePageSpeaksThePersonsLanguage(t *testing.T) {
	address := startDemo(t)
	b := openBrowser(t, address, 390, 844)
	for _, p := range []struct{ person, lang, brand, message, wallet, broken string }{
		{"alice", "en", "Practice Telegram", "Message", "Alice Reed’s wallet", "Lose webhooks"},
		{"boris", "ru", "Учебный Telegram", "Сообщение", "Кошелёк: Борис", "Терять вебхуки"},
		{"oksana", "uk", "Навчальний Telegram", "Повідомлення", "Гаманець: Оксана", "Губити вебхуки"},
		{"carmen", "es", "Telegram de prueba", "Mensaje", "Monedero de Carmen", "Perder webhooks"},
		{"jonas", "de", "Übungs-Telegram", "Nachricht", "Wallet: Jonas", "Webhooks verlieren"},
		{"olga", "en", "Practice Telegram", "Message", "Olga’s wallet", "Lose webhooks"},
	} {
		b.as(p.person)
		b.until(fmt.Sprintf(`document.documentElement.lang === %q && document.getElementById("text").placeholder === %q`, p.lang, p.message))
		require.Equal(t, p.brand, find[string](b, `document.querySelector("h1").textContent`))
		b.fits(p.person)
		b.shot("chat-" + p.lang)
		b.click("wallet-open")
		b.do(chromedp.WaitVisible(hook("wallet")))
		require.Contains(t, find[string](b, `document.getElementById("wallet").innerText`), p.wallet)
		b.fits(p.person + "'s wallet")
		b.readable(p.person + "'s wallet")
		b.shot("wallet-" + p.lang)
		b.click("wallet-close")
		b.click("break-open")
		b.do(chromedp.WaitVisible(hook("break")))
		require.Contains(t, find[string](b, `document.getElementById("drawer").innerText`), p.broken)
		b.fits(p.person + "'s drawer")
		b.readable(p.person + "'s drawer")
		b.shot("drawer-" + p.lang)
		b.click("break-close")
	}
	b.do(chromedp.EmulateViewport(360, 740))
	b.as("alice")
	b.fits("a small phone")
	require.Less(t, find[float64](b, `document.getElementById("head").offsetHeight`), 56.0, "name and status have one line each")
	b.shot("small-phone")
}

func TestOnAPhoneASwitchAndTheChatAreSeenTogether(t *testing.T) {
	b := openBrowser(t, startDemo(t), 390, 844)
	b.click("start")
	b.sees("Pixel Goods")
	b.click("break-open")
	b.do(chromedp.WaitVisible(hook("break")))
	for _, part := range []string{"#log", "#composer", "#notices", "#people"} {
		require.Zero(t, b.overlap("#drawer", part), part)
	}
	require.Greater(t, find[float64](b, `document.getElementById("log").clientHeight`), 200.0)
	b.click("switch-flood")
	b.until(`document.querySelector('[data-testid=switch-flood]').checked`)
	b.say("/orders")
	b.until(`[...document.querySelectorAll('[data-from="me"]')].at(-1)?.innerText.includes("/orders")`)
	b.shot("switches")
	b.prefer("dark")
	b.shot("switches-dark")
	b.click("mend")
	b.until(`!document.querySelector('[data-testid=switch-flood]').checked`)
	b.sees("You have no orders yet")
}

func TestTheLogOfWebhooksLeavesTheSwitchesWhereTheyAre(t *testing.T) {
	b := openBrowser(t, startDemo(t), 1280, 800)
	b.click("break-open")
	place := func() []float64 {
		return find[[]float64](b, `[...document.querySelectorAll("#drawer input")].map((e) => e.offsetTop)`)
	}
	b.do(chromedp.WaitVisible(hook("break")))
	before := place()
	b.say("/buy steam-10")
	b.tap("Pay")
	b.payWith("USDT")
	for n := 2; n <= 9; n++ {
		b.click("resend")
		b.until(fmt.Sprintf(`document.querySelectorAll('%s').length >= %d`, hook("delivery"), n))
	}
	require.Equal(t, before, place())
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".attempts").scrollIntoView()`))
	b.shot("log")
}
