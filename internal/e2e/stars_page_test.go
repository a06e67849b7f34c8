package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
)

// answerCheckout answers the next pre-checkout query.
func (b *bareBot) answerCheckout(ok bool, reason string) {
	b.t.Helper()
	id := json.RawMessage(nil)
	var q struct{ ID string }
	id = b.next("pre_checkout_query")
	require.NoError(b.t, json.Unmarshal(id, &q))
	b.call("answerPreCheckoutQuery", fmt.Sprintf(`{"pre_checkout_query_id":%q,"ok":%t,"error_message":%q}`, q.ID, ok, reason))
}

func (b *bareBot) starsLink(stars int, more string) (link string) {
	b.t.Helper()
	raw := b.call("createInvoiceLink", fmt.Sprintf(`{"title":"Club","description":"A month in the club","payload":"o1","currency":"XTR","prices":[{"label":"Club","amount":%d}]%s}`, stars, more))
	require.NoError(b.t, json.Unmarshal(raw, &link))
	return link
}

func (b *browser) waitFor(id string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(hook(id)))
}

func TestStarsAreBoughtPaidAndRenewedOnAPhone(t *testing.T) {
	bot := startBareBot(t)
	link := bot.starsLink(1500, `,"subscription_period":2592000`)
	bot.show("The club", `[[{"text":"Join for Stars","url":"`+link+`"}]]`)
	b := openBrowser(t, bot.address+"/?as=alice", 360, 740)

	b.tap("Join for Stars")
	b.waitFor("stars-short")
	b.fits("too few Stars")
	b.readable("too few Stars")
	b.shot("stars-short")
	b.click("stars-buy")
	b.waitFor("stars-pay")
	b.shot("stars-pay")
	b.click("stars-pay")
	b.until(`!!document.querySelector('` + hook("stars-pay") + `.waits')`)
	bot.answerCheckout(false, "The club is full")
	b.until(`document.querySelector('` + hook("stars-verdict") + `')?.innerText.includes("The club is full")`)
	b.readable("refused")
	b.shot("stars-refused")
	b.click("stars-close")

	b.tap("Join for Stars")
	b.click("stars-pay")
	bot.answerCheckout(true, "")
	b.until(`!document.getElementById("stars").open && !!document.querySelector('` + hook("stars-paid") + `')`)
	b.click("wallet-open")
	b.waitFor("subscription")
	b.fits("the wallet")
	b.shot("stars-wallet")
	b.click("sub-renew")
	b.until(`document.querySelector('` + hook("subscription") + `').dataset.state === "failed"`)
	b.click("stars-buy")
	b.click("sub-renew")
	b.until(`document.querySelectorAll('` + hook("stars-entry") + `').length === 2`)
	b.click("sub-cancel")
	b.until(`document.querySelector('` + hook("subscription") + `').dataset.state === "canceled"`)
	b.prefer("dark")
	b.readable("the wallet in the dark")
	b.shot("stars-wallet-dark")
	require.Equal(t, telegram.SubscriptionCanceled, bot.world.Telegram().Subscriptions(bot.token, sandbox.Alice)[0].State)
}

func TestAnInvoiceIsPaidByItsButton(t *testing.T) {
	bot := startBareBot(t)
	bot.call("sendInvoice", fmt.Sprintf(`{"chat_id":%d,"title":"Key","description":"A key","payload":"o2","currency":"XTR","prices":[{"label":"Key","amount":50}]}`, sandbox.Alice))
	b := openBrowser(t, bot.address+"/?as=alice", 1180, 820)
	b.tap("⭐ 50")
	b.click("stars-pay")
	bot.answerCheckout(true, "")
	b.until(`!!document.querySelector('` + hook("stars-paid") + `')`)
	require.EqualValues(t, 950, bot.world.Telegram().Stars(sandbox.Alice))
}

func TestAChannelIsJoinedAndItsOwnerRemovesAMember(t *testing.T) {
	bot := startBareBot(t)
	b := openBrowser(t, bot.address+"/?as=olga", 360, 740)
	b.click("groups-open")
	b.do(chromedp.SendKeys(hook("group-title"), "Club"))
	b.click("group-make")
	b.waitFor("group-demote")
	b.fits("an owner's groups")
	b.readable("an owner's groups")
	b.shot("groups-owner")
	b.click("groups-close")

	club := bot.world.Telegram().Groups(bot.token)[0]
	var invite struct {
		Link string `json:"invite_link"`
	}
	require.NoError(t, json.Unmarshal(bot.call("createChatInviteLink", fmt.Sprintf(`{"chat_id":%d,"member_limit":1}`, club.ID)), &invite))
	bot.show("Your way in", `[[{"text":"Open the club","url":"`+invite.Link+`"}]]`)
	b.as("alice")
	b.tap("Open the club")
	b.click("group-show")
	b.until(`document.querySelector('` + hook("group") + `')?.dataset.mine === "member"`)
	b.shot("groups-member")
	b.click("groups-close")

	b.as("olga")
	b.click("groups-open")
	b.click("group-remove")
	b.until(`!document.querySelector('` + hook("group-member") + `[data-who="alice"]')`)
	b.click("groups-close")
	b.as("alice")
	b.click("groups-open")
	b.until(`document.querySelector('` + hook("group") + `')?.dataset.mine === "kicked"`)
	b.prefer("dark")
	b.readable("removed, in the dark")
	b.shot("groups-removed")
}
