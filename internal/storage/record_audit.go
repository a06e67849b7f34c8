package storage

import (
	"crypto/sha256"
	"fmt"
	"time"

	"shopbot/internal/shop"
)

// An entry of the audit trail is stored as the hash that chains it, and its fields. Of SHA-256
// the first half is kept: it takes 2^128 tries to find another entry with the same.
const hashBytes = sha256.Size / 2

// auditRecord is an entry as it is stored.
type auditRecord struct {
	shop.AuditEntry
	// previous is the number of the entry before this one that is about the same order, 0 for none.
	previous    int64
	packedEvent // of an entry that tells of a payment
}

// chain is the hash of an entry: of the hash before it, its number, and its fields as they are stored.
func chain(before []byte, n int64, fields []byte) [hashBytes]byte {
	var room [1024]byte // more than most entries take
	sum := sha256.Sum256(append(appendNumber(append(room[:0], before...), n), fields...))
	return [hashBytes]byte(sum[:])
}

func encodeAudit(room []byte, r *auditRecord, before []byte) []byte {
	c := writer(room)
	defer c.free()
	c.data = append(c.data, make([]byte, hashBytes)...)
	describeAudit(c, r)
	hash := chain(before, r.Number, c.data[hashBytes:])
	copy(c.data, hash[:])
	return c.data
}

func decodeAudit(n int64, record []byte) (r auditRecord, err error) {
	if len(record) < hashBytes {
		return r, fmt.Errorf("%w: audit entry %d of %d bytes", ErrDamaged, n, len(record))
	}
	c := reader(record[hashBytes:])
	defer c.free()
	describeAudit(c, &r)
	if c.failed != nil {
		return r, fmt.Errorf("%w: audit entry %d: %w", ErrDamaged, n, c.failed)
	}
	r.Number = n
	return r, nil
}

func describeAudit(c *coder, r *auditRecord) {
	at := r.At.UnixMilli()
	integer(c, 1, &at)
	r.At = time.UnixMilli(at).UTC()
	text(c, 2, &r.Act)
	text(c, 3, &r.Order)
	integer(c, 4, &r.previous)
	integer(c, 5, &r.By)
	text(c, 6, &r.SKU)
	integer(c, 7, &r.Units)
	integer(c, 8, &r.Reserved)
	c.amount(9, &r.Amount)
	c.amount(10, &r.Fee)
	text(c, 11, &r.Reference)
	text(c, 12, &r.Reason)
	c.hexadecimal(13, &r.Keys)
	text(c, 14, &r.source)
	c.blob(15, &r.packed)
}
