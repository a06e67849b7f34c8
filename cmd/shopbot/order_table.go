package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/export"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// orderTable writes orders as a table for people. flush returns the errors of all writes.
type orderTable struct{ out *bufio.Writer }

func newOrderTable(out io.Writer) orderTable {
	t := orderTable{bufio.NewWriter(out)}
	t.row("ORDER", "STATE", "CREATED", "BUYER", "TOTAL", "PAID", "ITEM")
	return t
}

func (t orderTable) flush() error { return t.out.Flush() }

func (t orderTable) add(o shop.Order) {
	var items []string
	for _, l := range o.Lines {
		items = append(items, fmt.Sprintf("%d × %s", l.Quantity, l.SKU))
	}
	t.row(string(o.ID), string(o.State), utc(o.Created), strconv.FormatInt(o.Buyer.ID, 10), price(o.Total), export.Paid(&o),
		strings.Join(items, " + "))
}

// row has fixed widths, since the widest row is not known when the first is written.
func (t orderTable) row(id, state, created, buyer, total, paid, item string) {
	_, _ = fmt.Fprintf(t.out, "%-15s  %-9s  %-20s  %12s  %14s  %18s  %s\n", id, state, created, buyer, total, paid, item)
}

// price writes an amount as the chat does, with two decimals at least.
func price(a money.Amount) string { return a.Fixed(2) + " " + string(a.Currency()) }

func utc(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
