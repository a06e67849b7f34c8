package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode"
)

// uploadDir is the directory of the names of files that were sent in the chat.
const uploadDir = "chat"

// uploadHash is how many bytes of a file's SHA-256 are in its name.
const uploadHash = 8

// maxUploadName is how long a file's own name may be, in bytes.
const maxUploadName = 100

// uploadName names a file by its content, so that the same file is kept once. It ends in what the
// file is called: buyers see that.
func uploadName(content []byte, called string) string {
	called = strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("._-()", c) {
			return c
		}
		return '-'
	}, path.Base(called))
	if extra := len(called) - maxUploadName; extra > 0 { // the extension is at the end
		called = strings.ToValidUTF8(called[extra:], "")
	}
	called = strings.Trim(called, ".-")
	if called == "" {
		called = "file"
	}
	sum := sha256.Sum256(content)
	return uploadDir + "/" + hex.EncodeToString(sum[:uploadHash]) + "/" + called
}

// overlay is the files that were sent in the chat, over those beside the catalog file.
type overlay struct {
	fs.FS

	store Store
}

// isUpload reports whether a name is one of a file that was sent in the chat.
func isUpload(name string) bool { return strings.HasPrefix(name, uploadDir+"/") }

// Open opens a file that was sent in the chat, or else one of the directory.
func (o overlay) Open(name string) (fs.File, error) {
	if isUpload(name) {
		content, err := o.store.KeptFile(context.Background(), name) // an fs.FS has no context
		if err == nil {
			return &upload{Reader: bytes.NewReader(content), uploadInfo: uploadInfo{name, int64(len(content))}}, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return o.FS.Open(name)
}

// Stat does not read the file.
func (o overlay) Stat(name string) (fs.FileInfo, error) {
	if isUpload(name) {
		if size, err := o.store.KeptFileSize(context.Background(), name); !errors.Is(err, fs.ErrNotExist) {
			return uploadInfo{name, size}, err
		}
	}
	return fs.Stat(o.FS, name)
}

// upload is an open file in memory.
type upload struct {
	*bytes.Reader
	uploadInfo
}

func (u *upload) Stat() (fs.FileInfo, error) { return u.uploadInfo, nil }
func (u *upload) Close() error               { return nil }

// Size is the file's.
func (u *upload) Size() int64 { return u.size }

var _ io.ReaderAt = (*upload)(nil)

type uploadInfo struct {
	name string
	size int64
}

func (i uploadInfo) Name() string     { return path.Base(i.name) }
func (i uploadInfo) Size() int64      { return i.size }
func (uploadInfo) Mode() fs.FileMode  { return 0o400 }
func (uploadInfo) ModTime() time.Time { return time.Time{} }
func (uploadInfo) IsDir() bool        { return false }
func (uploadInfo) Sys() any           { return nil }
