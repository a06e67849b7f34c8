package storage

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// boltTx is a transaction of a bbolt file.
type boltTx struct {
	*bbolt.Tx
	of *boltFile
}

// open opens a bucket. ErrDamaged if the file lacks it.
func (t *boltTx) open(b *Bucket) (*bbolt.Bucket, error) {
	if in := t.Bucket(b.bytes); in != nil {
		return in, nil
	}
	return nil, fmt.Errorf("%w: bucket %q is missing", ErrDamaged, b)
}

func (t *boltTx) Get(b *Bucket, key []byte) ([]byte, error) {
	in, err := t.open(b)
	if err != nil {
		return nil, err
	}
	return in.Get(key), nil
}

// Expect does nothing: the file is mapped.
func (t *boltTx) Expect(*Bucket, ...[]byte) error { return nil }

func (t *boltTx) Put(b *Bucket, key, value []byte) error {
	in, err := t.open(b)
	if err != nil {
		return err
	}
	in.FillPercent = b.fill
	if err := in.Put(key, value); err != nil {
		return fmt.Errorf("write to bucket %q: %w", b, err)
	}
	return nil
}

func (t *boltTx) Delete(b *Bucket, key []byte) error {
	in, err := t.open(b)
	if err != nil {
		return err
	}
	if err := in.Delete(key); err != nil {
		return fmt.Errorf("delete from bucket %q: %w", b, err)
	}
	return nil
}

func (t *boltTx) Next(b *Bucket) (int64, error) {
	in, err := t.open(b)
	if err != nil {
		return 0, err
	}
	n, err := in.NextSequence()
	return int64(n), err //nolint:gosec // a count
}

func (t *boltTx) Sequence(b *Bucket) (int64, error) {
	in, err := t.open(b)
	if err != nil {
		return 0, err
	}
	return int64(in.Sequence()), nil //nolint:gosec // a count
}

func (t *boltTx) SetSequence(b *Bucket, n int64) error {
	in, err := t.open(b)
	if err != nil {
		return err
	}
	return in.SetSequence(uint64(n)) //nolint:gosec // a count
}

func (t *boltTx) Scan(b *Bucket, prefix, from []byte, visit func(key, value []byte) bool) error {
	in, err := t.open(b)
	if err != nil {
		return err
	}
	c := in.Cursor()
	for k, v := c.Seek(join(prefix, from)); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if !visit(k, v) {
			return nil
		}
	}
	return nil
}

func (t *boltTx) ScanBack(b *Bucket, prefix, before []byte, visit func(key, value []byte) bool) error {
	in, err := t.open(b)
	if err != nil {
		return err
	}
	c := in.Cursor()
	step := c.Prev
	if at, _ := c.Seek(join(prefix, before)); at == nil {
		step = c.Last
	}
	k, v := step()
	for ; k != nil && bytes.HasPrefix(k, prefix); k, v = c.Prev() {
		if !visit(k, v) {
			return nil
		}
	}
	return nil
}

func (t *boltTx) ScanAll(b *Bucket, prefixes [][]byte, visit func(i int, key, value []byte)) error {
	for i, prefix := range prefixes {
		err := t.Scan(b, prefix, nil, func(key, value []byte) bool { visit(i, key, value); return true })
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *boltTx) Last(b *Bucket) (key, value []byte, err error) {
	in, err := t.open(b)
	if err != nil {
		return nil, nil, err
	}
	key, value = in.Cursor().Last()
	return key, value, nil
}

// Commit changes what is kept in memory of the work if the transaction can be read from now on.
func (t *boltTx) Commit(changes []WorkChange) (err error) {
	defer recoverCorruption(&err, t.of.broken.note)() // bbolt keeps its locks if it panics
	id := t.ID()
	err = t.of.disk.commit(t.Tx)
	if err == nil || t.of.visible(id) {
		t.of.work.apply(changes)
		t.of.flushPending = err != nil
	}
	return err
}

func (t *boltTx) Rollback() (err error) {
	defer recoverCorruption(&err, t.of.broken.note)()
	if err := t.Tx.Rollback(); !errors.Is(err, berrors.ErrTxClosed) {
		return err
	}
	return nil
}
