package crash

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
)

// The process dies before and after each write of a replacement. Whenever it dies, one unit is
// burned and one new unit reaches the buyer, however often.
func TestAReplacementSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		t.Helper()
		env := testenv.New(t, nil)
		env.Start()
		env.LoadKeys(3)
		env.Say(alice, "/buy vpn")
		order := env.Pay(alice).Payload
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key")
		restartIfDead := startDying(env, process)
		env.Tap(olga, "it does not work")
		restartIfDead()
		time.Sleep(time.Hour)
		restartIfDead()
		keys := env.KeysOf(alice)
		require.Equal(t, "KEY-01", keys[0])
		require.Equal(t, []string{"KEY-02"}, slices.Compact(keys[1:]), env.Transcript(alice))
		env.Stop()
		o := env.StoredOrders()[0]
		require.Equal(t, shop.StateDelivered, o.State)
		require.Equal(t, []string{"KEY-02"}, o.Lines[0].Goods)
		require.Len(t, o.Lines[0].Replaced, 1)
		require.Empty(t, o.Jobs(), "nothing is left to do")
	})
}

// The same with a payment by hand: the order is paid once, delivered, and its invoice is closed.
func TestAPaymentByHandSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		t.Helper()
		env := testenv.New(t, nil)
		env.Start()
		env.LoadKeys(3)
		env.Say(alice, "/buy vpn")
		order := env.CryptoPay().Invoices(appToken)[0].Payload
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Paid in another way")
		env.Say(olga, "cash")
		restartIfDead := startDying(env, process)
		env.Tap(olga, "Yes, 5.00 USD was paid")
		restartIfDead()
		time.Sleep(time.Hour)
		restartIfDead()
		require.Equal(t, []string{"KEY-01"}, slices.Compact(env.KeysOf(alice)), env.Transcript(alice))
		require.Empty(t, env.CryptoPay().Invoices(appToken), "the invoice is deleted")
		env.Stop()
		o := env.StoredOrders()[0]
		require.Equal(t, shop.StateDelivered, o.State)
		require.Len(t, o.Payments, 1)
		require.True(t, o.InvoiceClosed)
		require.Empty(t, o.Jobs(), "nothing is left to do")
	})
}
