package e2e

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

const yesterday = "Yesterday, "

// startAt starts the shop of a zone at a time of its first day. Bubbles begin at midnight in UTC,
// which is five in the morning in Tashkent.
func startAt(t *testing.T, env *testEnv, zone string) {
	t.Helper()
	text := strings.NewReplacer("currency: USD,", "currency: USD, timezone: "+zone+",",
		"deliver: keys,", "deliver: keys, stock: {warn_below: 8},").Replace(testenv.Catalog)
	require.NoError(t, env.Telegram().Say(botToken, olga, "/start"))
	env.Start()
	env.WriteCatalog(text)
	env.LoadKeys(10)
}

// sleepUntil sleeps until a time in UTC of the first days of 2000.
func sleepUntil(day, hour, minute int) {
	time.Sleep(time.Until(time.Date(2000, 1, day, hour, minute, 0, 0, time.UTC)))
}

func inNewShop(t *testing.T, test func(t *testing.T, env *testEnv)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		startAt(t, env, "Asia/Tashkent")
		test(t, env)
		env.Stop()
	})
}

func TestEachMorningTheOwnerIsToldOfTheDayBefore(t *testing.T) {
	inNewShop(t, func(t *testing.T, env *testEnv) {
		sleepUntil(1, 5, 0)
		require.Equal(t, 1, env.CountSent(olga, yesterday), "at nine in Tashkent: the shop was there before")
		require.Contains(t, env.Last(olga).Text, "No orders.")
		sleepUntil(1, 18, 30) // of the first day in Tashkent
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		sleepUntil(1, 20, 0) // of the second day
		env.Say(boris, "/buy vpn 2")
		env.Pay(boris)
		sleepUntil(2, 3, 59)
		require.Equal(t, 1, env.CountSent(olga, yesterday))
		sleepUntil(2, 4, 5)
		require.Equal(t, 2, env.CountSent(olga, yesterday), env.Transcript(olga))
		told := env.Last(olga).Text
		require.Contains(t, told, "Yesterday, 1 Jan")
		require.Contains(t, told, "Revenue: 5.00 USD", "of Alice alone: Boris bought after midnight")
		require.Contains(t, told, "At Crypto Pay now: ")
		require.Contains(t, told, "low or sold out")
		require.Contains(t, told, "Crypto Pay announces payments")
		env.Press(olga, "n:stock")
		require.Contains(t, env.Last(olga).Text, "7 free")
		sleepUntil(3, 4, 5)
		require.Equal(t, 3, env.CountSent(olga, yesterday))
		require.Contains(t, env.Last(olga).Text, "Revenue: 10.00 USD")
		require.Contains(t, env.Last(olga).Text, "▲ 100%")
		sleepUntil(6, 12, 0)
		require.Equal(t, 6, env.CountSent(olga, yesterday), "one a day")
		require.Zero(t, env.CountSent(alice, yesterday))
	})
}

func TestAShopThatWasDownTellsWhenItComesUpAndOnlyOnce(t *testing.T) {
	inNewShop(t, func(t *testing.T, env *testEnv) {
		sleepUntil(1, 12, 0)
		require.Equal(t, 1, env.CountSent(olga, yesterday))
		require.NoError(t, env.Abort())
		sleepUntil(2, 10, 0) // 15:00 there
		env.Start()
		require.Equal(t, 2, env.CountSent(olga, yesterday))
		for range 3 {
			require.NoError(t, env.Abort())
			env.Start()
		}
		sleepUntil(2, 18, 0)
		require.Equal(t, 2, env.CountSent(olga, yesterday))
		require.NoError(t, env.Abort())
		sleepUntil(3, 20, 0) // 01:00 of the fourth day there: the third has passed
		env.Start()
		require.Equal(t, 2, env.CountSent(olga, yesterday))
		sleepUntil(4, 4, 5)
		require.Equal(t, 3, env.CountSent(olga, yesterday))
	})
}

func TestAMorningWithoutTelegramOrCryptoPay(t *testing.T) {
	inNewShop(t, func(t *testing.T, env *testEnv) {
		sleepUntil(2, 3, 30)
		env.Telegram().FailNext("", 1_000_000, telegram.Failure{Status: http.StatusBadGateway})
		env.CryptoPay().FailNext("getBalance", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
		sleepUntil(2, 6, 0)
		require.Equal(t, 1, env.CountSent(olga, yesterday))
		env.Telegram().FailNext("", 0, telegram.Failure{})
		sleepUntil(2, 8, 0)
		require.Equal(t, 2, env.CountSent(olga, yesterday))
		require.Equal(t, 1, env.CountSent(olga, "did not answer just now"))
	})
}

func TestAnOwnerSwitchesTheMorningsOffAndOnAgain(t *testing.T) {
	inNewShop(t, func(t *testing.T, env *testEnv) {
		sleepUntil(1, 5, 0)
		env.Press(olga, "morning")
		env.Tap(olga, "Not at all")
		sleepUntil(4, 0, 0)
		require.Equal(t, 1, env.CountSent(olga, yesterday))
		env.Say(olga, "/morning")
		env.Tap(olga, "12:00")
		sleepUntil(4, 6, 55)
		require.Equal(t, 1, env.CountSent(olga, yesterday))
		sleepUntil(4, 7, 5)
		require.Equal(t, 2, env.CountSent(olga, yesterday))
	})
}
