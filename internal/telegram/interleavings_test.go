package telegram_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// A posted update whose write is under way at a stop is kept, and answered so.
func TestAWriteThatIsUnderWayAtAStopIsNotGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{}
		box.fail = func(method string) error {
			if method == "KeepUpdates" {
				time.Sleep(time.Second)
			}
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		stop := running(t, in.Run)
		answered := make(chan int, 1)
		go func() { answered <- post(h, webhookSecret, message(1, 1, "hello")).Code }()
		synctest.Wait()
		stop()
		require.Equal(t, http.StatusOK, <-answered)
		in = telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		stop = running(t, in.Run)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {1}}, d.entries)
	})
}

// One batch has an update twice, one without an id and one of id 0: the one is handled once, and
// nothing stops.
func TestAnUpdateThatIsTwiceInABatchIsHandledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var source updates
		for _, id := range []int64{7, 7, 8} {
			source.add(id, message(id, 1, "hello"))
		}
		source.add(9, []byte(`{"message":{}}`))
		source.add(10, []byte(`{"update_id":0,"message":{}}`))
		box, d := newInbox(), &diary{}
		in := telegram.NewIntake(newClient(t, &api{answer: source.answer}), box, d.handle, silent)
		stop := running(t, in.Run, in.Poll)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {7, 8}}, d.entries)
		require.Empty(t, box.waiting())
	})
}
