package bot

import (
	"errors"
	"testing"
	"time"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// club is a line that lets its buyer into a chat for 30 days.
func club(t *testing.T) shop.Line {
	t.Helper()
	return shop.Line{
		SKU: "club", Title: catalog.Plain("Club & Co"), Quantity: 1, Price: usd(t, "5"), Access: 30 * 24 * time.Hour,
		Part: shop.Part{
			Deliver: catalog.Invitation, Invite: catalog.Invite{Chat: -1001234567890}, Goods: []string{"https://t.me/+AbC"},
			Invited: shop.Invited{Until: goldenDay.Add(24 * time.Hour)},
		},
	}
}

func drawAccess(t *testing.T, g *golden, l localizer) {
	t.Helper()
	show := func(name string, change func(p *shop.Part)) {
		line := club(t)
		change(&line.Part)
		messages, err := placeMessages(l, delivery{order: "1P8M2QX7KD93HWA", line: line})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range messages {
			g.add(name, screen{Text: m.Text, Rows: m.Copy})
		}
	}
	show("link", func(*shop.Part) {})
	show("link, as the staff sees it", func(p *shop.Part) { p.Invited.Until = time.Time{} })
	show("member already", func(p *shop.Part) { p.Goods = []string{shop.AlreadyMember} })
	show("no more links", func(p *shop.Part) { p.Goods = nil })
	line := club(t)
	line.Invited.Joined = goldenDay
	g.add("order of who came in", orderScreen(l, delivered(paidWith(t, orderOf(t, line), "5")), goldenDay, maxText))
	g.add("somebody else came", screen{Text: l.Say("place_stranger", "Order", "1P8M2QX7KD93HWA")},
		ownerScreen(l, paidWith(t, orderOf(t, club(t)), "5"), shop.Notice{What: shop.WhatStranger, To: shop.ToOwners}))
	shut, cause := delivered(paidWith(t, orderOf(t, club(t)), "5")), errors.New("telegram: createChatInviteLink: 400 chat not found")
	g.add("the last stranger",
		ownerScreen(l, shut, shop.Notice{What: shop.WhatStranger, To: shop.ToOwners, Reason: shop.NoMoreLinks}))
	g.add("cannot get in", screen{Text: l.Say("place_shut", "Title", shut.Lines[0].Title, "Order", shut.ID)}, shutScreen(l, shut, 0, cause))
	g.add("not taken out of a chat that is gone", screen{Text: l.Say("access_out", "Title", catalog.Plain("Club & Co"), "SKU", "club",
		"Buyer", buyer(l, shut.Buyer), "Error", cause.Error())})
	for _, rights := range []string{placeReady, placeInviter, placeMember, placeGone} {
		g.add("bot is "+rights, screen{Text: placeText(l, rights, "Club & Co", -1001234567890)})
	}
	g.add("new id", screen{Text: l.Say("place_moved", "Old", "-5", "Now", "-1001234567890")})

	a := access.Access{User: 7, SKU: "vpn", Title: catalog.Plain("VPN"), Term: 30 * 24 * time.Hour, Until: goldenDay, Stage: access.Active}
	c := &Courier{chat: &chat{catalog: func() *catalog.Catalog { return editedCatalog(t) }}}
	facts := []any{"Title", a.Title, "At", l.Moment(a.Until), "Grace", l.Moment(goldenDay.Add(24 * time.Hour))}
	for _, id := range []string{"access_soon", "access_over", "access_not_renewed"} {
		g.add(id, c.accessScreen(l, l.Say(id, facts...), a))
	}
	ended := a
	ended.Stage = access.Ended
	g.add("ended", c.accessScreen(l, l.Say("access_ended", facts...), ended))
	ended.SKU = "gone"
	g.add("ended, paid back, not sold any more", c.accessScreen(l, l.Say("access_ended_refunded", facts...), ended))
	renews, grace := a, a
	renews.Renews, grace.Stage, grace.GraceEnds = true, access.Grace, goldenDay.Add(24*time.Hour)
	g.add("orders", withAccess(l, screen{Text: l.Say("orders")}, []access.Access{a, renews, grace}))
	g.add("end a subscription?", endSubscriptionScreen(l, renews))
	for _, id := range []string{"subscription_ended", "subscription_ending", "subscription_kept"} {
		g.add(id, subscriptionEndedScreen(l, a, id))
	}
	g.add("cannot be ended", screen{Text: l.Say("renewal_kept", "Items", items(l, []shop.Line{club(t)}, 1))},
		ownerScreen(l, paidWith(t, orderOf(t, club(t)), "5"), shop.Notice{What: shop.WhatRenewalKept, To: shop.ToOwners, Reason: "USER_ID_INVALID"}))
	g.add("members", screen{Text: membersLine(l, catalog.Product{Access: time.Hour}, access.Members{Count: 12, Soon: 3})})
	g.add("product", screen{Text: productAccess(l, offer{Product: catalog.Product{Access: 30 * 24 * time.Hour}})},
		screen{Text: productAccess(l, offer{Product: catalog.Product{Access: 12 * time.Hour}})}, screen{Text: productAccess(l, offer{Access: a})},
		screen{Text: productAccess(l, offer{Product: catalog.Product{Access: 30 * 24 * time.Hour, Subscription: true}})})
	renewing := orderOf(t, club(t))
	renewing.Lines[0].Subscription, renewing.Stars = true, xtr(t, "385")
	g.add("order that renews itself", orderScreen(l, renewing, goldenDay, maxText))
	whole := shop.RefundRequest{Amount: usd(t, "2.50")}
	g.add("refund", refundScreen(l, paidWith(t, orderOf(t, club(t)), "2.5"), whole, money.Amount{}, "n"))
	g.add("delivered", screen{Text: accessGiven(l, goldenDay, false)}, screen{Text: accessGiven(l, goldenDay, true)})
}

func TestScreensOfPlacesAndAccess(t *testing.T) {
	inEachLanguage(t, "access", func(t *testing.T, l localizer, g *golden) {
		drawAccess(t, g, l)
	})
}
