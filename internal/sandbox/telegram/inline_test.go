package telegram

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// inlineID asks an inline query, and returns its id.
func inlineID(t *testing.T, s *Service) string {
	t.Helper()
	require.NoError(t, s.AskInline(token, alice, "steam"))
	var got []struct {
		Query struct{ ID, Query string } `json:"inline_query"`
	}
	require.NoError(t, json.Unmarshal(ask(s, "getUpdates", values{"offset": "-1"}).Result, &got))
	require.Equal(t, "steam", got[0].Query.Query)
	return got[0].Query.ID
}

func TestAnInlineQueryIsAnsweredAndAResultIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		article := `{"type":"article","id":"1","title":"Steam","description":"A card","input_message_content":{"message_text":"<b>Steam</b>","parse_mode":"HTML"}}`
		require.True(t, ask(s, "answerInlineQuery", values{"inline_query_id": inlineID(t, s), "results": "[" + article + "]"}).OK)
		require.Equal(t, "Steam", s.Inline(token, alice).Results[0].Title)
		require.ErrorIs(t, s.ChooseInline(token, alice, "2"), ErrNoResult)
		require.NoError(t, s.ChooseInline(token, alice, "1"))
		require.ErrorIs(t, s.ChooseInline(token, alice, "1"), ErrNoResult, "it is sent already")
		sent := last(t, s.Chat(token, alice))
		require.Equal(t, "Steam", sent.Text)
		require.Equal(t, []Entity{{Type: "bold", Length: 5}}, sent.Entities)
		var got []map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(ask(s, "getUpdates", values{"offset": "-2"}).Result, &got))
		require.Contains(t, string(got[0]["message"]), `"via_bot"`)
		require.Contains(t, got[1], "chosen_inline_result")

		late := inlineID(t, s)
		time.Sleep(inlineTTL + time.Second)
		require.Equal(t, "Bad Request: query is too old and response timeout expired or query ID is invalid",
			ask(s, "answerInlineQuery", values{"inline_query_id": late, "results": "[]"}).Description)
	})
}

func TestInlineResultsRefuseWhatTelegramRefuses(t *testing.T) {
	article := func(id string) string {
		return `{"type":"article","id":"` + id + `","title":"a","input_message_content":{"message_text":"a"}}`
	}
	for results, want := range map[string]string{
		`[{"type":"photo","id":"1","photo_file_id":"x"}]`:                     "wrong file identifier/HTTP URL specified",
		`[{"type":"photo","id":"1"}]`:                                         `can't parse inline query result: Can't find field "photo_file_id"`,
		`[{"type":"voice","id":"1"}]`:                                         `can't parse inline query result: type "voice" is not supported by this server`,
		strings.Replace("["+article("1")+"]", `"title":"a"`, `"title":""`, 1): "ARTICLE_TITLE_EMPTY",
		strings.Replace("["+article("1")+"]", `"title"`, `"reply_markup":{"inline_keyboard":[[{"text":"a"}]]},"title"`, 1): "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
		"[" + strings.Repeat(article("1")+",", 50) + article("1") + "]":                                                    "RESULT_ID_DUPLICATE",
		"":             "can't parse inline query results JSON object",
		"{}":           "expected an Array of inline query results",
		"[5]":          "can't parse inline query result: InlineQueryResult must be an Object",
		`[{"id":"1"}]`: `can't parse inline query result: Can't find field "type"`,
		`[{"type":"article","id":"1","title":"a"}]`:   `can't parse inline query result: Can't find field "input_message_content"`,
		"[" + article("") + "]":                       "RESULT_ID_INVALID",
		"[" + article("1") + "," + article("1") + "]": "RESULT_ID_DUPLICATE",
		"[" + article(strings.Repeat("x", 65)) + "]":  "RESULT_ID_INVALID",
	} {
		s := newService(t)
		require.Equal(t, "Bad Request: "+want, ask(s, "answerInlineQuery", values{"inline_query_id": inlineID(t, s), "results": results}).Description)
	}
}

func TestTheAnswerToAnInlineQueryIsRefusedAsTelegramDoes(t *testing.T) {
	for want, given := range map[string]values{
		"NEXT_OFFSET_INVALID":  {"next_offset": strings.Repeat("x", 65)},
		"SWITCH_PM_TEXT_EMPTY": {"button": `{"text":"","start_parameter":"a"}`},
		"START_PARAM_EMPTY":    {"button": `{"text":"a","start_parameter":""}`},
		"START_PARAM_INVALID":  {"button": `{"text":"a","start_parameter":"a b"}`},
		`can't parse inline query results button: Can't find field "start_parameter"`: {"button": `{"text":"a"}`},
	} {
		s := newService(t)
		given["inline_query_id"], given["results"] = inlineID(t, s), "[]"
		require.Equal(t, "Bad Request: "+want, ask(s, "answerInlineQuery", given).Description)
		require.False(t, s.Inline(token, alice).Answered)
	}
}

func TestFurtherInlineResultsAreAskedForByTheirOffset(t *testing.T) {
	s := newService(t)
	article := func(id string) string {
		return `[{"type":"article","id":"` + id + `","title":"a","input_message_content":{"message_text":"a"}}]`
	}
	first := inlineID(t, s)
	require.True(t, ask(s, "answerInlineQuery", values{
		"inline_query_id": first, "results": article("1"), "next_offset": "50", "button": `{"text":"All","start_parameter":"all"}`,
	}).OK)
	require.NoError(t, s.MoreInline(token, alice))
	require.NoError(t, s.MoreInline(token, alice), "it is asked for already")
	got := must[[]struct {
		Query struct{ ID, Query, Offset string } `json:"inline_query"`
	}](t, ask(s, "getUpdates", values{"offset": "-2"}))
	require.Equal(t, "50", got[1].Query.Offset)
	require.Equal(t, "steam", got[1].Query.Query)
	require.False(t, ask(s, "answerInlineQuery", values{"inline_query_id": first, "results": article("2")}).OK, "it was answered")
	require.True(t, ask(s, "answerInlineQuery", values{"inline_query_id": got[1].Query.ID, "results": article("2")}).OK)
	answer := s.Inline(token, alice)
	require.Len(t, answer.Results, 2)
	require.Equal(t, "all", answer.Button.Start)
	require.False(t, answer.More)
}

func TestAPhotoResultIsSentWithItsCaptionAndButtons(t *testing.T) {
	s := newService(t)
	sent := must[struct {
		Photo []struct {
			ID string `json:"file_id"`
		}
	}](t, send(t, s, "sendPhoto", "photo", values{"chat_id": "501"}))
	result := `[{"type":"photo","id":"1","photo_file_id":"` + sent.Photo[0].ID + `","title":"Card","caption":"<b>Card</b>","parse_mode":"HTML",
		"reply_markup":{"inline_keyboard":[[{"text":"Buy","callback_data":"buy"}]]}}]`
	require.True(t, ask(s, "answerInlineQuery", values{"inline_query_id": inlineID(t, s), "results": result}).OK)
	require.NotNil(t, s.Inline(token, alice).Results[0].Photo)
	require.NoError(t, s.ChooseInline(token, alice, "1"))
	m := last(t, s.Chat(token, alice))
	require.True(t, m.ViaBot)
	require.Equal(t, "Card", m.Text)
	require.NotNil(t, m.Photo)
	require.NoError(t, s.Tap(token, alice, m.ID, "Buy"))
	got := must[[]struct {
		Chosen struct {
			ID string `json:"inline_message_id"`
		} `json:"chosen_inline_result"`
		Press struct {
			ID      string `json:"inline_message_id"`
			Message any
		} `json:"callback_query"`
	}](t, ask(s, "getUpdates", values{"offset": "-2"}))
	require.NotEmpty(t, got[0].Chosen.ID)
	require.Equal(t, got[0].Chosen.ID, got[1].Press.ID, "a bot does not see the chat that the result was sent to")
	require.Nil(t, got[1].Press.Message)
}
