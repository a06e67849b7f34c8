package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// find reads any order for an owner, and says so if there is none.
func (b *Bot) find(ctx context.Context, r *request, number string) (shop.Order, bool, error) {
	id, err := shop.ParseOrderID(number)
	if err == nil {
		var o shop.Order
		if o, err = b.shop.Order(ctx, id); err == nil {
			return o, true, nil
		}
	}
	if errors.Is(err, shop.ErrBadOrderID) || errors.Is(err, shop.ErrNotFound) {
		return shop.Order{}, false, b.say(ctx, r, "owner_order_unknown")
	}
	return shop.Order{}, false, err
}

// orderDetails is "/order ORDER": all that there is to know about an order.
func (b *Bot) orderDetails(ctx context.Context, r *request) error {
	if r.args == "" {
		return b.say(ctx, r, "owner_order_usage")
	}
	o, found, err := b.find(ctx, r, r.args)
	if !found {
		return err
	}
	return b.showDetails(ctx, r, o)
}

func (b *Bot) showDetails(ctx context.Context, r *request, o shop.Order) error {
	b.answer(ctx, r)
	return b.reply(ctx, r, detailsScreens(r.loc, b.withChecks(ctx, o), r.role)...)
}

// askChecks is how long an owner waits for the payment service to tell which checks were opened.
const askChecks = 5 * time.Second

// withChecks is an order with what the payment service says of its checks, or as it is known if it
// does not answer soon.
func (b *Bot) withChecks(ctx context.Context, o shop.Order) shop.Order {
	ctx, cancel := context.WithTimeout(ctx, askChecks)
	defer cancel()
	after, err := b.shop.UpdateChecks(ctx, o)
	if err != nil {
		b.log.WarnContext(ctx, "look checks up failed", "order", o.ID, "error", err)
		return o
	}
	return after
}

func detailsScreens(l localizer, o shop.Order, role shop.Role) []screen {
	listed := orderLines(l, o, maxText/2)
	if len(o.Lines) > 1 {
		listed = l.Say("order_total", "Total", o.Prices()) // each line comes with what became of it
	}
	heading := l.Say("order_details", "Order", o.ID, "State", stateText(l, o), "Lines", listed,
		"Buyer", buyer(l, o.Buyer), "BuyerID", itoa(o.Buyer.ID), "Created", l.Moment(o.Created), "More", "")
	var more []markup
	add := func(text markup) {
		if text != "" {
			more = append(more, text)
		}
	}
	if len(o.Lines) > 1 {
		for i := range o.Lines {
			add(detailsOfLine(l, &o, i))
		}
		for i, d := range o.Discounts {
			add(l.Say("order_discount", "Reason", discountReason(l, d), "Amount", o.Saved(i)))
		}
	}
	if o.Invoice.ID != "" && len(o.Payments) == 0 {
		add(l.Say("detail_invoice", "Invoice", o.Invoice.ID))
	}
	for _, p := range o.Payments[max(len(o.Payments)-10, 0):] {
		add(paymentDetail(l, p))
	}
	if !o.Delivered.IsZero() {
		add(l.Say("detail_delivered", "At", l.Moment(o.Delivered)))
	}
	if o.State == shop.StateHeld {
		if o.Hold == shop.HoldManual {
			add(holdText(l, o))
		} else {
			add(l.Say("detail_hold", "Reason", string(o.Hold)))
			add(localize.Escape(o.HoldNote))
		}
		add(choiceText(l, o))
	}
	add(answersOf(l, o, answersRoom))
	if len(o.Lines) == 1 {
		add(goodsOfLine(l, o.Lines[0]))
	}
	add(placeLines(l, o))
	for _, line := range o.Lines {
		for _, r := range line.Replaced[max(len(line.Replaced)-10, 0):] {
			add(replacedDetail(l, r))
		}
		if n := len(line.Returned); n > 0 {
			add(l.Say("detail_returned", "Title", line.Title, "Count", n))
		}
	}
	for _, r := range o.Refunds[max(len(o.Refunds)-10, 0):] {
		add(refundDetail(l, r))
	}
	if len(o.Payments) > 0 {
		add(l.Say("detail_net", "Amounts", l.Prices(net(o))))
	}
	return longScreens(heading, more, detailsButtons(l, o, role))
}

// detailsOfLine is one of several lines, what became of it, and its goods.
func detailsOfLine(l localizer, o *shop.Order, i int) markup {
	status, line := "line_pending", o.Lines[i]
	switch {
	case line.Refunded:
		status = "line_refunded"
	case !line.Delivered.IsZero():
		status = "line_delivered"
	}
	said := l.Say("detail_line", "Number", i+1, "Title", line.Title, "Quantity", line.Quantity, "Price", o.LinePriceSum(i),
		"Status", l.Say(status, "At", l.Moment(line.Delivered)))
	return lines(said, goodsOfLine(l, line))
}

// goodsOfLine shows the beginning of a line's goods, each way's; "" if it has none of its own.
func goodsOfLine(l localizer, line shop.Line) markup {
	var said []markup
	for _, p := range line.Parts() {
		said = append(said, goodsOfPart(l, p))
	}
	return lines(said...)
}

func goodsOfPart(l localizer, p *shop.Part) markup {
	switch {
	case !p.Done.IsZero():
		made := []markup{l.Say("detail_made", "At", l.Moment(p.Done)), quote(clip(strings.Join(p.Goods, "\n"), 300))}
		if p.Attached.ID != "" {
			made = append(made, localize.Escape(fileName(l, p.Attached)))
		}
		return lines(made...)
	case len(p.Goods) == 0:
		return ""
	}
	var shown []string
	for _, unit := range p.Goods[:min(len(p.Goods), 10)] {
		shown = append(shown, shownUnit(unit))
	}
	listed := codeLines(shown)
	if len(p.Goods) > len(shown) {
		listed += "\n…"
	}
	return l.Say("detail_keys", "Count", len(p.Goods), "Keys", listed)
}

// detailsButtons are what a member of the staff can do about an order.
func detailsButtons(l localizer, o shop.Order, role shop.Role) [][]button {
	id := string(o.ID)
	var rows [][]button
	var goods []button
	if len(pieces(o, role)) > 0 {
		goods = append(goods, anew(l.button("replace", actReplace, id)))
	}
	if o.HasGoodsToShow() && o.Buyer.ID != 0 {
		goods = append(goods, l.button("send_again", actAgain, id))
	}
	if role.May(shop.RoleOwner) && len(o.Payments) == 0 && o.Buyer.ID != 0 {
		rows = append(rows, row(anew(l.button("handpaid", actHandPaid, id))))
	}
	if role.May(shop.RoleManager) {
		rows = append(rows, moneyButtons(l, o)...)
		rows = append(rows, byHandRows(l, o)...)
	}
	if hasFiles(&o) && o.Hold != shop.HoldManual {
		rows = append(rows, row(l.button("answer_files", actFiles, id)))
	}
	return append(rows, goods)
}

// moneyButtons send money back, or send a held order on.
func moneyButtons(l localizer, o shop.Order) [][]button {
	var rows [][]button
	for _, p := range o.Surplus() {
		rows = append(rows, row(returnButton(l, o, p.Invoice)))
	}
	left := o.RefundLeft()
	refundable := left.Sign() > 0 && o.CheckRefund(left) == nil
	switch {
	case o.Hold == shop.HoldManual:
		rows = append(rows, manualRows(l, o)...)
	case o.State == shop.StateHeld:
		rows = append(rows, heldRow(l, o))
	case refundable:
		rows = append(rows, row(l.button("refund", actAskRefund, string(o.ID))))
	}
	if !refundable || len(o.Lines) == 1 || o.InStars() { // Stars go back as a whole
		return rows
	}
	var each []button
	for i, line := range o.Lines {
		if number := "#" + itoa(i+1); !line.Refunded {
			again := data(actAskRefund, string(o.ID)+" "+number)
			each = append(each, button{Text: l.Plain("button_refund_line", "Line", number), Data: again})
		}
	}
	return slices.AppendSeq(rows, slices.Chunk(each, 3))
}

// release sends a held order on to delivery.
func (b *Bot) release(ctx context.Context, r *request, id shop.OrderID) error {
	o, err := b.shop.Release(ctx, id, r.user.ID)
	var short *shop.SoldOutError
	switch {
	case errors.As(err, &short):
		r.warn("release_no_stock", "SKU", short.SKU)
		return nil
	case errors.Is(err, shop.ErrIllegalMove):
		return errStale
	case err != nil:
		return err
	}
	return b.show(ctx, r, screen{Text: r.loc.Say("released", "Order", o.ID)})
}

// unblock is "/unblock BUYER": a buyer's id, or the number of an order of theirs. It ends a block
// and forgives the orders that ran out unpaid.
func (b *Bot) unblock(ctx context.Context, r *request) error {
	buyer, err := strconv.ParseInt(r.args, 10, 64)
	switch {
	case r.args == "":
		return b.say(ctx, r, "unblock_usage")
	case err != nil:
		o, found, err := b.find(ctx, r, r.args)
		if !found {
			return err
		}
		buyer = o.Buyer.ID
	case buyer <= 0:
		return b.say(ctx, r, "unblock_usage")
	}
	p, known, err := b.knownPerson(ctx, buyer)
	switch {
	case err != nil:
		return err
	case !known: // a mistyped id, or a buyer whose data was deleted
		return b.say(ctx, r, "unblock_unknown", "BuyerID", itoa(buyer))
	}
	if err := b.lift(ctx, r, p); err != nil {
		return err
	}
	return b.say(ctx, r, "unblocked", "BuyerID", itoa(buyer))
}

// pause is "/pause": no new orders until /resume; those that are there go on.
func (b *Bot) pause(ctx context.Context, r *request) error {
	if err := b.shop.Pause(ctx, r.user.ID); err != nil {
		return err
	}
	return b.say(ctx, r, "paused")
}

func (b *Bot) resume(ctx context.Context, r *request) error {
	if err := b.shop.Resume(ctx, r.user.ID); err != nil {
		return err
	}
	return b.say(ctx, r, "resumed")
}

// balance is "/balance": the coins at the payment service, and what they are worth.
func (b *Bot) balance(ctx context.Context, r *request) error {
	back := [][]button{row(r.loc.button("staff_home", actAdmin))}
	all := b.shop.Balances(ctx)
	b.logUnknownBalances(ctx, all)
	return b.show(ctx, r, screen{Text: balanceText(r.loc, r.catalog, all, b.rates), Rows: back})
}

func (b *Bot) logUnknownBalances(ctx context.Context, all map[shop.RailID]shop.RailBalance) {
	for rail, of := range all {
		if of.Err != nil {
			b.log.WarnContext(ctx, "read balance failed", "rail", rail, "error", of.Err)
		}
	}
}

// balanceText tells of the coins, and apart from them of the Stars if the shop takes or has any.
func balanceText(l localizer, c *catalog.Catalog, all map[shop.RailID]shop.RailBalance, rates shop.Rates) markup {
	var said []markup
	if coins, there := all[shop.CryptoPay]; there {
		said = append(said, coinsText(l, c, coins, rates))
	}
	stars, there := all[shop.Stars]
	switch {
	case !there:
	case stars.Err != nil:
		said = append(said, l.Say("balance_stars_unknown"))
	case len(stars.Amounts) == 0:
		said = append(said, l.Say("balance_stars_none"))
	default:
		said = append(said, l.Say("balance_stars", "Amount", stars.Amounts[0]))
	}
	return sections(said...)
}

func coinsText(l localizer, c *catalog.Catalog, coins shop.RailBalance, rates shop.Rates) markup {
	switch {
	case coins.Err != nil:
		return l.Say("balance_unknown")
	case len(coins.Amounts) == 0:
		return l.Say("balance_none")
	}
	said := []markup{l.Say("balance")}
	for _, a := range coins.Amounts {
		said = append(said, localize.Escape("• "+l.Price(a)))
	}
	if worth, known := value(coins.Amounts, c.Shop.Currency, rates); known {
		said = append(said, l.Say("balance_worth", "Amount", worth))
	}
	return lines(said...)
}
