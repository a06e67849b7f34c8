package bot

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func TestCardsOfManyPeopleAreLookedThroughSeldomAndOldOnesForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cards{chats: map[int64]card{}}
		looks, at := 0, 0
		press := func(chat int64) {
			require.Equal(t, 2, c.step(shop.MessageRef{Chat: chat, Message: 1}, "vpn", 1, "press", 1, 9))
			if c.sweepAt != at {
				looks, at = looks+1, c.sweepAt
			}
		}
		for chat := range int64(10 * maxCards) {
			press(chat)
		}
		require.Len(t, c.chats, 10*maxCards)
		require.LessOrEqual(t, looks, 5, "a look at all of them at each press would slow the chat down")
		time.Sleep(cardLife + time.Second)
		for chat := range int64(10 * maxCards) {
			press(-1 - chat)
		}
		require.Len(t, c.chats, 10*maxCards, "those of the former crowd are gone")
	})
}
