package telegram_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/telegram"
)

// requireNoToken looks for the token's secret part, which every way of quoting leaves as it is.
func requireNoToken(t *testing.T, text string) {
	t.Helper()
	_, secret, _ := strings.Cut(token, ":")
	require.NotContains(t, text, secret)
}

// showAll prints a value in all the ways in which people print errors.
func showAll(v any) string {
	var b strings.Builder
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		_, _ = fmt.Fprintf(&b, format+"\n", v)
	}
	if err, ok := v.(error); ok {
		for ; err != nil; err = errors.Unwrap(err) {
			_, _ = fmt.Fprintf(&b, "%v %+v\n", err, err)
		}
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Error("shown", "value", v)
	slog.New(slog.NewTextHandler(&b, nil)).Error("shown", "value", v)
	return b.String()
}

// callAll makes every kind of call and returns the errors.
func callAll(ctx context.Context, c *telegram.Client) []error {
	upload := &models.InputFileUpload{Filename: "a", Data: bytes.NewReader(make([]byte, 2<<20))}
	return []error{
		second(c.SendMessage(ctx, text(5))),
		second(c.SendDocument(ctx, &bot.SendDocumentParams{ChatID: 6, Document: upload})),
		second(c.EditMessageText(ctx, &bot.EditMessageTextParams{ChatID: 7, MessageID: 1, Text: "x"})),
		c.AnswerCallbackQuery(ctx, &bot.AnswerCallbackQueryParams{CallbackQueryID: "1"}),
		second(c.GetMe(ctx)),
		second(c.Download(ctx, "file", 100)),
	}
}

func TestNoFailureShowsTheToken(t *testing.T) {
	echo := func(status int, body string) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			http.Error(w, strings.NewReplacer(
				"PATH", req.URL.Path, "ESCAPED", url.QueryEscape(req.URL.String()), "TOKEN", token,
			).Replace(body), status)
			return w.Result(), nil
		})
	}
	fail := func(format string) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf(format, req.URL, token)
		})
	}
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // before that a server does not see that the client is gone
		<-r.Context().Done()
	}))
	t.Cleanup(slow.Close)
	cut := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(cut.Close)

	for name, c := range map[string]struct {
		address   string
		transport http.RoundTripper
	}{
		"refused connection":  {"http://" + closed.Addr().String(), nil},
		"no such host":        {"http://telegram.invalid", nil},
		"bad port":            {"http://127.0.0.1:99999", nil},
		"hanging server":      {slow.URL, nil},
		"cut connection":      {cut.URL, nil},
		"page with the path":  {"https://api.test", echo(502, "<html>PATH ESCAPED</html>")},
		"page not found":      {"https://api.test", echo(404, "<html>PATH</html>")},
		"page that says ok":   {"https://api.test", echo(200, "<html>PATH</html>")},
		"error with the path": {"https://api.test", echo(404, `{"ok":false,"error_code":404,"description":"no PATH botTOKEN ESCAPED"}`)},
		"flood with the path": {"https://api.test", echo(429, `{"ok":false,"error_code":429,"description":"PATH","parameters":{"retry_after":9}}`)},
		"cut off token":       {"https://api.test", echo(400, `{"ok":false,"error_code":400,"description":"`+strings.Repeat("x", 270)+`TOKEN"}`)},
		"unreadable result":   {"https://api.test", echo(200, `{"ok":true,"result":"PATH"}`)},
		"redirect": {"https://api.test", roundTripper(func(req *http.Request) (*http.Response, error) {
			w := httptest.NewRecorder()
			w.Header().Set("Location", "https://elsewhere.test"+req.URL.Path)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return w.Result(), nil
		})},
		"transport's own":    {"https://api.test", fail("cannot reach %s with %s")},
		"transport's quotes": {"https://api.test", fail("cannot reach %q with %q")},
		"transport's url.Error": {"https://api.test", roundTripper(func(req *http.Request) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: req.URL.String(), Err: errors.New(url.QueryEscape(token))}
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l log
			client, err := telegram.New(telegram.Config{Token: token, APIURL: c.address, Transport: c.transport, Log: l.logger()})
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			for _, err := range callAll(ctx, client) {
				require.Error(t, err)
				requireNoToken(t, showAll(err))
			}
			in := telegram.NewIntake(client, newInbox(), (&diary{}).handle, l.logger())
			short, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer stop()
			_ = in.Poll(short)
			requireNoToken(t, showAll(in.RegisterWebhook(short, "https://shop.test/", "secret")))
			requireNoToken(t, l.String())
			requireNoToken(t, showAll(in))
			requireNoToken(t, showAll(client))
		})
	}
}

func TestAConfigurationThatIsRefusedDoesNotShowTheToken(t *testing.T) {
	good := "https://api.telegram.org"
	for name, c := range map[string]telegram.Config{
		"no token":            {APIURL: good},
		"line break":          {Token: token + "\n", APIURL: good},
		"space":               {Token: " " + token, APIURL: good},
		"slash":               {Token: token + "/x", APIURL: good},
		"no colon":            {Token: strings.ReplaceAll(token, ":", ""), APIURL: good},
		"short":               {Token: token[:30], APIURL: good},
		"no address":          {Token: token},
		"no scheme":           {Token: token, APIURL: "api.telegram.org"},
		"another scheme":      {Token: token, APIURL: "ftp://api.telegram.org"},
		"control character":   {Token: token, APIURL: "https://api.telegram.org/" + token + "\x7f"},
		"address with token":  {Token: token, APIURL: good + "/bot" + token},
		"address with query":  {Token: token, APIURL: good + "?" + token},
		"address with user":   {Token: token, APIURL: "https://" + token + "@api.telegram.org"},
		"bad escape":          {Token: token, APIURL: good + "/%zz" + token},
		"negative rate limit": {Token: token, APIURL: good, RateLimit: -1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := telegram.New(c)
			require.Error(t, err)
			requireNoToken(t, showAll(err))
			if c.Token != "" {
				requireNoToken(t, showAll(c))
				requireNoToken(t, showAll(&c))
			}
		})
	}
	for _, address := range []string{good, good + "/", "http://127.0.0.1:8088/telegram", "http://[::1]:80"} {
		_, err := telegram.New(telegram.Config{Token: token, APIURL: address})
		require.NoError(t, err)
	}
}

func TestALogKeepsSecretsToItself(t *testing.T) {
	var b bytes.Buffer
	w := telegram.RedactingWriter(&b, token, "", "app:short", "webhook-secret")
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(w, nil)), slog.New(slog.NewJSONHandler(w, nil))} {
		l.With("with", token).WithGroup("g").Error("bot"+token, "error", errors.New(url.PathEscape(token)),
			"any", struct{ Token string }{token}, "map", map[string]any{token: []string{"webhook-secret"}}, "short", "a short word", "lower", strings.ToLower("%3A")+token[6:])
	}
	requireNoToken(t, b.String())
	require.NotContains(t, b.String(), "webhook-secret")
	require.Contains(t, b.String(), "a short word")
	lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
	require.Len(t, lines, 2)
	require.True(t, json.Valid(lines[1]))

	broken := telegram.RedactingWriter(brokenWriter{}, token)
	_, err := broken.Write([]byte("x"))
	require.ErrorIs(t, err, errDisk)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errDisk }
