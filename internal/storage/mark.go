package storage

import "encoding/binary"

// mark is what the database file says of its journal.
type mark struct {
	has position // where it ends of what is in the file
	// open says that the journal may hold more. Then it has to be there. Without it the file is whole by itself, and
	// a journal beside it is none of its: a backup has no mark, nor has a database that was closed.
	open bool
}

func markName() []byte { return []byte("journal") }

const markLength = 17

func (m mark) encode() []byte {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, m.has.number), m.has.sum)
	if m.open {
		return append(b, 1)
	}
	return append(b, 0)
}

func decodeMark(b []byte) (m mark) {
	if len(b) == markLength {
		m.has = position{number: binary.BigEndian.Uint64(b), sum: binary.BigEndian.Uint64(b[8:])}
		m.open = b[16] != 0
	}
	return m
}

// mark reads the mark of a database.
func (db *DB) mark(schema uint32) (m mark, secret []byte, err error) {
	if schema < withJournal {
		return mark{}, nil, nil
	}
	err = db.look(func(t *tx) error {
		m = decodeMark(t.get(meta, markName()))
		secret = append([]byte(nil), t.get(meta, secretName())...)
		return t.failed
	})
	return m, secret, err
}

// useJournal makes sure that the journal is there, and that the database file says so, before the first frame is written.
func (db *DB) useJournal() (err error) {
	if db.journal.marked {
		return nil
	}
	defer surviveDamage(&err, &db.broken)()
	if err := db.journal.make(); err != nil {
		return err
	}
	db.letGo()
	if err := db.setMark(true); err != nil {
		return err
	}
	db.journal.marked = true
	return nil
}

// leaveJournal makes the file say that it is whole by itself, once all of the journal is in it. The first two pages of
// the file tell, in turn, of the last transaction and the one before, which is taken where the other page is
// damaged: done twice, both of them say so.
func (db *DB) leaveJournal() error {
	db.journal.marked = false
	return db.setMark(false)
}

func (db *DB) setMark(open bool) error {
	err := db.settle()
	if err == nil {
		err = moveInto(db.bolt, newLayer(), mark{db.mover.has, open})
		db.unsettled = err != nil
	}
	db.tell(err)
	return err
}
