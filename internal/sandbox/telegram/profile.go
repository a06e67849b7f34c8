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

// textKey identifies a text of a profile. Language "" is for users without a text in their language.
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
func (t profileText) set(c *call) (any, error) {
	language, err := c.language()
	if err != nil {
		return nil, err
	}
	text, err := cleanText(c.str(t.parameter))
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(text) > t.limit {
		return nil, badRequest(t.tooLong)
	}
	c.bot.profile.texts[textKey{t, language}] = text
	return true, nil
}

func (t profileText) get(c *call) (any, error) {
	language, err := c.language()
	return map[string]string{t.parameter: c.bot.profile.text(t, language)}, err
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

func setChatMenuButton(c *call) (any, error) {
	button := menuButton{Type: "default"}
	if _, err := c.object("menu_button", "menu button", &button); err != nil {
		return nil, err
	}
	switch button.Type {
	case "default", "commands":
		button = menuButton{Type: button.Type}
	case "web_app":
		if button.Text == "" || button.WebApp == nil {
			return nil, badRequest("can't parse menu button: Menu button text or Web App is empty")
		}
		if err := checkURL(button.WebApp.URL, "Web App URL"); err != nil {
			return nil, err
		}
	default:
		return nil, badRequest("can't parse menu button: Unsupported type specified")
	}
	menu, err := c.menu()
	if err != nil {
		return nil, err
	}
	*menu = &button
	return true, nil
}

func getChatMenuButton(c *call) (any, error) {
	menu, err := c.menu()
	if err != nil {
		return nil, err
	}
	return cmp.Or(*menu, c.bot.profile.menu, &menuButton{Type: "commands"}), nil
}

// menu is the menu button of the chat that the call names, or else of the bot.
func (c *call) menu() (**menuButton, error) {
	if c.str("chat_id") == "" {
		return &c.bot.profile.menu, nil
	}
	chat, err := c.target("chat_id")
	if err != nil {
		return nil, err
	}
	return &chat.menu, nil
}
