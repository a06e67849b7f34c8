package telegram

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestButtonsComeBackAsTheyWereSent(t *testing.T) {
	for _, button := range []string{
		`{"text":"a","callback_data":"x"}`,
		`{"text":"a","style":"danger","callback_data":"x"}`,
		`{"text":"a","url":"https://t.me/x"}`,
		`{"text":"a","url":"tg://resolve?domain=x"}`,
		`{"text":"a","url":"http://127.0.0.1:8088/pay"}`,
		`{"text":"a","url":"http://localhost:8088/pay"}`,
		`{"text":"a","copy_text":{"text":"KEY"}}`,
		`{"text":"a","web_app":{"url":"https://t.me/x"}}`,
		`{"text":"a","switch_inline_query":"steam"}`,
	} {
		s := newService(t)
		sent := must[struct {
			Markup struct {
				Rows [][]map[string]any `json:"inline_keyboard"`
			} `json:"reply_markup"`
		}](t, ask(s, "sendMessage", values{"chat_id": "501", "text": "x", "reply_markup": `{"inline_keyboard":[[` + button + `]]}`}))
		var want map[string]any
		decodeJSON(t, button, &want)
		require.Equal(t, want, sent.Markup.Rows[0][0])
	}
}

func TestButtonsWithoutATextAreDropped(t *testing.T) {
	s := newService(t)
	text(t, s, values{"text": "x", "reply_markup": `{"inline_keyboard":[[{"text":"","callback_data":"a"}],[{"text":"b","callback_data":"b"}]]}`})
	require.Equal(t, [][]Button{{{Text: "b", Data: "b"}}}, last(t, s.Sent(token, alice)).Buttons)
}

func TestKeyboardHasALimit(t *testing.T) {
	s := newService(t)
	row := "[" + strings.Repeat(`{"text":"a","callback_data":"a"},`, 9) + `{"text":"a","callback_data":"a"}]`
	keyboard := func(rows int) string {
		return `{"inline_keyboard":[` + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + `]}`
	}
	text(t, s, values{"text": "x", "reply_markup": keyboard(10)})
	answer := ask(s, "sendMessage", values{"chat_id": "501", "text": "x", "reply_markup": keyboard(11)})
	require.Equal(t, "Bad Request: reply markup is too long", answer.Description)
}

func TestAReplyKeyboardIsShownButNotSentBack(t *testing.T) {
	s := newService(t)
	sent := must[wireMessage](t, ask(s, "sendMessage", values{
		"chat_id": "501", "text": "x", "reply_markup": `{"keyboard":[["Yes",{"text":"No"}],[""]],"resize_keyboard":true}`,
	}))
	require.Nil(t, sent.ReplyMarkup)
	require.Equal(t, [][]string{{"Yes", "No"}}, last(t, s.Sent(token, alice)).Keyboard)
	edit := ask(s, "editMessageText", values{"chat_id": "501", "message_id": itoa(int64(sent.MessageID)), "text": "y"})
	require.Equal(t, "Bad Request: message can't be edited", edit.Description)

	text(t, s, values{"text": "x", "reply_markup": `{"remove_keyboard":true}`})
	require.True(t, last(t, s.Sent(token, alice)).RemoveKeyboard)
	require.False(t, ask(s, "sendMessage", values{"chat_id": "501", "text": "x", "reply_markup": `{"keyboard":[[5]]}`}).OK)
}

func TestACaptionIsEditedAndProtectedContentStays(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.Upload(token, alice, "a.zip", []byte("zip"), "look"))
	upload := last(t, s.Chat(token, alice))
	require.Equal(t, "look", upload.Text)
	require.Equal(t, "application/zip", upload.Document.MIME)
	sent := must[wireMessage](t, ask(s, "sendDocument", values{
		"chat_id": "501", "document": upload.Document.ID, "caption": "*a*", "parse_mode": "MarkdownV2", "protect_content": "true",
	}))
	message := values{"chat_id": "501", "from_chat_id": "501", "message_id": itoa(int64(sent.MessageID)), "caption": "b"}
	require.Equal(t, "b", must[wireMessage](t, ask(s, "editMessageCaption", message)).Caption)
	require.Equal(t, "Bad Request: message can't be copied or forwarded", ask(s, "copyMessage", message).Description)
	message["message_id"] = itoa(int64(upload.ID))
	require.True(t, ask(s, "copyMessage", message).OK)
	require.Equal(t, "b", last(t, s.Sent(token, alice)).Text)
}
