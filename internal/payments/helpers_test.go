package payments_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"shopbot/internal/money"
	"shopbot/internal/payments"
)

const testToken = "12345:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIII"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient makes a client of api that tries once and hardly waits for the rate limit, unless
// changed.
func newClient(tb testing.TB, api *fakeAPI, changes ...func(*payments.Config)) *payments.Client {
	tb.Helper()
	cfg := payments.Config{Token: testToken, Transport: api, RateLimit: 1e6, RateBurst: 1e6}
	for _, change := range changes {
		change(&cfg)
	}
	c, err := payments.New(cfg)
	require.NoError(tb, err)
	tb.Cleanup(c.Close)
	return c
}

func withRetries(n int) func(*payments.Config) {
	return func(cfg *payments.Config) { cfg.MaxRetries = n }
}

// golden answers with what stands in a file of testdata.
func golden(tb testing.TB, name string) apiAnswer {
	tb.Helper()
	return apiAnswer{Body: string(readGolden(tb, name))}
}

func readGolden(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return bytes.TrimSpace(data)
}

func amount(tb testing.TB, s string, c money.Currency) money.Amount {
	tb.Helper()
	a, err := money.Parse(s, c)
	require.NoError(tb, err)
	return a
}

var update = flag.Bool("update", false, "write what was read as the new golden files")

// requireGolden compares got, as JSON, with a file of testdata.
func requireGolden(tb testing.TB, name string, got any) {
	tb.Helper()
	data, err := json.MarshalIndent(got, "", "\t")
	require.NoError(tb, err)
	if *update {
		require.NoError(tb, os.MkdirAll(filepath.Dir(filepath.Join("testdata", name)), 0o750))
		require.NoError(tb, os.WriteFile(filepath.Join("testdata", name), append(data, '\n'), 0o600))
	}
	require.Equal(tb, string(readGolden(tb, name)), string(data))
}
