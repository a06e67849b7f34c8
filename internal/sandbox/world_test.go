package sandbox_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
)

const botToken = "1000:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestBotUsesTheWorldWithoutSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := sandbox.New(sandbox.Options{})
		defer world.Close()
		n := sandbox.NewNetwork()
		serve(t, n, world.Handler().ServeHTTP)
		client := &http.Client{Transport: n.Transport()}

		require.NoError(t, world.Telegram().Say(botToken, sandbox.Alice, "/start"))
		body, err := get(t, client, "http://shop.test/telegram/bot"+botToken+"/getUpdates")
		require.NoError(t, err)
		require.Contains(t, body, `"text":"/start"`)
		body, err = get(t, client, "http://shop.test/cryptopay/api//getMe")
		require.NoError(t, err)
		require.Contains(t, body, "UNAUTHORIZED")
	})
}

func TestWorldStartsWithThreeUsers(t *testing.T) {
	world := sandbox.New(sandbox.Options{})
	defer world.Close()
	users := world.Telegram().Users()
	require.Len(t, users, 3)
	require.Equal(t, []int64{sandbox.Alice, sandbox.Boris, sandbox.Olga}, []int64{users[0].ID, users[1].ID, users[2].ID})
	require.Equal(t, "ru", users[1].LanguageCode)
}

func TestAwaitChecksAgainAfterEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := sandbox.New(sandbox.Options{})
		defer world.Close()
		looked := 0
		written := func() bool {
			looked++
			chat := world.Telegram().Chat(botToken, sandbox.Alice)
			return len(chat) > 0 && strings.HasSuffix(chat[len(chat)-1].Text, "5")
		}
		go func() {
			for _, text := range []string{"1", "3", "5"} {
				time.Sleep(time.Minute)
				_ = world.Telegram().Say(botToken, sandbox.Alice, text)
			}
		}()
		require.NoError(t, world.Await(t.Context(), written))
		require.LessOrEqual(t, looked, 4)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, world.Await(ctx, func() bool { return false }), context.DeadlineExceeded)
	})
}
