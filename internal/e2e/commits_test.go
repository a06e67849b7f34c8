package e2e

import (
	"encoding/binary"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// commits counts the commits of the running shop's database so far: the newer of bbolt's two meta
// pages holds the number of the last one.
func (env *testEnv) commits() uint64 {
	env.T.Helper()
	const pageSize, txidAt = 4096, 64
	file, err := os.Open(env.DatabasePath())
	require.NoError(env.T, err)
	pages := make([]byte, 2*pageSize)
	_, err = file.ReadAt(pages, 0)
	require.NoError(env.T, err)
	require.NoError(env.T, file.Close())
	return max(binary.LittleEndian.Uint64(pages[txidAt:]), binary.LittleEndian.Uint64(pages[pageSize+txidAt:]))
}

// quiet waits until nothing is left to be written down.
func (env *testEnv) quiet() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

func TestALookIsOneCommitAndASaleIsThreeAfterItsPayment(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Setenv("SYNC_INTERVAL", "1h")
		env.Stop()
		env.Start()
		env.Say(alice, "/buy vpn")
		env.Pay(alice) // the day's first look and the hour's first webhook are noted
		env.quiet()

		const looks = 20
		before := env.commits()
		for range looks {
			env.Say(alice, "/catalog")
			time.Sleep(5 * time.Second)
		}
		require.LessOrEqual(t, env.commits()-before, uint64(looks), "what was handled is noted with the next update")

		env.Say(alice, "/buy vpn")
		env.quiet()
		before = env.commits()
		env.Pay(alice)
		env.quiet()
		require.Len(t, env.KeysOf(alice), 2)
		require.LessOrEqual(t, env.commits()-before, uint64(3), "received, delivered, told")
	})
}
