package bot

import (
	"context"

	"shopbot/internal/shop"
)

// auditShown is how many entries are shown: the latest ones.
const auditShown = 25

// auditOrder is "/audit ORDER": what the audit trail says of an order, for the day when somebody
// asks.
func (b *Bot) auditOrder(ctx context.Context, r *request) error {
	if r.args == "" {
		return b.say(ctx, r, "audit_usage")
	}
	o, found, err := b.find(ctx, r, r.args)
	if !found {
		return err
	}
	trail, err := b.shop.TrailOf(ctx, o.ID)
	if err != nil {
		return err
	}
	return b.reply(ctx, r, auditScreens(r.loc, o, trail)...)
}

func auditScreens(l localizer, o shop.Order, trail []shop.AuditEntry) []screen {
	var said []markup
	if left := len(trail) - auditShown; left > 0 {
		said = append(said, "…")
		trail = trail[left:]
	}
	for _, e := range trail {
		said = append(said, auditLine(l, o, e))
	}
	if !o.Delivered.IsZero() {
		said = append(said, l.Say("detail_delivered", "At", l.Moment(o.Delivered)))
	}
	if len(said) == 0 {
		said = append(said, l.Say("audit_none"))
	}
	heading := l.Say("audit_order", "Order", o.ID, "State", stateText(l, o), "Entries", "")
	return longScreens(heading, said, nil)
}

func auditLine(l localizer, o shop.Order, e shop.AuditEntry) markup {
	more := markup("")
	for _, m := range e.Stock {
		switch {
		case m.Units == 0: // reserved, or free again, as the act says
		case len(e.Stock) == 1:
			more += l.Say("audit_units", "Units", itoa(-m.Units))
		default:
			more += l.Say("audit_units_of", "Units", itoa(-m.Units), "SKU", m.SKU)
		}
	}
	if !e.Amount.IsZero() {
		more += l.Say("audit_amount", "Amount", e.Amount)
	}
	if !e.Fee.IsZero() {
		more += l.Say("audit_fee", "Fee", e.Fee)
	}
	switch {
	case e.Reference == "":
	case e.Act == shop.AuditPaid && e.By != 0: // a number that nobody else knows
	case e.Act == shop.AuditPaid, e.Act == shop.AuditPaidAgain:
		more += l.Say("audit_invoice", "Reference", e.Reference)
	default:
		more += l.Say("audit_reference", "Reference", e.Reference)
	}
	switch {
	case e.Reason == "", e.Reason == string(shop.HoldManual) && e.Act == shop.AuditHeld: // the act says it
	case e.Act == shop.AuditReplaced:
		more += l.Say("audit_reason", "Reason", l.Plain("replace_why_"+e.Reason))
	default:
		more += l.Say("audit_reason", "Reason", e.Reason)
	}
	switch {
	case e.By == 0:
	case e.By == o.Buyer.ID:
		more += l.Say("audit_by_buyer")
	case o.Buyer.ID == 0: // an owner, or the buyer whose data was deleted
		more += l.Say("audit_by_somebody", "ID", itoa(e.By))
	default:
		more += l.Say("audit_by_owner", "ID", itoa(e.By))
	}
	act := string(e.Act)
	if e.Act == shop.AuditHeld && e.Reason == string(shop.HoldManual) {
		act = "manual"
	}
	return l.Say("audit_line", "Number", itoa(e.Number), "At", l.Moment(e.At),
		"Act", l.Plain("audit_act_"+act), "More", more)
}
