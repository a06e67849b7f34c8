package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"shopbot/internal/shop"
)

// unitsShown is how many units of an order one screen lists.
const unitsShown = 8

// maskedRunes is how much of each end of a unit is shown where it has to be told from others only.
const maskedRunes = 4

// masked shows so much of a unit that it can be told from others, and cannot be used: of a file its
// name.
func masked(unit string) string {
	if f, is := shop.ParseFileUnit(unit); is {
		return clip(f.Name, maxShown)
	}
	r := []rune(strings.Join(strings.Fields(shop.PlainUnit(unit)), " "))
	n := min(len(r)/4, maskedRunes)
	return string(r[:n]) + "…" + string(r[len(r)-n:])
}

// orderPiece is a unit of an order, or any piece of a line without units, that can be replaced or paid
// back alone.
type orderPiece struct {
	line int
	unit string // "" for a line without units
	name string // its UnitName; "" as well
}

// pieces lists what somebody of a role can replace or pay back alone, in the order of the lines.
func pieces(o shop.Order, role shop.Role) (all []orderPiece) {
	for i := range o.Lines {
		l := &o.Lines[i]
		switch {
		case o.Replaceable(l):
			for _, unit := range l.Kept() {
				all = append(all, orderPiece{line: i, unit: unit, name: shop.UnitName(unit)})
			}
		case role.May(shop.RoleManager) && !l.FromStock && l.Quantity > 1 && o.Shows(l) && len(o.Payments) > 0:
			all = append(all, orderPiece{line: i})
		}
	}
	return all
}

// replace is the button [Replace a unit]: it lists the units of an order, shows one of them, and
// replaces it once the reason is chosen.
func (b *Bot) replace(ctx context.Context, r *request) error {
	arguments := strings.Split(r.args, ":")
	o, found, err := b.find(ctx, r, arguments[0])
	if !found {
		return err
	}
	arguments = arguments[1:]
	switch {
	case len(arguments) == 0:
		return b.listPieces(ctx, r, o, 0)
	case arguments[0] == "p" && len(arguments) == 2:
		from, _ := quantity(arguments[1])
		return b.listPieces(ctx, r, o, from)
	case len(arguments) == 1:
		return errStale
	}
	line, err := strconv.Atoi(arguments[0])
	if err != nil || line < 0 || line >= len(o.Lines) {
		return errStale
	}
	if len(arguments) == 2 {
		return b.showPiece(ctx, r, o, line, arguments[1])
	}
	why, known := map[string]shop.ReplaceReason{
		"b": shop.ReplaceBroken, "u": shop.ReplaceUsed, "o": shop.ReplaceOther,
	}[arguments[2]]
	if !known {
		return errStale
	}
	return b.replaceUnit(ctx, r, o, line, arguments[1], why)
}

// listPieces shows the units of an order, each as a button; the one unit of an order itself.
func (b *Bot) listPieces(ctx context.Context, r *request, o shop.Order, from int) error {
	all := pieces(o, r.role)
	switch {
	case len(all) == 0:
		r.warn("replace_nothing")
		return nil
	case len(all) == 1:
		return b.showPiece(ctx, r, o, all[0].line, all[0].name)
	}
	return b.show(ctx, r, piecesScreen(r.loc, o, all, from))
}

func piecesScreen(l localizer, o shop.Order, all []orderPiece, from int) screen {
	s := screen{Text: l.Say("replace_choose", "Order", o.ID, "Buyer", buyer(l, o.Buyer))}
	from = min(from, len(all)-1)
	for n, p := range all[from:min(from+unitsShown, len(all))] {
		line := &o.Lines[p.line]
		text := itoa(from+n+1) + " · " + masked(p.unit)
		if p.unit == "" || len(o.Lines) > 1 {
			text = strings.TrimSpace(strings.TrimSuffix(text, "…")) + " " + clip(l.Text(line.Title), 24)
		}
		s.Rows = append(s.Rows, row(button{Text: text, Data: data(actReplace, string(o.ID), itoa(p.line), p.name)}))
	}
	var pages []button
	if from > 0 {
		pages = append(pages, l.button("first", actReplace, string(o.ID)))
	}
	if next := from + unitsShown; next < len(all) {
		pages = append(pages, l.button("next", actReplace, string(o.ID), "p", itoa(next)))
	}
	s.Rows = append(s.Rows, pages)
	return s
}

// showPiece asks whether a unit shall be replaced, and why, or be paid back.
func (b *Bot) showPiece(ctx context.Context, r *request, o shop.Order, line int, name string) error {
	l := &o.Lines[line]
	if name == "" {
		return b.show(ctx, r, pieceScreen(r.loc, o, orderPiece{line: line}, 0, r.role))
	}
	unit, found := l.Unit(name)
	if !found {
		if done, replaced := l.ReplacedBy(name); replaced {
			return b.show(ctx, r, replacedScreen(r.loc, o, line, done))
		}
		return errStale
	}
	stock, err := b.shop.StockOf(ctx, l.SKU)
	if err != nil {
		return err
	}
	return b.show(ctx, r, pieceScreen(r.loc, o, orderPiece{line: line, unit: unit, name: name}, stock.Free, r.role))
}

// pieceScreen says what would happen to a piece. free is how many units could take its place.
func pieceScreen(l localizer, o shop.Order, p orderPiece, free int, role shop.Role) screen {
	line, id := &o.Lines[p.line], string(o.ID)
	facts := []any{
		"Order", o.ID, "Title", line.Title, "Unit", masked(p.unit), "Buyer", buyer(l, o.Buyer), "Count", free, "Quantity", line.Quantity,
	}
	var s screen
	add := func(name, action string, arguments ...string) {
		s.Rows = append(s.Rows, row(l.button(name, action, arguments...)))
	}
	switch {
	case p.unit == "":
		s.Text = l.Say("piece_ask", facts...)
	case free == 0:
		s.Text = l.Say("replace_none", facts...)
		if role.May(shop.RoleManager) {
			s.Rows = append(s.Rows, row(anew(l.button("load_stock", actStock, "load", line.SKU))))
		}
	default:
		s.Text = l.Say("replace_ask", facts...)
		add("replace_broken", actReplace, id, itoa(p.line), p.name, "b")
		add("replace_used", actReplace, id, itoa(p.line), p.name, "u")
		add("replace_other", actReplace, id, itoa(p.line), p.name, "o")
	}
	if role.May(shop.RoleManager) {
		s.Rows = append(s.Rows, row(anew(l.button("refund_piece", actPiece, id, itoa(p.line), p.name))))
	}
	add("hand_no", actHandNo)
	return s
}

func (b *Bot) replaceUnit(ctx context.Context, r *request, o shop.Order, line int, name string, why shop.ReplaceReason) error {
	o, err := b.shop.ReplaceUnit(ctx, o.ID, line, name, r.user.ID, why)
	switch {
	case errors.Is(err, shop.ErrNoStock): // somebody was quicker, or the order has had what is free
		if o, err = b.shop.Order(ctx, o.ID); err != nil {
			return err
		}
		unit, found := o.Lines[line].Unit(name)
		if !found {
			return b.showPiece(ctx, r, o, line, name)
		}
		return b.show(ctx, r, pieceScreen(r.loc, o, orderPiece{line: line, unit: unit, name: name}, 0, r.role))
	case errors.Is(err, shop.ErrNoUnit), errors.Is(err, shop.ErrIllegalMove):
		return errStale
	case err != nil:
		return err
	}
	done, _ := o.Lines[line].ReplacedBy(name)
	return b.show(ctx, r, replacedScreen(r.loc, o, line, done))
}

func replacedScreen(l localizer, o shop.Order, line int, done shop.Replacement) screen {
	text := "replace_done"
	if o.State == shop.StateHeld {
		text = "replace_done_held"
	}
	return screen{
		Text: l.Say(text, "Order", o.ID, "Title", o.Lines[line].Title, "Old", masked(done.Old), "New", masked(done.New), "Buyer", buyer(l, o.Buyer)),
		Rows: [][]button{row(anew(l.button("details", actDetails, string(o.ID))))},
	}
}

// replacementMessages draws the messages that deliver replacement units. It returns nil if no
// replacement is waiting for delivery.
func replacementMessages(l localizer, o shop.Order, line *shop.Line) []deliveryMessage {
	var messages []deliveryMessage
	for _, r := range line.Replacing() {
		if f, is := shop.ParseFileUnit(r.New); is {
			messages = append(messages, deliveryMessage{
				Text:     l.Say("goods_replaced", "Title", line.Title, "Order", o.ID, "Old", masked(r.Old), "Goods", ""),
				FileName: f.Name, Stored: f.Blob(),
			})
			continue
		}
		messages = append(messages, deliveryMessage{
			Text: l.Say("goods_replaced", "Title", line.Title, "Order", o.ID, "Old", masked(r.Old), "Goods", codeLines([]string{r.New})),
			Copy: copyButtons(l, []string{r.New}),
		})
	}
	if messages == nil {
		return nil
	}
	return withInstructions(l, *line, messages)
}

// replacedDetail is what the staff may know of a unit that was replaced.
func replacedDetail(l localizer, r shop.Replacement) markup {
	return l.Say("detail_replaced", "Old", masked(r.Old), "New", masked(r.New), "At", l.Moment(r.At), "ID", itoa(r.By),
		"Why", l.Plain("replace_why_"+string(r.Why)))
}

// askPiece is the button [Refund this one]: it asks whether the share of one piece shall go back.
func (b *Bot) askPiece(ctx context.Context, r *request) error {
	number, rest, _ := strings.Cut(r.args, ":")
	index, name, _ := strings.Cut(rest, ":")
	o, found, err := b.find(ctx, r, number)
	if !found {
		return err
	}
	line, err := strconv.Atoi(index)
	if err != nil || line < 0 || line >= len(o.Lines) {
		return errStale
	}
	unit, found := o.Lines[line].Unit(name)
	if !found && name != "" {
		return errStale
	}
	amount, err := o.PieceRefund(line, unit)
	if err == nil && amount.IsZero() {
		err = shop.ErrNothingPaid
	}
	if err != nil {
		return b.refundRefused(ctx, r, o, err)
	}
	return b.proposeRefund(ctx, r, o, shop.RefundRequest{Amount: amount, Lines: []int{line}, Piece: true, Unit: unit})
}

// sendAgain sends the goods of an order to its buyer once more.
func (b *Bot) sendAgain(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.Order(ctx, id)
	switch {
	case err != nil:
		return err
	case !o.HasGoodsToShow() || o.Buyer.ID == 0:
		r.warn("again_nothing")
		return nil
	}
	refused := ""
	for i := range o.Lines {
		if !o.Shows(&o.Lines[i]) {
			continue
		}
		err := b.courier.Deliver(ctx, o, i)
		if never, ok := errors.AsType[*shop.UndeliverableError](err); ok {
			b.log.InfoContext(ctx, "send goods again failed", "order", id, "line", i+1, "reason", never.Reason, "error", err)
			refused = "again_failed"
			if isShut(err) {
				refused = "again_shut"
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("send order %s again: %w", id, err)
		}
	}
	if refused != "" {
		r.warn(refused)
		return nil
	}
	if err := b.shop.RecordSentAgain(ctx, id, r.user.ID); err != nil {
		return err
	}
	b.log.InfoContext(ctx, "goods sent again", "order", id, "admin", r.user.ID)
	r.toast = r.loc.Plain("again_done")
	return nil
}
