package telegram_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// spoken is a message of the present moment.
func spoken(id, chat int64) []byte { return spokenAt(id, chat, time.Now()) }

func spokenAt(id, chat int64, at time.Time) []byte {
	return fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":%d,"date":%d,"from":{"id":%d},"chat":{"id":%d,"type":"private"},"text":"hi"}}`,
		id, id, at.Unix(), chat, chat)
}

func pressed(id, chat int64) []byte {
	return fmt.Appendf(nil, `{"update_id":%d,"callback_query":{"id":"%d","from":{"id":%d},"data":"x","message":{"message_id":1,"date":1,"chat":{"id":%d}}}}`,
		id, id, chat, chat)
}

// modest is an intake with a bound of two updates a second, ten at once, for all but chat 9.
func modest(t *testing.T, source *updates, d *diary) (in *telegram.Intake, box *inbox, told *[]int64) {
	t.Helper()
	box, told = newInbox(), &[]int64{}
	in = telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
	in.Quota = telegram.Quota{PerSecond: 2, Burst: 10, Exempt: func(chat int64) bool { return chat == 9 }}
	in.Overflow = func(_ context.Context, chat int64) { *told = append(*told, chat) }
	return in, box, told
}

func TestABurstBeyondTheQuotaIsAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		d := &diary{}
		in, box, told := modest(t, &source, d)
		defer running(t, in.Run, in.Poll)()
		id := int64(0)
		burst := func(n int, chat int64, of func(id, chat int64) []byte) {
			for range n {
				id++
				source.add(id, of(id, chat))
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		burst(25, 1, spoken)
		require.Len(t, d.entries[1], 10)
		require.Equal(t, []int64{1}, *told)
		require.EqualValues(t, 15, in.Dropped())
		require.Empty(t, box.waiting(), "what is dropped is done with")

		burst(10, 1, spoken)
		require.Len(t, d.entries[1], 20, "quiet for a while, and all is as before")
		burst(11, 1, spoken)
		require.Equal(t, []int64{1, 1}, *told, "another burst, another answer")

		handled := in.Handled()
		burst(25, 2, pressed)
		require.EqualValues(t, 10, in.Handled()-handled, "presses count as well")
		require.Equal(t, []int64{1, 1, 2}, *told)

		burst(100, 9, spoken)
		require.Len(t, d.entries[9], 100, "who is exempt may send what they like")
	})
}

func TestASteadyFloodIsAnsweredOnceAndHandledAtItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		d := &diary{}
		in, _, told := modest(t, &source, d)
		defer running(t, in.Run, in.Poll)()
		for second := range int64(60) {
			for i := range int64(5) {
				id := second*10 + i + 1
				if i%2 == 0 {
					source.add(id, spoken(id, 1))
				} else { // mixing the kinds gains nothing
					source.add(id, pressed(id, 1))
				}
			}
			source.add(second*10+9, spoken(second*10+9, 3))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, d.entries[3], 60, "nobody else is slowed down")
		require.LessOrEqual(t, in.Handled()-60, int64(10+2*60))
		require.Greater(t, in.Handled()-60, int64(60))
		require.Equal(t, []int64{1}, *told)
	})
}

func TestWhatWasWrittenWhileWeWereAwayIsNoBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for id := int64(1); id <= 25; id++ {
			source.add(id, spoken(id, 1))
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		d := &diary{}
		in, _, told := modest(t, &source, d)
		defer running(t, in.Run, in.Poll)()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, d.entries[1], 25)
		require.Empty(t, *told)
	})
}

func TestChatsThatHaveGoneQuietAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		d := &diary{}
		in, _, _ := modest(t, &source, d)
		defer running(t, in.Run, in.Poll)()
		for id := int64(1); id <= 5000; id++ {
			source.add(id, spoken(id, 1000+id))
			if id%500 == 0 {
				time.Sleep(time.Minute)
				synctest.Wait()
			}
		}
		require.Equal(t, 5000, d.count())
		require.LessOrEqual(t, telegram.Quotas(in), 1024)
	})
}

func TestABurstBeforeTheStartIsHandledAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for id := int64(1); id <= 25; id++ {
			source.add(id, spoken(id, 1))
		}
		d := &diary{}
		in, _, told := modest(t, &source, d)
		defer running(t, in.Poll)()
		time.Sleep(time.Minute)
		defer running(t, in.Run)()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, d.entries[1], 10)
		require.Equal(t, []int64{1}, *told)
	})
}

func TestAWrongClockIsNoReasonToDropMessages(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"behind": -5 * time.Hour, "ahead": 5 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var source updates
				d := &diary{}
				in, _, told := modest(t, &source, d)
				defer running(t, in.Run, in.Poll)()
				source.add(1, pressed(1, 1))
				for id := int64(2); id <= 80; id++ {
					time.Sleep(10 * time.Second)
					source.add(id, spokenAt(id, 1, time.Now().Add(-ahead)))
					synctest.Wait()
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				require.EqualValues(t, 80, in.Handled())
				require.Empty(t, *told)
			})
		})
	}
}
