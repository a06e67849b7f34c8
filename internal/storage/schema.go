package storage

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"go.etcd.io/bbolt"
)

var (
	// ErrNotOurs says that the file is something else than a shop's database.
	ErrNotOurs = errors.New("not a shopbot database")
	// ErrOtherVersion says that the layout of the database is not that of this program.
	ErrOtherVersion = errors.New("written by another version of shopbot")
)

// schema is the number of the layout. It is written as a text; programs before this layout wrote
// four bytes. Replicas that share a database go by a number of package postgres, which changes with
// this one.
const schema = "1"

func schemaName() []byte { return []byte("schema") }

// newSecret draws the secret of a new shop.
func newSecret() []byte {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	return secret
}

// makeSchema makes the buckets of a new shop, and its secret.
func makeSchema(file *bbolt.Tx) error {
	for _, b := range Buckets() {
		if _, err := file.CreateBucket(b.bytes); err != nil {
			return fmt.Errorf("make bucket %q: %w", b, err)
		}
	}
	meta := file.Bucket(bucketMeta.bytes)
	return errors.Join(meta.Put(secretName(), newSecret()), meta.Put(schemaName(), []byte(schema)))
}

// checkSchema makes sure that the file is a shop's, and of this layout.
func checkSchema(file *bbolt.Tx) error {
	if first, _ := file.Cursor().First(); first == nil {
		return fmt.Errorf("%w: it holds nothing", ErrDamaged)
	}
	meta := file.Bucket(bucketMeta.bytes)
	if meta == nil {
		return ErrNotOurs
	}
	found := meta.Get(schemaName())
	if found == nil {
		return ErrNotOurs
	}
	if err := checkMeta(found, meta.Get(secretName())); err != nil {
		return err
	}
	for _, b := range Buckets() {
		if file.Bucket(b.bytes) == nil {
			return fmt.Errorf("%w: bucket %q is missing", ErrDamaged, b)
		}
	}
	return nil
}

// checkMeta makes sure that a schema and a secret are those of a shop of this layout.
func checkMeta(found, secret []byte) error {
	switch {
	case string(found) != schema:
		return fmt.Errorf("%w: it has schema %s and this program knows schema %s", ErrOtherVersion, schemaText(found), schema)
	case len(secret) != secretBytes:
		return fmt.Errorf("%w: it has no secret", ErrDamaged)
	}
	return nil
}

// makeShop makes a new shop where there are no entries. Otherwise it looks whether they are of a shop
// with this layout.
func (t *tx) makeShop() error {
	found, secret := t.get(bucketMeta, schemaName()), t.get(bucketMeta, secretName())
	if t.failed != nil {
		return t.failed
	}
	if found != nil {
		return checkMeta(found, secret)
	}
	for _, b := range Buckets() {
		if key, _ := t.last(b); key != nil {
			return fmt.Errorf("%w: there are entries in bucket %q and no schema", ErrDamaged, b)
		}
	}
	t.put(bucketMeta, secretName(), newSecret())
	t.put(bucketMeta, schemaName(), []byte(schema))
	return t.failed
}

func schemaText(found []byte) string {
	if len(found) == 4 {
		return strconv.Itoa(int(binary.BigEndian.Uint32(found))) + " of an early version"
	}
	return strconv.Quote(string(found))
}
