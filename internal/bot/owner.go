package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func (b *Bot) say(ctx context.Context, v *visit, id string, pairs ...any) error {
	_, err := b.chat.send(ctx, v.user.ID, screen{Text: v.voice.say(id, pairs...)})
	return err
}

// find reads any order for an owner, and says so where there is none.
func (b *Bot) find(ctx context.Context, v *visit, number string) (shop.Order, bool, error) {
	id, err := shop.ParseOrderID(number)
	if err == nil {
		var o shop.Order
		if o, err = b.shop.Order(ctx, id); err == nil {
			return o, true, nil
		}
	}
	if errors.Is(err, shop.ErrBadOrderID) || errors.Is(err, shop.ErrNotFound) {
		return shop.Order{}, false, b.say(ctx, v, "owner_order_unknown")
	}
	return shop.Order{}, false, err
}

func (b *Bot) orderDetails(ctx context.Context, v *visit) error {
	if v.args == "" {
		return b.say(ctx, v, "owner_order_usage")
	}
	o, found, err := b.find(ctx, v, v.args)
	if !found {
		return err
	}
	_, err = b.chat.send(ctx, v.user.ID, detailsScreen(v.voice, o))
	return err
}

func detailsScreen(v voice, o shop.Order) screen {
	var more []markup
	if o.Invoice.ID != 0 {
		more = append(more, v.say("detail_invoice", "Invoice", strconv.FormatInt(o.Invoice.ID, 10)))
	}
	for _, p := range o.Payments[max(len(o.Payments)-10, 0):] {
		more = append(more, v.say("detail_payment", "Amount", p.Amount, "Fee", p.Fee, "At", moment(p.At),
			"Invoice", strconv.FormatInt(p.Invoice, 10)))
	}
	if !o.Delivered.IsZero() {
		more = append(more, v.say("detail_delivered", "At", moment(o.Delivered)))
	}
	if o.State == shop.StateHeld {
		more = append(more, v.say("detail_hold", "Reason", string(o.Hold)), wishText(v, o))
	}
	if len(o.Keys) > 0 {
		var keys []string
		for _, k := range o.Keys[:min(len(o.Keys), 10)] {
			keys = append(keys, clip(k, 60))
		}
		shown := codeLines(keys)
		if len(o.Keys) > len(keys) {
			shown += "\n…"
		}
		more = append(more, v.say("detail_keys", "Count", len(o.Keys), "Keys", shown))
	}
	for _, r := range o.Refunds[max(len(o.Refunds)-10, 0):] {
		more = append(more, v.say("detail_refund", "Amount", r.Amount,
			"Status", v.plain("refund_status_"+string(r.Status)), "Refusal", r.Refusal))
	}
	s := screen{Text: v.say("order_details", "Order", o.ID, "State", v.plain("state_"+string(o.State)),
		"Lines", orderLines(v, o), "Buyer", buyer(o.Buyer), "BuyerID", strconv.FormatInt(o.Buyer.ID, 10),
		"Created", moment(o.Created), "More", lines(more...))}
	for _, p := range o.Surplus() {
		s.Rows = append(s.Rows, row(returnButton(v, o, p.Invoice)))
	}
	switch {
	case o.State == shop.StateHeld:
		s.Rows = append(s.Rows, heldRow(v, o))
	case refundLeft(o).Sign() > 0 && o.State != shop.StateRefunding && o.State != shop.StatePaid:
		s.Rows = append(s.Rows, row(button{Text: v.plain("button_refund"), Data: data(actAskRefund, string(o.ID))}))
	}
	return s
}

// refundLeft is what can still go back, in the first asset of which anything can.
func refundLeft(o shop.Order) money.Amount {
	for _, asset := range o.PaidAssets() {
		if left := o.Refundable(asset); left.Sign() > 0 {
			return left
		}
	}
	return money.Amount{}
}

// askRefund is "/refund ORDER [AMOUNT]" and the Refund button: it shows what would be sent, to be confirmed.
func (b *Bot) askRefund(ctx context.Context, v *visit) error {
	number, wanted, _ := strings.Cut(strings.TrimSpace(v.args), " ")
	if number == "" {
		return b.say(ctx, v, "refund_usage")
	}
	o, found, err := b.find(ctx, v, number)
	if !found {
		return err
	}
	amount, err := refundAmount(o, wanted)
	if err == nil {
		err = o.CheckRefund(amount)
	}
	if err != nil {
		return b.refundRefused(ctx, v, o, err)
	}
	nonce, err := newNonce(time.Now(), b.rand)
	if err != nil {
		return err
	}
	yes := data(actRefund, string(o.ID), strings.ReplaceAll(amount.String(), " ", ""), nonce)
	if len(yes) > maxData {
		return b.say(ctx, v, "refund_bad_amount")
	}
	_, err = b.chat.send(ctx, v.user.ID, screen{
		Text: v.voice.say("refund_ask", "Amount", amount, "Buyer", buyer(o.Buyer), "Order", o.ID,
			"Title", o.Item.Title, "Quantity", o.Item.Quantity, "Paid", paid(o)),
		Rows: [][]button{
			row(button{Text: v.voice.plain("button_refund_yes", "Amount", amount), Data: yes}),
			row(button{Text: v.voice.plain("button_refund_no"), Data: data(actRefundNo)}),
		},
	})
	return err
}

var errBadAmount = errors.New("not an amount")

// shareDecimals is how exactly a part of the price is turned into coins.
const shareDecimals = 8

// refundAmount reads what an owner wants to send back: nothing for all that is
// left, "1.50" in the currency of the price tags, "1.50 USDT" in a coin.
func refundAmount(o shop.Order, wanted string) (money.Amount, error) {
	number, code, hasCode := strings.Cut(strings.TrimSpace(wanted), " ")
	left := refundLeft(o)
	switch {
	case len(o.Payments) == 0 || left.IsZero():
		return money.Amount{}, shop.ErrNothingPaid
	case number == "":
		return left, nil
	}
	currency := o.Total.Currency()
	if hasCode {
		currency = money.Currency(strings.ToUpper(strings.TrimSpace(code)))
	}
	a, err := money.Parse(strings.ReplaceAll(number, ",", "."), currency)
	if err != nil || a.IsZero() {
		return money.Amount{}, errBadAmount
	}
	if currency == left.Currency() {
		return a, nil
	}
	if currency != o.Total.Currency() {
		return a, nil // another coin it was paid in; CheckRefund knows
	}
	first := o.Payments[0]
	share, err := first.Amount.Share(a, first.Price, shareDecimals)
	if err != nil || share.IsZero() {
		return money.Amount{}, errBadAmount
	}
	return share, nil
}

// refund is the yes button. A second press is the same refund.
func (b *Bot) refund(ctx context.Context, v *visit) error {
	parts := strings.Split(v.args, ":")
	if len(parts) != 3 {
		return errStale
	}
	id, err := shop.ParseOrderID(parts[0])
	if err != nil {
		return errStale
	}
	drawn, err := nonceTime(parts[2], time.Now())
	if err != nil {
		return err
	}
	amount, err := parseCompact(parts[1])
	if err != nil {
		return errStale
	}
	o, err := b.shop.Refund(ctx, shop.RefundRequest{
		Order: id, Amount: amount, By: v.user.ID, Origin: v.origin(parts[2], drawn),
	})
	if err != nil {
		return b.refundRefused(ctx, v, o, err)
	}
	_, err = b.show(ctx, v, screen{Text: v.voice.say("refund_started", "Amount", amount, "Order", o.ID)})
	return err
}

// parseCompact reads an amount written without a blank, such as "1.5USDT".
func parseCompact(s string) (money.Amount, error) {
	i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if i < 0 {
		return money.Amount{}, errBadAmount
	}
	return money.Parse(s[:i], money.Currency(s[i:]))
}

func (b *Bot) refundRefused(ctx context.Context, v *visit, o shop.Order, err error) error {
	switch {
	case errors.Is(err, shop.ErrNothingPaid):
		return b.say(ctx, v, "refund_nothing")
	case errors.Is(err, shop.ErrRefundRunning):
		return b.say(ctx, v, "refund_running")
	case errors.Is(err, shop.ErrDelivering):
		return b.say(ctx, v, "refund_delivering")
	case errors.Is(err, shop.ErrRefundTooBig), errors.Is(err, money.ErrCurrencyMismatch):
		return b.say(ctx, v, "refund_too_big", "Left", refundLeft(o))
	case errors.Is(err, errBadAmount):
		return b.say(ctx, v, "refund_bad_amount")
	}
	return err
}

func (b *Bot) refundDropped(ctx context.Context, v *visit) error {
	_, err := b.show(ctx, v, screen{Text: v.voice.say("refund_dropped")})
	return err
}

// release sends a held order on to delivery.
func (b *Bot) release(ctx context.Context, v *visit) error {
	id, err := shop.ParseOrderID(v.args)
	if err != nil {
		return errStale
	}
	o, err := b.shop.Release(ctx, id, v.user.ID)
	if errors.Is(err, shop.ErrNoStock) {
		if o, err = b.shop.Order(ctx, id); err != nil {
			return err
		}
		v.toast, v.alert = v.voice.plain("release_no_stock", "SKU", o.Item.SKU), true
		return nil
	}
	if errors.Is(err, shop.ErrIllegalMove) {
		return errStale
	}
	if err != nil {
		return err
	}
	_, err = b.show(ctx, v, screen{Text: v.voice.say("released", "Order", o.ID)})
	return err
}
