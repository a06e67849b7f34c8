package storage

import (
	"bytes"
	"slices"

	"shopbot/internal/shop"
)

// entry is one line of an index.
type entry struct{ bucket, key, value []byte }

func (e entry) equal(other entry) bool {
	return bytes.Equal(e.bucket, other.bucket) && bytes.Equal(e.key, other.key) && bytes.Equal(e.value, other.value)
}

// entries are all lines that an order has in the indexes; they follow from it alone.
func entries(o *shop.Order) []entry {
	if o.ID == "" {
		return nil
	}
	list := make([]entry, 0, 6)
	ofBuyer := buyerKey(o.Buyer.ID, o.ID)
	list = append(list, entry{bucket: byBuyer, key: ofBuyer}, entry{bucket: byState, key: stateKey(o.State, o.ID)})
	if o.Open() {
		list = append(list, entry{bucket: openByBuyer, key: ofBuyer})
	}
	for _, j := range o.Jobs() {
		e := entry{bucket: work, key: workKey(j, o.ID)}
		if o.Retries[j.Task].Leased {
			e.value = []byte("claimed")
		}
		list = append(list, e)
	}
	return list
}

// reindex makes the indexes say what they say of after instead of what they said of before.
func (t *tx) reindex(before, after *shop.Order) {
	had, has := entries(before), entries(after)
	for _, e := range had {
		if !slices.ContainsFunc(has, e.equal) {
			t.remove(e.bucket, e.key)
		}
	}
	for _, e := range has {
		if !slices.ContainsFunc(had, e.equal) {
			t.put(e.bucket, e.key, e.value)
		}
	}
}
