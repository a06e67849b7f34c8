package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage"
)

// An order that lapses gives its coupon back. Its "New invoice" then leads to the order that was made
// by it before, which has lapsed too.
func TestACouponThatCameBackStaysInHandWhenAnOldButtonIsPressed(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("spring", "20%", "No limit")
		env.Tap(olga, "Make it")
		env.Say(alice, "/coupon SPRING")
		env.Say(alice, "/buy vpn")
		first := env.lastOrder()
		time.Sleep(32 * time.Minute)
		env.Press(alice, "rn:"+first)
		require.NotEmpty(t, env.PayLink(alice))
		require.Contains(t, env.Transcript(alice), "4.00 USD")
		time.Sleep(32 * time.Minute)

		env.Say(alice, "/start o_"+first)
		env.Press(alice, "rn:"+first)
		require.Len(t, env.CryptoPay().Invoices(appToken), 2, "one cancelled order has one new order")
		env.Say(alice, "/start p_vpn")
		require.Contains(t, env.Last(alice).Text, "SPRING")
	})
}

func TestACommandForAnotherBotOfTheGroupChangesNothing(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		group := env.forum()
		env.sayIn(group, 0, olga, "/topics")
		before := len(env.Telegram().Sent(botToken, group))
		env.sayIn(group, 0, olga, "/topics@other_bot off")
		require.Len(t, env.Telegram().Sent(botToken, group), before)
		env.Say(olga, "/topics")
		require.Contains(t, env.Last(olga).Text, "· on")
	})
}

// A buyer deletes their data while a cart, a wish, a review, a question with its topic and an answer
// that somebody is writing are there. Later, everybody presses what is left on their screens.
func TestNothingOfAForgottenBuyerIsLeftAndWhatIsLeftOnScreensDoesNoHarm(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		group, order := env.forum(), env.sold()
		env.sayIn(group, 0, olga, "/topics")
		env.Tap(alice, "Rate")
		env.Tap(alice, "4 ★")
		env.Tap(alice, "Add words")
		env.Say(alice, "Alice Reed liked it")
		env.fillCart(alice, "guide", "album")
		env.Say(alice, "/start p_album")
		env.Press(alice, "wi:+:album")
		env.Press(alice, "ask:new:"+order)
		env.Say(alice, "Alice Reed asks")
		topic := env.topic(group)
		env.Say(olga, "/reviews")
		env.Press(olga, "reviews:o:")
		env.Press(olga, "reviews:a:")

		env.Say(alice, "/settings")
		env.Tap(alice, "Delete my data")
		env.Tap(alice, "Yes, delete it for good")
		require.Contains(t, env.Last(alice).Text, "Your data is deleted")
		env.Stop()
		require.Empty(t, env.recordsWith("Alice", "alice_reads"))
		env.Start()

		sent := len(env.Telegram().Sent(botToken, alice))
		env.Say(olga, "Thank you, dear buyer")
		env.sayIn(group, topic.ID, olga, "Here is the answer")
		require.Contains(t, env.Last(group).Text, "deleted", "nobody wonders whether it was sent")
		last := env.Telegram().Sent(botToken, group)
		for _, m := range last {
			for _, row := range m.Buttons {
				for _, b := range row {
					require.NoError(t, env.Telegram().TapIn(botToken, group, olga, m.ID, b.Data))
				}
			}
		}
		require.NoError(t, env.Telegram().CloseTopic(botToken, group, topic.ID, olga))
		env.Settle()
		env.Say(olga, "/reviews")
		env.Press(olga, "reviews:o:")
		env.Press(olga, "reviews:h:")
		env.LoadStock("vpn", "KEY-90")
		time.Sleep(time.Minute)
		require.Len(t, env.Telegram().Sent(botToken, alice), sent, "nothing is sent to who is forgotten")

		for _, m := range env.Chat(alice) { // with a finger on everything that is left
			for _, row := range m.Buttons {
				for _, b := range row {
					if b.Data != "" {
						_ = env.Telegram().TapData(botToken, alice, m.ID, b.Data)
					}
				}
			}
		}
		env.Settle()
		env.Say(alice, "/cart")
		env.Stop()
		breaches := 0
		_, err := storage.Examine(t.Context(), env.DatabasePath(), func(string) { breaches++ })
		require.NoError(t, err)
		require.Zero(t, breaches)
		require.NotContains(t, env.Log.String(), "level=ERROR")
		env.Start()
	})
}

// A press of the cart that has the drawing of a Buy button is that button's request: one drawing makes
// one order. The cart is not lost by it, and a cart that came back is ordered once a drawing too.
func TestOneDrawingMakesOneOrderWhateverButtonItIsIn(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("once", "10%", "1")
		env.Tap(olga, "Make it")
		env.fillCart(alice, "guide", "album")
		cart := env.buttonOf(alice, "cb:")
		env.Say(alice, "/start p_vpn")
		buy := env.buttonOf(alice, "b:vpn")
		env.Press(alice, "b:vpn")
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
		at := env.Last(alice).ID
		mark, nonce := strings.Split(cart, ":")[1], strings.Split(buy, ":")[3]
		require.NoError(t, env.Telegram().TapData(botToken, alice, at, "cb:"+mark+":"+nonce))
		require.NoError(t, env.Telegram().TapData(botToken, alice, at, "b:guide:1:"+nonce))
		env.Settle()
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)

		env.Say(alice, "/coupon ONCE")
		env.Say(alice, "/cart")
		cart = env.buttonOf(alice, "cb:")
		shown := env.Last(alice).ID
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, alice, shown, cart))
		}
		env.Settle()
		invoices := env.CryptoPay().Invoices(appToken)
		require.Len(t, invoices, 2)
		require.Equal(t, "4.95", invoices[1].Amount.Decimal())
		time.Sleep(62 * time.Minute)
		env.Say(alice, "/start o_"+invoices[1].Payload)
		env.Press(alice, "rn:") // has the coupon again
		env.Say(alice, "/start o_"+invoices[1].Payload)
		env.Press(alice, "n:ct:back:")
		env.Press(alice, "cb:")
		require.NoError(t, env.Telegram().TapData(botToken, alice, shown, cart))
		env.Settle()
		used := 0
		for _, in := range env.CryptoPay().Invoices(appToken)[2:] {
			if in.Amount.Decimal() == "4.95" {
				used++
			}
		}
		require.Equal(t, 1, used, "a coupon that works once")
		require.Len(t, env.CryptoPay().Invoices(appToken), 4)
		env.sound()
	})
}

// buttonOf is the callback data of the last button that begins so.
func (env *testEnv) buttonOf(who int64, prefix string) string {
	env.T.Helper()
	for _, m := range slices.Backward(env.Chat(who)) {
		for _, b := range slices.Concat(m.Buttons...) {
			if strings.HasPrefix(b.Data, prefix) {
				return b.Data
			}
		}
	}
	require.Failf(env.T, "no such button", "%q in:\n%s", prefix, env.Transcript(who))
	return ""
}
