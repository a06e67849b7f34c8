package shop_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// books are a payment service's, as a test writes them.
type books struct {
	bills    []shop.RemoteInvoice
	sent     []shop.Transfer
	checks   []shop.Check
	balance  []money.Amount
	deleted  []string
	refuses  error // of everything about transfers
	unwell   error // of every list, after its first row
	lookups  int
	mostIDs  int
	whenSeen func(shop.RemoteInvoice) // runs before a row of a list is given out
}

func (b *books) list(status shop.InvoiceStatus) iter.Seq2[shop.RemoteInvoice, error] {
	return func(yield func(shop.RemoteInvoice, error) bool) {
		for _, bill := range b.bills {
			if bill.Status != status {
				continue
			}
			if b.whenSeen != nil {
				b.whenSeen(bill)
			}
			if !yield(bill, nil) || b.unwell != nil && !yield(shop.RemoteInvoice{}, b.unwell) {
				return
			}
		}
	}
}

func (b *books) PaidInvoices(context.Context, time.Time) iter.Seq2[shop.RemoteInvoice, error] {
	return b.list(shop.InvoicePaid)
}

func (b *books) OpenInvoices(context.Context, time.Time) iter.Seq2[shop.RemoteInvoice, error] {
	return b.list(shop.InvoiceOpen)
}

func (b *books) Invoices(_ context.Context, ids []string) ([]shop.RemoteInvoice, error) {
	b.lookups++
	b.mostIDs = max(b.mostIDs, len(ids))
	return those(b.bills, ids, func(in shop.RemoteInvoice) string { return in.Invoice.ID }), nil
}

func (b *books) CloseInvoice(_ context.Context, id string) error {
	b.deleted = append(b.deleted, id)
	return nil
}

func (b *books) Transfers(context.Context, time.Time) iter.Seq2[shop.Transfer, error] {
	if b.refuses != nil {
		return func(yield func(shop.Transfer, error) bool) { yield(shop.Transfer{}, b.refuses) }
	}
	return rows(b.sent)
}

func (b *books) TransfersByID(_ context.Context, ids []string) ([]shop.Transfer, error) {
	return those(b.sent, ids, func(t shop.Transfer) string { return t.ID }), b.refuses
}

func (b *books) Checks(context.Context, time.Time) iter.Seq2[shop.Check, error] {
	return rows(b.checks)
}

func (b *books) ChecksByID(_ context.Context, ids []string) ([]shop.Check, error) {
	return those(b.checks, ids, func(c shop.Check) string { return c.ID }), b.refuses
}

// rows yields a list without an error.
func rows[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range list {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// those are the items of a list with some ids.
func those[T any](list []T, ids []string, id func(T) string) []T {
	return slices.DeleteFunc(slices.Clone(list), func(item T) bool { return !slices.Contains(ids, id(item)) })
}

func (b *books) Balances(context.Context) ([]money.Amount, error) { return b.balance, nil }

const (
	orderA  = shop.OrderID("1P8M2QX7KD93HWA")
	orderB  = shop.OrderID("1P8M2QY00000000")
	refundA = shop.RefundID("refund-1P8M2QX7KD93HWA-1234ABCD")
)

func usdt(t *testing.T, s string) money.Amount {
	t.Helper()
	a, err := money.Parse(s, "USDT")
	require.NoError(t, err)
	return a
}

// ledgerRail is a rail of which only the books are asked.
type ledgerRail struct {
	shop.Rail
	books *books
}

func (r ledgerRail) ID() shop.RailID     { return shop.CryptoPay }
func (r ledgerRail) Ledger() shop.Ledger { return r.books }

// starsLedgerRail has the books of Stars.
type starsLedgerRail struct{ ledgerRail }

func (starsLedgerRail) ID() shop.RailID { return shop.Stars }

// reconciled is a shop with the given orders, the payment service's books, and empty ones of Stars.
func reconciled(t *testing.T, b *books, orders ...shop.Order) *shop.Shop {
	t.Helper()
	db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, o := range orders {
		_, _, err := db.Checkout(t.Context(), o, time.Time{}, func(*shop.Order, shop.View) error { return nil })
		require.NoError(t, err)
	}
	return shop.New(db, []shop.Rail{ledgerRail{books: b}, starsLedgerRail{ledgerRail{books: &books{}}}}, nil, shop.Config{Log: slog.New(slog.DiscardHandler)})
}

// made is an order as it is after its invoice 7 was made, with what a test changes of it.
func made(t *testing.T, state shop.State, change ...func(*shop.Order)) shop.Order {
	t.Helper()
	total := usdt(t, "5")
	o := shop.Order{
		ID: orderA, State: state, Buyer: shop.Buyer{ID: 100}, Total: total, Rail: shop.CryptoPay, Invoice: shop.Invoice{ID: "7"},
		Lines: []shop.Line{{SKU: "guide", Quantity: 1, Price: total, Part: shop.Part{Deliver: catalog.Content}}},
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func payment(t *testing.T, invoice string) shop.Payment {
	t.Helper()
	return shop.Payment{
		Rail: shop.CryptoPay, Invoice: invoice, Amount: usdt(t, "5"), Fee: usdt(t, "0.15"), Price: usdt(t, "5"),
		At: time.Now().Add(-time.Hour).UTC().Truncate(time.Second),
	}
}

// bill is invoice 7 or another, open or paid as it should be.
func bill(t *testing.T, status shop.InvoiceStatus, invoice string, change ...func(*shop.RemoteInvoice)) shop.RemoteInvoice {
	t.Helper()
	b := shop.RemoteInvoice{Invoice: shop.Invoice{ID: invoice}, Order: orderA, Status: status}
	if status == shop.InvoicePaid {
		b.Payment = payment(t, invoice)
	}
	for _, f := range change {
		f(&b)
	}
	return b
}

func TestEveryKindOfDifferenceIsFound(t *testing.T) {
	paid := func(more ...string) func(*shop.Order) {
		return func(o *shop.Order) {
			o.Payments = []shop.Payment{payment(t, "7")}
			for _, invoice := range more {
				p := payment(t, invoice)
				p.Surplus = true
				o.Payments = append(o.Payments, p)
			}
		}
	}
	refund := func(status shop.RefundStatus, amount string) func(*shop.Order) {
		return func(o *shop.Order) {
			r := shop.Refund{ID: refundA, Amount: usdt(t, amount), Status: status}
			if status == shop.RefundSent {
				r.Transfer = "30"
			}
			o.Refunds = append(o.Refunds, r)
		}
	}
	byCheck := func(id, amount string) func(*shop.Order) {
		return func(o *shop.Order) {
			name := refundA
			if len(o.Refunds) > 0 {
				name += "2"
			}
			o.Refunds = append(o.Refunds, shop.Refund{
				ID: name, Way: shop.ByCheck, Amount: usdt(t, amount), Status: shop.RefundSent, Transfer: id,
			})
		}
	}
	closed := func(o *shop.Order) { o.InvoiceClosed = true }
	sent := func(id string, spend shop.RefundID, user int64, amount string) shop.Transfer {
		return shop.Transfer{ID: id, SpendID: string(spend), User: user, Amount: usdt(t, amount)}
	}
	forgotten := func(o *shop.Order) { o.Buyer = shop.Buyer{} }
	ofNobody := func(b *shop.RemoteInvoice) { b.Order = orderB }
	foreign := func(b *shop.RemoteInvoice) { b.Order = "donation <3" }
	lookalike := func(b *shop.RemoteInvoice) { b.Order = "1p8m2qx7kd93hwa" }

	for name, c := range map[string]struct {
		orders []shop.Order
		books  books
		want   []shop.Difference
	}{
		"nothing, where all agrees": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), refund(shop.RefundSent, "5"))},
			books: books{
				bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				sent:  []shop.Transfer{sent("30", refundA, 100, "5")},
			},
		},
		"nothing of invoices and transfers that are not this shop's": {
			books: books{
				bills: []shop.RemoteInvoice{
					bill(t, shop.InvoicePaid, "8", foreign), bill(t, shop.InvoiceOpen, "9", foreign),
					bill(t, shop.InvoicePaid, "10", lookalike),
				},
				sent: []shop.Transfer{
					sent("1", "payout-1", 5, "1"), sent("2", "refund-", 5, "1"), sent("3", "refund-1P8M2QX7KD93HWA-x", 5, "1"), sent("4", "", 5, "1"),
				},
			},
		},
		"a check that is there and was opened": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), byCheck("40", "5"))},
			books: books{
				bills:  []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				checks: []shop.Check{{ID: "40", User: 100, Amount: usdt(t, "5"), Opened: time.Unix(1e9, 0)}, {ID: "41", User: 5, Amount: usdt(t, "5")}},
			},
		},
		"the refunds of a buyer who was forgotten": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), refund(shop.RefundSent, "2"), byCheck("40", "3"), forgotten)},
			books: books{
				bills:  []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				sent:   []shop.Transfer{sent("30", refundA, 100, "2")},
				checks: []shop.Check{{ID: "40", User: 100, Amount: usdt(t, "3")}},
			},
		},
		"a check that is not there": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), byCheck("40", "5"))},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}},
			want:   []shop.Difference{{Kind: shop.CheckMissing, Order: orderA, Refund: refundA, Transfer: "40", Here: usdt(t, "5")}},
		},
		"a check for somebody else, and one of another amount": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), byCheck("40", "2"), byCheck("41", "3"))},
			books: books{
				bills:  []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				checks: []shop.Check{{ID: "40", User: 101, Amount: usdt(t, "2")}, {ID: "41", User: 100, Amount: usdt(t, "4")}},
			},
			want: []shop.Difference{
				{Kind: shop.TransferDiffers, Order: orderA, Refund: refundA, Transfer: "40", Here: usdt(t, "2"), There: usdt(t, "2")},
				{Kind: shop.TransferDiffers, Order: orderA, Refund: refundA + "2", Transfer: "41", Here: usdt(t, "3"), There: usdt(t, "4")},
			},
		},
		"a check like a refund's, twice": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), byCheck("40", "5"))},
			books: books{
				bills:  []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				checks: []shop.Check{{ID: "42", User: 100, Amount: usdt(t, "5")}, {ID: "40", User: 100, Amount: usdt(t, "5")}},
			},
			want: []shop.Difference{{Kind: shop.CheckStray, Order: orderA, Transfer: "42", There: usdt(t, "5")}},
		},
		"paid there and not here": {
			orders: []shop.Order{made(t, shop.StateAwaiting)},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}},
			want:   []shop.Difference{{Kind: shop.PaidThere, Order: orderA, Invoice: "7", There: usdt(t, "5"), Mended: true}},
		},
		"paid there a second time": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid())},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7"), bill(t, shop.InvoicePaid, "8")}},
			want: []shop.Difference{
				{Kind: shop.PaidThere, Order: orderA, Invoice: "8", There: usdt(t, "5"), Mended: true},
				{Kind: shop.PaidTwice, Order: orderA, There: usdt(t, "5")},
			},
		},
		"paid there, and the order takes no payment": {
			orders: []shop.Order{made(t, shop.StateDelivered)},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}},
			want: []shop.Difference{
				{Kind: shop.PaidThere, Order: orderA, Invoice: "7", There: usdt(t, "5")},
				{Kind: shop.DeliveredUnpaid, Order: orderA, Invoice: "7", Here: usdt(t, "5")},
			},
		},
		"paid here and unknown there": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid())},
			want:   []shop.Difference{{Kind: shop.PaidHere, Order: orderA, Invoice: "7", Here: usdt(t, "5")}},
		},
		"paid here and expired there": {
			orders: []shop.Order{made(t, shop.StateHeld, paid())},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoiceClosed, "7")}},
			want:   []shop.Difference{{Kind: shop.PaidHere, Order: orderA, Invoice: "7", Here: usdt(t, "5")}},
		},
		"two payments for one order": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid("8"))},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7"), bill(t, shop.InvoicePaid, "8")}},
			want:   []shop.Difference{{Kind: shop.PaidTwice, Order: orderA, There: usdt(t, "5")}},
		},
		"two payments for one order, of which a part went back": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid("8"), refund(shop.RefundSent, "2"))},
			books: books{
				bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7"), bill(t, shop.InvoicePaid, "8")},
				sent:  []shop.Transfer{sent("30", refundA, 100, "2")},
			},
			want: []shop.Difference{{Kind: shop.PaidTwice, Order: orderA, There: usdt(t, "3")}},
		},
		"nothing, where the second payment is on its way back": {
			orders: []shop.Order{made(t, shop.StateRefunding, paid("8"), refund(shop.RefundPending, "5"))},
			books: books{
				bills:   []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7"), bill(t, shop.InvoicePaid, "8")},
				balance: []money.Amount{usdt(t, "5")},
			},
		},
		"another sum": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid())},
			books: books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7", func(b *shop.RemoteInvoice) {
				b.Payment.Amount = usdt(t, "4")
			})}},
			want: []shop.Difference{{Kind: shop.AmountDiffers, Order: orderA, Invoice: "7", Here: usdt(t, "5"), There: usdt(t, "4")}},
		},
		"another price": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid())},
			books: books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7", func(b *shop.RemoteInvoice) {
				b.Payment.Price = usdt(t, "0.5")
			})}},
			want: []shop.Difference{{Kind: shop.AmountDiffers, Order: orderA, Invoice: "7", Here: usdt(t, "5"), There: usdt(t, "0.5")}},
		},
		"another fee": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid())},
			books: books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7", func(b *shop.RemoteInvoice) {
				b.Payment.Fee = usdt(t, "0.2")
			})}},
			want: []shop.Difference{{Kind: shop.FeeDiffers, Order: orderA, Invoice: "7", Here: usdt(t, "0.15"), There: usdt(t, "0.2")}},
		},
		"invoices with no order": {
			books: books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7", ofNobody), bill(t, shop.InvoiceOpen, "8", ofNobody)}},
			want: []shop.Difference{
				{Kind: shop.NoOrderPaid, Order: orderB, Invoice: "7", There: usdt(t, "5")},
				{Kind: shop.NoOrderOpen, Order: orderB, Invoice: "8"},
			},
		},
		"an invoice too many": {
			orders: []shop.Order{made(t, shop.StateAwaiting)},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoiceOpen, "7"), bill(t, shop.InvoiceOpen, "8")}},
			want:   []shop.Difference{{Kind: shop.SpareInvoice, Order: orderA, Invoice: "8", Mended: true}},
		},
		"an open invoice of an order that is over": {
			orders: []shop.Order{made(t, shop.StateCancelled, closed)},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoiceOpen, "7")}},
			want:   []shop.Difference{{Kind: shop.SpareInvoice, Order: orderA, Invoice: "7", Mended: true}},
		},
		"nothing, where an order's invoice is being made or closed": {
			orders: []shop.Order{made(t, shop.StateNew), made(t, shop.StateCancelled, func(o *shop.Order) { o.ID = orderB })},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoiceOpen, "7"), bill(t, shop.InvoiceOpen, "8", ofNobody)}},
		},
		"a transfer without its refund": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid())},
			books: books{
				bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				sent:  []shop.Transfer{sent("30", refundA, 100, "5")},
			},
			want: []shop.Difference{{Kind: shop.TransferStray, Order: orderA, Refund: refundA, Transfer: "30", There: usdt(t, "5")}},
		},
		"a transfer without its order": {
			books: books{sent: []shop.Transfer{sent("30", refundA, 100, "5")}},
			want:  []shop.Difference{{Kind: shop.TransferStray, Order: orderA, Refund: refundA, Transfer: "30", There: usdt(t, "5")}},
		},
		"a transfer of a refund that counts as refused": {
			orders: []shop.Order{made(t, shop.StateDelivered, paid(), refund(shop.RefundRefused, "5"))},
			books: books{
				bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				sent:  []shop.Transfer{sent("30", refundA, 100, "5")},
			},
			want: []shop.Difference{{Kind: shop.TransferStray, Order: orderA, Refund: refundA, Transfer: "30", There: usdt(t, "5")}},
		},
		"a refund without its transfer": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), refund(shop.RefundSent, "5"))},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}},
			want:   []shop.Difference{{Kind: shop.RefundMissing, Order: orderA, Refund: refundA, Transfer: "30", Here: usdt(t, "5")}},
		},
		"a transfer to somebody else": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), refund(shop.RefundSent, "5"))},
			books: books{
				bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				sent:  []shop.Transfer{sent("30", refundA, 101, "5")},
			},
			want: []shop.Difference{{Kind: shop.TransferDiffers, Order: orderA, Refund: refundA, Transfer: "30", Here: usdt(t, "5"), There: usdt(t, "5")}},
		},
		"a transfer of another sum": {
			orders: []shop.Order{made(t, shop.StateRefunded, paid(), refund(shop.RefundSent, "5"))},
			books: books{
				bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")},
				sent:  []shop.Transfer{sent("30", refundA, 100, "6")},
			},
			want: []shop.Difference{{Kind: shop.TransferDiffers, Order: orderA, Refund: refundA, Transfer: "30", Here: usdt(t, "5"), There: usdt(t, "6")}},
		},
		"too little for the refunds that wait": {
			orders: []shop.Order{made(t, shop.StateRefunding, paid(), refund(shop.RefundPending, "5"))},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}, balance: []money.Amount{usdt(t, "4.99")}},
			want:   []shop.Difference{{Kind: shop.BalanceShort, Here: usdt(t, "5"), There: usdt(t, "4.99")}},
		},
		"no balance for the refunds that wait": {
			orders: []shop.Order{made(t, shop.StateRefunding, paid(), refund(shop.RefundPending, "5"))},
			books:  books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}},
			want:   []shop.Difference{{Kind: shop.BalanceShort, Here: usdt(t, "5"), There: money.Zero("USDT")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := reconciled(t, &c.books, c.orders...)
			report, err := s.Reconcile(t.Context(), time.Time{})
			require.NoError(t, err)
			require.Equal(t, texts(c.want), texts(report.Differences))
			open := 0
			for _, d := range c.want {
				if !d.Mended {
					open++
				}
				if d.Kind == shop.SpareInvoice {
					require.Equal(t, []string{d.Invoice}, c.books.deleted)
				}
			}
			require.Equal(t, open, report.Open())
			require.Equal(t, len(c.orders), report.Orders)

			again, err := s.Reconcile(t.Context(), time.Time{})
			require.NoError(t, err)
			if open < len(c.want) && c.want[0].Kind == shop.PaidThere {
				require.Equal(t, texts(c.want[1:]), texts(again.Differences), "what was mended is so no more")
			}
		})
	}
}

// texts makes differences comparable: equal amounts may differ inside.
func texts(list []shop.Difference) []string {
	var all []string
	for _, d := range list {
		mended := ""
		if d.Mended {
			mended = " mended"
		}
		all = append(all, d.String()+" here "+d.Here.String()+" there "+d.There.String()+mended)
	}
	return all
}

func TestAPaymentThatIsJustComingIsTakenInWithoutAWord(t *testing.T) {
	fresh := bill(t, shop.InvoicePaid, "7", func(b *shop.RemoteInvoice) { b.Payment.At = time.Now().Add(-time.Minute) })
	s := reconciled(t, &books{bills: []shop.RemoteInvoice{fresh}}, made(t, shop.StateAwaiting))
	report, err := s.Reconcile(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Empty(t, report.Differences)
	o, err := s.Order(t.Context(), orderA)
	require.NoError(t, err)
	require.Equal(t, shop.StatePaid, o.State)
}

func TestAnInvoiceThatIsPaidWhileItIsLookedAtIsNotDeleted(t *testing.T) {
	b := &books{bills: []shop.RemoteInvoice{bill(t, shop.InvoiceOpen, "8")}}
	b.whenSeen = func(shop.RemoteInvoice) { b.bills[0] = bill(t, shop.InvoicePaid, "8") }
	s := reconciled(t, b, made(t, shop.StateAwaiting))
	report, err := s.Reconcile(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Empty(t, report.Differences)
	require.Empty(t, b.deleted)
}

func TestTransfersThatCryptoPayDoesNotShowAreNoDifferences(t *testing.T) {
	b := &books{
		bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}, refuses: &shop.RefusedError{Name: "METHOD_DISABLED", Err: errors.New("no")},
	}
	s := reconciled(t, b, made(t, shop.StateRefunded, func(o *shop.Order) {
		o.Payments = []shop.Payment{payment(t, "7")}
		o.Refunds = []shop.Refund{{ID: refundA, Amount: usdt(t, "5"), Status: shop.RefundSent, Transfer: "30"}}
	}))
	report, err := s.Reconcile(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Empty(t, report.Differences)
	require.Equal(t, "METHOD_DISABLED", report.Unasked)
}

func TestAListThatBreaksOffIsAnErrorAndNoReport(t *testing.T) {
	b := &books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}, unwell: errors.New("gateway")}
	_, err := reconciled(t, b, made(t, shop.StateAwaiting)).Reconcile(t.Context(), time.Time{})
	require.ErrorIs(t, err, b.unwell)
}

func TestOneComparisonAtATime(t *testing.T) {
	b := &books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}}
	s := reconciled(t, b, made(t, shop.StateAwaiting))
	var second error
	b.whenSeen = func(shop.RemoteInvoice) { _, second = s.Reconcile(t.Context(), time.Time{}) }
	_, err := s.Reconcile(t.Context(), time.Time{})
	require.NoError(t, err)
	require.ErrorIs(t, second, shop.ErrReconciling)
}

func TestALongHistoryIsComparedPageByPage(t *testing.T) {
	const many = 1500
	b := &books{}
	var orders []shop.Order
	for i := range many {
		at := time.Unix(int64(1_800_000_000+i), 0)
		id := shop.NewOrderID([]byte("key"), shop.Origin{Act: "buy", At: at})
		orders = append(orders, made(t, shop.StateDelivered, func(o *shop.Order) {
			o.ID, o.Created = id, at
			o.Invoice.ID, o.Payments = strconv.Itoa(i+1), []shop.Payment{payment(t, strconv.Itoa(i+1))}
		}))
	}
	s := reconciled(t, b, orders...)
	report, err := s.Reconcile(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Equal(t, many, report.Orders)
	require.Len(t, report.Differences, 1000)
	require.Equal(t, 500, report.More)
	require.Equal(t, many, report.Open())
	require.LessOrEqual(t, b.mostIDs, 200)
	require.Equal(t, 8, b.lookups)

	late, err := s.Reconcile(t.Context(), time.Unix(1_800_000_000+many-10, 0))
	require.NoError(t, err)
	require.Equal(t, 10, late.Orders)
}

func TestBalancesAreShownBesideWhatWasEarned(t *testing.T) {
	b := &books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}, balance: []money.Amount{usdt(t, "100"), money.Zero("TON")}}
	s := reconciled(t, b, made(t, shop.StateAwaiting))
	report, err := s.Reconcile(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, report.Balances, 1, "of what orders were never paid in, nothing is to be said")
	require.Equal(t, "100 USDT", report.Balances[0].There.String())
	require.Equal(t, "4.85 USDT", report.Balances[0].Earned.String())
}
