package bot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
)

// ownerNotice is something that the owners are to be told, or others of the staff too.
type ownerNotice struct {
	// to is the role of those who are told; RoleBuyer for owners alone.
	to shop.Role
	// also is told as well if they are of the staff; besides is not, since they did it. 0: nobody.
	also, besides int64
	about         string // for errors
	log           *slog.Logger
	draw          func(localizer) screen
	// missed counts it for an owner who is not told; nil counts a warning.
	missed func(*missed)
	// files are those of an order's answers, which follow the screen; nil for none.
	files *shop.Order
	// insist says that it is told again until it reaches somebody. Otherwise owners who cannot be
	// written to find it counted when they come.
	insist bool
	// once says that it is told now or never. Owners who cannot be written to find it counted.
	once bool
}

// recipients lists who is told.
func (c *Courier) recipients(n ownerNotice) []int64 {
	users := c.staff.With(cmp.Or(n.to, shop.RoleOwner))
	if n.also != 0 && c.staff.Role(n.also) != shop.RoleBuyer && !slices.Contains(users, n.also) {
		users = append(users, n.also)
	}
	return slices.DeleteFunc(users, func(user int64) bool { return user == n.besides })
}

// toOwners shows everybody who is to be told a screen in their own language, with the buttons of
// their role. It fails only if nobody could be reached; the error says what it was about.
func (c *Courier) toOwners(ctx context.Context, n ownerNotice) error {
	admins := c.recipients(n)
	if len(admins) == 0 {
		if n.besides == 0 {
			c.owners.nobody.Do(func() { c.log.WarnContext(ctx, "nobody to tell: the shop has no owner") })
		}
		return nil
	}
	var failed, away error
	var untold []int64
	for _, admin := range admins {
		l := c.chat.localizer(ctx, admin, "")
		_, err := c.chat.send(ctx, admin, c.forRole(n.draw(l), c.staff.Role(admin)))
		switch {
		case c.owners.isAway(ctx, c.log, admin, err):
			away = toShopError(err)
			untold = append(untold, admin)
		case err != nil:
			n.log.WarnContext(ctx, "tell owner failed", "user", admin, "error", err)
			failed = toShopError(err) // it wins: that admin may still be reached
			untold = append(untold, admin)
		default:
			if n.files != nil {
				if err := c.chat.sendAnswerFiles(ctx, l, admin, *n.files); err != nil { // a button sends them again
					n.log.WarnContext(ctx, "send a buyer's files failed", "user", admin, "error", err)
				}
			}
			if err := c.tellMissed(ctx, l, admin); err != nil {
				c.log.WarnContext(ctx, "tell owner what they missed failed", "user", admin, "error", err)
			}
		}
	}
	if failed == nil && n.insist {
		failed = away
	}
	if len(untold) == len(admins) && failed != nil && !n.once {
		return fmt.Errorf("tell the owners of %s: %w", n.about, failed)
	}
	count := n.missed
	if count == nil {
		count = func(m *missed) { m.Warnings++ }
	}
	for _, admin := range untold {
		if err := c.noteMissed(ctx, admin, count); err != nil {
			n.log.WarnContext(ctx, "note what an owner missed failed", "user", admin, "error", err)
		}
	}
	return nil
}

// told is the least role that is told of an event of an order: manager for sales and holds, owner for
// other moves of coins.
func told(what shop.What) shop.Role {
	switch what {
	case shop.WhatSold, shop.WhatHeld, shop.WhatLate, shop.WhatStuck, shop.WhatReplaced, shop.WhatStranger, shop.WhatRenewalCancelled, shop.WhatRenewalFailed:
		return shop.RoleManager
	case shop.WhatPaidAgain, shop.WhatRefundSent, shop.WhatRefundRefused, shop.WhatRefundUnclear, shop.WhatRenewalKept,
		shop.WhatPaid, shop.WhatPreparing, shop.WhatInvoiced, shop.WhatNoInvoice, shop.WhatExpired, shop.WhatReward: // the last five are not told to the staff
	}
	return shop.RoleOwner
}

// tellOwners tells the staff about an order; also the one who asked for the refund that it is about.
func (c *Courier) tellOwners(ctx context.Context, o shop.Order, n shop.Notice) error {
	refund, _ := o.RefundByID(n.Refund)
	var files *shop.Order
	switch byHand := n.Reason == string(shop.HoldManual); {
	case (byHand || n.What == shop.WhatLate) && o.Hold != shop.HoldManual: // it was made in the meantime
		return nil
	case byHand:
		files = &o
	}
	return c.toOwners(ctx, ownerNotice{
		to: told(n.What), also: refund.By, files: files,
		about: "order " + string(o.ID), log: c.log.With("order", o.ID, "what", n.What),
		draw:   func(l localizer) screen { return ownerScreen(l, o, n) },
		missed: func(m *missed) { m.count(&o, n) }, insist: n.NeedsAction(),
	})
}

func ownerScreen(l localizer, o shop.Order, n shop.Notice) screen {
	refund, _ := o.RefundByID(n.Refund)
	payment, _ := o.PaymentOf(n.Payment)
	facts := []any{
		"Order", o.ID, "Items", items(l, o.Lines, 5), "Buyer", buyer(l, o.Buyer), "Total", o.Price(), "Paid", paid(l, o),
		"Load", loadCommands(o), "Refusal", n.Reason, "Hint", hint(l, n.Reason, refund), "Amount", refund.Amount,
	}
	var rows [][]button
	id, wrote := "owner_"+string(n.What), markup("")
	if len(o.Payments) > 0 && (n.What == shop.WhatSold || n.What == shop.WhatHeld) {
		wrote = payerWrote(l, o.Payments[0])
	}
	switch n.What {
	case shop.WhatHeld, shop.WhatLate:
		if n.What == shop.WhatLate || n.Reason == string(shop.HoldManual) {
			return manualScreen(l, o, lines(l.Say(manualText(n), append(facts, "Until", l.Moment(o.Promised()))...), wrote))
		}
		if len(o.Payments) > 0 {
			worth, _ := o.Payments[0].Value(2)
			facts = append(facts, "Price", o.Payments[0].Price, "Worth", worth)
		}
		facts = append(facts, "Note", o.HoldNote)
		facts = append(facts, "Reason", l.Say("owner_held_"+n.Reason, facts...))
		rows = [][]button{heldRow(l, o)}
	case shop.WhatPaidAgain:
		facts = append(facts, "Amount", payment.Amount)
		rows, wrote = [][]button{row(returnButton(l, o, n.Payment))}, payerWrote(l, payment)
	case shop.WhatRefundSent:
		facts = append(facts, "Transfer", refund.Transfer)
		switch refund.Way {
		case shop.ByCheck:
			id += "_check"
		case shop.ByHand:
			id += "_hand"
		case shop.ByTransfer:
		}
	case shop.WhatRefundRefused:
		rows = append(rows, asCheckRow(l, o, refund), asHandRow(l, o, refund))
	case shop.WhatRefundUnclear:
		if refund.Way == shop.ByCheck {
			id += "_check"
		}
	case shop.WhatStuck:
		if n.Reason == string(shop.TaskMake) && slices.ContainsFunc(o.Lines, waitsForServer) {
			id += "_server"
		}
	case shop.WhatStranger:
		if n.Reason == shop.NoMoreLinks {
			id += "_last"
		}
	case shop.WhatSold, shop.WhatReplaced, shop.WhatRenewalCancelled, shop.WhatRenewalFailed, shop.WhatRenewalKept: // the text says it all
	case shop.WhatPaid, shop.WhatPreparing, shop.WhatInvoiced, shop.WhatNoInvoice, shop.WhatExpired, shop.WhatReward: // the buyer's alone
	}
	rows = append(rows, orderRows(l, o, n.What)...)
	quiet := slices.Contains([]shop.What{shop.WhatSold, shop.WhatReplaced, shop.WhatRenewalCancelled, shop.WhatRenewalFailed}, n.What)
	return screen{Text: l.Say(id, facts...) + wrote, Quiet: quiet, Rows: rows}
}

// manualText is what a notice about what is made by hand says.
func manualText(n shop.Notice) string {
	if n.What == shop.WhatLate {
		return "owner_late"
	}
	return "owner_held_manual"
}

// manualScreen tells the staff what is to be made, with what the buyer answered.
func manualScreen(l localizer, o shop.Order, said markup) screen {
	s := screen{Text: sections(said, answersOf(l, o, answersRoom)), Rows: manualRows(l, o)}
	s.Rows = append(s.Rows, row(anew(l.button("details", actDetails, string(o.ID))), anew(l.button("held", actHeld))))
	return s
}

// orderRows are the buttons under a notice about an order that answer it. What they show comes as a
// new message, so that the notice stays.
func orderRows(l localizer, o shop.Order, what shop.What) [][]button {
	id := string(o.ID)
	open, write := anew(l.button("details", actDetails, id)), []button(nil)
	if o.Buyer.ID != 0 {
		write = row(anew(l.button("notice_write", actWrite, itoa(o.Buyer.ID), id)))
	}
	if what == shop.WhatHeld {
		return [][]button{append(row(open), write...), row(anew(l.button("held", actHeld)))}
	}
	if what != shop.WhatSold {
		return [][]button{append(row(open), write...)}
	}
	first, second := row(open), []button(nil)
	if o.RefundLeft().Sign() > 0 {
		first = append(first, anew(l.button("refund", actAskRefund, id)))
	}
	if len(pieces(o, shop.RoleSupport)) > 0 {
		second = row(anew(l.button("notice_replace", actReplace, id)))
	}
	return [][]button{first, append(second, write...)}
}

// loadCommands are the commands that load the units which a held order may wait for.
func loadCommands(o shop.Order) markup {
	var commands []string
	for _, line := range o.Lines {
		command := "<code>/addstock " + string(localize.Escape(line.SKU)) + "</code>"
		waits := line.FromStock && len(line.Goods) == 0 && line.Pending()
		if (waits || len(o.Lines) == 1) && !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return markup(strings.Join(commands, ", "))
}

// hint is what an owner can do about a refund that was refused.
func hint(l localizer, refusal string, refund shop.Refund) markup {
	if refund.Amount.Currency() == catalog.Stars {
		return l.Say("hint_stars")
	}
	ids := []string{"hint_" + refusal}
	if refund.Way == shop.ByCheck {
		ids = []string{"hint_check_" + refusal, "hint_" + refusal}
	}
	for _, id := range ids {
		if said := l.Say(id); said != markup(id) {
			return said
		}
	}
	return l.Say("hint_other")
}

// asCheckRow offers a check in place of a transfer that was refused; nil where a check would not
// help.
func asCheckRow(l localizer, o shop.Order, refused shop.Refund) []button {
	helps := []string{"AMOUNT_TOO_SMALL", "USER_NOT_FOUND", "METHOD_DISABLED"}
	if refused.Way == shop.ByCheck || !slices.Contains(helps, refused.Refusal) {
		return nil
	}
	number := slices.IndexFunc(o.Refunds, func(r shop.Refund) bool { return r.ID == refused.ID }) + 1
	return row(l.button("as_check", actAsCheck, string(o.ID), itoa(number)))
}

// asHandRow offers to note that an owner returned Stars in another way, in place of a refund that
// Telegram refused; nil for other refunds.
func asHandRow(l localizer, o shop.Order, refused shop.Refund) []button {
	if refused.Amount.Currency() != catalog.Stars {
		return nil
	}
	number := slices.IndexFunc(o.Refunds, func(r shop.Refund) bool { return r.ID == refused.ID }) + 1
	return row(anew(l.button("as_hand", actAsHand, string(o.ID), itoa(number))))
}

// warnOwners tells every admin about the shop as a whole.
func (c *Courier) warnOwners(ctx context.Context, about string, insist bool, draw func(localizer) screen) error {
	return c.toOwners(ctx, ownerNotice{
		about: about, log: c.log.With("about", about), draw: draw, insist: insist,
	})
}

// TellMissedWebhooks warns the owners that no webhook has come since last, and says what to do.
func (c *Courier) TellMissedWebhooks(ctx context.Context, last time.Time) error {
	return c.warnOwners(ctx, "missed webhooks", false, func(l localizer) screen {
		address := l.Say("owner_missed_webhooks_somewhere")
		if c.PayWebhook != "" {
			address = l.Say("owner_missed_webhooks_address", "Address", c.PayWebhook)
		}
		return screen{Text: l.Say("owner_missed_webhooks", "Last", l.Moment(last), "Address", address)}
	})
}

// TellLostDatabase tells the owners that the database's file was deleted or replaced under the
// running shop, where the copy is or why it could not be made, and what to do.
func (c *Courier) TellLostDatabase(ctx context.Context, path, copied string, fault error) error {
	return c.warnOwners(ctx, "the lost database", true, func(l localizer) screen {
		remedy := l.Say("owner_lost_database_copy", "Copy", copied)
		if fault != nil {
			remedy = l.Say("owner_lost_database_no_copy", "Fault", clip(fault.Error(), 300))
		}
		return screen{Text: l.Say("owner_lost_database", "Path", path, "Remedy", remedy)}
	})
}

// maxDifferences is how many differences one message explains; a message holds about ten.
const maxDifferences = 8

// TellDifferences tells the owners, in one message, where the shop's books and the payment
// service's differ and what to do about each.
func (c *Courier) TellDifferences(ctx context.Context, differences []shop.Difference) error {
	return c.warnOwners(ctx, "differences", false, func(l localizer) screen { return differencesScreen(l, differences) })
}

func differencesScreen(l localizer, differences []shop.Difference) screen {
	text := l.Say("differences")
	shown := differences[:min(len(differences), maxDifferences)]
	for _, d := range shown {
		mark := markup("⚠️ ")
		if d.Mended {
			mark = "✅ "
		}
		text += "\n\n" + mark + difference(l, d)
	}
	if more := len(differences) - len(shown); more > 0 {
		text += "\n\n" + l.Say("differences_more", "Count", more)
	}
	return screen{Text: text}
}

// difference says what differs and what to do about it, or what was done.
func difference(l localizer, d shop.Difference) markup {
	id := "difference_" + string(d.Kind)
	if d.Kind == shop.PaidThere && !d.Mended {
		id = "difference_paid_there_open"
	}
	return l.Say(id, "Order", d.Order, "Invoice", d.Invoice, "Refund", d.Refund, "Transfer", d.Transfer,
		"Here", d.Here, "There", d.There)
}

// Explain says in English and without markup what a difference is and what to do about it.
func Explain(d shop.Difference) (string, error) {
	texts, err := localize.Load()
	if err != nil {
		return "", err
	}
	return localize.PlainText(difference(localizerOf(texts, "en", catalog.Shop{}), d)), nil
}

// maxLowShown is how many products one message about the stock names.
const maxLowShown = 8

// TellStock tells the managers and owners that products are running out or are sold out, with a
// button to load each.
func (c *Courier) TellStock(ctx context.Context, low []shop.LowStock) error {
	return c.toOwners(ctx, ownerNotice{
		about: "low stock", log: c.log.With("about", "low stock"), to: shop.RoleManager,
		draw: func(l localizer) screen { return lowStockScreen(l, low) },
	})
}

func lowStockScreen(l localizer, low []shop.LowStock) screen {
	var s screen
	shown := low[:min(len(low), maxLowShown)]
	var parts []markup
	for _, p := range shown {
		title := clip(l.Text(p.Title), 100)
		part := l.Say("low_stock_out", "Title", title, "SKU", p.SKU)
		if p.Level == shop.StockLow {
			part = l.Say("low_stock_low", "Title", title, "SKU", p.SKU, "Count", p.Left)
			if p.Days > 0 {
				part += " " + l.Say("low_stock_days", "Count", p.Days)
			}
		}
		parts = append(parts, part)
		text := l.Plain("button_load_stock")
		if len(shown) > 1 {
			text += " · " + clip(l.Text(p.Title), 24)
		}
		s.Rows = append(s.Rows, row(anew(button{Text: text, Data: data(actStock, "load", p.SKU)})))
	}
	if len(low) > len(shown) {
		parts = append(parts, l.Say("low_stock_more", "Count", len(low)-len(shown)))
	}
	s.Text = sections(parts...)
	return s
}

// TellAlarm tells the owners of trouble that lasts and of what to do about it, or that it is over.
func (c *Courier) TellAlarm(ctx context.Context, a shop.Alarm) error {
	if len(c.staff.With(shop.RoleOwner)) == 0 {
		return shop.ErrNoOwners
	}
	return c.warnOwners(ctx, "alarm "+string(a.ID), true, func(l localizer) screen { return alarmScreen(l, a) })
}

// alarmScreen is an alarm, or its end.
func alarmScreen(l localizer, a shop.Alarm) screen {
	id := "alarm_" + string(a.ID) + "_" + string(a.Cause)
	if !a.Ended.IsZero() {
		id = "alarm_over_" + string(a.ID)
	}
	return screen{Text: l.Say(id, "Detail", clip(a.Detail, maxAlarmDetail), "Items", codes(a.Items),
		"Left", codes(a.Left), "Offered", codes(a.Offered), "Since", l.Moment(a.Since), "Ended", l.Moment(a.Ended),
		"Faults", faultLines(a.Items), "Changes", l.changes(a.Changes, maxShownChanges), "Revision", a.Revision)}
}

// Bounds of what an alarm shows, so that it fits into a message.
const (
	maxAlarmDetail = 300
	maxAlarmItems  = 40
)

// codes writes a list of assets or SKUs.
func codes(list []string) markup {
	var written []string
	for _, code := range list[:min(len(list), maxAlarmItems)] {
		written = append(written, "<code>"+string(localize.Escape(clip(code, 64)))+"</code>")
	}
	if len(list) > maxAlarmItems {
		written = append(written, "…")
	}
	return markup(strings.Join(written, ", "))
}
