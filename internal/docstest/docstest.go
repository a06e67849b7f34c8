// Package docstest compares parts of the documentation with what the code says.
package docstest

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// RequirePart requires that a page has text between its lines begin and end. With update it writes the
// page anew instead.
func RequirePart(t *testing.T, page, begin, end, text string, update bool) {
	t.Helper()
	whole, err := os.ReadFile(page) //nolint:gosec // one of ours
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(whole), begin)
	require.True(t, found)
	part, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+text+end+after), 0o644)) //nolint:gosec // a page for all
		return
	}
	require.Equal(t, text, part, "run this test with -update")
}
