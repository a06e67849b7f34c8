package e2e

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// Whatever the JSON of an update is, the shop neither crashes nor stops, and serves the next buyer.
// Coverage differs a little from run to run, so fuzz with -fuzzminimizetime 1x.
func FuzzUpdatesFromOutside(f *testing.F) {
	for _, seed := range []string{
		`{"message":{"message_id":1,"date":1,"from":{"id":5},"chat":{"id":5,"type":"private"},"text":"/buy vpn"}}`,
		`{"callback_query":{"id":"1","from":{"id":5},"data":"b:vpn:1:x","message":{"message_id":3,"date":1,"chat":{"id":5,"type":"private"}}}}`,
		`{"my_chat_member":{"chat":{"id":5},"from":{"id":5},"date":1,"old_chat_member":{"status":"member"},"new_chat_member":{"status":"kicked"}}}`,
		`{"message":{"document":{}}}`, `{"callback_query":{"message":{"date":0}}}`, `{}`, `x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		synctest.Test(t, func(t *testing.T) {
			env := newEnv(t)
			env.Start()
			defer env.Stop()
			if env.Telegram().Inject(botToken, json.RawMessage(raw)) != nil {
				return // no JSON object, or one that has an id
			}
			env.Settle()
			require.NotContains(t, env.Log.String(), "update handler panicked")
			env.Say(boris, "/start")
			require.NotEmpty(t, env.Chat(boris)[1:], "the next one is served")
		})
	})
}

// Whatever people write, press and are called, the shop answers, logs no error, and moves no coins.
func FuzzWhatPeopleSend(f *testing.F) {
	for i, text := range hostileTexts() {
		f.Add(text, trickyNames[i%len(trickyNames)], "b:vpn:1:"+trickyNames[i%len(trickyNames)])
	}
	f.Add("/buy vpn", "Alice", "n:n:ret:1P8M2QX7KD93HWA:1")
	f.Fuzz(func(t *testing.T, text, name, data string) {
		synctest.Test(t, func(t *testing.T) {
			env := newEnv(t)
			env.Start()
			defer env.Stop()
			const eve = 777
			env.Telegram().AddUser(telegram.User{ID: eve, FirstName: name, LanguageCode: "en"})
			if env.Telegram().Say(botToken, eve, text) == nil {
				env.Settle()
				require.NotEmpty(t, env.Telegram().Sent(botToken, eve), "%q is answered", text)
			}
			if err := env.Telegram().TapData(botToken, eve, 1, data); err == nil {
				time.Sleep(10 * time.Second)
			}
			for _, a := range env.Telegram().Alerts(botToken, eve) {
				require.True(t, a.Answered, "%q is answered", data)
			}
			require.NotContains(t, env.Log.String(), "level=ERROR", "%q %q %q", text, name, data)
			require.Empty(t, env.transfers())
		})
	})
}
