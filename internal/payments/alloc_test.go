//go:build !race

// The race detector makes pools forget on purpose.

package payments_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

func TestVerifyingTakesNoMemory(t *testing.T) {
	v, err := payments.NewVerifier(testToken, "1:old")
	require.NoError(t, err)
	body := []byte(vector2)
	require.Zero(t, testing.AllocsPerRun(100, func() { v.Verify(body, signature2) }))
}

func TestACachedRateTakesNoMemory(t *testing.T) {
	c := newClient(t, answering(t))
	_, err := c.Rates(t.Context())
	require.NoError(t, err)
	require.Zero(t, testing.AllocsPerRun(100, func() { c.Rate("TON", "USD"); c.Rate("BTC", "TON") }))
}

// All texts of an update are parts of one copy of its body.
func TestAnUpdateTakesLittleMemory(t *testing.T) {
	body := readGolden(t, "webhook.json")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if _, err := payments.ParseUpdate(body); err != nil {
			t.Error(err)
		}
	}), 1.0)
}
