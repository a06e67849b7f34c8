package telegram

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxCommands           = 100
	maxCommand            = 32
	maxCommandDescription = 256
)

// Command is one line of a bot's menu.
type Command struct {
	Command     string `json:"command"` // without a slash
	Description string `json:"description"`
}

// commandKey identifies the audience of a list of commands.
type commandKey struct {
	scope    string // type of the scope
	chat     int64  // of scope "chat"
	language string // two letters; "": users without a list in their language
}

// Commands is the menu that a user sees in the chat with the bot: the list for the chat, else for
// private chats, else for all, each in the user's language first.
func (s *Service) Commands(token string, user int64) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.bots[token]
	if !ok {
		return nil
	}
	language, _, _ := strings.Cut(strings.ToLower(s.users[user].LanguageCode), "-")
	for _, key := range []commandKey{
		{scope: "chat", chat: user}, {scope: "all_private_chats"}, {scope: "default"},
	} {
		for _, key.language = range []string{language, ""} {
			if list := b.profile.commands[key]; len(list) > 0 {
				return slices.Clone(list)
			}
		}
	}
	return nil
}

func setMyCommands(c *call) any {
	key := c.commandKey()
	var list []Command
	if !c.object("commands", "commands", "expected an Array of BotCommand", &list) {
		c.refuse(badRequest("can't parse commands JSON object"))
	}
	if len(list) > maxCommands {
		c.refuse(badRequest("BOT_COMMANDS_TOO_MUCH"))
	}
	for i := range list {
		c.refuse(list[i].check())
	}
	if c.err == nil {
		c.bot.profile.commands[key] = list
	}
	return true
}

var commandForm = regexp.MustCompile(`^[a-z0-9_]+$`)

// check removes a leading slash, and refuses what Telegram refuses.
func (c *Command) check() error {
	c.Command = strings.TrimPrefix(strings.TrimSpace(c.Command), "/")
	c.Description = strings.TrimSpace(c.Description)
	switch {
	case c.Command == "":
		return badRequest("command must be non-empty")
	case len(c.Command) > maxCommand:
		return badRequest("command length must not exceed 32")
	case !commandForm.MatchString(c.Command):
		return badRequest("BOT_COMMAND_INVALID")
	case c.Description == "":
		return badRequest("command description must be non-empty")
	case utf8.RuneCountInString(c.Description) > maxCommandDescription:
		return badRequest("command description length must not exceed 256")
	}
	return nil
}

func getMyCommands(c *call) any {
	return append([]Command{}, c.bot.profile.commands[c.commandKey()]...)
}

func deleteMyCommands(c *call) any {
	if key := c.commandKey(); c.err == nil {
		delete(c.bot.profile.commands, key)
	}
	return true
}

// commandKey reads scope and language_code.
func (c *call) commandKey() commandKey {
	scope := struct {
		Type   string          `json:"type"`
		ChatID json.RawMessage `json:"chat_id"`
	}{Type: "default"}
	c.object("scope", "BotCommandScope", "can't parse BotCommandScope: expected an Object", &scope)
	key := commandKey{scope: scope.Type, language: c.language()}
	switch scope.Type {
	case "default", "all_private_chats", "all_group_chats", "all_chat_administrators":
	case "chat", "chat_administrators", "chat_member":
		chat, err := c.findChat(strings.Trim(string(scope.ChatID), `"`))
		switch {
		case err != nil:
			c.refuse(badRequest("chat not found"))
		case chat.group != nil:
			key.chat = chat.group.id
		case scope.Type != "chat": // the other two are for groups
			c.refuse(badRequest("can't change commands in private chats"))
		default:
			key.chat = chat.user
		}
	default:
		c.refuse(badRequest("can't parse BotCommandScope: Unsupported type specified"))
	}
	return key
}

var languageForm = regexp.MustCompile(`^([a-z]{2})?$`)

func (c *call) language() string {
	code := c.str("language_code")
	if !languageForm.MatchString(code) {
		c.refuse(badRequest("invalid language code specified"))
	}
	return code
}
