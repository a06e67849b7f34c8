package storage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// terms are what an order copied from the catalog. All orders that were made of the same
// product while it was the same share one record, which is found by its hash.
type terms struct {
	item   shop.Item // without its quantity
	assets []money.Currency
}

// termsID names a record of terms: the first bytes of its hash.
type termsID [8]byte

func describeTerms(c *coder, t *terms) {
	text(c, 1, &t.item.SKU)
	c.translations(2, &t.item.Title)
	c.amount(3, &t.item.Price)
	text(c, 4, &t.item.Deliver)
	c.translations(5, &t.item.Text)
	text(c, 6, &t.item.File)
	c.translations(7, &t.item.Instructions)
	texts(c, 8, &t.assets)
}

// putTerms writes the terms of a new order, if nobody had the same before.
func (t *tx) putTerms(o *shop.Order) termsID {
	c := writer(nil)
	defer c.free()
	describeTerms(c, &terms{item: o.Item, assets: o.Assets})
	sum := sha256.Sum256(c.data)
	id := termsID(sum[:8])
	switch had := t.get(sold, id[:]); {
	case had == nil:
		t.put(sold, id[:], c.data)
	case !bytes.Equal(had, c.data): // will never be
		t.check(errors.New("two different products have the same hash"))
	}
	return id
}

// termsCache keeps terms that were read: there are few of them, and they never change.
type termsCache struct {
	mu    sync.RWMutex
	known map[termsID]terms
}

// maxTerms is how many are kept; a catalog that changes so often is not known.
const maxTerms = 4096

func (t *tx) terms(id termsID) (terms, error) {
	cache := t.cache
	cache.mu.RLock()
	had, known := cache.known[id]
	cache.mu.RUnlock()
	if known {
		return had, nil
	}
	record := t.get(sold, id[:])
	if record == nil {
		return terms{}, fmt.Errorf("%w: product %x is missing", ErrDamaged, id)
	}
	var read terms
	c := reader(record)
	defer c.free()
	describeTerms(c, &read)
	if c.failed != nil {
		return terms{}, fmt.Errorf("%w: product %x: %w", ErrDamaged, id, c.failed)
	}
	cache.keep(id, read)
	return read, nil
}

func (c *termsCache) keep(id termsID, read terms) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxTerms {
		c.known = map[termsID]terms{}
	}
	c.known[id] = read
}
