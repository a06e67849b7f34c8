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
		article := `{"type":"article","id":"1","title":"Steam","description":"A card","input_message_content":{"message_text":"<b>Steam</b>","parse_mode":"HTML"},
			"thumbnail_url":"https://shop.example/steam.png","reply_markup":{"inline_keyboard":[[{"text":"Open","url":"https://t.me/the_bot?start=p_steam"}]]}}`
		require.True(t, ask(s, "answerInlineQuery", values{"inline_query_id": inlineID(t, s), "results": "[" + article + "]"}).OK)
		require.Equal(t, "Steam", s.InlineResults(token, alice)[0].Title)
		require.Equal(t, "https://shop.example/steam.png", s.InlineResults(token, alice)[0].Thumbnail)
		require.ErrorIs(t, s.ChooseInline(token, alice, "2"), ErrNoResult)
		require.NoError(t, s.ChooseInline(token, alice, "1"))
		require.ErrorIs(t, s.ChooseInline(token, alice, "1"), ErrNoResult, "it is sent already")
		sent := last(t, s.Chat(token, alice))
		require.Equal(t, "Steam", sent.Text)
		require.Equal(t, []Entity{{Type: "bold", Length: 5}}, sent.Entities)
		require.Equal(t, [][]Button{{{Text: "Open", URL: "https://t.me/the_bot?start=p_steam"}}}, sent.Buttons)
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
