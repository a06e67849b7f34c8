package storage

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// crashes is how many random histories are gone through; the long form takes 1,000.
var crashes = flag.Int("crashes", 8, "how many random histories of crashes are gone through")

// history is a database that is written to, closed, and crashes at random, on a disk that fails at random; and what was
// acknowledged, which is what has to be there.
type history struct {
	t    *testing.T
	r    *rand.Rand
	db   *DB
	path string

	// durable maps: a file of the journal => what the disk has of it for certain.
	durable map[string][]byte
	failing bool
	held    *bbolt.Tx // keeps a checkpoint from going on
	written int
	acked   map[string]string
	// maybe is what it could be as well: what was refused may have come to the disk.
	maybe []map[string]string
	told  []string
}

func TestWhateverHappensWhatWasAcknowledgedIsThere(t *testing.T) {
	first := uint64(time.Now().UnixNano())
	for n := range uint64(*crashes) {
		h := &history{
			t: t, r: rand.New(rand.NewPCG(first+n, 1)), acked: map[string]string{}, //nolint:gosec // a history that can be told again
			told: []string{fmt.Sprintf("history %d", first+n)},
		}
		h.open(inTemp(t))
		moves := []func(){
			h.write, h.write, h.write, h.write, h.write, h.write, h.disturb, h.hold, h.release, h.move, h.crash, h.crash, h.close,
		}
		for range 40 {
			moves[h.r.IntN(len(moves))]()
		}
		h.end()
	}
}

func (h *history) tell(format string, args ...any) {
	h.told = append(h.told, fmt.Sprintf(format, args...))
}

func (h *history) open(path string) {
	h.t.Helper()
	h.path, h.durable = path, map[string][]byte{}
	for _, file := range journalPaths(path) {
		if content, err := os.ReadFile(file); err == nil {
			h.durable[file] = content
		}
	}
	var err error
	h.db, err = Open(h.t.Context(), path, calm, func(s *settings) { s.flush = h.flush })
	require.NoError(h.t, err, "%q", h.told)
	h.same()
}

// flush is the disk's: where it fails, what was written may be there nevertheless.
func (h *history) flush(f *os.File) error {
	content, err := os.ReadFile(f.Name())
	if err != nil {
		return err
	}
	if !h.failing || h.r.IntN(2) == 0 {
		h.durable[f.Name()] = content
	}
	if h.failing {
		return errors.New("the flush failed")
	}
	return nil
}

// same asserts that the database holds what was acknowledged.
func (h *history) same() {
	h.t.Helper()
	got := map[string]string{}
	require.NoError(h.t, h.db.read(h.t.Context(), func(t *tx) error {
		t.scan(notes, nil, nil, func(k, v []byte) bool {
			got[string(k)] = string(v)
			return true
		})
		return t.failed
	}))
	for _, want := range append(h.maybe, h.acked) {
		if maps.Equal(got, want) {
			h.acked, h.maybe = got, nil
			return
		}
	}
	require.Fail(h.t, "something that was acknowledged is not there", "%q", h.told)
}

// write sets a note, or removes one that may not be there.
func (h *history) write() {
	h.written++
	next := maps.Clone(h.acked)
	key := fmt.Sprint(h.r.IntN(6))
	var value []byte
	if h.r.IntN(4) > 0 {
		value = bytes.Repeat(fmt.Appendf(nil, "%d ", h.written), 1+h.r.IntN(2)*h.r.IntN(4000))
		next[key] = string(value)
	} else {
		delete(next, key)
	}
	err := h.db.SetNote(h.t.Context(), key, value)
	h.tell("write %s, %d bytes: %v", key, len(value), err)
	if err != nil {
		h.maybe = append(h.maybe, next)
		return
	}
	h.acked, h.maybe = next, nil
}

func (h *history) disturb() {
	h.failing = !h.failing
	h.tell("flushes fail: %t", h.failing)
}

// hold begins a checkpoint and keeps it from going on.
func (h *history) hold() {
	marked := false
	require.NoError(h.t, h.db.call(h.t.Context(), func() { marked = h.db.journal.marked }))
	if h.held != nil || h.failing || !marked {
		return
	}
	var err error
	h.held, err = h.db.bolt.Begin(true)
	require.NoError(h.t, err)
	require.NoError(h.t, h.db.call(h.t.Context(), func() { h.db.wait(make(chan error, 1)) }))
	h.tell("a checkpoint is held up")
}

func (h *history) release() {
	if h.held != nil {
		require.NoError(h.t, h.held.Rollback())
		h.held = nil
		h.move()
	}
}

func (h *history) move() {
	if h.held == nil {
		h.tell("checkpoint: %v", h.db.moveAll(h.t.Context()))
	}
}

func (h *history) close() {
	if h.held == nil {
		h.tell("close: %v", h.db.Close())
		h.failing = false
		h.open(h.path)
	}
}

// crash goes on with what a crash would leave of the files.
func (h *history) crash() {
	to := h.image()
	h.end()
	h.open(to)
}

func (h *history) end() {
	h.failing = false
	if h.held != nil {
		require.NoError(h.t, h.held.Rollback())
		h.held = nil
	}
	require.NoError(h.t, h.db.Close())
	require.NoError(h.t, os.RemoveAll(filepath.Dir(h.path)))
}

// image is a copy of the files after the process was killed, or the power failed: then of what was not flushed there is
// nothing, or some sectors.
func (h *history) image() string {
	to := crashed(h.t, h.path)
	kind := h.r.IntN(3)
	h.tell("crash of kind %d, a checkpoint held up: %t", kind, h.held != nil)
	for i, file := range journalPaths(h.path) {
		now, err := os.ReadFile(file)
		if err != nil || kind == 0 {
			continue
		}
		safe := h.durable[file]
		if kind == 2 {
			safe = h.mixed(safe, now)
		}
		require.NoError(h.t, os.WriteFile(journalPaths(to)[i], safe, 0o600)) //nolint:gosec // a test's own directory
	}
	return to
}

// mixed has of each sector what is safe, or what was written since.
func (h *history) mixed(safe, now []byte) []byte {
	const sector = 512
	mixed := bytes.Clone(now[:max(len(safe), h.r.IntN(len(now)+1))])
	for at := 0; at < len(mixed); at += sector {
		if end := min(at+sector, len(mixed)); h.r.IntN(2) == 0 {
			clear(mixed[at:end])
			if at < len(safe) {
				copy(mixed[at:end], safe[at:])
			}
		}
	}
	return mixed
}
