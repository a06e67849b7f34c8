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

var errBadAmount = errors.New("not an amount")

// askRefund is "/refund ORDER [AMOUNT] [check]", "/refund ORDER #LINE [check]" and the refund
// buttons: it shows what would be sent, to be confirmed.
func (b *Bot) askRefund(ctx context.Context, r *request) error {
	number, wanted, _ := strings.Cut(strings.TrimSpace(r.args), " ")
	if number == "" {
		return b.say(ctx, r, "refund_usage")
	}
	o, found, err := b.find(ctx, r, number)
	if !found {
		return err
	}
	wanted, way := refundWay(wanted)
	amount, line, err := wantedRefund(o, wanted)
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	request := shop.RefundRequest{Amount: amount, Way: way}
	if line >= 0 {
		request.Lines = []int{line}
	}
	return b.proposeRefund(ctx, r, o, request)
}

// askCheck is the button under a refused transfer: the same coins as a check.
func (b *Bot) askCheck(ctx context.Context, r *request) error {
	return b.insteadOfRefused(ctx, r, func(o shop.Order, ask shop.RefundRequest) error {
		ask.Way = shop.ByCheck
		return b.proposeRefund(ctx, r, o, ask)
	})
}

// askHand is the button under a refused refund of Stars: an owner returned them in another way.
func (b *Bot) askHand(ctx context.Context, r *request) error {
	return b.insteadOfRefused(ctx, r, func(o shop.Order, ask shop.RefundRequest) error {
		return b.askReturned(ctx, r, o, ask)
	})
}

// insteadOfRefused asks an owner to confirm a refund in place of a refused one.
func (b *Bot) insteadOfRefused(ctx context.Context, r *request, ask func(shop.Order, shop.RefundRequest) error) error {
	number, index, _ := strings.Cut(r.args, ":")
	o, found, err := b.find(ctx, r, number)
	if !found {
		return err
	}
	n, ok := quantity(index)
	if !ok || n > len(o.Refunds) || o.Refunds[n-1].Status != shop.RefundRefused {
		return errStale
	}
	if o.Replaced(n - 1) {
		return b.refundMeanwhile(ctx, r, o.ID)
	}
	refused := o.Refunds[n-1]
	return ask(o, shop.RefundRequest{
		Amount: refused.Amount, Lines: refused.Lines, Piece: refused.Piece, Unit: refused.Unit, Payment: refused.Payment,
	})
}

// proposeRefund asks an owner to confirm a refund. It refuses what cannot be sent, and offers a check for
// an amount that is too small for a transfer. The order keeps the amount: the button only names the
// question.
func (b *Bot) proposeRefund(ctx context.Context, r *request, o shop.Order, ask shop.RefundRequest) error {
	nonce, err := b.nonces.draw(r.user.ID, time.Now())
	if err != nil {
		return err
	}
	drawn, err := b.nonces.drawn(r.user.ID, nonce, time.Now())
	if err != nil {
		return err
	}
	press := request{user: r.user} // as the one who presses the button will be
	ask.Order, ask.By, ask.Origin = o.ID, r.user.ID, press.origin(nonce, drawn)
	_, err = b.shop.Propose(ctx, ask)
	var least money.Amount
	if small, ok := errors.AsType[*shop.RefundRangeError](err); ok && small.Check {
		ask.Way, least = shop.ByCheck, small.Least
		_, err = b.shop.Propose(ctx, ask)
	}
	if errors.Is(err, shop.ErrPaidByHand) && o.PaidByHand() {
		return b.askReturned(ctx, r, o, ask)
	}
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	return b.reply(ctx, r, refundScreen(r.loc, o, ask, least, nonce))
}

// refundScreen asks whether to send an amount back. least is the smallest transfer, if the amount goes by
// check since it is below that.
func refundScreen(l localizer, o shop.Order, ask shop.RefundRequest, least money.Amount, nonce string) screen {
	text, ordered, yes := "refund_ask", o.Lines, "button_refund_yes"
	if len(ask.Lines) > 0 {
		text, ordered = "refund_ask_line", nil
		for _, i := range ask.Lines {
			ordered = append(ordered, o.Lines[i])
		}
	}
	if ask.Piece {
		text = "refund_ask_piece"
		if ask.Unit != "" {
			text = "refund_ask_unit"
		}
	}
	s := screen{Text: l.Say(text, "Amount", ask.Amount, "Buyer", buyer(l, o.Buyer), "Order", o.ID,
		"Items", items(l, ordered, 5), "Paid", paid(l, o), "Unit", masked(ask.Unit))}
	switch ask.Way {
	case shop.ByHand:
		yes = "button_refund_yes_hand"
		s.Text = l.Say("refund_ask_hand", "Amount", ask.Amount, "Buyer", buyer(l, o.Buyer), "Order", o.ID, "Note", ask.Note)
	case shop.ByTransfer:
	case shop.ByCheck:
		yes = "button_refund_yes_check"
		s.Text += "\n\n" + l.Say("refund_ask_check")
		if !least.IsZero() {
			s.Text += " " + l.Say("refund_ask_check_least", "Least", least)
		}
	}
	if !ask.Piece && slices.ContainsFunc(ordered, givesAccess) {
		s.Text += "\n\n" + l.Say("refund_ask_access")
	}
	s.Rows = [][]button{
		row(button{Text: l.Plain(yes, "Amount", ask.Amount), Data: data(actRefund, string(o.ID), nonce)}),
		row(l.button("refund_no", actRefundNo)),
	}
	return s
}

// refundWay takes the word "check" off the end of what an owner wants to send back.
func refundWay(wanted string) (rest string, way shop.RefundWay) {
	words := strings.Fields(wanted)
	if last := len(words) - 1; last >= 0 && slices.Contains([]string{"check", "чек", "чеком", "cheque", "scheck"}, strings.ToLower(words[last])) {
		return strings.Join(words[:last], " "), shop.ByCheck
	}
	return wanted, shop.ByTransfer
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

// refundAmount reads an amount to send back: nothing for all that is left, "1.50" in the currency
// of the price tags, "1.50 USDT" in a coin.
func refundAmount(o shop.Order, wanted string) (money.Amount, error) {
	number, code, hasCode := strings.Cut(strings.TrimSpace(wanted), " ")
	if number == "" {
		return o.RefundAmount(money.Amount{})
	}
	currency := o.Total.Currency()
	if hasCode {
		currency = money.Currency(strings.ToUpper(strings.TrimSpace(code)))
	}
	a, err := readAmount(number, currency)
	if err != nil {
		return money.Amount{}, err
	}
	coins, err := o.RefundAmount(a)
	if err == nil && coins.IsZero() {
		err = errBadAmount
	}
	return coins, err
}

// refund is the yes button. A second press is the same refund.
func (b *Bot) refund(ctx context.Context, r *request) error {
	number, nonce, _ := strings.Cut(r.args, ":")
	id, err := orderArgument(number)
	if err != nil {
		return err
	}
	drawn, err := b.nonces.drawn(r.user.ID, nonce, time.Now())
	if err != nil {
		return err
	}
	o, refund, err := b.shop.Confirm(ctx, id, r.user.ID, r.origin(nonce, drawn))
	switch {
	case errors.Is(err, shop.ErrRefundedMeanwhile), errors.Is(err, shop.ErrRefundRunning):
		return b.refundMeanwhile(ctx, r, id)
	case errors.Is(err, shop.ErrNotProposed):
		return errStale
	case err != nil:
		return b.refundRefused(ctx, r, o, err)
	}
	text := "refund_started"
	if refund.Way == shop.ByHand {
		text = "refund_done_hand"
	}
	return b.show(ctx, r, screen{Text: r.loc.Say(text, "Amount", refund.Amount, "Order", o.ID)})
}

// refundMeanwhile replaces a question after which another refund was started. It shows the order as it
// is now.
func (b *Bot) refundMeanwhile(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.Order(ctx, id)
	if err != nil {
		return err
	}
	s := screen{Text: r.loc.Say("refund_meanwhile", "Order", o.ID)}
	for _, refund := range o.Refunds {
		s.Text += "\n" + refundDetail(r.loc, refund)
	}
	if left := o.RefundLeft(); left.Sign() > 0 {
		s.Text += "\n\n" + r.loc.Say("refund_meanwhile_left", "Left", left)
		s.Rows = [][]button{row(r.loc.button("refund", actAskRefund, string(o.ID)))}
	}
	return b.show(ctx, r, s)
}

// refundRefused says why a refund cannot be sent, and what could be, in a message of its own.
func (b *Bot) refundRefused(ctx context.Context, r *request, o shop.Order, err error) error {
	if strange := (*shop.UnknownRailError)(nil); errors.As(err, &strange) {
		err = shop.ErrCannotRefund
	}
	if bounds, ok := errors.AsType[*shop.RefundRangeError](err); ok {
		if bounds.Most.IsZero() {
			return b.say(ctx, r, "refund_too_small", "Amount", bounds.Amount, "Least", bounds.Least)
		}
		return b.say(ctx, r, "refund_above_limit", "Amount", bounds.Amount, "Most", exact(bounds.Most), "Order", o.ID)
	}
	if left, _ := o.RefundAmount(money.Amount{}); errors.Is(err, shop.ErrWholeRefund) && left.Sign() > 0 {
		return b.say(ctx, r, "refund_whole", "Order", o.ID, "Left", left)
	}
	if errors.Is(err, shop.ErrRefundTooBig) || errors.Is(err, money.ErrCurrencyMismatch) {
		if left := o.RefundLeft(); left.Sign() > 0 {
			return b.say(ctx, r, "refund_too_big", "Left", left, "Order", o.ID)
		}
		err = shop.ErrNothingPaid
	}
	text, expected := apology(err)
	if !expected {
		return err
	}
	return b.say(ctx, r, text)
}

func (b *Bot) refundDropped(ctx context.Context, r *request) error {
	return b.show(ctx, r, screen{Text: r.loc.Say("refund_dropped")})
}
