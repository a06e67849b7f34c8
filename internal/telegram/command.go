package telegram

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"
)

// maxCommand is the length of the longest command (core.telegram.org/bots/api#botcommand).
const maxCommand = 32

// Command parses the text of a message, or the caption of its document, as a command: "/buy vpn 2"
// and "/buy@our_bot vpn 2" are "buy" with the arguments "vpn 2". The name keeps its case; the
// arguments are trimmed. A command for another bot is not ok. An empty botUsername accepts every
// bot, which is right in private chats.
//
// It ignores the entities of the message, because a client can forge them.
func Command(m *models.Message, botUsername string) (name, args string, ok bool) {
	if m == nil {
		return "", "", false
	}
	text := m.Text
	if m.Document != nil {
		text = m.Caption
	}
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	name, rest := cutName(text[1:])
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

// cutName splits s after its leading letters, digits and underscores.
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
