package storage

import (
	"hash/maphash"
	"slices"

	"shopbot/internal/shop"
)

// keyLedger finds keys that are in two places. It takes eight bytes for each key of the shop, sold ones
// included; what it suspects is looked up again.
type keyLedger struct {
	seed  maphash.Seed
	marks []uint64
	known map[string]int // keys that each product should know
}

func newKeyLedger() *keyLedger { return &keyLedger{seed: maphash.MakeSeed(), known: map[string]int{}} }

func (l *keyLedger) markOf(known []byte) uint64 { return maphash.Bytes(l.seed, known) }

// repeated are the marks that were noted more than once.
func (l *keyLedger) repeated() map[uint64]bool {
	slices.Sort(l.marks)
	twice := map[uint64]bool{}
	for i := 1; i < len(l.marks); i++ {
		if l.marks[i] == l.marks[i-1] {
			twice[l.marks[i]] = true
		}
	}
	return twice
}

// ownKey notes that a key is somewhere, and looks whether it is known.
func (c *checker) ownKey(sku, key, place string) {
	mark := knownKey(sku, key)
	c.keys.marks = append(c.keys.marks, c.keys.markOf(mark))
	c.keys.known[sku]++
	if c.get(known, mark) == nil {
		c.breach("a key of %s is not known, and could be loaded again: it is %s", sku, place)
	}
}

// checkKeys looks whether each key is in one place only. All keys were noted before.
func (c *checker) checkKeys() {
	twice := c.keys.repeated()
	if len(twice) == 0 {
		return
	}
	first := map[string]string{}
	again := func(sku, key, place string) {
		mark := knownKey(sku, key)
		if !twice[c.keys.markOf(mark)] {
			return
		}
		if other, elsewhere := first[string(mark)]; elsewhere {
			c.breach("a key of %s is there twice, %s and %s", sku, other, place)
			return
		}
		first[string(mark)] = place
	}
	for _, b := range ordersEverywhere() {
		c.scan(b, nil, nil, func(id, record []byte) bool {
			if saved, err := c.decode(b, shop.OrderID(id), record); err == nil {
				saved.eachKey(again)
			}
			return true
		})
	}
	c.scan(units, nil, nil, func(place, key []byte) bool {
		sku, _ := splitUnit(place)
		again(sku, string(key), onTheShelf)
		return true
	})
}

// onTheShelf is where a key is that nobody owns.
const onTheShelf = "for sale"

func (o *savedOrder) eachKey(do func(sku, key, place string)) {
	for _, key := range o.Keys {
		do(o.Item.SKU, key, "of order "+string(o.ID))
	}
}

// splitUnit takes apart a key of units.
func splitUnit(place []byte) (sku string, n int64) {
	at := max(len(place)-9, 0)
	return string(place[:at]), toNumber(place[min(at+1, len(place)):])
}

// checkUnits looks at what is on the shelf.
func (c *checker) checkUnits() {
	last := c.sequence(units)
	c.scan(units, nil, nil, func(place, key []byte) bool {
		sku, n := splitUnit(place)
		if n > last {
			c.breach("unit %d of %s would be replaced by one that is loaded later", n, sku)
		}
		s := c.stock[sku]
		s.Free++
		c.stock[sku] = s
		c.ownKey(sku, string(key), onTheShelf)
		return true
	})
}

// checkKnown compares the marks of all keys that ever were with the keys that are there.
func (c *checker) checkKnown() {
	marks := map[string]int{}
	c.scan(known, nil, nil, func(mark, _ []byte) bool {
		marks[string(mark[:max(len(mark)-markBytes-1, 0)])]++
		return true
	})
	for sku := range c.keys.known {
		marks[sku] += 0 // also where it is not known at all
	}
	for _, sku := range sortedKeys(marks) {
		if marks[sku] != c.keys.known[sku] {
			c.breach("%d keys of %s are known and %d are there", marks[sku], sku, c.keys.known[sku])
		}
	}
}
