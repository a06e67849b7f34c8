package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"

	"shopbot/internal/config"
	"shopbot/internal/storage"
)

// Found is a copy that is to be restored.
type Found struct {
	Name string // where it is
	// WriteTo writes the database in it.
	WriteTo func(to io.Writer) error
}

// Find looks for the copy that from names: a file; the first part of a copy that is in several
// files (NAME.001); s3://BUCKET/NAME; or a directory, or s3://BUCKET/PREFIX/, of which it is the
// newest copy of this shop. identity is the file with the secret key of a copy that is encrypted; ""
// if there is none.
func Find(ctx context.Context, cfg config.Config, from, identity string) (Found, error) {
	identities, err := readIdentities(identity)
	if err != nil {
		return Found{}, err
	}
	in, name, err := locate(ctx, cfg, from)
	if err != nil {
		return Found{}, err
	}
	shown := filepath.Join(in.String(), name)
	if strings.HasPrefix(in.String(), bucketPrefix) {
		shown = in.String() + "/" + name
	}
	return Found{Name: shown, WriteTo: func(to io.Writer) error {
		content, err := openParts(ctx, in, name)
		if err != nil {
			return err
		}
		plain, err := unseal(content, identities)
		if err == nil {
			_, err = io.Copy(to, plain)
		}
		return errors.Join(err, content.Close())
	}}, nil
}

// locate finds the place and the name of a copy.
func locate(ctx context.Context, cfg config.Config, from string) (place, string, error) {
	at, name := from, ""
	if strings.HasPrefix(from, bucketPrefix) {
		if !strings.HasSuffix(from, "/") && strings.Count(from, "/") > 2 {
			cut := strings.LastIndex(from, "/")
			at, name = from[:cut], from[cut+1:]
		}
	} else if info, err := os.Stat(from); err != nil || !info.IsDir() {
		at, name = filepath.Dir(from), filepath.Base(from)
	}
	in, err := placeOf(cfg, at, nil)
	if err != nil || name != "" {
		return in, name, err
	}
	names, err := list(ctx, cfg, in)
	if err != nil {
		return nil, "", err
	}
	if len(names) == 0 {
		return nil, "", fmt.Errorf("no backup of this shop in %s; their names begin with %s", in, base(cfg))
	}
	return in, names[len(names)-1], nil
}

// parts is the content of several files in a row.
type parts struct {
	io.Reader

	open []io.Closer
}

func (p *parts) Close() (err error) {
	for _, c := range p.open {
		err = errors.Join(err, c.Close())
	}
	return err
}

// openParts opens a copy, with all parts that follow if it is a first one.
func openParts(ctx context.Context, in place, name string) (io.ReadCloser, error) {
	first, err := in.open(ctx, name)
	if err != nil {
		return nil, err
	}
	whole, divided := strings.CutSuffix(name, partName("", 1))
	if !divided {
		return first, nil
	}
	all, readers := &parts{open: []io.Closer{first}}, []io.Reader{first}
	for n := 2; ; n++ {
		next, err := in.open(ctx, partName(whole, n))
		if errors.Is(err, fs.ErrNotExist) { // if one is missing, the copy cannot be decrypted
			all.Reader = io.MultiReader(readers...)
			return all, nil
		}
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all.open, readers = append(all.open, next), append(readers, next)
	}
}

// WriteKey writes a new secret key to a file that only its owner can read, and returns the recipient
// that copies are encrypted to. A file that is there stays, and the error is fs.ErrExist.
func WriteKey(file string) (recipient string, err error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	recipient = key.Recipient().String()
	return recipient, storage.WriteFile(file, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "# The secret key of shopbot's backups. Keep it apart from the shop: whoever has it can read them,\n"+
			"# and without it nobody can.\n# public key: %s\n%s\n", recipient, key)
		return err
	})
}
