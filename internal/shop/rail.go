package shop

import (
	"context"
	"fmt"
	"iter"
	"time"

	"shopbot/internal/money"
)

// RailID names a way of paying. The words are stored on disk, with the order and with everything
// that was made for it.
type RailID string

// The rails of orders.
const (
	CryptoPay RailID = "cryptopay" // Crypto Pay, the API of @CryptoBot
	Stars     RailID = "stars"     // Telegram Stars
)

// RailIDs lists the rails that this program knows.
func RailIDs() []RailID { return []RailID{CryptoPay, Stars} }

// Rail is a way of paying: it makes invoices, finds them again and sends money back. Ids of the
// outside are strings. An error that is a *RefusedError is final; after any other the work may or
// may not have been done.
type Rail interface {
	ID() RailID
	// Can says what the rail is able to do beside making invoices. What it cannot do is not called.
	Can() Abilities

	// CreateInvoice asks for an invoice with the order's id as payload, payable for ttl. It must
	// not be repeated: after a doubtful error the caller looks for an invoice with FindInvoices
	// first.
	CreateInvoice(ctx context.Context, o Order, ttl time.Duration) (Invoice, error)
	// FindInvoices finds the invoices with the order's id as payload that were made since.
	FindInvoices(ctx context.Context, id OrderID, since time.Time) ([]RemoteInvoice, error)
	// LookUp reads up to 1000 invoices by their ids. Those that the service does not know are
	// missing. An id that cannot be one of the service's is an error, and the other invoices come
	// beside it.
	LookUp(ctx context.Context, invoices []string) ([]RemoteInvoice, error)
	// CloseInvoice makes an invoice unpayable. An invoice that is gone already is not an error. A
	// buyer waits for this call; the one of Ledger can wait.
	CloseInvoice(ctx context.Context, invoice string) error
	// Refund sends coins to the buyer of an order and returns the transfer's id. The refund's id
	// makes it repeatable. A refusal says nothing about an earlier try: FindRefund does.
	Refund(ctx context.Context, o Order, r Refund) (transfer string, err error)
	// FindRefund tells whether a refund's transfer was made. An error says nothing either way.
	FindRefund(ctx context.Context, o Order, r Refund) (transfer string, found bool, err error)
	// Assets lists what invoices can be paid with now.
	Assets(ctx context.Context) ([]money.Currency, error)
	// GiveCheck sets coins aside for the order's buyer alone, who gets them by a link. It must not be
	// repeated: after a doubtful error the caller looks for the check with Ledger.Checks first.
	GiveCheck(ctx context.Context, o Order, coins money.Amount) (Check, error)
	// EndRenewals keeps a subscription, given by its first payment, from renewing itself. Repeating it
	// does no harm. A *RefusedError with AboutPayment says that there is no such subscription.
	EndRenewals(ctx context.Context, payer int64, payment string) error
	// Ledger is what the payment service has on its own books; nil where it shows none.
	Ledger() Ledger
}

// Abilities are what a Rail can do beside making invoices.
type Abilities struct {
	LookUp     bool // FindInvoices and LookUp
	Close      bool // CloseInvoice
	Refund     bool // Refund
	FindRefund bool // FindRefund
	Assets     bool // Assets
	Check      bool // GiveCheck, and the checks of Ledger
	// WholeRefunds says that a payment goes back as a whole or not at all.
	WholeRefunds bool
	Renewals     bool // EndRenewals

	// What one transfer may be worth, and one check at least; zero for no bound.
	LeastTransfer, MostTransfer, LeastCheck money.Amount
}

// UnknownRailError says that an order is paid by a rail that this program does not have.
type UnknownRailError struct {
	Order OrderID
	Rail  RailID
}

func (e *UnknownRailError) Error() string {
	return fmt.Sprintf("order %s is paid by %q, which this version of the program does not know; run the version that made it",
		e.Order, string(e.Rail))
}

// railOf finds the rail of an order. *UnknownRailError.
func (s *Shop) railOf(o *Order) (Rail, error) { return s.railBy(o, o.Rail) }

// railBy finds one of the rails that an order is paid by. *UnknownRailError.
func (s *Shop) railBy(o *Order, id RailID) (Rail, error) {
	r, known := s.rails[id]
	if !known {
		return nil, &UnknownRailError{Order: o.ID, Rail: id}
	}
	return r, nil
}

// Invoice is what a rail made for an order.
type Invoice struct {
	ID string `json:"id"`
	// URL is the invoice's own link that a pay button holds, one that ValidLink takes. It is empty
	// once the invoice is paid or closed, and where the service sent none that a button can hold.
	URL string `json:"url,omitempty"`
}

// RemoteInvoice is an invoice as the payment service has it.
type RemoteInvoice struct {
	Invoice Invoice
	Order   OrderID // as the payload names it, unchecked
	Status  InvoiceStatus
	Payment Payment // of a paid one
	Raw     []byte  // what the service said, to the byte
	// Payer and Subscription are as in IncomingPayment.
	Payer        Buyer
	Subscription bool
}

// InvoiceStatus is what the payment service says of an invoice.
type InvoiceStatus string

// The statuses of an invoice.
const (
	InvoiceOpen   InvoiceStatus = "open"
	InvoicePaid   InvoiceStatus = "paid"
	InvoiceClosed InvoiceStatus = "closed" // expired, deleted, or never there
)

// RefusedError is a payment service's final refusal: nothing was done, and repeating would not
// help.
type RefusedError struct {
	Name string // the service's own word, such as USER_NOT_FOUND
	Hint string // what a person can do about it
	// About is what the refusal is about; "" where that is not known.
	About RefusedAbout
	// Allowed are, with AboutAssets, the assets that the service named instead, if any.
	Allowed []money.Currency
	Err     error
}

// RefusedAbout says what a refusal is about.
type RefusedAbout string

// What a refusal may be about.
const (
	AboutAssets RefusedAbout = "assets" // the service does not have an asset that was asked for
	AboutAmount RefusedAbout = "amount" // the amount is too small, too big, or not accepted
	// AboutPayment: the service does not know the payment that was named.
	AboutPayment RefusedAbout = "payment"
)

func (e *RefusedError) Error() string { return fmt.Sprintf("refused: %s: %v", e.Name, e.Err) }
func (e *RefusedError) Unwrap() error { return e.Err }

// RetryAfterError is a temporary refusal.
type RetryAfterError struct {
	Wait time.Duration
	Err  error
}

func (e *RetryAfterError) Error() string { return fmt.Sprintf("try again in %s: %v", e.Wait, e.Err) }
func (e *RetryAfterError) Unwrap() error { return e.Err }

// Ledger is what a payment service has on its own books. Its calls can wait: those that a buyer
// waits for go first. Long lists come row by row, each row once, and end at the first error,
// which comes last.
type Ledger interface {
	// PaidInvoices yields the paid invoices that were made since, whatever their payload.
	PaidInvoices(ctx context.Context, since time.Time) iter.Seq2[RemoteInvoice, error]
	// OpenInvoices yields the payable invoices that were made since, whatever their payload.
	OpenInvoices(ctx context.Context, since time.Time) iter.Seq2[RemoteInvoice, error]
	// Invoices reads up to 1000 invoices by their ids. Those that the service does not know are
	// missing.
	Invoices(ctx context.Context, ids []string) ([]RemoteInvoice, error)
	// CloseInvoice is Rail.CloseInvoice for a reconciliation: like all calls here, it lets buyers'
	// calls pass first.
	CloseInvoice(ctx context.Context, invoice string) error
	// Transfers yields the transfers that were made since, whatever their spend_id.
	Transfers(ctx context.Context, since time.Time) iter.Seq2[Transfer, error]
	// TransfersByID reads up to 1000 transfers by their ids. Those that the service does not know
	// are missing.
	TransfersByID(ctx context.Context, ids []string) ([]Transfer, error)
	// Checks yields the checks that were made since.
	Checks(ctx context.Context, since time.Time) iter.Seq2[Check, error]
	// ChecksByID reads up to 1000 checks by their ids. Those that the service does not know are
	// missing.
	ChecksByID(ctx context.Context, ids []string) ([]Check, error)
	// Balances is what can be sent now, an amount for each asset.
	Balances(ctx context.Context) ([]money.Amount, error)
}

// Transfer is coins that were sent, as the payment service has it.
type Transfer struct {
	ID      string
	SpendID string // a refund's id, if the transfer is one of ours
	Payment string // the payment that went back, if the service says that in place of SpendID
	User    int64
	At      time.Time // zero if the service does not say
	Amount  money.Amount
}

// Check is coins that were set aside for one user, who takes them by a link.
type Check struct {
	ID string
	// Link opens the check; empty if the service sent none that a button can hold.
	Link   string
	User   int64 // who alone can open it; 0 if the service does not say
	Amount money.Amount
	Opened time.Time // zero while nobody has taken the coins
}

// Rates tells what currencies are worth, for show and for limits, never for booking.
type Rates interface {
	// Rate is what one unit of from is worth in to, and whether that is known.
	Rate(from, to money.Currency) (money.Rate, bool)
}
