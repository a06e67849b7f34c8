package storage

import (
	"bytes"
	"maps"
)

// queueFronts remember how far queues have been emptied. What is taken from the front of a queue leaves a mark in the
// layers until the file has it, and whoever looks for what comes first would pass all these marks again each time.
// They map: queue => the last key that was removed from its front. Whatever is added to a queue comes after that;
// where it does not it is found when the marks are gone.
type queueFronts map[queueName]*[]byte

// queueName names a queue by the number of its bucket and what its keys begin with.
type queueName struct {
	bucket byte
	prefix string
}

// front is from where on a queue is to be searched.
func (t *tx) front(b *bucket, prefix []byte) []byte {
	for _, fronts := range [2]queueFronts{t.fronts, t.known} {
		if front := fronts[queueName{b.number, string(prefix)}]; front != nil {
			return *front
		}
	}
	return prefix
}

// moveFront notes that a key was removed, and before it all others of a queue.
func (t *tx) moveFront(b *bucket, prefix, key []byte) {
	if front := t.fronts[queueName{b.number, string(prefix)}]; front != nil {
		*front = append((*front)[:0], key...)
		return
	}
	if t.fronts == nil {
		t.fronts = queueFronts{}
	}
	front := bytes.Clone(key)
	t.fronts[queueName{b.number, string(prefix)}] = &front
}

// keep takes over what a commit has moved.
func (f queueFronts) keep(moved queueFronts) { maps.Copy(f, moved) }
