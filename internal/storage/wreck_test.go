package storage

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"shopbot/internal/shop"
)

// wrecks is how many random places of a database are damaged; the long form takes 20,000.
var wrecks = flag.Int("wrecks", 40, "how many random places of a database are damaged")

// kindsOfDamage are what becomes of a stretch of a file.
func kindsOfDamage() map[string]func(r *rand.Rand, b []byte) {
	return map[string]func(r *rand.Rand, b []byte){
		"zeros":   func(_ *rand.Rand, b []byte) { clear(b) },
		"ones":    func(_ *rand.Rand, b []byte) { copy(b, bytes.Repeat([]byte{0xff}, len(b))) },
		"garbage": func(r *rand.Rand, b []byte) { noise(r, b) },
		"a flipped bit": func(r *rand.Rand, b []byte) {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		},
	}
}

func noise(r *rand.Rand, b []byte) {
	for i := range b {
		b[i] = byte(r.Uint32())
	}
}

// outcome is how a damaged database came to light.
type outcome string

const (
	refused  outcome = "refused when opened"
	reported outcome = "reported by check"
	harmless outcome = "sound"
)

// Whatever becomes of the file, opening it says so, or Check does, or nothing is wrong with it. It never ends the
// process, and a file that is refused stays as it was.
func TestADatabaseDamagedAnywhereIsRefusedOrReported(t *testing.T) {
	healthy := inUse(t, filled(t))
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1)) //nolint:gosec // a place in a file
	counts := map[outcome]int{}
	wreck := func(name string, content []byte) {
		counts[survive(t, name, content)]++
	}
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
	for _, o := range []outcome{refused, reported, harmless} {
		require.Positive(t, counts[o], o)
	}
}

// inUse is a database without the spare room at its end.
func inUse(t *testing.T, content []byte) []byte {
	t.Helper()
	path, copied := inTemp(t), bytes.Buffer{}
	require.NoError(t, os.WriteFile(path, content, 0o600))
	require.NoError(t, CopyClosed(t.Context(), path, &copied))
	return copied.Bytes()
}

// survive uses a damaged database as a shop does, and tells what became of it.
func survive(t *testing.T, name string, content []byte) outcome {
	t.Helper()
	path := inTemp(t)
	defer func() { _ = os.Remove(path) }()
	require.NoError(t, os.WriteFile(path, content, 0o600))
	db, err := Open(t.Context(), path, WithRandom(nobodysSecret{}))
	if err != nil {
		require.NotErrorIs(t, err, errNewShop, name)
		require.ErrorContains(t, err, path)
		if !errors.Is(err, ErrNewer) { // a bit of the number that says so
			require.True(t, errors.Is(err, ErrDamaged) || errors.Is(err, ErrNotOurs), "%s: %v", name, err)
			require.ErrorContains(t, err, "shopbot restore FILE", name)
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
	use(t, db, name, breaches == 0)
	_ = db.Close() // may say that it is broken, which is known
	if breaches > 0 {
		return reported
	}
	return harmless
}

// use reads and writes wherever a shop does. Where the database is sound, all of it works.
func use(t *testing.T, db *DB, name string, sound bool) {
	t.Helper()
	var errs []error
	for n := int64(0); n < 100; n += 7 {
		_, err := db.Order(t.Context(), draft(n).ID)
		errs = append(errs, err)
	}
	_, err := db.Orders(t.Context(), shop.Filter{Limit: 1000})
	errs = append(errs, err)
	_, err = db.Claim(t.Context(), shop.TaskDeliver, time.Now(), time.Now().Add(time.Hour), 10)
	errs = append(errs, err, sell(t.Context(), db, 5000, func(string) {}))
	for _, err := range errs {
		if sound {
			require.NoError(t, err, name)
		}
	}
}

// nobodysSecret refuses to make a new shop's secret.
type nobodysSecret struct{}

var errNewShop = errors.New("a new shop was begun")

func (nobodysSecret) Read([]byte) (int, error) { return 0, errNewShop }

func TestADatabaseThatHoldsNothingAnyMoreIsNoNewShop(t *testing.T) {
	path := inTemp(t)
	db, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, db.bolt.Update(func(tx *bbolt.Tx) error {
		var names [][]byte
		_ = tx.ForEach(func(name []byte, _ *bbolt.Bucket) error { names = append(names, bytes.Clone(name)); return nil })
		for _, name := range names {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		return nil
	}))
	_ = db.Close() // has no place to write to where its journal ended
	empty := inTemp(t)
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	for path, says := range map[string]string{path: "it was written to, and holds nothing", empty: "the file is empty"} {
		_, err = Open(t.Context(), path)
		require.ErrorIs(t, err, ErrDamaged)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "shopbot restore FILE")
	}
}
