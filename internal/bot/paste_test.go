package bot

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"
)

// pasted are the messages that a client makes of a long text, a second apart. cut says where, at
// most limit UTF-16 units away. Telegram trims each of them.
func pasted(text string, cut func(units []uint16) int) (pieces []piece) {
	for units := utf16.Encode([]rune(text)); len(units) > 0; {
		n := len(units)
		if n > maxText {
			n = cut(units[:maxText])
		}
		m := models.Message{ID: len(pieces) + 1, Date: len(pieces), Text: strings.Trim(string(utf16.Decode(units[:n])), " \n")}
		pieces = append(pieces, textPiece(&m, m.Text))
		units = units[n:]
	}
	return pieces
}

func anywhere(units []uint16) int { return len(units) }

// before is how clients cut that look for one of some characters first.
func before(chars string) func([]uint16) int {
	return func(units []uint16) int {
		for i := len(units); i > 0; i-- {
			if strings.ContainsRune(chars, rune(units[i-1])) {
				return i
			}
		}
		return len(units)
	}
}

// unitsOf are the lines of sources.
func unitsOf(list []source) (units []string) {
	for _, s := range list {
		units = append(units, strings.FieldsFunc(s.Text, func(r rune) bool { return r == '\n' })...)
	}
	return units
}

func numbered(format string, n int) (keys []string) {
	for i := range n {
		keys = append(keys, fmt.Sprintf(format, i))
	}
	return keys
}

func TestALongPasteIsOneTextWhereverItWasCut(t *testing.T) {
	keys := numbered("AAAA-%05d-ZZZZ", 900)
	for name, cut := range map[string]func([]uint16) int{"anywhere": anywhere, "at a line end": before("\n"), "at a full stop": before("\n.")} {
		pieces := pasted(strings.Join(keys, "\n"), cut)
		require.Greater(t, len(pieces), 3)
		list := sources(pieces, false)
		require.Len(t, list, 1)
		require.Equal(t, keys, unitsOf(list), name)
		require.Empty(t, list[0].Cut, "keys of one length are seen to be whole")
	}
	keys = nil
	for i := range 900 {
		keys = append(keys, strings.Repeat("k", 1+i%13)+":"+fmt.Sprint(i))
	}
	list := sources(pasted(strings.Join(keys, "\n"), before("\n")), false)
	require.Len(t, unitsOf(list), len(keys)-len(list[0].Cut))
	require.Subset(t, keys, unitsOf(list))
	require.LessOrEqual(t, len(list[0].Cut), 2, "cut at a line end, a line is left out only if the message happened to be full")
	list = sources(pasted(strings.Join(keys, "\n"), anywhere), false)
	require.Len(t, list[0].Cut, 2*(len(pasted(strings.Join(keys, "\n"), anywhere))-1), "of any length, those beside a cut are left out")
}

// Whatever the keys look like, wherever a client cuts, and whatever of it comes: no half of a key
// and no two keys in one pass.
func TestNoHalfOfAKeyPasses(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test
	part := func(size int) string { return fmt.Sprintf("%016x", random.Uint64())[:size] }
	for round := range 500 {
		whole := map[string]bool{}
		var keys []string
		between, same := []string{"", " ", "."}[random.IntN(3)], random.IntN(2) == 0
		for i := range 100 + random.IntN(800) {
			key := fmt.Sprintf("%03d!%s%s%s?%03d", i, part(8), between, part(8), i) // no part of one is another
			if !same {
				key += part(random.IntN(12))
			}
			keys, whole[key] = append(keys, key), true
		}
		cut := []func([]uint16) int{anywhere, before(" "), before("\n"), before("\n."), before(" \n")}[random.IntN(5)]
		pieces := pasted(strings.Join(keys, []string{"\n", "\n\n"}[random.IntN(2)]), cut)
		switch at := random.IntN(len(pieces)); random.IntN(4) {
		case 0: // the rest did not come
			pieces = pieces[:at+1]
		case 1: // one is refused, and its rest with it
			for i := at; i == at || i < len(pieces) && pieces[i-1].Refused != "" && pieces[i-1].goesOn(pieces[i]); i++ {
				pieces[i].Refused = "formatted"
			}
		case 2: // the network was gone for minutes
			for i := at; i < len(pieces); i++ {
				pieces[i].At += 300
			}
		}
		for _, unit := range unitsOf(sources(pieces, false)) {
			require.True(t, whole[unit], "round %d: %q is no key", round, unit)
		}
	}
}

func TestTheEndOfAFullMessageWaitsForItsRest(t *testing.T) {
	pieces := pasted(strings.Repeat("KEY-0001\n", 455)+"KEY-0002\nKEY-0003", anywhere)
	require.Len(t, pieces, 2)
	list := sources(pieces[:1], false)
	require.Equal(t, []string{"K"}, list[0].Cut)
	require.Len(t, unitsOf(list), 455)
	require.Len(t, unitsOf(sources(pieces, false)), 457)

	pieces[1].At += 600
	list = sources(pieces, false)
	require.Equal(t, []string{"K"}, list[0].Cut, "what comes later is no rest")
	require.Equal(t, []string{"EY-0002"}, list[1].Cut, "and begins with a half, perhaps")
}

func TestOfALongTextOfUnitsOfSeveralLinesNothingIsTaken(t *testing.T) {
	pieces := pasted(strings.Repeat("user: a\npass: b\n---\n", 300), before("\n"))
	require.Len(t, pieces, 2)
	list := sources(pieces, true)
	require.Len(t, list, 1)
	require.Empty(t, list[0].Text)
	require.NotEmpty(t, list[0].Cut)
	require.NotEmpty(t, sources(pieces[:1], true)[0].Cut)
	require.NotEmpty(t, sources(pieces[1:], true)[0].Text, "a short one is taken")
}

func TestFilesAndMessagesAreListsOfTheirOwn(t *testing.T) {
	list := sources([]piece{
		{Message: 1, Text: "A", Units16: 1}, {Message: 2, File: "f"}, {Message: 3, Text: "B", Units16: 1}, {Message: 4, Text: "C", Units16: 1},
	}, false)
	require.Len(t, list, 4)
	require.Equal(t, "f", list[1].File.File)
	require.Equal(t, "C", list[3].Text)
	require.Empty(t, list[3].Cut)
}

func TestFormattingThatAnAppMade(t *testing.T) {
	for kind, harmless := range map[string]bool{
		"url": true, "email": true, "phone_number": true, "hashtag": true, "cashtag": true, "mention": true, "bot_command": true,
		"bank_card_number": true,
		"bold":             false, "italic": false, "underline": false, "strikethrough": false, "spoiler": false, "code": false, "pre": false,
		"text_link": false, "text_mention": false, "custom_emoji": false, "blockquote": false, "expandable_blockquote": false,
		"of a later year": false,
	} {
		entities := []models.MessageEntity{{Type: models.MessageEntityType(kind), Offset: 3, Length: 2}}
		part, found := formattedPart(&models.Message{Text: "🎮 ABCD", Entities: entities})
		require.Equal(t, !harmless, found, kind)
		if found {
			require.Equal(t, "AB", part)
		}
		_, inCaption := formattedPart(&models.Message{Document: &models.Document{}, Caption: "🎮 ABCD", CaptionEntities: entities})
		require.Equal(t, found, inCaption, kind)
	}
	part, _ := formattedPart(&models.Message{Text: "AB", Entities: []models.MessageEntity{{Type: "bold", Offset: -5, Length: 99}}})
	require.Equal(t, "AB", part, "a forged one")
	_, found := formattedPart(&models.Message{Text: "AB", Entities: []models.MessageEntity{{Type: "bold", Offset: 99, Length: -99}}})
	require.True(t, found)
}
