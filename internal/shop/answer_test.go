package shop_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestWhatIsWrittenIsReadAsTheQuestionAsks(t *testing.T) {
	low, high := int64(1), int64(100)
	words := catalog.Question{Kind: catalog.AnswerText}
	number := catalog.Question{Kind: catalog.AnswerNumber, Min: &low, Max: &high}
	choice := catalog.Question{Kind: catalog.AnswerChoice, Choices: []catalog.Text{{"en": "Red", "ru": "Красный"}, catalog.Plain("5")}}
	file := catalog.Question{Kind: catalog.AnswerFile}
	for _, c := range []struct {
		name    string
		q       catalog.Question
		written string
		want    string
		err     error
	}{
		{"words", words, " two\nlines ", "two\nlines", nil},
		{"no words", words, "  ", "", shop.ErrAnswerKind},
		{"the longest words", words, strings.Repeat("я", shop.MaxAnswer), strings.Repeat("я", shop.MaxAnswer), nil},
		{"too many words", words, strings.Repeat("😀", shop.MaxAnswer/2) + "!", "", shop.ErrAnswerLength},
		{"a number", number, "12", "12", nil},
		{"its digits in groups", catalog.Question{Kind: catalog.AnswerNumber}, "10\u00a0000", "10000", nil},
		{"less than nothing", catalog.Question{Kind: catalog.AnswerNumber}, "−5", "-5", nil},
		{"zeros before it", number, "007", "7", nil},
		{"the least", number, "1", "1", nil},
		{"the most", number, "100", "100", nil},
		{"too little", number, "0", "", shop.ErrAnswerRange},
		{"too much", number, "101", "", shop.ErrAnswerRange},
		{"more than any number", number, "99999999999999999999", "", shop.ErrAnswerRange},
		{"a part of one", number, "1.5", "", shop.ErrAnswerKind},
		{"no number", number, "a dozen", "", shop.ErrAnswerKind},
		{"a choice", choice, "Red", "Red", nil},
		{"a choice in other letters", choice, "red", "Red", nil},
		{"a choice in another language", choice, "красный", "Red", nil},
		{"a choice that is a number", choice, "5", "5", nil},
		{"no choice", choice, "2", "", shop.ErrAnswerKind},
		{"words for a file", file, "here", "", shop.ErrAnswerKind},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := shop.ReadAnswer(&c.q, "en", c.written)
			require.ErrorIs(t, err, c.err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestAnAnswerFitsWhileTheCatalogAsksTheSame(t *testing.T) {
	most := int64(10)
	q := catalog.Question{Ask: catalog.Text{"en": "How many?", "ru": "Сколько?"}, Kind: catalog.AnswerNumber, Max: &most}
	a := shop.Answer{Ask: "Сколько?", Kind: catalog.AnswerNumber, Value: "7"}
	require.True(t, a.Fits(&q))
	less := int64(5)
	for name, other := range map[string]catalog.Question{
		"other words":  {Ask: catalog.Plain("How much?"), Kind: catalog.AnswerNumber},
		"another kind": {Ask: q.Ask, Kind: catalog.AnswerText},
		"other bounds": {Ask: q.Ask, Kind: catalog.AnswerNumber, Max: &less},
	} {
		require.False(t, a.Fits(&other), name)
	}
	require.False(t, (&shop.Answer{}).Fits(&q), "nothing")
	file := catalog.Question{Ask: q.Ask, Kind: catalog.AnswerFile}
	require.False(t, (&shop.Answer{Ask: "How many?", Kind: catalog.AnswerFile}).Fits(&file), "no file")
	require.True(t, (&shop.Answer{Ask: "How many?", Kind: catalog.AnswerFile, File: shop.TelegramFile{ID: "F"}}).Fits(&file))
}
