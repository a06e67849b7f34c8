package storage

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
)

// The journal is where a commit goes first: one write at the end of a file, and one flush. It is two files beside the
// database, written in turn: while what the one holds is being moved into the database, the other one is written
// to; then that is moved, and the first is begun anew from its start, over what it held. Files keep their length
// as long as the shop runs, since a flush of what was there before takes half the time of one that makes a file longer.
//
// A file is a row of frames, each at a multiple of 4 KiB, so that no write touches what was acknowledged before:
//
//	magic (8) · number (8) · sum of the frame before (8) · sum (8) · length (8) · entries (see layer.go)
//
// Numbers are big-endian. Frames are numbered one by one, through both files. The sum is XXH64 of all the rest,
// with a seed that is made of the shop's secret, so that nothing that people send us can pass for a frame. That of the
// frame before ties each to one history: the database file says with which frame it ends (journalName), and
// only the one that follows this very frame may follow.

const (
	journalMagic  = 0x73686f706a6e6c31 // "shopjnl1"
	frameHeader   = 40
	journalBlock  = 4 << 10
	journalGrowth = 256 << 10 // by how much a file becomes longer, at least
	maxFrame      = 1 << 30   // many times what a commit comes to
)

// position is a place in a journal: behind the frame of that number. sum is that frame's.
type position struct{ number, sum uint64 }

const positionBytes = 16

func journalName() []byte { return []byte("journal") }

func (p position) encode() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, p.number), p.sum)
}

func decodePosition(b []byte) (p position) {
	if len(b) == positionBytes {
		p.number, p.sum = binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
	}
	return p
}

// journalPaths are the files of the journal of the database at path.
func journalPaths(path string) [2]string { return [2]string{path + ".journal-1", path + ".journal-2"} }

// journal is written by the goroutine that commits alone.
type journal struct {
	paths [2]string
	open  openFile
	flush func(*os.File) error
	files [2]journalFile
	turn  int // which of the two is written to
	at    int64
	end   position
	seed  uint64
	// doubtful says that what was written last is not known to be on disk, nor not to be.
	doubtful bool
}

type journalFile struct {
	*os.File // nil until it is needed
	length   int64
}

// newFrame begins a frame in the room of another. Entries are to be appended to it.
func newFrame(room []byte) []byte {
	return append(room[:0], make([]byte, frameHeader)...)
}

// write has the disk keep a frame. After an error it is as if it had never been written, but for this: it may be on
// disk all the same, so what is written next has to take its place.
func (j *journal) write(frame []byte) error {
	f, err := j.file()
	if err != nil {
		return err
	}
	end := seal(frame, j.end, j.seed)
	frame = pad(frame)
	j.doubtful = true
	if err := f.put(frame, j.at); err != nil {
		return err
	}
	if err := j.flush(f.File); err != nil {
		return err
	}
	j.doubtful = false
	j.at += int64(len(frame))
	j.end = end
	return nil
}

// seal fills in a frame's header.
func seal(frame []byte, after position, seed uint64) position {
	put := binary.BigEndian.PutUint64
	put(frame, journalMagic)
	put(frame[8:], after.number+1)
	put(frame[16:], after.sum)
	put(frame[32:], uint64(len(frame)-frameHeader)) //nolint:gosec // a length
	sum := frameSum(frame, seed)
	put(frame[24:], sum)
	return position{number: after.number + 1, sum: sum}
}

// frameSum is the sum of all of a frame but the sum.
func frameSum(frame []byte, seed uint64) uint64 {
	var d xxhash.Digest
	d.ResetWithSeed(seed)
	_, _ = d.Write(frame[:24]) // a hash never fails
	_, _ = d.Write(frame[32:])
	return d.Sum64()
}

// pad fills a frame up to whole blocks.
func pad(frame []byte) []byte {
	return append(frame, make([]byte, blocks(int64(len(frame)))-int64(len(frame)))...)
}

// blocks is the room that so many bytes take.
func blocks(length int64) int64 { return (length + journalBlock - 1) / journalBlock * journalBlock }

// put writes a frame, and makes the file longer where it has to, beyond what is needed now.
func (f *journalFile) put(frame []byte, at int64) error {
	if _, err := f.WriteAt(frame, at); err != nil {
		return err
	}
	end := at + int64(len(frame))
	if end <= f.length {
		return nil
	}
	f.length = end
	if _, err := f.WriteAt(make([]byte, journalGrowth), end); err == nil { // a full disk still has taken the frame
		f.length += journalGrowth
	}
	return nil
}

// file is the file to be written to, made where it is not there.
func (j *journal) file() (*journalFile, error) {
	f := &j.files[j.turn]
	if f.File != nil {
		return f, nil
	}
	file, err := j.open(j.paths[j.turn], os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syncDirectory(filepath.Dir(j.paths[j.turn])); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	length, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f.File, f.length = file, length
	return f, nil
}

// change has the other file written to, from its start on: what that holds is in the database.
func (j *journal) change() error {
	if j.doubtful {
		if err := j.write(newFrame(nil)); err != nil {
			return err
		}
	}
	j.turn, j.at = 1-j.turn, 0
	return nil
}

func (j *journal) close() (err error) {
	for i := range j.files {
		if f := &j.files[i]; f.File != nil {
			err = errors.Join(err, f.Close())
			f.File = nil
		}
	}
	return err
}

// removeJournal removes the files of a journal of which everything is in the database.
func removeJournal(paths [2]string) error {
	var errs []error
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
