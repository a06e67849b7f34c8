package bot

import (
	"slices"
	"strings"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// refundLines tells a buyer what was paid, what was refunded and the difference; "" without a refund.
func refundLines(l localizer, o shop.Order) markup {
	var back []markup
	for _, r := range o.Refunds {
		if r.Status != shop.RefundSent {
			continue
		}
		text := "order_back"
		if r.Way == shop.ByCheck {
			text = "order_back_check"
		}
		back = append(back, l.Say(text, "Amount", r.Amount, "At", l.Moment(r.Finished)))
	}
	if len(back) == 0 {
		return ""
	}
	back = append([]markup{l.Say(ofAmount("order_paid_sum", o.Payments[0].Amount), "Amounts", paid(l, o))}, back...)
	return lines(append(back, l.Say("order_net", "Amounts", l.Prices(spent(o))))...)
}

// withRefunds adds the refunds below the lines of an order.
func withRefunds(l localizer, o shop.Order, listed markup) markup {
	if back := refundLines(l, o); back != "" {
		return listed + "\n" + back
	}
	return listed
}

// net is what is left for the shop in each asset that an order was paid in.
func net(o shop.Order) []money.Amount {
	return eachAsset(o, func(s shop.CoinSum) money.Amount { return s.Net })
}

// spent is what the buyer has paid less what was refunded, in each asset.
func spent(o shop.Order) []money.Amount {
	return eachAsset(o, func(s shop.CoinSum) money.Amount {
		left, _ := s.Paid.Sub(s.Refunded) // of one currency
		return left
	})
}

func eachAsset(o shop.Order, of func(shop.CoinSum) money.Amount) []money.Amount {
	var sums []money.Amount
	for _, asset := range o.PaidAssets() {
		sums = append(sums, of(o.SumOf(asset)))
	}
	return sums
}

// unopened reports whether a check of the order still waits for the buyer.
func unopened(o shop.Order) bool {
	return slices.ContainsFunc(o.Refunds, func(r shop.Refund) bool { return r.Unopened() })
}

// checkRows are the buttons that open the checks which wait for the buyer.
func checkRows(l localizer, o shop.Order) [][]button {
	var rows [][]button
	for _, r := range o.Refunds {
		if r.Unopened() && r.Link != "" {
			rows = append(rows, checkRow(l, r))
		}
	}
	return rows
}

// checkRow is the button that opens a check; nil if it has no link.
func checkRow(l localizer, r shop.Refund) []button {
	if r.Link == "" {
		return nil
	}
	return row(button{Text: l.Plain("button_take", "Amount", r.Amount), URL: r.Link})
}

// refundSent tells a buyer that coins are back, or how to take them.
func refundSent(l localizer, o shop.Order, r shop.Refund) (markup, []button) {
	switch r.Way {
	case shop.ByTransfer:
		return l.Say(ofAmount("refund_sent", r.Amount), "Order", o.ID, "Amount", r.Amount), nil
	case shop.ByHand:
		return l.Say("refund_sent_hand", "Order", o.ID, "Amount", r.Amount), nil
	case shop.ByCheck:
	}
	if r.Link == "" {
		return l.Say("refund_check_no_link", "Order", o.ID, "Amount", r.Amount), nil
	}
	return l.Say("refund_check", "Order", o.ID, "Amount", r.Amount), checkRow(l, r)
}

// refundDetail is what an owner may know of a refund.
func refundDetail(l localizer, r shop.Refund) markup {
	text, status := "detail_refund", string(r.Status)
	switch {
	case r.Status != shop.RefundSent:
	case r.Way == shop.ByHand:
		return l.Say("detail_refund_hand", "Amount", r.Amount, "At", l.Moment(r.Finished), "ID", itoa(r.By), "Note", clip(r.Note, maxNote))
	case r.Way != shop.ByCheck:
		text = "detail_refund_sent"
	case r.Opened.IsZero():
		text, status = "detail_refund_check", "unopened"
	default:
		text, status = "detail_refund_check", "opened"
	}
	said := l.Say(text, "Amount", r.Amount, "Status", l.Plain("refund_status_"+status, "At", l.Moment(r.Opened)),
		"Refusal", r.Refusal, "At", l.Moment(r.Finished), "Transfer", r.Transfer)
	return markup(strings.TrimSpace(string(said)))
}

// paymentDetail is what an owner may know of a payment.
func paymentDetail(l localizer, p shop.Payment) markup {
	if p.Rail == shop.Hand {
		return l.Say("detail_payment_hand", "Amount", p.Amount, "At", l.Moment(p.At), "ID", itoa(p.By), "Note", clip(p.Note, maxNote))
	}
	if p.Rail == shop.Stars {
		return l.Say("detail_payment_stars", "Amount", p.Amount, "At", l.Moment(p.At), "Invoice", p.Invoice)
	}
	left, err := p.Amount.Sub(p.Fee)
	if err != nil { // the fee was taken in another coin
		left = p.Amount
	}
	var approx markup
	if worth, known := p.Value(2); known && worth.Currency() != p.Amount.Currency() {
		approx = l.Say("product_approx", "Amount", worth)
	}
	said := l.Say("detail_payment", "Amount", p.Amount, "Worth", approx, "Fee", p.Fee, "Net", left, "At", l.Moment(p.At), "Invoice", p.Invoice)
	return said + payerWrote(l, p)
}

// maxComment is how much of a payer's comment an owner is shown, in characters.
const maxComment = 200

// payerWrote returns the payer's comment as a line marked as theirs, or "". Nothing in it becomes a
// link or a mention.
func payerWrote(l localizer, p shop.Payment) markup {
	comment := cleanText(p.Comment, maxComment)
	if comment == "" {
		return ""
	}
	return "\n" + l.Say("payer_wrote", "Comment", comment)
}
