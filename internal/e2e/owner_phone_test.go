package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// onPhones looks at what is on the page on a small phone in the dark and on a usual one.
func (b *browser) onPhones(what string) {
	b.t.Helper()
	for _, phone := range []struct {
		width  int64
		scheme string
	}{{360, "dark"}, {390, "light"}} {
		b.prefer(phone.scheme)
		b.do(chromedp.EmulateViewport(phone.width, 844))
		b.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll('%s')].at(-1)?.scrollIntoView({block: "end"})`, hook("message"))))
		b.shot(fmt.Sprintf("%s-%d", what, phone.width))
		b.fits(what)
		b.readable(what)
	}
}

func TestWhatOwnersAndBuyersLookAtFitsTheirPhones(t *testing.T) {
	b := openBrowser(t, startDemo(t), 390, 844)
	b.as("alice")
	b.click("start")
	b.sees("Pixel Goods")
	b.buys("steam-10 2")
	b.sees("Paid · order")
	order := b.order()
	b.buys("club-30d")
	b.sees("Your link into the chat")
	b.tap("Join")
	b.click("group-show")
	b.click("groups-close")
	b.buysWithStars("club-stars")
	b.until(fmt.Sprintf(`[...document.querySelectorAll('%s')].filter((m) => m.innerText.includes("Delivered on")).length === 3`, hook("message")))
	b.say("/orders")
	b.sees("Tap one to see it")
	b.onPhones("orders")
	b.tap("End the subscription")
	b.sees("No more Stars are taken")
	b.onPhones("end-of-a-subscription")
	b.tap("Yes, end it")
	b.sees("has ended: no more Stars")
	b.onPhones("subscription-ended")
	b.say("/orders")
	b.tap("Renew: Pixel Club, 30 days")
	b.sees("Held for you")
	b.onPhones("renewal")

	b.as("olga")
	b.say("/health")
	b.sees("In order")
	require.NotContains(t, b.text(), "the file is not taken in", "the demo's catalog is in no file")
	b.onPhones("health")
	b.say("/order " + order)
	b.sees("Refund")
	b.onPhones("order")
	b.say("/stats")
	b.sees("3 paid")
	b.onPhones("stats")
	b.tap("7 days")
	b.sees("The last 7 days")
	b.onPhones("stats-of-a-week")
	b.say("/refund " + order)
	b.sees("Yes, send")
	b.onPhones("refund")
	b.tap("Yes, send")
	b.sees("Refunded:")
	b.onPhones("refunded")
	b.say("/order " + order)
	b.onPhones("order-refunded")
	b.as("alice")
	b.sees("is back in your @CryptoBot wallet")
	b.onPhones("money-back")
}
