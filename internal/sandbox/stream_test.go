package sandbox_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/sandbox"
)

// seen are the fields of a view that the tests check.
type seen struct {
	Whole   bool
	As, Bot string
	People  []struct {
		Key    string
		Unread int
	}
	Bots     []struct{ Key, Name, Username string }
	Messages []struct {
		ID     int
		Mine   bool
		Edited bool
		Text   string
	}
	Gone    []int
	Pressed []struct {
		Message int
		Data    string
	}
	Answers []struct {
		Text  string
		Modal bool
	}
	Wallet struct {
		Coins []struct {
			Asset  money.Currency
			Amount string
		}
		History []movement
	}
	Stars struct {
		Balance       int64
		Payments      []struct{ Refunded bool }
		Subscriptions []struct{ Charge, State string }
		Checkouts     []struct{ ID, State string }
	}
	Groups []struct {
		ID      int64
		Mine    string
		Members []struct{ Key string }
	}
}

type movement struct {
	Kind    string
	In      bool
	App     string
	Asset   money.Currency
	Amount  string
	Comment string
}

// watch opens a stream over a network of its own and returns its views. It ends with the world.
func watch(t *testing.T, w *sandbox.World, query string) <-chan seen {
	t.Helper()
	n := sandbox.NewNetwork()
	serve(t, n, w.Handler().ServeHTTP)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://shop.test/ui/events?"+query, http.NoBody)
	require.NoError(t, err)
	res, err := (&http.Client{Transport: n.Transport()}).Do(req) //nolint:bodyclose // closed below, with the stream
	require.NoError(t, err)
	require.Equal(t, "text/event-stream", res.Header.Get("Content-Type"))
	views := make(chan seen, 100)
	go func() {
		defer close(views)
		defer func() { _ = res.Body.Close() }()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
				var v seen
				if json.Unmarshal([]byte(data), &v) == nil {
					views <- v
				}
			}
		}
	}()
	return views
}

func firstView(t *testing.T, w *sandbox.World, query string) (v seen) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		v = <-watch(t, w, query)
	})
	return v
}

func TestStreamSendsTheWholeChatAndThenItsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		require.NoError(t, w.Telegram().Say(botToken, sandbox.Alice, "one"))
		events := watch(t, w, "as=alice")
		v := <-events
		require.True(t, v.Whole)
		require.Len(t, v.Messages, 1)
		require.Equal(t, "shop_1000_bot", v.Bots[0].Username)

		callBot(t, w, "sendMessage", `{"chat_id":100200301,"text":"two"}`)
		v = <-events
		require.False(t, v.Whole)
		require.Len(t, v.Messages, 1, "only what is new")
		require.Equal(t, "two", v.Messages[0].Text)

		callBot(t, w, "editMessageText", `{"chat_id":100200301,"message_id":2,"text":"three"}`)
		v = <-events
		require.Len(t, v.Messages, 1)
		require.True(t, v.Messages[0].Edited)
		require.Equal(t, "three", v.Messages[0].Text)

		callBot(t, w, "deleteMessage", `{"chat_id":100200301,"message_id":2}`)
		v = <-events
		require.Empty(t, v.Messages)
		require.Equal(t, []int{2}, v.Gone)
	})
}

func TestBurstOfChangesIsOneView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		events := watch(t, w, "as=alice")
		<-events
		for range 50 {
			require.NoError(t, w.Telegram().Say(botToken, sandbox.Alice, "again"))
		}
		require.Len(t, (<-events).Messages, 50)
		time.Sleep(time.Second)
		require.Empty(t, events)
	})
}

func TestFirstBotAppearsInAnOpenWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := sandbox.New(sandbox.Options{Hosts: []string{"shop.test"}})
		defer w.Close()
		events := watch(t, w, "as=olga")
		v := <-events
		require.Empty(t, v.Bot)
		require.NotNil(t, v.Bots, "scripts want a list where there is nothing")
		callBot(t, w, "getMe", "")
		v = <-events
		require.Equal(t, "1000", v.Bot)
		require.True(t, v.Whole)
	})
}

func TestUnknownUserSeesWhatTheFirstUserSees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		require.Equal(t, "alice", (<-watch(t, w, "as=nobody")).As)
	})
}

func TestUnreadMessagesAreCountedUntilTheyAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		require.NoError(t, w.Telegram().Say(botToken, sandbox.Boris, "hi"))
		callBot(t, w, "sendMessage", `{"chat_id":100200302,"text":"hello"}`)
		callBot(t, w, "sendMessage", `{"chat_id":100200302,"text":"there"}`)
		events := watch(t, w, "as=alice")
		require.Equal(t, 2, (<-events).People[1].Unread)
		do(t, w, "/ui/read", `{"as":"boris","message":3}`)
		require.Zero(t, (<-events).People[1].Unread)
	})
}

func TestButtonWaitsUntilItsAnswerAndAnOldAnswerIsNotShownAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		require.NoError(t, w.Telegram().Say(botToken, sandbox.Alice, "hi"))
		events := watch(t, w, "as=alice")
		<-events
		do(t, w, "/ui/tap", `{"as":"alice","message":1,"data":"x"}`)
		require.Len(t, (<-events).Pressed, 1)
		callBot(t, w, "answerCallbackQuery", `{"callback_query_id":"`+lastCallback(t, w)+`","text":"done","show_alert":true}`)
		v := <-events
		require.Empty(t, v.Pressed)
		require.Len(t, v.Answers, 1)
		require.Equal(t, "done", v.Answers[0].Text)
		require.True(t, v.Answers[0].Modal)
		require.Empty(t, (<-watch(t, w, "as=alice")).Answers)
	})
}

// lastCallback is the id of the newest button press that waits for the bot.
func lastCallback(t *testing.T, w *sandbox.World) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/telegram/bot"+botToken+"/getUpdates?offset=-1", http.NoBody)
	require.NoError(t, err)
	var out struct {
		Result []struct {
			Query struct{ ID string } `json:"callback_query"`
		}
	}
	require.NoError(t, json.Unmarshal(answer(t, w, r).Body.Bytes(), &out))
	require.NotEmpty(t, out.Result)
	return out.Result[len(out.Result)-1].Query.ID
}

func TestTwoTokensWithOneIDHaveDifferentKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		require.NoError(t, w.Telegram().Say(botToken, sandbox.Alice, "old"))
		other := strings.ReplaceAll(botToken, "A", "B")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/telegram/bot"+other+"/getMe", http.NoBody)
		require.NoError(t, err)
		answer(t, w, r)
		do(t, w, "/ui/say", `{"as":"alice","bot":"1000-2","text":"new"}`)
		v := <-watch(t, w, "as=alice&bot=1000-2")
		require.Equal(t, "1000-2", v.Bot)
		require.Len(t, v.Bots, 2)
		require.Equal(t, "new", v.Messages[0].Text)
	})
}
