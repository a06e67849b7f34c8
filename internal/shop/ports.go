package shop

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shopbot/internal/money"
)

// Rule changes an order inside a storage transaction. It is pure: it may run
// more than once, and must leave o alone when it returns an error. free is how
// many units of the order's product it may take, its own reservation included.
type Rule func(o *Order, free int) error

// Store keeps orders and stock. Each method is one durable transaction: when it
// returns nil, what it did survives a power cut. What follows from an order's change
// (its reservation, the units it owns, the counters, every index) is done in the same transaction:
//
//   - units are reserved while Order.Reserved says so, and never more than there are;
//   - when Order.Owed says so after a rule, that many units become Order.Keys, oldest
//     first; a rule that demands more than free is an error of the rule;
//   - Tally is added to the statistics, on the day of the change;
//   - Trail is added to the audit trail.
//
// All methods may be called from any number of goroutines and processes.
type Store interface {
	// Checkout saves a new order and reserves its units; created is true. An order that is there
	// already is returned as it is, with created false. *SoldOutError where too little is left,
	// ErrTooManyOpen where the buyer has maxOpen unpaid orders (0: any number).
	Checkout(ctx context.Context, o Order, maxOpen int) (stored Order, created bool, err error)
	// Change applies rule to one order and returns the result. ErrNotFound, or what rule
	// returned; with ErrUnchanged the order is returned as it is, and no error.
	Change(ctx context.Context, id OrderID, rule Rule) (Order, error)
	// Receive is Change, and keeps the event itself where the rule accepts it.
	Receive(ctx context.Context, e Event, rule Rule) (Order, error)

	// Order reads one order, or ErrNotFound.
	Order(ctx context.Context, id OrderID) (Order, error)
	// OrdersOf lists a buyer's orders, newest first, those before the given id ("": from the newest).
	OrdersOf(ctx context.Context, buyer int64, before OrderID, limit int) ([]Order, error)
	// Orders lists orders, oldest first.
	Orders(ctx context.Context, f Filter) ([]Order, error)

	// Claim leases up to limit orders whose task is due at now, until the given time: nobody else gets them
	// before. The longest due come first, and of these the ones that the audit trail has told nothing of for longest. A crashed claimant's lease runs out by itself.
	Claim(ctx context.Context, t Task, now, until time.Time, limit int) ([]Order, error)
	// NextDue is when the next order's task falls due; false where none waits.
	NextDue(ctx context.Context, t Task) (time.Time, bool, error)

	// AddStock puts keys on sale, in their order. Keys that the product ever had are left out and counted.
	// A long list may go in several transactions: after an error the count tells what was added, and
	// loading the same list again adds the rest. by is the Telegram id of who did it, for the audit trail.
	AddStock(ctx context.Context, sku string, keys []string, by int64) (StockAdded, error)
	// Stock tells how many units there are, of every product that ever had any.
	Stock(ctx context.Context) (map[string]Stock, error)
	// StockOf tells how many units of one product there are.
	StockOf(ctx context.Context, sku string) (Stock, error)

	// Record adds what an owner did to the audit trail; Number and At are set by the store.
	Record(ctx context.Context, e AuditEntry) error
	// TrailOf lists what the audit trail says of an order, oldest first.
	TrailOf(ctx context.Context, id OrderID) ([]AuditEntry, error)

	// Statistics sums the days from first to last, both included; empty: without bound.
	Statistics(ctx context.Context, first, last Day) (Statistics, error)
}

// ErrTooManyOpen says that a buyer has enough unpaid orders.
var ErrTooManyOpen = errors.New("too many unpaid orders")

// Filter chooses orders. The zero Filter is all of them.
type Filter struct {
	State State     // "" for any
	Since time.Time // made at or after
	After OrderID   // for the next page: the last order of the page before
	Limit int       // 0 for 100
}

// InvoiceStatus is what the payment service says of an invoice.
type InvoiceStatus string

// The statuses of an invoice.
const (
	InvoiceOpen   InvoiceStatus = "open"
	InvoicePaid   InvoiceStatus = "paid"
	InvoiceClosed InvoiceStatus = "closed" // expired, deleted, or never there
)

// Bill is an invoice as the payment service has it.
type Bill struct {
	Invoice Invoice
	Order   OrderID // as the payload names it, unchecked
	Status  InvoiceStatus
	Payment Payment // of a paid one
	Raw     []byte  // what the service said, to the byte
}

// Invoicer makes invoices and refunds at a payment service. An error that is a
// *RefusedError is final; after any other the work may or may not have been done.
type Invoicer interface {
	// CreateInvoice asks for an invoice with the order's id as payload, payable for ttl. It is not repeatable:
	// after a doubtful error the caller looks for one with FindBills first.
	CreateInvoice(ctx context.Context, o Order, ttl time.Duration) (Invoice, error)
	// FindBills finds the invoices with the order's id as payload, those of before since left out.
	FindBills(ctx context.Context, id OrderID, since time.Time) ([]Bill, error)
	// Bills looks invoices up by their ids; those that the service does not know are missing.
	Bills(ctx context.Context, invoices []int64) ([]Bill, error)
	// DeleteInvoice makes an invoice unpayable. One that is gone already is no error.
	DeleteInvoice(ctx context.Context, invoice int64) error
	// Transfer sends a refund to the buyer and returns the transfer's id. The refund's id makes it repeatable.
	// That it is refused says nothing about an earlier try: FindTransfer does.
	Transfer(ctx context.Context, buyer int64, r Refund) (int64, error)
	// FindTransfer tells whether a refund's transfer was made. An error says nothing either way.
	FindTransfer(ctx context.Context, r Refund) (id int64, found bool, err error)
}

// RefusedError is a payment service's final no: nothing was done, and repeating would not help.
type RefusedError struct {
	Name string // the service's own word, such as USER_NOT_FOUND
	Hint string // what a person can do about it
	Err  error
}

func (e *RefusedError) Error() string { return fmt.Sprintf("refused: %s: %v", e.Name, e.Err) }
func (e *RefusedError) Unwrap() error { return e.Err }

// Courier reaches people. What it does may be repeated. An error that is a
// *RetryAfterError names when to try again; one that is an *UndeliverableError is final.
type Courier interface {
	// Deliver hands the goods of a paid order to its buyer.
	Deliver(ctx context.Context, o Order) error
	// Tell says to its audience what happened to an order.
	Tell(ctx context.Context, o Order, n Notice) error
	// TellSilence warns the owners that webhooks stay away which came until last.
	TellSilence(ctx context.Context, last time.Time) error
	// TellDifferences tells the owners of a comparison's differences, all in one message.
	TellDifferences(ctx context.Context, differences []Difference) error
}

// RetryAfterError is a refusal for now.
type RetryAfterError struct {
	Wait time.Duration
	Err  error
}

func (e *RetryAfterError) Error() string { return fmt.Sprintf("try again in %s: %v", e.Wait, e.Err) }
func (e *RetryAfterError) Unwrap() error { return e.Err }

// UndeliverableError says that goods cannot reach the buyer unless somebody acts.
type UndeliverableError struct {
	Reason HoldReason
	Err    error
}

func (e *UndeliverableError) Error() string {
	return fmt.Sprintf("undeliverable: %s: %v", e.Reason, e.Err)
}
func (e *UndeliverableError) Unwrap() error { return e.Err }

// final reports whether a Courier's failure would only repeat itself.
func final(err error) bool {
	_, never := errors.AsType[*UndeliverableError](err)
	return never
}

// Rates tells what currencies are worth, for show.
type Rates interface {
	// Rate is what one unit of from is worth in to, and whether that is known.
	Rate(from, to money.Currency) (money.Rate, bool)
}
