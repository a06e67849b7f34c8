package storage

import (
	"shopbot/internal/catalog"
)

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

// checkFiles reads all files that were sent in the chat.
func (c *checker) checkFiles() {
	c.scan(bucketFiles, nil, nil, func(name, _ []byte) bool {
		if _, err := c.keptFile(string(name)); err != nil {
			c.breach("%v", err)
		}
		return true
	})
}
