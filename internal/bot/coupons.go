package bot

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"shopbot/internal/shop"
)

// couponsPage is how many coupons one screen of /coupons lists.
const couponsPage = 8

// coupons is /coupons: the shop's coupons in the order of their codes.
func (b *Bot) coupons(ctx context.Context, r *request) error { return b.couponList(ctx, r, "") }

// couponsButton is a button of the owners' pages about coupons: "list:after", "one:code",
// "stop:code", "go:code", "file:code", "ref:…" of the page about invitations, or one of the form for a new coupon.
func (b *Bot) couponsButton(ctx context.Context, r *request) error {
	verb, argument, _ := strings.Cut(r.args, ":")
	switch verb {
	case "", "list":
		return b.couponList(ctx, r, argument)
	case "one":
		c, err := b.shop.Coupon(ctx, argument)
		return b.showCoupon(ctx, r, c, err)
	case "stop":
		c, err := b.shop.StopCoupon(ctx, r.user.ID, argument)
		return b.showCoupon(ctx, r, c, err)
	case "go":
		c, err := b.shop.ResumeCoupon(ctx, r.user.ID, argument)
		return b.showCoupon(ctx, r, c, err)
	case "file":
		return b.couponFile(ctx, r, argument)
	case "ref":
		return b.referralButton(ctx, r, argument)
	case "new":
		return b.keepCouponForm(ctx, r, couponForm{}, "")
	}
	return b.couponFormButton(ctx, r, verb, argument)
}

func (b *Bot) couponList(ctx context.Context, r *request, after string) error {
	list, err := b.shop.Coupons(ctx, "", after, couponsPage+1)
	if err != nil {
		return err
	}
	return b.show(ctx, r, couponsScreen(r.loc, list, after))
}

// showCoupon shows what reading or changing a coupon gave.
func (b *Bot) showCoupon(ctx context.Context, r *request, c shop.CouponState, err error, notes ...markup) error {
	if errors.Is(err, shop.ErrNoCoupon) {
		r.toast = r.loc.Plain("stale_button")
		return b.couponList(ctx, r, "")
	}
	if err != nil {
		return err
	}
	return b.show(ctx, r, couponScreen(r.loc, r.catalog, c, notes...))
}

// couponFile sends the codes of a batch that nobody has used yet, one on each line.
func (b *Bot) couponFile(ctx context.Context, r *request, batch string) error {
	rule, err := b.shop.Coupon(ctx, batch)
	if err != nil || rule.Codes == 0 {
		return b.showCoupon(ctx, r, rule, err)
	}
	list, err := b.shop.Coupons(ctx, batch, "", shop.MaxCodes)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	free := 0
	for _, c := range list {
		if c.Count.Uses == 0 {
			free++
			file.WriteString(c.Code + "\n")
		}
	}
	if free == 0 {
		r.warn("coupon_codes_none")
		return nil
	}
	b.answer(ctx, r)
	said := r.loc.Say("coupon_codes", "Code", batch, "Count", free, "Terms", couponTerms(r.loc, r.catalog, rule.Coupon))
	return b.chat.sendFile(ctx, r.user.ID, screen{Text: said}, strings.ToLower(batch)+".txt", file.Bytes())
}

// makeCoupon makes the coupon of a form that is filled in. If that is repeated, the coupon is there.
func (b *Bot) makeCoupon(ctx context.Context, r *request, f couponForm) error {
	c := f.coupon()
	note := r.loc.Say("coupon_made")
	switch err := b.shop.AddCoupon(ctx, r.user.ID, c); {
	case errors.Is(err, shop.ErrCouponExists):
		note = r.loc.Say("coupon_exists", "Code", c.Code)
	case err != nil:
		return err
	}
	if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
		return err
	}
	if c.Codes > 0 {
		if err := b.couponFile(ctx, r, c.Code); err != nil {
			return err
		}
	}
	made, err := b.shop.Coupon(ctx, c.Code)
	return b.showCoupon(ctx, r, made, err, note)
}
