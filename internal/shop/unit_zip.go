package shop

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// maxZIPFiles is how many files a ZIP of units may have. Together with MaxUnitBytes and
// MaxListBytes it bounds what unpacking takes.
const maxZIPFiles = 100_000

// zipSeparator is the line between units from a ZIP. A unit cannot have it: control characters are
// refused.
const zipSeparator = "\x1e"

// readZIP reads one unit a file, in the order of the archive.
func readZIP(content []byte) (UnitList, error) {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return UnitList{}, fmt.Errorf("%w: the ZIP cannot be read: %w", ErrBadUnits, err)
	}
	if len(archive.File) > maxZIPFiles {
		return UnitList{}, fmt.Errorf("%w: the ZIP has %d files, and %d are the most", ErrBadUnits, len(archive.File), maxZIPFiles)
	}
	var text []byte
	for _, file := range archive.File {
		switch {
		case file.Name == "[Content_Types].xml" || file.Name == "mimetype":
			return UnitList{}, fmt.Errorf("%w: it is an Office document; save its text as UTF-8, one unit a line", ErrBadUnits)
		case isLitter(file):
			continue
		}
		unit, err := readZIPFile(file)
		if err != nil {
			return UnitList{}, fmt.Errorf("%w: file %q of the ZIP: %w", ErrBadUnits, file.Name, err)
		}
		if len(text)+len(unit) > MaxListBytes {
			return UnitList{}, fmt.Errorf("%w: its files have more than %d MB together", ErrBadUnits, MaxListBytes>>20)
		}
		text = append(append(text, unit...), "\n"+zipSeparator+"\n"...)
	}
	return ParseUnits(text, zipSeparator)
}

// isLitter reports whether an entry of a ZIP is no file that somebody put there.
func isLitter(file *zip.File) bool {
	name := path.Base(file.Name)
	return file.FileInfo().IsDir() || strings.HasPrefix(name, ".") || strings.HasPrefix(file.Name, "__MACOSX/") ||
		strings.EqualFold(name, "thumbs.db") || strings.EqualFold(name, "desktop.ini")
}

func openZIPFile(file *zip.File) (io.ReadCloser, error) {
	const encrypted = 1
	if file.Flags&encrypted != 0 {
		return nil, errors.New("it is encrypted; make the ZIP without a password")
	}
	return file.Open()
}

// readZIPFile reads one unit. Nothing beyond the longest unit is unpacked.
func readZIPFile(file *zip.File) (unit []byte, err error) {
	from, err := openZIPFile(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	const most = 2*MaxUnitBytes + 2 // in UTF-16, with its mark
	content, err := io.ReadAll(io.LimitReader(from, most+1))
	if err != nil {
		return nil, err
	}
	text, err := readText(content)
	if len(content) > most && err == nil {
		return nil, fmt.Errorf("it is longer than %d bytes", MaxUnitBytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%w; goods that are files themselves need stock: {files: true} in the catalog", err)
	}
	unit, _ = trimBlock(withPlainLineEnds(text))
	switch {
	case len(unit) == 0:
		return nil, errors.New("it is empty")
	case len(unit) > MaxUnitBytes:
		return nil, fmt.Errorf("it is longer than %d bytes", MaxUnitBytes)
	case bytes.ContainsFunc(unit, isControl):
		return nil, errors.New("it holds a control character")
	}
	return unit, nil
}
