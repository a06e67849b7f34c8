package postgres

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/storage"
	"shopbot/internal/storage/postgres/pgtest"
)

// A transaction sees the entries of a sorted map with what it has written itself, whatever pages the
// server's entries come in, and whatever was expected.
func TestATransactionSeesASortedMap(t *testing.T) {
	server := pgtest.Start(t)
	engine, err := Open(t.Context(), server.Schema(t), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, engine.Close()) }()
	bucket, other := storage.Buckets()[0], storage.Buckets()[1]
	keys := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 0xfe, 0xff}), 1, 3)
	rapid.Check(t, func(t *rapid.T) {
		_, err := engine.pool.Exec(t.Context(), `TRUNCATE entries`)
		require.NoError(t, err)
		model := map[string]string{}
		for range rapid.IntRange(1, 3).Draw(t, "transactions") {
			writer, err := engine.Begin(t.Context())
			require.NoError(t, err)
			defer func() { _ = writer.Rollback() }()
			require.NoError(t, writer.Put(other, []byte("a"), []byte("of another bucket")))
			inside := maps.Clone(model)
			for range rapid.IntRange(0, 40).Draw(t, "steps") {
				key := keys.Draw(t, "key")
				switch rapid.IntRange(0, 5).Draw(t, "what") {
				case 0, 1:
					require.NoError(t, writer.Delete(bucket, key))
					delete(inside, string(key))
				case 2:
					writer.Expect(bucket, key, keys.Draw(t, "other key"))
					value, err := writer.Get(bucket, key)
					require.NoError(t, err)
					before, found := inside[string(key)]
					require.Equal(t, found, value != nil)
					require.Equal(t, before, string(value))
				default:
					value := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "value")
					require.NoError(t, writer.Put(bucket, key, append([]byte{}, value...)))
					inside[string(key)] = string(value)
				}
			}
			compare(t, writer, bucket, inside)
			if rapid.Bool().Draw(t, "commit") {
				require.NoError(t, writer.Commit(nil))
				model = inside
			} else {
				require.NoError(t, writer.Rollback())
			}
			reader, err := engine.View(t.Context())
			require.NoError(t, err)
			defer func() { _ = reader.Rollback() }()
			compare(t, reader, bucket, model)
			require.NoError(t, reader.Rollback())
		}
	})
}

func compare(t *rapid.T, in storage.Tx, bucket *storage.Bucket, model map[string]string) {
	t.Helper()
	prefix := string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 'a', 0xff}), 0, 2).Draw(t, "prefix"))
	from := string(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 'a', 0xff}), 0, 2).Draw(t, "from"))
	most := rapid.IntRange(1, 50).Draw(t, "most")
	sorted := slices.Sorted(maps.Keys(model))
	var up, down []string
	for _, key := range sorted {
		if strings.HasPrefix(key, prefix) && key >= prefix+from {
			up = append(up, key+"="+model[key])
		}
	}
	for _, key := range slices.Backward(sorted) {
		if strings.HasPrefix(key, prefix) && key < prefix+from {
			down = append(down, key+"="+model[key])
		}
	}
	if rapid.Bool().Draw(t, "expected") {
		in.Expect(bucket, []byte(prefix), []byte(from))
		for _, prefix := range []string{"a", prefix} {
			in.ExpectScan(bucket, []byte(prefix), []byte(from))
			in.ExpectScanBack(bucket, []byte(prefix), []byte(from))
		}
	}
	var got []string
	visit := func(key, value []byte) bool {
		got = append(got, string(key)+"="+string(value))
		read, err := in.Get(bucket, key) // between two pages
		require.NoError(t, err)
		require.Equal(t, string(value), string(read))
		return len(got) < most
	}
	require.NoError(t, in.Scan(bucket, []byte(prefix), []byte(from), visit))
	require.Equal(t, up[:min(most, len(up))], got)
	got = nil
	require.NoError(t, in.ScanBack(bucket, []byte(prefix), []byte(from), visit))
	require.Equal(t, down[:min(most, len(down))], got)
	key, value, err := in.Last(bucket)
	require.NoError(t, err)
	if len(sorted) == 0 {
		require.Nil(t, key)
		return
	}
	last := sorted[len(sorted)-1]
	require.True(t, bytes.Equal([]byte(last), key) && string(value) == model[last])
}
