package telegram_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// Telegram posts an update again just when the inbox, which has it from the last
// run, is read.
func TestAnUpdateOfTheLastRunThatComesAgainMeanwhileIsHandledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{}
		_, err := box.KeepUpdates(t.Context(), map[int64][]byte{1: message(1, 1, "hello")})
		require.NoError(t, err)
		slow := make(chan struct{})
		box.fail = func(method string) error {
			if method == "KeepUpdates" {
				<-slow
			}
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		go post(in.Webhook(webhookSecret), webhookSecret, message(1, 1, "hello"))
		synctest.Wait()
		stop := running(t, in.Run)
		synctest.Wait()
		close(slow)
		synctest.Wait()
		stop()
		require.Equal(t, map[int64][]int64{1: {1}}, d.entries)
		require.Empty(t, box.waiting())
	})
}

func TestAnUpdateThatIsDoneWhileTheInboxIsReadIsNotHandledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{take: time.Second}
		_, err := box.KeepUpdates(t.Context(), map[int64][]byte{1: message(1, 1, "hello")})
		require.NoError(t, err)
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		h := in.Webhook(webhookSecret)
		var reads atomic.Int64
		box.read = func() {
			switch reads.Add(1) {
			case 1: // has only the first one; another comes, and has to wait
				require.Equal(t, http.StatusOK, post(h, webhookSecret, message(2, 2, "hello")).Code)
			case 2: // has both; the first one is done meanwhile
				time.Sleep(2 * time.Second)
			}
		}
		stop := running(t, in.Run)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {1}, 2: {2}}, d.entries)
		require.Empty(t, box.waiting())
	})
}

func TestAnInboxThatCannotBeReadAtTheStartIsReadLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box, d := newInbox(), &diary{}
		_, err := box.KeepUpdates(t.Context(), map[int64][]byte{1: message(1, 1, "hello"), 2: []byte(`{"update_id":2,"message":7}`)})
		require.NoError(t, err)
		var failures atomic.Int64
		box.fail = func(method string) error {
			if method == "PendingUpdates" && failures.Add(1) <= 2 || method == "PutAside" && failures.Add(1) <= 4 {
				return errDisk
			}
			return nil
		}
		in := telegram.NewIntake(newClient(t, &api{}), box, d.handle, silent)
		stop := running(t, in.Run)
		time.Sleep(time.Minute)
		stop()
		require.Equal(t, map[int64][]int64{1: {1}}, d.entries)
		require.Empty(t, box.waiting())
		require.Contains(t, box.putAside(), int64(2))
	})
}
