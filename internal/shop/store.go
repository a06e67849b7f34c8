package shop

import (
	"context"
	"errors"
	"time"
)

// Rule changes an order inside a storage transaction. It is pure: it may run more than once, and
// must leave o alone when it returns an error.
type Rule func(o *Order, free Free) error

// CheckoutRule decides inside a storage transaction whether a new order may be made, and may set
// what depends on that, such as its end. Like a Rule it is pure.
type CheckoutRule func(o *Order, v View) error

// View is what a CheckoutRule may look at: the transaction's own state, without the new order.
type View struct {
	// Free is how many units of a product are for sale.
	Free Free
	// Latest lists the buyer's latest n orders, the one that was made last first.
	Latest func(n int) ([]Order, error)
	// Blocked says that the buyer may not order.
	Blocked bool
	// Invited says that somebody invited the buyer, and no order earned the reward for it yet.
	Invited bool
	// Coupon is a coupon as the buyer meets it; ErrNoCoupon.
	Coupon func(code string) (CouponState, error)
	// Cart is the buyer's cart, as of Carts.
	Cart func() (Cart, error)
}

// Store keeps orders and stock. Each method is one durable transaction: when it
// returns nil, what it did survives a power cut. What follows from an order's change
// (its reservation, the units it owns, the counters, every index) is done in the same transaction:
//
//   - units are reserved while Order.Reserved says so, and never more than there are;
//   - when Order.Owed says so after a rule, that many units become the goods of its lines
//     (Order.TakeUnits), oldest first, but for those that it has had (Order.Had); where there are
//     fewer, *SoldOutError and nothing is changed;
//   - the change of Order.CouponUse is added to the counts of its coupon;
//   - Tally is added to the statistics, on the day of the change;
//   - Person.Count is added to what is known of the buyer;
//   - Trail is added to the audit trail.
//
// A record that cannot be decoded fails a direct read; lists and claims skip and log it.
//
// All methods may be called from any number of goroutines.
type Store interface {
	People
	Coupons
	Referrals
	Carts

	// Checkout saves a new order and reserves its units, and empties the buyer's cart if the order is
	// FromCart; created is true, and the order's TaskInvoice is claimed for the caller until the given
	// time, as by Claim. An order that is
	// there already is returned as it is, with created false, and rule is not asked. *SoldOutError
	// where too little is left, or what rule returned.
	Checkout(ctx context.Context, o Order, until time.Time, rule CheckoutRule) (stored Order, created bool, err error)
	// Change applies rule to one order and returns the result. ErrNotFound, or what rule
	// returned; with ErrUnchanged the order is returned as it is, and no error.
	Change(ctx context.Context, id OrderID, rule Rule) (Order, error)
	// RecordPayment is Change, and keeps p itself where the rule accepts it.
	RecordPayment(ctx context.Context, p IncomingPayment, rule Rule) (Order, error)

	// Renew saves a new order that rule makes a paid one, and keeps the payment itself. An order that
	// has p's invoice as a reference is returned as it is, with created false, and rule is not asked.
	// What rule returned is an error.
	Renew(ctx context.Context, o Order, p IncomingPayment, rule CheckoutRule) (stored Order, created bool, err error)

	// Order reads one order, or ErrNotFound.
	Order(ctx context.Context, id OrderID) (Order, error)
	// OrdersOf lists a buyer's orders, the one that was made last first, those made before the
	// given one ("": from the newest; an unknown one: none).
	OrdersOf(ctx context.Context, buyer int64, before OrderID, limit int) ([]Order, error)
	// OrderOfCheck finds the order of which a refund was made by a check, also after its buyer was
	// forgotten; "" if there is none.
	OrderOfCheck(ctx context.Context, rail RailID, check string) (OrderID, error)
	// OrdersOfReference lists the orders that have a reference of the payment service, see
	// Order.References; also after their buyer was forgotten.
	OrdersOfReference(ctx context.Context, reference string) ([]OrderID, error)
	// Orders lists orders, oldest first.
	Orders(ctx context.Context, f Filter) ([]Order, error)

	// Claim gives the caller up to limit orders whose task is due at now, the longest due first.
	// Nobody else gets them for this task before they are released, or until the given time.
	//
	// Note for stores that several processes share: there a claim is a lease with a deadline and a
	// fence, so another process takes over a crashed one's work. A store of one process may keep
	// claims in memory.
	Claim(ctx context.Context, t Task, now, until time.Time, limit int) ([]Order, error)
	// Release gives claims up, after the order says what is to be done next. One that is not given
	// up ends at its deadline.
	Release(ctx context.Context, t Task, ids ...OrderID)
	// NextDue is when the next order's task falls due, claims considered; false where nothing
	// waits.
	NextDue(ctx context.Context, t Task) (time.Time, bool, error)

	// KeepFile keeps a file under a name that is made from its content, such as FileUnit.Blob; the
	// same one again changes nothing. A file is kept before anything refers to it. Long ones may take
	// several transactions.
	KeepFile(ctx context.Context, name string, content []byte) error

	// AddStock puts units on sale, in their order, as one batch. Units are compared by their
	// CanonicalUnit. Those that a product has or had are left out and counted, see LoadOptions. A
	// long list may go in several transactions: after an error the count tells what was added, the
	// batch is not Whole, and loading the same list again adds the rest as another batch.
	AddStock(ctx context.Context, l StockLoad) (StockAdded, error)
	// FindUnits tells for each unit where it is, of every product that has or had it; nothing for
	// one that is new.
	FindUnits(ctx context.Context, units []string) ([][]UnitPlace, error)
	// Batches lists a product's batches, newest first, those before the given id (0: from the
	// newest).
	Batches(ctx context.Context, sku string, before int64, limit int) ([]Batch, error)
	// Batch reads one batch, or ErrNoBatch.
	Batch(ctx context.Context, sku string, id int64) (Batch, error)
	// RemovableOfBatch lists up to limit units of a batch that no order owns, the last loaded
	// first, as they were loaded. With fewer units of the product free, no more than those.
	// ErrNoBatch.
	RemovableOfBatch(ctx context.Context, sku string, batch int64, limit int) ([]string, error)
	// RemoveStock removes units, all of them or none: ErrStockMoved if one is not for sale, is
	// there twice, or if fewer are free.
	RemoveStock(ctx context.Context, r StockRemoval) error
	// Stock tells how many units there are, of every product that ever had any.
	Stock(ctx context.Context) (map[string]Stock, error)
	// StockOf tells how many units of one product there are.
	StockOf(ctx context.Context, sku string) (Stock, error)

	// Forget applies Order.Forget to a buyer's closed orders and deletes what else is kept about
	// that person: name, language, days of visits, notes, form, cart, questions, dead letters. What the
	// open orders add to Person.Count is kept, and the block if there is one. It may take several
	// transactions; after an error it can be called again.
	Forget(ctx context.Context, buyer int64) (Forgotten, error)

	// Waiting tells what waits for staff. It counts no more than most of a kind, so it takes no
	// longer when a great many wait.
	Waiting(ctx context.Context, most int) (Waiting, error)

	// Record adds what an owner did to the audit trail; Number and At are set by the store. If it is
	// about an order, it is in that order's trail: ErrNotFound if there is no such order.
	Record(ctx context.Context, e AuditEntry) error
	// TrailOf lists what the audit trail says of an order, oldest first.
	TrailOf(ctx context.Context, id OrderID) ([]AuditEntry, error)

	// Statistics sums the days from first to last, both included; empty: without bound. Both may be
	// months, which is quicker for long spans.
	Statistics(ctx context.Context, first, last Day) (Statistics, error)
	// Totals are the counters of all products together on each of the given days or months, in
	// their order; "" is all time.
	Totals(ctx context.Context, days []Day) ([]Counters, error)

	Notes
}

// Waiting is what waits for staff, and the stock, which may be low.
type Waiting struct {
	Held      int // paid orders that wait for a person
	Questions int // of buyers, all that are open
	Stock     map[string]Stock
}

// Forms keeps, for each person, the form that they are in the middle of, and beside it what they
// have begun and not finished: drafts. One that has expired is not returned any more.
type Forms interface {
	// Form is the form that a user is filling in; false where there is none, or its time is over.
	Form(ctx context.Context, user int64) (Form, bool, error)
	// SetForm begins a form or notes what was given so far. It replaces the user's other form.
	SetForm(ctx context.Context, user int64, f Form) error
	// LeaveForm ends a user's form. It is not an error if there is no form.
	LeaveForm(ctx context.Context, user int64) error

	// Draft is what waits for a user under a name, whatever form they are filling in; false where
	// there is none, or its time is over.
	Draft(ctx context.Context, user int64, name string) (Form, bool, error)
	// SetDraft keeps a draft under its Name. It replaces the user's draft of that name.
	SetDraft(ctx context.Context, user int64, f Form) error
	// LeaveDraft ends a draft. It is not an error if there is none.
	LeaveDraft(ctx context.Context, user int64, name string) error
}

// Form is a conversation of several messages with one person: a buyer or an owner.
type Form struct {
	// Name says which form it is. The word is stored on disk.
	Name string `json:"name"`
	// Given are the answers so far, by the names of their fields.
	Given map[string]string `json:"given,omitempty"`
	// Until is when the form ends if nothing more comes.
	Until time.Time `json:"until"`
}

// ErrTooManyOpen says that a buyer has enough unpaid orders.
var ErrTooManyOpen = errors.New("too many unpaid orders")

// Filter chooses orders. The zero Filter is all of them.
type Filter struct {
	State State     // "" for any
	Since time.Time // made at or after; zero for any
	Until time.Time // made before; zero for any
	After OrderID   // for the next page: the last order of the page before
	Limit int       // 0 for 100
}
