package catalog

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"strings"
)

// Telegram's limits for uploads of a bot: a photo has up to 10 MB, sides that add up to 10000 and a
// ratio of 20 to 1; a document has up to 50 MB.
const (
	MaxPhotoSize  = 10 << 20 // bytes
	maxPhotoSides = 10000
	maxPhotoRatio = 20
	maxFileSize   = 50 << 20
)

// photo reads the name of a picture that Telegram accepts; "" if there is none, or after a fault.
func (r *reader) photo(n *node) string {
	name := r.path(n, "photo", MaxPhotoSize)
	if name == "" || r.files == nil {
		return name
	}
	size, err := r.dimensions(name)
	w, h := size.Width, size.Height
	switch {
	case err != nil:
		r.add(n.at, "save it as PNG or JPEG", "photo %s is neither a PNG nor a JPEG picture", quote(name))
	case w+h > maxPhotoSides:
		r.add(n.at, fmt.Sprintf("scale it down: width and height add up to at most %d", maxPhotoSides), "photo %s is %d × %d", quote(name), w, h)
	case w > maxPhotoRatio*h || h > maxPhotoRatio*w:
		r.add(n.at, fmt.Sprintf("crop it: at most %d to 1", maxPhotoRatio), "photo %s is %d × %d", quote(name), w, h)
	default:
		return name
	}
	return ""
}

// goods reads the name of a document that Telegram accepts.
func (r *reader) goods(n *node) string { return r.path(n, "file", maxFileSize) }

// path reads the name of a file in the catalog's directory or below.
func (r *reader) path(n *node, what string, most int64) string {
	name := r.word(n, what)
	if name == "" {
		return ""
	}
	if !fs.ValidPath(name) || name == "." || strings.Contains(name, `\`) {
		r.add(n.at, "write a path with / below the directory of the catalog, such as images/one.png", "%s %s", what, quote(name))
		return ""
	}
	if r.files == nil {
		return name
	}
	info, err := r.stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.add(n.at, "put it there or correct the path, which begins at the catalog's directory", "%s %s does not exist", what, quote(name))
	case errors.Is(err, errPrivate):
		r.add(n.at, "name a file that is meant for buyers", "%s %s is a database, a file that the shop itself runs on, or has one of its tokens in it", what, quote(name))
	case errors.Is(err, errNotFile):
		r.add(n.at, "name a file", "%s %s is not a file", what, quote(name))
	case err != nil:
		r.add(n.at, "make it a readable file below the directory of the catalog", "%s %s cannot be opened", what, quote(name))
	case !info.Mode().IsRegular():
		r.add(n.at, "name a file", "%s %s is not a file", what, quote(name))
	case info.Size() == 0:
		r.add(n.at, "put something into it", "%s %s is empty", what, quote(name))
	case info.Size() > most:
		r.add(n.at, "make it smaller", "%s %s is over %d MB", what, quote(name), most>>20)
	default:
		return name
	}
	return ""
}

// stat opens a file, since only then it is known whether it can be opened.
func (r *reader) stat(name string) (info fs.FileInfo, err error) {
	f, err := r.files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return f.Stat()
}

// dimensions reads the header of a picture.
func (r *reader) dimensions(name string) (image.Config, error) {
	f, err := r.files.Open(name)
	if err != nil {
		return image.Config{}, err
	}
	defer f.Close()
	head := make([]byte, 8)
	if _, err := io.ReadFull(f, head); err != nil {
		return image.Config{}, err
	}
	whole := io.MultiReader(strings.NewReader(string(head)), f)
	if strings.HasPrefix(string(head), "\x89PNG") {
		return png.DecodeConfig(whole)
	}
	return jpeg.DecodeConfig(whole)
}
