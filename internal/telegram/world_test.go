package telegram_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	sandbox "shopbot/internal/sandbox/telegram"
	"shopbot/internal/telegram"
)

// direct carries requests to a handler in the same process.
func direct(h http.Handler) http.RoundTripper {
	return roundTripper(func(req *http.Request) (resp *http.Response, err error) {
		defer func() {
			if recover() != nil { // http.ErrAbortHandler
				resp, err = nil, io.ErrUnexpectedEOF
			}
		}()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		return w.Result(), nil
	})
}

func newWorld(t *testing.T, people int64) *sandbox.Service {
	t.Helper()
	s := sandbox.New(sandbox.Config{})
	t.Cleanup(s.Close)
	for id := int64(1); id <= people; id++ {
		s.AddUser(sandbox.User{ID: id, FirstName: "Buyer"})
	}
	return s
}

// Twenty people write twenty messages each, while the program is stopped and started and Telegram
// fails; each gets an answer to each.
func TestEveryMessageIsAnsweredThroughStopsAndTroubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld(t, 20)
		defer world.Close()
		box := newInbox()
		var answered atomic.Int64
		start := func() func() {
			c := newClient(t, direct(world))
			echo := func(ctx context.Context, u *models.Update) error {
				_, err := c.SendMessage(ctx, &bot.SendMessageParams{ChatID: u.Message.Chat.ID, Text: "re: " + u.Message.Text})
				if err == nil {
					answered.Add(1)
				}
				return err
			}
			in := telegram.NewIntake(c, box, echo, silent)
			return running(t, in.Run, in.Poll)
		}
		for i := range 20 {
			for chat := int64(1); chat <= 20; chat++ {
				require.NoError(t, world.Say(token, chat, strconv.Itoa(i)))
			}
			switch i {
			case 5:
				world.FailNext("sendMessage", 3, sandbox.Failure{Status: 502, HTML: true})
			case 10:
				world.FailNext("sendMessage", 2, sandbox.Failure{Status: 429, RetryAfter: 7})
				world.FailNext("getUpdates", 2, sandbox.Failure{DropAfter: true})
			}
			stop := start()
			time.Sleep(1500 * time.Millisecond)
			stop()
		}
		stop := start()
		time.Sleep(5 * time.Minute)
		stop()
		require.EqualValues(t, 400, answered.Load())
		require.Empty(t, box.waiting())
		for chat := int64(1); chat <= 20; chat++ {
			var got []string
			for _, m := range world.Sent(token, chat) {
				got = append(got, strings.TrimPrefix(m.Text, "re: "))
			}
			require.Len(t, got, 20)
			for i := range got {
				require.Equal(t, strconv.Itoa(i), got[i], "chat %d", chat)
			}
		}
	})
}

func TestARealisticTelegramNeverHasToSlowUsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld(t, 100)
		defer world.Close()
		world.SetFaults(sandbox.Faults{RealLimits: true})
		var floods atomic.Int64
		c, err := telegram.New(telegram.Config{
			Token: token, APIURL: "http://sandbox.test", Transport: direct(world),
			Observe: func(_ context.Context, c telegram.Call) {
				if c.Outcome == "flood" {
					floods.Add(1)
				}
			},
		})
		require.NoError(t, err)
		for chat := int64(1); chat <= 100; chat++ {
			require.NoError(t, world.Say(token, chat, "/start"))
		}
		for chat := int64(1); chat <= 100; chat++ {
			go func() {
				for range 10 {
					_, err := c.SendMessage(t.Context(), text(chat))
					if err != nil {
						t.Error(err)
					}
				}
			}()
		}
		time.Sleep(5 * time.Minute)
		require.Zero(t, floods.Load())
		require.Len(t, world.Sent(token, 100), 10)
	})
}

func TestTheSandboxAgreesOnWhatIsRefused(t *testing.T) {
	world := newWorld(t, 2)
	c := newClient(t, direct(world))
	ctx := t.Context()
	require.NoError(t, world.Say(token, 1, "/start"))
	m, err := c.SendMessage(ctx, text(1))
	require.NoError(t, err)
	_, err = c.SendMessage(ctx, text(2))
	require.ErrorIs(t, err, telegram.ErrBlocked)
	_, err = c.SendMessage(ctx, text(3))
	require.ErrorIs(t, err, telegram.ErrChatGone)
	_, err = c.SendMessage(ctx, &bot.SendMessageParams{ChatID: 1, Text: "<b>", ParseMode: models.ParseModeHTML})
	require.ErrorIs(t, err, telegram.ErrBadRequest)
	same, err := c.EditMessageText(ctx, &bot.EditMessageTextParams{ChatID: 1, MessageID: m.ID, Text: "hello"})
	require.NoError(t, err)
	require.Nil(t, same)
	_, err = c.EditMessageText(ctx, &bot.EditMessageTextParams{ChatID: 1, MessageID: 999, Text: "x"})
	require.ErrorIs(t, err, telegram.ErrMessageGone)
	require.NoError(t, c.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: "999"}))
}
