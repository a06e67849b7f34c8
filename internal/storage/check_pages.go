package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

// checkPages looks at the structure of the file. If that is damaged nothing else is looked at,
// since bbolt would follow the damage.
func (f *boltFile) checkPages(in Tx) error {
	t, _ := in.(*boltTx) // the file makes no others
	// bbolt checks in a goroutine of its own, where a page that leads out of the file would end the
	// process, and one that leads back never end. So all that it will follow is looked at here
	// first.
	if err := walkPages(t.Tx, f.file, f.bolt.Info().PageSize, false); err != nil {
		return err
	}
	damaged := t.checkOverflow()
	for breach := range t.Check() { // to its end, or its goroutine would leak
		if damaged == nil {
			damaged = fmt.Errorf("%w: pages of the file: %w", ErrDamaged, breach)
		}
	}
	return damaged
}

// checkOverflow finds pages that belong to the one before them and are free as well, which bbolt's
// own check passes over.
func (t *boltTx) checkOverflow() error {
	for id := 0; ; id++ {
		page, err := t.Page(id)
		if err != nil || page == nil {
			return err
		}
		if page.Type == "free" {
			continue
		}
		for range page.OverflowCount {
			id++
			if more, err := t.Page(id); err != nil || more == nil || more.Type == "free" {
				return errors.Join(fmt.Errorf("%w: page %d is in use and free", ErrDamaged, id), err)
			}
		}
	}
}

// The layout of bbolt's pages (its internal/common), in the byte order of the machine.
const (
	pageHeader   = 16 // id (8), kind (2), count (2), further pages (4)
	elementBytes = 16 // of a branch: key at (4), key length (4), page (8); of a leaf: flags (4), key at (4), lengths (4, 4)
	bucketHeader = 16 // root (8), sequence (8)

	branchKind = 0x01
	leafKind   = 0x02
	bucketFlag = 0x01
)

// pageWalk visits all pages of a tree, as bytes of the file, and stops at the first that leads out
// of it or back.
type pageWalk struct {
	file io.ReaderAt
	size int64 // of a page
	seen []bool
	// skim leaves out the leaves of buckets, so that little is read: what leads in a circle is
	// found all the same.
	skim   bool
	deep   bool // within a bucket
	header [pageHeader]byte
	// contents are the pages on the way down to the current one, kept to be used again.
	contents [][]byte
	depth    int
}

// walkPages visits the pages of a transaction in the file that it is of. ErrDamaged.
func walkPages(tx *bbolt.Tx, file io.ReaderAt, pageSize int, skim bool) error {
	w := pageWalk{file: file, size: int64(pageSize), seen: make([]bool, tx.Size()/int64(pageSize)), skim: skim}
	if err := w.page(uint64(tx.Cursor().Bucket().RootPage())); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

func (w *pageWalk) mark(id uint64) error {
	if id < 2 || id >= uint64(len(w.seen)) || w.seen[id] {
		return fmt.Errorf("page %d is not there, or is used twice", id)
	}
	w.seen[id] = true
	return nil
}

// leadsToLeaves reports whether the first page that a branch leads to is a leaf. Then all of them are.
func (w *pageWalk) leadsToLeaves(branch []byte) (bool, error) {
	first := binary.NativeEndian.Uint64(branch[pageHeader+8:])
	if first >= uint64(len(w.seen)) {
		return false, fmt.Errorf("page %d is not there", first)
	}
	_, err := w.file.ReadAt(w.header[:], int64(first)*w.size) //nolint:gosec // as above
	return w.header[8] == leafKind, err
}

func (w *pageWalk) page(id uint64) error {
	if err := w.mark(id); err != nil {
		return err
	}
	if w.depth == len(w.contents) {
		w.contents = append(w.contents, make([]byte, w.size))
	}
	content := w.contents[w.depth]
	w.depth++
	defer func() { w.depth-- }()
	if _, err := w.file.ReadAt(content, int64(id)*w.size); err != nil { //nolint:gosec // below the number of pages
		return err
	}
	if further := uint64(binary.NativeEndian.Uint32(content[12:])); further > 0 {
		if id+further >= uint64(len(w.seen)) {
			return fmt.Errorf("page %d is longer than the file", id)
		}
		content = make([]byte, int64(further+1)*w.size)                     //nolint:gosec // as above
		if _, err := w.file.ReadAt(content, int64(id)*w.size); err != nil { //nolint:gosec // as above
			return err
		}
	}
	if found := binary.NativeEndian.Uint64(content); found != id {
		return fmt.Errorf("page %d says that it is page %d", id, found)
	}
	return w.elements(id, content)
}

// elements looks at the elements of a page, or of a bucket that stands within one.
func (w *pageWalk) elements(id uint64, content []byte) error {
	kind, count := binary.NativeEndian.Uint16(content[8:]), int(binary.NativeEndian.Uint16(content[10:]))
	if kind != branchKind && kind != leafKind || pageHeader+count*elementBytes > len(content) || kind == branchKind && count == 0 {
		return fmt.Errorf("page %d has %d elements of kind %#x", id, count, kind)
	}
	visit := w.page
	if w.skim && w.deep && kind == branchKind {
		leaves, err := w.leadsToLeaves(content)
		if err != nil {
			return err
		}
		if leaves {
			visit = w.mark
		}
	}
	for i := range count {
		element := content[pageHeader+i*elementBytes:]
		word := func(n int) uint64 { return uint64(binary.NativeEndian.Uint32(element[4*n:])) }
		if kind == branchKind {
			if word(0)+word(1) > uint64(len(element)) {
				return fmt.Errorf("page %d: key %d leads out of it", id, i)
			}
			if err := visit(binary.NativeEndian.Uint64(element[8:])); err != nil {
				return err
			}
			continue
		}
		at, end := word(1)+word(2), word(1)+word(2)+word(3)
		if end > uint64(len(element)) {
			return fmt.Errorf("page %d: entry %d leads out of it", id, i)
		}
		if word(0)&bucketFlag != 0 {
			if err := w.bucket(id, element[at:end]); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket visits a bucket by its entry. A small one stands in the entry itself.
func (w *pageWalk) bucket(id uint64, entry []byte) error {
	if len(entry) < bucketHeader {
		return fmt.Errorf("page %d: a bucket is cut off", id)
	}
	if root := binary.NativeEndian.Uint64(entry); root != 0 {
		defer func(before bool) { w.deep = before }(w.deep)
		w.deep = true
		return w.page(root)
	}
	if len(entry) < bucketHeader+pageHeader || binary.NativeEndian.Uint16(entry[bucketHeader+8:]) != leafKind {
		return fmt.Errorf("page %d: a bucket within it is cut off", id)
	}
	return w.elements(id, entry[bucketHeader:])
}
