package telegram_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// at lists when calls reached Telegram.
func at(began time.Time, calls []made) []time.Duration {
	var times []time.Duration
	for _, m := range calls {
		times = append(times, m.at.Sub(began))
	}
	return times
}

func seconds(s ...float64) []time.Duration {
	var d []time.Duration
	for _, x := range s {
		d = append(d, time.Duration(x*float64(time.Second)))
	}
	return d
}

func TestAChatGetsAShortBurstAndThenOneMessageASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		c := newClient(t, a)
		began := time.Now()
		for i := range 8 {
			if i%2 == 0 {
				_, _ = c.SendMessage(t.Context(), text(5))
			} else {
				_, _ = c.EditMessageText(t.Context(), &bot.EditMessageTextParams{ChatID: "5", MessageID: 1, Text: "x"})
			}
		}
		require.Equal(t, seconds(0, 0, 0, 1, 2, 3, 4, 5), at(began, a.made("")))

		_ = c.AnswerCallbackQuery(t.Context(), &bot.AnswerCallbackQueryParams{CallbackQueryID: "1"})
		_, _ = c.SendMessage(t.Context(), text(6))
		require.Equal(t, 5*time.Second, time.Since(began), "neither waits for that chat")
	})
}

func TestGoodsDoNotWaitBehindScreens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		c := newClient(t, a)
		began := time.Now()
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() { _, _ = c.SendMessage(t.Context(), text(5)) })
		}
		time.Sleep(100 * time.Millisecond)
		for range 2 {
			_, _ = c.SendMessage(telegram.Goods(t.Context()), text(5))
		}
		require.Equal(t, seconds(0, 0, 0, .1, 1), at(began, a.made("")), "there is room for one, and the next overtakes")
		wg.Wait()
		require.Equal(t, seconds(3, 4, 5), at(began, a.made(""))[5:], "then the chat's pace goes on")
	})
}

func TestAllChatsTogetherKeepToTheRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		c, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.test", RateLimit: 4, Transport: a})
		require.NoError(t, err)
		began := time.Now()
		var wg sync.WaitGroup
		for chat := range int64(9) {
			wg.Go(func() { _, _ = c.SendMessage(t.Context(), text(chat+1)) })
		}
		wg.Wait()
		times := at(began, a.made(""))
		slices.Sort(times)
		require.Equal(t, seconds(0, .25, .5, .75, 1, 1.25, 1.5, 1.75, 2), times)
	})
}

func TestAButtonPressIsAnsweredHoweverManyMessagesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{answer: func(context.Context, made) reply { return reply{body: `{"ok":true,"result":true}`} }}
		c, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.test", RateLimit: 1, Transport: a})
		require.NoError(t, err)
		var wg sync.WaitGroup
		for i := range 20 { // the limits of the chat and of the bot are used up
			wg.Go(func() { _, _ = c.SendMessage(t.Context(), text(int64(1+i%2))) })
		}
		synctest.Wait()
		began := time.Now()
		for range 20 {
			require.NoError(t, c.AnswerCallbackQuery(t.Context(), &bot.AnswerCallbackQueryParams{CallbackQueryID: "1"}))
		}
		require.Zero(t, time.Since(began))
		wg.Wait()
	})
}

func TestAFloodedChatIsLeftAloneForAsLongAsTelegramSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flooded := true
		a := &api{answer: func(_ context.Context, m made) reply {
			if flooded && m.params["chat_id"] == "5" {
				return refusal(429, "Too Many Requests: retry after 40", 40)
			}
			return reply{}
		}}
		c := newClient(t, a)
		began := time.Now()
		_, err := c.SendMessage(t.Context(), text(5))
		require.ErrorIs(t, err, telegram.ErrFlood)
		flooded = false

		soon, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err = c.SendMessage(soon, text(5))
		var e *telegram.Error
		require.ErrorAs(t, err, &e)
		require.ErrorIs(t, err, telegram.ErrFlood)
		require.Equal(t, 40*time.Second, e.RetryAfter)
		require.Zero(t, time.Since(began), "it does not wait in vain")
		require.Len(t, a.made(""), 1, "Telegram is not asked again")
		_, err = c.SendMessage(t.Context(), text(6))
		require.NoError(t, err)
		require.Zero(t, time.Since(began), "others are not held up")

		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _, _ = c.SendMessage(t.Context(), text(5)) })
		}
		wg.Wait()
		require.Equal(t, seconds(40, 41, 42), at(began, a.made("")[2:]), "afterwards one by one")
	})
}

func TestAFloodLimitOfTheBotHoldsEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		a := &api{answer: func(_ context.Context, m made) reply {
			if time.Since(began) < 20*time.Second && m.method != "answerCallbackQuery" {
				return refusal(429, "Too Many Requests: retry after 20", 20)
			}
			return reply{body: `{"ok":true,"result":true}`}
		}}
		c := newClient(t, a)
		var wg sync.WaitGroup
		for chat := range int64(50) {
			wg.Go(func() {
				time.Sleep(time.Duration(chat) * 100 * time.Millisecond)
				_, _ = c.SendMessage(t.Context(), text(chat+1))
			})
		}
		time.Sleep(10 * time.Second)
		require.Len(t, a.made(""), 2, "the second one shows whose limit it is")
		require.NoError(t, c.AnswerCallbackQuery(t.Context(), &bot.AnswerCallbackQueryParams{CallbackQueryID: "1"}))
		wg.Wait()
		require.Len(t, a.made("sendMessage"), 50)
	})
}

func TestABroadcastYieldsToBuyers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		c, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.test", RateLimit: 10, Transport: a})
		require.NoError(t, err)
		began := time.Now()
		var wg sync.WaitGroup
		for chat := range int64(40) {
			wg.Go(func() { _, _ = c.SendMessage(telegram.Background(t.Context()), text(1000+chat)) })
		}
		time.Sleep(time.Second)
		for chat := range int64(20) { // buyers come
			wg.Go(func() { _, _ = c.SendMessage(t.Context(), text(1+chat)) })
		}
		wg.Wait()
		var last time.Duration
		meanwhile := 0
		for _, m := range a.made("") {
			when := m.at.Sub(began)
			switch {
			case len(m.params["chat_id"]) < 4:
				last = max(last, when)
			case when > time.Second && when < 2700*time.Millisecond:
				meanwhile++
			}
		}
		require.Less(t, last, 2900*time.Millisecond, "as fast as if there were no broadcast")
		require.Zero(t, meanwhile)
		require.Len(t, a.made(""), 60)
	})
}

func TestACallThatIsGivenUpWhileItWaitsIsNotMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		c := newClient(t, a)
		for range 3 {
			_, _ = c.SendMessage(t.Context(), text(5))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/2, cancel)
		_, err := c.SendMessage(ctx, text(5))
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, telegram.ErrTemporary, "it was surely not done")
		require.Len(t, a.made(""), 3)
	})
}

func TestACallThatWaitsForAllHeedsWhatItsChatWasToldMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{}
		a.answer = func(context.Context, made) reply {
			time.Sleep(time.Second / 2)
			if len(a.made("")) == 1 {
				return refusal(429, "Too Many Requests: retry after 40", 40)
			}
			return reply{}
		}
		c, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.test", RateLimit: 1, Transport: a})
		require.NoError(t, err)
		began := time.Now()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { _, _ = c.SendMessage(t.Context(), text(5)) })
		}
		wg.Wait()
		require.Equal(t, seconds(0, 40.5), at(began, a.made("")))
	})
}

func TestChatsThatAreQuietAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.test", RateLimit: 1e6, Transport: &api{}})
		require.NoError(t, err)
		for chat := range int64(5000) {
			_, _ = c.SendMessage(t.Context(), text(chat+1))
			time.Sleep(10 * time.Millisecond)
		}
		require.LessOrEqual(t, telegram.Limiters(c), 2048)
	})
}
