package storage

import (
	"bytes"
	"crypto/sha256"
	"time"

	"shopbot/internal/shop"
)

// markBytes of a hash tell units apart: in a shop with a billion units, the chance of any collision
// is about 1 in 2 million.
const markBytes = 10

// markKey is the key that remembers a unit of a product without its text: only the stock and orders
// hold the text. The hash comes first, so that the products which have a unit are found by it.
func markKey(sku, unit string) []byte { return append(unitHash(unit), sku...) }

func unitHash(unit string) []byte {
	sum := sha256.Sum256([]byte(shop.CanonicalUnit(unit)))
	return sum[:markBytes:sha256.Size]
}

// markedSKU is the product of a mark's key.
func markedSKU(key []byte) string { return string(key[min(markBytes, len(key)):]) }

// mark says where a product's unit is.
type mark struct {
	where byte
	// rest depends on where: for a unit for sale its number in bucketUnits, and then the mark that
	// it had before it was loaded again, if any; for a sold one the order's id; for a removed one
	// the moment; for a burned one the moment and then the order's id.
	rest []byte
}

const (
	markForSale byte = 'f'
	markSold    byte = 's'
	markRemoved byte = 'r'
	markBurned  byte = 'b'
)

// readMark reads a mark, valid until the transaction ends; the zero mark if value is nil or empty.
func readMark(value []byte) mark {
	if len(value) == 0 {
		return mark{}
	}
	return mark{where: value[0], rest: value[1:]}
}

// forSale is the mark of the unit with a number, which had the mark before; nil for a new one.
func forSale(n int64, before []byte) []byte {
	value := make([]byte, 0, 9+len(before))
	return append(appendNumber(append(value, markForSale), n), before...)
}

func soldTo(id shop.OrderID) []byte { return append([]byte{markSold}, id...) }

func burnedBy(id shop.OrderID, at time.Time) []byte {
	return append(append([]byte{markBurned}, moment(at)...), id...)
}

// order is the order of which a unit is or was.
func (m mark) order() shop.OrderID {
	switch m.where {
	case markSold:
		return shop.OrderID(m.rest)
	case markBurned:
		return idAfterMoment(m.rest)
	}
	return ""
}

// before is the mark that a unit for sale had before it was loaded again; nil if it was new.
func (m mark) before() []byte {
	if m.where != markForSale || len(m.rest) <= 8 {
		return nil
	}
	return bytes.Clone(m.rest[8:])
}

// place is where a mark says that a unit is.
func (t *tx) place(sku, unit string, m mark) shop.UnitPlace {
	p := shop.UnitPlace{SKU: sku}
	switch m.where {
	case markForSale:
		p.Where = shop.UnitForSale
		p.Batch, p.Unit = t.unit(sku, toNumber(m.rest))
	case markSold:
		p.Where, p.Order = shop.UnitSold, m.order()
		// An order that cannot be read keeps its units: a sold unit is never sold again.
		if o, ok := t.readable(p.Order); ok && o.Returned(sku, unit) {
			p.Where = shop.UnitReturned
		}
	case markRemoved:
		p.Where, p.At = shop.UnitRemoved, toTime(m.rest)
	case markBurned:
		p.Where, p.At, p.Order = shop.UnitBurned, toTime(m.rest), m.order()
	}
	return p
}

// gone reports whether a unit may only be put on sale again if an owner says so.
func (t *tx) gone(sku, unit string, m mark) bool {
	if m.where == markForSale {
		return false
	}
	p := t.place(sku, unit, m)
	return p.Gone()
}

// marks are the marks of units in every product that has or had them: by the unit's hash, and by SKU.
type marks map[string]map[string][]byte

func (m marks) set(hash []byte, sku string, value []byte) {
	if m[string(hash)] == nil {
		m[string(hash)] = map[string][]byte{}
	}
	m[string(hash)][sku] = value
}

// marksOf reads the marks of units.
func (t *tx) marksOf(units []string) marks {
	found, hashes := marks{}, unitHashes(units)
	t.scanAll(bucketKnown, hashes, func(i int, sku, value []byte) { found.set(hashes[i], string(sku), value) })
	return found
}

func unitHashes(units []string) [][]byte {
	hashes := make([][]byte, len(units))
	for i, unit := range units {
		hashes[i] = unitHash(unit)
	}
	return hashes
}
