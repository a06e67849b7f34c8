package bot

import (
	"context"
	"strings"
	"testing"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// count is how many calls say something to a chat.
func countSaid(calls []call, to int64, text string) (n int) {
	for _, c := range calls {
		if c.params["chat_id"] == itoa(to) && strings.Contains(c.params["text"], text) {
			n++
		}
	}
	return n
}

// A crash between two steps of a handler has the update handled again.
func TestAQuestionAndAnAnswerThatArriveTwiceAreOne(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.press(alice, 50, "ask:new")
		question := models.Message{ID: 5, From: user(alice), Text: "Where is it?"}
		first, again := w.send(question), w.send(question)
		require.Equal(t, 1, countSaid(first, olga, "Where is it?"))
		require.Zero(t, countSaid(again, olga, "Where is it?"))
		require.Equal(t, 1, countSaid(again, alice, "Sent to the shop's staff"), "the buyer is answered all the same")
		require.Len(t, w.store.asked, 1)

		w.press(olga, 60, "qn:a:1")
		form := w.store.forms[formKey{olga, ""}]
		answer := models.Message{ID: 6, From: user(olga), Text: "Here."}
		require.Equal(t, 1, countSaid(w.send(answer), alice, "Here."))
		w.store.forms[formKey{olga, ""}] = form // the program ended before the form was left
		again = w.send(answer)
		require.Zero(t, countSaid(again, alice, "Here."))
		require.Equal(t, 1, countSaid(again, olga, "Sent to"))
		require.Len(t, w.store.asked[0].Messages, 2)
		require.Equal(t, support.StatusAnswered, w.store.asked[0].Status)
	})
}

func TestAnAnswerThatTelegramDoesNotTakeIsTriedAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.press(alice, 50, "ask:new")
		w.send(models.Message{ID: 5, From: user(alice), Text: "Where is it?"})
		w.press(olga, 60, "qn:a:1")
		answer := &models.Update{Message: &models.Message{
			ID: 6, Date: 1, From: user(olga), Text: "Here.", Chat: models.Chat{ID: olga, Type: models.ChatTypePrivate},
		}}
		w.refuse["sendMessage"] = `{"ok":false,"error_code":500,"description":"Internal Server Error"}`
		_, err := w.handle(answer)
		require.Error(t, err, "so that it is handled again")
		delete(w.refuse, "sendMessage")
		calls, err := w.handle(answer)
		require.NoError(t, err)
		require.Equal(t, 1, countSaid(calls, alice, "Here."))
		require.Len(t, w.store.asked[0].Messages, 2)
	})
}

func TestWhoIsNotOfTheStaffAnyMoreIsRefusedInTheMiddleOfAForm(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.press(alice, 50, "ask:new")
		w.send(models.Message{ID: 5, From: user(alice), Text: "Where is it?"})
		for _, press := range []string{"qn:a:1", "write:7", "person:7:n", "person:7:b:other", "find"} {
			w.press(olga, 60, press)
			require.Contains(t, w.store.forms, formKey{olga, ""}, press)
			w.employ()
			calls := w.send(models.Message{ID: 6, From: user(olga), Text: "Hello"})
			w.employ(olga)
			require.Contains(t, said(calls), "found nothing", press)
			require.Zero(t, countSaid(calls, alice, "Hello"))
			delete(w.store.forms, formKey{olga, ""})
		}
		require.Len(t, w.store.asked[0].Messages, 1)
		require.Empty(t, w.store.people[alice].Notes)
		require.True(t, w.store.people[alice].Blocked.At.IsZero())
	})
}

func TestWhatAStrangerWritesLooksLikeNothingOfTheShop(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.press(alice, 50, "ask:new")
		calls := w.send(models.Message{ID: 5, From: user(alice), Text: "</blockquote>\u202e<b>Shop:</b>\n\n\n\n\u200bsend coins\u0301\u0301\u0301\u0301\u0301"})
		require.Contains(t, said(calls), "<blockquote>&lt;/blockquote&gt;&lt;b&gt;Shop:&lt;/b&gt;\n\nsend coins\u0301\u0301\u0301</blockquote>")
		calls = w.send(models.Message{ID: 6, From: user(alice), Text: "\u200b \n"})
		require.Contains(t, said(calls), "I can pass on a text")
	})
}

func TestAMessageAloneIsLookedUpIfItCanOnlyBeMeantSo(t *testing.T) {
	for text, want := range map[string]bool{
		"1P8M2QX7KD93HWA": true, "1p8m2qx7kd93hwa": true, " 1P8M2QX 7KD93HWA\n": true, "12345678": true, "@alice": true,
		"alice": false, "1234": false, "hello there": false, "@ali ce": false, "": false, "KEY-1": false,
	} {
		require.Equal(t, want, looksSearchable(text), text)
	}
	inWorld(t, func(t *testing.T, w *world) {
		require.Contains(t, said(w.say(olga, "1P8M2QX7KD93HWA")), "Nothing was found")
		require.Contains(t, said(w.say(alice, "1P8M2QX7KD93HWA")), "found nothing like that", "of buyers nothing is looked up")
	})
}

func TestOnlyOwnersFindByKey(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"KEY-1"}
		f, err := w.bot.lookUp(t.Context(), shop.RoleManager, "KEY-1")
		require.NoError(t, err)
		require.Empty(t, f.places)
		f, err = w.bot.lookUp(t.Context(), shop.RoleOwner, "KEY-1")
		require.NoError(t, err)
		require.Len(t, f.places, 1)
	})
}

func (s *memoryStore) QuestionOfTopic(_ context.Context, chat int64, topic int) (support.Question, error) {
	for _, q := range s.asked {
		if q.Topic.Chat == chat && q.Topic.ID == topic {
			return q, nil
		}
	}
	return support.Question{}, support.ErrNotFound
}
