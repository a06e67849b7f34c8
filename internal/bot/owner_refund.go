package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

var errBadAmount = errors.New("not an amount")

// refundLeft is what can still go back, in the first asset of which anything can.
func refundLeft(o shop.Order) money.Amount {
	for _, asset := range o.PaidAssets() {
		if left := o.Refundable(asset); left.Sign() > 0 {
			return left
		}
	}
	return money.Amount{}
}

// askRefund is "/refund ORDER [AMOUNT]", "/refund ORDER #LINE" and the refund buttons: it shows
// what would be sent, to be confirmed.
func (b *Bot) askRefund(ctx context.Context, r *request) error {
	number, wanted, _ := strings.Cut(strings.TrimSpace(r.args), " ")
	if number == "" {
		return b.say(ctx, r, "refund_usage")
	}
	o, found, err := b.find(ctx, r, number)
	if !found {
		return err
	}
	amount, line, err := wantedRefund(o, wanted)
	if err == nil {
		err = o.CheckRefund(amount)
	}
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	nonce, err := b.nonces.draw(r.user.ID, time.Now())
	if err != nil {
		return err
	}
	s, err := refundScreen(r.loc, o, amount, line, nonce)
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	return b.reply(ctx, r, s)
}

// refundScreen asks whether an amount shall go back: for the line with this index, or for none if
// it is negative. errBadAmount if the button has no room for it.
func refundScreen(l localizer, o shop.Order, amount money.Amount, line int, nonce string) (screen, error) {
	yes := data(actRefund, string(o.ID), strings.ReplaceAll(amount.String(), " ", ""), nonce)
	text, ordered := "refund_ask", o.Lines
	if line >= 0 {
		text, ordered = "refund_ask_line", o.Lines[line:line+1]
		yes += ":" + itoa(line+1)
	}
	if len(yes) > maxData {
		return screen{}, errBadAmount
	}
	return screen{
		Text: l.say(text, "Amount", amount, "Buyer", buyer(l, o.Buyer), "Order", o.ID,
			"Items", items(l, ordered, 5), "Paid", paid(o)),
		Rows: [][]button{
			row(button{Text: l.plain("button_refund_yes", "Amount", amount), Data: yes}),
			row(l.button("refund_no", actRefundNo)),
		},
	}, nil
}

// wantedRefund reads what an owner wants to send back: a line such as "#2", or else an amount, with
// a negative line, as refundAmount does.
func wantedRefund(o shop.Order, wanted string) (amount money.Amount, line int, err error) {
	number, isLine := strings.CutPrefix(strings.TrimSpace(wanted), "#")
	if !isLine {
		amount, err = refundAmount(o, wanted)
		return amount, -1, err
	}
	n, ok := quantity(number)
	if !ok {
		return amount, 0, shop.ErrLineRefunded
	}
	amount, err = o.LineRefund(n - 1)
	if err == nil && amount.IsZero() {
		err = shop.ErrNothingPaid
	}
	return amount, n - 1, err
}

// shareDecimals is how exactly a part of the price is turned into coins.
const shareDecimals = 8

// refundAmount reads an amount to send back: nothing for all that is left, "1.50" in the currency
// of the price tags, "1.50 USDT" in a coin.
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
	if currency == left.Currency() || currency != o.Total.Currency() {
		return a, nil // the latter is another coin that it was paid in; CheckRefund knows
	}
	first := o.Payments[0]
	share, err := first.Amount.Share(a, first.Price, shareDecimals)
	if err != nil || share.IsZero() {
		return money.Amount{}, errBadAmount
	}
	return share, nil
}

// refund is the yes button. A second press is the same refund.
func (b *Bot) refund(ctx context.Context, r *request) error {
	req, nonce, err := readRefund(r.args)
	if err != nil {
		return errStale
	}
	drawn, err := b.nonces.drawn(r.user.ID, nonce, time.Now())
	if err != nil {
		return err
	}
	req.By, req.Origin = r.user.ID, r.origin(nonce, drawn)
	o, err := b.shop.Refund(ctx, req)
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	return b.show(ctx, r, screen{Text: r.loc.say("refund_started", "Amount", req.Amount, "Order", o.ID)})
}

// readRefund reads the data of the yes button, and its nonce.
func readRefund(args string) (req shop.RefundRequest, nonce string, err error) {
	parts := strings.Split(args, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return req, "", errStale
	}
	if req.Order, err = orderArgument(parts[0]); err != nil {
		return req, "", err
	}
	if req.Amount, err = parseCompact(parts[1]); err != nil {
		return req, "", err
	}
	if len(parts) == 4 {
		n, ok := quantity(parts[3])
		if !ok {
			return req, "", errStale
		}
		req.Lines = []int{n - 1}
	}
	return req, parts[2], nil
}

// parseCompact reads an amount written without a blank, such as "1.5USDT".
func parseCompact(s string) (money.Amount, error) {
	i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if i < 0 {
		return money.Amount{}, errBadAmount
	}
	return money.Parse(s[:i], money.Currency(s[i:]))
}

// refundRefused says why a refund cannot be, in a message of its own.
func (b *Bot) refundRefused(ctx context.Context, r *request, o shop.Order, err error) error {
	if strange := (*shop.UnknownRailError)(nil); errors.As(err, &strange) {
		err = shop.ErrCannotRefund
	}
	if errors.Is(err, shop.ErrRefundTooBig) || errors.Is(err, money.ErrCurrencyMismatch) {
		return b.say(ctx, r, "refund_too_big", "Left", refundLeft(o))
	}
	text, expected := apology(err)
	if !expected {
		return err
	}
	return b.say(ctx, r, text)
}

func (b *Bot) refundDropped(ctx context.Context, r *request) error {
	return b.show(ctx, r, screen{Text: r.loc.say("refund_dropped")})
}
