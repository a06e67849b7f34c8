package bot

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"shopbot/internal/deeplink"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// maxRewards is how many of a person's coupons /invite lists.
const maxRewards = 5

// inviteCommand is /invite: a link of the person's own, who came by it and what it earned.
func (b *Bot) inviteCommand(ctx context.Context, r *request) error {
	t, err := b.shop.Referral(ctx)
	if err != nil {
		return err
	}
	link := b.link(deeplink.Invitation, b.shop.InviteToken(r.user.ID))
	if !t.On || link == "" {
		return b.menu(ctx, r, "invite_off")
	}
	p, err := b.chat.memory.Person(ctx, r.user.ID)
	if err != nil {
		return err
	}
	rewards, err := b.shop.Rewards(ctx, r.user.ID, 2*maxRewards)
	if err != nil {
		return err
	}
	return b.show(ctx, r, inviteScreen(r.loc, t, p, rewards, link, r))
}

func inviteScreen(l localizer, t shop.ReferralTerms, p shop.Person, rewards []shop.CouponState, link string, r *request) screen {
	worth := couponWorth(l, shop.Coupon{Percent: t.Percent, Amount: t.Amount})
	said := []markup{
		l.Say("invite", "Worth", worth, "Link", link),
		l.Say("invite_came", "Came", itoa(p.Invited), "Earned", itoa(p.Rewards)),
	}
	if t.Cap > 0 {
		said[1] = l.Say("invite_came_of", "Came", itoa(p.Invited), "Earned", itoa(p.Rewards), "Cap", itoa(t.Cap))
	}
	var unused []markup
	for _, c := range rewards {
		if c.Usable(p.ID, r.today()) == nil && len(unused) < maxRewards {
			unused = append(unused, l.Say("invite_coupon", "Code", c.Code, "Terms", couponTerms(l, r.catalog, c.Coupon)))
		}
	}
	if len(unused) > 0 {
		said = append(said, lines(append([]markup{l.Say("invite_coupons")}, unused...)...))
	}
	share := "https://t.me/share/url?url=" + url.QueryEscape(link)
	return screen{Text: sections(said...), Rows: [][]button{
		row(button{Text: l.Plain("button_invite_share"), URL: share}),
		row(l.button("catalog", actCatalog), l.button("home", actHome)),
	}}
}

// invited is /start behind an invitation's link.
func (b *Bot) invited(ctx context.Context, r *request, token string) error {
	counts, err := b.shop.Invited(ctx, r.user.ID, token)
	if err != nil {
		return err
	}
	if !counts {
		return b.home(ctx, r)
	}
	t, err := b.shop.Referral(ctx)
	if err != nil {
		return err
	}
	worth := couponWorth(r.loc, shop.Coupon{Percent: t.Percent, Amount: t.Amount})
	return b.homeWith(ctx, r, r.loc.Say("invited", "Worth", worth))
}

// TellReward tells a person of the coupon that an invitation earned.
func (c *Courier) TellReward(ctx context.Context, coupon shop.Coupon, own bool) error {
	l := c.chat.localizer(ctx, coupon.For, "")
	text := "reward_inviter"
	if own {
		text = "reward_invited"
	}
	_, err := c.chat.send(ctx, coupon.For, screen{
		Text: l.Say(text, "Code", coupon.Code, "Terms", couponTerms(l, c.chat.catalog(), coupon)),
		Rows: [][]button{row(anew(l.button("coupon_use", actCoupon, "", coupon.Code)))},
	})
	if err != nil {
		return fmt.Errorf("tell user %d of coupon %s: %w", coupon.For, coupon.Code, toShopError(err))
	}
	return nil
}

// formReferral waits for the worth of a reward.
const formReferral = "referral"

// referralButton is a button of the owners' page about invitations: "on", "off", "ask", or a field
// with its value: "worth:10%", "cap:5", "days:30".
func (b *Bot) referralButton(ctx context.Context, r *request, args string) error {
	t, err := b.shop.Referral(ctx)
	if err != nil {
		return err
	}
	before := t
	field, value, _ := strings.Cut(args, ":")
	n, _ := quantity(value)
	switch field {
	case "on":
		t.On = true
		if t.Percent == 0 && t.Amount.IsZero() {
			t.Percent, t.Cap, t.Days = 10, 20, 90
		}
	case "off":
		t.On = false
	case fieldWorth:
		return b.setReferralWorth(ctx, r, t, value)
	case "cap":
		t.Cap = n
	case "days":
		t.Days = n
	case verbAsk:
		if err := b.setForm(ctx, r.user.ID, formReferral, couponTime, nil); err != nil {
			return err
		}
		return b.say(ctx, r, "coupon_q_worth", "Currency", string(r.catalog.Shop.Currency))
	}
	return b.keepReferral(ctx, r, before, t, "")
}

// referralAnswered takes the worth of a reward by message.
func (b *Bot) referralAnswered(ctx context.Context, r *request, _ shop.Form) (bool, error) {
	t, err := b.shop.Referral(ctx)
	if err != nil {
		return true, err
	}
	return true, b.setReferralWorth(ctx, r, t, strings.TrimSpace(r.message.Text))
}

func (b *Bot) setReferralWorth(ctx context.Context, r *request, t shop.ReferralTerms, written string) error {
	worth, ok := readWorth(r, written)
	if !ok {
		return b.show(ctx, r, referralScreen(r.loc, t, r.loc.Say("coupon_not_understood")))
	}
	if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
		return err
	}
	before, c := t, couponForm{fieldWorth: worth}.coupon()
	t.Percent, t.Amount = c.Percent, c.Amount
	return b.keepReferral(ctx, r, before, t, "")
}

// keepReferral stores terms that have changed and shows them.
func (b *Bot) keepReferral(ctx context.Context, r *request, before, after shop.ReferralTerms, note markup) error {
	if before.On != after.On || before.Cap != after.Cap || before.Days != after.Days ||
		before.Percent != after.Percent || !sameAmount(before.Amount, after.Amount) {
		if err := b.shop.SetReferral(ctx, r.user.ID, after); err != nil {
			return err
		}
	}
	return b.show(ctx, r, referralScreen(r.loc, after, note))
}

func sameAmount(a, b money.Amount) bool { return a.IsZero() && b.IsZero() || a.Equal(b) }

// referralScreen is the terms of invitations, for owners.
func referralScreen(l localizer, t shop.ReferralTerms, note markup) screen {
	s := screen{Text: sections(note, l.Say("referral_off"))}
	set := func(label, field, value string) button {
		return button{Text: label, Data: data(actCoupons, "ref", field, value)}
	}
	back := row(l.button("coupons_back", actCoupons, "list"))
	if !t.On {
		s.Rows = [][]button{row(l.button("referral_on", actCoupons, "ref", "on")), back}
		return s
	}
	said := []markup{"🎁 " + couponWorth(l, shop.Coupon{Percent: t.Percent, Amount: t.Amount})}
	if t.Cap > 0 {
		said = append(said, l.Say("referral_cap", "Cap", itoa(t.Cap)))
	}
	if t.Days > 0 {
		said = append(said, l.Say("referral_days", "Count", t.Days))
	}
	s.Text = sections(note, l.Say("referral"), lines(said...))
	most := func(n int) button { return set(l.Plain("button_referral_cap", "Cap", itoa(n)), "cap", itoa(n)) }
	days := func(n int) button { return set(l.Plain("button_coupon_days", "Count", n), "days", itoa(n)) }
	s.Rows = [][]button{
		row(set("5%", fieldWorth, "5%"), set("10%", fieldWorth, "10%"), set("20%", fieldWorth, "20%"), l.button("referral_other", actCoupons, "ref", verbAsk)),
		row(most(5), most(20), set(l.Plain("button_referral_no_cap"), "cap", itoa(0))),
		row(days(30), days(90), set(l.Plain("button_coupon_none_until"), "days", itoa(0))),
		row(l.button("referral_stop", actCoupons, "ref", "off")),
		back,
	}
	return s
}
