package shop

import (
	"context"
	"iter"
	"time"

	"shopbot/internal/money"
)

// Ledger is what the payment service has on its own books. Its answers can wait:
// whatever a buyer waits for goes first. Long lists come row by row, each row once, and end
// at the first error, which comes last.
type Ledger interface {
	// PaidBills goes through the paid invoices that were made since, of whatever payload.
	PaidBills(ctx context.Context, since time.Time) iter.Seq2[Bill, error]
	// OpenBills goes through the payable invoices that were made since, of whatever payload.
	OpenBills(ctx context.Context, since time.Time) iter.Seq2[Bill, error]
	// Bills looks up to 1000 invoices up; those that the service does not know are missing.
	Bills(ctx context.Context, invoices []int64) ([]Bill, error)
	// DeleteInvoice makes an invoice unpayable. One that is gone already is no error.
	DeleteInvoice(ctx context.Context, invoice int64) error
	// Transfers goes through the transfers that were made since, of whatever spend_id.
	Transfers(ctx context.Context, since time.Time) iter.Seq2[Transfer, error]
	// TransfersByID looks up to 1000 transfers up; those that the service does not know are missing.
	TransfersByID(ctx context.Context, ids []int64) ([]Transfer, error)
	// Balances is what can be sent now, an amount for each asset.
	Balances(ctx context.Context) ([]money.Amount, error)
}

// Transfer is coins that were sent, as the payment service has it.
type Transfer struct {
	ID      int64
	SpendID string // a refund's id, where it is one of ours
	User    int64
	Amount  money.Amount
}
