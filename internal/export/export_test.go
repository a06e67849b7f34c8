package export_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/export"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

var update = flag.Bool("update", false, "write the golden files anew")

const products = `
shop: {name: Test, currency: USD, languages: [ru, en], timezone: Asia/Tashkent}
categories: [{id: a, title: A}]
products:
  - {sku: vpn, category: a, title: {ru: "VPN; 30 дней", en: VPN}, price: "5", deliver: keys}
  - {sku: guide, category: a, title: {ru: Книга, en: Guide}, price: "2.5", deliver: text, text: t}
`

func readCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalog.yaml")
	require.NoError(t, os.WriteFile(path, []byte(products), 0o600))
	c, err := catalog.Load(path)
	require.NoError(t, err)
	return c
}

func amount(t *testing.T, s string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(s, c)
	require.NoError(t, err)
	return a
}

func always(*shop.Order, shop.View) error { return nil }

// fillShop sells to three people: two lines with a discount, paid twice in different coins and
// partly refunded; one line under a hostile name; and an order that nobody paid.
func fillShop(t *testing.T, db *storage.DB) {
	t.Helper()
	ctx := t.Context()
	db.SetZone(readCatalog(t).Shop.Zone)
	added, err := db.AddStock(ctx, shop.StockLoad{SKU: "vpn", Units: slices.Values([]string{"KEY-1", "=KEY-2", "KEY,3;x", "KEY\n4"}), LoadOptions: shop.LoadOptions{Source: "keys.txt"}})
	require.NoError(t, err)
	require.Equal(t, 4, added.Added)
	require.NoError(t, db.AddCoupons(ctx, shop.Coupon{Code: "SPRING", Percent: 10}))
	_, err = db.ChangePerson(ctx, 7, func(p *shop.Person) bool {
		p.Blocked, p.Coupon, p.InvitedBy = shop.Block{At: time.Now(), By: 9, Reason: "=abuse"}, "SPRING", 8
		return p.Meet(shop.Person{ID: 7, Name: "Анна \"А\"", Username: "anna", App: "ru"}, "1999-12-31")
	})
	require.NoError(t, err)
	now := time.Now()
	first, second := shop.FirstOrderID(now)+"AAAAAAAA", shop.FirstOrderID(now)+"BBBBBBBB"
	vpn := shop.Line{SKU: "vpn", Title: catalog.Text{"ru": "VPN; 30 дней", "en": "VPN"}, Quantity: 2, Price: amount(t, "5", "USD"), Part: shop.Part{Deliver: catalog.Keys}, FromStock: true}
	guide := shop.Line{SKU: "guide", Title: catalog.Text{"ru": "Книга", "en": "Guide"}, Quantity: 1, Price: amount(t, "2.5", "USD"), Part: shop.Part{Deliver: catalog.Content}}
	order := func(id shop.OrderID, buyer shop.Buyer, total string, lines ...shop.Line) {
		o := shop.Order{ID: id, State: shop.StateNew, Buyer: buyer, Lines: lines, Rail: shop.CryptoPay, Total: amount(t, total, "USD"), Created: now, Expires: now.Add(time.Hour)}
		if total == "11.25" {
			o.Discounts = []shop.Discount{{Reason: "coupon =SPRING", Coupon: "SPRING", Amount: amount(t, "1.25", "USD")}}
		}
		_, _, err := db.Checkout(ctx, o, now, always)
		require.NoError(t, err)
	}
	pay := func(id shop.OrderID, p shop.Payment) {
		p.Rail, p.At = shop.CryptoPay, now.Add(time.Minute)
		_, err := db.RecordPayment(ctx, shop.IncomingPayment{Order: id, Payment: p, Source: shop.FromSync, Received: now, Raw: []byte("{}")},
			func(o *shop.Order, free shop.Free) error {
				return errors.Join(ignore(o.MarkInvoiced(shop.Invoice{ID: p.Invoice}, o.Expires)), o.ApplyPayment(p, free))
			})
		require.NoError(t, err)
	}
	order(first, shop.Buyer{ID: 7, Name: "Анна \"А\" @anna"}, "11.25", vpn, guide)
	pay(first, shop.Payment{Invoice: "41", Amount: amount(t, "11.26", "USDT"), Fee: amount(t, "0.3378", "USDT"), Price: amount(t, "11.25", "USD"), Rate: amount(t, "0.9995", "USD")})
	pay(first, shop.Payment{Invoice: "42", Amount: amount(t, "3", "TON"), Fee: amount(t, "0.09", "TON"), Price: amount(t, "11.25", "USD")})
	_, err = db.Change(ctx, first, func(o *shop.Order, _ shop.Free) error {
		o.Refunds = append(o.Refunds, shop.Refund{ID: "r1", Amount: amount(t, "4", "USDT"), Lines: []int{0}, Status: shop.RefundSent},
			shop.Refund{ID: "r2", Amount: amount(t, "5", "USDT"), Status: shop.RefundRefused})
		return nil
	})
	require.NoError(t, err)
	one := vpn
	one.Quantity = 1
	order(second, shop.Buyer{ID: 8, Name: "=cmd|' /C calc'!A0, \"Al\"\r\nice"}, "5", one)
	pay(second, shop.Payment{Invoice: "43", Amount: amount(t, "5.01", "USDT"), Price: amount(t, "5", "USD")})
	time.Sleep(24 * time.Hour)
	now = time.Now()
	order(shop.FirstOrderID(now)+"CCCCCCCC", shop.Buyer{ID: 7, Name: "Анна"}, "2.5", guide)
}

// ignore is an error that a second payment of an order may have.
func ignore(err error) error {
	if errors.Is(err, shop.ErrUnchanged) {
		return nil
	}
	return err
}

// openShop opens a database and fills it. It is called in a bubble, so that each test has the same
// moment.
func openShop(t *testing.T) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	fillShop(t, db)
	return db
}

func write(t *testing.T, from export.Source, r export.Request) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, export.Write(t.Context(), from, readCatalog(t), r, &out, nil))
	return out.String()
}

func TestEachTableIsWrittenForSpreadsheetsAndForPrograms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openShop(t)
		for _, what := range append(export.All(), export.Summary) {
			for name, format := range map[string]export.Format{
				"ru.csv": {BOM: true}, "en.csv": {Separator: ",", Decimal: "."}, "jsonl": {JSON: true},
			} {
				path := filepath.Join("testdata", string(what)+"."+name)
				got := write(t, db, export.Request{What: what, Format: format})
				if *update {
					require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
				}
				want, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, string(want), got, path)
			}
		}
	})
}

// sum adds the numbers of one column in the rows that another column chooses.
func sum(t *testing.T, rows []map[string]any, column, where string, is any) string {
	t.Helper()
	total := amount(t, "0", "XX")
	for _, r := range rows {
		if r[where] == is && r[column] != nil {
			text := fmt.Sprint(r[column])
			a := amount(t, strings.TrimPrefix(text, "-"), "XX")
			if strings.HasPrefix(text, "-") {
				a, _ = amount(t, "0", "XX").Sub(a)
			}
			total, _ = total.Add(a)
		}
	}
	return total.Decimal()
}

func TestColumnsOfOrdersAddUpToWhatWasPaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openShop(t)
		var rows []map[string]any
		for line := range strings.Lines(write(t, db, export.Request{What: export.Orders, Format: export.Format{JSON: true}})) {
			var row map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &row))
			rows = append(rows, row)
		}
		require.Equal(t, "18.75", sum(t, rows, "total", "currency", "USD"), "11.25 + 5 + 2.50")
		require.Equal(t, "1.25", sum(t, rows, "discount", "currency", "USD"))
		require.Equal(t, "16.27", sum(t, rows, "paid", "coin", "USDT"))
		require.Equal(t, "4", sum(t, rows, "refunded", "coin", "USDT"), "the refused one moved nothing")
		require.Equal(t, "3", sum(t, rows, "paid", "coin", "TON"))
		require.Equal(t, "2.91", sum(t, rows, "net", "coin", "TON"))
		require.Equal(t, "5", sum(t, rows, "quantity", "currency", "USD"), "each piece once")
	})
}

func TestAPeriodGoesByWhenAnOrderWasMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openShop(t)
		late := time.Now()
		_, _, err := db.Checkout(t.Context(), shop.Order{
			ID: shop.FirstOrderID(late.Add(-20*time.Hour)) + "DDDDDDDD", State: shop.StateNew, Buyer: shop.Buyer{ID: 7},
			Lines: []shop.Line{{SKU: "guide", Quantity: 1, Price: amount(t, "2.5", "USD")}}, Rail: shop.CryptoPay, Total: amount(t, "2.5", "USD"), Created: late,
		}, late, always)
		require.NoError(t, err)
		got := write(t, db, export.Request{What: export.Orders, Since: late, Format: export.Format{Separator: ","}})
		require.Contains(t, got, "DDDDDDDD", "its button was drawn the day before")
		require.Contains(t, got, "CCCCCCCC")
		require.NotContains(t, got, "AAAAAAAA")
		got = write(t, db, export.Request{What: export.Orders, Until: late, Format: export.Format{Separator: ","}})
		require.NotContains(t, got, "DDDDDDDD")
		require.NotContains(t, got, "CCCCCCCC")
		require.Contains(t, got, "AAAAAAAA")
		require.Contains(t, write(t, db, export.Request{What: export.Sold, Until: late}), "KEY-1")
		require.NotContains(t, write(t, db, export.Request{What: export.Sold, Since: late}), "KEY-1")
		require.NotContains(t, write(t, db, export.Request{What: export.Audit, Since: late}), "AAAAAAAA")
		require.NotContains(t, write(t, db, export.Request{What: export.Stats, Until: late.Add(-12 * time.Hour)}), "2000-01-02")
	})
}

// severalPages is more orders than fit on a page.
const severalPages = 1203

func TestALongTableIsWrittenPageByPageAndMayGoOnInAnotherFile(t *testing.T) {
	db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
	require.NoError(t, err)
	begun := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range severalPages {
		at := begun.Add(time.Duration(i) * time.Minute)
		id := shop.OrderID(fmt.Sprintf("%s%08d", shop.FirstOrderID(at), i))
		_, _, err := db.Checkout(t.Context(), shop.Order{
			ID: id, State: shop.StateNew, Buyer: shop.Buyer{ID: 7}, Lines: []shop.Line{{SKU: "guide", Quantity: 1, Price: amount(t, "2.5", "USD")}},
			Rail: shop.CryptoPay, Total: amount(t, "2.5", "USD"), Created: at,
		}, at, always)
		require.NoError(t, err)
	}
	parts := []*strings.Builder{{}}
	var seen []int
	require.NoError(t, export.Write(t.Context(), db, readCatalog(t), export.Request{What: export.Orders}, parts[0], func(rows int) (io.Writer, error) {
		seen = append(seen, rows)
		if rows != 1000 {
			return nil, nil
		}
		parts = append(parts, &strings.Builder{})
		return parts[1], nil
	}))
	require.Equal(t, []int{500, 1000, severalPages}, seen)
	require.Len(t, parts, 2)
	first, second := readCSV(t, parts[0].String(), ';'), readCSV(t, parts[1].String(), ';')
	require.Len(t, first, 1001)
	require.Len(t, second, 1+severalPages-1000)
	require.Equal(t, first[0], second[0], "each file has a header")
	require.NoError(t, db.Close())
}

func TestAnErrorInTheMiddleEndsTheExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := openShop(t)
		full := errors.New("disk full")
		err := export.Write(t.Context(), db, readCatalog(t), export.Request{What: export.Orders}, failing{full}, nil)
		require.ErrorIs(t, err, full)
		err = export.Write(t.Context(), db, readCatalog(t), export.Request{What: "orderz"}, io.Discard, nil)
		require.ErrorContains(t, err, "no such table")
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func readCSV(t *testing.T, s string, separator rune) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(s, "\ufeff")))
	r.Comma = separator
	rows, err := r.ReadAll()
	require.NoError(t, err)
	return rows
}
