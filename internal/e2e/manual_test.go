package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// handmade is a catalog with a product that is made by hand, one that is so beside a text, and several
// ways at once.
const handmade = testenv.Catalog + `
  - sku: logo
    category: games
    title: {en: Logo, ru: Логотип}
    price: "20"
    limit: 3
    deliver: manual
    manual: {within: 48h}
    instructions: Keep the file safe.
    questions:
      - {ask: {en: Which name?, ru: Какое имя?}, kind: text}
      - {ask: How many drafts?, kind: number, min: 1, max: 5}
      - {ask: {en: Colour?, ru: Цвет?}, kind: choice, choices: [{en: Red, ru: Красный}, {en: Blue, ru: Синий}]}
      - {ask: A sketch?, kind: file}
  - {sku: gift, category: games, title: Gift, price: "7", deliver: keys, questions: [{ask: For whom?, kind: text}]}
  - {sku: bundle, category: games, title: Bundle, price: "9", deliver: [file, text, keys], text: "Read the picture first.", file: album.zip, instructions: Begin.}
`

// sellHandmade has the shop sell what handmade says.
func (env *testEnv) sellHandmade() {
	env.T.Helper()
	env.WriteCatalog(handmade)
	env.LoadStock("gift", "GIFT-1", "GIFT-2", "GIFT-3")
	env.LoadStock("bundle", "KEY-B1", "KEY-B2")
}

// sketch has Alice send a picture as an answer.
func (env *testEnv) sketch() {
	env.T.Helper()
	require.NoError(env.T, env.Telegram().UploadAs(botToken, alice, "photo", "sketch.png", picture(env.T, 40, 40, 200), ""))
	env.Settle()
}

// orderLogo answers all questions of the logo and orders it.
func (env *testEnv) orderLogo() string {
	env.T.Helper()
	env.Say(alice, "/buy logo")
	env.Say(alice, "Pixel <&> Co")
	env.Say(alice, "3")
	env.Tap(alice, "Blue")
	env.sketch()
	env.Tap(alice, "Order · 20.00 USD")
	return env.Pay(alice).Payload
}

func TestAProductIsMadeByHandFromWhatItsBuyerAnswered(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellHandmade()
		env.Say(alice, "/buy logo")
		require.Contains(t, env.Last(alice).Text, "question 1 of 4")
		require.Empty(t, env.CryptoPay().Invoices(appToken), "nothing is ordered before the answers")
		env.sketch()
		require.Contains(t, env.Last(alice).Text, "in words here", "the wrong kind of message")
		env.Say(alice, strings.Repeat("x", 501))
		require.Contains(t, env.Last(alice).Text, "501 characters, and 500 fit")
		env.Say(alice, "Pixel <&> Co")
		env.Say(alice, "many")
		require.Contains(t, env.Last(alice).Text, "in digits")
		env.Say(alice, "6")
		require.Contains(t, env.Last(alice).Text, "from 1 to 5")
		env.Say(alice, "2")
		env.Tap(alice, "Back")
		env.Say(alice, "3")
		env.Say(alice, "green")
		require.Contains(t, env.Last(alice).Text, "choose one of the buttons")
		env.Tap(alice, "Blue")
		env.Say(alice, "no file")
		require.Contains(t, env.Last(alice).Text, "need a file or a picture")
		drawing := telegram.Attached{Name: "a.png", Data: picture(t, 9, 9, 9), Kind: "photo"}
		before := len(env.Telegram().Sent(botToken, alice))
		require.NoError(t, env.Telegram().Album(botToken, alice, "", 0, drawing, drawing, drawing))
		env.Settle()
		require.Contains(t, env.Last(alice).Text, "That is an album")
		require.Len(t, env.Telegram().Sent(botToken, alice), before+1, "said once")
		env.sketch()
		sum := env.Last(alice).Text
		for _, said := range []string{"Which name?\nPixel <&> Co", "How many drafts?\n3", "Colour?\nBlue", "A sketch?\n🖼 picture"} {
			require.Contains(t, sum, said)
		}
		env.Tap(alice, "✏️ Colour?")
		env.Tap(alice, "Red")
		yes, found := testenv.FindButton(env.Last(alice), "Order · 20.00 USD")
		require.True(t, found, env.Transcript(alice))
		asked := env.Last(alice).ID
		for range 3 { // quick presses are one order
			require.NoError(t, env.Telegram().TapData(botToken, alice, asked, yes.Data))
		}
		env.Settle()
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
		order := env.Pay(alice).Payload

		o := env.sound()[0]
		require.Equal(t, shop.HoldManual, o.Hold)
		until := o.Payments[0].At.Add(48 * time.Hour)
		require.Contains(t, env.Transcript(alice), "You get it here by "+until.UTC().Format("2 Jan 2006, 15:04"))
		require.Equal(t, 1, env.CountSent(olga, "To be made by"), env.Transcript(olga))
		told := env.Transcript(olga)
		for _, said := range []string{"Which name?\nPixel <&> Co", "How many drafts?\n3", "Colour?\nRed", "A sketch?\n🖼 picture"} {
			require.Contains(t, told, said)
		}
		require.NotNil(t, env.Last(olga).Photo, "the sketch itself follows")
		require.Contains(t, env.Last(olga).Text, "Order "+order+" · A sketch?")
		env.Say(alice, "/orders")
		require.Contains(t, env.Last(alice).Text, "🛠 being made")
		env.Say(olga, "/held")
		require.Contains(t, env.Last(olga).Text, "To be made by")
		require.NotContains(t, env.Last(olga).Text, "⚠️")
		env.Say(olga, "/stats")
		require.NotContains(t, env.Last(olga).Text, "had to wait", "it is no trouble")

		env.Tap(olga, "Ask the buyer")
		env.Say(olga, "Which red?")
		require.Contains(t, env.Last(alice).Text, "order "+order)
		env.Tap(alice, "Answer")
		env.Say(alice, "Dark")
		require.Contains(t, env.Last(olga).Text, "Dark")

		env.Tap(olga, "✅ Done")
		require.NoError(t, env.Telegram().Upload(botToken, olga, "logo.svg", []byte("<svg/>"), "With love"))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "📎 logo.svg")
		env.Tap(olga, "Yes, send it")
		env.Settle()
		got := env.file(alice, "logo.svg")
		require.Equal(t, []byte("<svg/>"), got.Document.Data)
		require.Contains(t, got.Text, "Logo")
		require.Contains(t, got.Text, "With love")
		require.Contains(t, got.Text, "Keep the file safe.")
		require.Equal(t, shop.StateDelivered, env.sound()[0].State)
		env.Say(olga, "/stats")
		require.Contains(t, env.Last(olga).Text, "1 delivered")

		env.Say(alice, "/orders")
		env.Press(alice, "o:"+order)
		env.Tap(alice, "Show the goods again")
		require.Equal(t, 2, env.CountSent(alice, "With love"), env.Transcript(alice))
	})
}

// file is the last message to somebody with a document of this name.
func (env *testEnv) file(who int64, name string) telegram.Message {
	env.T.Helper()
	for _, m := range env.Telegram().Sent(botToken, who) {
		if m.Document != nil && m.Document.Name == name {
			return m
		}
	}
	require.Failf(env.T, "no such file", "%s in:\n%s", name, env.Transcript(who))
	return telegram.Message{}
}

func TestLateHandworkIsToldToBuyerAndOwner(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellHandmade()
		env.orderLogo()
		time.Sleep(47 * time.Hour)
		env.Settle()
		require.Zero(t, env.CountSent(alice, "is late"))
		time.Sleep(2 * time.Hour)
		env.Settle()
		require.Equal(t, 2, env.CountSent(alice, "is late. We are sorry"), "a message, and the order itself: %s", env.Transcript(alice))
		require.Equal(t, 1, env.CountSent(olga, "⏰ Late: it was promised for"), env.Transcript(olga))
		time.Sleep(48 * time.Hour)
		env.Settle()
		require.Equal(t, 2, env.CountSent(alice, "is late. We are sorry"), "once")
		require.Equal(t, 2, env.CountSent(olga, "1 order made by hand is late"), "each morning: %s", env.Transcript(olga))
		env.Say(olga, "/held")
		require.Contains(t, env.Last(olga).Text, "⏰ Late")
		env.Tap(olga, "✅ Done")
		env.Tap(olga, "nothing to send")
		require.Contains(t, env.Transcript(alice), "✅ Done.")
		require.Equal(t, shop.StateDelivered, env.sound()[0].State)
	})
}

func TestHandworkIsPaidBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellHandmade()
		order := env.orderLogo()
		env.refund(order)
		env.Settle()
		require.Len(t, env.transfers(), 1)
		require.Equal(t, shop.StateRefunded, env.sound()[0].State)
		time.Sleep(72 * time.Hour)
		env.Settle()
		require.Zero(t, env.CountSent(alice, "is late"), "nobody waits for it any more")
	})
}

func TestAnswersInTheCartStayWithTheirLine(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellHandmade()
		env.Say(alice, "/start p_gift")
		env.Tap(alice, "Add to cart")
		env.Say(alice, "For Bob")
		env.Tap(alice, "Put into the cart")
		require.Contains(t, env.Last(alice).Text, "✍️ For Bob")
		env.Press(alice, "ct:more:gift")
		env.Press(alice, "ct:answers:gift")
		require.Contains(t, env.Transcript(alice), "For whom?\nFor Bob")
		env.Tap(alice, "✏️ For whom?")
		env.Say(alice, "For Eve")
		env.Tap(alice, "Put into the cart")
		require.Contains(t, env.Last(alice).Text, "Gift × 2")
		env.Tap(alice, "Order · 14.00 USD")
		env.Pay(alice)
		o := env.sound()[0]
		require.Equal(t, []shop.Answer{{Ask: "For whom?", Kind: "text", Value: "For Eve"}}, o.Lines[0].Answers)
		require.Len(t, o.Lines[0].Goods, 2)
		require.Equal(t, 1, env.CountSent(alice, "GIFT-1"))
		env.Say(olga, "/order "+string(o.ID))
		require.Contains(t, env.Last(olga).Text, "For whom?\nFor Eve")
	})
}

func TestQuestionsThatChangeInTheMeantimeAreAskedAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellHandmade()
		env.Say(alice, "/start p_gift")
		env.Tap(alice, "Add to cart")
		env.Say(alice, "For Bob")
		env.Tap(alice, "Put into the cart")
		env.Say(alice, "/buy gift")
		env.Say(alice, "For Eve")
		env.WriteCatalog(strings.ReplaceAll(handmade, "For whom?", "To whom?"))
		env.Tap(alice, "Order · 7.00 USD")
		require.Contains(t, env.Last(alice).Text, "To whom?")
		require.Empty(t, env.CryptoPay().Invoices(appToken))
		env.Say(alice, "To Eve")
		env.Tap(alice, "Order · 7.00 USD")
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
		env.Say(alice, "/cart")
		env.Tap(alice, "Order · 7.00 USD")
		require.Contains(t, env.Last(alice).Text, "To whom?", "the cart's line as well")
		env.Say(alice, "To Bob")
		env.Tap(alice, "Put into the cart")
		env.Tap(alice, "Order · 7.00 USD")
		orders := env.sound()
		require.Equal(t, "To Eve", orders[0].Lines[0].Answers[0].Value)
		require.Equal(t, "To Bob", orders[1].Lines[0].Answers[0].Value)
	})
}

func TestSeveralWaysComeTogetherAndAgainAfterACrash(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.sellHandmade()
		env.Say(alice, "/start p_bundle")
		card := env.Last(alice).Text
		for _, said := range []string{"a key here", "the file album.zip", "a message here"} {
			require.Contains(t, card, said)
		}
		env.Telegram().FailNext("sendDocument", 50, telegram.Failure{Status: http.StatusInternalServerError})
		env.Say(alice, "/buy bundle")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-B1"}, slices.Compact(env.KeysOf(alice)))
		env.Stop() // between the key and the file
		env.Telegram().FailNext("sendDocument", 0, telegram.Failure{})
		env.Start()
		time.Sleep(10 * time.Minute)
		env.Settle()
		require.Equal(t, []string{"KEY-B1"}, slices.Compact(env.KeysOf(alice)), "the same goods: %s", env.Transcript(alice))
		goods := env.goodsOf(alice)
		require.Len(t, goods, 2, "the key by itself, and the file with the text: %s", env.Transcript(alice))
		require.Contains(t, goods[0], "KEY-B1")
		require.Contains(t, goods[1], "Read the picture first.")
		require.Contains(t, goods[1], "Begin.")
		require.NotContains(t, goods[0], "Begin.", "once, at the end")
		require.Equal(t, []byte("PK pictures"), env.file(alice, "album.zip").Document.Data)
		env.Say(alice, "/orders")
		env.Press(alice, "o:")
		env.Tap(alice, "Show the goods again")
		require.Equal(t, goods, env.goodsOf(alice))
	})
}

// goodsOf are the last two messages with goods to somebody.
func (env *testEnv) goodsOf(who int64) (texts []string) {
	for _, m := range env.Telegram().Sent(botToken, who) {
		if m.Document != nil || strings.Contains(m.Text, "KEY-B") {
			texts = append(texts, m.Text)
		}
	}
	return texts[max(len(texts)-2, 0):]
}
