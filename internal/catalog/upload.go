package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// uploadDir is the directory of the names of files that were sent in the chat.
const uploadDir = "chat"

// uploadHash is how many bytes of a file's SHA-256 are in its name.
const uploadHash = 8

// uploadName names a file by its content, so that the same file is kept once.
func uploadName(content []byte, ext string) (string, error) {
	ext = strings.ToLower(strings.TrimPrefix(ext, "."))
	if len(ext) > 10 || strings.Trim(ext, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return "", fmt.Errorf("extension %s of a file: use letters and digits, such as png or zip", quote(ext))
	}
	sum := sha256.Sum256(content)
	name := uploadDir + "/" + hex.EncodeToString(sum[:uploadHash])
	if ext != "" {
		name += "." + ext
	}
	return name, nil
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
