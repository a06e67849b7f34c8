package payments

import (
	"context"
	"iter"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// Ledger is the app's books in the words of package shop, whose Ledger it fulfils. All
// its calls are background calls.
type Ledger struct {
	client   *Client
	invoicer *Invoicer
}

// NewLedger makes a Ledger.
func NewLedger(c *Client) *Ledger {
	return &Ledger{client: c, invoicer: NewInvoicer(c, func(shop.OrderID) string { return "" })}
}

// PaidBills goes through the paid invoices that were made since, give or take five minutes.
func (l *Ledger) PaidBills(ctx context.Context, since time.Time) iter.Seq2[shop.Bill, error] {
	return l.bills(ctx, InvoicePaid, since)
}

// OpenBills goes through the payable invoices that were made since, give or take five minutes.
func (l *Ledger) OpenBills(ctx context.Context, since time.Time) iter.Seq2[shop.Bill, error] {
	return l.bills(ctx, InvoiceActive, since)
}

func (l *Ledger) bills(ctx context.Context, status InvoiceStatus, since time.Time) iter.Seq2[shop.Bill, error] {
	list := l.client.Invoices(Background(ctx), InvoiceFilter{Status: status})
	made := func(in Invoice) (int64, time.Time) { return in.ID, in.CreatedAt }
	return recent(list, since, made, func(in Invoice) shop.Bill { return billsOf([]Invoice{in})[0] })
}

// Bills looks invoices up, up to 1000 at once.
func (l *Ledger) Bills(ctx context.Context, invoices []int64) ([]shop.Bill, error) {
	return l.invoicer.Bills(Background(ctx), invoices)
}

// DeleteInvoice makes an invoice unpayable. One that is gone is as good.
func (l *Ledger) DeleteInvoice(ctx context.Context, invoice int64) error {
	return l.invoicer.DeleteInvoice(Background(ctx), invoice)
}

// Transfers goes through the transfers that were made since, give or take five minutes.
func (l *Ledger) Transfers(ctx context.Context, since time.Time) iter.Seq2[shop.Transfer, error] {
	list := l.client.Transfers(Background(ctx), TransferFilter{})
	made := func(t Transfer) (int64, time.Time) { return t.ID, t.CompletedAt }
	return recent(list, since, made, transferOf)
}

// TransfersByID looks transfers up, up to 1000 at once.
func (l *Ledger) TransfersByID(ctx context.Context, ids []int64) ([]shop.Transfer, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := l.client.GetTransfers(Background(ctx), TransferFilter{IDs: ids})
	sent := make([]shop.Transfer, 0, len(found))
	for _, t := range found {
		sent = append(sent, transferOf(t))
	}
	return sent, inWordsOfShop(err)
}

// Balances is what can be sent now, an amount for each asset.
func (l *Ledger) Balances(ctx context.Context) ([]money.Amount, error) {
	rows, err := l.client.GetBalance(Background(ctx))
	available := make([]money.Amount, 0, len(rows))
	for _, b := range rows {
		available = append(available, b.Available)
	}
	return available, inWordsOfShop(err)
}

func transferOf(t Transfer) shop.Transfer {
	return shop.Transfer{ID: t.ID, SpendID: t.SpendID, User: t.UserID, Amount: t.Amount}
}

// recent lets through the rows of a list that were made since, and those of unknown age. It ends
// where the list turns out to have the newest first and has come to what is older.
func recent[T, Row any](
	list iter.Seq2[T, error], since time.Time, made func(T) (int64, time.Time), row func(T) Row,
) iter.Seq2[Row, error] {
	since = since.Add(-clockSkew)
	return func(yield func(Row, error) bool) {
		var old oldRows
		for item, err := range list {
			if err != nil {
				var none Row
				yield(none, inWordsOfShop(err))
				return
			}
			id, at := made(item)
			if (at.IsZero() || !at.Before(since)) && !yield(row(item), nil) {
				return
			}
			if old.onlyOlderFrom(id, at, since) {
				return
			}
		}
	}
}
