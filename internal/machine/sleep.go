package machine

import (
	"context"
	"os"
	"time"
)

// Sleep is what is known of the machine's sleep while a shop ran on it. The zero Sleep means that it never slept.
type Sleep struct {
	Last    time.Time `json:"last,omitzero"` // when it woke
	Minutes int       `json:"minutes,omitempty"`
	Times   int       `json:"times,omitempty"`
}

// SleepNote is the name of the note that keeps this machine's Sleep, as JSON. Machines that share a
// database have one each.
func SleepNote(shared bool) string {
	const name = "sleep"
	if !shared {
		return name
	}
	host, _ := os.Hostname() // machines without a name have one note
	return name + " " + host
}

// sleepTick is how often the two clocks are compared, and leastSleep what they have to differ by.
const (
	sleepTick  = 30 * time.Second
	leastSleep = time.Minute
)

// WatchSleep calls slept each time that the machine was asleep for a minute or longer, until ctx ends.
// The monotonic clock stands still in sleep, and the other one does not; the same is seen when
// somebody sets that one forward.
func WatchSleep(ctx context.Context, slept func(time.Duration)) {
	tick := time.NewTicker(sleepTick)
	defer tick.Stop()
	for last := time.Now(); ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-tick.C:
			now := time.Now()
			if d := asleep(last, now, now.Sub(last)); d >= leastSleep {
				slept(d)
			}
			last = now
		}
	}
}

// asleep is by how much the wall clock went further than the monotonic one.
func asleep(from, to time.Time, monotonic time.Duration) time.Duration {
	return to.Round(0).Sub(from.Round(0)) - monotonic
}
