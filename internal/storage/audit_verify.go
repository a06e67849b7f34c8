package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// ErrTrailBroken says that the audit trail is not as it was written.
var ErrTrailBroken = errors.New("audit trail broken")

// verifyPage is how many entries are read in one transaction, so that none lasts long.
const verifyPage = 20_000

// VerifyAudit follows the audit trail from its beginning and returns its last entry. noted are
// heads from before; each of them has to be in it. ErrTrailBroken, with the first entry that is not
// as it was written.
func (db *DB) VerifyAudit(ctx context.Context, noted ...AuditHead) (AuditHead, error) {
	v := newVerifier(noted...)
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
	noted  map[int64]AuditHead
	ended  bool
}

func newVerifier(noted ...AuditHead) *verifier {
	v := &verifier{hash: make([]byte, hashBytes), noted: map[int64]AuditHead{}}
	for _, h := range noted {
		v.noted[h.Number] = h
	}
	return v
}

func (v *verifier) page(t *tx, limit int) error {
	left := limit
	var broken error
	t.scan(bucketAudit, nil, number(v.number+1), func(key, value []byte) bool {
		_, broken = v.next(toNumber(key), value)
		left--
		return broken == nil && left > 0
	})
	if err := errors.Join(broken, t.failed); err != nil || left == 0 {
		return err
	}
	v.ended = true
	return v.end(t)
}

// end makes sure that nothing is missing after the last entry.
func (v *verifier) end(t *tx) error {
	if last := t.sequence(bucketAudit); last != v.number {
		return fmt.Errorf("%w: entries %d to %d are missing at its end", ErrTrailBroken, v.number+1, last)
	}
	return t.failed
}

func (v *verifier) next(n int64, value []byte) (auditRecord, error) {
	if n != v.number+1 {
		return auditRecord{}, fmt.Errorf("%w: entry %d is missing", ErrTrailBroken, v.number+1)
	}
	r, err := decodeAudit(n, value)
	if err != nil {
		return r, fmt.Errorf("%w: %w", ErrTrailBroken, err)
	}
	hash := chain(v.hash, n, value[hashBytes:])
	if !bytes.Equal(hash, value[:hashBytes]) {
		return r, fmt.Errorf("%w: entry %d, or the one before it, was changed", ErrTrailBroken, n)
	}
	v.number, v.hash = n, hash
	if want, noted := v.noted[n]; noted {
		delete(v.noted, n)
		if !want.equal(headOf(n, hash)) {
			return r, fmt.Errorf("%w: entry %d has another hash than was noted: everything up to it was written anew", ErrTrailBroken, n)
		}
	}
	return r, nil
}

func (v *verifier) result() (AuditHead, error) {
	for n := range v.noted {
		return AuditHead{}, fmt.Errorf("%w: entry %d, whose hash was noted, is not there", ErrTrailBroken, n)
	}
	return headOf(v.number, v.hash), nil
}
