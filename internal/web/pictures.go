package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/image/draw"
)

// What a picture is of. Its address names that, so it can be found at any time.
const (
	ofShop     = "shop"
	ofCategory = "c/" // and its id
	ofProduct  = "p/" // and its SKU
)

// The longest sides of pictures on pages, in pixels: of one in a list, and of one alone.
const (
	smallPicture = 480
	largePicture = 960
)

// picture is an img element of a page.
type picture struct {
	Small, Large string // paths
	SmallWidth   int    // of the files
	LargeWidth   int
	Width        int // of Large
	Height       int
	Alt          string
}

// pictureInfo is what pages need to know of a picture of the catalog.
type pictureInfo struct {
	hash          string
	width, height int // as it is shown; 0 for a picture that cannot be read
	turned        int // the orientation that the file asks for, see orientation
}

// pictureIndex knows the pictures of one catalog, each once it was asked for.
type pictureIndex struct {
	mu   sync.Mutex
	info map[string]pictureInfo
}

// pictureInfo looks at a picture of the catalog; false if it cannot be read.
func (x *index) pictureInfo(name string) (pictureInfo, bool) {
	x.pictures.mu.Lock()
	defer x.pictures.mu.Unlock()
	info, known := x.pictures.info[name]
	if !known {
		if data, err := x.catalog.ReadFile(name); err == nil {
			info = examine(data)
		}
		if x.pictures.info == nil {
			x.pictures.info = map[string]pictureInfo{}
		}
		x.pictures.info[name] = info
	}
	return info, info.width > 0
}

func examine(data []byte) pictureInfo {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return pictureInfo{}
	}
	info := pictureInfo{hash: hashOf(data), width: config.Width, height: config.Height, turned: orientation(data)}
	if info.turned >= 5 {
		info.width, info.height = info.height, info.width
	}
	return info
}

// pictureOf is the picture of something, to be shown with a text for those who do not see it; nil if
// there is none.
func (v *view) pictureOf(what, name, alt string) *picture {
	if name == "" {
		return nil
	}
	info, ok := v.scene.pictureInfo(name)
	if !ok {
		return nil
	}
	small, _ := fit(info.width, info.height, smallPicture)
	large, height := fit(info.width, info.height, largePicture)
	return &picture{
		Small: v.site.base + pictureAddress(info.hash, smallPicture, what), SmallWidth: small,
		Large: v.site.base + pictureAddress(info.hash, largePicture, what), LargeWidth: large,
		Width: large, Height: height, Alt: alt,
	}
}

// Picture is the address of a small picture of a product that buyers see, "" if it has none.
func (s *Site) Picture(sku string) string {
	now := s.current(context.Background())
	p := now.products[sku]
	if p == nil || p.Photo == "" {
		return ""
	}
	info, ok := now.pictureInfo(p.Photo)
	if !ok {
		return ""
	}
	return s.cfg.Address + pictureAddress(info.hash, smallPicture, ofProduct+sku)
}

// fit is the size of a picture whose longest side is at most side.
func fit(width, height, side int) (w, h int) {
	longest := max(width, height)
	if longest <= side {
		return width, height
	}
	return max(1, width*side/longest), max(1, height*side/longest)
}

func pictureAddress(hash string, side int, what string) string {
	return picturesPath + hash + "/" + strconv.Itoa(side) + "/" + what
}

// hashOf is a hash for addresses and tags.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// photoOf is the name of the picture of something that buyers see; "" if there is none.
func (now *scene) photoOf(what string) string {
	if id, found := strings.CutPrefix(what, ofCategory); found && now.byID[id] != nil {
		return now.byID[id].Photo
	}
	if sku, found := strings.CutPrefix(what, ofProduct); found && now.products[sku] != nil {
		return now.products[sku].Photo
	}
	if what == ofShop {
		return now.catalog.Shop.Photo
	}
	return ""
}

// servePicture serves the picture at an address without its beginning: hash/side/of what. The
// address of an older picture leads to the one of now.
func (s *Site) servePicture(w http.ResponseWriter, r *http.Request, now *scene, address string) {
	hash, rest, _ := strings.Cut(address, "/")
	size, what, _ := strings.Cut(rest, "/")
	side, err := strconv.Atoi(size)
	name := now.photoOf(what)
	info, ok := pictureInfo{}, false
	if name != "" {
		info, ok = now.pictureInfo(name)
	}
	switch {
	case !ok, err != nil, side != smallPicture && side != largePicture:
		http.NotFound(w, r)
		return
	case hash != info.hash:
		redirect(w, r, s.base+pictureAddress(info.hash, side, what))
		return
	}
	d, err := s.pictures.get(pictureKey{info.hash, side}, func() (*document, error) {
		data, err := now.catalog.ReadFile(name)
		if err != nil {
			return nil, err
		}
		return shrink(data, info, side)
	})
	if err != nil {
		s.cfg.Log.WarnContext(r.Context(), "shrink picture failed", "photo", name, "error", err)
		http.NotFound(w, r)
		return
	}
	serve(w, r, d, forGood)
}

// maxPictureBytes bounds the pictures that are kept in memory.
const maxPictureBytes = 64 << 20

type pictureKey struct {
	hash string
	side int
}

// pictureStore keeps pictures as they are sent.
type pictureStore struct {
	mu    sync.RWMutex
	made  map[pictureKey]*document
	bytes int

	making sync.Mutex // one at a time, since a large picture takes a hundred megabytes for a moment
}

func (p *pictureStore) find(key pictureKey) *document {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.made[key]
}

func (p *pictureStore) get(key pictureKey, makeIt func() (*document, error)) (*document, error) {
	if d := p.find(key); d != nil {
		return d, nil
	}
	p.making.Lock()
	defer p.making.Unlock()
	if d := p.find(key); d != nil {
		return d, nil
	}
	d, err := makeIt()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.made == nil || p.bytes+len(d.body) > maxPictureBytes {
		p.made, p.bytes = map[pictureKey]*document{}, 0
	}
	p.made[key] = d
	p.bytes += len(d.body)
	return d, nil
}

// shrink makes a picture whose longest side is at most side. It is encoded anew, so nothing else that
// the file holds, such as the place where a photo was taken, is shown to visitors.
func shrink(data []byte, info pictureInfo, side int) (*document, error) {
	source, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decode picture: %w", err)
	}
	bounds := source.Bounds()
	width, height := fit(bounds.Dx(), bounds.Dy(), side)
	if bounds.Dx()*bounds.Dy() > 4<<20 { // a quick step first, for memory and time
		source = scaled(draw.ApproxBiLinear, source, 2*width, 2*height)
	}
	shown := turn(scaled(draw.CatmullRom, source, width, height), info.turned)
	var best *document
	consider := func(contentType string, encode func(*bytes.Buffer) error) error {
		var out bytes.Buffer
		if err := encode(&out); err != nil {
			return fmt.Errorf("encode picture: %w", err)
		}
		if best == nil || out.Len() < len(best.body) {
			best = newDocument(contentType, out.Bytes())
		}
		return nil
	}
	asPNG := func(m image.Image) func(*bytes.Buffer) error {
		return func(out *bytes.Buffer) error {
			return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(out, m)
		}
	}
	if format == "png" {
		err = consider("image/png", asPNG(shown))
		if bounds.Dx() <= 2*width { // drawn with few colours, it may be smaller than when it is scaled
			err = errors.Join(err, consider("image/png", asPNG(source)))
		}
	}
	if shown.Opaque() {
		err = errors.Join(err, consider("image/jpeg", func(out *bytes.Buffer) error { return jpeg.Encode(out, shown, &jpeg.Options{Quality: 85}) }))
	}
	return best, err
}

func scaled(by draw.Scaler, m image.Image, width, height int) *image.NRGBA {
	to := image.NewNRGBA(image.Rect(0, 0, width, height))
	by.Scale(to, to.Rect, m, m.Bounds(), draw.Src, nil)
	return to
}
