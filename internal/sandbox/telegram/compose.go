package telegram

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
)

// Paste sends a text of any length as clients do: in messages of at most 4096 UTF-16 units, cut
// wherever that falls. Telegram trims each of them.
func (s *Service) Paste(token string, user int64, text string) error {
	sent := 0
	for _, part := range cutText(text) {
		switch err := s.Say(token, user, part); {
		case err == nil:
			sent++
		case !errors.Is(err, ErrEmpty): // a part of blanks is not sent
			return err
		}
	}
	if sent == 0 {
		return ErrEmpty
	}
	return nil
}

// cutText cuts a text after maxText units, and never within a character.
func cutText(text string) (parts []string) {
	start, units := 0, 0
	for i, r := range text {
		n := max(utf16.RuneLen(r), 1)
		if units+n > maxText {
			parts = append(parts, text[start:i])
			start, units = i, 0
		}
		units += n
	}
	return append(parts, text[start:])
}

// SayFormatted sends a text whose markup the client has parsed: the characters of the markup are
// gone, and entities say what they were.
func (s *Service) SayFormatted(token string, user int64, text string, entities ...Entity) error {
	f := formatted{text, entities}.normal()
	switch {
	case f.text == "":
		return ErrEmpty
	case units16(f.text) > maxText:
		return ErrTooLong
	}
	return s.sendAs(token, user, func(*bot) (*message, error) { return newMessage(f), nil })
}

// Attached is a file that a person sends.
type Attached struct {
	Name string
	Data []byte
	Kind string // "photo" or "document"; "" for the latter
}

// Album sends 2 to 10 files as one album: as messages of their own with the same media group. The
// caption belongs to the file with the given index.
func (s *Service) Album(token string, user int64, caption string, at int, files ...Attached) error {
	if len(files) < 2 || len(files) > 10 || at < 0 || at >= len(files) {
		return fmt.Errorf("telegram: an album of %d with a caption at %d", len(files), at)
	}
	f := formatted{text: caption}.normal()
	if units16(f.text) > maxCaption {
		return ErrTooLong
	}
	return s.actAs(token, user, func(b *bot, c *chat) error {
		group := strconv.FormatUint(s.unique(), 10)
		var album []*message
		for i, file := range files {
			m := newMessage(formatted{})
			if i == at {
				m = newMessage(f)
			}
			m.Group = group
			a, err := s.newMedia(b, cmp.Or(file.Kind, "document"), upload{baseName(file.Name), file.Data}, params{})
			if err != nil {
				return err
			}
			m.setMedia(a)
			album = append(album, b.post(c, m))
		}
		for _, m := range album {
			s.enqueue(b, "message", user, s.wire(b, c, m))
		}
		return nil
	})
}
