package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// cheapKeys has all ten keys together cost the Stars that a buyer has.
func cheapKeys(e *testenv.Env) {
	e.WriteCatalog(strings.Replace(starsCatalog, `"5.00"`, `"1.00"`, 1))
	time.Sleep(time.Minute)
}

// The Stars are found by asking, since their message is late, after the coins came.
func TestASubscriptionPaidInBothWaysIsASurplusAndNoRenewal(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.WriteCatalog(strings.Replace(starsCatalog, `stars: "100", pay: [stars]`, `stars: "100"`, 1))
		time.Sleep(time.Minute)
		e.Say(sandbox.Alice, "/buy club")
		link := cryptoLink(t, e, sandbox.Alice)
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		_, err := e.CryptoPay().Pay(link, sandbox.Alice, "USDT")
		require.NoError(t, err)
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "Welcome to the club"), e.Transcript(sandbox.Alice))
		require.Equal(t, 1, e.CountSent(sandbox.Alice, "a second time"), e.Transcript(sandbox.Alice))
		e.Stop()
		require.True(t, onlyOrder(t, e).Payments[1].Surplus)
		e.Start()
	})
}

func TestAnApprovalIsToldHoweverTelegramStumbles(t *testing.T) {
	for name, f := range map[string]telegram.Failure{
		"flood": {Status: 429, RetryAfter: 1}, "broken": {Status: 502, HTML: true}, "cut": {DropBefore: true}, "answer cut": {DropAfter: true},
	} {
		t.Run(name, func(t *testing.T) {
			inStarsShop(t, func(t *testing.T, e *testenv.Env) {
				e.Say(sandbox.Alice, "/buy guide")
				e.Telegram().FailNext("answerPreCheckoutQuery", 1, f)
				_, err := e.Telegram().PayStarsLink(e.StarsLink(sandbox.Alice), sandbox.Alice)
				require.NoError(t, err)
				time.Sleep(9 * time.Second)
				require.Equal(t, 1, e.CountSent(sandbox.Alice, "The whole guide"), e.Transcript(sandbox.Alice))
			})
		})
	}
}

func TestStockComesBackFromAnApprovalThatIsNeverPaid(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		cheapKeys(e)
		e.Say(sandbox.Alice, "/buy vpn 10")
		e.Telegram().SetFaults(telegram.Faults{FailPayments: true})
		time.Sleep(29 * time.Minute)
		require.NotEqual(t, "paid", string(e.PayStars(sandbox.Alice).State))
		e.Telegram().SetFaults(telegram.Faults{})
		time.Sleep(4 * time.Minute)
		e.Say(sandbox.Boris, "/buy vpn 10")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Boris).State, e.Transcript(sandbox.Boris))
	})
}

// The invoice for coins is over, and Telegram is down when it is asked about the Stars.
func TestAnApprovedOrderIsKeptWhileTelegramCannotTell(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		cheapKeys(e)
		e.Say(sandbox.Alice, "/buy vpn 10")
		time.Sleep(29*time.Minute + 50*time.Second)
		e.Telegram().FailNext("getStarTransactions", 9, telegram.Failure{Status: 502})
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		time.Sleep(15 * time.Minute)
		require.NotZero(t, e.CountSent(sandbox.Alice, "KEY-"), e.Transcript(sandbox.Alice))
		require.Zero(t, e.CountSent(sandbox.Alice, "expired"), e.Transcript(sandbox.Alice))
	})
}

// The payment's message is lost, and the Stars went back before the shop learned of them.
func TestStarsThatWentBackBeforeTheyWereFoundBuyNothing(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		e.Say(sandbox.Alice, "/buy guide")
		paid := e.PayStars(sandbox.Alice)
		require.NoError(t, newTelegramClient(t, e).RefundStarPayment(t.Context(), sandbox.Alice, paid.Charge))
		time.Sleep(10 * time.Minute)
		require.Zero(t, e.CountSent(sandbox.Alice, "The whole guide"), e.Transcript(sandbox.Alice))
	})
}

// Another buyer gets the units of an order that was cancelled after its approval.
func TestStarsForWhatWasSoldMeanwhileAreHeldAndGoBack(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Telegram().SetFaults(telegram.Faults{LosePayments: true})
		cheapKeys(e)
		e.Say(sandbox.Alice, "/buy vpn 10")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Alice).State)
		e.Say(sandbox.Alice, "/cancel")
		e.Telegram().SetFaults(telegram.Faults{})
		e.Say(sandbox.Boris, "/buy vpn 10")
		require.EqualValues(t, "paid", e.PayStars(sandbox.Boris).State, e.Transcript(sandbox.Boris))
		time.Sleep(5 * time.Minute)
		require.Zero(t, e.CountSent(sandbox.Alice, "KEY-"))
		e.Stop()
		held := e.StoredOrders()[0]
		require.Equal(t, shop.StateHeld, held.State)
		require.Equal(t, shop.HoldSoldOut, held.Hold)
		e.Start()
		e.Press(sandbox.Alice, "m:")
		time.Sleep(time.Minute)
		require.EqualValues(t, 1000, e.Telegram().StarBalance(testenv.BotToken), e.Transcript(sandbox.Alice))
		require.EqualValues(t, 1000, e.Telegram().Stars(sandbox.Alice))
	})
}
