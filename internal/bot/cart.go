package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// cartPlace stands for the cart where a button or a form names the product that a buyer looks at. No
// product has this SKU.
const cartPlace = "*"

func (b *Bot) cartCommand(ctx context.Context, r *request) error { return b.showCart(ctx, r, 0) }

// cartButton is a button of the cart, or one that puts something into it.
func (b *Bot) cartButton(ctx context.Context, r *request) error {
	verb, rest, _ := strings.Cut(r.args, ":")
	sku, last, _ := strings.Cut(rest, ":")
	page, _ := quantity(last)
	var err error
	switch verb {
	case "":
		return b.showCart(ctx, r, 0)
	case "page":
		page, _ = quantity(sku)
		return b.showCart(ctx, r, page)
	case "add":
		return b.addToCart(ctx, r, sku, page)
	case "back":
		return b.backToCart(ctx, r, sku)
	case "answers":
		c, err := b.shop.Cart(ctx, r.user.ID)
		if err != nil {
			return err
		}
		return b.beginAnswers(ctx, r, answersForm{SKU: sku, ToCart: true}, c.Answers(sku))
	case "more":
		_, err = b.shop.StepInCart(ctx, r.user.ID, sku, 1, r.query.ID)
	case "less":
		_, err = b.shop.StepInCart(ctx, r.user.ID, sku, -1, r.query.ID)
	case "out":
		_, err = b.shop.SetInCart(ctx, r.user.ID, sku, 0)
	default:
		return errStale
	}
	if said := r.cartRefusal(err); said != "" {
		r.toast = localize.PlainText(said)
	} else if err != nil {
		return err
	}
	return b.showCart(ctx, r, page)
}

// cartRefusal says why a cart cannot have what was asked for; "" if err is something else.
func (r *request) cartRefusal(err error) markup {
	var soldOut *shop.SoldOutError
	var wrong *shop.QuantityError
	switch {
	case errors.As(err, &wrong):
		return r.loc.Say("quantity_most", "Count", wrong.Limit)
	case errors.As(err, &soldOut) && soldOut.Left == 0:
		return r.loc.Say("sold_out_all")
	case errors.As(err, &soldOut):
		return r.loc.Say("quantity_left", "Count", soldOut.Left)
	case errors.Is(err, shop.ErrCartFull):
		return r.loc.Say("cart_full", "Count", shop.MaxCartLines)
	case errors.Is(err, shop.ErrUnknownProduct):
		return r.loc.Say("stale_button")
	}
	return ""
}

// addToCart puts n pieces of a product into the cart and leads back to the shop, so that the next
// product is as near as the first was.
func (b *Bot) addToCart(ctx context.Context, r *request, sku string, n int) error {
	p, found := r.catalog.Offered(sku)
	if !found || n < 1 {
		return b.showProduct(ctx, r, sku, 1)
	}
	c, err := b.shop.PutInCart(ctx, r.user.ID, shop.Item{SKU: p.SKU, Quantity: n}, r.query.ID)
	if errors.Is(err, shop.ErrUnanswered) {
		return b.beginAnswers(ctx, r, answersForm{SKU: p.SKU, Quantity: n, ToCart: true}, nil)
	}
	if said := r.cartRefusal(err); said != "" {
		r.toast, r.alert = localize.PlainText(said), true
		return b.showProduct(ctx, r, sku, n)
	}
	if err != nil {
		return err
	}
	added := r.loc.Say("cart_added", "Title", p.Title, "Quantity", c.Quantity(p.SKU))
	r.toast = localize.PlainText(added)
	return b.homeWith(ctx, r, added)
}

// backToCart puts what was in an order that came to nothing into the cart.
func (b *Bot) backToCart(ctx context.Context, r *request, order string) error {
	id, err := orderArgument(order)
	if err != nil {
		return err
	}
	_, err = b.shop.BackToCart(ctx, r.user.ID, id)
	if said := r.cartRefusal(err); said != "" {
		r.toast, r.alert = localize.PlainText(said), true
	} else if err != nil {
		return err
	}
	return b.showCart(ctx, r, 0)
}

// showCart shows the cart as it can be ordered now.
func (b *Bot) showCart(ctx context.Context, r *request, page int, notes ...markup) error {
	v, err := b.cartView(ctx, r)
	if err != nil {
		return err
	}
	v.page, v.note = page, lines(append(notes, v.note)...)
	return b.show(ctx, r, cartScreen(r.loc, v))
}

// cartView is what there is to say of the cart now. A coupon in hand that no order can use any more is
// dropped.
func (b *Bot) cartView(ctx context.Context, r *request) (v cartView, err error) {
	if v.coupon, err = b.couponInHand(ctx, r); err != nil {
		return v, err
	}
	if v.CartOffer, err = b.shop.CartOf(ctx, r.user.ID, v.coupon); err != nil {
		return v, err
	}
	if no := v.NoCoupon; no != nil {
		v.note = couponRefusal(r.loc, r.catalog, no)
		if !no.Misfit() {
			v.coupon = ""
			if err := b.dropCoupon(ctx, r, no.Coupon.Code); err != nil {
				return v, err
			}
		}
	}
	if v.coupon == "" {
		if v.coupons, err = b.shop.HasCoupons(ctx); err != nil {
			return v, err
		}
	}
	v.nonce, err = b.nonces.draw(r.user.ID, time.Now())
	return v, err
}

// buyCart makes the order of one drawing of the cart, however often it is pressed.
func (b *Bot) buyCart(ctx context.Context, r *request) error {
	mark, rest, _ := strings.Cut(r.args, ":")
	nonce, coin, _ := strings.Cut(rest, ":")
	drawn, err := b.nonces.drawn(r.user.ID, nonce, time.Now())
	if err != nil || mark == "" {
		r.toast = r.loc.Plain("stale_button")
		return b.showCart(ctx, r, 0)
	}
	return b.checkout(ctx, r, purchase{
		cart: mark, origin: r.origin(nonce, drawn),
		button: data(actCartBuy, mark, nonce), back: data(actCart), coin: coin,
	})
}

// cartRefused reports whether an order of the cart was refused because of what is in it.
func cartRefused(err error) bool {
	for _, is := range []error{shop.ErrCartMoved, shop.ErrNothingOrdered, shop.ErrUnknownProduct} {
		if errors.Is(err, is) {
			return true
		}
	}
	return errors.As(err, new(*shop.SoldOutError)) || errors.As(err, new(*shop.QuantityError)) || errors.As(err, new(*shop.CouponError))
}

// cartMoved says what has changed in the cart since it was shown, and shows it as it is now. Nothing
// was ordered.
func (b *Bot) cartMoved(ctx context.Context, r *request) error {
	v, err := b.cartView(ctx, r)
	if err != nil {
		return err
	}
	r.warn("cart_moved")
	if changes := cartChanges(r.loc, v.CartOffer); len(changes) > 0 {
		r.toast = localize.PlainText(lines(changes...))
	}
	return b.show(ctx, r, cartScreen(r.loc, v))
}

// countCart writes how many pieces are in the cart onto the buttons that lead there.
func (b *Bot) countCart(ctx context.Context, r *request, s screen) screen {
	for i, drawn := range s.Rows {
		for j := range drawn {
			if strings.TrimPrefix(drawn[j].Data, actAnew+":") != actCart || drawn[j].Text != r.loc.Plain("button_cart") {
				continue
			}
			c, err := b.shop.Cart(ctx, r.user.ID)
			if err != nil {
				b.log.WarnContext(ctx, "count cart failed", "user", r.user.ID, "error", err)
				return s
			}
			if n := c.Count(); n > 0 {
				s.Rows[i][j].Text = r.loc.Plain("button_cart_full", "Quantity", n)
			}
		}
	}
	return s
}
