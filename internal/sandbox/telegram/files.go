package telegram

import (
	"bytes"
	"cmp"
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

// File is a file in a message.
type File struct {
	ID     string `json:"id"` // file_id, valid for one bot
	Name   string `json:"name"`
	MIME   string `json:"-"`
	Data   []byte `json:"-"`
	Width  int    `json:"width,omitempty"` // of a photo
	Height int    `json:"height,omitempty"`
}

// storedFile is a File with what belongs to it on Telegram's side.
type storedFile struct {
	File
	bot    string // token
	unique string
	path   string
	kind   string         // see mediaKinds
	photo  *photo         // the photo that the file is a size of; nil: of another kind
	about  map[string]any // what its sender says about it; nil: a photo
}

// photo is a picture in the sizes that Telegram makes of it, small to large.
type photo struct{ sizes []*storedFile }

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

// store keeps a file for a bot.
func (s *Service) store(b *bot, kind string, f File) *storedFile {
	serial := s.unique()
	sum := sha256.Sum256(fmt.Appendf(f.Data, "%s %dx%d", kind, f.Width, f.Height))
	id := binary.BigEndian.AppendUint64(bytes.Clone(sum[:24]), serial)
	f.ID = mediaKinds[kind].id + base64.RawURLEncoding.EncodeToString(id)
	f.MIME = cmp.Or(f.MIME, mimeTypes[strings.ToLower(path.Ext(f.Name))], "application/octet-stream")
	stored := &storedFile{File: f, kind: kind, bot: b.token, unique: base64.RawURLEncoding.EncodeToString(sum[:11])}
	extension := path.Ext(f.Name)
	if kind == "photo" {
		extension = ".jpg"
	}
	stored.path = fmt.Sprintf("%s/file_%d%s", mediaKinds[kind].folder, s.serial, extension)
	s.files[f.ID] = stored
	return stored
}

// mimeTypes go by the extension, as Telegram's do. mime.TypeByExtension would depend on the
// machine.
var mimeTypes = map[string]string{
	".txt": "text/plain", ".log": "text/plain", ".text": "text/plain", ".csv": "text/csv", ".md": "text/markdown",
	".html": "text/html", ".htm": "text/html", ".json": "application/json", ".pdf": "application/pdf",
	".zip": "application/zip", ".gz": "application/gzip", ".tgz": "application/gzip", ".epub": "application/epub+zip",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".mp3": "audio/mpeg", ".mp4": "video/mp4", ".ogg": "audio/ogg", ".oga": "audio/ogg", ".webp": "image/webp", ".webm": "video/webm",
}

// newPhoto checks a picture and makes its sizes. They differ only in their description: the bytes
// are those of the original.
func (s *Service) newPhoto(b *bot, u upload) (*photo, error) {
	if len(u.Data) > maxPhoto {
		return nil, badRequest(fmt.Sprintf(
			"file of size %d bytes is too big for a photo; the maximum size is %d bytes", len(u.Data), maxPhoto))
	}
	picture, format, err := image.DecodeConfig(bytes.NewReader(u.Data))
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
		f := File{Name: u.Name, MIME: "image/" + format, Data: u.Data}
		f.Width, f.Height = max(1, picture.Width*shown/long), max(1, picture.Height*shown/long)
		size := s.store(b, "photo", f)
		size.photo = p
		p.sizes = append(p.sizes, size)
		if long <= side {
			break
		}
	}
	return p, nil
}

func (p *photo) best() *storedFile { return p.sizes[len(p.sizes)-1] }

func getFile(c *call) any {
	f, ok := c.ownFile(c.str("file_id"))
	switch {
	case c.str("file_id") == "":
		return c.refuse(badRequest("file_id is not specified"))
	case !ok:
		return c.refuse(badRequest("wrong file_id or the file is temporarily unavailable"))
	case len(f.Data) > maxDownload:
		return c.refuse(badRequest("file is too big"))
	}
	c.bot.paths[f.path] = f.ID
	return struct {
		wireFile
		FilePath string `json:"file_path"`
	}{f.wire(), f.path}
}

// ownFile finds a file of the calling bot.
func (c *call) ownFile(id string) (*storedFile, bool) {
	f, ok := c.files[id]
	return f, ok && f.bot == c.bot.token
}
