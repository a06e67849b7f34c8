package storage

import (
	"hash/maphash"
	"slices"

	"shopbot/internal/shop"
)

// unitLedger finds units that are in two places. It takes eight bytes for each unit of the shop,
// sold ones included; what it suspects is looked up again.
type unitLedger struct {
	seed  maphash.Seed
	marks []uint64
	known map[string]int // units that each product should know
}

func newUnitLedger() unitLedger { return unitLedger{seed: maphash.MakeSeed(), known: map[string]int{}} }

func (l *unitLedger) markOf(known []byte) uint64 { return maphash.Bytes(l.seed, known) }

// repeated are the marks that were noted more than once.
func (l *unitLedger) repeated() map[uint64]bool {
	slices.Sort(l.marks)
	twice := map[uint64]bool{}
	for i := 1; i < len(l.marks); i++ {
		if l.marks[i] == l.marks[i-1] {
			twice[l.marks[i]] = true
		}
	}
	return twice
}

// eachUnit visits the units that an order owns.
func eachUnit(o *shop.Order, do func(sku, unit, place string)) {
	for i := range o.Lines {
		if !o.Lines[i].FromStock {
			continue
		}
		for _, unit := range o.Lines[i].Goods {
			do(o.Lines[i].SKU, unit, "of order "+string(o.ID))
		}
	}
}

// placeFree is the place of a unit that no order owns.
const placeFree = "for sale"

// ownUnit notes that a unit is somewhere, and checks that it is known.
func (c *checker) ownUnit(sku, unit, place string) {
	mark := knownUnit(sku, unit)
	c.units.marks = append(c.units.marks, c.units.markOf(mark))
	c.units.known[sku]++
	if !c.has(bucketKnown, mark) {
		c.breach("a unit of %s is not known, and could be loaded again: it is %s", sku, place)
	}
}

// checkUnits checks the units for sale.
func (c *checker) checkUnits() {
	last := c.sequence(bucketUnits)
	c.scan(bucketUnits, nil, nil, func(key, unit []byte) bool {
		sku, n := splitUnit(key)
		if n > last {
			c.breach("unit %d of %s would be replaced by one that is loaded later", n, sku)
		}
		s := c.stock[sku]
		s.Free++
		c.stock[sku] = s
		c.ownUnit(sku, string(unit), placeFree)
		return true
	})
}

// checkOwners checks that each unit is in one place only. All units were noted before.
func (c *checker) checkOwners() {
	twice := c.units.repeated()
	if len(twice) == 0 {
		return
	}
	first := map[string]string{}
	again := func(sku, unit, place string) {
		mark := knownUnit(sku, unit)
		if !twice[c.units.markOf(mark)] {
			return
		}
		if other, elsewhere := first[string(mark)]; elsewhere {
			c.breach("a unit of %s is there twice, %s and %s", sku, other, place)
			return
		}
		first[string(mark)] = place
	}
	c.scan(bucketOrders, nil, nil, func(id, record []byte) bool {
		if o, err := decodeOrder(shop.OrderID(id), record); err == nil {
			eachUnit(&o.Order, again)
		}
		return true
	})
	c.scan(bucketUnits, nil, nil, func(key, unit []byte) bool {
		sku, _ := splitUnit(key)
		again(sku, string(unit), placeFree)
		return true
	})
}

// checkKnown compares the marks of all units ever loaded with the units that exist.
func (c *checker) checkKnown() {
	marks := map[string]int{}
	c.scan(bucketKnown, nil, nil, func(mark, _ []byte) bool {
		marks[string(mark[:max(len(mark)-markBytes-1, 0)])]++
		return true
	})
	for sku := range c.units.known {
		marks[sku] += 0 // also if it is not known at all
	}
	for _, sku := range sortedKeys(marks) {
		if marks[sku] != c.units.known[sku] {
			c.breach("%d units of %s are known and %d are there", marks[sku], sku, c.units.known[sku])
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
