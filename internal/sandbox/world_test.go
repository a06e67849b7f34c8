package sandbox_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
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

func TestBothAPIsAreAtTheRootToo(t *testing.T) {
	world := newWorld(t)
	for _, path := range []string{
		"/bot" + botToken + "/getMe", "//bot" + botToken + "//getMe", "//telegram//bot" + botToken + "/getMe",
		"/api/getMe", "//api//getMe", "/cryptopay//api/getMe",
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost"+path, http.NoBody)
		r.Header.Set(cryptopay.TokenHeader, appToken)
		require.Equal(t, http.StatusOK, answer(t, world, r).Code, path)
	}
	require.NoError(t, world.Telegram().Upload(botToken, sandbox.Alice, "a.txt", []byte("x"), ""))
	file := world.Telegram().Chat(botToken, sandbox.Alice)[0].Document.ID
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/bot"+botToken+"/getFile?file_id="+file, http.NoBody)
	path := gjson.Get(answer(t, world, r).Body.String(), "result.file_path").String()
	r = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/file/bot"+botToken+"/"+path, http.NoBody)
	require.Equal(t, "x", answer(t, world, r).Body.String())
}

func TestTheDocsListTheMethodsThatThereAre(t *testing.T) {
	docs, err := os.ReadFile("../../docs/sandbox.md")
	require.NoError(t, err)
	_, list, _ := strings.Cut(string(docs), "-->\n")
	list, _, found := strings.Cut(list, "\n<!-- end -->")
	require.True(t, found)
	require.Equal(t, strings.Fields(sandbox.Methods()), strings.Fields(strings.ReplaceAll(list, "`", "")))
}

func TestWorldStartsWithABuyerForEachLanguageAndAnOwner(t *testing.T) {
	world := sandbox.New(sandbox.Options{})
	defer world.Close()
	languages := map[int64]string{}
	for _, u := range world.Telegram().Users() {
		languages[u.ID] = u.LanguageCode
	}
	require.Equal(t, map[int64]string{
		sandbox.Alice: "en", sandbox.Boris: "ru", sandbox.Oksana: "uk", sandbox.Carmen: "es", sandbox.Jonas: "de", sandbox.Olga: "en",
	}, languages)
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
