package e2e

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
)

func TestAnOwnerWhoPressesStartLateGetsTheMenuAndWhatWasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		for range 3 {
			env.Say(alice, "/buy guide")
			env.Pay(alice)
		}
		env.wait(time.Hour)
		env.Stop()
		env.Start()
		env.Say(alice, "/buy guide")
		env.Pay(alice)
		require.Empty(t, env.Telegram().Sent(botToken, olga), "a bot may not write first")
		for _, line := range []string{"owner cannot be written to", "tell owner failed", "notice dropped"} {
			want := map[bool]int{true: 2, false: 0}[line == "owner cannot be written to"]
			require.Equal(t, want, strings.Count(env.Log.String(), line), "%s: one line for each run, not for each sale", line)
		}
		calls := env.Telegram().Calls("setMyCommands")

		env.Say(olga, "/start")
		require.Equal(t, 1, env.CountSent(olga, "While you were away"), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "4 sales, 10.00 USD"))
		require.Equal(t, calls+1, env.Telegram().Calls("setMyCommands"), "the owner's menu")
		env.Say(olga, "/help")
		require.Equal(t, calls+1, env.Telegram().Calls("setMyCommands"), "once")
		env.Say(alice, "/buy guide")
		env.Pay(alice)
		require.Equal(t, 1, env.CountSent(olga, "💰 2.50 USD"), "from now on as usual")
		env.Stop()
		env.Start()
		env.Say(olga, "/start")
		require.Equal(t, 1, env.CountSent(olga, "While you were away"), "told once")
		env.Stop()
	})
}

func TestASecondOwnerWhoIsAwayMissesNothingThatTheFirstWasTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("ADMINS", fmt.Sprint(olga, ",", boris))
		env.Start()
		env.LoadKeys(3)
		env.sold()
		env.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Status: 400, Name: "SOMETHING_NEW"})
		env.Say(alice, "/buy vpn")
		require.Equal(t, 1, env.CountSent(olga, nobodyCanPay))
		env.refund(env.sold())
		env.wait(5 * time.Minute)
		env.Say(boris, "/start")
		require.Equal(t, 1, env.CountSent(boris, "2 продажи, 10,00\u00a0USD"), env.Transcript(boris))
		require.Equal(t, 1, env.CountSent(boris, "1 возврат"))
		require.Equal(t, 1, env.CountSent(boris, "2 предупреждения"), "the alarm and its end")
		require.Zero(t, env.CountSent(olga, "While you were away"))
		env.Stop()
	})
}

func TestAShopWithoutOwnersSaysSoOnceInItsLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("ADMINS", "")
		env.Start()
		for range 3 {
			env.Say(alice, "/buy guide")
			env.Pay(alice)
		}
		env.CryptoPay().FailNext("", 1_000_000, cryptopay.Failure{Status: 401, Name: "UNAUTHORIZED"})
		env.Say(alice, "/buy guide")
		env.wait(time.Hour)
		require.Equal(t, 1, strings.Count(env.Log.String(), "nobody to tell"))
		require.Equal(t, 1, strings.Count(env.Log.String(), "msg=alarm "), "the log has the alarm all the same")
		env.Stop()
	})
}
