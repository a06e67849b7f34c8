package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

var (
	errBadAmount    = errors.New("not an amount")
	errTooManyLines = errors.New("more lines than a button can name")
)

// refundLeft is what can still go back, in the first asset of which anything can.
func refundLeft(o shop.Order) money.Amount {
	for _, asset := range o.PaidAssets() {
		if left := o.Refundable(asset); left.Sign() > 0 {
			return left
		}
	}
	return money.Amount{}
}

// askRefund is "/refund ORDER [AMOUNT]", "/refund ORDER #LINE…" and the refund buttons: it shows what
// would be sent, to be confirmed.
func (b *Bot) askRefund(ctx context.Context, r *request) error {
	number, wanted, _ := strings.Cut(strings.TrimSpace(r.args), " ")
	if number == "" {
		return b.say(ctx, r, "refund_usage")
	}
	o, found, err := b.find(ctx, r, number)
	if !found {
		return err
	}
	amount, refunded, err := wantedRefund(o, wanted)
	if err == nil {
		err = o.CheckRefund(amount)
	}
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	nonce, err := newNonce(time.Now(), b.rand)
	if err != nil {
		return err
	}
	s, err := refundScreen(r.loc, o, amount, refunded, nonce)
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	return b.reply(ctx, r, s)
}

// refundScreen asks whether an amount shall go back, for the lines with these indexes if there are any.
// errBadAmount, errTooManyLines if the button has no room for it.
func refundScreen(l localizer, o shop.Order, amount money.Amount, refunded []int, nonce string) (screen, error) {
	yes := data(actRefund, string(o.ID), strings.ReplaceAll(amount.String(), " ", ""), nonce)
	text, ordered, tooLong := "refund_ask", o.Lines, errBadAmount
	if len(refunded) > 0 {
		yes += ":" + writeLines(refunded)
		text, ordered, tooLong = "refund_ask_lines", nil, errTooManyLines
		for _, i := range refunded {
			ordered = append(ordered, o.Lines[i])
		}
	}
	if len(yes) > maxData {
		return screen{}, tooLong
	}
	return screen{
		Text: l.say(text, "Amount", amount, "Buyer", buyer(o.Buyer), "Order", o.ID,
			"Items", items(l, ordered, 5), "Paid", paid(o)),
		Rows: [][]button{
			row(button{Text: l.plain("button_refund_yes", "Amount", amount), Data: yes}),
			row(button{Text: l.plain("button_refund_no"), Data: data(actRefundNo)}),
		},
	}, nil
}

// writeLines writes indexes of lines as their numbers, such as "2,3"; readLines reads them.
func writeLines(indexes []int) string {
	var numbers []string
	for _, i := range indexes {
		numbers = append(numbers, itoa(i+1))
	}
	return strings.Join(numbers, ",")
}

func readLines(s string) (indexes []int, ok bool) {
	for _, number := range strings.Split(s, ",") {
		n, ok := quantity(number)
		if !ok {
			return nil, false
		}
		indexes = append(indexes, n-1)
	}
	return indexes, true
}

// wantedRefund reads what an owner wants to send back: lines such as "#2", or an amount as refundAmount does.
func wantedRefund(o shop.Order, wanted string) (money.Amount, []int, error) {
	words := strings.Fields(wanted)
	if len(words) == 0 || !strings.HasPrefix(words[0], "#") {
		a, err := refundAmount(o, wanted)
		return a, nil, err
	}
	for i, word := range words {
		words[i] = strings.TrimLeft(word, "#")
	}
	refunded, ok := readLines(strings.Join(words, ","))
	if !ok {
		return money.Amount{}, nil, shop.ErrLineRefunded
	}
	slices.Sort(refunded)
	a, err := o.LineRefund(refunded...)
	if err == nil && a.IsZero() {
		err = shop.ErrNothingPaid
	}
	return a, refunded, err
}

// shareDecimals is how exactly a part of the price is turned into coins.
const shareDecimals = 8

// refundAmount reads an amount to send back: nothing for all that is left, "1.50" in the currency of the
// price tags, "1.50 USDT" in a coin.
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
	req, err := readRefund(r.args)
	if err != nil {
		return errStale
	}
	req.By, req.Origin = r.user.ID, r.origin(req.Origin.Act, req.Origin.At)
	o, err := b.shop.Refund(ctx, req)
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	return b.show(ctx, r, screen{Text: r.loc.say("refund_started", "Amount", req.Amount, "Order", o.ID)})
}

// readRefund reads the data of the yes button. The act of the result's origin is the button's nonce.
func readRefund(args string) (req shop.RefundRequest, err error) {
	parts := strings.Split(args, ":")
	if len(parts) != 3 && len(parts) != 4 {
		return req, errStale
	}
	if req.Order, err = orderArgument(parts[0]); err != nil {
		return req, err
	}
	if req.Amount, err = parseCompact(parts[1]); err != nil {
		return req, err
	}
	req.Origin.Act = parts[2]
	if req.Origin.At, err = nonceTime(parts[2], time.Now()); err != nil || len(parts) == 3 {
		return req, err
	}
	refunded, ok := readLines(parts[3])
	if !ok {
		return req, errStale
	}
	req.Lines = refunded
	return req, nil
}

// parseCompact reads an amount written without a blank, such as "1.5USDT".
func parseCompact(s string) (money.Amount, error) {
	i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if i < 0 {
		return money.Amount{}, errBadAmount
	}
	return money.Parse(s[:i], money.Currency(s[i:]))
}

func (b *Bot) refundRefused(ctx context.Context, r *request, o shop.Order, err error) error {
	var strange *shop.UnknownRailError
	switch {
	case errors.Is(err, shop.ErrNothingPaid):
		return b.say(ctx, r, "refund_nothing")
	case errors.Is(err, shop.ErrRefundRunning):
		return b.say(ctx, r, "refund_running")
	case errors.Is(err, shop.ErrDelivering):
		return b.say(ctx, r, "refund_delivering")
	case errors.Is(err, shop.ErrLineRefunded):
		return b.say(ctx, r, "refund_line_unknown")
	case errors.Is(err, shop.ErrCannotRefund), errors.As(err, &strange):
		return b.say(ctx, r, "refund_cannot")
	case errors.Is(err, shop.ErrRefundTooBig), errors.Is(err, money.ErrCurrencyMismatch):
		return b.say(ctx, r, "refund_too_big", "Left", refundLeft(o))
	case errors.Is(err, errBadAmount):
		return b.say(ctx, r, "refund_bad_amount")
	case errors.Is(err, errTooManyLines):
		return b.say(ctx, r, "refund_too_many_lines")
	}
	return err
}

func (b *Bot) refundDropped(ctx context.Context, r *request) error {
	return b.show(ctx, r, screen{Text: r.loc.say("refund_dropped")})
}
