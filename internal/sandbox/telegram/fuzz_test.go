package telegram

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzRequest(f *testing.F) {
	f.Add("sendMessage", "chat_id=501&text=hi", "application/json", `{"reply_markup":{"inline_keyboard":[[{"text":"a","url":"x.com"}]]}}`)
	f.Add("sendMessage", "chat_id=501", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nhi\r\n--x--\r\n")
	f.Add("editMessageText", "", "application/x-www-form-urlencoded", "chat_id=501&message_id=2&text=x&parse_mode=HTML")
	f.Add("sendMediaGroup", "chat_id=501", "application/json", `{"media":[{"type":"photo","media":"attach://a"},{"type":"document"}]}`)
	f.Add("setMyCommands", "", "application/json", `{"commands":[{"command":"a","description":"b"}],"scope":{"type":"chat","chat_id":501}}`)
	f.Add("getUpdates", "offset=-1&limit=2", "", "")
	f.Add("setWebhook", "", "application/json", `{"url":"https://example.com","allowed_updates":["poll"]}`)
	f.Fuzz(func(t *testing.T, method, query, kind, body string) {
		if strings.ContainsAny(method+query, " \t\r\n\x00#?%") || strings.EqualFold(method, "getUpdates") && strings.Contains(query+body, "timeout") {
			t.Skip()
		}
		s := newServiceWith(t, Config{Client: &http.Client{Transport: refuser{}}})
		text(t, s, values{"text": "shop"})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.URL.Path, r.URL.RawQuery = "/bot"+token+"/"+method, query
		r.Header.Set("Content-Type", kind)

		answer := roundTrip(s, r)

		require.Equal(t, answer.OK, answer.status == http.StatusOK)
		if !answer.OK {
			require.Equal(t, answer.status, answer.ErrorCode)
			require.NotEmpty(t, answer.Description)
			require.Less(t, answer.status, 500)
		}
		for _, m := range s.Chat(token, alice) {
			checkFormatted(t, formatted{m.Text, m.Entities})
		}
	})
}

// refuser is a network that refuses every request.
type refuser struct{}

func (refuser) RoundTrip(*http.Request) (*http.Response, error) { return nil, errRefused }
