package deeplink

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// A QR code has an empty margin of four modules at each side (ISO/IEC 18004), without which many
// scanners do not find it.
const quietZone = 4

// PrintSize is the least width of a picture for print, in pixels: 300 to the inch at 8.5 cm. It stays
// below 1280, above which Telegram scales pictures down.
const PrintSize = 1000

// code encodes an address so that a seventh of it may be dirty or torn (level M).
func code(address string) (barcode.Barcode, error) {
	c, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("draw the QR code of %q: %w", address, err)
	}
	return c, nil
}

// PNG draws the QR code of an address in black on white, with its margin, at least size pixels wide.
// Every module is a square of whole pixels.
func PNG(address string, size int) ([]byte, error) {
	c, err := code(address)
	if err != nil {
		return nil, err
	}
	modules := c.Bounds().Dx() + 2*quietZone
	scale := (size + modules - 1) / modules
	picture := image.NewPaletted(image.Rect(0, 0, scale*modules, scale*modules), color.Palette{color.White, color.Black})
	for y := range picture.Rect.Dy() {
		for x := range picture.Rect.Dx() {
			if isDark(c, x/scale-quietZone, y/scale-quietZone) {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("draw the QR code of %q: %w", address, err)
	}
	return out.Bytes(), nil
}

// isDark reports whether a module is dark; those outside of the code are not.
func isDark(c barcode.Barcode, x, y int) bool {
	if !(image.Point{x, y}).In(c.Bounds()) {
		return false
	}
	luminance, _, _, _ := c.At(x, y).RGBA()
	return luminance < 0x8000
}

// Path is the QR code of an address as the data of an SVG path in a square of modules units, with
// its margin.
func Path(address string) (path string, modules int, err error) {
	c, err := code(address)
	if err != nil {
		return "", 0, err
	}
	modules = c.Bounds().Dx() + 2*quietZone
	var d strings.Builder
	for y := range modules {
		for x := 0; x < modules; {
			from := x
			for isDark(c, x-quietZone, y-quietZone) {
				x++
			}
			if x > from {
				fmt.Fprintf(&d, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
			x++
		}
	}
	return d.String(), modules, nil
}
