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
	"shopbot/internal/payments/paymentstest"
)

const testToken = "12345:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIII"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newClient makes a client of api that tries once and hardly waits for the rate
// limit, unless changed.
func newClient(t testing.TB, api *paymentstest.Transport, changes ...func(*payments.Config)) *payments.Client {
	t.Helper()
	cfg := payments.Config{Token: testToken, Transport: api, RateLimit: 1e6, RateBurst: 1e6}
	for _, change := range changes {
		change(&cfg)
	}
	c, err := payments.New(cfg)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func withRetries(n int) func(*payments.Config) {
	return func(cfg *payments.Config) { cfg.MaxRetries = n }
}

// golden answers with what stands in a file of testdata.
func golden(t testing.TB, name string) paymentstest.Answer {
	t.Helper()
	return paymentstest.Answer{Body: string(readGolden(t, name))}
}

func readGolden(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return bytes.TrimSpace(data)
}

func amount(t testing.TB, s string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(s, c)
	require.NoError(t, err)
	return a
}

var update = flag.Bool("update", false, "write what was read as the new golden files")

// requireGolden compares got, as JSON, with a file of testdata.
func requireGolden(t testing.TB, name string, got any) {
	t.Helper()
	data, err := json.MarshalIndent(got, "", "\t")
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join("testdata", name)), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join("testdata", name), append(data, '\n'), 0o600))
	}
	require.Equal(t, string(readGolden(t, name)), string(data))
}
