package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-telegram/bot/models"

	"shopbot/internal/shop"
)

// buyCommand is "/buy", which leads through the catalog, or "/buy SKU [QTY]",
// which makes an order at once.
func (b *Bot) buyCommand(ctx context.Context, r *request) error {
	words := strings.Fields(r.args)
	if len(words) == 0 {
		return b.categories(ctx, r)
	}
	p, found := r.catalog.Offered(words[0])
	if !found {
		return b.showProduct(ctx, r, words[0], 1) // says what there is instead
	}
	n, ok := 1, true
	if len(words) > 1 {
		n, ok = readQuantity(r.loc, strings.Join(words[1:], " "))
	}
	if !ok || n == 0 {
		return b.wrongQuantity(ctx, r, p.SKU, p.Limit)
	}
	return b.checkout(ctx, r, one(p.SKU, n, r.origin("", time.Time{})))
}

func (b *Bot) wrongQuantity(ctx context.Context, r *request, sku string, limit int) error {
	return b.say(ctx, r, "quantity_wrong", "Limit", limit, "SKU", sku)
}

// tooMany says how many one order takes, or, if there are fewer, how many there are, and offers
// these.
func (b *Bot) tooMany(ctx context.Context, r *request, e *shop.QuantityError) error {
	p, found := r.catalog.Offered(e.SKU)
	if !found || e.Quantity <= e.Limit {
		return b.wrongQuantity(ctx, r, e.SKU, e.Limit)
	}
	o, err := b.offer(ctx, r, p)
	switch {
	case err != nil:
		return err
	case o.Limited && o.Free < e.Limit:
		return b.soldOut(ctx, r, &shop.SoldOutError{SKU: e.SKU, Left: o.Free})
	}
	o.Quantity, o.Note = e.Limit, r.loc.Say("quantity_wrong", "Limit", e.Limit, "SKU", e.SKU)
	return b.showOffer(ctx, r, o)
}

// buyButton makes the order of one drawing of the Buy button, however often it is pressed.
func (b *Bot) buyButton(ctx context.Context, r *request) error {
	parts := strings.Split(r.args, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return errStale
	}
	n, ok := quantity(parts[1])
	drawn, err := b.nonces.drawn(r.user.ID, parts[2], time.Now())
	if !ok || err != nil {
		r.toast = r.loc.Plain("stale_button")
		return b.showProduct(ctx, r, parts[0], max(n, 1))
	}
	p := one(parts[0], n, r.origin(parts[2], drawn))
	p.button = data(actBuy, parts[:3]...)
	if len(parts) == 4 {
		p.coin = parts[3]
	}
	return b.checkout(ctx, r, p)
}

// purchase is what a buyer orders: items, at least one, or the cart.
type purchase struct {
	items []shop.Item
	// cart is the mark of the cart that the buyer saw; "" if it is not the cart.
	cart   string
	origin shop.Origin
	// button is the callback data that asks for the purchase, to which a coin can be added; "" for a
	// purchase that was written.
	button string
	back   string // the callback data of the way back from a choice of coin
	coin   string // coinName of what the buyer chose to pay with; "" for none
	form   bool   // its answers are those of the open form, which ends with the order
}

// one is the purchase of n pieces of one product.
func one(sku string, n int, origin shop.Origin) purchase {
	return purchase{items: []shop.Item{{SKU: sku, Quantity: n}}, origin: origin, back: data(actProduct, sku, itoa(n))}
}

// checkout makes the order of a purchase and shows it, or says why it was refused. It may be
// repeated.
func (b *Bot) checkout(ctx context.Context, r *request, p purchase) error {
	hand, err := b.couponInHand(ctx, r)
	if err != nil {
		return err
	}
	coin, choose := b.coinOf(r, p)
	if choose {
		return b.chooseCoin(ctx, r, p, hand)
	}
	o, err := b.shop.Checkout(ctx, shop.Request{
		Buyer: r.buyer(), Items: p.items, Asset: coin, Cart: p.cart, Origin: p.origin, Message: r.at, Coupon: hand,
	})
	if err != nil {
		return b.refuse(ctx, r, p, err)
	}
	if p.form {
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return err
		}
	}
	if err := b.drawOrder(ctx, r, o); err != nil {
		return err
	}
	return b.couponSpent(ctx, r, hand, o)
}

// refuse says why a purchase makes no order, and shows what can be had.
func (b *Bot) refuse(ctx context.Context, r *request, p purchase, err error) error {
	var noCoupon *shop.CouponError
	var soldOut *shop.SoldOutError
	var wrong *shop.QuantityError
	var lapsed *shop.LapsedError
	var unanswered *shop.UnansweredError
	switch {
	case errors.As(err, &unanswered):
		return b.askFirst(ctx, r, p, unanswered.SKU)
	case p.cart != "" && cartRefused(err):
		return b.cartMoved(ctx, r)
	case errors.As(err, &soldOut):
		return b.soldOut(ctx, r, soldOut)
	case errors.As(err, &wrong):
		return b.tooMany(ctx, r, wrong)
	case errors.As(err, &lapsed):
		return b.lapsed(ctx, r, lapsed)
	case errors.Is(err, shop.ErrTooManyOpen):
		return b.tooManyOpen(ctx, r)
	case errors.Is(err, shop.ErrBlocked):
		return b.sayBlocked(ctx, r)
	case errors.As(err, &noCoupon):
		return b.couponGone(ctx, r, noCoupon, p.items[0].SKU, p.items[0].Quantity)
	}
	return err
}

// soldOut says so and shows what can be had now.
func (b *Bot) soldOut(ctx context.Context, r *request, e *shop.SoldOutError) error {
	text, facts := "sold_out_all", []any(nil)
	if e.Left > 0 {
		text, facts = "sold_out_left", []any{"Count", e.Left}
	}
	switch {
	case r.query != nil:
		r.warn(text, facts...)
		return b.showProduct(ctx, r, e.SKU, max(e.Left, 1))
	case e.Left == 0: // the product's screen says so
		return b.showProduct(ctx, r, e.SKU, 1)
	}
	return b.showProduct(ctx, r, e.SKU, max(e.Left, 1), r.loc.Say(text, facts...))
}

// lapsed says that nothing is held for the buyer, why, and until when.
func (b *Bot) lapsed(ctx context.Context, r *request, e *shop.LapsedError) error {
	said := r.loc.Say("too_many_unpaid", "Until", r.loc.Moment(e.Until))
	if e.Lapses > 0 {
		said = r.loc.Say("too_many_lapsed", "Count", e.Lapses, "Until", r.loc.Moment(e.Until))
	}
	return b.reply(ctx, r, screen{Text: said, Rows: [][]button{row(anew(r.loc.button("orders", actOrders)), anew(r.loc.button("catalog", actCatalog)))}})
}

// tooManyOpen shows the orders that have to be paid or cancelled first. What was on the screen
// stays there, so the buyer can go on from it.
func (b *Bot) tooManyOpen(ctx context.Context, r *request) error {
	open, err := b.openOrders(ctx, r)
	if err != nil {
		return err
	}
	return b.reply(ctx, r, openScreen(r.loc, open, time.Now(), r.loc.Say("too_many_open")))
}

// cancelLook is among how many of the newest orders unpaid ones are looked for.
const cancelLook = 100

// openOrders lists the buyer's unpaid orders, newest first.
func (b *Bot) openOrders(ctx context.Context, r *request) ([]shop.Order, error) {
	orders, err := b.shop.OrdersOf(ctx, r.user.ID, "", cancelLook)
	return slices.DeleteFunc(orders, func(o shop.Order) bool { return !o.Open() }), err
}

// cancelCommand leaves a form, or else gives up the unpaid order that was there when the command
// was written. If there are several, it asks which one. So a command that is handled again after a
// crash does not give up an order made since.
func (b *Bot) cancelCommand(ctx context.Context, r *request) error {
	if r.left {
		return b.say(ctx, r, "form_left")
	}
	open, err := b.openOrders(ctx, r)
	switch {
	case err != nil:
		return err
	case len(open) == 0:
		return b.menu(ctx, r, "cancel_nothing")
	case len(open) > 1 || !madeBefore(open[0], r.message):
		return b.show(ctx, r, openScreen(r.loc, open, time.Now(), r.loc.Say("cancel_which", "Count", len(open))))
	}
	o, cancelled, err := b.cancelOrder(ctx, r, open[0].ID)
	if !cancelled {
		return err
	}
	if err := b.chat.redraw(ctx, r.loc, o); err != nil { // it loses its buttons as well
		return err
	}
	return b.show(ctx, r, screen{Text: cancelledText(r.loc, o), Rows: mainMenu(r.loc)})
}

// madeBefore reports whether an order was made before a message was written. Telegram tells the
// second alone; within it the messages' ids decide.
func madeBefore(o shop.Order, m *models.Message) bool {
	made, written := o.Created.Unix(), int64(m.Date)
	return made < written || made == written && o.Message.Message != 0 && o.Message.Message < m.ID
}

// cancelledText names what was cancelled.
func cancelledText(l localizer, o shop.Order) markup {
	return l.Say("cancelled_order", "Items", items(l, o.Lines, 5), "Order", o.ID)
}

// cancel is the button under an order.
func (b *Bot) cancel(ctx context.Context, r *request, id shop.OrderID) error {
	o, cancelled, err := b.cancelOrder(ctx, r, id)
	if !cancelled {
		return err
	}
	return b.drawOrder(ctx, r, o)
}

// cancelOrder cancels a buyer's order; false if it is too late, which the buyer is told.
func (b *Bot) cancelOrder(ctx context.Context, r *request, id shop.OrderID) (shop.Order, bool, error) {
	o, err := b.shop.Cancel(ctx, r.user.ID, id)
	if errors.Is(err, shop.ErrIllegalMove) {
		return o, false, b.cancelTooLate(ctx, r, id)
	}
	r.toast = r.loc.Plain("cancel_done")
	if err == nil {
		err = b.chat.couponBack(ctx, o)
	}
	return o, err == nil, err
}

// cancelTooLate shows what has become of an order that cannot be cancelled any more.
func (b *Bot) cancelTooLate(ctx context.Context, r *request, id shop.OrderID) error {
	r.warn("cancel_too_late")
	o, err := b.shop.OrderOf(ctx, r.user.ID, id)
	if err != nil {
		return err
	}
	if r.query == nil { // a toast would not be seen
		if err := b.say(ctx, r, "cancel_too_late"); err != nil {
			return err
		}
	}
	return b.drawOrder(ctx, r, o)
}

// cancelListed is a button in the list of unpaid orders. The list then shows what is left.
func (b *Bot) cancelListed(ctx context.Context, r *request, id shop.OrderID) error {
	o, cancelled, err := b.cancelOrder(ctx, r, id)
	if !cancelled {
		return err
	}
	b.answer(ctx, r)
	if err := b.chat.redraw(ctx, r.loc, o); err != nil {
		return err
	}
	open, err := b.openOrders(ctx, r)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		return b.show(ctx, r, screen{Text: cancelledText(r.loc, o), Rows: mainMenu(r.loc)})
	}
	s := openScreen(r.loc, open, time.Now(), r.loc.Say("cancel_which", "Count", len(open)))
	s.Text = cancelledText(r.loc, o) + "\n\n" + s.Text
	return b.show(ctx, r, s)
}
