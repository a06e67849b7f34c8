package bot

import (
	"context"
	"fmt"

	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/receipt"
	"shopbot/internal/shop"
)

// receipt is the button under a paid order: it sends the receipt as a PDF with the same as text.
func (b *Bot) receipt(ctx context.Context, r *request) error {
	o, err := b.own(ctx, r, r.args)
	switch {
	case err != nil:
		return err
	case len(o.Payments) == 0:
		return errStale
	}
	b.answer(ctx, r)
	made := receiptOf(r.loc, o, r.catalog.Shop.Name.In(r.loc.Language, r.catalog.Shop.Languages...))
	pdf, err := made.PDF()
	if err != nil {
		return fmt.Errorf("write the receipt of order %s: %w", o.ID, err)
	}
	s := screen{Text: localize.Escape(made.Text())}
	if visible(s.Text) > maxCaption {
		for _, part := range splitText(made.Text(), maxText) {
			if _, err := b.chat.send(ctx, r.user.ID, screen{Text: localize.Escape(part)}); err != nil {
				return err
			}
		}
		s.Text = r.loc.Say("receipt_file", "Order", o.ID)
	}
	return b.chat.sendFile(ctx, r.user.ID, s, "receipt-"+string(o.ID)+".pdf", pdf)
}

// receiptOf writes what an order was for, what was paid for it and what went back. It changes only
// with the order and the language.
func receiptOf(l localizer, o shop.Order, of string) receipt.Receipt {
	price := func(a money.Amount) string { return l.Plain("price", "Price", a) }
	first := o.Payments[0]
	made := receipt.Receipt{
		Shop: of, Title: l.Plain("receipt"), Made: first.At.UTC(),
		Facts: []receipt.Row{
			{Label: l.Plain("receipt_order"), Value: string(o.ID)},
			{Label: l.Plain("receipt_at"), Value: localize.PlainText(l.Moment(first.At))},
		},
		Page: func(page, pages int) string { return l.Plain("receipt_page", "Page", page, "Pages", pages) },
	}
	for i := range o.Lines {
		line := &o.Lines[i]
		detail := "receipt_line"
		if line.Refunded {
			detail = "receipt_line_refunded"
		}
		made.Lines = append(made.Lines, receipt.Row{
			Label: l.Text(line.Title), Value: price(o.LinePriceSum(i)),
			Detail: l.Plain(detail, "Quantity", line.Quantity, "Price", o.LinePrice(i)),
		})
	}
	for i, d := range o.Discounts {
		made.Totals = append(made.Totals, receipt.Row{Label: discountReason(l, d), Value: "−" + price(o.Saved(i))})
	}
	made.Totals = append(made.Totals, receipt.Row{Label: l.Plain("receipt_total"), Value: price(o.Price()), Strong: true})
	made.Money = receiptMoney(l, o, price)
	return made
}

// receiptMoney lists payments, what was sent back, and what is left of them.
func receiptMoney(l localizer, o shop.Order, price func(money.Amount) string) (rows []receipt.Row) {
	for _, p := range o.Payments {
		row := receipt.Row{Label: l.Plain("receipt_paid"), Value: price(p.Amount)}
		switch {
		case p.Rail == shop.Hand:
			row.Detail = l.Plain("receipt_paid_hand")
		case p.Surplus:
			row.Detail = l.Plain("receipt_paid_again", "At", l.Moment(p.At))
		case p.Rate.Sign() > 0:
			row.Detail = l.Plain("receipt_rate", "Coin", p.Amount.Currency(), "Rate", p.Rate)
		}
		rows = append(rows, row)
	}
	back := false
	for _, r := range o.Refunds {
		if r.Status == shop.RefundSent {
			back = true
			rows = append(rows, receipt.Row{
				Label: l.Plain("receipt_back"), Value: "−" + price(r.Amount), Detail: localize.PlainText(l.Moment(r.Finished)),
			})
		}
	}
	if back {
		for _, asset := range o.PaidAssets() {
			sum := o.SumOf(asset)
			left, _ := sum.Paid.Sub(sum.Refunded) // of one currency
			rows = append(rows, receipt.Row{Label: l.Plain("receipt_left"), Value: price(left), Strong: true})
		}
	}
	return rows
}
