package telegram

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	oneButton = `{"inline_keyboard":[[{"text":"Buy","callback_data":"buy"}]]}`
	notMod    = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message"
)

func TestRefusalsAreThoseOfTelegram(t *testing.T) {
	keys := func(button string) string { return `{"inline_keyboard":[[` + button + `]]}` }
	tests := []struct {
		name, method string
		values       values
		want         string
	}{
		{"nobody", "sendMessage", values{"chat_id": "", "text": "x"}, "Bad Request: chat_id is empty"},
		{"a stranger", "sendMessage", values{"chat_id": "999", "text": "x"}, "Bad Request: chat not found"},
		{"a name", "sendMessage", values{"chat_id": "@alice", "text": "x"}, "Bad Request: chat not found"},
		{"one who has not started", "sendMessage", values{"chat_id": "502", "text": "x"}, "Forbidden: bot can't initiate conversation with a user"},
		{"no text", "sendMessage", values{}, "Bad Request: message text is empty"},
		{"spaces", "sendMessage", values{"text": " \n"}, "Bad Request: text must be non-empty"},
		{"markup without text", "sendMessage", values{"text": "<b> </b>", "parse_mode": "HTML"}, "Bad Request: text must be non-empty"},
		{"a long text", "sendMessage", values{"text": strings.Repeat("я", 4097)}, "Bad Request: message is too long"},
		{"a long text of emoji", "sendMessage", values{"text": strings.Repeat("🎮", 2049)}, "Bad Request: message is too long"},
		{"no UTF-8", "sendMessage", values{"text": "\xff"}, "Bad Request: strings must be encoded in UTF-8"},
		{"unknown parse mode", "sendMessage", values{"text": "x", "parse_mode": "BBCode"}, "Bad Request: unsupported parse_mode"},
		{"broken HTML", "sendMessage", values{"text": "<b>x", "parse_mode": "html"}, `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`},
		{"broken MarkdownV2", "sendMessage", values{"text": "so!", "parse_mode": "MarkdownV2"}, `Bad Request: can't parse entities: Character '!' is reserved and must be escaped with the preceding '\'`},
		{"broken Markdown", "sendMessage", values{"text": "a_b", "parse_mode": "Markdown"}, "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 1"},
		{"entities of no kind", "sendMessage", values{"text": "x", "entities": `[{"type":"loud","offset":0,"length":1}]`}, "Bad Request: can't parse MessageEntity: Unsupported type specified"},
		{"entities beyond the text", "sendMessage", values{"text": "x", "entities": `[{"type":"bold","offset":0,"length":2}]`}, "Bad Request: receive an entity with incorrect length"},
		{"answer to nothing", "sendMessage", values{"text": "x", "reply_parameters": `{"message_id":77}`}, "Bad Request: message to be replied not found"},

		{"markup that is no JSON", "sendMessage", values{"text": "x", "reply_markup": "{"}, "Bad Request: can't parse reply keyboard markup JSON object"},
		{"empty callback data", "sendMessage", values{"text": "x", "reply_markup": keys(`{"text":"a","callback_data":""}`)}, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"},
		{"long callback data", "sendMessage", values{"text": "x", "reply_markup": keys(`{"text":"a","callback_data":"` + strings.Repeat("я", 32) + "x" + `"}`)}, "Bad Request: BUTTON_DATA_INVALID"},
		{"a button that does nothing", "sendMessage", values{"text": "x", "reply_markup": keys(`{"text":"a"}`)}, "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"},
		{"a button to a script", "sendMessage", values{"text": "x", "reply_markup": keys(`{"text":"a","url":"ftp://example.com"}`)}, "Bad Request: inline keyboard button URL 'ftp://example.com' is invalid: Unsupported URL protocol"},
		{"a button to nowhere", "sendMessage", values{"text": "x", "reply_markup": keys(`{"text":"a","url":"shop"}`)}, "Bad Request: inline keyboard button URL 'shop' is invalid: Wrong HTTP URL"},

		{"no photo", "sendPhoto", values{}, "Bad Request: there is no photo in the request"},
		{"a photo from an address", "sendPhoto", values{"photo": "https://example.com/a.png"}, "Bad Request: failed to get HTTP URL content"},
		{"a photo from no address", "sendPhoto", values{"photo": "http://nowhere"}, "Bad Request: wrong HTTP URL specified"},
		{"an unknown file", "sendDocument", values{"document": "BQACxyz"}, "Bad Request: wrong file identifier/HTTP URL specified"},
		{"a long caption", "sendDocument", values{"document": "x", "caption": strings.Repeat("x", 1025)}, "Bad Request: message caption is too long"},
		{"a file nobody sent", "getFile", values{"file_id": "x"}, "Bad Request: wrong file_id or the file is temporarily unavailable"},

		{"edit of nothing", "editMessageText", values{"text": "x"}, "Bad Request: message identifier is not specified"},
		{"edit of what is gone", "editMessageText", values{"text": "x", "message_id": "99"}, "Bad Request: message to edit not found"},
		{"edit of the person's message", "editMessageText", values{"text": "x", "message_id": "1"}, "Bad Request: message can't be edited"},
		{"edit that changes nothing", "editMessageText", values{"text": "shop", "message_id": "2", "reply_markup": oneButton}, notMod},
		{"edit to nothing", "editMessageText", values{"message_id": "2"}, "Bad Request: message text is empty"},
		{"caption of a text", "editMessageCaption", values{"caption": "x", "message_id": "2"}, "Bad Request: there is no caption in the message to edit"},
		{"the same keyboard", "editMessageReplyMarkup", values{"message_id": "2", "reply_markup": oneButton}, notMod},
		{"reply keyboard in an edit", "editMessageText", values{"text": "x", "message_id": "2", "reply_markup": `{"remove_keyboard":true}`}, "Bad Request: inline keyboard expected"},
		{"deletion of what is gone", "deleteMessage", values{"message_id": "99"}, "Bad Request: message to delete not found"},

		{"an unknown callback query", "answerCallbackQuery", values{"callback_query_id": "1"}, "Bad Request: query is too old and response timeout expired or query ID is invalid"},
		{"a command with a capital", "setMyCommands", values{"commands": `[{"command":"Buy","description":"x"}]`}, "Bad Request: BOT_COMMAND_INVALID"},
		{"a command without a description", "setMyCommands", values{"commands": `[{"command":"buy"}]`}, "Bad Request: command description must be non-empty"},
		{"a menu for a stranger", "setMyCommands", values{"commands": `[]`, "scope": `{"type":"chat","chat_id":502}`}, "Bad Request: chat not found"},
		{"an action of no kind", "sendChatAction", values{"action": "thinking"}, "Bad Request: wrong parameter action in request"},

		{"a webhook without TLS", "setWebhook", values{"url": "http://example.com/"}, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook"},
		{"a webhook on an odd port", "setWebhook", values{"url": "https://example.com:8080/"}, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"},
		{"a webhook in a private network", "setWebhook", values{"url": "https://10.0.0.1/"}, "Bad Request: bad webhook: IP address 10.0.0.1 is reserved"},
		{"a secret with a space", "setWebhook", values{"url": "https://example.com/", "secret_token": "a b"}, "Bad Request: secret token contains unallowed characters"},
		{"no such method", "sendMoney", values{}, "Not Found: method not found"},

		{"an album of nothing", "sendMediaGroup", values{"media": "[]"}, "Bad Request: there are no messages to send"},
		{"an album of eleven", "sendMediaGroup", values{"media": "[" + strings.Repeat(`{"type":"photo","media":"x"},`, 10) + `{"type":"photo","media":"x"}]`}, "Bad Request: wrong file identifier/HTTP URL specified"},
		{"an album that is null", "sendMediaGroup", values{"media": "null"}, "Bad Request: expected an Array of InputMedia"},
		{"an album of texts", "sendMediaGroup", values{"media": `["x"]`}, "Bad Request: can't parse InputMedia: expected an Object"},
		{"an album without types", "sendMediaGroup", values{"media": `[{"media":"x"}]`}, `Bad Request: can't parse InputMedia: Can't find field "type"`},
		{"an album without files", "sendMediaGroup", values{"media": `[{"type":"photo","media":"attach://a"}]`}, "Bad Request: can't parse InputMedia: media not found"},
		{"an album of animations", "sendMediaGroup", values{"media": `[{"type":"animation","media":"x"}]`}, `Bad Request: can't parse InputMedia: type "animation" can't be used in sendMediaGroup`},
		{"an album of stickers", "sendMediaGroup", values{"media": `[{"type":"sticker","media":"x"}]`}, `Bad Request: can't parse InputMedia: type "sticker" is unsupported`},
		{"no voice", "sendVoice", values{}, "Bad Request: there is no voice in the request"},
		{"no video note", "sendVideoNote", values{}, "Bad Request: there is no video note in the request"},
		{"no latitude", "sendLocation", values{"longitude": "1"}, "Bad Request: latitude is empty"},
		{"a place off the Earth", "sendLocation", values{"latitude": "91", "longitude": "1"}, "Bad Request: wrong location specified"},
		{"a contact without a number", "sendContact", values{"first_name": "A"}, `Bad Request: parameter "phone_number" is required`},
		{"a die with no face", "sendDice", values{"emoji": "🎮"}, "Bad Request: EMOTICON_INVALID"},
		{"a poll with one answer", "sendPoll", values{"question": "x", "options": `["a"]`}, "Bad Request: poll must have at least 2 option"},
		{"a poll without a question", "sendPoll", values{"options": `["a","b"]`}, "Bad Request: poll question must be non-empty"},
		{"the end of no poll", "stopPoll", values{"message_id": "2"}, "Bad Request: message is not a poll"},
		{"a reaction of no kind", "setMessageReaction", values{"message_id": "1", "reaction": `[{"type":"loud"}]`}, "Bad Request: can't parse ReactionType: invalid reaction type specified"},
		{"copies of nothing", "copyMessages", values{"from_chat_id": "501", "message_ids": "[]"}, "Bad Request: message identifiers are not specified"},
		{"copies of what is gone", "copyMessages", values{"from_chat_id": "501", "message_ids": "[77]"}, "Bad Request: there are no messages to forward"},

		{"no member", "getChatMember", values{"user_id": "502"}, "Bad Request: member not found"},
		{"a member without an id", "getChatMember", values{}, "Bad Request: invalid user_id specified"},
		{"administrators of a person", "getChatAdministrators", values{}, "Bad Request: there are no administrators in the private chat"},
		{"a ban from a private chat", "banChatMember", values{"user_id": "501"}, "Bad Request: can't ban members in private chats"},
		{"an invite to a private chat", "createChatInviteLink", values{}, "Bad Request: can't invite members to a private chat"},
		{"null as a parse mode", "sendMessage", values{"text": "x", "parse_mode": "null"}, "Bad Request: unsupported parse_mode"},
		{"null as a reply", "sendMessage", values{"text": "x", "reply_parameters": "null"}, "Bad Request: object expected as reply parameters"},
		{"null as preview options", "sendMessage", values{"text": "x", "link_preview_options": "null"}, "Bad Request: object expected as link preview options"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newService(t)
			text(t, s, values{"text": "shop", "reply_markup": oneButton})
			before := s.Chat(token, alice)
			if _, given := tt.values["chat_id"]; !given {
				tt.values["chat_id"] = "501"
			}

			answer := ask(s, tt.method, tt.values)

			require.False(t, answer.OK)
			require.Equal(t, tt.want, answer.Description)
			require.Equal(t, answer.status, answer.ErrorCode)
			require.Equal(t, before, s.Chat(token, alice), "nothing has changed")
		})
	}
}

func TestValuesAtTheLimitsAreAccepted(t *testing.T) {
	s := newService(t)
	text(t, s, values{"text": strings.Repeat("🎮", 2048)})
	text(t, s, values{"text": "<b>" + strings.Repeat("x", 4096) + "</b>", "parse_mode": "HTML"})
	data := strings.Repeat("я", 32)
	text(t, s, values{"text": "x", "reply_markup": `{"inline_keyboard":[[{"text":"a","callback_data":"` + data + `"}]]}`})
	_, ok := last(t, s.Sent(token, alice)).Button(data)
	require.True(t, ok)
}

func TestMediaAndTextMessagesCannotBeConvertedFreely(t *testing.T) {
	s := newService(t)
	id := text(t, s, values{"text": "card"})
	require.NoError(t, s.Upload(token, alice, "a.zip", []byte("zip"), ""))
	document := last(t, s.Chat(token, alice)).Document.ID

	edit := values{"chat_id": "501", "message_id": "2", "media": `{"type":"document","media":"` + document + `","caption":"here"}`}
	edited := must[wireMessage](t, ask(s, "editMessageMedia", edit))
	require.Equal(t, id, edited.MessageID)
	require.Equal(t, "here", edited.Caption)
	require.Empty(t, edited.Text)

	refused := ask(s, "editMessageText", values{"chat_id": "501", "message_id": "2", "text": "back"})
	require.Equal(t, "Bad Request: there is no text in the message to edit", refused.Description)
	refused = ask(s, "sendPhoto", values{"chat_id": "501", "photo": document})
	require.Equal(t, "Bad Request: can't use file of type Document as Photo", refused.Description)
}

func TestFilesBelongToOneBot(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.Upload(other, alice, "a.zip", []byte("zip"), ""))
	id := last(t, s.Chat(other, alice)).Document.ID

	require.False(t, ask(s, "getFile", values{"file_id": id}).OK)
	require.False(t, ask(s, "sendDocument", values{"chat_id": "501", "document": id}).OK)
}
