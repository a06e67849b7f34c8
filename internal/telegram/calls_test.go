package telegram_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// kinds are all that an error can be.
var kinds = []error{
	telegram.ErrFlood, telegram.ErrBlocked, telegram.ErrChatGone, telegram.ErrMessageGone, telegram.ErrTooBig,
	telegram.ErrBadRequest, telegram.ErrUnauthorized, telegram.ErrConflict, telegram.ErrTemporary,
	telegram.ErrFrozen, telegram.ErrReplaced,
}

func TestEveryFailureIsOfOneKind(t *testing.T) {
	page := "<html><body>/bot" + token + "/sendMessage</body></html>"
	for _, c := range []struct {
		answer reply
		want   error
		code   int
	}{
		{refusal(429, "Too Many Requests: retry after 30", 30), telegram.ErrFlood, 429},
		{reply{status: 429, body: page, header: http.Header{"Retry-After": {"30"}}}, telegram.ErrFlood, 429},
		{refusal(403, "Forbidden: bot was blocked by the user", 0), telegram.ErrBlocked, 403},
		{refusal(403, "Forbidden: user is deactivated", 0), telegram.ErrBlocked, 403},
		{refusal(403, "Forbidden: bot can't initiate conversation with a user", 0), telegram.ErrBlocked, 403},
		{refusal(400, "Bad Request: chat not found", 0), telegram.ErrChatGone, 400},
		{reply{status: 400, body: `{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded",
			"parameters":{"migrate_to_chat_id":-100}}`}, telegram.ErrChatGone, 400},
		{refusal(400, "Bad Request: message to edit not found", 0), telegram.ErrMessageGone, 400},
		{refusal(400, "Bad Request: message can't be edited", 0), telegram.ErrMessageGone, 400},
		{refusal(400, "Bad Request: there is no text in the message to edit", 0), telegram.ErrMessageGone, 400},
		{refusal(400, "Bad Request: can't parse entities", 0), telegram.ErrBadRequest, 400},
		{refusal(400, "Bad Request: BUTTON_DATA_INVALID", 0), telegram.ErrBadRequest, 400},
		{refusal(413, "Request Entity Too Large", 0), telegram.ErrBadRequest, 413},
		{reply{status: 413, body: page}, telegram.ErrBadRequest, 413},
		{refusal(401, "Unauthorized", 0), telegram.ErrUnauthorized, 401},
		{refusal(404, "Not Found", 0), telegram.ErrUnauthorized, 404},
		{refusal(400, "Bad Request: FROZEN_METHOD_INVALID", 0), telegram.ErrFrozen, 400},
		{refusal(420, "FROZEN_METHOD_INVALID", 0), telegram.ErrFrozen, 420},
		{refusal(409, "Conflict: terminated by other getUpdates request", 0), telegram.ErrConflict, 409},
		{refusal(500, "Internal Server Error", 0), telegram.ErrTemporary, 500},
		{refusal(0, "", 0), telegram.ErrTemporary, 0},
		{reply{status: 502, body: page}, telegram.ErrTemporary, 502},
		{reply{status: 404, body: page}, telegram.ErrTemporary, 404},
		{reply{status: 302, body: " ", header: http.Header{"Location": {"https://elsewhere.test/"}}}, telegram.ErrTemporary, 302},
		{reply{status: 200, body: `{"ok":true,"result":{"mess`}, telegram.ErrTemporary, 200},
		{reply{status: 200, body: `[]`}, telegram.ErrTemporary, 200},
		{reply{err: errors.New("connection refused")}, telegram.ErrTemporary, 0},
		{reply{err: io.ErrUnexpectedEOF}, telegram.ErrTemporary, 0},
	} {
		t.Run(c.answer.body, func(t *testing.T) {
			client := newClient(t, &api{answer: func(context.Context, made) reply { return c.answer }})
			_, err := client.SendMessage(t.Context(), text(5))
			var found []error
			for _, kind := range kinds {
				if errors.Is(err, kind) {
					found = append(found, kind)
				}
			}
			require.Equal(t, []error{c.want}, found)
			var e *telegram.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "sendMessage", e.Method)
			if c.code != 0 {
				require.Equal(t, c.code, e.Code)
			}
			if errors.Is(c.want, telegram.ErrFlood) {
				require.Equal(t, 30*time.Second, e.RetryAfter)
			}
		})
	}
}

func TestAnEditThatChangesNothingIsASuccess(t *testing.T) {
	c := newClient(t, &api{answer: func(context.Context, made) reply {
		return refusal(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same", 0)
	}})
	m, err := c.EditMessageText(t.Context(), &bot.EditMessageTextParams{ChatID: 5, MessageID: 7, Text: "same"})
	require.NoError(t, err)
	require.Nil(t, m)
	_, err = c.EditMessageCaption(t.Context(), &bot.EditMessageCaptionParams{ChatID: 5, MessageID: 7})
	require.NoError(t, err)
	_, err = c.EditMessageMedia(t.Context(), &bot.EditMessageMediaParams{ChatID: 5, MessageID: 7, Media: &models.InputMediaPhoto{Media: "id"}})
	require.NoError(t, err)
	_, err = c.EditMessageReplyMarkup(t.Context(), &bot.EditMessageReplyMarkupParams{ChatID: 5, MessageID: 7})
	require.NoError(t, err)
}

func TestAnAnswerThatComesTooLateIsASuccess(t *testing.T) {
	c := newClient(t, &api{answer: func(context.Context, made) reply {
		return refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid", 0)
	}})
	require.NoError(t, c.AnswerCallbackQuery(t.Context(), &bot.AnswerCallbackQueryParams{CallbackQueryID: "1"}))
}

func TestAMessageThatIsGoneCountsAsDeleted(t *testing.T) {
	for _, why := range []string{"message to delete not found", "message can't be deleted for everyone"} {
		c := newClient(t, &api{answer: func(context.Context, made) reply { return refusal(400, "Bad Request: "+why, 0) }})
		require.NoError(t, c.DeleteMessage(t.Context(), &bot.DeleteMessageParams{ChatID: 5, MessageID: 7}))
	}
}

// A caller that took it for a failure would send the message again.
func TestAMessageIsSentThoughTheAnswerHasSomethingUnknown(t *testing.T) {
	c := newClient(t, &api{answer: func(context.Context, made) reply {
		return reply{body: `{"ok":true,"result":{"forward_origin":{"type":"new"},"message_id":7,"date":3,"chat":{"id":5}}}`}
	}})
	m, err := c.SendMessage(t.Context(), text(5))
	require.NoError(t, err)
	require.Equal(t, &models.Message{ID: 7, Date: 3, Chat: models.Chat{ID: 5}}, m)
}

func TestEveryMethodReachesTelegramByItsName(t *testing.T) {
	a := &api{answer: func(_ context.Context, m made) reply {
		switch m.method {
		case "answerCallbackQuery", "deleteMessage", "setMyCommands":
			return reply{body: `{"ok":true,"result":true}`}
		case "getMe":
			return reply{body: `{"ok":true,"result":{"id":1,"username":"shop_bot"}}`}
		}
		return reply{}
	}}
	c := newClient(t, a)
	ctx := t.Context()
	photo := &models.InputFileUpload{Filename: "a.png", Data: strings.NewReader("PNG")}
	results := []error{
		second(c.SendMessage(ctx, text(1))),
		second(c.SendPhoto(ctx, &bot.SendPhotoParams{ChatID: 2, Photo: photo})),
		second(c.SendDocument(ctx, &bot.SendDocumentParams{ChatID: "@shop", Document: &models.InputFileString{Data: "id"}})),
		second(c.EditMessageText(ctx, &bot.EditMessageTextParams{ChatID: 5, MessageID: 1, Text: "x"})),
		second(c.EditMessageCaption(ctx, &bot.EditMessageCaptionParams{ChatID: 6, MessageID: 1})),
		second(c.EditMessageMedia(ctx, &bot.EditMessageMediaParams{ChatID: 7, MessageID: 1, Media: &models.InputMediaPhoto{
			Media: "attach://a.png", MediaAttachment: strings.NewReader("PNG"),
		}})),
		second(c.EditMessageReplyMarkup(ctx, &bot.EditMessageReplyMarkupParams{ChatID: 8, MessageID: 1})),
		c.DeleteMessage(ctx, &bot.DeleteMessageParams{ChatID: 9, MessageID: 1}),
		c.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: "1"}),
		c.SetMyCommands(ctx, &bot.SetMyCommandsParams{Commands: []models.BotCommand{{Command: "start", Description: "x"}}}),
		second(c.GetMe(ctx)),
	}
	require.NoError(t, errors.Join(results...))
	var methods []string
	for _, m := range a.made("") {
		methods = append(methods, m.method)
	}
	require.Equal(t, []string{
		"sendMessage", "sendPhoto", "sendDocument", "editMessageText", "editMessageCaption",
		"editMessageMedia", "editMessageReplyMarkup", "deleteMessage", "answerCallbackQuery", "setMyCommands", "getMe",
	}, methods)
	require.Equal(t, "PNG", a.made("sendPhoto")[0].params["photo"])
	require.Equal(t, "PNG", a.made("editMessageMedia")[0].params["a.png"])
}

func second[T any](_ T, err error) error { return err }

func TestAShortFloodIsWaitedOutAndThePictureSentWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		a := &api{answer: func(context.Context, made) reply {
			if tries++; tries <= 2 {
				return refusal(429, "Too Many Requests: retry after 3", 3)
			}
			return reply{}
		}}
		c := newClient(t, a)
		data := strings.NewReader("skip PNG")
		_, _ = data.Seek(5, io.SeekStart)
		began := time.Now()
		_, err := c.SendPhoto(t.Context(), &bot.SendPhotoParams{ChatID: 5, Photo: &models.InputFileUpload{Filename: "a.png", Data: data}})
		require.NoError(t, err)
		require.Equal(t, 6*time.Second, time.Since(began))
		for _, m := range a.made("sendPhoto") {
			require.Equal(t, "PNG", m.params["photo"])
		}
	})
}

func TestWhatCannotBeRepeatedIsNot(t *testing.T) {
	once := &models.InputFileUpload{Filename: "a", Data: &struct{ io.Reader }{strings.NewReader("once")}}
	short, long := refusal(429, "Too Many Requests", 1), refusal(429, "Too Many Requests", 4)
	for name, c := range map[string]struct {
		answer  reply
		file    *models.InputFileUpload
		timeout time.Duration
	}{
		"a reader that reads once": {short, once, time.Minute},
		"a long flood":             {long, nil, time.Minute},
		"no time for it":           {short, nil, time.Second / 2},
		"a gateway's page":         {reply{status: 502, body: "<html>"}, nil, time.Minute},
		"a cut connection":         {reply{err: io.ErrUnexpectedEOF}, nil, time.Minute},
		"a server's error":         {refusal(500, "Internal Server Error", 0), nil, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &api{answer: func(context.Context, made) reply { return c.answer }}
				ctx, cancel := context.WithTimeout(t.Context(), c.timeout)
				defer cancel()
				p := &bot.SendDocumentParams{ChatID: 5, Document: &models.InputFileString{Data: "id"}}
				if c.file != nil {
					p.Document = c.file
				}
				began := time.Now()
				_, err := newClient(t, a).SendDocument(ctx, p)
				require.Error(t, err)
				require.Len(t, a.made(""), 1)
				require.Zero(t, time.Since(began))
			})
		})
	}
}

func TestAFileThatCannotBeReadIsRefusedBeforeItIsSent(t *testing.T) {
	broken := errors.New("disk gone")
	c := newClient(t, &api{})
	_, err := c.SendDocument(t.Context(), &bot.SendDocumentParams{
		ChatID: 5, Document: &models.InputFileUpload{Filename: "a", Data: &brokenReader{err: broken}},
	})
	require.ErrorIs(t, err, broken)
	for _, p := range []*bot.SendDocumentParams{
		{ChatID: 5, Document: &models.InputFileUpload{Filename: "a"}},
		{ChatID: 5, Document: (*models.InputFileUpload)(nil)},
		{ChatID: 5, Document: (*models.InputFileString)(nil)},
		{ChatID: 5, Document: &models.InputFileUpload{Data: (*bytes.Reader)(nil)}},
	} {
		_, err := c.SendDocument(t.Context(), p)
		require.ErrorIs(t, err, telegram.ErrBadRequest)
	}
	for _, media := range []models.InputMedia{
		nil, (*models.InputMediaPhoto)(nil), &models.InputMediaPhoto{Media: "attach://a"},
		&models.InputMediaPhoto{Media: "attach://a", MediaAttachment: (*bytes.Reader)(nil)},
	} {
		_, err := c.EditMessageMedia(t.Context(), &bot.EditMessageMediaParams{ChatID: 5, MessageID: 1, Media: media})
		require.ErrorIs(t, err, telegram.ErrBadRequest)
	}
}

type brokenReader struct{ err error }

func (r *brokenReader) Read([]byte) (int, error) { return 0, r.err }

func TestACallThatHangsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, &api{answer: func(ctx context.Context, _ made) reply {
			<-ctx.Done()
			return reply{err: ctx.Err()}
		}})
		began := time.Now()
		_, err := c.SendMessage(t.Context(), text(5))
		require.ErrorIs(t, err, telegram.ErrTemporary)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestMetricsHearOfEveryCall(t *testing.T) {
	var calls []telegram.Call
	n := 0
	c, err := telegram.New(telegram.Config{
		Token: token, APIURL: "https://api.test", Observe: func(_ context.Context, c telegram.Call) { calls = append(calls, c) },
		Transport: &api{answer: func(context.Context, made) reply {
			n++
			return []reply{{}, refusal(403, "Forbidden", 0), refusal(400, "no", 0), {err: io.EOF}}[n-1]
		}},
	})
	require.NoError(t, err)
	for range 4 {
		_, _ = c.SendMessage(t.Context(), text(5))
	}
	var outcomes []string
	for _, call := range calls {
		outcomes = append(outcomes, call.Method+" "+call.Outcome)
	}
	require.Equal(t, []string{"sendMessage ok", "sendMessage blocked", "sendMessage bad_request", "sendMessage temporary"}, outcomes)
}

func TestAFileIsDownloadedUpToALimit(t *testing.T) {
	content := strings.Repeat("k", 100)
	size := 100
	filePath := "documents/file 1.txt"
	var got *http.Request
	c := newClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		body := fmt.Sprintf(`{"ok":true,"result":{"file_id":"f","file_size":%d,"file_path":%q}}`, size, filePath)
		status := http.StatusOK
		if req.Method == http.MethodGet {
			got, body = req, content
			if content == "" {
				status = http.StatusNotFound
			}
		}
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
	}))
	b, err := c.Download(t.Context(), "f", 100)
	require.NoError(t, err)
	require.Equal(t, content, string(b))
	require.Equal(t, "/file/bot"+token+"/documents/file%201.txt", got.URL.EscapedPath())

	_, err = c.Download(t.Context(), "f", 99)
	require.ErrorIs(t, err, telegram.ErrTooBig, "by what getFile says")
	size = 0
	_, err = c.Download(t.Context(), "f", 99)
	require.ErrorIs(t, err, telegram.ErrTooBig, "by what comes")
	content = ""
	_, err = c.Download(t.Context(), "f", 99)
	require.ErrorIs(t, err, telegram.ErrNoFile)
	content = "on our own disk"
	filePath = filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(filePath, []byte(content), 0o600))
	for _, filePath = range []string{filePath, `C:\telegram\file`} {
		got = nil
		_, err = c.Download(t.Context(), "f", 99)
		require.ErrorIs(t, err, telegram.ErrLocalFile)
		require.Nil(t, got)
	}
}

func TestATransportThatForgetsARequestLeavesNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine still waits at the end
		c := newClient(t, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"ok":true,"result":{"message_id":7}}`))}, nil
		}))
		large := &models.InputFileUpload{Filename: "a", Data: bytes.NewReader(make([]byte, 2<<20))}
		_, err := c.SendDocument(t.Context(), &bot.SendDocumentParams{ChatID: 5, Document: large})
		require.NoError(t, err)
	})
}

func TestAMissingCertificateStoreIsNamedWithItsRemedy(t *testing.T) {
	c := newClient(t, roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("tls: failed to verify certificate: %w", x509.UnknownAuthorityError{})
	}))
	_, err := c.GetMe(t.Context())
	require.ErrorIs(t, err, telegram.ErrTemporary)
	require.ErrorContains(t, err, "install ca-certificates, or set SSL_CERT_FILE")
}

// roundTripper is a network made of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestRequestsCanBeSentAgainByTheTransport(t *testing.T) {
	var length int64
	var again bool
	c := newClient(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		length, again = req.ContentLength, req.GetBody != nil
		n, err := io.Copy(io.Discard, req.Body)
		if err == nil && again && n != length {
			err = errors.New("wrong length")
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(`{"ok":true,"result":{"message_id":7}}`))}, err
	}))
	_, err := c.SendMessage(t.Context(), text(5))
	require.NoError(t, err)
	require.True(t, again)
	require.Positive(t, length)

	large := &models.InputFileUpload{Filename: "a", Data: bytes.NewReader(make([]byte, 2<<20))}
	_, err = c.SendDocument(t.Context(), &bot.SendDocumentParams{ChatID: 5, Document: large})
	require.NoError(t, err)
	require.False(t, again, "is streamed")
}

func TestInlineModeIsReadFromTheAnswerItself(t *testing.T) {
	for _, on := range []bool{true, false} {
		a := &api{answer: func(context.Context, made) reply {
			return reply{body: fmt.Sprintf(`{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Shop","supports_inline_queries":%t}}`, on)}
		}}
		got, err := newClient(t, a).SupportsInline(t.Context())
		require.NoError(t, err)
		require.Equal(t, on, got)
	}
	refused := &api{answer: func(context.Context, made) reply { return refusal(401, "Unauthorized", 0) }}
	_, err := newClient(t, refused).SupportsInline(t.Context())
	require.ErrorIs(t, err, telegram.ErrUnauthorized)
}

func TestAnInlineQueryThatTelegramForgotIsNoError(t *testing.T) {
	for description, want := range map[string]error{
		"Bad Request: query is too old and response timeout expired or query ID is invalid": nil,
		"Bad Request: RESULT_ID_INVALID": telegram.ErrBadRequest,
	} {
		a := &api{answer: func(context.Context, made) reply { return refusal(400, description, 0) }}
		err := newClient(t, a).AnswerInlineQuery(t.Context(), &bot.AnswerInlineQueryParams{InlineQueryID: "1"})
		require.ErrorIs(t, err, want)
	}
}
