package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// oldBuyer is the first user of a history.
const oldBuyer = 6_000_000_000

// grow measures the first program with databases of several sizes.
func (b *bench) grow(ctx context.Context, out io.Writer) {
	b.bursts = []burst{{32, 1000}}
	shops := make([]instance, len(b.sizes))
	heads := make([]string, len(b.sizes))
	for i, n := range b.sizes {
		heads[i] = fmt.Sprintf("%d orders (first : this)", n)
		shops[i] = b.newInstance(b.programs[0])
		b.writeHistory(ctx, shops[i].database, n)
		b.stock(ctx, &shops[i])
	}
	b.table = newTable(heads...)
	defer b.write(out)
	for range b.rounds {
		for column, s := range shops {
			s.onCopy(ctx, anyPace, func(_ instance, p process) {
				var times []time.Duration
				for user := int64(oldBuyer); user < oldBuyer+20; user++ {
					chat, began := b.open(user), time.Now()
					b.command(user, "/orders")
					await(chat, anything)
					times = append(times, time.Since(began))
					b.chats.Delete(user)
				}
				b.put("/orders of a buyer is answered within, ms", column, milliseconds(median(times)))
				b.sell(ctx, column, p)
			})
			s.onCopy(ctx, telegramPace, func(s instance, p process) {
				b.put("start until ready, ms", column, milliseconds(p.started))
				began := time.Now()
				s.run(ctx, "backup", "--force", filepath.Join(b.dir, "backup.db"))
				b.put("backup of the running shop, ms", column, milliseconds(time.Since(began)))
				b.pay(ctx, column, s.public, s.payments)
			})
		}
	}
}

// writeHistory makes a database of n orders of the last two years, all paid and delivered.
func (b *bench) writeHistory(ctx context.Context, path string, n int) {
	db := must(storage.Open(ctx, path))
	must(db.AddStock(ctx, sku, slices.Values(keys("OLD", n)), 0))
	price, paid := must(money.Parse("10.5", "USD")), must(money.Parse("10.49974", "USDT"))
	together(512, n, func(i int) {
		user, id := int64(oldBuyer+i/5), fmt.Sprint(i+1)
		at := time.Now().Add(-17500 * time.Hour / time.Duration(n) * time.Duration(n-i)).Truncate(time.Millisecond)
		o := shop.Order{
			ID:    shop.NewOrderID([]byte("bench"), shop.Origin{Chat: user, User: user, Act: "m" + id, At: at}),
			State: shop.StateNew, Buyer: shop.Buyer{ID: user, Name: "Alice", Language: "en"}, Rail: shop.CryptoPay,
			Lines: []shop.Line{{
				SKU: sku, Title: catalog.Text{"en": "Steam card $10"}, Quantity: 1, Price: price, Deliver: catalog.Keys, FromStock: true,
			}},
			Total: price, Created: at, Expires: at.Add(time.Hour), Message: shop.MessageRef{Chat: user, Message: i + 1},
		}
		payment := shop.IncomingPayment{
			Order: o.ID, Payment: shop.Payment{Rail: o.Rail, Invoice: id, Amount: paid, Price: price, At: at},
			Source: shop.FromWebhook, Received: at, Raw: []byte(b.invoice(id, `"status":"paid"`)),
		}
		_, _, err := db.Checkout(ctx, o, at, func(*shop.Order, shop.View) error { return nil })
		check(err)
		must(db.RecordPayment(ctx, payment, func(o *shop.Order, free shop.Free) error {
			if err := o.MarkInvoiced(shop.Invoice{ID: id}, o.Expires); err != nil {
				return err
			}
			return o.ApplyPayment(payment.Payment, free)
		}))
		must(db.Change(ctx, o.ID, func(o *shop.Order, _ shop.Free) error {
			err := o.MarkLineDelivered(0, at)
			o.Notices = nil // everybody was told
			return err
		}))
		db.Release(ctx, shop.TaskInvoice, o.ID)
	})
	check(db.Close())
}
