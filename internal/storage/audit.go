package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"shopbot/internal/shop"
)

// An audit entry is stored as the hash that chains it, and its record. Of SHA-256 the first half is
// kept: it takes 2^128 tries to find another entry with the same.
const hashBytes = sha256.Size / 2

// auditRecord is an audit entry as it is stored.
type auditRecord struct {
	shop.AuditEntry

	// Previous is the number of the entry before this one about the same order; 0 for the first
	// one.
	Previous int64 `json:"previous,omitempty"`
	// Source and Raw are of the shop.IncomingPayment that the entry tells of, if it tells of one.
	Source shop.Source `json:"source,omitempty"`
	Raw    []byte      `json:"raw,omitempty"`
}

// tellsOf reports whether an entry is about a payment that came.
func (r *auditRecord) tellsOf(p *shop.IncomingPayment) bool {
	return (r.Act == shop.AuditPaid || r.Act == shop.AuditPaidAgain) && r.Reference == p.Payment.Invoice
}

// chain is the hash of an entry: of the hash before it, its number, and its record.
func chain(before []byte, n int64, record []byte) []byte {
	sum := sha256.New()
	for _, part := range [][]byte{before, number(n), record} {
		_, _ = sum.Write(part) // a hash never fails
	}
	return sum.Sum(nil)[:hashBytes]
}

func decodeAudit(n int64, value []byte) (r auditRecord, err error) {
	if len(value) < hashBytes {
		return r, fmt.Errorf("audit entry %d: %w: it has %d bytes", n, ErrDamaged, len(value))
	}
	r, err = decode[auditRecord](value[hashBytes:])
	switch {
	case err != nil:
		return r, fmt.Errorf("audit entry %d: %w", n, err)
	case r.Number != n:
		return r, fmt.Errorf("audit entry %d: %w: it is the record of entry %d", n, ErrDamaged, r.Number)
	}
	return r, nil
}

// appendAudit adds an entry to the audit trail and returns its number.
func (t *tx) appendAudit(r auditRecord) int64 {
	r.Number, r.At = t.next(bucketAudit), t.batch.at
	record, err := encode(r)
	t.check(err)
	hash := chain(t.head(r.Number), r.Number, record)
	t.put(bucketAudit, number(r.Number), join(hash, record))
	t.batch.head = hash
	return r.Number
}

// head is the hash that the entry of the given number is chained to.
func (t *tx) head(n int64) []byte {
	if t.batch.head != nil {
		return t.batch.head
	}
	if n == 1 {
		return make([]byte, hashBytes)
	}
	before := t.get(bucketAudit, number(n-1))
	if len(before) < hashBytes {
		t.check(fmt.Errorf("audit entry %d: %w: it is missing or cut off", n-1, ErrDamaged))
		return nil
	}
	return before[:hashBytes]
}

// Record implements shop.Store.
func (db *DB) Record(ctx context.Context, e shop.AuditEntry) error {
	return db.write(ctx, func(t *tx) error {
		if e.Order == "" {
			t.appendAudit(auditRecord{AuditEntry: e})
			return t.failed
		}
		o, err := t.order(e.Order)
		if err != nil {
			return err
		}
		o.Trail = t.appendAudit(auditRecord{AuditEntry: e, Previous: o.Trail})
		t.putRecord(bucketOrders, []byte(o.ID), *o)
		return t.failed
	})
}

// TrailOf implements shop.Store. shop.ErrNotFound if there is no such order.
func (db *DB) TrailOf(ctx context.Context, id shop.OrderID) ([]shop.AuditEntry, error) {
	return query(ctx, db, func(t *tx) (trail []shop.AuditEntry, _ error) {
		o, err := t.order(id)
		if err != nil {
			return nil, err
		}
		records, err := t.trailOf(o)
		for i := range records {
			trail = append(trail, records[i].AuditEntry)
		}
		return trail, err
	})
}

// trailOf reads the entries of an order, oldest first.
func (t *tx) trailOf(o *orderRecord) (trail []auditRecord, err error) {
	for n := o.Trail; n != 0; {
		r, err := decodeAudit(n, t.get(bucketAudit, number(n)))
		if err == nil && (r.Order != o.ID || r.Previous >= n) {
			err = fmt.Errorf("audit entry %d: %w: it is not what order %s says it is", n, ErrDamaged, o.ID)
		}
		if err != nil {
			return nil, err
		}
		trail = append(trail, r)
		n = r.Previous
	}
	slices.Reverse(trail)
	return trail, t.failed
}

// AuditTrail lists up to limit entries, those after the given number, oldest first.
func (db *DB) AuditTrail(ctx context.Context, after int64, limit int) ([]shop.AuditEntry, error) {
	return query(ctx, db, func(t *tx) (entries []shop.AuditEntry, _ error) {
		t.scan(bucketAudit, nil, number(after+1), func(key, value []byte) bool {
			r, err := decodeAudit(toNumber(key), value)
			t.check(err)
			entries = append(entries, r.AuditEntry)
			return t.failed == nil && len(entries) < limit
		})
		return entries, nil
	})
}

// AuditHead names an audit entry and all that is before it. With one that was noted, VerifyAudit
// can tell later whether the trail still contains it.
type AuditHead struct {
	Number int64
	Hash   string // 32 hexadecimal digits; empty for a trail without entries
}

func headOf(n int64, hash []byte) AuditHead {
	if n == 0 {
		return AuditHead{}
	}
	return AuditHead{Number: n, Hash: hex.EncodeToString(hash)}
}

// AuditHead is the last entry of the audit trail, as it is stored.
func (db *DB) AuditHead(ctx context.Context) (AuditHead, error) {
	return query(ctx, db, func(t *tx) (head AuditHead, _ error) {
		if key, value := t.last(bucketAudit); len(value) >= hashBytes {
			head = headOf(toNumber(key), value[:hashBytes])
		}
		return head, nil
	})
}

func (h AuditHead) equal(other AuditHead) bool {
	return h.Number == other.Number && strings.EqualFold(h.Hash, other.Hash)
}
