package telegram

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// send uploads a file in the field of its kind.
func send(t *testing.T, s *Service, method, kind string, v values) reply {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile(kind, "a.bin")
	require.NoError(t, err)
	_, err = part.Write(picture(t, 90, 90))
	require.NoError(t, err)
	v["chat_id"] = "501"
	for name, value := range v {
		require.NoError(t, w.WriteField(name, value))
	}
	require.NoError(t, w.Close())
	return roundTrip(s, request(http.MethodPost, "/bot"+token+"/"+method, w.FormDataContentType(), body.String()))
}

func TestEveryKindOfMediaIsSentCopiedAndDownloaded(t *testing.T) {
	for method, want := range map[string]string{
		"sendDocument":  "document file_id file_name file_size file_unique_id mime_type",
		"sendVideo":     "video duration file_id file_name file_size file_unique_id height mime_type width",
		"sendAnimation": "animation duration file_id file_name file_size file_unique_id height mime_type width",
		"sendAudio":     "audio duration file_id file_name file_size file_unique_id mime_type title",
		"sendVoice":     "voice duration file_id file_size file_unique_id",
		"sendVideoNote": "video_note duration file_id file_size file_unique_id length",
		"sendSticker":   "sticker emoji file_id file_size file_unique_id height is_animated is_video type width",
	} {
		t.Run(method, func(t *testing.T) {
			s := newService(t)
			kind, fields, _ := strings.Cut(want, " ")

			sent := must[map[string]json.RawMessage](t, send(t, s, method, kind, values{"duration": "5", "title": "x", "emoji": "👍", "caption": "c"}))

			var file map[string]any
			require.NoError(t, json.Unmarshal(sent[kind], &file))
			for name := range strings.FieldsSeq(fields) {
				require.Contains(t, file, name)
			}
			require.Len(t, file, len(strings.Fields(fields)))
			require.Equal(t, mediaKinds[kind].caption, sent["caption"] != nil)

			id, _ := file["file_id"].(string)
			again := must[map[string]json.RawMessage](t, ask(s, method, values{"chat_id": "501", kind: id}))
			require.JSONEq(t, string(sent[kind]), string(again[kind]))
			require.True(t, ask(s, "getFile", values{"file_id": id}).OK)
			other := "sendVideo"
			if kind == "video" {
				other = "sendDocument"
			}
			require.Contains(t, ask(s, other, values{"chat_id": "501", strings.ToLower(other[4:]): id}).Description, "can't use file of type")

			copied := must[wireMessage](t, ask(s, "copyMessage", values{"chat_id": "501", "from_chat_id": "501", "message_id": "2"}))
			require.Equal(t, "there is no text in the message to edit", strings.TrimPrefix(ask(s, "editMessageText", values{
				"chat_id": "501", "message_id": itoa(int64(copied.MessageID)), "text": "x",
			}).Description, "Bad Request: "))
		})
	}
}

func TestAGroupOfOneIsNoAlbum(t *testing.T) {
	s := newService(t)
	require.True(t, send(t, s, "sendVideo", "video", values{}).OK)
	video, _ := last(t, s.Sent(token, alice)).Content["video"].(map[string]any)
	id, _ := video["file_id"].(string)
	group := func(n int) reply {
		item := `{"type":"video","media":"` + id + `","caption":"*a*","parse_mode":"MarkdownV2"}`
		return ask(s, "sendMediaGroup", values{"chat_id": "501", "media": "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"})
	}
	require.Len(t, must[[]wireMessage](t, group(1)), 1)
	require.Empty(t, last(t, s.Sent(token, alice)).Group)
	require.Equal(t, "a", last(t, s.Sent(token, alice)).Text)
	require.Len(t, must[[]wireMessage](t, group(10)), 10)
	require.Equal(t, "Bad Request: too many messages to send as an album", group(11).Description)
}

func TestOtherContentIsSentAndForwarded(t *testing.T) {
	s := newService(t)
	for method, v := range map[string]values{
		"sendLocation": {"latitude": "55.75", "longitude": "37.61"},
		"sendVenue":    {"latitude": "55.75", "longitude": "37.61", "title": "Shop", "address": "Street 1"},
		"sendContact":  {"phone_number": "+100", "first_name": "Ann"},
		"sendDice":     {},
		"sendPoll":     {"question": "Which?", "options": `["a",{"text":"b"}]`},
	} {
		v["chat_id"] = "501"
		sent := must[map[string]json.RawMessage](t, ask(s, method, v))
		field := strings.ToLower(strings.TrimPrefix(method, "send"))
		require.NotEmpty(t, sent[field], method)
		forwarded := must[map[string]json.RawMessage](t, ask(s, "forwardMessage", values{"chat_id": "501", "from_chat_id": "501", "message_id": string(sent["message_id"])}))
		require.JSONEq(t, string(sent[field]), string(forwarded[field]))
		require.Equal(t, "Bad Request: there is no caption in the message to edit", ask(s, "editMessageCaption", values{
			"chat_id": "501", "message_id": string(sent["message_id"]), "caption": "x",
		}).Description)
	}
	poll := must[map[string]json.RawMessage](t, ask(s, "sendPoll", values{"chat_id": "501", "question": "x", "options": `["a","b"]`}))
	stop := values{"chat_id": "501", "message_id": string(poll["message_id"])}
	require.Equal(t, true, must[map[string]any](t, ask(s, "stopPoll", stop))["is_closed"])
	require.Equal(t, "Bad Request: poll has already been closed", ask(s, "stopPoll", stop).Description)
}

func TestSeveralMessagesAreCopiedAndForwardedAtOnce(t *testing.T) {
	s := newService(t)
	id := text(t, s, values{"text": "a"})
	list := values{"chat_id": "501", "from_chat_id": "501", "message_ids": "[1," + itoa(int64(id)) + ",77]"}
	for _, method := range []string{"copyMessages", "forwardMessages"} {
		require.Len(t, must[[]map[string]int](t, ask(s, method, list)), 2, method)
	}
	require.Len(t, s.Sent(token, alice), 5)
	require.True(t, ask(s, "setMessageReaction", values{"chat_id": "501", "message_id": "1", "reaction": `[{"type":"emoji","emoji":"👍"}]`}).OK)
	require.Equal(t, []string{"👍"}, s.Chat(token, alice)[0].Reactions)
}

func TestAPersonSendsPhotosStickersVoiceAndPlaces(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.UploadAs(token, alice, "photo", "a.png", picture(t, 100, 100), "look"))
	require.NoError(t, s.UploadAs(token, alice, "sticker", "a.webp", []byte("x"), "ignored"))
	require.NoError(t, s.UploadAs(token, alice, "voice", "a.ogg", []byte("x"), ""))
	require.NoError(t, s.SendLocation(token, alice, 55.75, 37.61))
	require.NoError(t, s.SendContact(token, alice, Contact{Phone: "+100", FirstName: "Ann", UserID: alice}))
	require.Error(t, s.SendLocation(token, alice, 91, 0))
	require.ErrorIs(t, s.SendContact(token, alice, Contact{}), ErrEmpty)
	require.ErrorIs(t, s.UploadAs(token, alice, "gift", "a", []byte("x"), ""), ErrKind)
	require.Error(t, s.UploadAs(token, alice, "photo", "a.png", []byte("no picture"), ""))

	var got []struct{ Message map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(ask(s, "getUpdates", values{"offset": "-5"}).Result, &got))
	for i, field := range []string{"photo", "sticker", "voice", "location", "contact"} {
		require.NotEmpty(t, got[i].Message[field], field)
	}
	require.JSONEq(t, `"look"`, string(got[0].Message["caption"]))
	require.Empty(t, got[1].Message["caption"])
	require.JSONEq(t, `{"latitude":55.75,"longitude":37.61}`, string(got[3].Message["location"]))
	require.JSONEq(t, `{"phone_number":"+100","first_name":"Ann","user_id":501}`, string(got[4].Message["contact"]))
}

func TestAPrivateChatHasTwoMembers(t *testing.T) {
	s := newService(t)
	for user, want := range map[string]string{"501": "alice", "1000": "shop_1000_bot"} {
		member := must[wireMember](t, ask(s, "getChatMember", values{"chat_id": "501", "user_id": user}))
		require.Equal(t, "member", member.Status)
		require.Equal(t, want, member.User.Username)
	}
	require.Equal(t, 2, must[int](t, ask(s, "getChatMemberCount", values{"chat_id": "501"})))
	require.JSONEq(t, `{"total_count":0,"photos":[]}`, string(ask(s, "getUserProfilePhotos", values{"user_id": "501"}).Result))
}
