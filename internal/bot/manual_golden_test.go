package bot

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// logo is a product that is made by hand, with a question of each kind.
func logo() catalog.Product {
	low, high := int64(1), int64(5)
	return catalog.Product{
		SKU: "logo", Category: "games", Title: catalog.Text{"en": "Logo", "ru": "Логотип"}, Limit: 3,
		Deliver: catalog.Content, Also: []catalog.Kind{catalog.ByHand}, Text: catalog.Plain("Thanks!"), Manual: catalog.Manual{Within: 48 * time.Hour},
		Questions: []catalog.Question{
			{Ask: catalog.Text{"en": "Which name?", "ru": "Какое имя?"}, Kind: catalog.AnswerText},
			{Ask: catalog.Text{"en": "How many drafts?", "ru": "Сколько эскизов?"}, Kind: catalog.AnswerNumber, Min: &low, Max: &high},
			{Ask: catalog.Text{"en": "Colour?", "ru": "Цвет?"}, Kind: catalog.AnswerChoice, Choices: []catalog.Text{
				{"en": "Red", "ru": "Красный"}, {"en": "Blue", "ru": "Синий"}, catalog.Plain("RGB <3"),
			}},
			{Ask: catalog.Text{"en": "A sketch?", "ru": "Эскиз?"}, Kind: catalog.AnswerFile},
		},
	}
}

// logoAnswers answers all questions of the logo.
func logoAnswers(l localizer) []shop.Answer {
	p := logo()
	given := []shop.Answer{
		{Value: "Pixel <&> Co"}, {Value: "3"}, {Value: l.Text(p.Questions[2].Choices[1])}, {File: shop.TelegramFile{ID: "F", Name: "a <b>.svg"}},
	}
	for i := range given {
		given[i].Ask, given[i].Kind = l.Text(p.Questions[i].Ask), p.Questions[i].Kind
	}
	return given
}

// logoLine is two ordered logos.
func logoLine(l localizer) shop.Line {
	p := logo()
	return shop.Line{
		SKU: "logo", Title: p.Title, Quantity: 2, Answers: logoAnswers(l), Instructions: catalog.Plain("Print it."),
		Part: shop.Part{Deliver: catalog.Content, Text: p.Text}, Also: []shop.Part{{Deliver: catalog.ByHand, Manual: p.Manual}},
	}
}

func TestScreensOfHandwork(t *testing.T) {
	inEachLanguage(t, "manual", func(t *testing.T, l localizer, g *golden) {
		p := logo()
		p.Price = usd(t, "2.50")
		g.add("card", screen{Text: describeDelivery(l, offer{Product: p})})
		f := &answersForm{ID: "0123456789abcdef", SKU: "logo", Quantity: 2, Answers: logoAnswers(l)}
		for f.At = range p.Questions {
			g.add("asks for "+string(p.Questions[f.At].Kind), questionScreenOf(l, &p, f, ""))
		}
		f.At = 1
		g.add("refused", questionScreenOf(l, &p, f, l.Say("order_q_bad_range", "Range", rangeText(l, &p.Questions[1]))))
		f.At = len(p.Questions)
		g.add("answers", answersScreen(l, &p, f, orderOf(t, logoLine(l)), ""))
		inStars := orderOf(t, logoLine(l))
		inStars.Rail, inStars.Stars = shop.Stars, xtr(t, "385")
		g.add("answers, Stars alone", answersScreen(l, &p, f, inStars, ""))
		f.ToCart = true
		g.add("answers for the cart", answersScreen(l, &p, f, shop.Order{}, ""))
		v := cartView{CartOffer: shop.CartOffer{Mark: "m", Total: usd(t, "5"), Entries: []shop.CartEntry{{
			CartLine: shop.CartLine{Item: shop.Item{SKU: "logo", Quantity: 2, Answers: f.Answers}, Title: p.Title, Price: p.Price}, Now: 2, Unit: p.Price,
		}}}, nonce: "n"}
		g.add("cart", cartScreen(l, v))

		g.add("order", orderScreen(l, orderOf(t, logoLine(l)), goldenDay, maxText))
		o := paidWith(t, orderOf(t, logoLine(l), vpn(1)), "7.5")
		o.Lines[1].Goods, o.Lines[1].Delivered = []string{"KEY-1"}, goldenDay
		o.State, o.Hold = shop.StateHeld, shop.HoldManual
		held, late := shop.Notice{What: shop.WhatHeld, To: shop.ToOwners, Reason: string(shop.HoldManual)}, shop.Notice{What: shop.WhatLate, To: shop.ToOwners}
		o.Payments[0].At = time.Now().Add(24 * time.Hour)
		until := l.Moment(o.Promised())
		stable := func(m markup) markup { return markup(strings.ReplaceAll(string(m), string(until), "UNTIL")) }
		add := func(name string, screens ...screen) {
			for i := range screens {
				screens[i].Text = stable(screens[i].Text)
				screens[i].Text = markup(strings.ReplaceAll(string(screens[i].Text), string(l.Moment(o.Payments[0].At)), "PAID"))
			}
			g.add(name, screens...)
		}
		add("made, buyer", orderScreen(l, o, goldenDay, maxText))
		add("made, buyer is told", screen{Text: heldText(l, o, string(o.Hold))})
		add("made, owner", ownerScreen(l, o, held))
		add("made, /held", heldScreen(l, []shop.Order{o}, ""))
		add("made, details", detailsScreens(l, o, shop.RoleOwner)...)
		add("made, orders", ordersScreen(l, []shop.Order{o}, "", goldenDay))
		o.Payments[0].At = goldenDay.Add(-20 * 365 * 24 * time.Hour) // before any day on which this runs
		until = l.Moment(o.Promised())
		add("late, buyer is told", screen{Text: heldText(l, o, string(o.Hold)), Rows: [][]button{row(problemButton(l, o))}})
		add("late, owner", ownerScreen(l, o, late))
		add("late, /held", heldScreen(l, []shop.Order{o}, ""))
	})
}

// Goods of several ways come in as few messages as are pleasant to read, with how to use them once.
func TestGoodsOfSeveralWaysComeTogether(t *testing.T) {
	l := testLocalizer(t, "en")
	text := shop.Part{Deliver: catalog.Content, Text: catalog.Plain("Read me.")}
	file := shop.Part{Deliver: catalog.File, File: "goods/album.zip"}
	keys := shop.Part{Deliver: catalog.Keys, Goods: []string{"KEY-1", "KEY-2"}}
	long := shop.Part{Deliver: catalog.Content, Text: catalog.Plain(strings.Repeat("long ", 300))}
	made := shop.Part{Deliver: catalog.ByHand, Goods: []string{"It is done."}, Done: goldenDay, Attached: shop.TelegramFile{ID: "F", Name: "a.svg"}}
	server := shop.Part{Deliver: catalog.FromServer, Goods: []string{"login: x"}}
	for name, c := range map[string]struct {
		parts []shop.Part
		want  []string // what messages have, of: K2 keys, T text, F file, I instructions, S server's, M made
	}{
		"keys and a text":            {[]shop.Part{keys, text}, []string{"KTI"}},
		"keys and a file":            {[]shop.Part{keys, file}, []string{"K", "FI"}},
		"a file and a text":          {[]shop.Part{file, text}, []string{"FTI"}},
		"a text and a file":          {[]shop.Part{text, file}, []string{"TFI"}},
		"a file and a long text":     {[]shop.Part{file, long}, []string{"F", "LI"}},
		"keys, a file and a text":    {[]shop.Part{keys, file, text}, []string{"K", "FTI"}},
		"keys and a server's":        {[]shop.Part{keys, server}, []string{"K", "SI"}},
		"what a person made":         {[]shop.Part{made}, []string{"MFI"}},
		"a text and what was made":   {[]shop.Part{text, made}, []string{"TMFI"}},
		"a file and what was made":   {[]shop.Part{file, made}, []string{"FM", "FI"}},
		"two files and nothing more": {[]shop.Part{file, {Deliver: catalog.ByHand, Attached: made.Attached}}, []string{"F", "FI"}},
	} {
		t.Run(name, func(t *testing.T) {
			line := guide()
			line.Part, line.Also, line.Instructions = c.parts[0], c.parts[1:], catalog.Plain("Begin.")
			messages, err := render(l, orderOf(t, line), 0, func(string) ([]byte, error) { return []byte("PK"), nil })
			require.NoError(t, err)
			var got []string
			for i := range messages {
				require.LessOrEqual(t, visible(messages[i].Text), messages[i].room())
				said := ""
				for _, part := range []struct{ mark, text string }{
					{"K", "KEY-2"}, {"T", "Read me."}, {"L", "long long"}, {"S", "login: x"}, {"M", "It is done."},
				} {
					if strings.Contains(string(messages[i].Text), part.text) {
						said += part.mark
					}
				}
				if messages[i].hasFile() {
					said += "F"
				}
				if strings.Contains(string(messages[i].Text), "Begin.") {
					said += "I"
				}
				got = append(got, said)
				require.Equal(t, i == 0, strings.Contains(string(messages[i].Text), "Guide"), "the heading is on the first alone")
			}
			require.ElementsMatch(t, strings.Split(strings.Join(c.want, ""), ""), strings.Split(strings.Join(got, ""), ""))
			require.Len(t, got, len(c.want), got)
		})
	}
}

func TestAMissingFileHoldsAlsoALineOfSeveralWays(t *testing.T) {
	line := guide()
	line.Also = []shop.Part{{Deliver: catalog.File, File: "gone.zip"}}
	_, err := render(testLocalizer(t, "en"), orderOf(t, line), 0, func(string) ([]byte, error) { return nil, errors.New("gone") })
	var never *shop.UndeliverableError
	require.ErrorAs(t, err, &never)
	require.Equal(t, shop.HoldNoGoods, never.Reason)
}

func TestTheEditorKeepsTheOtherWaysOfAProduct(t *testing.T) {
	p := logo()
	e := edited{product: &p}
	field, known := editFieldOf(editsProduct, "text")
	require.True(t, known)
	require.True(t, field.within(e))
	require.NoError(t, field.put(e, catalog.Shop{Languages: []string{"en"}}, "", "New words"))
	require.Equal(t, []catalog.Kind{catalog.Content, catalog.ByHand}, p.Ways())
	require.Len(t, p.Questions, 4)
	require.Equal(t, 48*time.Hour, p.Manual.Within)
}
