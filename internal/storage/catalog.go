package storage

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"strconv"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// CatalogRevision implements catalog.Store.
func (db *DB) CatalogRevision(ctx context.Context, n int64) (catalog.Revision, error) {
	return query(ctx, db, func(t *tx) (catalog.Revision, error) {
		key := number(n)
		if n == 0 {
			key, _ = t.last(bucketRevisions)
		}
		record := t.get(bucketRevisions, key)
		if record == nil {
			return catalog.Revision{}, catalog.ErrNoRevision
		}
		return decode[catalog.Revision](record)
	})
}

// NewestCatalog reads the newest revision of the catalog from a database that no shop has open, and
// changes nothing. Errors: as CopyClosed, and catalog.ErrNoRevision.
func NewestCatalog(ctx context.Context, path string) (r catalog.Revision, err error) {
	err = look(path, usualDisk(), func(db *DB) error {
		r, err = db.CatalogRevision(ctx, 0)
		return err
	})
	return r, err
}

// CatalogRevisions implements catalog.Store.
func (db *DB) CatalogRevisions(ctx context.Context, before int64, limit int) ([]catalog.Revision, error) {
	return query(ctx, db, func(t *tx) (list []catalog.Revision, _ error) {
		if before == 0 {
			before = math.MaxInt64
		}
		t.scanBack(bucketRevisions, nil, number(before), func(_, record []byte) bool {
			if len(list) == limit {
				return false
			}
			r, err := decode[catalog.Revision](record)
			t.check(err)
			r.YAML = nil
			list = append(list, r)
			return t.failed == nil
		})
		return list, nil
	})
}

// AddCatalogRevision implements catalog.Store.
func (db *DB) AddCatalogRevision(ctx context.Context, r catalog.Revision) error {
	return db.write(ctx, func(t *tx) error {
		last, _ := t.last(bucketRevisions)
		if newest := toNumber(last); r.Number != newest+1 {
			return fmt.Errorf("%w: revision %d is the newest", catalog.ErrRevisionTaken, newest)
		}
		t.putRecord(bucketRevisions, number(r.Number), r)
		if old := r.Number - catalog.KeptRevisions; old > 0 {
			t.remove(bucketRevisions, number(old))
		}
		if r.Number > 1 { // the first changes nothing
			t.appendAudit(auditRecord{AuditEntry: shop.AuditEntry{
				Act: catalogAct(r.Origin), By: r.By, Reference: strconv.FormatInt(r.Number, 10),
			}})
		}
		return t.failed
	})
}

func catalogAct(o catalog.Origin) shop.AuditAct {
	if o == catalog.FromUndo {
		return shop.AuditCatalogUndone
	}
	return shop.AuditCatalogChanged
}

// fileChunk is how much of a file one transaction writes: payments wait for no more than that.
const fileChunk = 1 << 20

// KeepFile implements catalog.Store. The chunks are written first, so that a file is either whole or
// not there. ErrNoName if the name is empty.
func (db *DB) KeepFile(ctx context.Context, name string, content []byte) error {
	if name == "" {
		return ErrNoName
	}
	size, err := db.KeptFileSize(ctx, name)
	if err == nil && size == int64(len(content)) {
		return nil // a name is made from the content
	}
	for i := 0; i*fileChunk < len(content); i++ {
		chunk := content[i*fileChunk : min((i+1)*fileChunk, len(content))]
		err := db.write(ctx, func(t *tx) error {
			t.put(bucketFileChunks, chunkKey(name, i), chunk)
			return t.failed
		})
		if err != nil {
			return err
		}
	}
	return db.write(ctx, func(t *tx) error {
		t.put(bucketFiles, []byte(name), number(int64(len(content))))
		return t.failed
	})
}

func chunkKey(name string, i int) []byte {
	return binary.BigEndian.AppendUint32(join([]byte(name), []byte{0}), uint32(i)) //nolint:gosec // a small count
}

// KeptFile implements catalog.Store.
func (db *DB) KeptFile(ctx context.Context, name string) ([]byte, error) {
	return query(ctx, db, func(t *tx) ([]byte, error) { return t.keptFile(name) })
}

func (t *tx) keptFile(name string) ([]byte, error) {
	size, err := t.keptFileSize(name)
	if err != nil {
		return nil, err
	}
	content := bytes.NewBuffer(make([]byte, 0, size))
	for i := 0; int64(content.Len()) < size; i++ {
		chunk := t.get(bucketFileChunks, chunkKey(name, i))
		if len(chunk) == 0 {
			return nil, fmt.Errorf("file %s: %w: a part of it is missing", name, ErrDamaged)
		}
		content.Write(chunk)
	}
	if int64(content.Len()) != size {
		return nil, fmt.Errorf("file %s: %w: it is too long", name, ErrDamaged)
	}
	return content.Bytes(), t.failed
}

// KeptFileSize implements catalog.Store.
func (db *DB) KeptFileSize(ctx context.Context, name string) (int64, error) {
	return query(ctx, db, func(t *tx) (int64, error) { return t.keptFileSize(name) })
}

func (t *tx) keptFileSize(name string) (int64, error) {
	size := t.get(bucketFiles, []byte(name))
	switch {
	case size == nil:
		return 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case len(size) != 8:
		return 0, fmt.Errorf("file %s: %w: its size cannot be read", name, ErrDamaged)
	}
	return toNumber(size), t.failed
}
