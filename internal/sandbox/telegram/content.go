package telegram

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Messages that hold neither a text nor a file. Their content is kept as the Bot API shows it.

// sendContent is sendLocation and the like.
func sendContent(read func(*call) map[string]any) func(*call, *chat) any {
	return func(c *call, chat *chat) any {
		return c.send(chat, newContent(read(c)))
	}
}

func newContent(content map[string]any) *message {
	m := &message{kind: "content"}
	m.Content = content
	return m
}

// required is a parameter that must not be empty.
func (c *call) required(name string) string {
	if c.str(name) == "" {
		c.refuse(badRequest("parameter " + strconv.Quote(name) + " is required"))
	}
	return c.cleanStr(name)
}

func (c *call) location() map[string]any {
	for _, name := range []string{"latitude", "longitude"} {
		if c.str(name) == "" {
			c.refuse(badRequest(name + " is empty"))
		}
	}
	place, err := newLocation(c.decimal("latitude"), c.decimal("longitude"))
	c.refuse(err)
	if period := c.number("live_period"); period != 0 {
		const always = math.MaxInt32
		if period != always && (period < 60 || period > 86400) {
			c.refuse(badRequest("wrong live location period specified"))
		}
		place["live_period"] = period
	}
	return map[string]any{"location": place}
}

func newLocation(latitude, longitude float64) (map[string]any, error) {
	if math.Abs(latitude) > 90 || math.Abs(longitude) > 180 {
		return nil, badRequest("wrong location specified")
	}
	return map[string]any{"latitude": latitude, "longitude": longitude}, nil
}

func (c *call) venue() map[string]any {
	content := c.location()
	venue := map[string]any{"location": content["location"], "title": c.cleanStr("title"), "address": c.cleanStr("address")}
	for _, name := range []string{"foursquare_id", "foursquare_type", "google_place_id", "google_place_type"} {
		if text := c.cleanStr(name); text != "" {
			venue[name] = text
		}
	}
	content["venue"] = venue
	return content
}

func (c *call) contact() map[string]any {
	contact := map[string]any{"phone_number": c.required("phone_number"), "first_name": c.required("first_name")}
	for _, name := range []string{"last_name", "vcard"} {
		if text := c.cleanStr(name); text != "" {
			contact[name] = text
		}
	}
	return map[string]any{"contact": contact}
}

// dice rolls one of the animated emoji.
func (c *call) dice() map[string]any {
	sides := map[string]uint32{"": 6, "🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}
	emoji := c.cleanStr("emoji")
	n, known := sides[emoji]
	if !known {
		c.refuse(badRequest("EMOTICON_INVALID"))
		return nil
	}
	if emoji == "" {
		emoji = "🎲"
	}
	var noise [4]byte
	_, _ = io.ReadFull(c.rand, noise[:]) // any number will do
	return map[string]any{"dice": map[string]any{"emoji": emoji, "value": binary.BigEndian.Uint32(noise[:])%n + 1}}
}

// Limits of polls; texts in characters.
const (
	maxPollQuestion = 300
	maxPollOption   = 100
	maxPollOptions  = 12
)

func (c *call) poll() map[string]any {
	question := c.cleanStr("question")
	var given []json.RawMessage
	if !c.object("options", "options", "expected an Array of String as options", &given) {
		c.refuse(badRequest("can't parse options JSON object"))
	}
	options := []map[string]any{}
	for _, raw := range given {
		text := ""
		if o, ok := parseObject(raw); ok {
			var err error
			text, err = o.required("text")
			c.refuse(toAPIError(err, ""))
		} else if json.Unmarshal(raw, &text) != nil {
			c.refuse(badRequest("expected an option to be of type String"))
		}
		if text == "" || utf8.RuneCountInString(text) > maxPollOption {
			c.refuse(badRequest("poll options length must not exceed " + strconv.Itoa(maxPollOption)))
		}
		options = append(options, map[string]any{"text": text, "voter_count": 0})
	}
	kind := c.str("type")
	if kind == "" {
		kind = "regular"
	}
	switch {
	case kind != "regular" && kind != "quiz":
		c.refuse(badRequest("unsupported poll type specified"))
	case question == "":
		c.refuse(badRequest("poll question must be non-empty"))
	case utf8.RuneCountInString(question) > maxPollQuestion:
		c.refuse(badRequest("poll question length must not exceed " + strconv.Itoa(maxPollQuestion)))
	case len(options) < 2:
		c.refuse(badRequest("poll must have at least 2 option"))
	case len(options) > maxPollOptions:
		c.refuse(badRequest("poll can't have more than " + strconv.Itoa(maxPollOptions) + " options"))
	}
	return map[string]any{"poll": map[string]any{
		"id": strconv.FormatUint(c.unique(), 10), "question": question, "options": options, "total_voter_count": 0,
		"is_closed": c.flag("is_closed"), "is_anonymous": c.str("is_anonymous") == "" || c.flag("is_anonymous"),
		"type": kind, "allows_multiple_answers": c.flag("allows_multiple_answers"),
	}}
}

func stopPoll(c *call, chat *chat) any {
	m := c.messageIn(chat, "message with poll to stop not found")
	buttons := c.inlineMarkup()
	if m == nil || c.err != nil {
		return nil
	}
	old, isPoll := m.Content["poll"].(map[string]any)
	switch {
	case !isPoll || !m.FromBot:
		return c.refuse(badRequest("message is not a poll"))
	case old["is_closed"] == true:
		return c.refuse(badRequest("poll has already been closed"))
	}
	closed := maps.Clone(old)
	closed["is_closed"] = true
	m.Content, m.Buttons, m.EditDate = map[string]any{"poll": closed}, buttons, time.Now().Truncate(time.Second)
	return closed
}

// setMessageReaction replaces the bot's reactions to a message.
func setMessageReaction(c *call, chat *chat) any {
	m := c.messageIn(chat, "message to react not found")
	var given []json.RawMessage
	c.object("reaction", "reaction types", "expected an Array of ReactionType", &given)
	var emoji []string
	for _, raw := range given {
		var reaction struct{ Type, Emoji string }
		err := json.Unmarshal(raw, &reaction)
		switch {
		case err != nil || !slices.Contains([]string{"emoji", "custom_emoji"}, reaction.Type):
			c.refuse(badRequest("can't parse ReactionType: invalid reaction type specified"))
		case reaction.Type == "custom_emoji" || reaction.Emoji == "": // the former is for groups that allow it
			c.refuse(badRequest("REACTION_INVALID"))
		}
		emoji = append(emoji, reaction.Emoji)
	}
	if len(emoji) > 1 { // a bot has one
		c.refuse(badRequest("REACTIONS_TOO_MANY"))
	}
	if c.err == nil {
		m.Reactions = emoji
	}
	return true
}

// Contact is a person's telephone number, as it is shared in a chat.
type Contact struct {
	Phone, FirstName, LastName string
	UserID                     int64 // 0: somebody without Telegram
}

// SendContact shares a contact with the bot.
func (s *Service) SendContact(token string, user int64, contact Contact) error {
	if contact.Phone == "" || contact.FirstName == "" {
		return ErrEmpty
	}
	object := map[string]any{"phone_number": contact.Phone, "first_name": contact.FirstName}
	if contact.LastName != "" {
		object["last_name"] = contact.LastName
	}
	if contact.UserID != 0 {
		object["user_id"] = contact.UserID
	}
	return s.sendAs(token, user, func(*bot) (*message, error) {
		return newContent(map[string]any{"contact": object}), nil
	})
}

// SendLocation sends a place to the bot, in degrees.
func (s *Service) SendLocation(token string, user int64, latitude, longitude float64) error {
	place, err := newLocation(latitude, longitude)
	return s.sendAs(token, user, func(*bot) (*message, error) {
		return newContent(map[string]any{"location": place}), err
	})
}
