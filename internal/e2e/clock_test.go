package e2e

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

const carol int64 = 100200777

// withClock runs a test in a bubble whose clock shows so much after its beginning, on the database
// of dir. Bubbles begin at the same time, so a second one may be at an earlier time than the first.
func withClock(t *testing.T, dir string, ahead time.Duration, test func(t *testing.T, env *testEnv)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(ahead)
		env := newEnv(t)
		env.Dir = dir
		env.Setenv("DATABASE", env.DatabasePath())
		env.Telegram().AddUser(telegram.User{ID: carol, FirstName: "Carol", LanguageCode: "en"})
		for _, who := range []int64{alice, boris, carol} {
			require.NoError(t, env.Telegram().Say(botToken, who, "/start"))
		}
		test(t, env)
		env.Stop()
	})
}

// openBusiness leaves Alice's goods and Carol's refund on their way, and Boris and Carol with an
// order each to pay, with the invoices 3 and 4. It returns these two orders.
func openBusiness(t *testing.T, env *testEnv) (boris3, carol4 string) {
	t.Helper()
	env.Start()
	env.LoadKeys(10)
	env.Say(carol, "/buy vpn")
	refunded := env.Pay(carol).Payload
	env.Say(boris, "/buy vpn 2")
	env.Say(carol, "/buy vpn 3")
	env.CryptoPay().FailNext("transfer", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
	env.refund(refunded)
	time.Sleep(10 * time.Minute) // the waits between attempts have grown
	env.Say(alice, "/buy vpn")
	env.Telegram().FailNext("", 1_000_000, telegram.Failure{Status: http.StatusBadGateway})
	env.Pay(alice)
	time.Sleep(10 * time.Minute)
	all := env.CryptoPay().Invoices(appToken)
	require.Len(t, all, 4)
	require.Empty(t, env.KeysOf(alice))
	return all[1].Payload, all[2].Payload
}

// The clock is five hours ahead and is set right: nothing waits for five hours.
func TestNothingWaitsForAClockThatWasAhead(t *testing.T) {
	dir := t.TempDir()
	var toBoris string
	withClock(t, dir, 5*time.Hour, func(t *testing.T, env *testEnv) { toBoris, _ = openBusiness(t, env) })
	withClock(t, dir, 0, func(t *testing.T, env *testEnv) {
		env.createInvoice("1P8M2QX7KD93HWA", "1") // the number of Carol's first order
		open := env.createInvoice(toBoris, "10.00", `,"expires_in":1800`)
		env.CryptoPay().SetBalance(appToken, env.coins())
		env.Start()
		time.Sleep(2 * time.Minute)
		env.Settle()
		require.Len(t, env.KeysOf(alice), 1, "the goods that were paid")
		require.Len(t, env.transfers(), 1, "the refund")
		require.Contains(t, env.stockLine(), "6 free · 2 reserved", "Carol's order is over: Crypto Pay does not know its invoice")
		time.Sleep(20 * time.Minute)
		require.Contains(t, env.stockLine(), "2 reserved", "Boris can still pay, and so the keys are his")
		_, err := env.CryptoPay().Pay(open.MiniAppURL, boris, "USDT")
		require.NoError(t, err)
		env.Settle()
		env.Tap(boris, "Показать товар ещё раз") // a new sandbox counts messages anew: the order's old one is now the goods'
		require.Len(t, env.KeysOf(boris), 2)
		env.Say(carol, "/buy vpn")
		require.Contains(t, env.Last(carol).Text, "Held for you for 30 minutes")
	})
}

// What was written down while the clock was ahead ends when Crypto Pay says so.
func TestAnInvoiceThatCryptoPayClosedEndsItsOrderByAnyClock(t *testing.T) {
	dir := t.TempDir()
	var toBoris string
	withClock(t, dir, 5*time.Hour, func(t *testing.T, env *testEnv) { toBoris, _ = openBusiness(t, env) })
	withClock(t, dir, 0, func(t *testing.T, env *testEnv) {
		env.createInvoice("1P8M2QX7KD93HWA", "1")
		env.createInvoice(toBoris, "10.00", `,"expires_in":600`)
		env.Start()
		time.Sleep(9 * time.Minute)
		require.Contains(t, env.stockLine(), "2 reserved")
		time.Sleep(2 * time.Minute)
		require.Contains(t, env.stockLine(), "0 reserved")
	})
}

// The clock jumps five hours ahead: an order that can still be paid is not ended, also while Crypto
// Pay does not answer, and one that cannot be paid does not last longer than its invoice.
func TestAClockThatJumpsAheadEndsNoOrderThatCanBePaid(t *testing.T) {
	dir := t.TempDir()
	var toBoris, toCarol string
	withClock(t, dir, 0, func(t *testing.T, env *testEnv) { toBoris, toCarol = openBusiness(t, env) })
	withClock(t, dir, 5*time.Hour, func(t *testing.T, env *testEnv) {
		env.createInvoice("1P8M2QX7KD93HWA", "1")
		open := env.createInvoice(toBoris, "10.00", `,"expires_in":1500`)
		env.createInvoice(toCarol, "15.00", `,"expires_in":1500`)
		env.CryptoPay().FailNext("", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
		env.Start()
		time.Sleep(15 * time.Second)
		env.CryptoPay().FailNext("", 0, cryptopay.Failure{})
		time.Sleep(20 * time.Minute)
		require.Contains(t, env.stockLine(), "5 reserved")
		_, err := env.CryptoPay().Pay(open.MiniAppURL, boris, "USDT")
		require.NoError(t, err)
		env.Settle()
		require.Len(t, env.KeysOf(boris), 2)
		time.Sleep(6 * time.Minute)
		require.Contains(t, env.stockLine(), "0 reserved")
	})
	withClock(t, dir, 5*time.Hour, func(t *testing.T, env *testEnv) {
		env.Start()
		require.NoError(t, env.Abort())
		for _, o := range env.StoredOrders() {
			if string(o.ID) == toCarol {
				require.Equal(t, shop.StateCancelled, o.State)
			}
		}
		env.Start()
	})
}

func TestWhatAFormWaitsForEndsWithTheClockThatWasAhead(t *testing.T) {
	dir := t.TempDir()
	withClock(t, dir, 5*time.Hour, func(_ *testing.T, env *testEnv) {
		env.Start()
		env.Say(olga, "/addstock vpn")
	})
	withClock(t, dir, 0, func(t *testing.T, env *testEnv) {
		env.Start()
		env.Say(olga, "KEY-99")
		require.Contains(t, env.stockLine(), "0 free", "a line in the chat is not a key hours later")
	})
}

func TestWebhooksThatStayAwayAreNoticedAfterTheClockWasAhead(t *testing.T) {
	dir := t.TempDir()
	withClock(t, dir, 5*time.Hour, func(_ *testing.T, env *testEnv) {
		env.Start()
		env.LoadKeys(10)
		env.sold()
	})
	withClock(t, dir, 0, func(t *testing.T, env *testEnv) {
		env.createInvoice("1P8M2QX7KD93HWA", "1") // the number that the sold order's invoice has
		env.CryptoPay().SetWebhook(appToken, "")
		env.Start()
		env.Say(olga, "/start")
		env.sellGuide()
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, missedWebhooks), env.Transcript(olga))
	})
}
