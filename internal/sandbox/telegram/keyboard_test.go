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
		`{"text":"a","switch_inline_query_current_chat":""}`,
		`{"text":"a","style":"success","copy_text":{"text":"` + strings.Repeat("x", 256) + `"}}`,
		`{"text":"a","disabled":{}}`,
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

// What the Bot API server answers to buttons that a client got wrong. It takes the first field of a
// fixed order that has a value; only url and callback_data have none when they are empty. Source:
// Client.cpp of tdlib/telegram-bot-api (2026), get_inline_keyboard_button.
func TestWrongButtonsGetTheServersAnswers(t *testing.T) {
	const parse = "can't parse inline keyboard button: "
	for button, want := range map[string]string{
		`{"text":"a","copy_text":{"text":""}}`:                                 "BUTTON_COPY_TEXT_INVALID",
		`{"text":"a","copy_text":{"text":"` + strings.Repeat("ü", 257) + `"}}`: "BUTTON_COPY_TEXT_INVALID",
		`{"text":"a","copy_text":{}}`:                                          parse + `Can't find field "text"`,
		`{"text":"a","copy_text":"KEY"}`:                                       parse + `Field "copy_text" must be of type Object`,
		`{"text":"a","callback_data":""}`:                                      parse + "Text buttons are unallowed in the inline keyboard",
		`{"text":"a"}`:                                                         parse + "Text buttons are unallowed in the inline keyboard",
		`{"text":"a","callback_data":"` + strings.Repeat("x", 65) + `"}`:       "BUTTON_DATA_INVALID",
		`{"text":"a","style":"purple","callback_data":"x"}`:                    parse + "invalid button style specified",
		`{"text":"a","url":null,"callback_data":"x"}`:                          parse + `Field "url" must be of type String`,
		`{"callback_data":"x"}`:                                                parse + `Can't find field "text"`,
		`"a"`:                                                                  parse + "InlineKeyboardButton must be an Object",
		`{"text":"a","pay":true}`:                                              "BUTTON_TYPE_INVALID",
		`{"text":"a","web_app":{"url":""}}`:                                    "inline keyboard button Web App URL '' is invalid: Wrong HTTP URL",
		`{"text":"a","disabled":true}`:                                         parse + `Field "disabled" must be of type Object`,
	} {
		answer := ask(newService(t), "sendMessage", values{"chat_id": "501", "text": "x", "reply_markup": `{"inline_keyboard":[[` + button + `]]}`})
		require.Equal(t, "Bad Request: "+want, answer.Description, button)
	}
}

func TestMalformedMarkupsGetTheServersAnswers(t *testing.T) {
	for markup, want := range map[string]string{
		"null":                       "object expected as reply markup",
		"[]":                         "object expected as reply markup",
		"{":                          "can't parse reply keyboard markup JSON object",
		`{"inline_keyboard":{}}`:     `field "inline_keyboard" must be of type Array`,
		`{"inline_keyboard":[{}]}`:   `field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays`,
		`{"keyboard":["a"]}`:         `field "keyboard" must be an Array of Arrays`,
		`{"keyboard":[[5]]}`:         "can't parse keyboard button: KeyboardButton must be a String or an Object",
		`{"remove_keyboard":"true"}`: `field "remove_keyboard" must be of type Boolean`,
		`{"keyboard":[[]]}`:          "",
		`{}`:                         "",
	} {
		answer := ask(newService(t), "sendMessage", values{"chat_id": "501", "text": "x", "reply_markup": markup})
		require.Equal(t, want, strings.TrimPrefix(answer.Description, "Bad Request: "), markup)
	}
}

func TestEmptyFieldsOfAButtonCountLessThanItsData(t *testing.T) {
	s := newService(t)
	text(t, s, values{"text": "x", "reply_markup": `{"inline_keyboard":[[
		{"text":"a","url":"","callback_data":"x","copy_text":{"text":""},"web_app":{"url":""}},
		{"text":"b","callback_data":"","copy_text":{"text":"KEY"}},
		{"text":"c","callback_data":7,"style":"Danger"},
		{"text":"d","style":"default","disabled":{}}]]}`})
	require.Equal(t, [][]Button{{
		{Text: "a", Data: "x"}, {Text: "b", CopyText: "KEY"}, {Text: "c", Data: "7", Style: "danger"}, {Text: "d", Disabled: true},
	}}, last(t, s.Sent(token, alice)).Buttons)
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
