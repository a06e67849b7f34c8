package web

import (
	"bytes"
	"encoding/binary"
	"image"
)

// A phone writes a photo as its sensor saw it, and beside it how to turn it. The number is that of the
// tag Orientation of Exif 2.3: 1 as it is, 2 mirrored, 3 turned around, 4 mirrored and turned around,
// 5 to 8 the same lying on the side.

const orientationTag = 0x0112

// orientation is the number in a JPEG file; 1 for any other file, and where there is none.
func orientation(data []byte) int {
	if !bytes.HasPrefix(data, []byte{0xFF, 0xD8}) {
		return 1
	}
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xFF; {
		length := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if rest[1] == 0xDA || length < 4 || length > len(rest) { // the picture itself begins
			return 1
		}
		if exif, found := bytes.CutPrefix(rest[4:length], []byte("Exif\x00\x00")); found && rest[1] == 0xE1 {
			return exifOrientation(exif)
		}
		rest = rest[length:]
	}
	return 1
}

// exifOrientation reads the first directory of a TIFF structure.
func exifOrientation(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for n := order.Uint16(tiff[at:]); n > 0 && len(entries) >= 12; n-- {
		if order.Uint16(entries) == orientationTag {
			if turned := int(order.Uint16(entries[8:])); turned >= 1 && turned <= 8 {
				return turned
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turn is a picture as its orientation wants it.
func turn(m *image.NRGBA, turned int) *image.NRGBA {
	if turned <= 1 {
		return m
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	to := image.NewNRGBA(image.Rect(0, 0, w, h))
	if turned >= 5 {
		to = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			fromX, fromY := x, y
			if turned >= 5 {
				fromX, fromY = y, x
			}
			if turned == 2 || turned == 3 || turned == 7 || turned == 8 {
				fromX = w - 1 - fromX
			}
			if turned == 3 || turned == 4 || turned == 6 || turned == 7 {
				fromY = h - 1 - fromY
			}
			to.SetNRGBA(x, y, m.NRGBAAt(fromX, fromY))
		}
	}
	return to
}
