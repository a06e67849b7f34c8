package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// sound stops the shop, checks its database and starts it again. It returns the orders.
func (env *testEnv) sound() []shop.Order {
	env.T.Helper()
	env.Stop() // which checks it
	orders := env.StoredOrders()
	env.Start()
	return orders
}

func TestABadKeyIsReplacedOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 2")
		order := env.Pay(alice).Payload
		env.Say(boris, "/buy vpn 7") // reserves all but one
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key")
		require.Contains(t, env.Last(olga).Text, "Which one?")
		_, asked, _ := strings.Cut(env.Transcript(olga), "Which one?")
		require.NotContains(t, asked, "KEY-02", "units are masked")
		env.Tap(olga, "2 · ")
		ask := env.Last(olga)
		require.Contains(t, ask.Text, "1 is free")
		yes, found := testenv.FindButton(ask, "it does not work")
		require.True(t, found)
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
		}
		env.Settle()
		require.Equal(t, []string{"KEY-01", "KEY-02", "KEY-03"}, env.KeysOf(alice), "three presses are one")
		require.Equal(t, 1, env.CountSent(alice, "takes the place of"), env.Transcript(alice))
		require.Equal(t, 1, env.CountSent(olga, "The new key is with"), env.Transcript(olga))

		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Show the goods again")
		require.Equal(t, []string{"KEY-01", "KEY-03"}, env.KeysOf(alice)[3:])
		env.Say(olga, "/addstock vpn\nKEY-02")
		require.Contains(t, env.Last(olga).Text, "did not work", env.Last(olga).Text)
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, "it did not work")
		env.Say(olga, "/audit "+order)
		require.Contains(t, env.Last(olga).Text, "key replaced")
		require.Contains(t, env.stockLine(), "0 free · 7 reserved · 2 sold · 1 replaced")
		o := env.sound()[0]
		require.Equal(t, shop.StateDelivered, o.State)
		require.Equal(t, "KEY-02", o.Lines[0].Replaced[0].Old)
	})
}

func TestWithoutAFreeKeyTheMoneyOfOneGoesBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		before := env.coins()
		env.Say(alice, "/buy vpn 3")
		order := env.Pay(alice).Payload
		env.Say(boris, "/buy vpn 7")
		env.Pay(boris)
		for i := range 3 {
			left := env.coins()
			env.Say(olga, "/order "+order)
			env.Tap(olga, "Replace a key")
			if i < 2 {
				env.Tap(olga, "1 · ")
			}
			require.Contains(t, env.Last(olga).Text, "No key is free")
			env.Tap(olga, "Refund this one")
			env.Tap(olga, "Yes, send")
			back, _ := env.coins().Sub(left)
			require.Equal(t, "4.9990002 USDT", back.String())
			if i == 0 {
				env.Say(alice, "/orders")
				env.Tap(alice, "VPN")
				env.Tap(alice, "Show the goods again")
				require.Equal(t, []string{"KEY-02", "KEY-03"}, env.KeysOf(alice)[3:])
			}
		}
		require.Equal(t, before.String(), env.coins().String(), "the parts add up")
		require.Equal(t, shop.StateRefunded, env.sound()[0].State)
	})
}

func TestReplacingWhileTheBuyerIsAwayAndAfterIt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key")
		env.Telegram().Block(botToken, alice, true)
		env.Tap(olga, "used before")
		require.Equal(t, 1, env.CountSent(olga, "chat refuses messages"), env.Transcript(olga))
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key") // the new one too, before it was sent
		env.Tap(olga, "another reason")
		env.Telegram().Block(botToken, alice, false)
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Deliver now")
		require.Equal(t, "KEY-03", env.KeysOf(alice)[len(env.KeysOf(alice))-1], env.Transcript(alice))
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Send the goods again")
		require.Equal(t, "KEY-03", env.KeysOf(alice)[len(env.KeysOf(alice))-1])
		env.Say(olga, "/audit "+order)
		require.Contains(t, env.Last(olga).Text, "goods sent again")
		env.Say(olga, "/stats all")
		require.Contains(t, env.Last(olga).Text, "2 keys replaced")
		o := env.sound()[0]
		require.Equal(t, shop.StateDelivered, o.State)
		require.Equal(t, []string{"KEY-03"}, o.Lines[0].Goods)
	})
}

func TestTheOwnersHearOnceThatAProductRunsLowAndThatItIsSoldOut(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		buy := func(n string) {
			env.Say(alice, "/buy vpn "+n)
			env.Pay(alice)
			env.wait(5 * time.Second)
		}
		buy("5")
		require.Zero(t, env.CountSent(olga, "running low"))
		env.Say(boris, "/buy vpn 4") // a reservation is no sale
		env.wait(time.Minute)
		require.Zero(t, env.CountSent(olga, "running low"))
		env.wait(time.Hour)
		buy("1")
		require.Equal(t, 1, env.CountSent(olga, "4 keys left"), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "about 4 days"))
		env.Stop()
		env.Start()
		buy("1")
		require.Equal(t, 1, env.CountSent(olga, "running low"), "once a crossing, also after a restart")
		buy("3")
		require.Equal(t, 1, env.CountSent(olga, "is sold out"), env.Transcript(olga))
		env.Tap(olga, "Add stock")
		require.Contains(t, env.Last(olga).Text, "send the keys for VPN <30> days")
		env.Say(olga, "NEW-1\nNEW-2")
		env.Press(olga, "stock:add")
		env.wait(5 * time.Second)
		buy("2")
		require.Equal(t, 2, env.CountSent(olga, "is sold out"))
		require.Equal(t, 1, env.CountSent(olga, "running low"), "it was never above the threshold")
		env.LoadStock("vpn", "A-1", "A-2", "A-3", "A-4", "A-5", "A-6")
		env.wait(5 * time.Second)
		buy("2")
		require.Equal(t, 2, env.CountSent(olga, "running low"), "armed again by a restock")
	})
}

func TestWhatIsShownOfAKeyIsNoKey(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 9")
		order := env.Pay(alice).Payload
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key")
		env.Tap(olga, "Next")
		var last telegram.Message
		for _, m := range env.Chat(olga) {
			if strings.Contains(m.Text, "Which one?") {
				last = m
			}
		}
		_, found := testenv.FindButton(last, "9 · ")
		require.True(t, found, env.Transcript(olga))
		env.Tap(olga, "First")
		env.Tap(olga, "8 · ")
		env.Tap(olga, "No, leave it")
		require.Contains(t, env.Last(olga).Text, "Nothing was changed")
	})
}
