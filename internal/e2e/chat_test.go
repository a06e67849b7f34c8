package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
)

// waitForGoods has Alice pay, and returns how long her goods take.
func (env *testEnv) waitForGoods(link string) time.Duration {
	env.T.Helper()
	had, paid := len(env.KeysOf(alice)), time.Now()
	_, err := env.CryptoPay().Pay(link, alice, "USDT")
	require.NoError(env.T, err)
	for len(env.KeysOf(alice)) == had {
		require.Less(env.T, time.Since(paid), time.Minute, env.Transcript(alice))
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
	}
	return time.Since(paid)
}

// Quick taps fill the chat's own pace with screens. Goods do not wait behind them.
func TestGoodsComeAsFastAfterQuickTapsAsAtACalmPace(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Telegram().SetFaults(telegram.Faults{RealLimits: true})
		env.Say(alice, "/buy vpn")
		time.Sleep(10 * time.Second)
		calm := env.waitForGoods(env.PayLink(alice))
		env.quiet()

		env.Say(alice, "/buy vpn")
		link := env.PayLink(alice)
		env.Say(alice, "/start p_vpn")
		time.Sleep(10 * time.Second)
		card := env.Last(alice)
		for i := range 5 { // each of another kind: none of these replaces another
			require.NoError(t, env.Telegram().Say(botToken, alice, []string{"/help", "/support", "/catalog", "/orders", "/help"}[i]))
			require.NoError(t, env.Telegram().TapData(botToken, alice, card.ID, "s:vpn:1:+"))
		}
		synctest.Wait()
		require.LessOrEqual(t, env.waitForGoods(link), calm+20*time.Millisecond)
		require.Zero(t, strings.Count(env.Log.String(), "outcome=flood"), "and Telegram's limits are kept")
		env.quiet()
		require.Contains(t, env.Transcript(alice), "Delivered on ", "the screens come later")
	})
}

func TestQuickTapsAllCountAndOnlyTheLastScreensAreSent(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Telegram().SetFaults(telegram.Faults{RealLimits: true})
		env.Say(alice, "/start p_vpn")
		card := env.Last(alice)
		more, found := testenv.FindButton(card, "+")
		require.True(t, found)
		before := env.Telegram().Calls("editMessageText")
		for range 8 {
			require.NoError(t, env.Telegram().TapData(botToken, alice, card.ID, more.Data))
		}
		began := time.Now()
		for !strings.Contains(env.Last(alice).Text, "9 × 5.00 USD = 45.00 USD") {
			require.Less(t, time.Since(began), 3*time.Second, "eight screens would take six seconds: %s", env.Transcript(alice))
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
		}
		require.Less(t, env.Telegram().Calls("editMessageText")-before, 8)
		env.Tap(alice, "−")
		env.Tap(alice, "Buy · 40.00 USD")
		env.Pay(alice)
		require.Len(t, env.KeysOf(alice), 8)
	})
}

func TestEachOfNinetyCategoriesCanBeReached(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		var text strings.Builder
		text.WriteString("shop: {name: Big Shop, currency: USD}\ncategories:\n")
		for i := range 90 {
			fmt.Fprintf(&text, "  - {id: c%d, title: Category %d}\n", i, i+1)
		}
		text.WriteString("products:\n")
		for i := range 90 {
			fmt.Fprintf(&text, "  - {sku: p%d, category: c%d, title: Product %d, price: \"1\", deliver: text, text: x}\n", i, i, i+1)
		}
		for i := range 20 {
			fmt.Fprintf(&text, "  - {sku: last%d, category: c89, title: Last %d, price: \"1\", deliver: text, text: x}\n", i, i+1)
		}
		env.WriteCatalog(text.String())
		env.Say(alice, "/catalog")
		for range 11 {
			env.Tap(alice, "›")
		}
		_, counted := testenv.FindButton(env.Last(alice), "12/12")
		require.True(t, counted, env.Transcript(alice))
		env.Tap(alice, "Category 90")
		env.Tap(alice, "›")
		env.Tap(alice, "Last 10")
		env.Tap(alice, "Back")
		_, there := testenv.FindButton(env.Last(alice), "Last 10")
		require.True(t, there, "back on the page of the product")
		env.Tap(alice, "Back")
		_, there = testenv.FindButton(env.Last(alice), "Category 90")
		require.True(t, there, "back on the page of the category")
	})
}

func TestCancellingInGoodFaithShortensNothing(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 12 {
			env.Say(alice, "/buy vpn")
			require.Contains(t, env.Last(alice).Text, "Held for you for 30 minutes")
			time.Sleep(time.Minute)
			env.Say(alice, "/cancel")
			require.Contains(t, env.Last(alice).Text, "Cancelled: VPN <30> days, order ")
		}
	})
}

func TestWhoLetOrdersLapseReadsWhyAndUntilWhenAndAnOwnerCanForgive(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 10 {
			env.Say(alice, "/buy vpn")
			time.Sleep(31 * time.Minute)
		}
		env.Say(alice, "/buy vpn")
		require.Regexp(t, `10 of your latest orders ran out unpaid.* Until 2 Jan 2000, 00:\d\d UTC nothing more is held`, env.Last(alice).Text)
		require.Empty(t, env.PayLink(alice))
		for _, without := range []string{"guide", "album"} {
			env.Say(alice, "/buy "+without)
			require.Contains(t, env.Last(alice).Text, "Held for you for 30 minutes", "goods without stock are never withheld")
			env.Tap(alice, "Cancel")
		}
		env.Say(olga, fmt.Sprintf("/unblock %d", alice))
		env.Say(alice, "/buy vpn")
		require.Contains(t, env.Last(alice).Text, "Held for you for 30 minutes")
		require.NotContains(t, env.Last(alice).Text, "shorter than usual")

		env.Say(boris, "/buy vpn")
		time.Sleep(31 * time.Minute)
		env.Say(boris, "/buy vpn")
		require.Contains(t, env.Last(boris).Text, "Времени меньше обычного")
	})
}

func TestTooManyUnpaidOrdersAreShownWithTheirButtons(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 3 {
			env.Say(alice, "/buy vpn")
		}
		env.Say(alice, "/start p_vpn")
		env.Tap(alice, "Buy")
		list := env.Last(alice)
		require.Contains(t, list.Text, "Pay or cancel one of them first")
		require.Len(t, list.URLs(), 3)
		env.Tap(alice, "Cancel 2")
		require.Len(t, env.Last(alice).URLs(), 2)
		require.Equal(t, 1, env.CountSent(alice, "Cancelled. Nothing was charged."), "the order's own message says so as well")
		env.Tap(alice, "Buy ·")
		require.Contains(t, env.Transcript(alice), "Held for you")
		require.Len(t, env.CryptoPay().Invoices(appToken), 3, "one was deleted, and one made")
	})
}

// The buyer had blocked the bot when the order expired.
func TestAnOutdatedOrderIsRedrawnWhenItsBuyerIsBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Telegram().Block(botToken, alice, true)
		time.Sleep(2 * time.Hour)
		require.NotEmpty(t, env.PayLink(alice), "the message could not be changed")
		env.Telegram().Block(botToken, alice, false)
		env.Say(alice, "/help")
		require.Empty(t, env.PayLink(alice))
		require.Equal(t, 1, env.CountSent(alice, "The time to pay is over"))
	})
}

// Telegram takes no edits for a while, but messages.
func TestAnOrderThatMovedOnIsRedrawnAtTheNextContact(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Telegram().FailNext("editMessageText", 1000, telegram.Failure{Status: http.StatusBadGateway})
		link := env.PayLink(alice)
		_, err := env.CryptoPay().Pay(link, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(20 * time.Minute)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		require.Equal(t, link, env.PayLink(alice), "the message could not be changed")
		env.Telegram().FailNext("editMessageText", 0, telegram.Failure{})
		env.Say(alice, "/help")
		require.Empty(t, env.PayLink(alice), "it does not wait for the next attempt")
		require.Equal(t, 1, env.CountSent(alice, "Delivered on "))
	})
}

func TestTimesAreInTheReadersZoneAndNumbersCanBeCopied(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.WriteCatalog(strings.Replace(testenv.Catalog, "currency: USD,", "currency: USD, timezone: Asia/Tashkent,", 1))
		env.Say(alice, "/buy vpn")
		m := env.Last(alice)
		require.Regexp(t, `until \d\d:\d\d \+05\. Press`, m.Text)
		entity := func(kind string) telegram.Entity {
			i := slices.IndexFunc(m.Entities, func(e telegram.Entity) bool { return e.Type == kind })
			require.GreaterOrEqual(t, i, 0, "%v", m.Entities)
			return m.Entities[i]
		}
		require.InDelta(t, env.CryptoPay().Invoices(appToken)[0].ExpiresAt.Unix(), entity("date_time").UnixTime, 2)
		require.Equal(t, 15, entity("code").Length)
		env.Pay(alice)
		m = env.Last(alice) // the goods
		require.Contains(t, m.Text, "Order ")
		require.Equal(t, 15, entity("code").Length)
		env.Say(alice, "/orders")
		_, found := testenv.FindButton(env.Last(alice), "✅ VPN <30> days · 5.00 USD · 05:0")
		require.True(t, found, env.Transcript(alice))
	})
}
