package telegram

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	_ "image/gif" // the pictures that a bot may send as photos
	_ "image/jpeg"
	_ "image/png"
	"path"
	"strings"
)

// Limits of files in bytes, and of photos in pixels.
const (
	maxPhoto      = 10 << 20
	maxDownload   = 20 << 20
	maxPhotoSides = 10_000 // width and height together
	maxPhotoRatio = 20
)

// File is a file that somebody has sent.
type File struct {
	ID            string // file_id, which is good for the one bot only
	Name          string
	MIME          string
	Data          []byte
	Width, Height int // of a photo
}

// storedFile is a File with what belongs to it on Telegram's side.
type storedFile struct {
	File
	bot    string // token
	unique string
	path   string
	photo  *photo // the photo that the file is a size of; nil: a document
}

// photo is a picture in the sizes that Telegram makes of it, small to large.
type photo struct{ sizes []*storedFile }

// attachment is the media of a message; one of the two is set, or none.
type attachment struct {
	photo    *photo
	document *storedFile
}

// File finds a file by its id. Its Data must not be changed.
func (s *Service) File(id string) (File, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.files[id]
	if !ok {
		return File{}, false
	}
	return f.File, true
}

// store keeps a file for a bot. The kind begins its id, as real ids tell theirs.
func (s *Service) store(b *bot, kind string, f File) *storedFile {
	serial := s.unique()
	sum := sha256.Sum256(fmt.Appendf(f.Data, "%s %dx%d", kind, f.Width, f.Height))
	id := binary.BigEndian.AppendUint64(bytes.Clone(sum[:24]), serial)
	f.ID = kind + base64.RawURLEncoding.EncodeToString(id)
	if f.MIME == "" {
		f.MIME = mimeOf(f.Name)
	}
	stored := &storedFile{File: f, bot: b.token, unique: base64.RawURLEncoding.EncodeToString(sum[:11])}
	stored.path = fmt.Sprintf("documents/file_%d%s", s.serial, path.Ext(f.Name))
	if kind == photoKind {
		stored.path = fmt.Sprintf("photos/file_%d.jpg", s.serial)
	}
	s.files[f.ID] = stored
	return stored
}

const (
	photoKind    = "AgACAgIAAxkBAAI"
	documentKind = "BQACAgIAAxkBAAI"
)

func (s *Service) newDocument(b *bot, u upload) *storedFile {
	name := u.name
	if name == "" || name == "." {
		name = "file"
	}
	return s.store(b, documentKind, File{Name: name, Data: u.data})
}

// newPhoto checks a picture and makes its sizes. The sizes differ in what is
// told of them; the bytes are those of the original.
func (s *Service) newPhoto(b *bot, u upload) (*photo, error) {
	if len(u.data) > maxPhoto {
		return nil, badRequest(fmt.Sprintf(
			"file of size %d bytes is too big for a photo; the maximum size is %d bytes", len(u.data), maxPhoto))
	}
	picture, format, err := image.DecodeConfig(bytes.NewReader(u.data))
	if err != nil {
		return nil, badRequest("IMAGE_PROCESS_FAILED")
	}
	long, short := max(picture.Width, picture.Height), min(picture.Width, picture.Height)
	if short == 0 || long+short > maxPhotoSides || long > short*maxPhotoRatio {
		return nil, badRequest("PHOTO_INVALID_DIMENSIONS")
	}
	p := &photo{}
	for _, side := range []int{90, 320, 800, 1280} {
		shown := min(side, long)
		f := File{Name: u.name, MIME: "image/" + format, Data: u.data}
		f.Width, f.Height = max(1, picture.Width*shown/long), max(1, picture.Height*shown/long)
		size := s.store(b, photoKind, f)
		size.photo = p
		p.sizes = append(p.sizes, size)
		if long <= side {
			break
		}
	}
	return p, nil
}

func (p *photo) best() *storedFile { return p.sizes[len(p.sizes)-1] }

func (p *photo) wire() []wirePhotoSize {
	var sizes []wirePhotoSize
	for _, f := range p.sizes {
		sizes = append(sizes, wirePhotoSize{f.ID, f.unique, len(f.Data), f.Width, f.Height})
	}
	return sizes
}

func (f *storedFile) wire() *wireDocument {
	return &wireDocument{
		FileName: f.Name, MimeType: f.MIME, FileID: f.ID, FileUniqueID: f.unique, FileSize: len(f.Data),
	}
}

// mimeOf goes by the name, as Telegram does. The table is our own so that the
// answer is the same on every machine.
func mimeOf(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".txt", ".log", ".text":
		return "text/plain"
	case ".csv":
		return "text/csv"
	case ".md":
		return "text/markdown"
	case ".html", ".htm":
		return "text/html"
	case ".json":
		return "application/json"
	case ".pdf":
		return "application/pdf"
	case ".zip":
		return "application/zip"
	case ".gz", ".tgz":
		return "application/gzip"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".gif":
		return "image/gif"
	case ".mp3":
		return "audio/mpeg"
	case ".mp4":
		return "video/mp4"
	case ".epub":
		return "application/epub+zip"
	default:
		return "application/octet-stream"
	}
}
