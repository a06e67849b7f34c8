package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// orderTable writes orders as a table for people or as CSV (RFC 4180) for spreadsheets.
// flush returns the errors of all writes.
type orderTable struct {
	csv   *csv.Writer // or nil
	table *bufio.Writer
}

func newOrderTable(out io.Writer, asCSV bool) orderTable {
	if asCSV {
		t := orderTable{csv: csv.NewWriter(out)}
		t.csv.UseCRLF = true
		_ = t.csv.Write([]string{
			"order", "state", "created", "buyer_id", "buyer", "sku", "quantity", "total", "currency", "paid", "paid_at", "delivered", "hold",
			"paid_amount", "paid_asset", "rate", "fee", "refunded", "net",
		})
		return t
	}
	t := orderTable{table: bufio.NewWriter(out)}
	t.row("ORDER", "STATE", "CREATED", "BUYER", "TOTAL", "PAID", "ITEM")
	return t
}

func (t orderTable) flush() error {
	if t.csv != nil {
		t.csv.Flush()
		return t.csv.Error()
	}
	return t.table.Flush()
}

func (t orderTable) add(o shop.Order) {
	if t.csv != nil {
		_ = t.csv.Write(csvRow(o))
		return
	}
	t.row(string(o.ID), string(o.State), utc(o.Created), strconv.FormatInt(o.Buyer.ID, 10), price(o.Total), paid(o),
		eachLine(o, func(l shop.Line) string { return fmt.Sprintf("%d × %s", l.Quantity, l.SKU) }))
}

// row has fixed widths, since the widest row is not known when the first is written.
func (t orderTable) row(id, state, created, buyer, total, paid, item string) {
	_, _ = fmt.Fprintf(t.table, "%-16s  %-9s  %-20s  %12s  %14s  %18s  %s\n", id, state, created, buyer, total, paid, item)
}

func csvRow(o shop.Order) []string {
	paidAt := ""
	if len(o.Payments) > 0 {
		paidAt = utc(o.Payments[0].At)
	}
	row := []string{
		string(o.ID), string(o.State), utc(o.Created), strconv.FormatInt(o.Buyer.ID, 10), harmless(o.Buyer.Name),
		harmless(eachLine(o, func(l shop.Line) string { return l.SKU })),
		eachLine(o, func(l shop.Line) string { return strconv.Itoa(l.Quantity) }), o.Total.Decimal(), string(o.Total.Currency()), paid(o), paidAt, utc(o.Delivered), string(o.Hold),
	}
	return append(row, coinCells(o)...)
}

// coinCells are the cells about coins: plain numbers, and several with " + " between for an order
// that was paid in several coins, in the same sequence in each cell.
func coinCells(o shop.Order) []string {
	cells := make([]string, 6)
	for i, asset := range o.PaidAssets() {
		s := o.SumOf(asset)
		row := []string{s.Paid.Decimal(), string(asset), rate(o, asset), s.Fee.Decimal(), s.Refunded.Decimal(), s.Net.Decimal()}
		for n, cell := range row {
			if i > 0 {
				cell = harmless(cells[n] + " + " + cell) // "-0.1 + 9" would be a formula
			}
			cells[n] = cell
		}
	}
	return cells
}

// rate is what one coin was worth in the currency of the total when it was paid; "?" if the shop
// does not know.
func rate(o shop.Order, asset money.Currency) string {
	if asset == o.Total.Currency() {
		return "1"
	}
	for _, p := range o.Payments {
		if p.Amount.Currency() == asset && p.Rate.Currency() == o.Total.Currency() {
			return p.Rate.Decimal()
		}
	}
	return "?"
}

// price writes an amount as the chat does, with two decimals at least.
func price(a money.Amount) string { return a.Fixed(2) + " " + string(a.Currency()) }

// eachLine writes something of each line of an order, in one cell.
func eachLine(o shop.Order, write func(shop.Line) string) string {
	var parts []string
	for _, l := range o.Lines {
		parts = append(parts, write(l))
	}
	return strings.Join(parts, " + ")
}

// paid lists what was paid, an amount for each asset.
func paid(o shop.Order) string {
	var sums []string
	for _, asset := range o.PaidAssets() {
		sums = append(sums, price(o.Paid(asset)))
	}
	return strings.Join(sums, " + ")
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless keeps a spreadsheet from taking a text that strangers chose for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
