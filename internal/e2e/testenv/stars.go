package testenv

import (
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// link is the newest address that begins so in somebody's chat with the bot, or "".
func (e *Env) link(who int64, prefix string) string {
	for _, m := range slices.Backward(e.Chat(who)) {
		for _, url := range m.URLs() {
			if strings.HasPrefix(url, prefix) {
				return url
			}
		}
	}
	return ""
}

// StarsLink is the newest link to an invoice in Stars that somebody sees, or "".
func (e *Env) StarsLink(who int64) string { return e.link(who, "https://t.me/$") }

// InviteLink is the newest invite link that somebody sees, or "".
func (e *Env) InviteLink(who int64) string { return e.link(who, "https://t.me/+") }

// PayStars has somebody pay the newest link to an invoice in Stars, and returns what the payer sees
// after the bot had time to answer.
func (e *Env) PayStars(who int64) telegram.Checkout {
	e.T.Helper()
	link := e.StarsLink(who)
	require.NotEmpty(e.T, link, e.Transcript(who))
	id, err := e.Telegram().PayStarsLink(link, who)
	require.NoError(e.T, err)
	e.Settle()
	c, found := e.Telegram().Checkout(id)
	require.True(e.T, found)
	return c
}

// AddChannel creates a channel in which the bot is an administrator with all rights.
func (e *Env) AddChannel(owner int64, title string) int64 {
	e.T.Helper()
	id, err := e.Telegram().AddGroup(BotToken, owner, "channel", title)
	require.NoError(e.T, err)
	e.Settle()
	return id
}

// Join has somebody join by the newest invite link that they see, and returns the chat's id.
func (e *Env) Join(who int64) int64 {
	e.T.Helper()
	link := e.InviteLink(who)
	require.NotEmpty(e.T, link, e.Transcript(who))
	id, err := e.Telegram().Join(link, who)
	require.NoError(e.T, err)
	e.Settle()
	return id
}
