package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// orders opens an order for a product by its SKU and presses its button to pay. No earlier order may
// have such a button any more.
func (b *browser) orders(sku string) {
	b.t.Helper()
	b.until(`![...document.querySelectorAll('` + hook("button") + `')].some((e) => e.innerText.startsWith("Pay"))`)
	b.say("/buy " + sku)
	b.tap("Pay")
}

// buys orders a product and pays with coins.
func (b *browser) buys(sku string) {
	b.t.Helper()
	b.orders(sku)
	b.payWith("USDT")
}

// buysWithStars orders a product and pays with Stars.
func (b *browser) buysWithStars(sku string) {
	b.t.Helper()
	b.orders(sku)
	b.paysStars(sku)
}

func (b *browser) paysStars(sku string) {
	b.t.Helper()
	b.waitFor("stars-pay")
	b.fits("the sheet of " + sku)
	b.readable("the sheet of " + sku)
	b.shot("sheet-" + sku)
	b.click("stars-pay")
	b.until(`!document.getElementById("stars").open`)
}

// gets waits for goods that contain a text, and looks at them.
func (b *browser) gets(what, text string) {
	b.t.Helper()
	b.sees(text)
	b.fits(what)
	b.readable(what)
	b.shot(what)
}

func TestTheDemoSellsGoodsOfEachKindOnAPhone(t *testing.T) {
	b := openBrowser(t, startDemo(t), 360, 800)
	b.as("alice")
	b.click("start")
	b.sees("Pixel Goods")

	b.buys("steam-10")
	b.gets("keys", "enter the code")

	b.buys("wallet-guide")
	b.gets("text", "in five steps")

	b.buys("wallpapers")
	b.until(document("pixel-wallpapers.zip"))
	b.shot("file")

	b.buys("starter-kit")
	b.until(document("launch-checklist.pdf"))
	b.gets("key-and-file", "Starter kit")

	b.buys("quest-account")
	b.gets("server", "@example.com")

	b.buys("club-30d")
	b.gets("invite", "Your link into the chat")
	b.tap("Join")
	b.click("group-show")
	b.until(`document.querySelector('` + hook("group") + `').dataset.mine === "member"`)
	b.shot("joined")
	b.click("groups-close")

	b.buysWithStars("fan-pack")
	b.until(`document.querySelectorAll('` + hook("stars-paid") + `').length === 1`)
	b.gets("stars", "Fan pack")

	b.buysWithStars("club-stars")
	b.gets("subscription", "in the chat already")
	b.click("wallet-open")
	b.until(`document.querySelector('` + hook("subscription") + `')?.dataset.state === "active"`)
	b.shot("wallet")
	b.click("wallet-close")

	b.answersAndBuysALogo()
	b.as("olga")
	b.sees("To be made by")
	b.shot("to-be-made")
	b.tap("Done")
	b.shot("by-hand")
	b.say("Here is your logo: https://example.com/logo.svg")
	b.tap("Yes, send it")
	b.as("alice")
	b.gets("by-hand-goods", "https://example.com/logo.svg")
}

// document is the script that is true once the chat has a file.
func document(name string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('%s')].some((e) => e.innerText.includes(%q))`, hook("document"), name)
}

func (b *browser) answersAndBuysALogo() {
	b.t.Helper()
	b.say("/buy logo")
	b.sees("question 1 of 4")
	b.shot("question-text")
	b.say("Pixel Goods")
	b.sees("question 2 of 4")
	b.say("2")
	b.sees("question 3 of 4")
	b.shot("question-choice")
	b.tap("Bright")
	b.sees("question 4 of 4")
	picture := filepath.Join(b.t.TempDir(), "sketch.txt")
	require.NoError(b.t, os.WriteFile(picture, []byte("a fox"), 0o600))
	b.do(chromedp.SetUploadFiles(hook("attach-input"), []string{picture}), chromedp.WaitVisible(hook("attachment")))
	b.click("send")
	b.sees("Your answers")
	b.shot("answers")
	b.tap("Order · 19.00 USD")
	b.tap("Pay")
	b.payWith("USDT")
	b.sees("The shop makes this for you by hand")
	b.shot("being-made")
}
