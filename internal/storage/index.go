package storage

import (
	"bytes"
	"slices"

	"shopbot/internal/shop"
)

// entry is one line of an index.
type entry struct {
	bucket *bucket
	key    []byte
}

func (e entry) equal(other entry) bool {
	return e.bucket == other.bucket && bytes.Equal(e.key, other.key)
}

// mostEntries is how many lines an order has at most.
const mostEntries = 2

// entries appends all lines that an order has in the indexes; they follow from its record alone. A payment
// changes none of them: who is in work is found among those in work, whatever the state.
func entries(list []entry, o *savedOrder) []entry {
	if o.ID == "" {
		return list
	}
	ofBuyer := buyerKey(o.Buyer.ID, o.ID)
	list = append(list, entry{bucket: byBuyer, key: ofBuyer})
	switch home(&o.Order) {
	case inWork:
		list = append(list, entry{bucket: inWorkOf, key: ofBuyer})
	case others:
		list = append(list, entry{bucket: byState, key: stateKey(o.State, o.ID)})
	}
	return list
}

// listed is what of an order its lines are made of.
type listed struct {
	id    shop.OrderID
	buyer int64
	home  *bucket
	state shop.State // where it is among the others
}

func (o *savedOrder) listed() listed {
	l := listed{id: o.ID, buyer: o.Buyer.ID, home: home(&o.Order)}
	if l.home == others {
		l.state = o.State
	}
	return l
}

// reindex makes the indexes, and when it is on disk the queue of work, say what they say of after instead of what
// they said of before.
func (t *tx) reindex(before, after *savedOrder) {
	t.queued = queueChanges(t.queued, before, after)
	if before.listed() == after.listed() {
		return
	}
	var room [2][mostEntries]entry
	had, has := entries(room[0][:0], before), entries(room[1][:0], after)
	for _, e := range had {
		if !slices.ContainsFunc(has, e.equal) {
			t.remove(e.bucket, e.key)
		}
	}
	for _, e := range has {
		if !slices.ContainsFunc(had, e.equal) {
			t.put(e.bucket, e.key, nil)
		}
	}
}
