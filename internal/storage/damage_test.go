package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// wrecks is how many random places of a database are damaged in the tests.
var wrecks = flag.Int("wrecks", 40, "how many random places of a database are damaged")

// kindsOfDamage are what becomes of a stretch of a file.
func kindsOfDamage() map[string]func(r *rand.Rand, b []byte) {
	return map[string]func(r *rand.Rand, b []byte){
		"zeros": func(_ *rand.Rand, b []byte) { clear(b) },
		"ones":  func(_ *rand.Rand, b []byte) { copy(b, bytes.Repeat([]byte{0xff}, len(b))) },
		"garbage": func(r *rand.Rand, b []byte) {
			for i := range b {
				b[i] = byte(r.Uint32())
			}
		},
		"a flipped bit": func(r *rand.Rand, b []byte) { b[r.IntN(len(b))] ^= 1 << r.IntN(8) },
	}
}

// finding is how a damaged database came to light.
type finding string

const (
	refused  finding = "refused when opened"
	reported finding = "reported by check"
	harmless finding = "sound"
)

// Whatever becomes of the file, opening it says so, or Check does, or nothing is wrong with it. It
// never ends the process, and a file that is refused stays as it was.
func TestADatabaseDamagedAnywhereIsRefusedOrReported(t *testing.T) {
	t.Parallel()
	healthy := filledWith(t, 60, nil)
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a place in a file
	counts := map[finding]int{}
	wreck := func(name string, content []byte) { counts[survive(t, name, content)]++ }
	for at := 0; at < len(healthy); at += 4096 {
		wreck(fmt.Sprintf("cut off at %d", at), healthy[:at])
		wreck(fmt.Sprintf("cut off at %d", at+100), healthy[:at+100])
		for kind, damage := range kindsOfDamage() {
			content := bytes.Clone(healthy)
			damage(r, content[at:at+4096])
			wreck(fmt.Sprintf("%s in page %d", kind, at/4096), content)
		}
	}
	for range *wrecks {
		for kind, damage := range kindsOfDamage() { // what a disk loses is a sector
			content := bytes.Clone(healthy)
			at := r.IntN(len(content)/512) * 512
			damage(r, content[at:at+512])
			wreck(fmt.Sprintf("%s in sector %d", kind, at/512), content)
		}
	}
	t.Log(counts)
	for _, o := range []finding{refused, reported, harmless} {
		require.Positive(t, counts[o], o)
	}
}

// survive uses a damaged database as a shop does, and tells what became of it.
func survive(t *testing.T, name string, content []byte) finding {
	t.Helper()
	path := written(t, content)
	defer func() { _ = os.Remove(path) }()
	db, err := Open(t.Context(), path)
	if err != nil {
		require.ErrorContains(t, err, path)
		if !errors.Is(err, ErrOtherVersion) { // a bit of the number that says so
			require.True(t, errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotOurs), "%s: %v", name, err)
			require.ErrorContains(t, err, "shopbot restore", name)
		}
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.True(t, bytes.Equal(content, after), "%s: the file was changed", name)
		return refused
	}
	breaches := 0
	err = db.Check(t.Context(), func(string) { breaches++ })
	if err != nil {
		require.ErrorIs(t, err, ErrDamaged, name)
		breaches++
	}
	useAll(t, db, name, breaches == 0)
	_ = db.Close() // may say that it is broken, which is known
	if breaches > 0 {
		return reported
	}
	return harmless
}

// useAll reads and writes wherever a shop does. If the database is sound, all of it works and tells
// the truth.
func useAll(t *testing.T, db *DB, name string, sound bool) {
	t.Helper()
	var errs []error
	for n := int64(0); n < 60; n += 7 {
		o, err := db.Order(t.Context(), draft(n).ID)
		errs = append(errs, err)
		if sound {
			require.Equal(t, []string{fmt.Sprint("key ", n)}, o.Lines[0].Goods, name)
		}
	}
	_, err := db.Orders(t.Context(), shop.Filter{Limit: 1000})
	errs = append(errs, err)
	_, err = db.Claim(t.Context(), shop.TaskDeliver, time.Now(), time.Now().Add(time.Hour), 10)
	errs = append(errs, err, sell(t.Context(), db, 5000))
	for _, err := range errs {
		if sound {
			require.NoError(t, err, name)
		}
	}
}

// What bbolt's own check passes over, or would not come back from.
func TestDamageThatBboltDoesNotFindIsFound(t *testing.T) {
	t.Parallel()
	content := filledWith(t, 200, nil)
	for name, harm := range map[string]struct {
		kind byte // of the page
		do   func(page []byte)
	}{
		"a list of free pages that is longer": {0x10, func(page []byte) { page[12] |= 1 }},
		"a key that is longer than the file":  {branchKind, func(page []byte) { page[pageHeader+6] |= 0x10 }},
		"a page that leads to itself":         {branchKind, func(page []byte) { copy(page[pageHeader+8:pageHeader+16], page) }},
		"an entry that is longer":             {leafKind, func(page []byte) { page[pageHeader+14] |= 0x10 }},
	} {
		found := 0
		for at := 2 * 4096; at < len(content); at += 4096 {
			if content[at+8] != harm.kind || content[at+10] == 0 && harm.kind != 0x10 ||
				binary.NativeEndian.Uint64(content[at:]) != uint64(at/4096) {
				continue
			}
			damaged := bytes.Clone(content)
			harm.do(damaged[at : at+4096])
			if _, err := Examine(t.Context(), written(t, damaged), func(string) {}); err != nil {
				require.ErrorIs(t, err, ErrDamaged, name)
				found++
			}
		}
		require.Positive(t, found, name) // pages that are not in use any more are harmless
	}
}

func TestAFileThatIsDamagedLaterIsAnErrorAndNoCrash(t *testing.T) {
	path := written(t, filledWith(t, 60, nil))
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.SetNote(t.Context(), "before", []byte("x")))
	require.NoError(t, os.Truncate(path, 2*4096))
	for range 2 {
		_, err = db.Order(t.Context(), draft(40).ID)
		require.ErrorIs(t, err, ErrDamaged)
		require.ErrorContains(t, err, path)
		_, _, err = db.Checkout(t.Context(), draft(500), time.Now(), anybody)
		require.ErrorIs(t, err, ErrDamaged)
		require.ErrorIs(t, db.SetNote(t.Context(), "a", []byte("x")), ErrDamaged)
	}
	require.NoError(t, os.Truncate(path, 0))
	_, err = db.Order(t.Context(), draft(40).ID)
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorIs(t, db.SetNote(t.Context(), "a", []byte("x")), ErrDamaged)
	require.ErrorIs(t, db.Trouble(), ErrDamaged)
	require.ErrorIs(t, db.Writable(t.Context()), ErrDamaged)
	require.ErrorIs(t, db.Close(), ErrDamaged)
}
