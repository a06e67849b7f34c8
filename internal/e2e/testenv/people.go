package testenv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// LoadKeys has the owner load the first n keys of the product that the tests buy.
func (e *Env) LoadKeys(n int) {
	e.T.Helper()
	e.LoadStock("vpn", Keys(n)...)
}

// LoadStock has the owner load keys of a product.
func (e *Env) LoadStock(sku string, keys ...string) {
	e.T.Helper()
	e.Say(sandbox.Olga, "/addstock "+sku+"\n"+strings.Join(keys, "\n"))
	e.Press(sandbox.Olga, "stock:add")
}

// Press has a person press the button whose callback data begins so, in the last message that has
// one.
func (e *Env) Press(who int64, prefix string) {
	e.T.Helper()
	for _, m := range slices.Backward(e.Chat(who)) {
		for _, b := range slices.Concat(m.Buttons...) {
			if strings.HasPrefix(b.Data, prefix) {
				require.NoError(e.T, e.Telegram().TapData(BotToken, who, m.ID, b.Data))
				e.Settle()
				return
			}
		}
	}
	require.Failf(e.T, "no such button", "%q in:\n%s", prefix, e.Transcript(who))
}

// Keys are the first n keys: KEY-01 and so on.
func Keys(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, fmt.Sprintf("KEY-%02d", i+1))
	}
	return keys
}

// KeysIn lists the keys in a message, each on a line of its own.
func KeysIn(text string) (keys []string) {
	for line := range strings.Lines(text) {
		if key := strings.TrimSpace(line); strings.HasPrefix(key, "KEY-") {
			keys = append(keys, key)
		}
	}
	return keys
}

// Say has a person write to the bot, and lets it answer.
func (e *Env) Say(who int64, text string) {
	e.T.Helper()
	require.NoError(e.T, e.Telegram().Say(BotToken, who, text))
	e.Settle()
}

// Tap has a person press a button whose label contains text, in the last message that has one.
func (e *Env) Tap(who int64, text string) {
	e.T.Helper()
	for _, m := range slices.Backward(e.Chat(who)) {
		if b, found := FindButton(m, text); found {
			require.NoError(e.T, e.Telegram().Tap(BotToken, who, m.ID, b.Text))
			e.Settle()
			return
		}
	}
	require.Failf(e.T, "no such button", "%q in:\n%s", text, e.Transcript(who))
}

// FindButton returns the first button of a message whose label contains text.
func FindButton(m telegram.Message, text string) (telegram.Button, bool) {
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.Contains(b.Text, text) {
				return b, true
			}
		}
	}
	return telegram.Button{}, false
}

// Chat is the chat of a person with the bot, without deleted messages.
func (e *Env) Chat(who int64) []telegram.Message { return e.Telegram().Chat(BotToken, who) }

// Last is the last message of the bot to somebody.
func (e *Env) Last(who int64) telegram.Message {
	e.T.Helper()
	sent := e.Telegram().Sent(BotToken, who)
	require.NotEmpty(e.T, sent)
	return sent[len(sent)-1]
}

// CountSent counts the messages of the bot to somebody that contain text.
func (e *Env) CountSent(who int64, text string) int {
	n := 0
	for _, m := range e.Telegram().Sent(BotToken, who) {
		if strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// Transcript is a chat as text.
func (e *Env) Transcript(who int64) string {
	var b strings.Builder
	for _, m := range e.Chat(who) {
		fmt.Fprintf(&b, "[%d bot=%t] %s %v\n", m.ID, m.FromBot, m.Text, m.Buttons)
	}
	return b.String()
}

// PayLink is the newest pay link that somebody sees, or "".
func (e *Env) PayLink(who int64) string {
	for _, m := range slices.Backward(e.Chat(who)) {
		if urls := m.URLs(); len(urls) > 0 {
			return urls[0]
		}
	}
	return ""
}

// Pay has somebody pay the invoice behind the pay link. The order is its payload.
func (e *Env) Pay(who int64) cryptopay.Invoice {
	e.T.Helper()
	link := e.PayLink(who)
	require.NotEmpty(e.T, link, e.Transcript(who))
	in, err := e.CryptoPay().Pay(link, who, "USDT")
	require.NoError(e.T, err)
	e.Settle()
	return in
}

// KeysOf lists the keys that somebody was sent, in the order of the messages, repeats included.
func (e *Env) KeysOf(who int64) (keys []string) {
	for _, m := range e.Telegram().Sent(BotToken, who) {
		keys = append(keys, KeysIn(m.Text)...)
	}
	return keys
}
