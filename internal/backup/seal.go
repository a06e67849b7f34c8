package backup

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// Endings of copies.
const (
	plainEnding  = ".db"
	sealedEnding = ".db.zst.age"
)

// seal compresses and encrypts what from gives. The commands "age --decrypt" and "zstd -d" undo it.
func seal(to io.Writer, from io.Reader, recipients []age.Recipient) error {
	encrypted, err := age.Encrypt(to, recipients...)
	if err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	compressed, err := zstd.NewWriter(encrypted, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("compress: %w", err)
	}
	_, err = io.Copy(compressed, from)
	return errors.Join(err, compressed.Close(), encrypted.Close())
}

// ErrSealed says that a copy is encrypted and there is no identity to open it with.
var ErrSealed = errors.New("it is encrypted: name the file with its secret key by --identity FILE")

// unseal returns the database within a copy, whether that is encrypted or not.
func unseal(from io.Reader, identities []age.Identity) (io.Reader, error) {
	const magic = "age-encryption.org/"
	head := bufio.NewReader(from)
	if start, _ := head.Peek(len(magic)); string(start) == magic {
		if len(identities) == 0 {
			return nil, ErrSealed
		}
		plain, err := age.Decrypt(head, identities...)
		if errors.As(err, new(*age.NoIdentityMatchError)) {
			return nil, errors.New("it is encrypted to another key: take the file whose public key is the SHOPBOT_BACKUP_RECIPIENT of that time")
		}
		if err != nil {
			return nil, fmt.Errorf("decrypt: %w", err)
		}
		head = bufio.NewReader(plain)
	}
	if start, _ := head.Peek(4); !bytes.Equal(start, []byte{0x28, 0xB5, 0x2F, 0xFD}) { // RFC 8878, 3.1.1
		return head, nil
	}
	plain, err := zstd.NewReader(head, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return plain, nil
}

// readIdentities reads the secret keys of a file, as WriteKey and age-keygen write it.
func readIdentities(name string) ([]age.Identity, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name) //nolint:gosec // the operator's choice
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	identities, err := age.ParseIdentities(file)
	if err != nil {
		return nil, fmt.Errorf("%s: not a file of secret keys: it should hold a line AGE-SECRET-KEY-1…", name) // the cause may quote it
	}
	return identities, nil
}
