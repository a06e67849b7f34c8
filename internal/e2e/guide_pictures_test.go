package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// TestThePicturesOfTheOwnersGuide goes through an owner's day in the demo, on a phone, and takes the
// pictures of docs/owner-guide.md. It runs only where SHOPBOT_GUIDE_PICTURES names the directory to
// write them to: SHOPBOT_GUIDE_PICTURES=$PWD/docs/images go test -run OwnersGuide ./internal/e2e
func TestThePicturesOfTheOwnersGuide(t *testing.T) {
	dir := os.Getenv("SHOPBOT_GUIDE_PICTURES")
	if dir == "" {
		t.Skip("SHOPBOT_GUIDE_PICTURES names no directory")
	}
	b := &guide{browser: openBrowser(t, startDemo(t), 390, 844), dir: dir}

	b.as("olga")
	b.sees("your role: owner")
	b.shot("empty-home")
	first := b.sale("alice", "/buy steam-10 2")
	b.as("boris")
	b.say("/buy vpn-30d 3")
	b.tap("Оплатить")
	b.payWith("TON")
	b.sees("Оплачен · заказ")

	b.as("olga")
	b.sees("VPN for 30 days × 3")
	b.picture("sale", "dark", 1)
	b.say("/admin")
	b.sees("2 sales")
	b.picture("home", "light", 1)
	b.say("/stats")
	b.sees("2 orders, 2 paid")
	b.tap("7 days")
	b.sees("The last 7 days")
	b.picture("stats", "dark", 1)
	b.sellSomethingNew()
	b.loadKeys()
	b.people()
	b.replaceAndRefund(first)
	b.coupons()
	b.broadcast()
	b.staff()
	b.files()
	b.inRussian(first)
}

// TestThePictureOfTheDemo takes the README's picture: SHOPBOT_GUIDE_PICTURES=$PWD/docs/images go test
// -run PictureOfTheDemo ./internal/e2e
func TestThePictureOfTheDemo(t *testing.T) {
	dir := os.Getenv("SHOPBOT_GUIDE_PICTURES")
	if dir == "" {
		t.Skip("SHOPBOT_GUIDE_PICTURES names no directory")
	}
	b := &guide{browser: openBrowser(t, startDemo(t), 1180, 820), dir: dir}
	b.say("/buy steam-10")
	b.tap("Pay")
	b.payWith("USDT")
	b.sees("PIXEL-")
	b.rest()
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "demo.png"), shot, 0o644)) //nolint:gosec // a picture of the docs
}

type guide struct {
	*browser
	dir string
}

// sale lets a person who reads English buy something, and returns the order's number.
func (b *guide) sale(person, command string) string {
	b.t.Helper()
	b.as(person)
	b.say(command)
	b.tap("Pay")
	b.payWith("USDT")
	b.sees("Paid · order")
	return b.order()
}

func (b *guide) sellSomethingNew() {
	b.say("/products")
	b.sees("Catalog of")
	b.shot("catalog")
	b.tap("➕ Category")
	b.sees("New category")
	b.say("Music")
	b.sees("Now add a product to it")
	b.shot("category")
	b.tap("➕ Product")
	b.say("Song book")
	b.sees("Send the price of one")
	b.say("five")
	b.sees("is no price")
	b.shot("wrong-price")
	b.say("4.90")
	b.sees("What does a buyer get?")
	b.shot("way")
	b.tap("text")
	b.say("Twelve songs, with chords.")
	b.sees("Buyers see it from now on")
	b.picture("product", "light", 1)
	b.tap("Picture")
	b.sees("Send the picture as a photo")
	b.attachPhoto()
	b.sees("Saved")
	b.tap("Hide")
	b.sees("Hidden: buyers")
	b.shot("hidden")
	b.tap("Undo")
	b.sees("Taken back")
	b.shot("undone")
	b.tap("As a buyer")
	b.shot("as-buyer")
	b.say("/products")
	b.tap("Last changes")
	b.sees("Last changes of the catalog")
	b.shot("history")
	b.say("/products")
	b.tap("The shop")
	b.sees("What do you want to change?")
	b.shot("the-shop")
}

// sayLines sends a message of several lines, as somebody who pastes them does.
func (b *guide) sayLines(text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(hook("composer")), chromedp.Evaluate[chromedp.Void](
		fmt.Sprintf(`document.querySelector('%s').value = %q`, hook("composer"), text)))
	b.click("send")
}

// attachPhoto sends the sample shop's picture as a photo.
func (b *guide) attachPhoto() {
	b.t.Helper()
	b.click("attach")
	b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`[...document.querySelectorAll('%s')].find(e => e.innerText == "Photo").click()`, hook("attachment-kind"))))
	photo, err := filepath.Abs("../../configs/images/guides.png")
	require.NoError(b.t, err)
	b.do(chromedp.SetUploadFiles(hook("attach-input"), []string{photo}),
		chromedp.WaitVisible(hook("attachment")))
	b.click("send")
}

func (b *guide) loadKeys() {
	b.say("/stock")
	b.sees("free ·")
	b.shot("stock")
	b.say("/addstock pixel-quest")
	b.sees("Now send the keys")
	b.sayLines("QUEST-1001-AAAA\nQUEST-1002-BBBB\nQUEST-1002-BBBB\nQUEST-1003-CCCC")
	b.sees("3 new keys")
	b.picture("keys", "dark", 1)
	b.tap("Add 3")
	b.sees("3 keys added")
	b.shot("added")
	b.say("/stock pixel-quest")
	b.sees("Choose a batch")
	b.shot("batches")
}

func (b *guide) people() {
	b.say("/find")
	b.sees("What are you looking for?")
	b.shot("find")
	b.say("@alice")
	b.sees("First seen")
	b.shot("card")
	b.tap("Write")
	b.sees("Write to")
	b.say("Thank you for your order! A new season starts on Friday.")
	b.sees("Sent to")
	b.shot("written")

	b.as("alice")
	b.sees("The staff of Pixel Goods writes")
	b.say("/orders")
	b.tap("Steam card")
	b.tap("Problem with this order?")
	b.sees("What is it about?")
	b.say("The first code does not work. Steam says that it is invalid.")
	b.sees("Sent to the shop's staff")
	b.shot("asked")

	b.as("olga")
	b.sees("The first code does not work")
	b.picture("question", "dark", 1)
	b.say("/questions")
	b.sees("Questions that wait")
	b.shot("questions")
	b.say("/admin")
	b.sees("1 question of a buyer")
	b.shot("home-question")
	b.say("/questions")
	b.tap("1")
	b.sees("Talk with")
	b.shot("thread")
	b.tap("Answer")
	b.sees("Write the answer to")
	b.say("Sorry! You get another code now.")
	b.sees("✅ Sent to")
	b.shot("answered")
}

func (b *guide) replaceAndRefund(order string) {
	b.say("/order " + order)
	b.sees("Made:")
	b.shot("order")
	b.tap("Replace a key")
	b.sees("Which one?")
	b.shot("which-key")
	b.tap("1 · ")
	b.sees("Replace this key?")
	b.picture("replace", "light", 1)
	b.tap("it does not work")
	b.sees("Replaced.")
	b.shot("replaced")
	b.say("/order " + order)
	b.tap("Replace a key")
	b.tap("2 · ")
	b.tap("Refund this one")
	b.sees("for one key of order")
	b.shot("refund-one")
	b.tap("Yes, send")
	b.sees("Refunded:")
	b.shot("refunded-one")
	b.say("/audit " + order)
	b.sees("Audit trail of order")
	b.shot("audit")
	b.as("alice")
	b.sees("takes the place of")
	b.shot("alice-replaced")

	b.say("/buy arcade-pass")
	b.tap("Pay")
	b.do(chromedp.WaitVisible(hook("pay")))
	b.click("sheet-close")
	numbers := regexp.MustCompile(`[0-9A-Z]{15}`).FindAllString(b.text(), -1)
	require.NotEmpty(b.t, numbers)
	unpaid := numbers[len(numbers)-1]
	b.as("olga")
	b.say("/order " + unpaid)
	b.tap("Paid in another way")
	b.sees("Write how it was paid")
	b.shot("by-hand")
	b.say("cash")
	b.sees("as paid with")
	b.shot("by-hand-sure")
	b.tap("Yes,")
	b.sees("is paid by hand")
	b.shot("by-hand-done")
	b.say("/held")
	b.sees("No paid order waits")
}

func (b *guide) coupons() {
	b.say("/coupons")
	b.sees("There are none yet")
	b.tap("New coupon")
	b.sees("1 of 4")
	b.shot("coupon-1")
	b.say("SPRING")
	b.sees("2 of 4")
	b.shot("coupon-2")
	b.tap("10%")
	b.sees("3 of 4")
	b.shot("coupon-3")
	b.tap("30 days")
	b.sees("4 of 4")
	b.shot("coupon-4")
	b.say("100")
	b.sees("Make it")
	b.picture("coupon", "light", 1)
	b.tap("Make it")
	b.sees("Used: ")
	b.shot("coupon-page")
	b.say("/coupons")
	b.tap("New coupon")
	b.tap("One-use codes")
	b.sees("One-use codes, 1 of 4")
	b.say("GIFT")
	b.tap("20%")
	b.tap("No end")
	b.sees("How many codes?")
	b.shot("batch-4")
	b.say("10")
	b.sees("10 codes")
	b.tap("Make it")
	b.do(chromedp.WaitVisible(hook("document")))
	b.shot("batch-made")
	b.say("/coupons")
	b.shot("coupons")
	b.tap("Invitations")
	b.tap("Switch on")
	b.sees("Invitations · on")
	b.shot("invitations")

	b.as("alice")
	b.say("/coupon SPRING")
	b.sees("Your next order that it fits uses it")
	b.say("/buy pixel-quest")
	b.sees("Held for you")
	b.shot("alice-coupon")
	b.tap("Cancel")
	b.sees("Cancelled. Nothing was charged.")
	b.say("/invite")
	b.sees("Invite a friend")
	b.shot("alice-invite")
	b.sale("alice", "/buy steam-20 3")
	b.as("olga")
	b.sees("is sold out")
	b.shot("sold-out")
}

func (b *guide) broadcast() {
	b.say("/broadcast")
	b.sees("One message to everybody")
	b.shot("broadcasts")
	b.tap("New broadcast")
	b.sees("Now send me the message")
	b.say("Spring sale: 10 % off with SPRING until Sunday.")
	b.sees("Draft of a broadcast")
	b.until(`document.body.innerText.includes("people get it")`)
	b.tap("➕ Button")
	b.shot("broadcast-button")
	b.tap("To the shop")
	b.sees("Draft of a broadcast")
	b.tap("To whom")
	b.sees("Who shall get it?")
	b.shot("broadcast-whom")
	b.tap("Everybody")
	b.until(`document.body.innerText.includes("people get it")`)
	b.picture("broadcast", "dark", 2)
	b.tap("📣 Send to")
	b.sees("Send this to")
	b.shot("broadcast-sure")
	b.tap("Yes, send it")
	b.sees("The broadcast is done")
	b.shot("broadcast-done")
}

func (b *guide) staff() {
	b.say("/staff")
	b.sees("Who runs this shop")
	b.shot("staff")
	b.tap("Invite somebody")
	b.sees("What may the new person do?")
	b.shot("staff-roles")
	b.tap("Support")
	b.sees("An invitation for one person")
	b.picture("invitation", "dark", 1)
	link := regexp.MustCompile(`start=(j_[\w-]+)`).FindStringSubmatch(b.text())
	require.NotNil(b.t, link)
	b.as("boris")
	b.say("/start " + link[1])
	b.tap("Да")
	b.shot("joined")
	b.as("olga")
	b.sees("joined the staff")
	b.shot("told-joined")
}

func (b *guide) files() {
	b.say("/export")
	b.sees("Choose what to put into the file")
	b.picture("export", "light", 1)
	b.tap("Make the file")
	b.sees("in the file below")
	b.shot("exported")
	b.say("/morning")
	b.sees("Each morning at")
	b.shot("morning")
	b.say("/balance")
	b.sees("At Crypto Pay")
	b.say("/help")
	b.sees("What you may do as")
	b.shot("help")
	b.say("/find @boris")
	b.sees("Борис ·")
	b.tap("Note")
	b.sees("Only the staff sees it")
	b.say("Reads Russian only.")
	b.rest()
	b.shot("note")
	b.say("/find @alice")
	b.sees("Alice Reed ·")
	b.rest()
	b.tap("Block")
	b.sees("Why is")
	b.shot("block")
	b.say("/admin")
}

// inRussian looks at the same screens in Russian and in the dark.
func (b *guide) inRussian(order string) {
	b.say("/language")
	b.sees("Which language do you want to use?")
	b.tap("Русский")
	b.sees("Выбирайте, платите")
	b.prefer("dark")
	for _, command := range []string{
		"admin", "stats", "stock", "stock steam-10", "products", "coupons", "broadcast", "find @alice", "questions", "held",
		"staff", "export", "morning", "balance", "help", "order " + order, "audit " + order,
	} {
		b.say("/" + command)
		b.until(fmt.Sprintf(`(last => last.dataset.from === "bot" && [...document.querySelectorAll('%[1]s[data-from="me"]')].at(-1).innerText.startsWith(%[2]q))(
			[...document.querySelectorAll('%[1]s')].at(-1))`, hook("message"), "/"+command))
		b.rest()
		b.shot("ru-" + strings.Fields(command)[0])
	}
}

// rest waits until the page has been the same for a moment.
func (b *guide) rest() {
	b.t.Helper()
	b.until(`(() => {
		const now = document.getElementById("list").innerHTML;
		if (window.restHTML !== now) { window.restHTML = now; window.restSince = Date.now(); setTimeout(() => document.body.classList.toggle("rest"), 500); }
		return Date.now() - window.restSince > 400;
	})()`)
}

// picture writes the last messages of the chat to the guide's directory.
func (b *guide) picture(name, scheme string, messages int) {
	b.t.Helper()
	b.prefer(scheme)
	b.do(chromedp.EmulateViewport(390, 1600))
	b.rest()
	rect, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
		document.getElementById("notices").hidden = true;
		document.getElementById("log").scrollTop = 1e9;
		const all = [...document.querySelectorAll('%s')].slice(-%d).map(e => e.getBoundingClientRect());
		return [all[0].top, all.at(-1).bottom];
	})()`, hook("message"), messages)))
	require.NoError(b.t, err)
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	whole, err := png.Decode(bytes.NewReader(shot))
	require.NoError(b.t, err)
	part := image.Rect(0, int(rect[0])-5, 390, int(rect[1])+6).Intersect(whole.Bounds())
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(b.t, encoder.Encode(&out, whole.(interface {
		SubImage(r image.Rectangle) image.Image
	}).SubImage(part)))
	require.NoError(b.t, os.WriteFile(filepath.Join(b.dir, "guide-"+name+".png"), out.Bytes(), 0o644))
	b.do(chromedp.EmulateViewport(390, 844), chromedp.Evaluate[chromedp.Void](`document.getElementById("notices").hidden = false`))
	b.prefer("light")
	b.shot(name)
}
