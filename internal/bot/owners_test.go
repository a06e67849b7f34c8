package bot

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A sale comes while an owner is told of those before it.
func TestWhatIsMissedWhileTheMissedIsToldIsKept(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		c, count := w.bot.courier, func(m *missed) { m.Sold++ }
		require.NoError(t, c.noteMissed(t.Context(), olga, count))
		told, err := c.missedBy(t.Context(), olga)
		require.NoError(t, err)
		require.NoError(t, c.noteMissed(t.Context(), olga, count))
		require.NoError(t, c.forgetMissed(t.Context(), olga, told))
		kept, err := c.missedBy(t.Context(), olga)
		require.NoError(t, err)
		require.Equal(t, 2, kept.Sold, "rather told twice than never")

		require.NoError(t, c.forgetMissed(t.Context(), olga, kept))
		kept, err = c.missedBy(t.Context(), olga)
		require.NoError(t, err)
		require.Zero(t, kept)
	})
}
