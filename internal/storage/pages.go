package storage

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
)

// This file and pages_walk.go read a bbolt file as bytes, without bbolt and without a
// memory map, so that no damage in it can do more than be reported: bbolt itself
// follows a wrong page number into a panic, a fault or an endless descent. The format is
// that of bbolt's internal/common; numbers are of the machine's byte order.

const (
	pageHeader   = 16 // id (8), kind (2), count (2), further pages (4)
	elementBytes = 16
	metaBytes    = 64
	bucketHeader = 16 // root (8), sequence (8)

	metaMagic   = 0xED0CDAED
	metaVersion = 2

	noFreelist = ^uint64(0)
	manyFree   = 0xFFFF // the true count stands in the first entry
	bucketFlag = 1

	maxPageSize = 64 << 10
	maxPages    = 1 << 40 // so that no number of bytes overflows
)

// pageKind is the word in a page's header that says what it is.
type pageKind uint16

const (
	branchPage   pageKind = 0x01
	leafPage     pageKind = 0x02
	freelistPage pageKind = 0x10
)

// metaPage says where everything is. The file has two, written in turn.
type metaPage struct {
	pageSize, root, freelist, pages, txid uint64
}

// pages is a database file as bytes.
type pages struct {
	file io.ReaderAt
	size int64
	meta metaPage
}

// readPages reads the newer of the two meta pages. ErrNotOurs where there is none that bbolt wrote.
func readPages(file *os.File) (*pages, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	p := &pages{file: file, size: info.Size()}
	metas := p.metas()
	if len(metas) == 0 {
		return nil, fmt.Errorf("%w: neither of its two first pages can be read", ErrNotOurs)
	}
	p.meta = slices.MaxFunc(metas, func(a, b metaPage) int { return cmp.Compare(a.txid, b.txid) })
	return p, p.cutOff()
}

// readPagesAt reads the meta page of one transaction. ErrBusy where later ones have overwritten it.
func readPagesAt(file *os.File, txid uint64) (*pages, error) {
	p, err := readPages(file)
	if err != nil {
		return nil, err
	}
	for _, m := range p.metas() {
		if m.txid == txid {
			p.meta = m
			return p, nil
		}
	}
	return nil, fmt.Errorf("%w: it is being written to; check it when it stands still", ErrBusy)
}

// metas lists the meta pages that are whole. The second stands behind the first,
// which may be gone, so every size that a page can have is tried.
func (p *pages) metas() []metaPage {
	var found []metaPage
	if m, ok := p.metaAt(0); ok {
		found = append(found, m)
	}
	for size := uint64(1 << 10); size <= maxPageSize; size *= 2 {
		if m, ok := p.metaAt(int64(size)); ok && m.pageSize == size {
			found = append(found, m)
		}
	}
	return found
}

func (p *pages) metaAt(offset int64) (metaPage, bool) {
	raw := make([]byte, pageHeader+metaBytes)
	if _, err := p.file.ReadAt(raw, offset); err != nil {
		return metaPage{}, false
	}
	raw = raw[pageHeader:]
	word, long := binary.NativeEndian.Uint32, binary.NativeEndian.Uint64
	sum := fnv.New64a()
	_, _ = sum.Write(raw[:metaBytes-8]) // a hash never fails
	m := metaPage{
		pageSize: uint64(word(raw[8:])), root: long(raw[16:]), freelist: long(raw[32:]), pages: long(raw[40:]), txid: long(raw[48:]),
	}
	sane := m.pageSize >= 1<<10 && m.pageSize <= maxPageSize && m.pageSize&(m.pageSize-1) == 0
	return m, sane && word(raw) == metaMagic && word(raw[4:]) == metaVersion && long(raw[56:]) == sum.Sum64()
}

// cutOff reports a file that is shorter than its pages say.
func (p *pages) cutOff() error {
	if want := p.meta.pages * p.meta.pageSize; p.meta.pages > maxPages || uint64(p.size) < want { //nolint:gosec // a size
		return fmt.Errorf("%w: %d bytes long and should be %d", ErrDamaged, p.size, want)
	}
	return nil
}

// filePage is one page with those that belong to it.
type filePage struct {
	id    uint64
	kind  pageKind
	count int
	more  uint64 // further pages that belong to it
	raw   []byte
}

var errNoPage = errors.New("no such page")

// page reads a page whole. Its elements are not looked at yet.
func (p *pages) page(id uint64) (filePage, error) { return p.pageInto(nil, id) }

// pageInto is page into room, as far as that reaches.
func (p *pages) pageInto(room []byte, id uint64) (filePage, error) {
	if id < 2 || id >= p.meta.pages {
		return filePage{}, fmt.Errorf("page %d: %w", id, errNoPage)
	}
	offset := int64(id * p.meta.pageSize)                                //nolint:gosec // within the file
	raw := slices.Grow(room[:0], int(p.meta.pageSize))[:p.meta.pageSize] //nolint:gosec // at most maxPageSize
	if _, err := p.file.ReadAt(raw, offset); err != nil {
		return filePage{}, fmt.Errorf("page %d: %w", id, err)
	}
	is := filePage{
		id: id, kind: pageKind(binary.NativeEndian.Uint16(raw[8:])), count: int(binary.NativeEndian.Uint16(raw[10:])),
		more: uint64(binary.NativeEndian.Uint32(raw[12:])), raw: raw,
	}
	if says := binary.NativeEndian.Uint64(raw); says != id {
		return filePage{}, fmt.Errorf("page %d says that it is page %d", id, says)
	}
	if id+is.more >= p.meta.pages {
		return filePage{}, fmt.Errorf("page %d goes on beyond the end", id)
	}
	if is.more == 0 {
		return is, nil
	}
	is.raw = make([]byte, (1+is.more)*p.meta.pageSize)
	if _, err := p.file.ReadAt(is.raw, offset); err != nil {
		return filePage{}, fmt.Errorf("page %d: %w", id, err)
	}
	return is, nil
}

// cut is the part of a page that one of its elements names.
func (pg filePage) cut(element int, from, length uint64) ([]byte, error) {
	from += uint64(pageHeader + element*elementBytes) //nolint:gosec // a place within a page
	if end := from + length; end > uint64(len(pg.raw)) {
		return nil, fmt.Errorf("page %d: element %d reaches beyond it", pg.id, element)
	}
	return pg.raw[from : from+length], nil
}

// element is the raw element of a number, all of which fit into the page (see walk.elements).
func (pg filePage) element(n int) []byte {
	return pg.raw[pageHeader+n*elementBytes:][:elementBytes]
}

// freePages reads the list of free pages, which is in order.
func (p *pages) freePages() (list filePage, free []uint64, err error) {
	if p.meta.freelist == noFreelist {
		return filePage{}, nil, nil
	}
	list, err = p.page(p.meta.freelist)
	if err != nil {
		return filePage{}, nil, fmt.Errorf("list of free pages: %w", err)
	}
	entries, count := list.raw[pageHeader:], uint64(list.count) //nolint:gosec // two bytes
	if count == manyFree {
		count, entries = binary.NativeEndian.Uint64(entries), entries[8:]
	}
	if list.kind != freelistPage || count > uint64(len(entries)/8) {
		return filePage{}, nil, fmt.Errorf("list of free pages: page %d is none", list.id)
	}
	last := uint64(1) // the meta pages are never free
	for ; count > 0; count-- {
		id := binary.NativeEndian.Uint64(entries)
		if id <= last || id >= p.meta.pages {
			return filePage{}, nil, fmt.Errorf("list of free pages: %d stands behind %d of %d", id, last, p.meta.pages)
		}
		free, last, entries = append(free, id), id, entries[8:]
	}
	return list, free, nil
}
