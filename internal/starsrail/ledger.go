package starsrail

import (
	"context"
	"iter"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/telegram"
)

// ledger is the shop.Ledger of a bot. Telegram cannot be asked for one transaction, so it remembers
// those that were read, in few bytes each.
type ledger struct {
	rail     *Rail
	all      bool // everything was read that the reconciliation is about
	payments map[string]telegram.StarTransaction
	refunds  map[string]telegram.StarTransaction
}

// read yields the transactions since a time that are about invoices of the bot, and remembers them.
func (l *ledger) read(ctx context.Context, since time.Time) iter.Seq2[telegram.StarTransaction, error] {
	return func(yield func(telegram.StarTransaction, error) bool) {
		l.payments, l.refunds = map[string]telegram.StarTransaction{}, map[string]telegram.StarTransaction{}
		if !since.IsZero() {
			since = since.Add(-clockSkew)
		}
		for t, err := range l.rail.transactions(ctx, since) {
			if err != nil {
				yield(t, err)
				return
			}
			if t.User == 0 {
				continue
			}
			kept := t
			kept.Raw = nil
			if t.Outgoing {
				l.refunds[t.ID] = kept
			} else {
				l.payments[t.ID] = kept
			}
			if !yield(t, nil) {
				return
			}
		}
		l.all = true
	}
}

// readAll remembers all transactions, unless a list was read to its end.
func (l *ledger) readAll(ctx context.Context) error {
	if l.all {
		return nil
	}
	for _, err := range l.read(ctx, time.Time{}) {
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) PaidInvoices(ctx context.Context, since time.Time) iter.Seq2[shop.RemoteInvoice, error] {
	return func(yield func(shop.RemoteInvoice, error) bool) {
		for t, err := range l.read(ctx, since) {
			if err != nil {
				yield(shop.RemoteInvoice{}, err)
				return
			}
			if t.Outgoing || t.At.Before(since.Truncate(time.Second)) {
				continue
			}
			if !yield(toRemoteInvoice(t), nil) {
				return
			}
		}
	}
}

// OpenInvoices yields nothing: Telegram lists no unpaid invoices.
func (*ledger) OpenInvoices(context.Context, time.Time) iter.Seq2[shop.RemoteInvoice, error] {
	return func(func(shop.RemoteInvoice, error) bool) {}
}

// Invoices reads payments by their ids.
func (l *ledger) Invoices(ctx context.Context, ids []string) ([]shop.RemoteInvoice, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := l.readAll(ctx); err != nil {
		return nil, err
	}
	var found []shop.RemoteInvoice
	for _, id := range ids {
		if t, there := l.payments[id]; there {
			found = append(found, toRemoteInvoice(t))
		}
	}
	return found, nil
}

func (l *ledger) CloseInvoice(context.Context, string) error { return nil }

func (l *ledger) Transfers(ctx context.Context, since time.Time) iter.Seq2[shop.Transfer, error] {
	return func(yield func(shop.Transfer, error) bool) {
		for t, err := range l.rail.transactions(ctx, since) {
			if err != nil {
				yield(shop.Transfer{}, err)
				return
			}
			if t.Outgoing && t.User != 0 && !yield(toTransfer(t), nil) {
				return
			}
		}
	}
}

func (l *ledger) TransfersByID(ctx context.Context, ids []string) ([]shop.Transfer, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := l.readAll(ctx); err != nil {
		return nil, err
	}
	var found []shop.Transfer
	for _, id := range ids {
		if t, there := l.refunds[id]; there {
			found = append(found, toTransfer(t))
		}
	}
	return found, nil
}

// Checks yields nothing: there are none in Stars.
func (*ledger) Checks(context.Context, time.Time) iter.Seq2[shop.Check, error] {
	return func(func(shop.Check, error) bool) {}
}

// ChecksByID finds nothing.
func (*ledger) ChecksByID(context.Context, []string) ([]shop.Check, error) { return nil, nil }

func (l *ledger) Balances(ctx context.Context) ([]money.Amount, error) {
	stars, err := l.rail.client.StarBalance(ctx)
	if err != nil {
		return nil, toShopError(err)
	}
	return []money.Amount{amount(stars)}, nil
}

func toRemoteInvoice(t telegram.StarTransaction) shop.RemoteInvoice {
	return shop.RemoteInvoice{
		Invoice: shop.Invoice{ID: t.ID}, Order: shop.OrderID(t.Payload), Status: shop.InvoicePaid, Raw: t.Raw,
		Payment: shop.Payment{Rail: shop.Stars, Invoice: t.ID, Amount: amount(t.Amount), Price: amount(t.Amount), At: t.At},
		Payer:   shop.Buyer{ID: t.User}, Subscription: t.Period > 0,
	}
}

func toTransfer(t telegram.StarTransaction) shop.Transfer {
	return shop.Transfer{ID: t.ID, Payment: t.ID, User: t.User, Amount: amount(t.Amount), At: t.At}
}
