package bot

import (
	"context"
	"strconv"

	"shopbot/internal/shop"
)

// auditShown is how many entries one message has room for; the latest ones are shown.
const auditShown = 25

// auditOrder is "/audit ORDER": what the audit trail says of an order, for the day when somebody asks.
func (b *Bot) auditOrder(ctx context.Context, v *visit) error {
	if v.args == "" {
		return b.say(ctx, v, "audit_usage")
	}
	o, found, err := b.find(ctx, v, v.args)
	if !found {
		return err
	}
	trail, err := b.shop.TrailOf(ctx, o.ID)
	if err != nil {
		return err
	}
	_, err = b.chat.send(ctx, v.user.ID, auditScreen(v.voice, o, trail))
	return err
}

func auditScreen(v voice, o shop.Order, trail []shop.AuditEntry) screen {
	var said []markup
	if left := len(trail) - auditShown; left > 0 {
		said = append(said, "…")
		trail = trail[left:]
	}
	for _, e := range trail {
		said = append(said, auditLine(v, o, e))
	}
	if !o.Delivered.IsZero() {
		said = append(said, v.say("detail_delivered", "At", moment(o.Delivered)))
	}
	if len(said) == 0 {
		said = append(said, v.say("audit_none"))
	}
	return screen{Text: v.say("audit_order", "Order", o.ID, "State", v.plain("state_"+string(o.State)), "Entries", lines(said...))}
}

func auditLine(v voice, o shop.Order, e shop.AuditEntry) markup {
	more := markup("")
	if e.Units != 0 {
		more += v.say("audit_units", "Units", strconv.Itoa(-e.Units))
	}
	if !e.Amount.IsZero() {
		more += v.say("audit_amount", "Amount", e.Amount)
	}
	if !e.Fee.IsZero() {
		more += v.say("audit_fee", "Fee", e.Fee)
	}
	if e.Reference != "" {
		more += v.say("audit_reference", "Reference", e.Reference)
	}
	if e.Reason != "" {
		more += v.say("audit_reason", "Reason", e.Reason)
	}
	switch e.By {
	case 0:
	case o.Buyer.ID:
		more += v.say("audit_by_buyer")
	default:
		more += v.say("audit_by_owner", "ID", strconv.FormatInt(e.By, 10))
	}
	return v.say("audit_line", "Number", strconv.FormatInt(e.Number, 10), "At", moment(e.At),
		"Act", v.plain("audit_act_"+string(e.Act)), "More", more)
}
