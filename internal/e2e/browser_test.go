package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

// startDemo runs the real binary's demo and returns its page's address.
func startDemo(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), testenv.BuildShop(t), "demo", "--listen", "127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 15 * time.Second
	var log testenv.LogBuffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	require.NoError(t, err, "the first line names the page: %s", log.String())
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	address := regexp.MustCompile(`http://\S+[^.\s]`).FindString(first)
	require.NotEmpty(t, address, first)
	return address
}

// browser is somebody at the demo's page in a real Chromium.
type browser struct {
	t     *testing.T
	ctx   context.Context
	shots string
	n     int
}

// openBrowser opens the demo's page.
func openBrowser(t *testing.T, address string, width, height int64) *browser {
	t.Helper()
	b := newBrowser(t, width, height)
	b.do(chromedp.Navigate(address), chromedp.WaitReady(hook("people-alice")))
	return b
}

func newBrowser(t *testing.T, width, height int64) *browser {
	t.Helper()
	path := findChromium(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(stop)
	b := &browser{t: t, ctx: ctx, shots: os.Getenv("SHOPBOT_SCREENSHOTS")}
	// The first step starts the browser, which lives as long as the step's context.
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, height)))
	b.prefer("light")
	return b
}

// prefer sets the colour scheme that the browser prefers. It also turns animations off, so that a
// screenshot never shows the middle of one.
func (b *browser) prefer(scheme string) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		return cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			},
		})
	})
}

// findChromium skips the test if there is no browser, unless one is required.
func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("SHOPBOT_BROWSER_TEST") == "required" {
		require.Fail(t, "no Chromium found, and SHOPBOT_BROWSER_TEST requires one")
	}
	t.Skip("no Chromium found")
	return ""
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, 20*time.Second)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.shot("failed")
		require.NoError(b.t, err, b.text())
	}
}

// until waits until a JavaScript expression is true on the page. One that throws, as when an element
// is not drawn yet, counts as false. A picture that has arrived changes nothing in the document, so
// the page is asked again and again.
func (b *browser) until(expression string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, 20*time.Second)
	defer stop()
	tried := `(() => { try { return Boolean(` + expression + `) } catch { return false } })()`
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](tried, chromedp.WithPollingInterval(50*time.Millisecond))); err != nil {
		b.shot("failed")
		require.NoError(b.t, err, "%s\n%s", expression, b.text())
	}
}

func hook(id string) string { return `[data-testid="` + id + `"]` }

// click clicks the element of a hook, once it is there. The page redraws itself at any time, so
// finding and clicking are one step.
func (b *browser) click(id string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll('%s')].find(e => e.checkVisibility() && !e.disabled)`, hook(id))
	b.until(`!!(` + find + `)`)
	b.do(chromedp.Evaluate[chromedp.Void](`(e => e.click())(` + find + `)`))
}

func (b *browser) as(person string) {
	b.t.Helper()
	b.click("people-" + person)
	b.until(fmt.Sprintf(`document.querySelector('%s').getAttribute("aria-current") != null && document.querySelector('%s').getAttribute("aria-current") != "false"`,
		hook("people-"+person), hook("people-"+person)))
}

func (b *browser) say(text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(hook("composer")), chromedp.SendKeys(hook("composer"), text+kb.Enter))
}

// sees waits until the bot's messages on the page contain a text.
func (b *browser) sees(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`[...document.querySelectorAll('%s[data-from="bot"]')].some(m => m.innerText.includes(%q))`, hook("message"), text))
}

// tap presses the last button on the page that contains a text, once it is there.
func (b *browser) tap(text string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll('%s')].filter(e => e.innerText.includes(%q) && !e.disabled).at(-1)`, hook("button"), text)
	b.until(`!!(` + find + `)`)
	b.do(chromedp.Evaluate[chromedp.Void](`(e => { e.scrollIntoView(); e.click() })(` + find + `)`))
}

func (b *browser) payWith(asset string) {
	b.t.Helper()
	b.click("offer-" + asset)
	b.shot("pay-sheet")
	b.click("pay")
	b.until(fmt.Sprintf(`!!document.querySelector('%s')?.checkVisibility() && !document.querySelector('%s')?.checkVisibility()`,
		hook("paid-button"), hook("pay-sheet")))
}

// shot saves a screenshot if SHOPBOT_SCREENSHOTS names a directory.
func (b *browser) shot(name string) {
	b.t.Helper()
	if b.shots == "" {
		return
	}
	b.n++
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(b.shots, 0o750))
	require.NoError(b.t, os.WriteFile(filepath.Join(b.shots, fmt.Sprintf("%02d-%s.png", b.n, name)), shot, 0o600))
}

func TestADemoPurchaseInARealBrowser(t *testing.T) {
	b := openBrowser(t, startDemo(t), 1180, 820)

	// Alice buys a key by buttons.
	b.as("alice")
	b.click("start")
	b.sees("Pixel Goods")
	b.shot("home")
	b.tap("Games")
	b.tap("Steam card $10")
	b.sees("Tops up a Steam wallet")
	b.shot("product")
	b.tap("Buy · 10.50 USD")
	b.tap("Pay 10.50 USD")
	b.payWith("USDT")
	b.sees("Paid · order")
	b.sees("PIXEL-")
	b.shot("goods")
	order := b.order()

	// Boris buys a file, in Russian.
	b.as("boris")
	b.click("start")
	b.sees("Выбирайте")
	b.say("/buy wallpapers")
	b.tap("Оплатить")
	b.payWith("TON")
	b.do(chromedp.WaitVisible(hook("document")))
	b.shot("file")

	// Olga looks at the statistics, loads keys from a file, and sends Alice's coins back.
	b.as("olga")
	b.say("/stats")
	b.sees("2 orders, 2 paid")
	b.say("/addstock pixel-quest")
	b.sees("Now send the keys")
	list := filepath.Join(t.TempDir(), "keys.txt")
	require.NoError(t, os.WriteFile(list, []byte("QUEST-1\nQUEST-2\nQUEST-1\n"), 0o600))
	b.do(chromedp.SetUploadFiles(hook("attach-input"), []string{list}),
		chromedp.WaitVisible(hook("attachment")))
	b.click("send")
	b.sees("2 new keys")
	b.shot("preview")
	b.tap("Add 2")
	b.sees("2 keys added")
	b.say("/refund " + order)
	b.tap("Yes, send")
	b.sees("Refunded:")
	b.shot("owner")

	b.as("alice")
	b.sees("is back in your @CryptoBot wallet")
	b.click("wallet-open")
	b.do(chromedp.WaitVisible(hook("wallet-entry") + `[data-kind="transfer"]`))
	b.shot("wallet")
}

// text is the text of the whole page.
func (b *browser) text() string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	require.NoError(b.t, err)
	return text
}

// order is the number of the order that the page shows last.
func (b *browser) order() string {
	b.t.Helper()
	text := b.text()
	found := regexp.MustCompile(`order\s+([0-9A-Z]{15})`).FindStringSubmatch(text)
	require.Len(b.t, found, 2, text)
	return found[1]
}

func TestTheDemoPageOnAPhoneInTheDark(t *testing.T) {
	b := openBrowser(t, startDemo(t)+"/?as=alice&start=p_vpn-30d", 360, 740)
	b.prefer("dark")
	b.tap("Buy")
	b.tap("Pay")
	b.payWith("USDT")
	b.sees("PIXEL-")
	b.sees("Paid · order")
	b.shot("phone")
	overflows, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > window.innerWidth`))
	require.NoError(t, err)
	require.False(t, overflows, "nothing sticks out to the side")
	require.NotEmpty(t, strings.TrimSpace(b.order()))
}
