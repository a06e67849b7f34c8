package shop

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"shopbot/internal/catalog"
)

// Limits of a ZIP whose files are units, so that unpacking it takes no more than this.
const (
	maxFileUnits  = 10_000
	maxUnpacked   = 200 << 20 // bytes of all files together
	errNoZIP      = textError("the units of this product are files: send each as a file, or all in a ZIP")
	errMixedLists = textError("texts and files do not go into one list; add them one after the other")
)

// fileSource is a file as an owner sent it: a ZIP of units, or else one unit.
type fileSource struct {
	name    string
	content []byte
}

// ReadStock reads units of a product as its catalog entry says: as ReadFileUnits or as ReadUnits.
// name is that of the file; "" for a text.
func ReadStock(p catalog.Product, name string, content []byte) (UnitList, error) {
	if p.Files {
		return ReadFileUnits(name, content)
	}
	return ReadUnits(content, p.Separator)
}

// ReadFileUnits reads units that are files: those of a ZIP in their order, or one alone. Of each
// there is its name and hash in the list; the bytes are read again when the list is loaded. Errors
// wrap ErrBadUnits. The list keeps content.
func ReadFileUnits(name string, content []byte) (UnitList, error) {
	l := UnitList{sources: []fileSource{{name, content}}}
	err := l.eachFile(func(f FileUnit, _ []byte) error {
		l.text = append(append(l.text, f.Unit()...), '\n')
		l.count++
		return nil
	})
	if err != nil {
		return UnitList{}, fmt.Errorf("%w: %w", ErrBadUnits, err)
	}
	return l, nil
}

// HasFiles reports whether the units are files.
func (l UnitList) HasFiles() bool { return len(l.sources) > 0 }

// suspectTexts looks for lists of keys that were sent for a product whose units are files. Those in a
// ZIP are meant to be files.
func (l UnitList) suspectTexts() []Suspicion {
	s := Suspicion{Rule: SuspectTexts}
	for i, source := range l.sources {
		ending := strings.ToLower(path.Ext(source.name))
		if ending != ".txt" && ending != ".csv" {
			continue
		}
		if list, err := ReadUnits(bytes.Clone(source.content), ""); err == nil && list.Len() > 1 {
			s.add(FoundUnit{Line: i + 1, Unit: NewFileUnit(source.name, source.content).Unit()})
		}
	}
	if s.Count == 0 {
		return nil
	}
	return []Suspicion{s}
}

// FileSource is the one file that the list was read from by ReadFileUnits; false if it is another
// list.
func (l UnitList) FileSource() (name string, content []byte, is bool) {
	if len(l.sources) != 1 {
		return "", nil, false
	}
	return l.sources[0].name, l.sources[0].content, true
}

// joinFiles is JoinUnits for lists of files.
func joinFiles(lists []UnitList) (joined UnitList, err error) {
	for _, l := range lists {
		if !l.HasFiles() {
			return UnitList{}, fmt.Errorf("%w: %w", ErrBadUnits, errMixedLists)
		}
		joined.text = append(joined.text, l.text...)
		joined.count += l.count
		joined.sources = append(joined.sources, l.sources...)
	}
	return joined, nil
}

// eachFile unpacks the files one by one. content is only valid until do returns.
func (l UnitList) eachFile(do func(f FileUnit, content []byte) error) error {
	left := int64(maxUnpacked)
	for _, s := range l.sources {
		if !isZIP(s.content) {
			if s.name == "" {
				return errNoZIP
			}
			f, err := fileUnit(s.name, s.content)
			if err == nil {
				err = do(f, s.content)
			}
			if err != nil {
				return err
			}
			continue
		}
		if err := eachZIPFile(s.content, &left, do); err != nil {
			return err
		}
	}
	return nil
}

func isZIP(content []byte) bool { return bytes.HasPrefix(content, []byte("PK\x03\x04")) }

func eachZIPFile(content []byte, left *int64, do func(f FileUnit, content []byte) error) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return fmt.Errorf("the ZIP cannot be read: %w", err)
	}
	units := 0
	var unpacked bytes.Buffer
	for _, file := range archive.File {
		if isLitter(file) {
			continue
		}
		if units++; units > maxFileUnits {
			return fmt.Errorf("the ZIP has more than %d files", maxFileUnits)
		}
		unpacked.Reset()
		if err := unpack(file, &unpacked, left); err != nil {
			return fmt.Errorf("file %q of the ZIP: %w", file.Name, err)
		}
		f, err := fileUnit(file.Name, unpacked.Bytes())
		if err != nil {
			return fmt.Errorf("file %q of the ZIP: %w", file.Name, err)
		}
		if err := do(f, unpacked.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// unpack unpacks one file. What a ZIP says of its sizes may be wrong, so they are counted, in left
// all together.
func unpack(file *zip.File, into *bytes.Buffer, left *int64) (err error) {
	from, err := openZIPFile(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	n, err := into.ReadFrom(io.LimitReader(from, min(MaxBlob, *left)+1))
	switch *left -= n; {
	case err != nil:
		return err
	case n > MaxBlob:
		return errLongFile
	case *left < 0:
		return fmt.Errorf("with it, the files have more than %d MB together", maxUnpacked>>20)
	}
	return nil
}

var errLongFile = fmt.Errorf("it is longer than %d MB", MaxBlob>>20)

// fileUnit names a unit. Telegram takes no empty files.
func fileUnit(name string, content []byte) (FileUnit, error) {
	switch {
	case len(content) == 0:
		return FileUnit{}, errors.New("it is empty")
	case len(content) > MaxBlob:
		return FileUnit{}, errLongFile
	}
	return NewFileUnit(name, content), nil
}

// canonicalFile is the form by which units that are files are compared: by their bytes alone.
func canonicalFile(unit string) (string, bool) {
	if !strings.HasPrefix(unit, fileMark) {
		return "", false
	}
	end := min(len(fileMark)+hex.EncodedLen(sha256.Size), len(unit))
	return unit[:end], true
}
