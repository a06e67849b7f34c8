package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// picture is a JPEG of one colour.
func picture(t *testing.T, width, height int, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: shade}.Y
	}
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, img, nil))
	return b.Bytes()
}

func (env *testEnv) photo(content []byte) {
	env.T.Helper()
	require.NoError(env.T, env.Telegram().UploadAs(botToken, olga, "photo", "photo.jpg", content, ""))
	env.Settle()
}

// tell has the owner answer what the bot asks.
func (env *testEnv) tell(answers ...string) {
	env.T.Helper()
	for _, answer := range answers {
		env.Say(olga, answer)
	}
}

// seen is the last message of the bot to the owner.
func (env *testEnv) seen() telegram.Message {
	env.T.Helper()
	return env.Last(olga)
}

func TestAnOwnerMakesACategoryAndAProductInTheChatAndABuyerBuysIt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/admin")
		env.Tap(olga, "Catalog")
		require.Contains(t, env.seen().Text, "3 products · 1 category")

		env.Tap(olga, "➕ Category")
		env.tell("Courses")
		require.Contains(t, env.seen().Text, "Courses: added")
		env.Tap(olga, "➕ Product")
		env.tell("Chess in a week", "twelve")
		require.Contains(t, env.seen().Text, "twelve is no price")
		require.Contains(t, env.seen().Text, "Chess in a week", "what was right is kept")
		env.tell("12,50")
		env.Press(olga, "edit:a:way:text")
		env.tell("Open with e4.")
		require.Contains(t, env.seen().Text, "Chess in a week: added", env.Transcript(olga))
		require.Contains(t, env.seen().Text, "12.50 USD")

		env.Press(olga, "edit:f:p:chess-in-a-week:photo")
		env.tell("a picture")
		require.Contains(t, env.seen().Text, "I need a picture here")
		env.photo(picture(t, 60, 40, 200))
		require.NotNil(t, env.seen().Photo, env.Transcript(olga))
		require.Contains(t, env.seen().Text, "Picture: changed")

		env.Say(alice, "/start p_chess-in-a-week")
		require.NotNil(t, env.Last(alice).Photo, "a buyer sees the picture")
		env.Tap(alice, "Buy · 12.50 USD")
		env.Press(olga, "edit:f:p:chess-in-a-week:price")
		env.tell("20")
		require.Contains(t, env.seen().Text, "Price: 12.50 → 20.00")
		require.Equal(t, "12.50", env.Pay(alice).Amount.Fixed(2), "an open order keeps its price")
		require.Equal(t, 1, env.CountSent(alice, "Open with e4."))

		env.Tap(olga, "Undo")
		require.Equal(t, 1, env.CountSent(olga, "Taken back\nChess in a week · Price: 20.00 → 12.50"), env.Transcript(olga))
		env.Press(olga, "edit:h:p:chess-in-a-week:1")
		env.Say(alice, "/start p_chess-in-a-week")
		require.Contains(t, env.Last(alice).Text, "no such product")
		env.Say(alice, "/buy")
		require.NotContains(t, fmt.Sprint(env.Last(alice).Buttons), "Courses", "nothing in it is for sale")

		env.Say(olga, "/products")
		env.Tap(olga, "Last changes")
		for _, said := range []string{"Courses: added", "Price: 12.50 → 20.00", "Price: 20.00 → 12.50", "Chess in a week: hidden", "you"} {
			require.Contains(t, env.seen().Text, said)
		}
	})
}

func TestAFormOfTheCatalogOutlivesTheProgram(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/products")
		env.Tap(olga, "➕ Product")
		env.tell("Go & <chess>", "3")
		env.Stop()
		env.Start()
		env.Press(olga, "edit:a:way:keys")
		require.Contains(t, env.seen().Text, "Go & <chess>: added", env.Transcript(olga))
		env.Telegram().Repeat(botToken) // Telegram delivers the press again
		env.Settle()
		env.Say(olga, "/products")
		require.Contains(t, env.seen().Text, "4 products")
		env.Press(olga, "edit:c:games")
		env.Tap(olga, "Go & <chess>")
		env.Tap(olga, "Load keys")
		env.tell("CHESS-1")
		env.Press(olga, "stock:add")
		env.Say(alice, "/buy go-chess")
		env.Pay(alice)
		require.Equal(t, 1, env.CountSent(alice, "CHESS-1"))
	})
}

func TestAnyCommandLeavesAFormOfTheCatalog(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, leave := range []string{"/cancel", "/stock"} {
			env.Say(olga, "/products")
			env.Press(olga, "edit:c:games")
			env.Press(olga, "edit:p:vpn")
			env.Press(olga, "edit:f:p:vpn:limit")
			env.Say(olga, leave)
			env.Say(olga, "7")
			require.Contains(t, env.seen().Text, "did not understand")
		}
		require.Equal(t, 2, env.CountSent(olga, "Left."), env.Transcript(olga))
	})
}
