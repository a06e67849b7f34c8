package shop

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Stock is how many units of a product there are.
type Stock struct {
	Free     int `json:"free"`     // for sale now
	Reserved int `json:"reserved"` // held by orders that are still to be paid
	Sold     int `json:"sold"`     // owned by orders
	// Burned is how many units did not work and were replaced in orders by others.
	Burned int `json:"burned,omitempty"`
}

// StockLevel says whether an owner should load more of a product.
type StockLevel string

// The levels.
const (
	StockEnough  StockLevel = ""
	StockLow     StockLevel = "low"      // fewer are free than the catalog wants to be warned of
	StockSoldOut StockLevel = "sold out" // nothing is free
)

// Level is the level of a product's stock. warnBelow is the catalog's: with 0, nothing is low.
func (s Stock) Level(warnBelow int) StockLevel {
	switch {
	case s.Free <= 0:
		return StockSoldOut
	case s.Free < warnBelow:
		return StockLow
	}
	return StockEnough
}

// SoldOutError is an ErrNoStock that says how many there are.
type SoldOutError struct {
	SKU  string
	Left int
}

func (e *SoldOutError) Error() string {
	return fmt.Sprintf("%s: %v: %d left", e.SKU, ErrNoStock, e.Left)
}

func (e *SoldOutError) Unwrap() error { return ErrNoStock }

// StockLoad is a list of units to put on sale.
type StockLoad struct {
	SKU string
	// Units are gone through once. Each is trimmed and not empty, as UnitList.All yields them.
	Units iter.Seq[string]
	LoadOptions
}

// LoadOptions say who loads a list of units, and what of it may be put on sale.
type LoadOptions struct {
	By     int64  // the Telegram id of the owner; 0 for the command line
	Source string // the name of the file that the list came in; "" for a text
	// Again also loads units that were removed or burned, or whose money went back
	// (Order.Returned).
	Again bool
	// Elsewhere also loads units that another product has or had.
	Elsewhere bool
}

// StockAdded is what became of a list of units.
type StockAdded struct {
	Batch      int64 `json:"batch,omitempty"` // of the units added; 0 if there are none
	Added      int   `json:"added"`
	Duplicates int   `json:"duplicates"`          // in the list twice, in stock, or sold: left out
	Gone       int   `json:"gone,omitempty"`      // removed or paid back before: left out without LoadOptions.Again
	Elsewhere  int   `json:"elsewhere,omitempty"` // of another product: left out without LoadOptions.Elsewhere
}

// Add adds what became of more units of the same list.
func (a *StockAdded) Add(more StockAdded) {
	a.Batch = max(a.Batch, more.Batch)
	a.Added += more.Added
	a.Duplicates += more.Duplicates
	a.Gone += more.Gone
	a.Elsewhere += more.Elsewhere
}

// Batch is one list of units that was put on sale.
type Batch struct {
	ID     int64     `json:"id"` // of all products of the shop, from 1
	SKU    string    `json:"sku"`
	By     int64     `json:"by,omitempty"` // as LoadOptions.By
	At     time.Time `json:"at"`
	Source string    `json:"source,omitempty"` // as LoadOptions.Source
	Added  int       `json:"added"`
	// Left is how many of its units no order owns. Units that unpaid orders reserve are among them:
	// which of a product's units those are is decided at the payment.
	Left int `json:"left"`
	// Whole says that the list was loaded to its end. Without it the program ended in between, and
	// loading the list again adds the rest.
	Whole bool `json:"whole,omitempty"`
}

// UnitWhere is where a unit is. The words are answers of the commands' API.
type UnitWhere string

// Where a unit can be.
const (
	UnitForSale  UnitWhere = "for_sale"
	UnitSold     UnitWhere = "sold"     // an order owns it
	UnitReturned UnitWhere = "returned" // an order owned it, and its money went back
	UnitRemoved  UnitWhere = "removed"  // by an owner
	UnitBurned   UnitWhere = "burned"   // an order had it, and has another one since: it did not work
)

// UnitPlace is where a product's unit is.
type UnitPlace struct {
	SKU   string    `json:"sku"`
	Where UnitWhere `json:"where"`
	Batch int64     `json:"batch,omitempty"` // of a unit for sale
	// Unit is a unit for sale as it was loaded, which may look like another one to a program.
	Unit  string    `json:"unit,omitempty"`
	Order OrderID   `json:"order,omitempty"` // of a unit that is or was sold
	At    time.Time `json:"at,omitzero"`     // when it was removed or burned
}

// Gone reports whether the unit may only be put on sale by LoadOptions.Again.
func (p *UnitPlace) Gone() bool {
	return p.Where == UnitRemoved || p.Where == UnitReturned || p.Where == UnitBurned
}

// StoredUnit is a unit that no order owns, as a list of all of them has it.
type StoredUnit struct {
	SKU    string
	Number int64 // the lowest of a product is sold first
	Batch  int64
	Unit   string
}

// UnitsForSale lists what is on sale, for exports.
type UnitsForSale interface {
	// UnitsForSale lists up to limit units that no order owns, those after the given SKU and number,
	// by SKU and in the order in which they are sold. Unpaid orders may reserve some of them.
	UnitsForSale(ctx context.Context, sku string, number int64, limit int) ([]StoredUnit, error)
}

// MaxRemoved is how many units are removed in one transaction at most.
const MaxRemoved = 1000

// StockRemoval removes units that are for sale.
type StockRemoval struct {
	SKU   string
	Units []string // at most MaxRemoved, in any disguise, each once
	By    int64    // as LoadOptions.By
	Batch int64    // that the units are of, for the audit trail; 0: of several
	// Undo forgets the units, as if they had never been loaded. Otherwise they are remembered as
	// removed.
	Undo bool
}

// ErrStockMoved says that a unit is not for sale, or that unpaid orders reserve what is left. Ask
// again what can be removed.
var ErrStockMoved = errors.New("some of these units are not for sale any more")

// ErrNoBatch says that a product has no batch of this number.
var ErrNoBatch = errors.New("no such batch")

// Returned reports whether the money for a unit of a product that o owns or owned went back, so
// that the unit may be put on sale again if an owner says so: the unit or every line of o with it
// was refunded, or all that was paid for the goods of o went back. A refund of a part that names no
// line leaves the goods with the buyer.
func (o *Order) Returned(sku, unit string) bool {
	if o.WentBack() {
		return true
	}
	unit = CanonicalUnit(unit)
	returned := false
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.FromStock || l.SKU != sku || !l.owns(unit) {
			continue
		}
		gaveBack := func(back string) bool { return CanonicalUnit(back) == unit }
		if !l.Refunded && !slices.ContainsFunc(l.Returned, gaveBack) {
			return false
		}
		returned = true
	}
	return returned
}

// owns reports whether a unit, in its canonical form, is among the line's goods.
func (l *Line) owns(canonical string) bool {
	for _, unit := range l.Goods {
		if CanonicalUnit(unit) == canonical {
			return true
		}
	}
	return false
}
