package storagetest

import (
	"fmt"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// vpn is the product of most scenarios, sold by keys.
const vpn = "vpn"

// start is when the first order is made.
func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC) }

func usdt(s string) money.Amount {
	a, err := money.Parse(s, "USDT")
	if err != nil {
		panic(err) // a test's own text
	}
	return a
}

// order is the n-th order, made n seconds after start.
func order(n int, buyer int64, sku string, quantity int) shop.Order {
	at := start().Add(time.Duration(n) * time.Second)
	price := usdt("10.5")
	return shop.Order{
		ID:    shop.NewOrderID([]byte("key"), shop.Origin{Chat: buyer, User: buyer, Act: strconv.Itoa(n), At: at}),
		State: shop.StateNew,
		Buyer: shop.Buyer{ID: buyer, Name: "Ann <b>", Language: "ru"},
		Item: shop.Item{
			SKU: sku, Title: catalog.Text{"en": "VPN", "ru": "ВПН"}, Quantity: quantity, Price: price, Deliver: catalog.Keys,
		},
		Total: price.Times(quantity), Assets: []money.Currency{"USDT", "TON"},
		Created: at, Expires: at.Add(30 * time.Minute),
	}
}

// text is the same order, for a product that has no stock.
func text(n int, buyer int64) shop.Order {
	o := order(n, buyer, "guide", 1)
	o.Item.Deliver, o.Item.Text = catalog.Content, catalog.Plain("Read this.")
	return o
}

// payment pays an order with the invoice of the given number.
func payment(o shop.Order, invoice int64) shop.Payment {
	return shop.Payment{
		Invoice: invoice, Amount: o.Total, Fee: usdt("0.03"), Price: o.Total, At: o.Created.Add(time.Minute),
	}
}

func event(o shop.Order, invoice int64) shop.Event {
	return shop.Event{
		Order: o.ID, Payment: payment(o, invoice), Source: shop.FromWebhook, Received: o.Created.Add(time.Minute),
		Raw: fmt.Appendf(nil, `{"update_id":%d,"payload":"%s <тест> & \"q\" /"}`, invoice, o.ID),
	}
}

// The steps of an order's life, each of which has to succeed.

func (b *bench) load(sku string, keys ...string) {
	b.t.Helper()
	added, err := b.AddStock(b.ctx, sku, keys, 7)
	require.NoError(b.t, err)
	require.Equal(b.t, shop.StockAdded{Added: len(keys)}, added)
}

func (b *bench) placed(o shop.Order) shop.Order {
	b.t.Helper()
	stored, created, err := b.Checkout(b.ctx, o, 0)
	require.NoError(b.t, err)
	require.True(b.t, created)
	return stored
}

func (b *bench) changed(id shop.OrderID, rule func(o *shop.Order) error) shop.Order {
	b.t.Helper()
	o, err := b.Change(b.ctx, id, func(o *shop.Order, _ int) error { return rule(o) })
	require.NoError(b.t, err)
	return o
}

func (b *bench) invoiced(o shop.Order, invoice int64) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error {
		return o.MarkInvoiced(shop.Invoice{ID: invoice, URL: "https://t.me/pay"}, o.Expires)
	})
}

func (b *bench) paid(o shop.Order, invoice int64) shop.Order {
	b.t.Helper()
	o, err := b.Receive(b.ctx, event(o, invoice), receive(event(o, invoice)))
	require.NoError(b.t, err)
	return o
}

func receive(e shop.Event) shop.Rule {
	return func(o *shop.Order, free int) error { return o.Receive(e.Payment, free) }
}

func (b *bench) cancelled(o shop.Order) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error { return o.Cancel(shop.CancelByBuyer) })
}

func (b *bench) delivered(o shop.Order) shop.Order {
	b.t.Helper()
	return b.changed(o.ID, func(o *shop.Order) error { return o.MarkDelivered(start().Add(time.Hour)) })
}

// stocked asserts how many units of vpn there are.
func (b *bench) stocked(free, reserved, sold int) {
	b.t.Helper()
	s, err := b.StockOf(b.ctx, vpn)
	require.NoError(b.t, err)
	require.Equal(b.t, shop.Stock{Free: free, Reserved: reserved, Sold: sold}, s)
}

// keys makes n keys that differ.
func keys(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("KEY-%05d", i)
	}
	return list
}
