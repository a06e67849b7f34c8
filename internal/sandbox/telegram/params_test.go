package telegram

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARequestMayHaveAnyForm(t *testing.T) {
	const markup = `{"inline_keyboard":[[{"text":"Buy","callback_data":"buy"}]]}`
	form := func(fields ...[2]string) (string, string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for _, field := range fields {
			_ = w.WriteField(field[0], field[1])
		}
		_ = w.Close()
		return w.FormDataContentType(), body.String()
	}
	multi, multiBody := form([2]string{"chat_id", "501"}, [2]string{"text", "hi"}, [2]string{"reply_markup", markup})
	tests := []struct {
		name, method, path, kind, body string
	}{
		{"query", "GET", "sendMessage?chat_id=501&text=hi&reply_markup=%7B%22inline_keyboard%22:[[%7B%22text%22:%22Buy%22,%22callback_data%22:%22buy%22%7D]]%7D", "", ""},
		{"urlencoded", "POST", "sendMessage", "application/x-www-form-urlencoded; charset=utf-8", "chat_id=501&text=hi&reply_markup=" + strings.ReplaceAll(markup, `"`, "%22")},
		{"multipart", "POST", "sendMessage", multi, multiBody},
		{"JSON", "POST", "sendMessage", "application/json", `{"chat_id":501,"text":"hi","disable_notification":null,"reply_markup":` + markup + `}`},
		{"JSON with text in text", "POST", "sendMessage", "application/json", `{"chat_id":"501","text":"hi","reply_markup":"{\"inline_keyboard\":[[{\"text\":\"Buy\",\"callback_data\":\"buy\"}]]}"}`},
		{"query and body together", "POST", "sendMessage?chat_id=501", "application/json", `{"chat_id":1,"text":"hi","reply_markup":` + markup + `}`},
		{"another case", "POST", "SENDmessage", "application/json", `{"chat_id":501,"text":"hi","reply_markup":` + markup + `}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newService(t)
			answer := roundTrip(s, request(tt.method, "/bot"+token+"/"+tt.path, tt.kind, tt.body))
			require.True(t, answer.OK, answer.Description)
			m := last(t, s.Sent(token, alice))
			require.Equal(t, "hi", m.Text)
			require.Equal(t, [][]Button{{{Text: "Buy", Data: "buy"}}}, m.Buttons)
			require.Equal(t, 1, s.Calls("sendMessage"))
		})
	}
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	tests := []struct {
		name, path, kind, body string
		status                 int
	}{
		{"no token", "/sendMessage", "", "", 404},
		{"a short token", "/bot1000:abc/getMe", "", "", 404},
		{"a token of words", "/botshop:" + strings.Repeat("a", 35) + "/getMe", "", "", 404},
		{"no method", "/bot" + token, "", "", 404},
		{"an empty method", "/bot" + token + "/", "", "", 404},
		{"a file nobody asked for", "/file/bot" + token + "/documents/file_1.txt", "", "", 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := roundTrip(newService(t), request(http.MethodPost, tt.path, tt.kind, tt.body))
			require.False(t, answer.OK)
			require.Equal(t, tt.status, answer.status)
			require.Equal(t, tt.status, answer.ErrorCode)
		})
	}
}

func TestAnUploadMayBeNamedOrAttached(t *testing.T) {
	for _, field := range []string{"document", "a1"} {
		s := newService(t)
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		require.NoError(t, w.WriteField("chat_id", "501"))
		if field != "document" {
			require.NoError(t, w.WriteField("document", "attach://"+field))
		}
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="` + field + `"; filename="../keys.txt"`},
		})
		require.NoError(t, err)
		_, err = io.WriteString(part, "AAAA")
		require.NoError(t, err)
		require.NoError(t, w.Close())

		answer := roundTrip(s, request(http.MethodPost, "/bot"+token+"/sendDocument", w.FormDataContentType(), body.String()))
		require.True(t, answer.OK, answer.Description)
		file := last(t, s.Sent(token, alice)).Document
		require.Equal(t, "keys.txt", file.Name)
		require.Equal(t, "AAAA", string(file.Data))
	}
}

func TestAFileOverTheLimitIsRefused(t *testing.T) {
	s := newService(t)
	body := "--x\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.bin\"\r\n\r\n" +
		strings.Repeat("a", maxUpload+1) + "\r\n--x--\r\n"
	answer := roundTrip(s, request(http.MethodPost, "/bot"+token+"/sendDocument?chat_id=501", "multipart/form-data; boundary=x", body))
	require.Equal(t, 413, answer.ErrorCode)
	require.Equal(t, "Request Entity Too Large", answer.Description)

	require.NoError(t, s.Upload(token, alice, "big.bin", make([]byte, maxDownload+1), ""))
	answer = ask(s, "getFile", values{"file_id": last(t, s.Chat(token, alice)).Document.ID})
	require.Equal(t, "Bad Request: file is too big", answer.Description)
}

func request(method, path, kind, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}
