package telegram

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"
)

// realClient is the library that most Go bots use, without a socket.
func realClient(t *testing.T, s *Service, options ...tg.Option) *tg.Bot {
	t.Helper()
	client := &http.Client{Transport: inProcess{s}}
	options = append(options, tg.WithServerURL("http://telegram.test"), tg.WithHTTPClient(5*time.Second, client))
	b, err := tg.New(token, options...)
	require.NoError(t, err)
	return b
}

func TestARealClientSendsAndEdits(t *testing.T) {
	s := newService(t)
	b := realClient(t, s)

	sent, err := b.SendMessage(t.Context(), &tg.SendMessageParams{
		ChatID: alice, Text: "<b>Steam</b> & co", ParseMode: models.ParseModeHTML,
		LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: tg.True()},
		ReplyMarkup: models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{
			{{Text: "Buy", CallbackData: "buy:1"}, {Text: "Pay", URL: "https://t.me/send?start=IV1"}},
			{{Text: "Copy", CopyText: models.CopyTextButton{Text: "KEY"}}},
		}},
	})
	require.NoError(t, err)
	require.Equal(t, "Steam & co", sent.Text)
	require.Equal(t, []models.MessageEntity{{Type: "bold", Length: 5}}, sent.Entities)
	require.Equal(t, alice, sent.Chat.ID)
	require.Equal(t, "shop_1000_bot", sent.From.Username)
	require.Equal(t, "buy:1", sent.ReplyMarkup.InlineKeyboard[0][0].CallbackData)

	seen := last(t, s.Chat(token, alice))
	require.True(t, seen.FromBot)
	require.True(t, seen.PreviewDisabled)
	require.Equal(t, [][]Button{
		{{Text: "Buy", Data: "buy:1"}, {Text: "Pay", URL: "https://t.me/send?start=IV1"}},
		{{Text: "Copy", CopyText: "KEY"}},
	}, seen.Buttons)
	require.Equal(t, []string{"https://t.me/send?start=IV1"}, seen.URLs())

	edited, err := b.EditMessageText(t.Context(), &tg.EditMessageTextParams{ChatID: alice, MessageID: sent.ID, Text: "Paid"})
	require.NoError(t, err)
	require.NotZero(t, edited.EditDate)
	seen = last(t, s.Chat(token, alice))
	require.Equal(t, "Paid", seen.Text)
	require.Empty(t, seen.Buttons, "an edit without a keyboard takes it away")

	done, err := b.DeleteMessage(t.Context(), &tg.DeleteMessageParams{ChatID: alice, MessageID: sent.ID})
	require.NoError(t, err)
	require.True(t, done)
	require.Empty(t, s.Sent(token, alice))
}

func TestARealClientSendsFilesAndReadsThem(t *testing.T) {
	s := newService(t)
	b := realClient(t, s)
	shot := picture(t, 1000, 500)

	sent, err := b.SendPhoto(t.Context(), &tg.SendPhotoParams{
		ChatID: alice, Caption: "a card", Photo: &models.InputFileUpload{Filename: "card.png", Data: bytes.NewReader(shot)},
	})
	require.NoError(t, err)
	require.Len(t, sent.Photo, 4)
	require.Equal(t, 1000, sent.Photo[3].Width)
	require.Equal(t, 500, sent.Photo[3].Height)
	require.Equal(t, "a card", sent.Caption)

	again, err := b.SendPhoto(t.Context(), &tg.SendPhotoParams{
		ChatID: alice, Photo: &models.InputFileString{Data: sent.Photo[3].FileID},
	})
	require.NoError(t, err)
	require.Equal(t, sent.Photo[3].FileUniqueID, again.Photo[3].FileUniqueID)

	edited, err := b.EditMessageMedia(t.Context(), &tg.EditMessageMediaParams{
		ChatID: alice, MessageID: again.ID, Media: &models.InputMediaPhoto{
			Media: "attach://new.png", Caption: "<i>new</i>", ParseMode: models.ParseModeHTML,
			MediaAttachment: bytes.NewReader(picture(t, 50, 60)),
		},
	})
	require.NoError(t, err)
	require.Equal(t, "new", edited.Caption)
	require.Equal(t, 50, edited.Photo[0].Width)

	document, err := b.SendDocument(t.Context(), &tg.SendDocumentParams{
		ChatID: alice, Document: &models.InputFileUpload{Filename: "keys.txt", Data: strings.NewReader("AAAA\nBBBB\n")},
	})
	require.NoError(t, err)
	require.Equal(t, "keys.txt", document.Document.FileName)
	require.Equal(t, "text/plain", document.Document.MimeType)
	require.EqualValues(t, 10, document.Document.FileSize)

	require.Equal(t, "AAAA\nBBBB\n", download(t, s, b, document.Document.FileID))
	file, ok := s.File(document.Document.FileID)
	require.True(t, ok)
	require.Equal(t, "keys.txt", file.Name)
}

func download(t *testing.T, s *Service, b *tg.Bot, id string) string {
	t.Helper()
	info, err := b.GetFile(t.Context(), &tg.GetFileParams{FileID: id})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.FileDownloadLink(info), http.NoBody)
	require.NoError(t, err)
	resp, err := inProcess{s}.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return string(body)
}

func TestARealClientSeesErrorsAsItsOwn(t *testing.T) {
	s := newService(t)
	b := realClient(t, s)
	say := func(chat int64, text string) error {
		_, err := b.SendMessage(t.Context(), &tg.SendMessageParams{ChatID: chat, Text: text})
		return err
	}

	require.ErrorIs(t, say(999, "hi"), tg.ErrorBadRequest)
	require.ErrorIs(t, say(boris, "hi"), tg.ErrorForbidden)
	s.Block(token, alice, true)
	require.ErrorIs(t, say(alice, "hi"), tg.ErrorForbidden)
	s.Block(token, alice, false)

	s.SetFaults(Faults{Flood: true, RetryAfter: 7})
	var flood *tg.TooManyRequestsError
	require.ErrorAs(t, say(alice, "hi"), &flood)
	require.Equal(t, 7, flood.RetryAfter)
	s.SetFaults(Faults{})

	s.FailNext("sendMessage", 1, Failure{Status: http.StatusUnauthorized})
	require.ErrorIs(t, say(alice, "hi"), tg.ErrorUnauthorized)
	s.FailNext("sendMessage", 1, Failure{Status: http.StatusBadGateway, HTML: true})
	require.ErrorContains(t, say(alice, "hi"), "502 Bad Gateway")

	s.FailNext("sendMessage", 1, Failure{DropBefore: true})
	require.ErrorIs(t, say(alice, "lost before"), io.ErrUnexpectedEOF)
	s.FailNext("sendMessage", 1, Failure{DropAfter: true})
	require.ErrorIs(t, say(alice, "lost after"), io.ErrUnexpectedEOF)
	require.NoError(t, say(alice, "fine"))

	var said []string
	for _, m := range s.Sent(token, alice) {
		said = append(said, m.Text)
	}
	require.Equal(t, []string{"lost after", "fine"}, said)
}

func TestARealClientPollsAndAnswersTaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(t)
		var mu sync.Mutex
		var got []string
		handler := func(ctx context.Context, b *tg.Bot, u *models.Update) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case u.Message != nil:
				got = append(got, u.Message.Text)
			case u.CallbackQuery != nil:
				got = append(got, "tap "+u.CallbackQuery.Data)
				_, err := b.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{
					CallbackQueryID: u.CallbackQuery.ID, Text: "Sold out", ShowAlert: true,
				})
				if err != nil {
					got = append(got, err.Error())
				}
			case u.MyChatMember != nil:
				got = append(got, "member "+string(u.MyChatMember.NewChatMember.Type))
			}
		}
		b := realClient(t, s, tg.WithDefaultHandler(handler), tg.WithNotAsyncHandlers(), tg.WithServerURL("http://telegram.test"))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { b.Start(ctx); close(ended) }()

		id := text(t, s, values{"text": "shop", "reply_markup": `{"inline_keyboard":[[{"text":"Buy","callback_data":"buy"}]]}`})
		require.NoError(t, s.Tap(token, alice, id, "Buy"))
		require.False(t, s.Alerts(token, alice)[0].Answered)
		time.Sleep(time.Minute)
		require.NoError(t, s.Say(token, alice, "hello"))
		s.Block(token, alice, true)
		time.Sleep(time.Second)
		synctest.Wait()

		require.Equal(t, []string{"/start", "tap buy", "hello", "member kicked"}, got)
		alert := s.Alerts(token, alice)[0]
		require.True(t, alert.Answered)
		require.True(t, alert.Modal)
		require.Equal(t, "Sold out", alert.Text)
		stop()
		<-ended
	})
}

func TestARealClientSetsUpItsProfile(t *testing.T) {
	s := newService(t)
	b := realClient(t, s)
	menu := func(description string) []models.BotCommand {
		return []models.BotCommand{{Command: "buy", Description: description}}
	}
	set := func(p tg.SetMyCommandsParams) {
		_, err := b.SetMyCommands(t.Context(), &p)
		require.NoError(t, err)
	}

	set(tg.SetMyCommandsParams{Commands: menu("all")})
	require.Equal(t, []Command{{"buy", "all"}}, s.Commands(token, boris))
	set(tg.SetMyCommandsParams{Commands: menu("все"), LanguageCode: "ru"})
	require.Equal(t, []Command{{"buy", "все"}}, s.Commands(token, boris))
	set(tg.SetMyCommandsParams{Commands: menu("private"), Scope: &models.BotCommandScopeAllPrivateChats{}})
	require.Equal(t, []Command{{"buy", "private"}}, s.Commands(token, boris), "a nearer scope wins over the language")
	set(tg.SetMyCommandsParams{Commands: menu("owner"), Scope: &models.BotCommandScopeChat{ChatID: alice}})
	require.Equal(t, []Command{{"buy", "owner"}}, s.Commands(token, alice))

	_, err := b.SetChatMenuButton(t.Context(), &tg.SetChatMenuButtonParams{MenuButton: models.MenuButtonCommands{Type: "commands"}})
	require.NoError(t, err)
	button, err := b.GetChatMenuButton(t.Context(), &tg.GetChatMenuButtonParams{ChatID: alice})
	require.NoError(t, err)
	require.Equal(t, models.MenuButtonTypeCommands, button.Type)

	_, err = b.SetMyDescription(t.Context(), &tg.SetMyDescriptionParams{Description: "Цифровые товары", LanguageCode: "ru"})
	require.NoError(t, err)
	require.Equal(t, "Цифровые товары", s.Profile(token, "ru").Description)

	chat, err := b.GetChat(t.Context(), &tg.GetChatParams{ChatID: alice})
	require.NoError(t, err)
	require.Equal(t, "Alice", chat.FirstName)
}
