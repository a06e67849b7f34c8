package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// walk visits every page once and says what does not agree.
type walk struct {
	*pages
	report func(string)
	seen   []bool // by page: in use or free
	skim   bool   // whether the leaves of buckets are left out
	// rooms are what the branches of a bucket are read into, by their level.
	rooms [maxDepth + 1][]byte
}

// check reports everything that is wrong with the pages, in words.
func (p *pages) check(report func(breach string)) {
	w := walk{pages: p, report: report, seen: make([]bool, p.meta.pages)}
	w.seen[0], w.seen[1] = true, true
	list, free, err := p.freePages()
	if err != nil {
		w.breach("%v", err)
	}
	if list.raw != nil {
		w.take(list)
	}
	for _, id := range free {
		w.mark(id, "free")
	}
	w.tree(p.meta.root, nil, nil, 0)
	if err != nil {
		return // what is free is not known
	}
	for id, seen := range w.seen {
		if !seen {
			w.breach("page %d is neither used nor free", id)
		}
	}
}

// checkBranches looks at the few pages that lead to all others, and so finds the one kind of damage
// that nothing could recover from once bbolt has the file: a tree that leads in a circle.
func (p *pages) checkBranches() (err error) {
	w := walk{pages: p, seen: make([]bool, p.meta.pages), skim: true, report: func(breach string) {
		if err == nil {
			err = fmt.Errorf("%w: %s", ErrDamaged, breach)
		}
	}}
	w.tree(p.meta.root, nil, nil, 0)
	return err
}

// branches visits the branches of a bucket, whose leaves are so many levels below.
func (w *walk) branches(id uint64, levels int) {
	if !w.mark(id, "in use") || levels == 0 {
		return
	}
	pg, err := w.pageInto(w.rooms[levels], id)
	w.rooms[levels] = pg.raw
	switch {
	case err != nil:
		w.breach("%v", err)
	case pg.kind != branchPage || pg.count == 0 || pageHeader+pg.count*elementBytes > len(pg.raw):
		w.breach("page %d leads nowhere", id)
	default:
		for i := range pg.count {
			w.branches(binary.NativeEndian.Uint64(pg.element(i)[8:]), levels-1)
		}
	}
}

// height is how many levels the leaves of a bucket are below its root: in this kind of tree, all the same.
func (w *walk) height(root uint64) int {
	for levels := range maxDepth {
		pg, err := w.page(root)
		if err != nil || pg.kind != branchPage || pg.count == 0 {
			return levels // what is wrong with it is found on the way
		}
		root = binary.NativeEndian.Uint64(pg.element(0)[8:])
	}
	return maxDepth
}

func (w *walk) breach(format string, args ...any) { w.report(fmt.Sprintf(format, args...)) }

// mark notes what a page is for, and refuses a page that is there already.
func (w *walk) mark(id uint64, what string) bool {
	switch {
	case id < 2 || id >= uint64(len(w.seen)):
		w.breach("page %d is %s and does not exist", id, what)
		return false
	case w.seen[id]:
		w.breach("page %d is %s and something else as well", id, what)
		return false
	}
	w.seen[id] = true
	return true
}

// take marks a page and those that belong to it.
func (w *walk) take(pg filePage) bool {
	for i := range pg.more + 1 {
		if !w.mark(pg.id+i, "in use") {
			return false
		}
	}
	return true
}

// maxDepth is more than the deepest tree of a file that fits on a disk.
const maxDepth = 64

// tree visits a page and all below it, whose keys are from low on and below high; nil: any.
func (w *walk) tree(id uint64, low, high []byte, depth int) {
	pg, err := w.page(id)
	switch {
	case err != nil:
		w.breach("%v", err)
	case depth > maxDepth:
		w.breach("page %d is deeper than trees are", id)
	case w.take(pg):
		w.node(pg, low, high, depth)
	}
}

func (w *walk) node(pg filePage, low, high []byte, depth int) {
	if pageHeader+pg.count*elementBytes > len(pg.raw) {
		w.breach("page %d has %d elements, which do not fit", pg.id, pg.count)
		return
	}
	switch pg.kind {
	case branchPage:
		w.branch(pg, low, high, depth)
	case leafPage:
		w.leaf(pg, low, high, depth)
	case freelistPage:
		fallthrough
	default:
		w.breach("page %d is in use and of kind %#x", pg.id, uint16(pg.kind))
	}
}

func (w *walk) branch(pg filePage, low, high []byte, depth int) {
	if pg.count == 0 {
		w.breach("page %d leads nowhere", pg.id)
		return
	}
	keys := make([][]byte, pg.count)
	for i := range keys {
		e := pg.element(i)
		key, err := pg.cut(i, uint64(binary.NativeEndian.Uint32(e)), uint64(binary.NativeEndian.Uint32(e[4:])))
		if err != nil {
			w.breach("%v", err)
			return
		}
		keys[i] = key
	}
	if !w.inOrder(pg, keys, low, high) {
		return
	}
	for i, key := range keys {
		next := high
		if i+1 < len(keys) {
			next = keys[i+1]
		}
		w.tree(binary.NativeEndian.Uint64(pg.element(i)[8:]), key, next, depth+1)
	}
}

func (w *walk) leaf(pg filePage, low, high []byte, depth int) {
	keys := make([][]byte, pg.count)
	for i := range keys {
		e := pg.element(i)
		from, length := uint64(binary.NativeEndian.Uint32(e[4:])), uint64(binary.NativeEndian.Uint32(e[8:]))
		key, err := pg.cut(i, from, length)
		if err == nil {
			var value []byte
			value, err = pg.cut(i, from+length, uint64(binary.NativeEndian.Uint32(e[12:])))
			if err == nil && binary.NativeEndian.Uint32(e)&bucketFlag != 0 {
				w.bucket(pg, key, value, depth)
			}
		}
		if err != nil {
			w.breach("%v", err)
			return
		}
		keys[i] = key
	}
	w.inOrder(pg, keys, low, high)
}

// bucket visits a bucket, unless it is so small that it stands in the value itself.
func (w *walk) bucket(pg filePage, name, value []byte, depth int) {
	if len(value) < bucketHeader {
		w.breach("page %d: bucket %q is cut off", pg.id, name)
		return
	}
	if root := binary.NativeEndian.Uint64(value); root != 0 {
		if w.skim {
			w.branches(root, w.height(root))
		} else {
			w.tree(root, nil, nil, depth+1)
		}
		return
	}
	inline := filePage{id: pg.id, raw: value[bucketHeader:]}
	if len(inline.raw) < pageHeader {
		w.breach("page %d: bucket %q is cut off", pg.id, name)
		return
	}
	inline.kind = pageKind(binary.NativeEndian.Uint16(inline.raw[8:]))
	inline.count = int(binary.NativeEndian.Uint16(inline.raw[10:]))
	if inline.kind != leafPage || depth > maxDepth {
		w.breach("page %d: bucket %q is of kind %#x", pg.id, name, uint16(inline.kind))
		return
	}
	w.node(inline, nil, nil, depth+1)
}

func (w *walk) inOrder(pg filePage, keys [][]byte, low, high []byte) bool {
	for i, key := range keys {
		if i > 0 && bytes.Compare(keys[i-1], key) >= 0 || low != nil && bytes.Compare(key, low) < 0 || high != nil && bytes.Compare(key, high) >= 0 {
			w.breach("page %d: key %d is out of order", pg.id, i)
			return false
		}
	}
	return true
}
