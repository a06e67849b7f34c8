package broadcast

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// record is a broadcast and what really happened to its people.
type record struct {
	*rapid.T

	b       Broadcast
	people  int64
	tries   map[int64]int // messages that went out, by person
	flying  []int64
	now     time.Time
	stopped bool
}

// Whatever happens in whatever order, nobody is written to twice, everybody is accounted for, and
// at the end everybody was written to unless somebody stopped the broadcast.
func TestNobodyIsWrittenToTwiceAndTheNumbersAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &record{
			T: t, people: rapid.Int64Range(0, 40).Draw(t, "people"), tries: map[int64]int{},
			now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), b: Broadcast{ID: 1, State: Running},
		}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			r.happen(rapid.SampledFrom([]string{"step", "step", "step", "crash", "pause", "resume", "stop"}).Draw(t, "event"))
		}
		if r.b.State == Paused {
			r.turn(Running)
		}
		for range 200 {
			r.happen("step")
		}
		require.True(t, r.b.Over())
		require.Empty(t, r.b.Again)
		if !r.stopped {
			require.Equal(t, Done, r.b.State)
			require.Equal(t, int(r.people), r.b.Counts.Tried()+r.b.Counts.Skipped)
		}
	})
}

func (r *record) happen(event string) {
	switch event {
	case "step":
		r.step()
	case "crash":
		r.flying = nil
		r.b.recover(r.now)
	case "pause":
		r.turn(Paused)
	case "resume":
		r.turn(Running)
	case "stop":
		if rapid.IntRange(0, 3).Draw(r.T, "really") == 0 {
			r.turn(Stopped)
		}
	}
	require.NoError(r, r.b.Validate())
	for user, n := range r.tries {
		require.LessOrEqual(r, n, 1, "%d", user)
	}
}

func (r *record) turn(to State) {
	if err := r.b.Turn(to, 7, r.now); err != nil {
		require.ErrorIs(r, err, ErrOver)
	}
	r.stopped = r.stopped || r.b.State == Stopped
}

// step ends some messages and takes the next people, as run.step does.
func (r *record) step() {
	var s step
	for _, user := range slices.Clone(r.flying) {
		outcome := rapid.SampledFrom([]Outcome{Sent, Sent, Blocked, Gone, Failed, Unknown, NotSent, LeftOutLate, ""}).Draw(r.T, "outcome")
		if outcome == "" {
			continue // still on its way
		}
		if outcome != NotSent && outcome != LeftOutLate {
			r.tries[user]++
		}
		s.results = append(s.results, Result{User: user, Outcome: outcome})
		r.flying = slices.DeleteFunc(r.flying, func(u int64) bool { return u == user })
	}
	s.cursor, s.looked, s.room = r.b.Cursor, r.b.Looked, 5
	for user := r.b.Cursor + 1; user <= r.people && len(s.found) < 3; user++ {
		if user%7 == 0 {
			s.skipped++
		} else {
			s.found = append(s.found, user)
		}
		s.cursor = user
	}
	s.looked = s.cursor == r.people
	r.flying = append(r.flying, r.b.apply(s, r.now)...)
	require.ElementsMatch(r, r.b.InFlight, r.flying)
}

func TestWhatTheStoreNotedInSpiteOfAnErrorIsSentLater(t *testing.T) {
	b := Broadcast{State: Running, InFlight: []int64{1, 2, 3}, Taken: 3, Cursor: 3, Looked: true}
	b.reclaim(map[int64]bool{1: true}, []Result{{User: 2, Outcome: Sent}})
	require.Equal(t, []int64{1, 2}, b.InFlight)
	require.Equal(t, []int64{3}, b.Again)
	require.NoError(t, b.Validate())
}

func TestABroadcastThatIsOverStaysSo(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	b := Broadcast{State: Running, Again: []int64{4}, Taken: 1}
	require.NoError(t, b.Turn(Stopped, 7, now))
	require.NoError(t, b.Turn(Stopped, 8, now.Add(time.Hour)), "a second press")
	require.Equal(t, int64(7), b.StateBy)
	require.ErrorIs(t, b.Turn(Running, 7, now), ErrOver)
	require.Zero(t, b.Taken)
	require.NoError(t, b.Validate())
}

func TestLengthsAreThoseOfTelegram(t *testing.T) {
	require.Equal(t, 3, Length("a😀"))
	text, picture := Message{Text: "a"}, Message{Photo: "id"}
	require.Equal(t, 4096, text.Limit())
	require.Equal(t, 1024, picture.Limit())
}
