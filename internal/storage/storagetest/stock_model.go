package storagetest

import (
	"maps"
	"slices"

	"shopbot/internal/shop"
)

// stockModel is what the model remembers of batches, and of units by their canonical form.
type stockModel struct {
	units   map[string]map[string]*modelUnit // by SKU and canonical form
	batches map[string][]shop.Batch          // by SKU, oldest first, without their times
	loaded  int64                            // batches
	gone    map[string]int                   // units that were removed or taken back, by SKU
}

// modelUnit is where a unit of a product is.
type modelUnit struct {
	where  shop.UnitWhere // UnitReturned is UnitSold here
	unit   string
	batch  int64
	order  shop.OrderID
	before *modelUnit // what it was before it was loaded again
}

func newStockModel() stockModel {
	return stockModel{units: map[string]map[string]*modelUnit{}, batches: map[string][]shop.Batch{}, gone: map[string]int{}}
}

func (m *stockModel) sell(sku, unit string, id shop.OrderID) {
	u := m.units[sku][shop.CanonicalUnit(unit)]
	m.batchOf(sku, u.batch).Left--
	*u = modelUnit{where: shop.UnitSold, order: id}
}

func (m *stockModel) batchOf(sku string, id int64) *shop.Batch {
	i := slices.IndexFunc(m.batches[sku], func(b shop.Batch) bool { return b.ID == id })
	if i < 0 {
		return nil
	}
	return &m.batches[sku][i]
}

func (m *model) place(sku, canonical string) (p shop.UnitPlace, found bool) {
	u := m.units[sku][canonical]
	if u == nil {
		return p, false
	}
	p = shop.UnitPlace{SKU: sku, Where: u.where, Batch: u.batch, Unit: u.unit, Order: u.order}
	if o, sold := m.orders[u.order]; sold && u.where == shop.UnitSold && o.Returned(sku, canonical) {
		p.Where = shop.UnitReturned
	}
	return p, true
}

// places lists where a unit is, by SKU.
func (m *model) places(unit string) (all []shop.UnitPlace) {
	for _, sku := range slices.Sorted(maps.Keys(m.units)) {
		if p, found := m.place(sku, shop.CanonicalUnit(unit)); found {
			all = append(all, p)
		}
	}
	return all
}

func (m *model) load(l shop.StockLoad) (added shop.StockAdded) {
	if m.units[l.SKU] == nil {
		m.units[l.SKU] = map[string]*modelUnit{}
	}
	for unit := range l.Units {
		canonical := shop.CanonicalUnit(unit)
		own, known := m.place(l.SKU, canonical)
		elsewhere := slices.ContainsFunc(m.places(unit), func(p shop.UnitPlace) bool { return p.SKU != l.SKU })
		switch {
		case known && !own.Gone():
			added.Duplicates++
			continue
		case elsewhere && !l.Elsewhere:
			added.Elsewhere++
			continue
		case known && !l.Again:
			added.Gone++
			continue
		}
		if added.Batch == 0 {
			m.loaded++
			added.Batch = m.loaded
			m.batches[l.SKU] = append(m.batches[l.SKU], shop.Batch{ID: m.loaded, SKU: l.SKU, By: l.By, Source: l.Source, Whole: true})
		}
		m.units[l.SKU][canonical] = &modelUnit{where: shop.UnitForSale, unit: unit, batch: added.Batch, before: m.units[l.SKU][canonical]}
		m.free[l.SKU] = append(m.free[l.SKU], unit)
		b := m.batchOf(l.SKU, added.Batch)
		b.Added++
		b.Left++
		added.Added++
	}
	return added
}

// removable lists what can be removed of a batch, the last loaded first.
func (m *model) removable(sku string, batch int64, limit int) ([]string, error) {
	if m.batchOf(sku, batch) == nil {
		return nil, shop.ErrNoBatch
	}
	var units []string
	for _, unit := range slices.Backward(m.free[sku]) {
		if len(units) < min(limit, m.stock(sku).Free) && m.units[sku][shop.CanonicalUnit(unit)].batch == batch {
			units = append(units, unit)
		}
	}
	return units, nil
}

func (m *model) remove(r shop.StockRemoval) error {
	seen := map[string]bool{}
	for _, unit := range r.Units {
		canonical := shop.CanonicalUnit(unit)
		if p, _ := m.place(r.SKU, canonical); p.Where != shop.UnitForSale || seen[canonical] {
			return shop.ErrStockMoved
		}
		seen[canonical] = true
	}
	if m.stock(r.SKU).Free < len(r.Units) {
		return shop.ErrStockMoved
	}
	for canonical := range seen {
		u := m.units[r.SKU][canonical]
		m.batchOf(r.SKU, u.batch).Left--
		m.gone[r.SKU]++
		m.free[r.SKU] = slices.DeleteFunc(m.free[r.SKU], func(unit string) bool { return unit == u.unit })
		switch {
		case !r.Undo:
			*u = modelUnit{where: shop.UnitRemoved}
		case u.before != nil:
			m.units[r.SKU][canonical] = u.before
		default:
			delete(m.units[r.SKU], canonical)
		}
	}
	return nil
}
