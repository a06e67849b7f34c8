package storage

import (
	"errors"
	"sync/atomic"

	berrors "go.etcd.io/bbolt/errors"
)

// newest is what is newer than the database file, as it was at one moment.
type newest struct {
	active *layer // what the commits add to
	frozen *layer // what a checkpoint is moving; nil where none is
	// era counts how often a layer was frozen or moved.
	era uint64
}

// layers holds what is newest now. It is changed by the goroutine that commits alone.
type layers struct{ now atomic.Pointer[newest] }

func (l *layers) load() *newest { return l.now.Load() }

func (l *layers) begin(frozen *layer) { l.now.Store(&newest{active: newLayer(), frozen: frozen}) }

// advance makes visible what a commit has written.
func (l *layers) advance(active *layer) {
	n := l.load()
	l.now.Store(&newest{active: active, frozen: n.frozen, era: n.era})
}

func (l *layers) freeze() {
	n := l.load()
	l.now.Store(&newest{active: newLayer(), frozen: n.active, era: n.era + 1})
}

func (l *layers) moved() {
	n := l.load()
	l.now.Store(&newest{active: n.active, era: n.era + 1})
}

// view is the database as it is now, whatever happens afterwards, until its file is rolled back. The file may be newer
// than the layers by what the frozen one says, and no more, or what is seen would be of different moments: so it is
// looked at within one era.
func (db *DB) view() (*batch, error) {
	for {
		n := db.layers.load()
		file, err := db.bolt.Begin(false)
		if errors.Is(err, berrors.ErrDatabaseNotOpen) {
			return nil, ErrClosed
		}
		if err != nil {
			return nil, err
		}
		if db.layers.load().era == n.era {
			return newBatch(file, n.active, n.frozen, &db.cache), nil
		}
		if err := file.Rollback(); err != nil {
			return nil, err
		}
	}
}
