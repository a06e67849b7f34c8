package shop

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// MaxBlob is how long a file that is goods may be, in bytes. Telegram takes and gives bots no more
// than that in every case.
const MaxBlob = 20 << 20

// FileUnit is a unit that is a file. Its bytes are kept once by their hash, see Blobs; a unit of
// goods or of stock refers to them. Files with the same bytes are the same unit, whatever their
// names are.
type FileUnit struct {
	Name   string // as the buyer sees it, see FileName
	SHA256 string // of the bytes, in hexadecimal
	Size   int    // in bytes
}

// Units that are no plain text begin with a mark. None that is loaded as a text can: control
// characters are refused there.
const (
	fileMark = "\x1cfile "
	textMark = "\x1ctext "
)

// NewFileUnit makes a unit of a file's content.
func NewFileUnit(name string, content []byte) FileUnit {
	sum := sha256.Sum256(content)
	return FileUnit{Name: FileName(name), SHA256: hex.EncodeToString(sum[:]), Size: len(content)}
}

// Unit is how f stands among the units of goods and of stock.
func (f FileUnit) Unit() string {
	return fileMark + f.SHA256 + " " + strconv.Itoa(f.Size) + " " + f.Name
}

// Blob is the name under which the bytes are kept.
func (f FileUnit) Blob() string { return blobPrefix + f.SHA256 }

const blobPrefix = "blob/"

// IsBlob reports whether a name is one of FileUnit.Blob.
func IsBlob(name string) bool { return strings.HasPrefix(name, blobPrefix) }

// ParseFileUnit reads what FileUnit.Unit wrote; false if the unit is no file.
func ParseFileUnit(unit string) (f FileUnit, is bool) {
	rest, is := strings.CutPrefix(unit, fileMark)
	if !is {
		return f, false
	}
	sum, rest, _ := strings.Cut(rest, " ")
	size, name, is := strings.Cut(rest, " ")
	n, err := strconv.Atoi(size)
	return FileUnit{Name: name, SHA256: sum, Size: n}, is && err == nil && len(sum) == hex.EncodedLen(sha256.Size)
}

// TextUnit is a unit of goods that is shown as a text: with links, and without the form in which
// keys are copied.
func TextUnit(text string) string { return textMark + text }

// ParseTextUnit reads what TextUnit wrote; false if the unit is no such text.
func ParseTextUnit(unit string) (text string, is bool) { return strings.CutPrefix(unit, textMark) }

// PlainUnit is a unit as lists and tables show it: a file by its name and size.
func PlainUnit(unit string) string {
	if f, is := ParseFileUnit(unit); is {
		return fmt.Sprintf("%s (%s)", f.Name, ByteSize(f.Size))
	}
	text, _ := ParseTextUnit(unit)
	return text
}

// ByteSize writes a size as people do, such as "12 KB" or "3.4 MB".
func ByteSize(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 999_500:
		return fmt.Sprintf("%.0f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

const maxFileName = 100 // runes

// FileName is a name that is safe to show, to store and to send: the last step of a path, without
// characters that no system takes, or that hide others; "file" if nothing is left.
func FileName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`<>:"|?*/`, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(name, " .")
	if name == "" {
		return "file"
	}
	if all := []rune(name); len(all) > maxFileName {
		ext := []rune(path.Ext(name))
		if len(ext) > maxFileName/4 {
			ext = nil
		}
		return string(all[:maxFileName-len(ext)]) + string(ext)
	}
	return name
}
