package telegram

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALongTextIsCutWhereverItFalls(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.Paste(token, alice, strings.Repeat("x", 4096)+"\n"+strings.Repeat("y", 4094)+" \n🎮z"))
	sent := s.Chat(token, alice)[1:] // after /start
	require.Equal(t, 3, len(sent))   //nolint:testifylint // Len would print all of them
	require.Equal(t, strings.Repeat("x", 4096), sent[0].Text)
	require.Equal(t, strings.Repeat("y", 4094), sent[1].Text, "Telegram trims each message")
	require.Equal(t, "🎮z", sent[2].Text)
	require.ErrorIs(t, s.Paste(token, alice, " \n"), ErrEmpty)

	require.NoError(t, s.Paste(token, alice, strings.Repeat("x", 4095)+"🎮"))
	require.Equal(t, "🎮", last(t, s.Chat(token, alice)).Text, "a character is never cut")
}

func TestAClientParsesMarkupBeforeItSends(t *testing.T) {
	s := newService(t)
	require.NoError(t, s.SayFormatted(token, alice, "ABCD @name", Entity{Type: "italic", Offset: 1, Length: 2}))
	require.Equal(t, []Entity{{Type: "italic", Offset: 1, Length: 2}, {Type: "mention", Offset: 5, Length: 5}}, last(t, s.Chat(token, alice)).Entities)
}

func TestAnAlbumIsSeveralMessagesOfOneGroup(t *testing.T) {
	s := newService(t)
	one, two := Attached{Name: "1.txt", Data: []byte("1")}, Attached{Name: "2.txt", Data: []byte("2")}
	require.NoError(t, s.Album(token, alice, "here", 1, one, two))
	require.Error(t, s.Album(token, alice, "", 0, one))
	require.Error(t, s.Album(token, alice, "", 2, one, two))
	got := must[[]struct {
		Message struct {
			Group    string `json:"media_group_id"`
			Caption  string `json:"caption"`
			Document struct {
				Name string `json:"file_name"`
			} `json:"document"`
		} `json:"message"`
	}](t, ask(s, "getUpdates", values{}))
	require.Len(t, got, 3)
	got = got[1:] // after /start
	require.NotEmpty(t, got[0].Message.Group)
	require.Equal(t, got[0].Message.Group, got[1].Message.Group)
	require.Equal(t, []string{"", "here"}, []string{got[0].Message.Caption, got[1].Message.Caption})
	require.Equal(t, []string{"1.txt", "2.txt"}, []string{got[0].Message.Document.Name, got[1].Message.Document.Name})
}
