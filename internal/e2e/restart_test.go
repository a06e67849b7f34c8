package e2e

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// flow is what people do in the chat one step after the other. The shop is restarted before each.
type flow struct {
	*testEnv

	who int64 // who does it
}

func (f flow) restart() {
	f.T.Helper()
	f.Stop()
	f.Start()
}

func (f flow) say(text string) {
	f.T.Helper()
	f.restart()
	f.Say(f.who, text)
}

func (f flow) tap(label string) {
	f.T.Helper()
	f.restart()
	f.Tap(f.who, label)
}

func (f flow) press(prefix string) {
	f.T.Helper()
	f.restart()
	f.Press(f.who, prefix)
}

func (f flow) see(text string) {
	f.T.Helper()
	require.Positive(f.T, f.CountSent(olga, text), f.Transcript(olga))
}

// hebrew is read from right to left.
const hebrew = "מפתח משחק 2"

func TestEveryFlowGoesOnAfterARestartInEachOfItsSteps(t *testing.T) {
	for name, steps := range map[string]func(f flow){
		"a category": func(f flow) {
			f.say("/products")
			f.tap("➕ Category")
			f.say(hebrew)
			f.see("➕ category " + hebrew)
		},
		"a product": func(f flow) {
			f.say("/products")
			f.tap("➕ Product")
			f.say(hebrew)
			f.say("free")
			f.see("free is no price")
			f.say("3")
			f.press("edit:a:way:text")
			f.say("Here it is.")
			f.see("➕ " + hebrew)
			f.Say(alice, "/buy")
			f.Tap(alice, "Games")
			f.Tap(alice, hebrew)
			require.Contains(f.T, f.Last(alice).Text, "3.00 USD")
		},
		"a field of a product": func(f flow) {
			f.say("/products")
			f.press("edit:c:games")
			f.press("edit:p:vpn")
			f.press("edit:f:p:vpn:limit")
			f.say("some")
			f.say("7")
			f.see("10 → 7")
			f.tap("Undo")
			f.see("Taken back")
		},
		"a coupon": func(f flow) {
			f.say("/coupons")
			f.tap("New coupon")
			f.say("spring")
			f.say("much")
			f.say("20%")
			f.tap("30 days")
			f.tap("1")
			f.tap("Make it")
			f.see("The coupon is made")
		},
		"the terms of invitations": func(f flow) {
			f.say("/coupons")
			f.tap("Invitations")
			f.tap("Switch on")
			f.tap("Other…")
			f.say("2 USD")
			f.see("2.00 USD off")
		},
		"a broadcast": func(f flow) {
			f.say("/broadcast")
			f.tap("New broadcast")
			f.say("Spring sale")
			f.tap("Send to") // people are counted anew
			f.Tap(olga, "Send to")
			f.tap("Yes, send it")
			f.restart()
			f.Settle()
			require.Equal(f.T, 1, f.CountSent(alice, "Spring sale"))
		},
		"units to sell": func(f flow) {
			f.say("/addstock vpn")
			f.say("NEW-1\nNEW-2")
			f.press("stock:add")
			f.see("Now free: 12")
		},
		"units that leave": func(f flow) {
			f.say("/removestock vpn")
			f.say("KEY-10")
			f.press("stock:remove")
			f.see("1 key of vpn is removed")
		},
		"an invitation": func(f flow) {
			f.say("/staff")
			f.press("staff:new")
			f.press("staff:new:support")
			f.see("start=j_")
		},
		"a block": func(f flow) {
			f.say("/find " + fmt.Sprint(alice))
			f.tap("Block")
			f.tap("Another reason")
			f.say("rude")
			f.see("rude")
			f.Say(alice, "/buy vpn")
			require.Empty(f.T, f.CryptoPay().Invoices(appToken))
		},
		"a note": func(f flow) {
			f.say("/find " + fmt.Sprint(alice))
			f.tap("Note")
			f.say("likes chess")
			f.see("likes chess")
		},
		"a word to a buyer": func(f flow) {
			f.say("/find " + fmt.Sprint(alice))
			f.tap("Write")
			f.say("Your key is on its way.")
			require.Equal(f.T, 1, f.CountSent(alice, "Your key is on its way."))
		},
		"a refund": func(f flow) {
			order := f.sold()
			f.say("/refund " + order)
			f.tap("Yes, send")
			f.restart()
			f.Settle()
			f.see("Refunded")
		},
		"a replacement": func(f flow) {
			order := f.sold()
			f.say("/order " + order)
			f.tap("Replace a key")
			f.tap("it does not work")
			f.restart()
			f.Settle()
			require.Equal(f.T, 1, f.CountSent(alice, "KEY-02"))
		},
		"a payment by hand": func(f flow) {
			f.Say(alice, "/buy vpn")
			order := f.CryptoPay().Invoices(appToken)[0].Payload
			f.say("/order " + order)
			f.tap("Paid in another way")
			f.say("cash")
			f.tap("Yes, 5.00 USD was paid")
			f.restart()
			f.Settle()
			require.Equal(f.T, 1, f.CountSent(alice, "KEY-01"))
		},
		"an answer": func(f flow) {
			f.Say(alice, "/support")
			f.Press(alice, "ask:new")
			f.restart()
			f.Say(alice, "Where is my key?")
			f.tap("Answer")
			f.say("It comes.")
			require.Equal(f.T, 1, f.CountSent(alice, "It comes."))
		},
		"questions before an order, and what a person makes": func(f flow) {
			f.sellHandmade()
			buyer := f
			buyer.who = alice
			buyer.say("/buy logo")
			buyer.say("Pixel")
			buyer.say("9") // too many
			buyer.say("3")
			buyer.tap("Blue")
			f.restart()
			f.sketch()
			buyer.tap("✏️ Which name?")
			buyer.say("Pixel & Co")
			buyer.tap("Order · 20.00 USD")
			f.Pay(alice)
			f.restart()
			f.see("Pixel & Co")
			f.tap("✅ Done")
			f.say("Here it is.")
			f.tap("Yes, send it")
			f.restart()
			f.Settle()
			require.Equal(f.T, 1, f.CountSent(alice, "Here it is."))
		},
		"answers in the cart": func(f flow) {
			f.sellHandmade()
			buyer := f
			buyer.who = alice
			buyer.say("/start p_gift")
			buyer.tap("Add to cart")
			buyer.say("For Bob")
			buyer.tap("Put into the cart")
			buyer.press("ct:answers:gift")
			buyer.tap("✏️ For whom?")
			buyer.say("For Eve")
			buyer.tap("Put into the cart")
			buyer.tap("Order · 7.00 USD")
			f.Pay(alice)
			require.Equal(f.T, "For Eve", f.sound()[0].Lines[0].Answers[0].Value)
		},
		"a morning": func(f flow) {
			f.say("/morning")
			f.tap("07:00")
			f.see("07:00")
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				for _, who := range []int64{alice, olga} {
					env.Say(who, "/start")
				}
				env.T = t
				steps(flow{env, olga})
			})
		})
	}
}

func TestAPortThatIsTakenIsToldWithWhatToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		taken, err := env.Network.Listen("shop.test:8080")
		require.NoError(t, err)
		env.Start()
		err = env.Abort()
		require.ErrorContains(t, err, "SHOPBOT_LISTEN: ")
		require.ErrorContains(t, err, "another program has this port; stop it, or write another port")
		require.NoError(t, taken.Close())
	})
}
