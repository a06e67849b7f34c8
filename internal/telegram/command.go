package telegram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"
)

// maxCommand is the length of the longest command (core.telegram.org/bots/api#botcommand).
const maxCommand = 32

// Command reads a message's text as a command: "/buy vpn 2" is "buy" with "vpn 2",
// as is "/buy@our_bot vpn 2". The name is as it was typed, upper case included; the
// arguments come without space around them. A command that is addressed to another
// bot is none; an empty botUsername stands for every bot, which is right where
// nobody else is listening, as in private chats.
//
// It reads the text alone and not its entities, which a client can forge.
func Command(m *models.Message, botUsername string) (name, args string, ok bool) {
	if m == nil || !strings.HasPrefix(m.Text, "/") {
		return "", "", false
	}
	name, rest := cutName(m.Text[1:])
	if name == "" || len(name) > maxCommand {
		return "", "", false
	}
	if addressed, found := strings.CutPrefix(rest, "@"); found {
		var to string
		to, rest = cutName(addressed)
		if to == "" || botUsername != "" && !strings.EqualFold(to, strings.TrimPrefix(botUsername, "@")) {
			return "", "", false
		}
	}
	if next, _ := utf8.DecodeRuneInString(rest); rest != "" && !unicode.IsSpace(next) {
		return "", "", false
	}
	return name, strings.TrimSpace(rest), true
}

// cutName splits s after the letters, digits and underscores that it begins with.
func cutName(s string) (name, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '_'
	})
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}
