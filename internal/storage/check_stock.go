package storage

import (
	"shopbot/internal/shop"
)

// unitLedger counts the units that are where their marks say. A unit has one mark, so two places
// cannot both agree with it: where the counts agree, each unit is in one place only.
type unitLedger struct {
	forSale, sold, burned map[string]int           // by SKU
	left                  map[string]map[int64]int // units of each batch that are for sale, by SKU
}

func newUnitLedger() unitLedger {
	return unitLedger{forSale: map[string]int{}, sold: map[string]int{}, burned: map[string]int{}, left: map[string]map[int64]int{}}
}

// eachUnit visits the units that an order owns or owned.
func eachUnit(o *shop.Order, do func(sku, unit string)) {
	for i := range o.Lines {
		if !o.Lines[i].FromStock {
			continue
		}
		for _, unit := range o.Lines[i].Goods {
			do(o.Lines[i].SKU, unit)
		}
	}
}

// checkUnitsOf checks the units that an order owns: each is marked as sold to it, and is its own
// once. One whose money went back may be elsewhere by now.
func (c *checker) checkUnitsOf(o *shop.Order) {
	for i := range o.Lines {
		for _, p := range o.Lines[i].Parts() {
			for _, unit := range p.Goods {
				c.checkFileOf(unit, "order "+string(o.ID))
			}
		}
	}
	seen := map[string]bool{}
	eachUnit(o, func(sku, unit string) {
		s := c.stock[sku]
		s.Sold++
		c.stock[sku] = s
		key := markKey(sku, unit)
		m := readMark(c.get(bucketKnown, key))
		again := seen[string(key)]
		seen[string(key)] = true
		switch {
		case m.where == 0:
			c.breach("a unit of %s is not known, and could be loaded again: it is of order %s", sku, o.ID)
		case again:
			c.breach("a unit of %s is there twice, of order %s and of order %s", sku, o.ID, o.ID)
		case m.where == markSold && string(m.rest) == string(o.ID):
			c.units.sold[sku]++
		case !o.Returned(sku, unit):
			c.breach("a unit of %s is there twice, of order %s and %s", sku, o.ID, m)
		}
	})
}

// String says in words where a unit is.
func (m mark) String() string {
	switch m.where {
	case markForSale:
		return "for sale"
	case markSold:
		return "of order " + string(m.order())
	case markRemoved:
		return "removed"
	case markBurned:
		return "burned by order " + string(m.order())
	}
	return "nowhere"
}

// checkBurnedBy checks the units that were replaced in an order: each is known, and marked as burned
// by it unless it was loaded again since.
func (c *checker) checkBurnedBy(o *shop.Order) {
	for sku, units := range shop.Burned(&shop.Order{}, o) {
		s := c.stock[sku]
		s.Burned += len(units)
		c.stock[sku] = s
		seen := map[string]bool{} // one that was loaded again may have been replaced again
		for _, unit := range units {
			key := markKey(sku, unit)
			switch m := readMark(c.get(bucketKnown, key)); {
			case m.where == 0:
				c.breach("a unit of %s is not known, and could be loaded again: it was replaced in order %s", sku, o.ID)
			case m.where == markBurned && m.order() == o.ID && !seen[string(key)]:
				seen[string(key)] = true
				c.units.burned[sku]++
			}
		}
	}
}

// checkUnits checks the units for sale: each is marked by its own number.
func (c *checker) checkUnits() {
	last := c.sequence(bucketUnits)
	c.scan(bucketUnits, nil, nil, func(key, value []byte) bool {
		sku, n := splitUnit(key)
		if n > last {
			c.breach("unit %d of %s would be replaced by one that is loaded later", n, sku)
		}
		s := c.stock[sku]
		s.Free++
		c.stock[sku] = s
		batch, unit := readUnit(value)
		c.checkFileOf(unit, "the stock of "+sku)
		if c.units.left[sku] == nil {
			c.units.left[sku] = map[int64]int{}
		}
		c.units.left[sku][batch]++
		switch m := readMark(c.get(bucketKnown, markKey(sku, unit))); {
		case m.where == 0:
			c.breach("a unit of %s is not known, and could be loaded again: it is for sale", sku)
		case m.where == markForSale && toNumber(m.rest) == n:
			c.units.forSale[sku]++
		default:
			c.breach("a unit of %s is there twice, %s and for sale", sku, m)
		}
		return true
	})
}

// checkKnown compares the marks with the units that are where they say.
func (c *checker) checkKnown() {
	forSale, sold, burned := map[string]int{}, map[string]int{}, map[string]int{}
	c.scan(bucketKnown, nil, nil, func(key, value []byte) bool {
		sku := markedSKU(key)
		switch m := readMark(value); m.where {
		case markForSale:
			forSale[sku]++
		case markSold:
			sold[sku]++
		case markBurned:
			burned[sku]++
		case markRemoved:
		default:
			c.breach("a unit of %s is known and nowhere", sku)
		}
		return true
	})
	for _, side := range []struct {
		what         string
		known, there map[string]int
	}{{"for sale", forSale, c.units.forSale}, {"sold", sold, c.units.sold}, {"burned", burned, c.units.burned}} {
		for _, sku := range sortedKeys(side.known) {
			if side.known[sku] != side.there[sku] {
				c.breach("%d units of %s are known as %s and %d are there", side.known[sku], sku, side.what, side.there[sku])
			}
		}
	}
}

// checkBatches compares what is left of each batch with the units for sale.
func (c *checker) checkBatches() {
	last := c.sequence(bucketBatches)
	c.scan(bucketBatches, nil, nil, func(key, record []byte) bool {
		sku, id := splitUnit(key)
		b, err := decode[batchRecord](record)
		left := c.units.left[sku][id]
		delete(c.units.left[sku], id)
		switch {
		case err != nil:
			c.breach("batch %d of %s: %v", id, sku, err)
		case b.ID != id || b.SKU != sku:
			c.breach("batch %d of %s is the record of batch %d of %q", id, sku, b.ID, b.SKU)
		case id > last:
			c.breach("batch %d of %s would be replaced by one that is loaded later", id, sku)
		case b.Left != left:
			c.breach("batch %d of %s counts %d units left and has %d", id, sku, b.Left, left)
		case b.Left > b.Added:
			c.breach("batch %d of %s has %d units left of %d", id, sku, b.Left, b.Added)
		}
		return true
	})
	for _, sku := range sortedKeys(c.units.left) {
		for id, n := range c.units.left[sku] {
			c.breach("%d units of %s are of batch %d, which is not there", n, sku, id)
		}
	}
}

// checkStock compares the counters of the stock with what was found.
func (c *checker) checkStock() {
	c.scan(bucketStock, nil, nil, func(sku, _ []byte) bool {
		c.stock[string(sku)] = c.stock[string(sku)] // so that it is looked at if nothing was found
		return true
	})
	for _, sku := range sortedKeys(c.stock) {
		is := c.stock[sku]
		is.Free -= is.Reserved // bucketUnits has reserved units too
		if is.Free < 0 {
			c.breach("%d units of %s are reserved and %d are there", is.Reserved, sku, is.Free+is.Reserved)
		}
		if counted := c.tx.stock(sku); counted != is {
			c.breach("stock of %s is counted as %+v and is %+v", sku, counted, is)
		}
	}
}
