package support

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

const (
	alice = int64(7)
	olga  = int64(9)
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func by(who int64, id int, text string) Message {
	return Message{ID: id, By: who, At: noon.Add(time.Duration(id) * time.Second), Text: text}
}

// ask has alice write into the question with an id, 0 for a new one, and returns her questions
// then.
func ask(t *testing.T, all []Question, id int64, m Message) []Question {
	t.Helper()
	q, err := Asked(all, Question{ID: id, Buyer: alice}, m)
	require.NoError(t, err)
	for i := range all {
		if all[i].ID == q.ID {
			all[i] = q
			return all
		}
	}
	q.ID = int64(len(all) + 1)
	return append([]Question{q}, all...)
}

func TestAMessageThatArrivesTwiceIsOneQuestion(t *testing.T) {
	all := ask(t, nil, 0, by(alice, 1, "Where is it?"))
	again, err := Asked(all, Question{Buyer: alice}, by(alice, 1, "Where is it?"))
	require.ErrorIs(t, err, shop.ErrUnchanged)
	require.Equal(t, all[0], again)

	q := all[0]
	require.NoError(t, q.Answer(by(olga, 1, "Here.")), "the same id in another chat is another message")
	require.ErrorIs(t, q.Answer(by(olga, 1, "Here.")), shop.ErrUnchanged)
	require.Len(t, q.Messages, 2)
	require.Len(t, all[0].Messages, 1, "a rule changes a copy")
}

func TestWhoseTurnAQuestionIs(t *testing.T) {
	all := ask(t, nil, 0, by(alice, 1, "Where is it?"))
	require.Equal(t, StatusOpen, all[0].Status)
	require.NoError(t, all[0].Answer(by(olga, 2, "Here.")))
	require.Equal(t, StatusAnswered, all[0].Status)
	require.Empty(t, all[0].Waiting())
	require.Len(t, all[0].LastAsked(), 1)
	all = ask(t, all, all[0].ID, by(alice, 3, "No."))
	require.Equal(t, StatusOpen, all[0].Status)
	require.Len(t, all[0].Waiting(), 1)
	require.NoError(t, all[0].Close(olga))
	require.Equal(t, StatusClosed, all[0].Status)
	require.ErrorIs(t, all[0].Close(alice), shop.ErrUnchanged)
	require.Equal(t, olga, all[0].ClosedBy)
	all = ask(t, all, all[0].ID, by(alice, 4, "Still not."))
	require.Equal(t, StatusOpen, all[0].Status, "writing opens it again")
	require.Zero(t, all[0].ClosedBy)
}

func TestBuyersCannotFloodTheShop(t *testing.T) {
	var all []Question
	for n := range MaxOpen {
		all = ask(t, all, 0, by(alice, n+1, "?"))
	}
	_, err := Asked(all, Question{Buyer: alice}, by(alice, 50, "?"))
	require.ErrorIs(t, err, ErrTooManyOpen)
	for n := range MaxInARow - 1 {
		all = ask(t, all, 1, by(alice, 10+n, "more"))
	}
	_, err = Asked(all, Question{ID: 1, Buyer: alice}, by(alice, 50, "?"))
	require.ErrorIs(t, err, ErrTooManyInARow)
	require.NoError(t, all[2].Answer(by(olga, 1, "Yes?")))
	require.EqualValues(t, 1, all[2].ID)
	_, err = Asked(all, Question{ID: 1, Buyer: alice}, by(alice, 50, "?"))
	require.NoError(t, err, "an answer gives the word back")

	all = nil
	for n := range MaxAnHour {
		all = ask(t, all, 1, by(alice, n+1, "?"))
		require.NoError(t, all[0].Answer(by(olga, n+1, "!")))
	}
	_, err = Asked(all, Question{ID: 1, Buyer: alice}, by(alice, 60, "?"))
	require.ErrorIs(t, err, ErrTooManyLately)
	late := by(alice, 60, "?")
	late.At = noon.Add(2 * time.Hour)
	_, err = Asked(all, Question{ID: 1, Buyer: alice}, late)
	require.NoError(t, err)
}

func TestAMessageSaysSomethingAndNotTooMuch(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrEmpty, strings.Repeat("x", MaxLength): nil, strings.Repeat("x", MaxLength+1): ErrTooLong,
		strings.Repeat("🙂", MaxLength/2): nil, strings.Repeat("🙂", MaxLength/2+1): ErrTooLong,
	} {
		_, err := Asked(nil, Question{Buyer: alice}, by(alice, 1, text))
		require.ErrorIs(t, err, want)
		_, err = Begun(nil, Question{Buyer: alice}, by(olga, 1, text))
		require.ErrorIs(t, err, want)
		q := Question{Buyer: alice}
		require.ErrorIs(t, q.Answer(by(olga, 1, text)), want)
	}
	_, err := Asked(nil, Question{Buyer: alice}, Message{ID: 1, By: alice, Picture: "file"})
	require.NoError(t, err)
}

func TestALongThreadKeepsItsLatestMessages(t *testing.T) {
	all := ask(t, nil, 0, by(alice, 1, "?"))
	for n := range 2 * MaxKept {
		require.NoError(t, all[0].Answer(by(olga, n+1, "!")))
	}
	require.Len(t, all[0].Messages, MaxKept)
	require.Equal(t, 2*MaxKept, all[0].Last().ID)
	require.NoError(t, all[0].MarkSent(olga, 2*MaxKept, []shop.MessageRef{{Chat: 1, Message: 2}}))
	require.True(t, all[0].Last().Sent)
	require.ErrorIs(t, all[0].MarkSent(alice, 1, nil), shop.ErrUnchanged)
}

func TestAThreadThatTheShopBeginsWaitsForNobody(t *testing.T) {
	q, err := Begun(nil, Question{Buyer: alice}, by(olga, 1, "Your parcel…"))
	require.NoError(t, err)
	require.Equal(t, StatusAnswered, q.Status)
	q.ID = 1
	again, err := Begun([]Question{q}, Question{Buyer: alice}, by(olga, 1, "Your parcel…"))
	require.ErrorIs(t, err, shop.ErrUnchanged)
	require.Equal(t, q, again)
}

// The button of a solved question can be pressed for one that waits, so closing questions must not
// make room for more messages.
func TestClosedQuestionsCountForTheLimitOfAnHour(t *testing.T) {
	var all []Question
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	taken := 0
	for n := range 3 * MaxAnHour {
		latest := all[:min(len(all), LatestSeen)]
		q, err := Asked(latest, Question{Buyer: 7}, Message{ID: n + 1, By: 7, At: at, Text: "Hello?"})
		if err != nil {
			require.ErrorIs(t, err, ErrTooManyLately)
			continue
		}
		taken++
		q.ID = int64(len(all) + 1)
		require.NoError(t, q.Close(7))
		all = append([]Question{q}, all...)
	}
	require.Equal(t, MaxAnHour, taken)
}

func TestAnAlbumCountsAsOneMessage(t *testing.T) {
	var all []Question
	picture := func(id int, album string) Message {
		m := by(alice, id, "")
		m.Picture, m.Album = "picture", album
		return m
	}
	all = ask(t, all, 0, picture(1, "a"))
	for id := 2; id <= 10; id++ {
		all = ask(t, all, 1, picture(id, "a"))
	}
	require.Len(t, all[0].Messages, 10)
	last := picture(10, "a")
	require.True(t, all[0].HasAlbum(last))
	again, err := Asked(all, Question{ID: 1, Buyer: alice}, last)
	require.ErrorIs(t, err, shop.ErrUnchanged)
	require.Len(t, again.Messages, 10)
	for n := range MaxInARow - 1 {
		all = ask(t, all, 1, picture(20+n, ""))
	}
	_, err = Asked(all, Question{ID: 1, Buyer: alice}, picture(30, "b"))
	require.ErrorIs(t, err, ErrTooManyInARow)
	single := picture(40, "")
	require.False(t, all[0].HasAlbum(single), "pictures without an album are of none")
}
