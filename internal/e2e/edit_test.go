package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// picture is a JPEG of one colour.
func picture(t testing.TB, width, height int, shade uint8) []byte {
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
		require.Contains(t, env.seen().Text, "➕ category Courses")
		env.Tap(olga, "➕ Product")
		env.tell("Chess in a week", "twelve")
		require.Contains(t, env.seen().Text, "twelve is no price")
		require.Contains(t, env.seen().Text, "Chess in a week", "what was right is kept")
		env.tell("12,50")
		env.Press(olga, "edit:a:way:text")
		env.tell("Open with e4.")
		require.Contains(t, env.seen().Text, "➕ Chess in a week", env.Transcript(olga))
		require.Contains(t, env.seen().Text, "12.50 USD")

		env.Press(olga, "edit:f:p:chess-in-a-week:photo")
		env.tell("a picture")
		require.Contains(t, env.seen().Text, "I need a picture here")
		env.photo(picture(t, 60, 40, 200))
		require.NotNil(t, env.seen().Photo, env.Transcript(olga))
		require.Contains(t, env.seen().Text, "picture changed")

		env.Say(alice, "/start p_chess-in-a-week")
		require.NotNil(t, env.Last(alice).Photo, "a buyer sees the picture")
		env.Tap(alice, "Buy · 12.50 USD")
		env.Press(olga, "edit:f:p:chess-in-a-week:price")
		env.tell("20")
		require.Contains(t, env.seen().Text, "price: 12.50 → 20.00")
		require.Equal(t, "12.50", env.Pay(alice).Amount.Fixed(2), "an open order keeps its price")
		require.Equal(t, 1, env.CountSent(alice, "Open with e4."))

		env.Tap(olga, "Undo")
		require.Equal(t, 1, env.CountSent(olga, "Taken back\n• Chess in a week: price: 20.00 → 12.50"), env.Transcript(olga))
		env.Press(olga, "edit:h:p:chess-in-a-week:1")
		env.Say(alice, "/start p_chess-in-a-week")
		require.Contains(t, env.Last(alice).Text, "no such product")
		env.Say(alice, "/buy")
		require.NotContains(t, fmt.Sprint(env.Last(alice).Buttons), "Courses", "nothing in it is for sale")

		env.Say(olga, "/products")
		env.Tap(olga, "Last changes")
		for _, said := range []string{"➕ category Courses", "price: 12.50 → 20.00", "price: 20.00 → 12.50", "Chess in a week: hidden", "you"} {
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
		require.Contains(t, env.seen().Text, "➕ Go & <chess>", env.Transcript(olga))
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
			require.Contains(t, env.seen().Text, "found nothing")
		}
		require.Equal(t, 2, env.CountSent(olga, "Closed. "), env.Transcript(olga))
	})
}

// twoOwners is a shop whose owners are Olga and Boris, who reads Russian.
func twoOwners(t *testing.T, test func(t *testing.T, env *testEnv)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("ADMINS", fmt.Sprintf("%d,%d", olga, boris))
		env.Start()
		env.LoadKeys(10)
		test(t, env)
		env.Stop()
	})
}

func TestNobodyOverwritesWhatAnotherOwnerHasChangedInTheCatalog(t *testing.T) {
	twoOwners(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/products")
		env.Press(olga, "edit:c:games")
		env.Press(olga, "edit:p:vpn")
		env.Press(olga, "edit:f:p:vpn:price")

		env.Say(boris, "/products")
		env.Press(boris, "edit:c:games")
		env.Press(boris, "edit:p:vpn")
		env.Press(boris, "edit:f:p:vpn:limit")
		env.Say(boris, "сто")
		require.Contains(t, env.Last(boris).Text, "сто – не целое число от 1 до 100")
		env.Say(boris, "3")
		env.Press(boris, "edit:f:p:vpn:price")
		env.Say(boris, "6")
		require.Contains(t, env.Last(boris).Text, "цена: 5.00 → 6.00")

		env.tell("7")
		require.Contains(t, env.seen().Text, "Not saved. Meanwhile this was changed by Борис")
		require.Contains(t, env.seen().Text, "price: 5.00 → 6.00")
		require.NotContains(t, env.seen().Text, "most in one order", "only what the change is about")
		env.tell("7")
		require.Contains(t, env.seen().Text, "price: 6.00 → 7.00", "it was sent again in the knowledge of that")

		env.Press(boris, "edit:u:")
		require.Contains(t, env.Last(boris).Text, "Не возвращено", "it is not the last change any more")

		env.Press(olga, "edit:r:p:vpn")
		env.Press(boris, "edit:h:p:vpn:1")
		env.Press(olga, "edit:ry:p:vpn")
		require.Contains(t, env.seen().Text, "Not saved. Meanwhile", env.Transcript(olga))
		require.Contains(t, env.seen().Text, "VPN <30> days: hidden", "nobody removes what has changed since they looked")
	})
}

func TestAStaleButtonOfTheCatalogShowsWhatThereIs(t *testing.T) {
	twoOwners(t, func(t *testing.T, env *testEnv) {
		env.Say(boris, "/products")
		env.Press(boris, "edit:c:games")
		env.Press(boris, "edit:p:guide")
		env.Say(olga, "/products")
		env.Press(olga, "edit:c:games")
		env.Press(olga, "edit:p:guide")
		env.Press(olga, "edit:r:p:guide")
		require.Contains(t, env.seen().Text, "Remove Guide from the catalog?")
		env.Press(olga, "edit:ry:p:guide")
		require.Contains(t, env.seen().Text, "➖ Guide", env.Transcript(olga))
		env.Press(boris, "edit:h:p:guide:1")
		require.Contains(t, env.Last(boris).Text, "Этого в каталоге больше нет")
		require.Contains(t, env.Last(boris).Text, "2 товара")
		env.Press(olga, "edit:u:")
		require.Contains(t, env.seen().Text, "➕ Guide")
		for _, forged := range []string{"edit:", "edit:zz", "edit:x:p:vpn:price:a:1", "edit:m:p:vpn:5:1", "edit:ry:s::1", "edit:f:q:vpn:price", "edit:a:way:keys", "edit:u:1::"} {
			require.NoError(t, env.Telegram().TapData(botToken, olga, env.seen().ID, forged))
			env.Settle()
		}
		env.Say(olga, "/products")
		env.Tap(olga, "Last changes")
		require.NotContains(t, env.seen().Text, "price", "forged buttons change nothing")
	})
}

func TestAManagerWhoIsRemovedInTheMiddleOfAFormIsRefused(t *testing.T) {
	twoOwners(t, func(t *testing.T, env *testEnv) {
		env.Say(boris, "/products")
		env.Press(boris, "edit:c:games")
		env.Press(boris, "edit:p:vpn")
		env.Press(boris, "edit:f:p:vpn:price")
		env.Stop()
		env.Setenv("ADMINS", fmt.Sprint(olga))
		env.Start()
		env.Say(boris, "1")
		require.Contains(t, env.Last(boris).Text, "Ничего такого не нашлось", env.Transcript(boris))
		env.Press(boris, "edit:p:vpn")
		env.Say(alice, "/start p_vpn")
		require.Contains(t, env.Last(alice).Text, "5.00 USD")
	})
}

func TestFilesTextsAndLanguagesComeFromTheChat(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/products")
		env.Tap(olga, "➕ Product")
		env.tell("Wallpapers", "1.5")
		env.Press(olga, "edit:a:way:file")
		env.tell("here it comes")
		require.Contains(t, env.seen().Text, "I need a file here")
		env.upload("walls.zip", "PK walls", "")
		require.Contains(t, env.seen().Text, "➕ Wallpapers", env.Transcript(olga))
		env.Say(alice, "/buy wallpapers")
		env.Pay(alice)
		sent := env.Last(alice)
		require.NotNil(t, sent.Document)
		require.Equal(t, "PK walls", string(sent.Document.Data))
		require.Equal(t, "walls.zip", sent.Document.Name)

		// The text in another language, in place of the file, as a file of text.
		env.Press(olga, "edit:f:p:wallpapers:title")
		env.Press(olga, "edit:f:p:wallpapers:title:1")
		env.tell("Обои")
		require.Contains(t, env.seen().Text, "Saved\n• Wallpapers: title (ru): Wallpapers → Обои\n\n", env.Transcript(olga))
		env.Press(olga, "edit:f:p:wallpapers:way")
		env.Press(olga, "edit:a:way:text")
		env.tell(strings.Repeat("long ", 800))
		require.Contains(t, env.seen().Text, "Telegram cuts texts as long as this one")
		env.upload("text.txt", strings.Repeat("long ", 2000)+"END", "")
		require.Contains(t, env.seen().Text, "delivery: 📎 A file, the same for everybody → 📄 A text", env.Transcript(olga))
		env.Say(boris, "/start p_wallpapers")
		require.Contains(t, env.Last(boris).Text, "Обои")
		env.Tap(boris, "Купить")
		env.Pay(boris)
		require.Equal(t, 1, env.CountSent(boris, "END"))

		// Searching by a word of any language.
		env.Say(olga, "/products")
		env.Tap(olga, "Find")
		env.tell("обо")
		require.Contains(t, env.seen().Text, "1 product found")
		env.tell("nothing like it")
		require.Contains(t, env.seen().Text, "Nothing is called")
	})
}

func TestSalesQuantityPricesAndWarningsAreSetInTheChat(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/products")
		env.Press(olga, "edit:c:games")
		env.Press(olga, "edit:p:vpn")
		env.Tap(olga, "Price from N")
		env.tell("3 5\n5 4")
		require.Contains(t, env.seen().Text, "5 is not below the usual price, 5.00 USD")
		env.tell("3 4.50\n5 4")
		require.Contains(t, env.seen().Text, "Saved")
		env.Tap(olga, "Sale")
		env.tell("4.80 31.12.2099")
		env.Tap(olga, "Low stock")
		env.tell("10")
		env.Tap(olga, "Price")
		env.tell("4.60")
		require.Contains(t, env.seen().Text, "lower price, 4.80 USD")
		env.Say(alice, "/buy vpn 1")
		require.Contains(t, env.Last(alice).Text, "4.80 USD")
		env.Say(boris, "/buy vpn 5")
		env.Pay(boris)
		require.Equal(t, 1, env.CountSent(olga, "running low"), env.Transcript(olga))
	})
}

func TestListsOfKeysWaitWhateverElseTheManagerWrites(t *testing.T) {
	for name, begin := range map[string]func(env *testEnv){
		"a search": func(env *testEnv) { env.Say(olga, "/find"); env.Say(olga, "nobody") },
		"a coupon": func(env *testEnv) { env.Say(olga, "/coupons"); env.Tap(olga, "New coupon"); env.Say(olga, "SPRING") },
		"a broadcast": func(env *testEnv) {
			env.Say(olga, "/broadcast")
			env.Tap(olga, "New broadcast")
			env.Say(olga, "Hello all")
		},
		"a message to a buyer": func(env *testEnv) {
			env.Say(olga, fmt.Sprint("/find ", alice))
			env.Tap(olga, "Write")
			env.Say(olga, "Hello")
			require.Equal(env.T, 1, env.CountSent(alice, "Hello"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(alice, "/buy vpn")
				env.Say(olga, "/addstock vpn\nNEW-1")
				begin(env)
				env.Stop()
				env.Start()
				env.Press(olga, "stock:add")
				require.Equal(t, 1, env.CountSent(olga, "1 key added"), env.Transcript(olga))
			})
		})
	}
}

func TestListsOfKeysWaitWhileTheCatalogIsEdited(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn\nNEW-1")
		list := env.seen().ID
		env.Say(olga, "/products")
		env.Press(olga, "edit:c:games")
		env.Press(olga, "edit:p:guide")
		env.Press(olga, "edit:f:p:guide:price")
		env.Press(olga, "stock:add")
		require.Equal(t, 1, env.CountSent(olga, "1 key added"), "%d: %s", list, env.Transcript(olga))
		env.tell("9")
		require.Contains(t, env.seen().Text, "price: 2.50 → 9.00", "the form goes on")
	})
}
