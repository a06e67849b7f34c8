package shop

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"shopbot/internal/catalog"
)

// ErrNoUnits says that a product is not delivered from stock.
var ErrNoUnits = errors.New("the product is not sold by keys")

// StockProduct finds a product of a catalog that is sold by stock. Errors: ErrUnknownProduct, which
// names the nearest SKU if there is one, ErrNoUnits.
func StockProduct(c *catalog.Catalog, sku string) (catalog.Product, error) {
	p, found := c.Product(sku)
	switch {
	case found && !p.Deliver.FromStock():
		return p, fmt.Errorf("%s: %w", p.SKU, ErrNoUnits)
	case found:
		return p, nil
	}
	if near := c.NearestSKU(sku); near != "" {
		return p, fmt.Errorf("%w: %q; did you mean %s?", ErrUnknownProduct, sku, near)
	}
	return p, fmt.Errorf("%w: %q", ErrUnknownProduct, sku)
}

// stockProduct is the SKU of a product that is sold by stock, as the catalog writes it.
func (s *Shop) stockProduct(sku string) (string, error) {
	p, err := StockProduct(s.cfg.Catalog(), sku)
	return p.SKU, err
}

// AddStock puts units on sale as a batch and sends on the orders that were waiting for them, oldest
// first. Each unit is looked at again, whatever a preview said. Errors: ErrUnknownProduct,
// ErrNoUnits.
func (s *Shop) AddStock(ctx context.Context, sku string, units UnitList, o LoadOptions) (StockAdded, error) {
	sku, err := s.stockProduct(sku)
	if err != nil {
		return StockAdded{}, err
	}
	if err := s.keepFiles(ctx, units); err != nil {
		return StockAdded{}, err
	}
	added, err := s.store.AddStock(ctx, StockLoad{SKU: sku, Units: units.All(), LoadOptions: o})
	if err == nil || added.Added > 0 { // also of a list of which a part was added
		s.log.InfoContext(ctx, "stock added", "sku", sku, "batch", added.Batch, "added", added.Added, "duplicates", added.Duplicates,
			"gone", added.Gone, "elsewhere", added.Elsewhere, "admin", o.By)
		err = errors.Join(err, s.releaseWaiting(context.WithoutCancel(ctx), sku))
		s.lookAtStock()
	}
	return added, err
}

// keepFiles stores the bytes of units that are files, before anything refers to them. Those that the
// shop has are not stored again.
func (s *Shop) keepFiles(ctx context.Context, units UnitList) error {
	return units.eachFile(func(f FileUnit, content []byte) error {
		return s.store.KeepFile(ctx, f.Blob(), content)
	})
}

// Batches lists a product's batches, newest first, those before the given id (0: from the newest).
// Errors: ErrUnknownProduct.
func (s *Shop) Batches(ctx context.Context, sku string, before int64, limit int) ([]Batch, error) {
	sku, err := s.stockedProduct(ctx, sku)
	if err != nil {
		return nil, err
	}
	return s.store.Batches(ctx, sku, before, limit)
}

// Batch reads a product's batch. Errors: ErrUnknownProduct, ErrNoBatch.
func (s *Shop) Batch(ctx context.Context, sku string, id int64) (Batch, error) {
	sku, err := s.stockedProduct(ctx, sku)
	if err != nil {
		return Batch{}, err
	}
	return s.store.Batch(ctx, sku, id)
}

// stockedProduct is the SKU of a product that is sold by stock or ever had any, also if the catalog
// does not know it any more.
func (s *Shop) stockedProduct(ctx context.Context, sku string) (string, error) {
	name, err := s.stockProduct(sku)
	if err == nil {
		return name, nil
	}
	name = strings.ToLower(sku)
	if had, found := s.store.StockOf(ctx, name); found != nil {
		return "", found
	} else if had == (Stock{}) {
		return "", err
	}
	return name, nil
}

// Removable is what can be removed.
type Removable struct {
	Units []string `json:"units"` // as they were loaded, at most MaxRemoved
	// Elsewhere are those of the units asked for that are not for sale, each with its place; the
	// zero UnitPlace if the product never had it.
	Elsewhere []FoundUnit `json:"elsewhere,omitempty"`
	// Reserved is how many stay because unpaid orders reserve them.
	Reserved int `json:"reserved,omitempty"`
}

// RemovableUnits tells which of at most MaxRemoved units of a product can be removed now. Errors:
// ErrUnknownProduct.
func (s *Shop) RemovableUnits(ctx context.Context, sku string, units []string) (r Removable, err error) {
	if sku, err = s.stockedProduct(ctx, sku); err != nil {
		return r, err
	}
	stock, err := s.store.StockOf(ctx, sku)
	if err != nil {
		return r, err
	}
	places, err := s.store.FindUnits(ctx, units)
	if err != nil {
		return r, err
	}
	seen := map[string]bool{}
	for i, unit := range units {
		place := UnitPlace{}
		for _, p := range places[i] {
			if p.SKU == sku {
				place = p
			}
		}
		canonical := CanonicalUnit(unit)
		switch {
		case seen[canonical]:
		case place.Where != UnitForSale:
			r.Elsewhere = append(r.Elsewhere, FoundUnit{Line: i + 1, Unit: unit, Place: place})
		case len(r.Units) == stock.Free:
			r.Reserved++
		default:
			r.Units = append(r.Units, place.Unit)
		}
		seen[canonical] = true
	}
	return r, nil
}

// RemovableOfBatch lists units of a batch that can be removed now, the last loaded first, at most
// MaxRemoved at a time. Reserved says how many of the batch have to stay; it is told with the last
// ones. Errors: ErrUnknownProduct, ErrNoBatch.
func (s *Shop) RemovableOfBatch(ctx context.Context, sku string, batch int64) (r Removable, err error) {
	if sku, err = s.stockedProduct(ctx, sku); err != nil {
		return r, err
	}
	b, err := s.store.Batch(ctx, sku, batch)
	if err != nil {
		return r, err
	}
	if r.Units, err = s.store.RemovableOfBatch(ctx, sku, batch, MaxRemoved); err != nil {
		return r, err
	}
	if len(r.Units) < MaxRemoved {
		r.Reserved = max(b.Left-len(r.Units), 0)
	}
	return r, nil
}

// RemoveUnits removes units from the stock, all of them or none. Before that, the caller has them
// on disk or in a chat. They are never sold again unless they are loaded with LoadOptions.Again.
// Errors: ErrUnknownProduct; ErrStockMoved, after which RemovableUnits tells what is left.
func (s *Shop) RemoveUnits(ctx context.Context, r StockRemoval) (err error) {
	if r.SKU, err = s.stockedProduct(ctx, r.SKU); err != nil {
		return err
	}
	if err := s.store.RemoveStock(ctx, r); err != nil {
		return err
	}
	s.lookAtStock()
	s.log.InfoContext(ctx, "stock removed", "sku", r.SKU, "batch", r.Batch, "removed", len(r.Units), "undo", r.Undo, "admin", r.By)
	return nil
}

// StockUndone is what became of a batch that was taken back.
type StockUndone struct {
	Batch    Batch `json:"batch"`              // as it is now
	Undone   int   `json:"undone"`             // units taken back
	Reserved int   `json:"reserved,omitempty"` // that stay because unpaid orders reserve them
}

// undoTries is how often in a row units may move while a batch is taken back. Buyers are not that
// quick: the database is damaged, as its check tells.
const undoTries = 100

// UndoBatch takes back what is unsold of a batch, as if it had never been loaded. What unpaid
// orders reserve stays, and can be taken back once they are cancelled. Errors: ErrUnknownProduct,
// ErrNoBatch, and ErrStockMoved if the units moved at each of many tries.
func (s *Shop) UndoBatch(ctx context.Context, sku string, batch, by int64) (done StockUndone, err error) {
	for moved := 0; ; {
		r, err := s.RemovableOfBatch(ctx, sku, batch)
		if err != nil {
			return done, err
		}
		if len(r.Units) == 0 {
			done.Reserved = r.Reserved
			done.Batch, err = s.Batch(ctx, sku, batch)
			return done, err
		}
		err = s.RemoveUnits(ctx, StockRemoval{SKU: sku, Units: r.Units, By: by, Batch: batch, Undo: true})
		switch {
		case errors.Is(err, ErrStockMoved) && moved < undoTries: // a buyer was quicker
			moved++
		case err != nil:
			return done, err
		default:
			done.Undone += len(r.Units)
			moved = 0
		}
	}
}

// Stock tells how many units there are, by SKU.
func (s *Shop) Stock(ctx context.Context) (map[string]Stock, error) { return s.store.Stock(ctx) }

// StockOf tells how many units of one product there are.
func (s *Shop) StockOf(ctx context.Context, sku string) (Stock, error) {
	return s.store.StockOf(ctx, sku)
}
