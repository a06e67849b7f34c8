package telegram

import (
	"cmp"
	"unicode/utf8"
)

// profile is what a bot says about itself.
type profile struct {
	name     string // that the bot was created with
	texts    map[textKey]string
	commands map[commandKey][]Command
	menu     *menuButton
}

// textKey identifies a text of a profile. Language "" is for users without a text in their
// language.
type textKey struct {
	text     profileText
	language string
}

func newProfile(name string) profile {
	return profile{name: name, texts: map[textKey]string{}, commands: map[commandKey][]Command{}}
}

// profileText is a text that the bot's methods set and get.
type profileText struct {
	parameter string
	limit     int    // characters
	tooLong   string // error of a text over the limit
}

var (
	botName        = profileText{"name", 64, "BOT_TITLE_INVALID"}
	botDescription = profileText{"description", 512, "BOT_DESCRIPTION_TOO_LONG"}
	botAbout       = profileText{"short_description", 120, "BOT_ABOUT_TOO_LONG"}
)

func (p profile) text(t profileText, language string) string {
	text := cmp.Or(p.texts[textKey{t, language}], p.texts[textKey{t, ""}])
	if t == botName {
		return cmp.Or(text, p.name)
	}
	return text
}

// set sets the text in a language; an empty one removes it.
func (t profileText) set(c *call) any {
	language, text := c.language(), c.cleanStr(t.parameter)
	if utf8.RuneCountInString(text) > t.limit {
		c.refuse(badRequest(t.tooLong))
	}
	if c.err == nil {
		c.bot.profile.texts[textKey{t, language}] = text
	}
	return true
}

func (t profileText) get(c *call) any {
	return map[string]string{t.parameter: c.bot.profile.text(t, c.language())}
}

// SetBotName names a bot as BotFather does: the name counts where setMyName has set none.
func (s *Service) SetBotName(token, name string) {
	s.mu.Lock()
	if b, err := s.botOf(token); err == nil {
		b.profile.name = name
	}
	s.mu.Unlock()
	s.changed()
}

// Profile is what users read of a bot before they start it.
type Profile struct {
	Name, Username, Description, ShortDescription string
}

// Profile returns a bot's profile in a language, such as "ru"; "" for the default.
func (s *Service) Profile(token, language string) Profile {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.botOf(token)
	if err != nil {
		return Profile{}
	}
	text := func(t profileText) string { return b.profile.text(t, language) }
	return Profile{text(botName), b.username, text(botDescription), text(botAbout)}
}

type menuButton struct {
	Type   string    `json:"type"`
	Text   string    `json:"text,omitempty"`
	WebApp *wireLink `json:"web_app,omitempty"`
}

func setChatMenuButton(c *call) any {
	button := menuButton{Type: "default"}
	c.object("menu_button", "menu button", "can't parse menu button: MenuButton must be an Object", &button)
	switch button.Type {
	case "default", "commands":
		button = menuButton{Type: button.Type}
	case "web_app":
		if button.Text == "" || button.WebApp == nil {
			return c.refuse(badRequest("can't parse menu button: Menu button text or Web App is empty"))
		}
		c.refuse(checkURL(button.WebApp.URL, "Web App URL"))
	default:
		c.refuse(badRequest("can't parse menu button: Unsupported type specified"))
	}
	if menu := c.menu(); c.err == nil {
		*menu = &button
	}
	return true
}

func getChatMenuButton(c *call) any {
	menu := c.menu()
	if menu == nil {
		return nil
	}
	return cmp.Or(*menu, c.bot.profile.menu, &menuButton{Type: "commands"})
}

// menu is the menu button of the chat that the call names, or else of the bot; nil if the call is
// refused.
func (c *call) menu() **menuButton {
	if c.str("chat_id") == "" {
		return &c.bot.profile.menu
	}
	if chat := c.target("chat_id"); chat != nil {
		return &chat.menu
	}
	return nil
}
