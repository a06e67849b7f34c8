package shop

import (
	"hash/maphash"
	"slices"
)

// repeats finds units that are in a list more than once. It takes eight bytes for each unit of the
// list, and more only for those that are repeated.
type repeats struct {
	seed maphash.Seed
	seen map[uint64]bool // of the repeated ones
}

func newRepeats(list UnitList) repeats {
	r := repeats{seed: maphash.MakeSeed(), seen: map[uint64]bool{}}
	hashes := make([]uint64, 0, list.Len())
	for unit := range list.All() {
		hashes = append(hashes, r.hash(unit))
	}
	slices.Sort(hashes)
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			r.seen[hashes[i]] = false
		}
	}
	return r
}

func (r repeats) hash(unit string) uint64 { return maphash.String(r.seed, CanonicalUnit(unit)) }

// again reports whether it was called before with the same unit.
func (r repeats) again(unit string) bool {
	h := r.hash(unit)
	before, repeated := r.seen[h]
	if repeated {
		r.seen[h] = true
	}
	return before
}
