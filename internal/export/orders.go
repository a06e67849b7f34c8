package export

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// orderPages reads the orders that were asked for.
func (e *exporter) orderPages() func(context.Context) ([]shop.Order, error) {
	f := shop.Filter{State: e.request.State, Since: e.request.Since, Until: e.request.Until, Limit: pageSize}
	return func(ctx context.Context) ([]shop.Order, error) {
		orders, err := e.from.Orders(ctx, f)
		if len(orders) > 0 {
			f.After = orders[len(orders)-1].ID
		}
		return orders, err
	}
}

func orderColumns() []column {
	return []column{
		{"order", word},
		{"created", word},
		{"state", word},
		{"buyer_id", number},
		{"buyer", text},
		{"line", number},
		{"sku", text},
		{"title", text},
		{"quantity", number},
		{"price", amount},
		{"discount", amount},
		{"total", amount},
		{"currency", word},
		{"paid_at", word},
		{"coin", word},
		{"paid", amount},
		{"rate", amount},
		{"fee", amount},
		{"refunded", amount},
		{"net", amount},
		{"delivered", word},
		{"hold", word},
		{"cancelled", word},
		{"invoice", text},
		{"reason", text},
		{"coupon", word},
		{"replaced", number},
		{"paid_by_hand", word},
		{"stars_price", amount},
	}
}

// orders adds a row for each line of an order, and another one for each further coin that the order
// was paid in. Each quantity and each amount stands once, so a column can be summed by its currency
// or coin.
func (e *exporter) orders(ctx context.Context, t *table) iter.Seq[error] {
	return rowsOf(ctx, e.orderPages(), func(o *shop.Order) error {
		coins := o.PaidAssets()
		sums := make([][]shop.CoinSum, len(coins))
		for c, coin := range coins {
			sums[c] = o.LineSumsOf(coin)
		}
		lines, reason := o.LineSums(), discountReasons(o)
		byHand := ""
		if o.PaidByHand() {
			byHand = "yes"
		}
		created, buyer := stamp(o.Created, e.zone), itoa(o.Buyer.ID)
		for i := range o.Lines {
			l := &o.Lines[i]
			for c := range max(len(coins), 1) {
				t.add(string(o.ID), created, string(o.State), buyer, o.Buyer.Name, itoa(i+1), l.SKU, l.Title.In(e.language))
				if c == 0 {
					t.add(itoa(l.Quantity), o.LinePrice(i).Decimal(), lines[i].Discount.Decimal(), lines[i].Total.Decimal(), string(o.Price().Currency()))
				} else {
					t.add("", "", "", "", "")
				}
				if len(coins) > 0 {
					e.addCoin(t, o, coins[c], sums[c][i])
				} else {
					t.add("", "", "", "", "", "", "")
				}
				t.add(stamp(l.Delivered, e.zone), string(o.Hold), string(o.Cancelled), invoiceOf(o), reason, o.Coupon())
				if c == 0 {
					t.add(itoa(len(l.Replaced)), byHand, starsPrice(l))
				} else {
					t.add("", byHand, "")
				}
				t.end()
			}
		}
		return nil
	})
}

// invoiceOf is the invoice of an order; of one that was paid with Stars the number of the payment,
// which is all that Telegram knows.
func invoiceOf(o *shop.Order) string {
	if o.InStars() && len(o.Payments) > 0 {
		return o.Payments[0].Invoice
	}
	return o.Invoice.ID
}

// starsPrice is what a line costs in Stars, discounts not subtracted; empty if it takes none.
func starsPrice(l *shop.Line) string {
	if l.Stars.IsZero() {
		return ""
	}
	return l.StarsSum().Decimal()
}

func (e *exporter) addCoin(t *table, o *shop.Order, coin money.Currency, s shop.CoinSum) {
	at := ""
	for _, p := range o.Payments {
		if p.Amount.Currency() == coin {
			at = stamp(p.At, e.zone)
			break
		}
	}
	t.add(at, string(coin), s.Paid.Decimal(), rate(o, coin, ""), s.Fee.Decimal(), s.Refunded.Decimal(), s.Net.Decimal())
}

func discountReasons(o *shop.Order) string {
	var reasons []string
	for _, d := range o.Discounts {
		reasons = append(reasons, d.Reason)
	}
	return strings.Join(reasons, " + ")
}

// rate is what one coin was worth in the currency of the price when it was paid; unknown if the shop
// does not know.
func rate(o *shop.Order, asset money.Currency, unknown string) string {
	if asset == o.Price().Currency() {
		return "1"
	}
	for _, p := range o.Payments {
		if p.Amount.Currency() == asset && p.Rate.Currency() == o.Price().Currency() {
			return p.Rate.Decimal()
		}
	}
	return unknown
}

func summaryColumns() []column {
	return []column{
		{"order", word},
		{"state", word},
		{"created", word},
		{"buyer_id", number},
		{"buyer", text},
		{"sku", text},
		{"quantity", word},
		{"total", amount},
		{"currency", word},
		{"paid", word},
		{"paid_at", word},
		{"delivered", word},
		{"hold", word},
		{"paid_amount", word},
		{"paid_asset", word},
		{"rate", word},
		{"fee", word},
		{"refunded", word},
		{"net", word},
	}
}

// summary adds a row for each order, with times in UTC. What there is several of stands in one cell
// with " + " between.
func (e *exporter) summary(ctx context.Context, t *table) iter.Seq[error] {
	return rowsOf(ctx, e.orderPages(), func(o *shop.Order) error {
		paidAt := ""
		if len(o.Payments) > 0 {
			paidAt = stamp(o.Payments[0].At, time.UTC)
		}
		t.add(string(o.ID), string(o.State), stamp(o.Created, time.UTC), itoa(o.Buyer.ID), o.Buyer.Name,
			eachLine(o, func(l *shop.Line) string { return l.SKU }),
			eachLine(o, func(l *shop.Line) string { return strconv.Itoa(l.Quantity) }),
			o.Price().Decimal(), string(o.Price().Currency()), Paid(o), paidAt, stamp(o.Delivered, time.UTC), string(o.Hold))
		t.add(coinCells(o)...)
		t.end()
		return nil
	})
}

// coinCells are the cells about coins: plain numbers, and several with " + " between for an order
// that was paid in several coins, in the same sequence in each cell.
func coinCells(o *shop.Order) []string {
	cells := make([]string, 6)
	for i, asset := range o.PaidAssets() {
		s := o.SumOf(asset)
		row := []string{s.Paid.Decimal(), string(asset), rate(o, asset, "?"), s.Fee.Decimal(), s.Refunded.Decimal(), s.Net.Decimal()}
		for n, cell := range row {
			if i > 0 {
				cell = Harmless(cells[n] + " + " + cell) // "-0.1 + 9" would be a formula
			}
			cells[n] = cell
		}
	}
	return cells
}

// eachLine writes something of each line of an order, in one cell.
func eachLine(o *shop.Order, write func(*shop.Line) string) string {
	if len(o.Lines) == 1 {
		return write(&o.Lines[0])
	}
	var parts []string
	for i := range o.Lines {
		parts = append(parts, write(&o.Lines[i]))
	}
	return strings.Join(parts, " + ")
}

// Paid lists what was paid for an order, an amount for each coin, with two decimals at least.
func Paid(o *shop.Order) string {
	var sums []string
	for _, asset := range o.PaidAssets() {
		sums = append(sums, fmt.Sprintf("%s %s", o.Paid(asset).Fixed(2), asset))
	}
	return strings.Join(sums, " + ")
}
