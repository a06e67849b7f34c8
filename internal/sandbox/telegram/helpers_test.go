package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	token = "1000:" + letters
	other = "2000:" + letters

	letters = "abcdefghijklmnopqrstuvwxyz-_ABCDEFGHI"

	alice = int64(501)
	boris = int64(502)
)

// newService returns a Telegram in which Alice has started the bot and Boris has not.
func newService(t *testing.T) *Service {
	t.Helper()
	return newServiceWith(t, Config{})
}

func newServiceWith(t *testing.T, cfg Config) *Service {
	t.Helper()
	s := New(cfg)
	t.Cleanup(s.Close)
	s.AddUser(User{ID: alice, FirstName: "Alice", Username: "alice", LanguageCode: "en"})
	s.AddUser(User{ID: boris, FirstName: "Борис", LanguageCode: "ru"})
	require.NoError(t, s.Say(token, alice, "/start"))
	return s
}

// inProcess passes requests to a handler without a socket. Like a server, it cuts the connection if
// the handler panics.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	type outcome struct {
		resp *http.Response
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if recover() != nil {
				o = outcome{err: io.ErrUnexpectedEOF}
			}
			if r.Body != nil {
				_ = r.Body.Close()
			}
			done <- o
		}()
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		o.resp = w.Result()
	}()
	select {
	case o := <-done:
		return o.resp, o.err
	case <-r.Context().Done():
		<-done
		return nil, r.Context().Err()
	}
}

// reply is any answer of the Bot API.
type reply struct {
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	ErrorCode   int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigratedTo int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
	status int
}

type values map[string]string

// ask calls a method as the bot, with a form.
func ask(s *Service, method string, v values) reply {
	form := url.Values{}
	for name, value := range v {
		form.Set(name, value)
	}
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/bot"+token+"/"+method,
		bytes.NewBufferString(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return roundTrip(s, r)
}

func roundTrip(s *Service, r *http.Request) reply {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	answer := reply{status: w.Code}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		answer.Description = err.Error()
	}
	return answer
}

// must returns the result of a call, which must succeed.
func must[T any](t *testing.T, answer reply) T {
	t.Helper()
	require.True(t, answer.OK, answer.Description)
	var result T
	require.NoError(t, json.Unmarshal(answer.Result, &result))
	return result
}

// text sends a message to Alice and returns its id.
func text(t *testing.T, s *Service, v values) int {
	t.Helper()
	if v["chat_id"] == "" {
		v["chat_id"] = "501"
	}
	return must[wireMessage](t, ask(s, "sendMessage", v)).MessageID
}

func last(t *testing.T, messages []Message) Message {
	t.Helper()
	require.NotEmpty(t, messages)
	return messages[len(messages)-1]
}

// picture returns a PNG of the given size.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))))
	return out.Bytes()
}

// gotUpdate are the fields of an update that the tests check.
type gotUpdate struct {
	ID      int64 `json:"update_id"`
	Message *struct {
		Text string `json:"text"`
		Chat struct {
			ID int64 `json:"id"`
		} `json:"chat"`
	} `json:"message"`
	Callback *struct {
		ID   string `json:"id"`
		Data string `json:"data"`
	} `json:"callback_query"`
}

func texts(updates []gotUpdate) []string {
	var list []string
	for _, u := range updates {
		if u.Message != nil {
			list = append(list, u.Message.Text)
		}
	}
	return list
}

var errRefused = errors.New("refused")

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func debugLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func decodeJSON(t *testing.T, text string, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), into))
}
