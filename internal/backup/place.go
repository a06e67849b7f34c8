package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"shopbot/internal/config"
	"shopbot/internal/storage"
)

// place is where copies are kept.
type place interface {
	// put stores a file under a name, and makes sure that it is there as it was.
	put(ctx context.Context, name string, f copied) error
	// list names what is there, in any order.
	list(ctx context.Context) ([]string, error)
	remove(ctx context.Context, name string) error
	open(ctx context.Context, name string) (io.ReadCloser, error)
	// String says where it is, without a secret.
	String() string
}

// copied is a whole copy in a file of this machine.
type copied struct {
	file *os.File
	size int64
	sum  [sha256.Size]byte
}

// errChanged says that a copy is not the same where it was put.
var errChanged = errors.New("what was written is not what is read back: see to the disk or the bucket")

// compare reads a copy back and compares it.
func (f copied) compare(r io.ReadCloser) error {
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if n != f.size || sumOf(h) != f.sum {
		return errChanged
	}
	return nil
}

func sumOf(h hash.Hash) (sum [sha256.Size]byte) {
	h.Sum(sum[:0])
	return sum
}

// Chat is the word for the owners' chat in SHOPBOT_BACKUP_TO.
const Chat = "chat"

// placeOf is the place that a setting or an argument names. send sends to the owners' chat; nil if
// there is none to send with.
func placeOf(cfg config.Config, to string, send Sender) (place, error) {
	switch {
	case to == Chat && send == nil:
		return nil, errors.New("only the running shop sends backups to the chat; name a file or a directory, or wait for the next one")
	case to == Chat:
		return chat{send}, nil
	case strings.HasPrefix(to, bucketPrefix):
		return newBucket(cfg, to)
	}
	return directory(to), nil
}

// directory is a directory of this machine.
type directory string

func (d directory) String() string { return string(d) }

func (d directory) put(ctx context.Context, name string, f copied) error {
	if err := writeWhole(filepath.Join(string(d), name), f.file); err != nil {
		return d.withHint(err)
	}
	return d.check(ctx, name, f)
}

// check reads a copy that was just written, and removes it if it is not what it should be.
func (d directory) check(ctx context.Context, name string, f copied) error {
	written, err := d.open(ctx, name)
	if err != nil {
		return err
	}
	if err := f.compare(written); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", filepath.Join(string(d), name), err), d.remove(ctx, name))
	}
	return nil
}

// withHint adds what to do about a directory that is not there.
func (d directory) withHint(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: make the directory %s first, or mount its disk", err, d)
	}
	return err
}

func (d directory) list(context.Context) (names []string, err error) {
	entries, err := os.ReadDir(string(d))
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (d directory) remove(_ context.Context, name string) error {
	return os.Remove(filepath.Join(string(d), name))
}

func (d directory) open(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(d), name)) //nolint:gosec // a file of the operator's choice
}

// writeWhole makes a new file with the content of another, whole and on disk.
func writeWhole(name string, from *os.File) error {
	return storage.WriteFile(name, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(from, 0, 1<<62))
		return err
	})
}
