package storagetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// Products: two sold by units of stock, and one that has none.
const (
	vpn   = "vpn"
	gift  = "vp"
	guide = "guide"
)

var errNo = errors.New("the rule says no")

// start is when the first order is made.
func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC) }

func usdt(s string) money.Amount {
	a, err := money.Parse(s, "USDT")
	if err != nil {
		panic(err) // a test's own text
	}
	return a
}

// line is n pieces of a product.
func line(sku string, n int) shop.Line {
	l := shop.Line{
		SKU: sku, Title: catalog.Text{"en": "VPN", "ru": "ВПН"}, Quantity: n, Price: usdt("10.5"),
		Part: shop.Part{Deliver: catalog.Keys}, FromStock: true, Answers: []string{"blue", ""},
	}
	if sku == guide {
		l.Deliver, l.FromStock, l.Text = catalog.Content, false, catalog.Plain("Read this.")
	}
	return l
}

// order is the n-th order, made n seconds after start.
func order(n int, buyer int64, lines ...shop.Line) shop.Order {
	at := start().Add(time.Duration(n) * time.Second)
	o := shop.Order{
		ID:    shop.NewOrderID([]byte("key"), shop.Origin{Chat: buyer, User: buyer, Act: strconv.Itoa(n), At: at}),
		State: shop.StateNew, Buyer: shop.Buyer{ID: buyer, Name: "Ann <b>", Language: "ru"}, Lines: lines,
		Rail: shop.CryptoPay, Assets: []money.Currency{"USDT", "TON"}, Created: at, Expires: at.Add(30 * time.Minute),
	}
	for i := range lines {
		o.Total, _ = o.Total.Add(lines[i].Sum()) // of one currency
	}
	return o
}

// text is the same order, of a product that has no stock.
func text(n int, buyer int64) shop.Order { return order(n, buyer, line(guide, 1)) }

// discounted gives an order a discount.
func discounted(o shop.Order, reason, amount string) shop.Order {
	o.Discounts = append(o.Discounts, shop.Discount{Reason: reason, Amount: usdt(amount)})
	o.Total, _ = o.Total.Sub(usdt(amount)) // of one currency
	return o
}

// payment is what comes when the invoice of the given number is paid.
func payment(o shop.Order, invoice int) shop.IncomingPayment {
	return shop.IncomingPayment{
		Order: o.ID, Source: shop.FromWebhook, Received: o.Created.Add(time.Minute),
		Raw: fmt.Appendf(nil, `{"update_id":%d,"payload":"%s <тест> & \"q\" /"}`, invoice, o.ID),
		Payment: shop.Payment{
			Rail: o.Rail, Invoice: strconv.Itoa(invoice), Amount: o.Total, Fee: usdt("0.03"), Price: o.Total,
			At: o.Created.Add(time.Minute),
		},
	}
}

func applyPayment(p shop.IncomingPayment) shop.Rule {
	return func(o *shop.Order, free shop.Free) error { return o.ApplyPayment(p.Payment, free) }
}

func anybody(*shop.Order, shop.View) error { return nil }

// units makes n units that differ.
func units(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("UNIT-%05d", i)
	}
	return list
}

// The steps of an order's life, each of which has to succeed.

func (b *bench) load(sku string, list ...string) {
	b.t.Helper()
	added, err := b.AddStock(b.ctx, shop.StockLoad{SKU: sku, Units: slices.Values(list), LoadOptions: shop.LoadOptions{By: 7, Elsewhere: true}})
	require.NoError(b.t, err)
	require.Equal(b.t, len(list) > 0, added.Batch > 0)
	require.Equal(b.t, shop.StockAdded{Batch: added.Batch, Added: len(list)}, added)
}

// placed makes an order whose claim is given up.
func (b *bench) placed(o shop.Order) shop.Order {
	b.t.Helper()
	stored, created, err := b.Checkout(b.ctx, o, start().Add(time.Hour), anybody)
	require.NoError(b.t, err)
	require.True(b.t, created)
	b.Release(b.ctx, shop.TaskInvoice, o.ID)
	return stored
}

func (b *bench) changed(id shop.OrderID, rule func(o *shop.Order) error) shop.Order {
	b.t.Helper()
	o, err := b.Change(b.ctx, id, func(o *shop.Order, _ shop.Free) error { return rule(o) })
	require.NoError(b.t, err)
	return o
}

func (b *bench) invoiced(o shop.Order, invoice int) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error {
		return o.MarkInvoiced(shop.Invoice{ID: strconv.Itoa(invoice), URL: "https://t.me/pay"}, o.Expires)
	})
}

func (b *bench) paid(o shop.Order, invoice int) shop.Order {
	b.t.Helper()
	p := payment(o, invoice)
	o, err := b.RecordPayment(b.ctx, p, applyPayment(p))
	require.NoError(b.t, err)
	return o
}

func (b *bench) cancelled(o shop.Order) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error { return o.Cancel(shop.CancelByBuyer) })
}

// delivered hands over all lines.
func (b *bench) delivered(o shop.Order) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error {
		for i := range o.Lines {
			if err := o.MarkLineDelivered(i, start().Add(time.Hour)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) stored(id shop.OrderID) shop.Order {
	b.t.Helper()
	o, err := b.Order(b.ctx, id)
	require.NoError(b.t, err)
	return o
}

// holds asserts that the order is stored like this.
func (b *bench) holds(want shop.Order) {
	b.t.Helper()
	same(b.t, want, b.stored(want.ID))
}

// stocked asserts how many units of a product there are.
func (b *bench) stocked(sku string, free, reserved, sold int) {
	b.t.Helper()
	s, err := b.StockOf(b.ctx, sku)
	require.NoError(b.t, err)
	require.Equal(b.t, shop.Stock{Free: free, Reserved: reserved, Sold: sold}, s, sku)
}

// same compares by what is written down: equal times and amounts may differ inside.
func same(t reporter, want, got any, why ...any) {
	t.Helper()
	require.Equal(t, written(t, want), written(t, got), why...)
}

func written(t reporter, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func ids(list []shop.Order) []shop.OrderID {
	out := make([]shop.OrderID, 0, len(list))
	for i := range list {
		out = append(out, list[i].ID)
	}
	return out
}
