package telegram

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestABotMayWriteOnlyToThoseWhoStartedIt(t *testing.T) {
	s := newService(t)
	send := values{"chat_id": "502", "text": "x"}
	require.Equal(t, 403, ask(s, "sendMessage", send).ErrorCode)
	require.ErrorIs(t, s.Tap(token, boris, 1, "Buy"), ErrNoMessage)
	require.Equal(t, 403, ask(s, "sendMessage", send).ErrorCode, "a failed tap starts nothing")
	require.NoError(t, s.Say(token, boris, "/start"))
	require.True(t, ask(s, "sendMessage", send).OK)
	require.Empty(t, s.Sent(other, boris), "another bot is another chat")
}

func TestBotCannotWriteToAUserWhoBlockedIt(t *testing.T) {
	s := newService(t)
	s.Block(token, alice, true)
	s.Block(token, alice, true)
	answer := ask(s, "sendMessage", values{"chat_id": "501", "text": "x"})
	require.Equal(t, "Forbidden: bot was blocked by the user", answer.Description)
	require.True(t, s.Blocked(token, alice))
	require.ErrorIs(t, s.Say(token, alice, "x"), ErrBlocked)
	s.Block(token, alice, false)
	text(t, s, values{"text": "x"})
	require.Len(t, updates(t, s, nil), 3, "one update for each change")
}

func TestTapNeedsAnExistingButton(t *testing.T) {
	s := newService(t)
	id := text(t, s, values{"text": "x", "reply_markup": `{"inline_keyboard":[[{"text":"Buy","callback_data":"buy:1"},{"text":"Site","url":"https://example.com"}]]}`})

	require.NoError(t, s.Tap(token, alice, id, "Buy"))
	require.NoError(t, s.Tap(token, alice, id, "buy:1"))
	require.ErrorIs(t, s.Tap(token, alice, id, "Sell"), ErrNoButton)
	require.ErrorIs(t, s.Tap(token, alice, id, "Site"), ErrNoButton)
	require.ErrorIs(t, s.Tap(token, alice, id+1, "Buy"), ErrNoMessage)
	require.ErrorIs(t, s.Tap(token, 999, id, "Buy"), ErrNoUser)
	require.Len(t, s.Alerts(token, alice), 2)

	require.True(t, ask(s, "editMessageReplyMarkup", values{"chat_id": "501", "message_id": itoa(int64(id))}).OK)
	require.ErrorIs(t, s.Tap(token, alice, id, "Buy"), ErrNoButton, "the edit took it away")
	require.NoError(t, s.TapData(token, alice, id, "forged"))
	require.NoError(t, s.TapData(token, alice, 999, "forged"))

	got := must[[]struct {
		Callback *struct {
			Message struct {
				Date *int64 `json:"date"`
				Text string `json:"text"`
			} `json:"message"`
		} `json:"callback_query"`
	}](t, ask(s, "getUpdates", values{"offset": "-2"}))
	require.Equal(t, "x", got[0].Callback.Message.Text)
	require.Zero(t, *got[1].Callback.Message.Date, "a message that is not there is inaccessible")
}

func TestTapMayBeAnsweredFor150Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		require.NoError(t, s.TapData(token, alice, 1, "buy"))
		id := updates(t, s, values{"offset": "-1"})[0].Callback.ID
		answer := values{"callback_query_id": id, "text": "ok"}

		require.True(t, ask(s, "answerCallbackQuery", answer).OK)
		require.True(t, ask(s, "answerCallbackQuery", answer).OK, "twice does no harm")
		time.Sleep(callbackTTL + time.Second)
		require.Equal(t, "Bad Request: query is too old and response timeout expired or query ID is invalid",
			ask(s, "answerCallbackQuery", answer).Description)
		require.Equal(t, "ok", s.Alerts(token, alice)[0].Text)
	})
}

func TestAnswerToATapHasLimits(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.TapData(token, alice, 1, "buy"))
	id := updates(t, s, values{"offset": "-1"})[0].Callback.ID
	for value, want := range map[string]string{
		"text=" + strings.Repeat("я", 201):              "Bad Request: MESSAGE_TOO_LONG",
		"url=https://example.com":                       "Bad Request: URL_INVALID",
		"text=" + strings.Repeat("я", 200):              "",
		"url=https://t.me/shop_1000_bot?start=o_K7QF3M": "",
	} {
		name, text, _ := strings.Cut(value, "=")
		require.Equal(t, want, ask(s, "answerCallbackQuery", values{"callback_query_id": id, name: text}).Description)
	}
}

func TestInvalidMessagesOfUsersAreRefused(t *testing.T) {
	s := newService(t)
	require.ErrorIs(t, s.Say(token, alice, " "), ErrEmpty)
	require.ErrorIs(t, s.Say(token, alice, strings.Repeat("x", 4097)), ErrTooLong)
	require.ErrorIs(t, s.Say("1000:short", alice, "x"), errToken)
	require.ErrorIs(t, s.Say(token, 999, "x"), ErrNoUser)
	require.ErrorIs(t, s.Upload(token, alice, "a", nil, ""), ErrEmpty)
	require.Error(t, s.Say(token, alice, "\xff"))
}

func TestMessageIDsCountUpThroughAllChats(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.Say(token, boris, "hi"))
	require.Equal(t, 3, text(t, s, values{"text": "x"}))
	require.Equal(t, 2, last(t, s.Chat(token, boris)).ID)
}

func TestOldMessagesCannotBeDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		time.Sleep(48 * time.Hour)
		id := text(t, s, values{"text": "x"})
		answer := ask(s, "deleteMessage", values{"chat_id": "501", "message_id": "1"})
		require.Equal(t, "Bad Request: message can't be deleted for everyone", answer.Description)
		require.True(t, ask(s, "deleteMessages", values{"chat_id": "501", "message_ids": "[1," + itoa(int64(id)) + ",77]"}).OK)
		require.Len(t, s.Chat(token, alice), 1)
	})
}

func TestMessagesAreForwardedCopiedPinnedAndAnswered(t *testing.T) {
	s := newService(t)
	id := text(t, s, values{"text": "key", "reply_parameters": `{"message_id":1}`})
	require.Equal(t, 1, last(t, s.Sent(token, alice)).ReplyTo)
	message := values{"chat_id": "501", "from_chat_id": "501", "message_id": itoa(int64(id))}
	require.True(t, ask(s, "copyMessage", message).OK)
	require.Equal(t, "key", last(t, s.Sent(token, alice)).Text)
	require.True(t, ask(s, "forwardMessage", message).OK)
	require.Equal(t, "Shop 1000", last(t, s.Sent(token, alice)).Forwarded)
	require.True(t, ask(s, "pinChatMessage", message).OK)
	require.True(t, s.Sent(token, alice)[0].Pinned)
	require.True(t, ask(s, "unpinAllChatMessages", message).OK)
	require.False(t, s.Sent(token, alice)[0].Pinned)
}

func TestAnAlbumIsSentWholeOrNotAtAll(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.Upload(token, alice, "a.txt", []byte("a"), ""))
	id := last(t, s.Chat(token, alice)).Document.ID
	item := `{"type":"document","media":"` + id + `"}`
	require.True(t, ask(s, "sendMediaGroup", values{"chat_id": "501", "media": "[" + item + "," + item + "]"}).OK)
	require.Len(t, s.Sent(token, alice), 2)
	require.Equal(t, s.Sent(token, alice)[0].Group, s.Sent(token, alice)[1].Group)
	require.False(t, ask(s, "sendMediaGroup", values{"chat_id": "501", "media": "[" + item + `,{"type":"photo","media":"x"}]`}).OK)
	require.Len(t, s.Sent(token, alice), 2)
}

func TestPhotosMustBePictures(t *testing.T) {
	s := newService(t)
	b := s.bots[token]
	for name, data := range map[string][]byte{
		"IMAGE_PROCESS_FAILED":     []byte("no picture"),
		"PHOTO_INVALID_DIMENSIONS": picture(t, 2100, 100),
	} {
		_, err := s.newPhoto(b, upload{Name: "a.png", Data: data})
		require.EqualError(t, err, "400 Bad Request: "+name)
	}
	_, err := s.newPhoto(b, upload{Name: "a.png", Data: make([]byte, maxPhoto+1)})
	require.ErrorContains(t, err, "is too big for a photo; the maximum size is 10485760 bytes")
}

func TestRealLimitsMatchTelegrams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.SetFaults(Faults{RealLimits: true})
		send := func() reply { return ask(s, "sendMessage", values{"chat_id": "501", "text": "x"}) }
		for range chatBurst {
			require.True(t, send().OK)
		}
		refused := send()
		require.Equal(t, 429, refused.ErrorCode)
		require.Equal(t, "Too Many Requests: retry after 1", refused.Description)
		require.Equal(t, 1, refused.Parameters.RetryAfter)
		time.Sleep(time.Second)
		require.True(t, send().OK)
		require.False(t, send().OK)

		time.Sleep(time.Hour)
		sent := 0
		for user := int64(1); user <= 100; user++ {
			s.AddUser(User{ID: user, FirstName: "x"})
			require.NoError(t, s.Say(token, user, "/start"))
			if ask(s, "sendMessage", values{"chat_id": itoa(user), "text": "x"}).OK {
				sent++
			}
		}
		require.Equal(t, botBurst, sent)
	})
}

func TestAFailurePlannedForAChatLeavesOtherChatsAlone(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.Say(token, boris, "/start"))
	s.FailNextTo(boris, "sendMessage", 1, Failure{Status: http.StatusForbidden})
	to := func(chat int64) int {
		return ask(s, "sendMessage", values{"chat_id": itoa(chat), "text": "hi"}).ErrorCode
	}

	require.Zero(t, to(alice))
	require.Equal(t, http.StatusForbidden, to(boris))
	require.Zero(t, to(boris))
	s.FailNextTo(boris, "", 2, Failure{Status: http.StatusBadGateway})
	require.Equal(t, http.StatusBadGateway, to(boris))
	s.FailNextTo(boris, "", 0, Failure{})
	require.Zero(t, to(boris))
}

func TestPlannedFailuresHangOrFailCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		s.FailNext("sendMessage", 2, Failure{Status: 500, Description: "Internal Server Error"})
		s.FailNext("getMe", 1, Failure{Hang: 40 * time.Second})
		s.FailNext("", 1, Failure{Status: http.StatusTooManyRequests, RetryAfter: 9})

		begin := time.Now()
		require.True(t, ask(s, "GETME", nil).OK)
		require.Equal(t, 40*time.Second, time.Since(begin))
		require.Equal(t, 9, ask(s, "getMe", nil).Parameters.RetryAfter)
		require.Equal(t, 500, ask(s, "sendMessage", nil).ErrorCode)
		s.FailNext("sendMessage", 0, Failure{})
		require.Equal(t, 400, ask(s, "sendMessage", nil).ErrorCode)
		require.Equal(t, 2, s.Calls("getMe"))
		require.Equal(t, 4, s.Calls(""))
	})
}

func TestListenersAreNotifiedOfEveryChange(t *testing.T) {
	s := newService(t)
	heard := 0
	s.OnChange(func() { heard++; s.Chat(token, alice) })
	id := text(t, s, values{"text": "x"})
	first := heard
	require.Positive(t, first)
	require.True(t, ask(s, "deleteMessage", values{"chat_id": "501", "message_id": itoa(int64(id))}).OK)
	require.NoError(t, s.Say(token, alice, "x"))
	require.Equal(t, first+2, heard)
	ask(s, "getMe", nil)
	require.Equal(t, first+2, heard, "looking changes nothing")
	require.Equal(t, []string{token}, s.Bots())
	require.Equal(t, "shop_1000_bot", s.BotName(token))
}

func TestIDsDoNotDependOnGoodRandomness(t *testing.T) {
	s := newServiceWith(t, Config{Rand: rand.NewChaCha8([32]byte{})})
	for range 3 {
		require.NoError(t, s.Upload(token, alice, "same.txt", []byte("same"), ""))
	}
	ids := map[string]bool{}
	for _, m := range s.Chat(token, alice)[1:] {
		ids[m.Document.ID] = true
	}
	require.Len(t, ids, 3)
}
