package storage

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// pagesOf reads a database as bytes.
func pagesOf(t *testing.T, content []byte) *pages {
	t.Helper()
	path := inTemp(t)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	p, err := readPages(file)
	require.NoError(t, err)
	return p
}

// idlePages are those that hold nothing.
func idlePages(t *testing.T, p *pages) map[uint64]bool {
	t.Helper()
	_, free, err := p.freePages()
	require.NoError(t, err)
	idle := map[uint64]bool{}
	for _, id := range free {
		idle[id] = true
	}
	return idle
}

// A branch that leads back to itself: bbolt would descend until the stack is full, and
// nothing can recover from that.
func TestATreeThatLeadsInACircleIsRefused(t *testing.T) {
	content := inUse(t, filled(t))
	p, circles := pagesOf(t, content), 0
	idle := idlePages(t, p)
	for id := uint64(2); id < p.meta.pages; id++ {
		pg, err := p.page(id)
		if err != nil || pg.kind != branchPage || idle[id] {
			continue
		}
		circles++
		for i := range pg.count {
			circle := bytes.Clone(content)
			element := circle[int(id*p.meta.pageSize)+pageHeader+i*elementBytes:]
			binary.NativeEndian.PutUint64(element[8:], id)
			path := inTemp(t)
			require.NoError(t, os.WriteFile(path, circle, 0o600))
			require.ErrorIs(t, inspect(t.Context(), path), ErrDamaged)
			_, err := Open(t.Context(), path)
			require.ErrorIs(t, err, ErrDamaged)
		}
	}
	require.Positive(t, circles)
}

func TestALostPageThatIsInUseIsNeverSound(t *testing.T) {
	content := inUse(t, filled(t))
	p := pagesOf(t, content)
	idle := idlePages(t, p)
	for id := uint64(2); id < p.meta.pages; id++ {
		for kind, b := range map[string]byte{"zeros": 0, "garbage": 0xa5} {
			lost := overwritten(content, int(id*p.meta.pageSize), int((id+1)*p.meta.pageSize))
			if b == 0 {
				clear(lost[id*p.meta.pageSize : (id+1)*p.meta.pageSize])
			}
			said := 0
			q := pagesOf(t, lost)
			q.check(func(string) { said++ })
			require.Equal(t, !idle[id], said > 0, "%s in page %d, free: %t", kind, id, idle[id])
		}
	}
}

// bbolt would ask the system for as much memory as the list says, and end the process where there is not so much.
func TestAListOfFreePagesThatCannotBeIsRefused(t *testing.T) {
	content := inUse(t, filled(t))
	p := pagesOf(t, content)
	at := p.meta.freelist * p.meta.pageSize
	for name, harm := range map[string]func(list []byte){
		"longer than the file": func(list []byte) {
			binary.NativeEndian.PutUint16(list[10:], manyFree)
			binary.NativeEndian.PutUint64(list[pageHeader:], 1<<40)
		},
		"beyond the end": func(list []byte) { binary.NativeEndian.PutUint64(list[pageHeader:], p.meta.pages) },
		"a first page":   func(list []byte) { binary.NativeEndian.PutUint64(list[pageHeader:], 1) },
	} {
		harmed := bytes.Clone(content)
		harm(harmed[at:])
		path := inTemp(t)
		require.NoError(t, os.WriteFile(path, harmed, 0o600))
		_, err := Open(t.Context(), path)
		require.ErrorIs(t, err, ErrDamaged, name)
		require.ErrorContains(t, err, "list of free pages")
	}
}
