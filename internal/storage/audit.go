package storage

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// append adds an entry to the audit trail and returns its number.
func (t *tx) append(r auditRecord) int64 {
	r.Number = t.draw(audit)
	t.room = encodeAudit(t.room, &r, t.lastHash(r.Number))
	t.put(audit, number(r.Number), t.room)
	t.head = append(t.head[:0], t.room[:hashBytes]...)
	return r.Number
}

// lastHash is the hash that the entry of the given number is chained to.
func (t *tx) lastHash(n int64) []byte {
	if t.head == nil {
		t.head = make([]byte, hashBytes) // what the first one is chained to
		if record := t.get(audit, number(n-1)); len(record) >= hashBytes {
			copy(t.head, record)
		}
	}
	return t.head
}

// Record implements shop.Store.
func (db *DB) Record(ctx context.Context, e shop.AuditEntry) error {
	e.At = time.Now()
	return db.write(ctx, func(t *tx) error {
		t.append(auditRecord{AuditEntry: e})
		return t.failed
	})
}

// TrailOf implements shop.Store.
func (db *DB) TrailOf(ctx context.Context, id shop.OrderID) (trail []shop.AuditEntry, err error) {
	err = db.read(ctx, func(t *tx) error {
		records, err := t.trailOf(id)
		for _, r := range records {
			trail = append(trail, r.AuditEntry)
		}
		return err
	})
	return trail, err
}

// trailOf reads the entries of an order, oldest first. shop.ErrNotFound where there is no such order.
func (t *tx) trailOf(id shop.OrderID) (trail []auditRecord, err error) {
	o, err := t.saved(id)
	if err != nil {
		return nil, err
	}
	for n := o.trail; n != 0 && err == nil; n = trail[len(trail)-1].previous {
		var r auditRecord
		r, err = decodeAudit(n, t.get(audit, number(n)))
		if err == nil && (r.Order != id || r.previous >= n) {
			err = fmt.Errorf("%w: audit entry %d is not what order %s says it is", ErrDamaged, n, id)
		}
		trail = append(trail, r)
	}
	slices.Reverse(trail)
	return trail, err
}

// AuditTrail lists up to limit entries, those after the given number, oldest first.
func (db *DB) AuditTrail(ctx context.Context, after int64, limit int) (entries []shop.AuditEntry, err error) {
	err = db.read(ctx, func(t *tx) error {
		entries = nil
		t.scan(audit, nil, number(after+1), func(key, record []byte) bool {
			r, err := decodeAudit(toNumber(key), record)
			t.check(err)
			entries = append(entries, r.AuditEntry)
			return t.failed == nil && len(entries) < limit
		})
		return t.failed
	})
	return entries, err
}

// ErrTrailBroken says that the audit trail is not as it was written.
var ErrTrailBroken = errors.New("audit trail broken")

// AuditHead names an entry and all that is before it: whoever has noted one can
// tell later whether the trail still leads there.
type AuditHead struct {
	Number int64
	Hash   string // 32 hexadecimal digits; empty for a trail without entries
}

// AuditHead is the last entry of the audit trail, as it is stored.
func (db *DB) AuditHead(ctx context.Context) (head AuditHead, err error) {
	err = db.read(ctx, func(t *tx) error {
		if key, record := t.last(audit); len(record) >= hashBytes {
			head = AuditHead{Number: toNumber(key), Hash: hex.EncodeToString(record[:hashBytes])}
		}
		return t.failed
	})
	return head, err
}

// verifyPage is how many entries are read in one transaction, so that none lasts long.
const verifyPage = 20_000

// VerifyAudit follows the audit trail from its beginning and returns its last entry. noted are heads from
// before, each of which has to be in it. *ErrTrailBroken* with the first entry that is not as it was written.
func (db *DB) VerifyAudit(ctx context.Context, noted ...AuditHead) (AuditHead, error) {
	v := verifier{hash: make([]byte, hashBytes), noted: map[int64]string{}}
	for _, h := range noted {
		v.noted[h.Number] = h.Hash
	}
	for !v.ended {
		if err := db.read(ctx, func(t *tx) error { return v.page(t, verifyPage) }); err != nil {
			return AuditHead{}, err
		}
	}
	return v.result()
}

// verifier follows the chain.
type verifier struct {
	number int64 // of the last entry that is as it should be
	hash   []byte
	noted  map[int64]string
	ended  bool
}

func (v *verifier) page(t *tx, limit int) error {
	left := limit
	var broken error
	t.scan(audit, nil, number(v.number+1), func(key, record []byte) bool {
		broken = v.next(toNumber(key), record)
		left--
		return broken == nil && left > 0
	})
	if err := errors.Join(broken, t.failed); err != nil {
		return err
	}
	if left == 0 {
		return nil
	}
	v.ended = true
	return v.end(t)
}

// end makes sure that nothing is missing after the last entry.
func (v *verifier) end(t *tx) error {
	if last := t.sequence(audit); last != v.number {
		return fmt.Errorf("%w: entries %d to %d are missing at its end", ErrTrailBroken, v.number+1, last)
	}
	return t.failed
}

func (v *verifier) next(n int64, record []byte) error {
	if n != v.number+1 {
		return fmt.Errorf("%w: entry %d is missing", ErrTrailBroken, v.number+1)
	}
	if _, err := decodeAudit(n, record); err != nil {
		return fmt.Errorf("%w: %w", ErrTrailBroken, err)
	}
	hash := chain(v.hash, n, record[hashBytes:])
	if !bytes.Equal(hash[:], record[:hashBytes]) {
		return fmt.Errorf("%w: entry %d, or the one before it, was changed", ErrTrailBroken, n)
	}
	v.number, v.hash = n, hash[:]
	if want, noted := v.noted[n]; noted {
		delete(v.noted, n)
		if want != hex.EncodeToString(v.hash) {
			return fmt.Errorf("%w: entry %d has another hash than was noted: everything up to it was written anew", ErrTrailBroken, n)
		}
	}
	return nil
}

func (v *verifier) result() (AuditHead, error) {
	for n := range v.noted {
		return AuditHead{}, fmt.Errorf("%w: entry %d, whose hash was noted, is not there", ErrTrailBroken, n)
	}
	if v.number == 0 {
		return AuditHead{}, nil
	}
	return AuditHead{Number: v.number, Hash: hex.EncodeToString(v.hash)}, nil
}
