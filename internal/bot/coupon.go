package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// formCoupon waits for the code of a coupon. Its SKU is the product that the buyer looks at, or
// cartPlace; "" for none.
const (
	formCoupon = "coupon"
	couponTime = 10 * time.Minute
)

// couponCommand is "/coupon CODE", or "/coupon", which asks for the code.
func (b *Bot) couponCommand(ctx context.Context, r *request) error {
	if r.args != "" {
		return b.takeCoupon(ctx, r, r.args, "")
	}
	return b.askCoupon(ctx, r, "")
}

// couponButton asks for a code under a product, takes the one that it has, or lays the coupon in
// hand aside.
func (b *Bot) couponButton(ctx context.Context, r *request) error {
	sku, code, _ := strings.Cut(r.args, ":")
	switch code {
	case "":
		return b.askCoupon(ctx, r, sku)
	case "-":
	default:
		return b.takeCoupon(ctx, r, code, sku)
	}
	if _, err := b.setCoupon(ctx, r, ""); err != nil {
		return err
	}
	r.toast = r.loc.Plain("coupon_off")
	if sku == cartPlace {
		return b.showCart(ctx, r, 0)
	}
	return b.showProduct(ctx, r, sku, 1)
}

func (b *Bot) askCoupon(ctx context.Context, r *request, sku string) error {
	hand, err := b.couponInHand(ctx, r)
	if err != nil {
		return err
	}
	if err := b.setForm(ctx, r.user.ID, formCoupon, couponTime, map[string]string{"sku": sku}); err != nil {
		return err
	}
	if hand != "" {
		return b.say(ctx, r, "coupon_ask_other", "Code", hand)
	}
	return b.say(ctx, r, "coupon_ask")
}

// couponEntered takes the message with the code. After a wrong one the form goes on.
func (b *Bot) couponEntered(ctx context.Context, r *request, f shop.Form) (bool, error) {
	return true, b.takeCoupon(ctx, r, r.message.Text, f.Given["sku"])
}

// takeCoupon takes a coupon in hand, or says why not, and shows the product that the buyer looks
// at. It may be repeated.
func (b *Bot) takeCoupon(ctx context.Context, r *request, written, sku string) error {
	now := time.Now()
	p, err := b.chat.memory.Person(ctx, r.user.ID)
	switch {
	case err != nil:
		return err
	case !p.MayGuess(now):
		return b.say(ctx, r, "coupon_guesses")
	}
	code, err := shop.ParseCouponCode(written)
	if err != nil {
		return b.say(ctx, r, "coupon_bad_code")
	}
	c, err := b.shop.CouponFor(ctx, r.user.ID, code)
	var no *shop.CouponError
	switch {
	case errors.As(err, &no):
		if no.Reason == shop.CouponUnknown {
			if _, err := b.chat.memory.ChangePerson(ctx, r.user.ID, func(p *shop.Person) bool {
				p.GuessedWrong(now)
				return true
			}); err != nil {
				return err
			}
		}
		return b.reply(ctx, r, screen{Text: couponRefusal(r.loc, r.catalog, no)})
	case err != nil:
		return err
	}
	if _, err := b.setCoupon(ctx, r, code); err != nil {
		return err
	}
	if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
		return err
	}
	taken := r.loc.Say("coupon_taken", "Code", code, "Terms", couponTerms(r.loc, r.catalog, c.Coupon))
	if sku == cartPlace {
		return b.showCart(ctx, r, 0, taken)
	}
	if _, found := r.catalog.Product(sku); found {
		return b.showProduct(ctx, r, sku, 1, taken)
	}
	return b.show(ctx, r, screen{Text: taken, Rows: [][]button{row(r.loc.button("catalog", actCatalog))}})
}

// couponInHand is the code that the next order is to use; "" for none.
func (b *Bot) couponInHand(ctx context.Context, r *request) (string, error) {
	p, err := b.chat.memory.Person(ctx, r.user.ID)
	return p.Coupon, err
}

func (b *Bot) setCoupon(ctx context.Context, r *request, code string) (shop.Person, error) {
	return b.chat.memory.ChangePerson(ctx, r.user.ID, func(p *shop.Person) bool {
		changed := p.Coupon != code
		p.Coupon = code
		return changed
	})
}

// dropCoupon takes a coupon out of the buyer's hand, unless another one is there by now.
func (b *Bot) dropCoupon(ctx context.Context, r *request, code string) error {
	_, err := b.chat.memory.ChangePerson(ctx, r.user.ID, func(p *shop.Person) bool {
		had := p.Coupon == code && code != ""
		if had {
			p.Coupon = ""
		}
		return had
	})
	return err
}

// offerCoupon adds to a product's card what the coupon in hand saves, or why it does not. One that
// no order can use any more is dropped.
func (b *Bot) offerCoupon(ctx context.Context, r *request, o *offer) error {
	hand, err := b.couponInHand(ctx, r)
	if err != nil {
		return err
	}
	if hand == "" {
		o.Coupons, err = b.shop.HasCoupons(ctx)
		return err
	}
	o.Coupon = hand
	o.Saved, err = b.shop.CouponSaves(ctx, r.user.ID, hand, o.Product, o.Quantity)
	var no *shop.CouponError
	if !errors.As(err, &no) {
		return err
	}
	o.Note = lines(o.Note, couponRefusal(r.loc, r.catalog, no))
	if no.Misfit() {
		return nil
	}
	o.Coupon = ""
	return b.dropCoupon(ctx, r, hand)
}

// couponGone says why the coupon in hand cannot be used any more and shows the product at the price
// without it.
func (b *Bot) couponGone(ctx context.Context, r *request, no *shop.CouponError, sku string, n int) error {
	if err := b.dropCoupon(ctx, r, no.Coupon.Code); err != nil {
		return err
	}
	return b.showProduct(ctx, r, sku, n, couponRefusal(r.loc, r.catalog, no))
}

// couponSpent takes the coupon that an order uses out of the buyer's hand, or says that it does not
// use it.
func (b *Bot) couponSpent(ctx context.Context, r *request, hand string, o shop.Order) error {
	switch {
	case hand == "", o.State == shop.StateCancelled: // it came back
		return nil
	case o.Coupon() == hand:
		return b.dropCoupon(ctx, r, hand)
	}
	return b.say(ctx, r, "coupon_kept", "Code", hand)
}

// couponBack gives the coupon of an order that was cancelled or lapsed back into the buyer's hand, if
// that is empty.
func (c *chat) couponBack(ctx context.Context, o shop.Order) error {
	if o.State != shop.StateCancelled || o.Coupon() == "" || o.Buyer.ID == 0 {
		return nil
	}
	_, err := c.memory.ChangePerson(ctx, o.Buyer.ID, func(p *shop.Person) bool {
		empty := p.Coupon == ""
		if empty {
			p.Coupon = o.Coupon()
		}
		return empty
	})
	return err
}
