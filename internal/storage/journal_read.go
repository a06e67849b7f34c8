package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errJournal says that a journal and its database do not belong together, or that a part of it is lost.
var errJournal = fmt.Errorf("%w: its journal", ErrDamaged)

// journalSeed is what sums of frames begin with.
func journalSeed(secret []byte) uint64 {
	sum := sha256.Sum256(append([]byte("journal"), secret...))
	return binary.BigEndian.Uint64(sum[:])
}

// readJournal reads what is newer than after into a layer, and tells where the journal ends. Of what was being written
// when the power failed it takes no notice: that was not acknowledged. errJournal where a part of the journal
// that was acknowledged cannot be read, where a file of it is missing, and where it is another database's.
func readJournal(paths [2]string, after position, seed uint64) (*layer, position, error) {
	r := journalReader{seed: seed, end: after, found: newLayer()}
	for i, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // beside the database
		name := filepath.Base(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, after, fmt.Errorf("%w %s is missing", errJournal, name)
		case err != nil:
			return nil, after, err
		case !bytes.HasPrefix(content, firstBlock(i, seed)):
			return nil, after, fmt.Errorf("%w %s is that of another database, or damaged", errJournal, name)
		}
		r.files[i] = content[journalBlock:]
	}
	for some := true; some; {
		some = r.file(0) || r.file(1) // the one that goes on where the other ended
	}
	for i, path := range paths {
		if beyond := r.beyond(r.files[i]); beyond > 0 && r.failed == nil {
			r.failed = fmt.Errorf("%w %s goes on with number %d, and what comes after number %d is not there", errJournal, filepath.Base(path), beyond, r.end.number)
		}
	}
	return r.found, r.end, r.failed
}

type journalReader struct {
	seed   uint64
	files  [2][]byte
	end    position
	found  *layer
	failed error
}

// file reads a file whose first frame is the next one, up to where it is no longer so. It reports whether there was any.
func (r *journalReader) file(i int) (some bool) {
	content := r.files[i]
	for {
		frame := wholeFrame(content, r.seed)
		if frame == nil || binary.BigEndian.Uint64(frame[8:]) != r.end.number+1 {
			return some
		}
		if binary.BigEndian.Uint64(frame[16:]) != r.end.sum {
			r.failed = fmt.Errorf("%w is that of another copy of it", errJournal)
			return false
		}
		if err := r.found.replay(bytes.Clone(frame[frameHeader:])); err != nil {
			r.failed = fmt.Errorf("%w, number %d: %w", errJournal, r.end.number+1, err)
			return false
		}
		r.end = position{number: r.end.number + 1, sum: binary.BigEndian.Uint64(frame[24:])}
		content = content[blocks(int64(len(frame))):]
		some = true
	}
}

// wholeFrame is the frame that content begins with; nil where that is none, or not whole.
func wholeFrame(content []byte, seed uint64) []byte {
	if len(content) < frameHeader || binary.BigEndian.Uint64(content) != journalMagic {
		return nil
	}
	length := binary.BigEndian.Uint64(content[32:])
	if length > maxFrame || blocks(int64(frameHeader+length)) > int64(len(content)) {
		return nil
	}
	frame := content[:frameHeader+length]
	if frameSum(frame, seed) != binary.BigEndian.Uint64(frame[24:]) {
		return nil
	}
	return frame
}

// beyond looks for a frame that comes after the end and was not reached, and tells its number; 0 for none. At most
// one frame can be cut off by a power failure, the last one, since each is on disk before the next is begun.
func (r *journalReader) beyond(content []byte) uint64 {
	for len(content) >= journalBlock {
		if binary.BigEndian.Uint64(content) == journalMagic {
			if n := binary.BigEndian.Uint64(content[8:]); n > r.end.number && wholeFrame(content, r.seed) != nil {
				return n
			}
		}
		content = content[journalBlock:]
	}
	return 0
}
