package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cespare/xxhash/v2"
)

// The journal is where a commit goes first: one write at the end of a file, and one flush. It is two files beside the
// database, written in turn: while what the one holds is being moved into the database, the other one is written
// to; then that is moved, and the first is begun anew from its start, over what it held. Files keep their length
// as long as the shop runs, since a flush of what was there before takes half the time of one that makes a file longer.
//
// A file begins with a block that says whose it is; then it is a row of frames, each at a multiple of 4 KiB, so that no
// write touches what was acknowledged before:
//
//	magic (8) · number (8) · sum of the frame before (8) · sum (8) · length (8) · entries (see layer.go)
//
// Numbers are big-endian. Frames are numbered one by one, through both files and for the whole life of the database. The
// sum is XXH64 of all the rest, with a seed that is made of the shop's secret, so that nothing that people send us can
// pass for a frame. That of the frame before ties each to one history: the database file says with which frame
// it ends (mark.go), and only the one that follows this very frame may follow.

const (
	journalMagic  = 0x73686f706a6e6c31 // "shopjnl1"
	fileMagic     = 0x73686f7066696c31 // "shopfil1"
	frameHeader   = 40
	journalBlock  = 4 << 10
	journalGrowth = 256 << 10 // by how much a file becomes longer, at least
	maxFrame      = 1 << 30   // many times what a commit comes to
)

// position is a place in a journal: behind the frame of that number. sum is that frame's.
type position struct{ number, sum uint64 }

// journalPaths are the files of the journal of the database at path. They lie beside the file itself, whatever links lead to it.
func journalPaths(path string) [2]string {
	if is, err := filepath.EvalSymlinks(path); err == nil {
		path = is
	}
	return [2]string{path + ".journal-1", path + ".journal-2"}
}

// journal is written by the goroutine that commits, or on its behalf.
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
	// marked says that the database file knows of the journal. Without that nothing is written to it.
	marked bool
}

type journalFile struct {
	*os.File // nil until it is needed
	length   int64
}

// newFrame begins a frame in the room of another. Entries are to be appended to it.
func newFrame(room []byte) []byte {
	return append(room[:0], make([]byte, frameHeader)...)
}

// inUse reports whether there are files.
func (j *journal) inUse() bool { return j.files[1].File != nil }

// used is how much of the file that is written to is used.
func (j *journal) used() int64 { return j.at - journalBlock }

// writeOut is a frame on its way to the disk.
type writeOut struct {
	file  *journalFile
	frame []byte
	at    int64
	end   position
}

// prepare makes a frame ready to be written next.
func (j *journal) prepare(frame []byte) writeOut {
	end := seal(frame, j.end, j.seed)
	return writeOut{file: &j.files[j.turn], frame: pad(frame), at: j.at, end: end}
}

// write has the disk keep a frame. Nothing but the frame's file is touched, and of that its length.
func (j *journal) write(w writeOut) error {
	if len(w.frame) > maxFrame {
		return fmt.Errorf("%d bytes in one commit, which are more than %d", len(w.frame), maxFrame)
	}
	if err := w.file.put(w.frame, w.at); err != nil {
		return err
	}
	return j.flush(w.file.File)
}

// wrote takes note of how a write ended. After an error it is as if the frame had never been written, but for this: it
// may be on disk all the same, so what is written next has to take its place.
func (j *journal) wrote(w writeOut, err error) error {
	if j.doubtful = err != nil; err == nil {
		j.at, j.end = w.at+int64(len(w.frame)), w.end
	}
	return err
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

// firstBlock is what the file of that number begins with.
func firstBlock(number int, seed uint64) []byte {
	block := binary.BigEndian.AppendUint64(nil, fileMagic)
	block = binary.BigEndian.AppendUint64(block, uint64(number)) //nolint:gosec // 0 or 1
	var d xxhash.Digest
	d.ResetWithSeed(seed)
	_, _ = d.Write(block) // a hash never fails
	return pad(d.Sum(block))
}

// make makes both files, on disk and by their names. Files of before are none of its.
func (j *journal) make() error {
	for i, path := range j.paths {
		if j.files[i].File != nil {
			continue
		}
		file, err := j.open(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		block := firstBlock(i, j.seed)
		_, err = file.WriteAt(block, 0)
		if err == nil {
			err = j.flush(file)
		}
		if err != nil {
			return errors.Join(err, file.Close(), os.Remove(path))
		}
		j.files[i] = journalFile{File: file, length: int64(len(block))}
	}
	return syncDirectory(filepath.Dir(j.paths[0]))
}

// change has the other file written to, from its start on: what that holds is in the database.
func (j *journal) change() error {
	if j.doubtful { // what is not known to be there, nor not, may not be followed by another file
		w := j.prepare(newFrame(nil))
		if err := j.wrote(w, j.write(w)); err != nil {
			return err
		}
	}
	j.turn, j.at = 1-j.turn, journalBlock
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
