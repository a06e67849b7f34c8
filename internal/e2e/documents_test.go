package e2e

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// sendsDocument has the owner send a list of keys as a file, and then a command.
func (env *testEnv) sendsDocument(t *testing.T) {
	t.Helper()
	env.Say(olga, "/addstock vpn")
	require.NoError(t, env.Telegram().Upload(botToken, olga, "keys.txt", []byte("KEY-77\n"), ""))
	require.NoError(t, env.Telegram().Say(botToken, olga, "/stock vpn"))
	time.Sleep(time.Second)
	synctest.Wait()
	require.Contains(t, env.Last(olga).Text, "10 free", "and the next message is answered at once")
}

func TestADocumentThatTelegramRefusesIsAnsweredAtOnce(t *testing.T) {
	for description, answer := range map[string]string{
		"Bad Request: file is too big":                                      "keys.txt is not taken: it is too big",
		"Bad Request: wrong file_id or the file is temporarily unavailable": "does not hand out this file",
		"Bad Request: wrong remote file identifier specified":               "does not hand out this file",
	} {
		run(t, func(t *testing.T, env *testEnv) {
			env.Telegram().FailNext("getFile", 1000, telegram.Failure{Status: http.StatusBadRequest, Description: description})
			env.sendsDocument(t)
			require.Equal(t, 1, env.CountSent(olga, answer), env.Transcript(olga))
		})
	}
}

// localMode is a Bot API server of one's own that runs with --local.
type localMode struct{ next http.RoundTripper }

func (l localMode) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.next.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/getFile") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	body = bytes.Replace(body, []byte(`"file_path":"`), []byte(`"file_path":"/var/lib/telegram-bot-api/`), 1)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

func TestADocumentOfAServerInLocalModeIsAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Transport = localMode{env.Network.Transport()}
		env.Start()
		env.LoadKeys(10)
		env.sendsDocument(t)
		require.Equal(t, 1, env.CountSent(olga, "runs with --local"), env.Transcript(olga))
		env.Stop()
	})
}
