package telegram

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage"
)

// A database server that restarts is not the update's fault, however often it does.
func TestAnUpdateOutlastsAnOutageOfTheDatabase(t *testing.T) {
	away := fmt.Errorf("read: %w", &storage.GivenUpError{Err: errors.New("connection refused"), Again: true})
	require.True(t, IsOutage(away))
	wait, again := pauseAfter(away, 100, false)
	require.True(t, again)
	require.Equal(t, 2*time.Second, wait)

	refused := &storage.GivenUpError{Err: errors.New("no rights")}
	require.False(t, IsOutage(refused))
	_, again = pauseAfter(refused, len(usualPauses), false)
	require.False(t, again)
}
