package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/storage"
)

var (
	ownerLink  = regexp.MustCompile(`https://t\.me/\w+\?start=(own_(\w+))`)
	inviteLink = regexp.MustCompile(`https://t\.me/\w+\?start=(j_[\w-]+)`)
)

// invite has the owner make an invitation, and returns what its link says behind /start.
func (env *testEnv) invite(role string) string {
	env.T.Helper()
	env.Say(olga, "/staff")
	env.Press(olga, "staff:new")
	env.Press(olga, "staff:new:"+role)
	found := inviteLink.FindStringSubmatch(env.Last(olga).Text)
	require.Len(env.T, found, 2, env.Transcript(olga))
	return found[1]
}

func TestTheFirstOwnerComesByCodeAndInvitesAManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("ADMINS", "")
		env.Start()
		found := ownerLink.FindStringSubmatch(env.Out.String())
		require.Len(t, found, 3, env.Out.String())
		code := found[2]
		require.Contains(t, env.Out.String(), "\n  "+code+"\n", "to be sent as a message")
		require.NotContains(t, env.Log.String(), code)
		env.Stop()

		env.Start()
		codes := ownerLink.FindAllStringSubmatch(env.Out.String(), -1)
		require.Len(t, codes, 2)
		next := codes[1][2]
		require.NotEqual(t, code, next, "each start has its own")
		env.Say(alice, code)
		require.Contains(t, env.Last(alice).Text, "not the code", "that of the last start")
		env.Say(olga, "/start own_"+next)
		require.Equal(t, 1, env.CountSent(olga, "You are an owner"), env.Transcript(olga))
		env.Say(alice, next)
		require.Contains(t, env.Last(alice).Text, "found nothing")
		env.LoadKeys(3)

		invitation := env.invite("manager")
		env.Say(boris, "/start "+invitation)
		env.Press(boris, "join:")
		require.Equal(t, 1, env.CountSent(boris, "Теперь вы менеджер"), env.Transcript(boris))
		require.Equal(t, 1, env.CountSent(olga, "joined the staff: manager"), env.Transcript(olga))
		env.Stop()

		env.Start()
		require.Len(t, ownerLink.FindAllString(env.Out.String(), -1), 2, "the shop has an owner")
		order := env.sold()
		for _, who := range []int64{olga, boris} {
			said := map[int64]string{olga: "💰 5.00 USD", boris: "💰 5,00\u00a0USD"}[who]
			require.Equal(t, 1, env.CountSent(who, said), env.Transcript(who))
		}
		env.Say(boris, "/admin")
		require.Contains(t, env.Last(boris).Text, "1 продажа")
		env.Say(boris, "/balance")
		require.Contains(t, env.Last(boris).Text, "Я не знаю такой команды")
		env.Say(boris, "/refund "+order)
		env.Tap(boris, "Да, отправить")
		env.Settle()
		require.Equal(t, 1, env.CountSent(olga, "↩️ Refunded: "), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(boris, "↩️ Возвращено: "), "who asked for it is told as well: %s", env.Transcript(boris))

		// The owner removes the manager, who is refused from then on.
		env.Say(olga, "/staff")
		env.Press(olga, "staff:m:"+fmt.Sprint(boris))
		env.Press(olga, "staff:ask:"+fmt.Sprint(boris)+":manager:none")
		env.Press(olga, "staff:set:")
		require.Equal(t, 1, env.CountSent(boris, "больше не в команде"))
		env.Say(boris, "/admin")
		require.Contains(t, env.Last(boris).Text, "Я не знаю такой команды")
		env.sold()
		require.Equal(t, 1, env.CountSent(boris, "💰 5,00\u00a0USD"))
		require.Equal(t, 2, env.CountSent(olga, "💰 5.00 USD"))
		env.Say(boris, "/start "+invitation)
		require.Contains(t, env.Last(boris).Text, "больше не действует")
		env.Stop()

		env.WithDatabase(func(db *storage.DB) {
			trail, err := db.AuditTrail(t.Context(), 0, 1000)
			require.NoError(t, err)
			var acts []string
			for _, e := range trail {
				if strings.HasPrefix(string(e.Act), "staff_") {
					acts = append(acts, string(e.Act)+" "+e.Reason)
				}
			}
			require.Equal(t, []string{
				"staff_joined owner", "staff_invited manager", "staff_joined manager", "staff_removed " + fmt.Sprint(boris),
			}, acts)
		})
		require.NotContains(t, env.Log.String(), strings.TrimPrefix(invitation, "j_"))
	})
}

func TestAnInvitationEndsAfterADayAlsoThroughARestart(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		late, timely := env.invite("support"), env.invite("support")
		env.Stop()
		env.Start()
		env.wait(23 * time.Hour)
		env.Say(boris, "/start "+timely)
		env.Press(boris, "join:")
		require.Equal(t, 1, env.CountSent(boris, "поддержка этого магазина"), env.Transcript(boris))
		env.wait(time.Hour)
		env.Say(alice, "/start "+late)
		require.Contains(t, env.Last(alice).Text, "does not work any more")

		// Support is told of no sale, and its order screen has no refund.
		order := env.sold()
		require.Zero(t, env.CountSent(boris, "💰"))
		env.Say(boris, "/order "+order)
		m := env.Last(boris)
		require.Contains(t, m.Text, order)
		require.Empty(t, dataOf(m, "rask:"), "a refund is a manager's")
		env.Say(boris, "/admin")
		require.Contains(t, env.Last(boris).Text, "поддержка")
		require.NotContains(t, env.Last(boris).Text, "USD", "nor does it see what was sold")
	})
}

func dataOf(m telegram.Message, prefix string) string {
	for _, row := range m.Buttons {
		for _, b := range row {
			if strings.HasPrefix(b.Data, prefix) {
				return b.Data
			}
		}
	}
	return ""
}

// A manager who writes faster than a buyer may is answered: intake knows the staff.
func TestStaffMayWriteQuickly(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(boris, "/start "+env.invite("manager"))
		env.Press(boris, "join:")
		for _, who := range []int64{boris, alice} {
			before := len(env.Chat(who))
			for range 40 {
				require.NoError(t, env.Telegram().Say(botToken, who, "/help"))
			}
			env.wait(2 * time.Minute)
			answered := len(env.Chat(who)) - before - 40
			require.Equal(t, who == boris, answered >= 40, "%d answers to %d", answered, who)
		}
	})
}

func TestTheOwnersOfADatabaseAreKnownToCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("ADMINS", "")
		env.Start()
		require.Equal(t, "null\n", env.askOps(http.MethodGet, "/ops/owners"))
		env.Say(olga, ownerLink.FindStringSubmatch(env.Out.String())[2])
		require.Equal(t, "["+fmt.Sprint(olga)+"]\n", env.askOps(http.MethodGet, "/ops/owners"))
		env.Stop()
	})
}

func TestTheHomeOfStaffShowsTheDay(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/start")
		require.Contains(t, env.Last(olga).Text, "no sales yet")
		env.sold()
		env.Say(olga, "/admin")
		home := env.Last(olga).Text
		require.Contains(t, home, "1 sale")
		require.Contains(t, home, "net ≈")
		env.Press(olga, "home")
		require.Contains(t, env.Last(olga).Text, "Choose, pay in crypto")
		env.Press(olga, "admin")
		require.Contains(t, env.Last(olga).Text, "1 sale")
		env.Press(olga, "pause:on")
		require.Contains(t, env.Last(olga).Text, "Sales are paused")
		env.Say(alice, "/buy vpn")
		require.Contains(t, env.Last(alice).Text, "short break")
		env.Press(olga, "pause:off")
		require.NotContains(t, env.Last(olga).Text, "Sales are paused")
		for _, action := range []string{"stats", "held", "stock", "balance", "staff"} {
			env.Say(olga, "/admin")
			env.Press(olga, action)
			env.Press(olga, "admin")
			require.Contains(t, env.Last(olga).Text, "your role: owner", action)
		}
	})
}
