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

// mostEntries is how many lines an order has at most.
const mostEntries = 2 + shop.MostJobs

// entries appends all lines that an order has in the indexes; they follow from its record alone. A payment
// changes as few of them as can be: who is in work is found among those in work, whatever the state.
func entries(list []entry, o *savedOrder) []entry {
	if o.ID == "" {
		return list
	}
	ofBuyer := buyerKey(o.Buyer.ID, o.ID)
	list = append(list, entry{bucket: byBuyer, key: ofBuyer})
	var room [shop.MostJobs]shop.Job
	jobs := o.AppendJobs(room[:0])
	if len(jobs) == 0 {
		return append(list, entry{bucket: byState, key: stateKey(o.State, o.ID)})
	}
	list = append(list, entry{bucket: inWorkOf, key: ofBuyer})
	for _, j := range jobs {
		e := entry{bucket: work, key: workKey(j, o.trail, o.ID)}
		if o.Retries[j.Task].Leased {
			e.value = []byte("claimed")
		}
		list = append(list, e)
	}
	return list
}

// reindex makes the indexes say what they say of after instead of what they said of before.
func (t *tx) reindex(before, after *savedOrder) {
	var room [2][mostEntries]entry
	had, has := entries(room[0][:0], before), entries(room[1][:0], after)
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
