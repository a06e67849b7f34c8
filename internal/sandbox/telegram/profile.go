package telegram

import (
	"unicode/utf8"
)

// profile is what a bot tells about itself. Texts are by language; "" is for
// those who have none of their own.
type profile struct {
	given        string // name that the bot was born with
	names        map[string]string
	descriptions map[string]string
	abouts       map[string]string // short descriptions
	commands     map[commandKey][]Command
	menu         any
}

func newProfile(name string) profile {
	return profile{
		given:        name,
		names:        map[string]string{},
		descriptions: map[string]string{},
		abouts:       map[string]string{},
		commands:     map[commandKey][]Command{},
	}
}

func (p profile) name(language string) string {
	if name := inLanguage(p.names, language); name != "" {
		return name
	}
	return p.given
}

func inLanguage(texts map[string]string, language string) string {
	if text, ok := texts[language]; ok {
		return text
	}
	return texts[""]
}

// Profile is what people read of a bot before they start it.
type Profile struct {
	Name, Username, Description, ShortDescription string
}

// Profile tells what a bot says of itself in a language, such as "ru"; "" for the default.
func (s *Service) Profile(token, language string) Profile {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.botOf(token)
	if err != nil {
		return Profile{}
	}
	return Profile{
		b.profile.name(language), b.username,
		inLanguage(b.profile.descriptions, language), inLanguage(b.profile.abouts, language),
	}
}

func setMyName(c *call) (any, error) {
	return c.setText("name", c.bot.profile.names, 64, "BOT_TITLE_INVALID")
}

func setMyDescription(c *call) (any, error) {
	return c.setText("description", c.bot.profile.descriptions, 512, "BOT_DESCRIPTION_TOO_LONG")
}

func setMyShortDescription(c *call) (any, error) {
	return c.setText("short_description", c.bot.profile.abouts, 120, "BOT_ABOUT_TOO_LONG")
}

// setText sets a text of the profile; an empty one is taken away.
func (c *call) setText(name string, texts map[string]string, limit int, tooLong string) (any, error) {
	language, err := c.language()
	if err != nil {
		return nil, err
	}
	text, err := cleanText(c.str(name))
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(text) > limit {
		return nil, badRequest(tooLong)
	}
	texts[language] = text
	if text == "" {
		delete(texts, language)
	}
	return true, nil
}

func getMyName(c *call) (any, error) {
	language, err := c.language()
	return map[string]string{"name": c.bot.profile.name(language)}, err
}

func getMyDescription(c *call) (any, error) {
	language, err := c.language()
	return map[string]string{"description": inLanguage(c.bot.profile.descriptions, language)}, err
}

func getMyShortDescription(c *call) (any, error) {
	language, err := c.language()
	return map[string]string{"short_description": inLanguage(c.bot.profile.abouts, language)}, err
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
	if c.str("chat_id") == "" {
		c.bot.profile.menu = button
		return true, nil
	}
	chat, err := c.target("chat_id")
	if err != nil {
		return nil, err
	}
	chat.menu = button
	return true, nil
}

func getChatMenuButton(c *call) (any, error) {
	button := c.bot.profile.menu
	if c.str("chat_id") != "" {
		chat, err := c.target("chat_id")
		if err != nil {
			return nil, err
		}
		if chat.menu != nil {
			button = chat.menu
		}
	}
	if button == nil {
		button = menuButton{Type: "commands"}
	}
	return button, nil
}
