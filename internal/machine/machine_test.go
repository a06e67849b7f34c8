package machine

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADiskHasRoomAndFlushes(t *testing.T) {
	dir := t.TempDir()
	disk, err := DiskOf(dir)
	require.NoError(t, err)
	require.Positive(t, disk.Free)
	flush, err := FlushTime(dir)
	require.NoError(t, err)
	require.Positive(t, flush)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = FlushTime(dir + "/none")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = DiskOf(dir + "/none")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestMemoryIsNoDisk(t *testing.T) {
	if _, err := os.Stat("/dev/shm"); runtime.GOOS != "linux" || err != nil {
		t.Skip("no tmpfs here")
	}
	disk, err := DiskOf("/dev/shm")
	require.NoError(t, err)
	require.Equal(t, Memory, disk.Kind)
}

func TestSleepIsWhatTheMonotonicClockMissed(t *testing.T) {
	from := time.Now()
	require.Zero(t, asleep(from, from.Add(sleepTick), sleepTick))
	require.Equal(t, time.Hour, asleep(from, from.Add(time.Hour+sleepTick), sleepTick))
	require.Negative(t, asleep(from, from.Add(-time.Hour), sleepTick), "the clock was set back")
}
