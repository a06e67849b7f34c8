package cryptopayrail

import (
	"context"
	"errors"
	"iter"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/payments"
	"shopbot/internal/shop"
)

// ledger is the shop.Ledger of an app. All its calls are background calls.
type ledger struct{ rail *Rail }

func (l ledger) PaidInvoices(ctx context.Context, since time.Time) iter.Seq2[shop.RemoteInvoice, error] {
	return l.invoices(ctx, payments.InvoicePaid, since)
}

func (l ledger) OpenInvoices(ctx context.Context, since time.Time) iter.Seq2[shop.RemoteInvoice, error] {
	return l.invoices(ctx, payments.InvoiceActive, since)
}

func (l ledger) invoices(
	ctx context.Context, status payments.InvoiceStatus, since time.Time,
) iter.Seq2[shop.RemoteInvoice, error] {
	filter := payments.InvoiceFilter{Status: status}
	return convert(l.rail.client.InvoicesSince(payments.Background(ctx), filter, since), toRemoteInvoice)
}

func (l ledger) Invoices(ctx context.Context, ids []string) ([]shop.RemoteInvoice, error) {
	return l.rail.LookUp(payments.Background(ctx), ids)
}

func (l ledger) CloseInvoice(ctx context.Context, invoice string) error {
	return l.rail.CloseInvoice(payments.Background(ctx), invoice)
}

func (l ledger) Transfers(ctx context.Context, since time.Time) iter.Seq2[shop.Transfer, error] {
	return convert(l.rail.client.TransfersSince(payments.Background(ctx), payments.TransferFilter{}, since), toTransfer)
}

func (l ledger) TransfersByID(ctx context.Context, transfers []string) ([]shop.Transfer, error) {
	return byID("transfer", transfers, toTransfer, func(ids []int64) ([]payments.Transfer, error) {
		return l.rail.client.GetTransfers(payments.Background(ctx), payments.TransferFilter{IDs: ids})
	})
}

func (l ledger) Checks(ctx context.Context, since time.Time) iter.Seq2[shop.Check, error] {
	return convert(l.rail.client.ChecksSince(payments.Background(ctx), payments.CheckFilter{}, since), toCheck)
}

func (l ledger) ChecksByID(ctx context.Context, checks []string) ([]shop.Check, error) {
	return byID("check", checks, toCheck, func(ids []int64) ([]payments.Check, error) {
		return l.rail.client.GetChecks(payments.Background(ctx), payments.CheckFilter{IDs: ids})
	})
}

func (l ledger) Balances(ctx context.Context) ([]money.Amount, error) {
	rows, err := l.rail.client.GetBalance(payments.Background(ctx))
	return each(rows, func(b payments.Balance) money.Amount { return b.Available }), toShopError(err)
}

func toTransfer(t payments.Transfer) shop.Transfer {
	return shop.Transfer{ID: formatID(t.ID), SpendID: t.SpendID, User: t.UserID, Amount: t.Amount}
}

func toCheck(k payments.Check) shop.Check {
	check := shop.Check{
		ID: formatID(k.ID), Link: validLink(k.BotURL), User: k.PinnedToUserID, Amount: k.Amount, Opened: k.ActivatedAt,
	}
	if k.Status == payments.CheckActivated && check.Opened.IsZero() {
		check.Opened = time.Now()
	}
	return check
}

// byID gets the rows with ids. Without any id that can be read it asks for nothing: an empty filter would
// be all rows.
func byID[T, Row any](of string, texts []string, to func(T) Row, get func(ids []int64) ([]T, error)) ([]Row, error) {
	ids, foreign := parseIDs(of, texts)
	if len(ids) == 0 {
		return nil, foreign
	}
	found, err := get(ids)
	return each(found, to), errors.Join(toShopError(err), foreign)
}

func each[T, Row any](list []T, to func(T) Row) []Row {
	rows := make([]Row, len(list))
	for i, item := range list {
		rows[i] = to(item)
	}
	return rows
}

// convert is each for long lists, which end at the first error.
func convert[T, Row any](list iter.Seq2[T, error], to func(T) Row) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for item, err := range list {
			if err != nil {
				var none Row
				yield(none, toShopError(err))
				return
			}
			if !yield(to(item), nil) {
				return
			}
		}
	}
}
