package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// sheet writes orders as a table for people or as CSV (RFC 4180) for spreadsheets.
// Errors are kept for flush.
type sheet struct {
	csv   *csv.Writer // or nil
	table *bufio.Writer
}

func newSheet(out io.Writer, asCSV bool) sheet {
	if asCSV {
		s := sheet{csv: csv.NewWriter(out)}
		s.csv.UseCRLF = true
		_ = s.csv.Write([]string{
			"order", "state", "created", "buyer_id", "buyer", "sku", "quantity", "total", "currency", "paid", "paid_at", "delivered", "hold",
		})
		return s
	}
	s := sheet{table: bufio.NewWriter(out)}
	s.row("ORDER", "STATE", "CREATED", "BUYER", "TOTAL", "PAID", "ITEM")
	return s
}

func (s sheet) flush() error {
	if s.csv != nil {
		s.csv.Flush()
		return s.csv.Error()
	}
	return s.table.Flush()
}

func (s sheet) order(o shop.Order) {
	if s.csv != nil {
		_ = s.csv.Write(csvRow(o))
		return
	}
	s.row(string(o.ID), string(o.State), utc(o.Created), strconv.FormatInt(o.Buyer.ID, 10), o.Total.String(), paid(o),
		fmt.Sprintf("%d × %s", o.Item.Quantity, o.Item.SKU))
}

// row has fixed widths, because the widest of a million is not known when the first is written.
func (s sheet) row(id, state, created, buyer, total, paid, item string) {
	_, _ = fmt.Fprintf(s.table, "%-16s  %-9s  %-20s  %12s  %14s  %18s  %s\n", id, state, created, buyer, total, paid, item)
}

func csvRow(o shop.Order) []string {
	paidAt := ""
	if len(o.Payments) > 0 {
		paidAt = utc(o.Payments[0].At)
	}
	return []string{
		string(o.ID), string(o.State), utc(o.Created), strconv.FormatInt(o.Buyer.ID, 10), harmless(o.Buyer.Name), harmless(o.Item.SKU),
		strconv.Itoa(o.Item.Quantity), o.Total.Decimal(), string(o.Total.Currency()), paid(o), paidAt, utc(o.Delivered), string(o.Hold),
	}
}

// paid lists what was paid, an amount for each asset.
func paid(o shop.Order) string {
	var sums []string
	for _, asset := range o.PaidAssets() {
		sums = append(sums, o.Paid(asset).String())
	}
	return strings.Join(sums, " + ")
}

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// harmless keeps a text that strangers chose from being taken for a formula by a spreadsheet.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
		return "'" + cell
	}
	return cell
}
