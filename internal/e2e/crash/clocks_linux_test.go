package crash

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/storage/postgres/pgtest"
)

// The clocks of two replicas are four seconds apart, and the lead goes from one to the other again and
// again.
func TestNothingIsLostThoughTheClocksOfReplicasDiffer(t *testing.T) {
	if !*long {
		t.Skip("it builds the standard library anew; see it with -long")
	}
	t.Parallel()
	e := newReplicasEnvOf(t, buildWithShiftedClock(t), pgtest.Start(t).Schema(t), 2)
	for i, p := range e.replicas {
		p.env = append(p.env, fmt.Sprintf("CLOCK_SHIFT=%d", 4*i-2))
	}
	e.sellAndCount(8000, func() {
		behind, ahead := clockOf(t, e.replicas[0]), clockOf(t, e.replicas[1])
		require.Greater(t, ahead.Sub(behind), 2*time.Second, "the clocks are not apart")
		for range 8 {
			leader := e.awaitLeader(nil)
			e.webhooks.awaitAck(5 * time.Second)
			leader.kill()
			e.awaitLeader(leader)
			time.Sleep(2 * time.Second) // of sales
			leader.start()
			leader.awaitReady(t.Context())
		}
	})
}

// clockOf is what a replica takes for now, to the second.
func clockOf(t *testing.T, p *shopProcess) time.Time {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.ops+"/healthz", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	at, err := http.ParseTime(resp.Header.Get("Date"))
	require.NoError(t, err)
	return at
}

// buildWithShiftedClock builds the program with a standard library whose wall clock is CLOCK_SHIFT
// seconds ahead. All programs on a machine have one wall clock otherwise.
func buildWithShiftedClock(t *testing.T) (binary string) {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	require.NoError(t, err)
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	require.NoError(t, err)
	const read = "sec, nsec, mono := runtimeNow()\n"
	shifted := strings.Replace(string(source), read, read+"\tsec += clockShift\n", 1)
	require.NotEqual(t, string(source), shifted)
	dir := t.TempDir()
	patched, added, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "shift.go"), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(patched, []byte(shifted), 0o600)) //nolint:gosec // in a temporary directory
	require.NoError(t, os.WriteFile(added, []byte(`package time

import "syscall"

var clockShift = func() int64 {
	text, _ := syscall.Getenv("CLOCK_SHIFT")
	n, _ := atoi(text)
	return int64(n)
}()
`), 0o600))
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: patched, filepath.Join(filepath.Dir(original), "shift.go"): added}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replace, 0o600))
	return testenv.BuildShop(t, "-overlay", overlay)
}
