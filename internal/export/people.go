package export

import (
	"context"
	"iter"
	"time"

	"shopbot/internal/shop"
)

func buyerColumns() []column {
	return []column{
		{"buyer_id", number},
		{"name", text},
		{"username", text},
		{"language", text},
		{"first_day", word},
		{"last_day", word},
		{"orders", number},
		{"paid_orders", number},
		{"refunded_orders", number},
		{"last_order", word},
		{"spent", amount},
		{"currency", word},
		{"gone", word},
		{"no_broadcasts", word},
		{"blocked", word},
		{"blocked_reason", text},
		{"coupon", word},
		{"invited_by", number},
		{"invited", number},
		{"rewards", number},
	}
}

// buyers adds a row for each person who has written to the bot, and another one for each further
// currency that their orders were in.
func (e *exporter) buyers(ctx context.Context, t *table) iter.Seq[error] {
	last := int64(0)
	next := func(ctx context.Context) ([]shop.Person, error) {
		people, err := e.from.People(ctx, last, pageSize)
		if len(people) > 0 {
			last = people[len(people)-1].ID
		}
		return people, err
	}
	return rowsOf(ctx, next, func(p *shop.Person) error {
		b, err := e.bought(ctx, p.ID)
		if err != nil {
			return err
		}
		noBroadcasts := ""
		if p.NoBroadcasts {
			noBroadcasts = "yes"
		}
		about := []string{
			stamp(p.Gone, e.zone), noBroadcasts, stamp(p.Blocked.At, e.zone), p.Blocked.Reason,
			p.Coupon, nonZero(p.InvitedBy), itoa(p.Invited), itoa(p.Rewards),
		}
		t.add(itoa(p.ID), p.Name, p.Username, p.Language(), string(p.First), string(p.Last),
			itoa(b.orders), itoa(b.paid), itoa(b.refunded), stamp(b.last, e.zone))
		for i, sum := range b.spent {
			if i > 0 {
				t.end()
				t.add(itoa(p.ID), p.Name, p.Username, p.Language(), "", "", "", "", "", "")
			}
			t.add(sum.Decimal(), string(sum.Currency()))
			if i == 0 {
				t.add(about...)
			}
		}
		if len(b.spent) == 0 {
			t.add(append([]string{"", ""}, about...)...)
		}
		t.end()
		return nil
	})
}

// bought is what one person's orders come to.
type bought struct {
	orders, paid, refunded int
	spent                  shop.Sums // totals of paid orders that were not refunded
	last                   time.Time
}

func (e *exporter) bought(ctx context.Context, buyer int64) (b bought, err error) {
	before := shop.OrderID("")
	for {
		orders, err := e.from.OrdersOf(ctx, buyer, before, pageSize)
		if err != nil {
			return b, err
		}
		for i := range orders {
			o := &orders[i]
			before = o.ID
			if b.orders == 0 {
				b.last = o.Created
			}
			b.orders++
			switch {
			case len(o.Payments) == 0:
			case o.State == shop.StateRefunded:
				b.refunded++
				b.paid++
			default:
				b.paid++
				b.spent.Add(o.Price())
			}
		}
		if len(orders) < pageSize {
			return b, nil
		}
	}
}
