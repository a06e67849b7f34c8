package bot

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// The forms of what staff do by hand: what the buyer of a held order gets, that an order was paid in
// another way, and how the money of such a payment was returned. What was given stays in the form
// until its confirming button, which names it by a nonce.
const (
	formGoods    = "goods by hand"
	formPaid     = "paid by hand"
	formReturned = "returned by hand"
	handLife     = time.Hour
)

// beginHand starts a form about an order and says what to send.
func (b *Bot) beginHand(ctx context.Context, r *request, name string, given map[string]string, ask screen) error {
	if err := b.setForm(ctx, r.user.ID, name, handLife, given); err != nil {
		return err
	}
	ask.Rows = append(ask.Rows, row(r.loc.button("hand_no", actHandNo)))
	return b.reply(ctx, r, ask)
}

// handOrder reads the order that a form is about. A form whose order is gone ends.
func (b *Bot) handOrder(ctx context.Context, r *request, f shop.Form) (shop.Order, bool, error) {
	o, found, err := b.find(ctx, r, f.Given["order"])
	if err == nil && !found {
		err = b.chat.memory.LeaveForm(ctx, r.user.ID)
	}
	return o, found, err
}

// handOver ends a form of which nothing can come any more.
func (b *Bot) handOver(ctx context.Context, r *request) error {
	if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
		return err
	}
	return errStale
}

// keepHand notes what was given and the nonce of the button that confirms it.
func (b *Bot) keepHand(ctx context.Context, r *request, f shop.Form, given map[string]string) (nonce string, err error) {
	if nonce, err = b.nonces.draw(r.user.ID, time.Now()); err != nil {
		return "", err
	}
	maps.Copy(f.Given, given)
	f.Given["nonce"] = nonce
	return nonce, b.setForm(ctx, r.user.ID, f.Name, handLife, f.Given)
}

// confirmed is the form that a confirming button belongs to; false if it is over or was changed.
func (b *Bot) confirmed(ctx context.Context, r *request, name, nonce string, id shop.OrderID) (shop.Form, bool, error) {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	same := in && f.Name == name && f.Given["nonce"] == nonce && f.Given["order"] == string(id)
	return f, same, err
}

// leaveHand is the button [No]: nothing is done.
func (b *Bot) leaveHand(ctx context.Context, r *request) error {
	f, in, err := b.chat.memory.Form(ctx, r.user.ID)
	if err != nil {
		return err
	}
	if in && (f.Name == formGoods || f.Name == formMade || f.Name == formPaid || f.Name == formReturned) {
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return err
		}
	}
	return b.show(ctx, r, screen{Text: r.loc.Say("hand_dropped")})
}

// lineOf finds what a button "order:line" or "order:line:confirmed" names. line is -1 if the order was
// not found, which the person was told. errStale if the order has no such line.
func (b *Bot) lineOf(ctx context.Context, r *request) (o shop.Order, line int, confirmed string, err error) {
	id, rest, _ := strings.Cut(r.args, ":")
	number, confirmed, _ := strings.Cut(rest, ":")
	o, found, err := b.find(ctx, r, id)
	if !found {
		return o, -1, "", err
	}
	if line, err = strconv.Atoi(number); err != nil || line < 0 || line >= len(o.Lines) {
		return o, -1, "", errStale
	}
	return o, line, confirmed, nil
}

// byHand is the button [Deliver by hand], and the one that confirms what the buyer gets.
func (b *Bot) byHand(ctx context.Context, r *request) error {
	o, line, confirmed, err := b.lineOf(ctx, r)
	switch {
	case err != nil || line < 0:
		return err
	case confirmed != "":
		return b.deliverByHand(ctx, r, o, line, confirmed)
	}
	if !o.CanDeliverByHand(&o.Lines[line]) {
		return errStale
	}
	given := map[string]string{"order": string(o.ID), "line": itoa(line)}
	return b.beginHand(ctx, r, formGoods, given, screen{Text: r.loc.Say("byhand_ask", "Title", o.Lines[line].Title,
		"Quantity", o.Lines[line].Quantity, "Order", o.ID, "Buyer", buyer(r.loc, o.Buyer))})
}

// takeGoods takes the text that the buyer of a held order gets.
func (b *Bot) takeGoods(ctx context.Context, r *request, f shop.Form) (bool, error) {
	o, found, err := b.handOrder(ctx, r, f)
	if !found {
		return true, err
	}
	line, _ := strconv.Atoi(f.Given["line"])
	if line >= len(o.Lines) || !o.CanDeliverByHand(&o.Lines[line]) { // its goods came in the meantime
		return true, b.handOver(ctx, r)
	}
	text := strings.TrimSpace(r.message.Text)
	if text == "" {
		return true, b.say(ctx, r, "byhand_text_only")
	}
	nonce, err := b.keepHand(ctx, r, f, map[string]string{"text": text})
	if err != nil {
		return true, err
	}
	s := screen{
		Text: r.loc.Say("byhand_sure", "Title", o.Lines[line].Title, "Order", o.ID, "Buyer", buyer(r.loc, o.Buyer),
			"Text", codeLines([]string{clip(text, 1000)})),
		Rows: [][]button{
			row(r.loc.button("byhand_yes", actByHand, string(o.ID), itoa(line), nonce)), row(r.loc.button("hand_no", actHandNo)),
		},
	}
	return true, b.reply(ctx, r, s)
}

// deliverByHand gives the line what was confirmed. A second press says that it is done.
func (b *Bot) deliverByHand(ctx context.Context, r *request, o shop.Order, line int, nonce string) error {
	f, waits, err := b.confirmed(ctx, r, formGoods, nonce, o.ID)
	switch {
	case err != nil:
		return err
	case !waits && o.Lines[line].ByHand != r.user.ID:
		return errStale
	case waits:
		goods := splitText(f.Given["text"], partLimit)
		o, err = b.shop.DeliverByHand(ctx, o.ID, line, goods, r.user.ID)
		switch {
		case errors.Is(err, shop.ErrHasGoods), errors.Is(err, shop.ErrIllegalMove):
			return b.handOver(ctx, r)
		case err != nil:
			return err
		}
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return err
		}
	}
	s := screen{Text: r.loc.Say("byhand_done", "Order", o.ID, "Buyer", buyer(r.loc, o.Buyer))}
	if o.State == shop.StateHeld {
		s.Text = r.loc.Say("byhand_done_held", "Order", o.ID)
		s.Rows = byHandRows(r.loc, o)
	}
	s.Rows = append(s.Rows, row(anew(r.loc.button("details", actDetails, string(o.ID)))))
	return b.show(ctx, r, s)
}

// byHandRows are the buttons for the lines of a held order of which an owner can say what the buyer
// gets.
func byHandRows(l localizer, o shop.Order) [][]button {
	return lineRows(l, o, "byhand", actByHand, o.CanDeliverByHand)
}

// lineRows are a button for each line of an order that it applies to. The button names the line if the
// order has several.
func lineRows(l localizer, o shop.Order, name, action string, applies func(*shop.Line) bool) (rows [][]button) {
	for i := range o.Lines {
		if !applies(&o.Lines[i]) {
			continue
		}
		b := l.button(name, action, string(o.ID), itoa(i))
		if len(o.Lines) > 1 {
			b.Text += " · " + clip(l.Text(o.Lines[i].Title), 24)
		}
		rows = append(rows, row(anew(b)))
	}
	return rows
}

// handPaid is the button [Paid in another way], and the one that confirms it with its sum.
func (b *Bot) handPaid(ctx context.Context, r *request) error {
	number, nonce, confirms := strings.Cut(r.args, ":")
	o, found, err := b.find(ctx, r, number)
	switch {
	case !found:
		return err
	case confirms:
		return b.confirmPaid(ctx, r, o, nonce)
	case len(o.Payments) > 0:
		return b.paidScreen(ctx, r, o)
	case o.Buyer.ID == 0:
		return errStale
	}
	given := map[string]string{"order": string(o.ID)}
	return b.beginHand(ctx, r, formPaid, given, screen{Text: r.loc.Say("handpaid_ask", "Order", o.ID, "Items", items(r.loc, o.Lines, 5),
		"Total", o.Total, "Buyer", buyer(r.loc, o.Buyer))})
}

// takePaid takes how an order was paid: "[AMOUNT CODE] note".
func (b *Bot) takePaid(ctx context.Context, r *request, f shop.Form) (bool, error) {
	o, found, err := b.handOrder(ctx, r, f)
	switch {
	case !found:
		return true, err
	case len(o.Payments) > 0: // in the meantime
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return true, err
		}
		return true, b.paidScreen(ctx, r, o)
	}
	amount, note, err := handAmount(o.Total, o.Assets, r.message.Text)
	switch {
	case err != nil:
		return true, b.say(ctx, r, "handpaid_bad_amount", "Total", o.Total)
	case note == "":
		return true, b.say(ctx, r, "hand_note_missing")
	}
	nonce, err := b.keepHand(ctx, r, f, map[string]string{"amount": amountText(amount), "note": note})
	if err != nil {
		return true, err
	}
	s := screen{
		Text: r.loc.Say("handpaid_sure", "Order", o.ID, "Items", items(r.loc, o.Lines, 5), "Total", o.Total, "Amount", amount,
			"Note", note, "Buyer", buyer(r.loc, o.Buyer)),
		Rows: [][]button{
			row(button{Text: r.loc.Plain("button_handpaid_yes", "Amount", amount), Data: data(actHandPaid, string(o.ID), nonce)}),
			row(r.loc.button("hand_no", actHandNo)),
		},
	}
	return true, b.reply(ctx, r, s)
}

// handAmount reads "8 USDT cash" or "cash": the amount is the total unless a number and a currency
// that the shop knows come first.
func handAmount(total money.Amount, assets []money.Currency, text string) (a money.Amount, note string, err error) {
	text = cleanText(strings.TrimSpace(text), maxNote)
	number, rest := cutWord(text)
	code, after := cutWord(rest)
	currency := money.Currency(strings.ToUpper(code))
	if len(assets) == 0 { // the shop takes all that there are
		assets = []money.Currency{"USDT", "USDC", "TON", "BTC", "ETH", "LTC", "BNB", "TRX", "SOL"}
	}
	if number == "" || number[0] < '0' || number[0] > '9' || currency != total.Currency() && !slices.Contains(assets, currency) {
		return total, text, nil
	}
	a, err = readAmount(number, currency)
	return a, strings.TrimSpace(after), err
}

func amountText(a money.Amount) string {
	text, _ := a.MarshalText() // of a decimal, which never fails
	return string(text)
}

// confirmPaid takes the order as paid. A second press says how it stands.
func (b *Bot) confirmPaid(ctx context.Context, r *request, o shop.Order, nonce string) error {
	f, waits, err := b.confirmed(ctx, r, formPaid, nonce, o.ID)
	switch {
	case err != nil:
		return err
	case !waits && len(o.Payments) == 0:
		return errStale
	case waits:
		drawn, err := b.nonces.drawn(r.user.ID, nonce, time.Now())
		if err != nil {
			return err
		}
		amount, err := money.ReadAmount(f.Given["amount"])
		if err != nil {
			return errStale
		}
		o, err = b.shop.ConfirmPaid(ctx, shop.HandPayment{
			Order: o.ID, Amount: amount, Note: f.Given["note"], By: r.user.ID, Origin: r.origin(nonce, drawn),
		})
		switch {
		case errors.Is(err, shop.ErrPaidBefore): // by a payment that came meanwhile
			if o, err = b.shop.Order(ctx, shop.OrderID(f.Given["order"])); err != nil {
				return err
			}
		case errors.Is(err, shop.ErrForgotten):
			return b.handOver(ctx, r)
		case err != nil:
			return err
		}
		if err := b.chat.memory.LeaveForm(ctx, r.user.ID); err != nil {
			return err
		}
	}
	return b.paidScreen(ctx, r, o)
}

// paidScreen says that an order is paid, and how.
func (b *Bot) paidScreen(ctx context.Context, r *request, o shop.Order) error {
	text := "handpaid_before"
	if o.PaidByHand() {
		text = "handpaid_done"
	}
	s := screen{Text: r.loc.Say(text, "Order", o.ID, "Amount", o.Payments[0].Amount, "Paid", paid(r.loc, o), "State", r.loc.Plain("state_"+string(o.State)))}
	s.Rows = [][]button{row(anew(r.loc.button("details", actDetails, string(o.ID))))}
	return b.show(ctx, r, s)
}

// askReturned says that the shop cannot send money back that was paid by hand, and asks how it was
// returned.
func (b *Bot) askReturned(ctx context.Context, r *request, o shop.Order, ask shop.RefundRequest) error {
	given := map[string]string{"order": string(o.ID), "amount": amountText(ask.Amount), "unit": ask.Unit}
	if len(ask.Lines) == 1 {
		given["line"] = itoa(ask.Lines[0])
	}
	if ask.Piece {
		given["piece"] = "yes"
	}
	text := "returned_ask"
	if ask.Amount.Currency() == catalog.Stars {
		text = "returned_ask_stars"
	}
	return b.beginHand(ctx, r, formReturned, given, screen{Text: r.loc.Say(text, "Amount", ask.Amount, "Order", o.ID, "Buyer", buyer(r.loc, o.Buyer))})
}

// takeReturned takes how money was returned, and asks to confirm it.
func (b *Bot) takeReturned(ctx context.Context, r *request, f shop.Form) (bool, error) {
	o, found, err := b.handOrder(ctx, r, f)
	if !found {
		return true, err
	}
	note := cleanText(strings.TrimSpace(r.message.Text), maxNote)
	if note == "" {
		return true, b.say(ctx, r, "hand_note_missing")
	}
	ask := shop.RefundRequest{Way: shop.ByHand, Note: note, Unit: f.Given["unit"], Piece: f.Given["piece"] != ""}
	if ask.Amount, err = money.ReadAmount(f.Given["amount"]); err != nil {
		return true, errStale
	}
	if line, given := f.Given["line"]; given {
		n, _ := strconv.Atoi(line)
		ask.Lines = []int{n}
	}
	if err := b.proposeRefund(ctx, r, o, ask); err != nil {
		return true, err
	}
	return true, b.chat.memory.LeaveForm(ctx, r.user.ID)
}
