package storage

import (
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// checkFileOf finds the file that a unit of goods or of stock refers to, if it is a file.
func (c *checker) checkFileOf(unit, of string) {
	f, is := shop.ParseFileUnit(unit)
	if !is {
		return
	}
	if size, err := c.keptFileSize(f.Blob()); err != nil || size != int64(f.Size) {
		c.breach("the file %q of %s is not there", f.Name, of)
	}
}

// checkRevisions reads all revisions of the catalog.
func (c *checker) checkRevisions() {
	next := int64(0)
	c.scan(bucketRevisions, nil, nil, func(key, record []byte) bool {
		n := toNumber(key)
		r, err := decode[catalog.Revision](record)
		if err == nil {
			_, err = r.Catalog()
		}
		switch {
		case err != nil:
			c.breach("catalog revision %d: %v", n, err)
		case r.Number != n:
			c.breach("catalog revision %d is the record of revision %d", n, r.Number)
		case next != 0 && n != next:
			c.breach("catalog revision %d is missing", next)
		}
		next = n + 1
		return true
	})
}

// checkFiles reads all files: those that were sent in the chat, and those that are goods, whose names
// are their hashes.
func (c *checker) checkFiles() {
	c.scan(bucketFiles, nil, nil, func(name, _ []byte) bool {
		content, err := c.keptFile(string(name))
		switch {
		case err != nil:
			c.breach("%v", err)
		case shop.IsBlob(string(name)) && shop.NewFileUnit("", content).Blob() != string(name):
			c.breach("file %s: its bytes are others", name)
		}
		return true
	})
}
