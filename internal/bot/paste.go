package bot

import (
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-telegram/bot/models"
)

// piece is one message of a list that an owner sends: a text, or a document by Telegram's id of it.
type piece struct {
	Message int    `json:"message"` // its id
	At      int64  `json:"at"`      // when it was sent, in Unix seconds
	Text    string `json:"text,omitempty"`
	Units16 int    `json:"units16,omitempty"` // length of the whole message, in UTF-16 units
	Begins  bool   `json:"begins,omitempty"`  // the message is a command, and so the rest of nothing
	File    string `json:"file,omitempty"`
	Name    string `json:"name,omitempty"`
	Size    int64  `json:"size,omitempty"` // of the file, in bytes
	// Refused says why nothing of it is taken; "" if it is. Text is then what shows why.
	Refused string `json:"refused,omitempty"`
}

// textPiece is a message's text as a piece. text is what of it is of the list.
func textPiece(m *models.Message, text string) piece {
	return piece{Message: m.ID, At: int64(m.Date), Text: text, Units16: length(m.Text), Begins: text != m.Text}
}

// Clients cut a text that is too long for one message, and Telegram trims each message. Some cut
// after exactly maxText units wherever that falls, the others at a blank, a full stop or a line end
// before it. So what was at a cut is not known: nothing, a blank or a line end.
const (
	// cutAfter is the length from which on a message may be the beginning of a longer text.
	cutAfter = maxText / 2
	// hardCutAfter is the length from which on it may end within a word. Two units are for line
	// ends that were trimmed at its beginning.
	hardCutAfter = maxText - 2
	// atOnce is how long after one message the rest of the same text follows, also on a bad
	// network.
	atOnce = time.Minute
)

// cut reports whether the client may have cut the text at the end of p.
func (p piece) cut() bool { return p.File == "" && p.Units16 >= cutAfter }

// goesOn reports whether next may be the rest of p's text.
func (p piece) goesOn(next piece) bool {
	return next.Message != 0 && next.File == "" && !next.Begins && p.cut() && next.At-p.At <= int64(atOnce/time.Second)
}

// source is one list: a file that is still to be read, or the text of messages that belong
// together.
type source struct {
	File piece
	Text string
	// Cut are the lines beside cuts that may be halves. They are not in Text.
	Cut []string

	lines []string
	seams []seam
}

// seam is a cut between two of the lines; -1 for a half that is not there.
type seam struct {
	left, right int
	hard        bool // the cut may be within a word
}

// sources puts the pieces of long texts together again. Of a long text of units of several lines
// nothing is taken.
func sources(pieces []piece, severalLines bool) []source {
	var list []source
	half := false // the end of the last text was left out, and the next may begin with its rest
	for i, p := range pieces {
		var last, next piece
		if i > 0 {
			last = pieces[i-1]
		}
		if i+1 < len(pieces) && pieces[i+1].Refused == "" {
			next = pieces[i+1]
		}
		switch {
		case p.Refused != "":
			half = half || p.cut()
			continue
		case p.File != "":
			list = append(list, source{File: p})
			continue
		}
		hard := last.Units16 >= hardCutAfter
		if last.goesOn(p) && last.Refused == "" {
			s := &list[len(list)-1]
			s.seams = append(s.seams, seam{left: len(s.lines) - 1, right: len(s.lines), hard: hard})
		} else {
			list = append(list, source{})
			if half && !p.Begins {
				list[len(list)-1].seams = []seam{{left: -1, right: 0, hard: hard}}
			}
		}
		s := &list[len(list)-1]
		s.lines = append(s.lines, strings.Split(p.Text, "\n")...)
		if p.goesOn(next) {
			continue
		}
		if p.cut() {
			s.seams = append(s.seams, seam{left: len(s.lines) - 1, right: -1, hard: p.Units16 >= hardCutAfter})
		}
		half = s.sew(severalLines) && p.cut()
	}
	return list
}

// sew makes Text and Cut of the lines, and reports whether the last line was left out. Two halves
// are put together, and two lines taken for whole, only if they then look like all other lines.
func (s *source) sew(severalLines bool) (half bool) {
	if severalLines && len(s.seams) > 0 {
		s.Cut = s.lines
		return true
	}
	beside := map[int]int{} // line => number of cuts beside it
	for _, cut := range s.seams {
		beside[cut.left]++
		beside[cut.right]++
	}
	var others []string
	for i, line := range s.lines {
		if line = strings.TrimSpace(line); line != "" && beside[i] == 0 {
			others = append(others, line)
		}
	}
	dropped := map[int]bool{}
	for _, cut := range s.seams {
		left, right := s.line(cut.left), s.line(cut.right)
		alone := beside[cut.left] <= 1 && beside[cut.right] <= 1 // each has one cut beside it
		if cut.left < 0 || cut.right < 0 {
			alone = beside[max(cut.left, cut.right)] == 1
		}
		whole := alone && cut.hard && cut.left >= 0 && cut.right >= 0 && alike(left+right, others, true)
		separate := alone && (cut.left < 0 || alike(left, others, cut.hard)) && (cut.right < 0 || alike(right, others, cut.hard))
		if cut.left < 0 && !cut.hard {
			separate = false // nothing shows that it is whole
		}
		switch {
		case whole && !separate:
			s.lines[cut.left], dropped[cut.right] = left+right, true
		case whole == separate:
			for _, i := range []int{cut.left, cut.right} {
				if i >= 0 && !dropped[i] {
					dropped[i] = true
					s.Cut = append(s.Cut, s.line(i))
				}
			}
		}
	}
	var kept []string
	for i, line := range s.lines {
		if !dropped[i] {
			kept = append(kept, line)
		}
	}
	s.Text = strings.Join(kept, "\n")
	return dropped[len(s.lines)-1]
}

func (s *source) line(i int) string {
	if i < 0 {
		return ""
	}
	return strings.TrimSpace(s.lines[i])
}

// alike reports whether a line beside a cut looks like all others of the text. After a hard cut
// only the same length says so. The other clients cut at a blank, so that a half has fewer words,
// or after a full stop.
func alike(line string, others []string, hard bool) bool {
	return len(others) > 0 && !slices.ContainsFunc(others, func(other string) bool {
		if hard {
			return utf8.RuneCountInString(other) != utf8.RuneCountInString(line)
		}
		return len(strings.Fields(other)) > len(strings.Fields(line)) || strings.HasSuffix(line, ".") && !strings.HasSuffix(other, ".")
	})
}

// detected are the entities that Telegram finds in a text. They leave its characters as
// they are. All others come from the sender's app, which took characters for markup and removed
// them: "AB*CD*" becomes "ABCD" in bold.
//
//nolint:gochecknoglobals // a constant table
var detected = map[models.MessageEntityType]bool{
	models.MessageEntityTypeMention: true, models.MessageEntityTypeHashtag: true, models.MessageEntityTypeCashtag: true,
	models.MessageEntityTypeBotCommand: true, models.MessageEntityTypeURL: true, models.MessageEntityTypeEmail: true,
	models.MessageEntityTypePhoneNumber: true, "bank_card_number": true,
}

// formattedPart is the first part of a message's text that an app formatted.
func formattedPart(m *models.Message) (part string, found bool) {
	text, entities := m.Text, m.Entities
	if m.Document != nil {
		text, entities = m.Caption, m.CaptionEntities
	}
	for _, e := range entities {
		if units := utf16.Encode([]rune(text)); !detected[e.Type] {
			start := min(max(e.Offset, 0), len(units))
			return string(utf16.Decode(units[start:max(min(e.Offset+e.Length, len(units)), start)])), true
		}
	}
	return "", false
}
