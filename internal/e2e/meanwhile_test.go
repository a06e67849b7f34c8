package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

// Two people who open the same link at once: one of them joins.
func TestALinkThatTwoPeopleOpenAtOnceIsForOne(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		invitation := env.invite("manager")
		for _, who := range []int64{alice, boris} {
			env.Say(who, "/start "+invitation)
		}
		for _, who := range []int64{alice, boris} {
			m := env.Last(who)
			require.NoError(t, env.Telegram().TapData(botToken, who, m.ID, dataOf(m, "join:")))
		}
		env.Settle()
		require.Equal(t, 1, env.CountSent(alice, "You are a manager")+env.CountSent(boris, "Теперь вы менеджер"), env.Transcript(alice)+env.Transcript(boris))
		require.Equal(t, 1, env.CountSent(olga, "joined the staff"))
		require.NotContains(t, env.Log.String(), "level=ERROR")
		env.sound()
	})
}

// The first owner's code is for one person, also if two send it at once.
func TestTheFirstOwnersCodeIsForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Setenv("ADMINS", "")
		env.Start()
		code := ownerLink.FindStringSubmatch(env.Out.String())[1]
		for _, who := range []int64{olga, alice, boris} {
			require.NoError(t, env.Telegram().Say(botToken, who, "/start "+code))
		}
		env.Settle()
		owners := env.askOps(http.MethodGet, "/ops/owners")
		require.Equal(t, 0, strings.Count(owners, ","), owners)
		require.NotEqual(t, "null\n", owners)
		env.Stop()
	})
}

// Two owners each take the role of the other, or their own, in the same moment: one owner stays.
func TestAShopAlwaysHasAnOwner(t *testing.T) {
	for name, whom := range map[string][2]int64{"each other": {boris, olga}, "themselves": {olga, boris}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				env := newEnv(t)
				env.Setenv("ADMINS", "")
				env.Start()
				env.Say(olga, "/start "+ownerLink.FindStringSubmatch(env.Out.String())[1])
				env.Say(olga, "/staff")
				env.Press(olga, "staff:m:"+fmt.Sprint(olga))
				require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, fmt.Sprintf("staff:set:%d:owner:none", olga)))
				env.Settle()
				require.Equal(t, fmt.Sprintf("[%d]\n", olga), env.askOps(http.MethodGet, "/ops/owners"), "the last owner stays")
				env.Say(boris, "/start "+env.invite("owner"))
				env.Press(boris, "join:")
				for i, who := range []int64{olga, boris} {
					require.NoError(t, env.Telegram().TapData(botToken, who, env.Last(who).ID, fmt.Sprintf("staff:set:%d:owner:none", whom[i])))
				}
				env.Settle()
				owners := env.askOps(http.MethodGet, "/ops/owners")
				require.Equal(t, 0, strings.Count(owners, ","), owners)
				require.NotEqual(t, "null\n", owners)
				require.NotContains(t, env.Log.String(), "level=ERROR")
				env.sound()
				env.Stop()
			})
		})
	}
}

// A manager who is removed while questions of theirs are open: nothing of them works, and nothing of
// it moves money.
func TestOpenQuestionsOfARemovedManagerDoNothing(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		sent := env.collectButtons()
		env.Start()
		env.Say(boris, "/start "+env.invite("manager"))
		env.Press(boris, "join:")
		env.busyShop()
		env.wait(2 * time.Hour)
		for _, command := range commandsOfStaff(env.CryptoPay().Invoices(appToken)[0].Payload) {
			env.Say(boris, command)
		}
		env.Say(olga, "/staff")
		env.Press(olga, "staff:m:"+fmt.Sprint(boris))
		env.Press(olga, "staff:ask:"+fmt.Sprint(boris)+":manager:none")
		env.Press(olga, "staff:set:")
		before, heard := env.snapshot(), len(env.Telegram().Sent(botToken, boris))
		for _, data := range sent.to(boris) {
			require.NoError(t, env.Telegram().TapData(botToken, boris, env.Last(boris).ID, data))
			env.Settle()
			env.Say(boris, "5")
		}
		for _, m := range env.Telegram().Sent(botToken, boris)[heard:] {
			require.NotContains(t, m.Text, "Alice")
			require.NotContains(t, m.Text, "KEY-")
		}
		require.Equal(t, before, env.snapshot())
		require.NotContains(t, env.Log.String(), "level=ERROR")
	})
}

// After an older backup is restored, the file names a revision that this database never had. A later
// change in the chat gets that number, and the file does not undo it.
func TestAFileOfALostRevisionDoesNotUndoALaterOne(t *testing.T) {
	for _, restart := range []bool{false, true} {
		run(t, func(t *testing.T, env *testEnv) {
			env.Say(olga, "/start")
			status, backup := env.AskOps(http.MethodGet, "/ops/backup")
			require.Equal(t, http.StatusOK, status)
			at := filepath.Join(env.Dir, "backup.db")
			require.NoError(t, os.WriteFile(at, []byte(backup), 0o600))
			env.applyCatalog("2.50", "2.75")
			env.WriteCatalog("revision: 2\n" + guideFor("2.80"))
			env.guideCosts("2.80")
			env.Stop()
			env.restore(at, "")
			env.Start()
			env.guideCosts("2.50")
			env.wait(2 * time.Minute)
			require.Equal(t, 1, env.CountSent(olga, "The catalog file was not taken in"), env.Transcript(olga))
			env.applyCatalog("2.50", "2.60")
			env.guideCosts("2.60")
			if restart {
				env.Stop()
				env.Start()
			}
			env.wait(10 * time.Minute)
			env.guideCosts("2.60")
			env.WriteCatalog("revision: 2\n# mine\n" + guideFor("2.90"))
			env.guideCosts("2.90")
			env.sound()
		})
	}
}

// While an owner writes a price, a file changes the product, hides it, or takes it away.
func TestAFileThatChangesWhatIsBeingEdited(t *testing.T) {
	for name, file := range map[string][2]string{
		"another price": {guideFor("3.30"), "Not saved"},
		"hidden":        {strings.Replace(testenv.Catalog, "sku: guide,", "sku: guide, hidden: true,", 1), "2.50 → 4.40"},
		"gone":          {strings.Replace(testenv.Catalog, "  - {sku: guide", "#", 1), "not in the catalog any more"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(olga, "/products")
				env.Press(olga, "edit:c:games")
				env.Tap(olga, "Guide")
				env.Press(olga, "edit:f:p:guide:price")
				env.WriteCatalog(file[0])
				require.EqualValues(t, 2, env.catalogRevision().Number)
				env.tell("4.40")
				require.Contains(t, env.seen().Text, file[1])
				undo := dataOf(env.seen(), "edit:u")
				env.applyCatalog("5.00", "5.50")
				if undo != "" {
					require.NoError(t, env.Telegram().TapData(botToken, olga, env.seen().ID, undo))
					env.Settle()
					require.Contains(t, env.seen().Text, "Not taken back")
				}
				env.Say(alice, "/start p_vpn")
				require.Contains(t, env.Last(alice).Text, "5.50")
				require.NotContains(t, env.Log.String(), "level=ERROR")
				env.sound()
			})
		})
	}
}

// A product that is hidden, or a coupon that is stopped, between the card and Buy.
func TestWhatEndsBetweenTheCardAndBuyIsTold(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("spring", "20%", "No limit")
		env.Tap(olga, "Make it")
		env.Say(alice, "/coupon SPRING")
		env.Say(alice, "/start p_guide")
		require.Contains(t, env.Last(alice).Text, "2.00 USD")
		env.Say(olga, "/coupons")
		env.Press(olga, "coupons:one:SPRING")
		env.Press(olga, "coupons:stop:SPRING")
		env.Tap(alice, "Buy · ")
		require.Contains(t, env.Last(alice).Text, "cannot be used any more")
		require.Empty(t, env.CryptoPay().Invoices(appToken), "not at another price than the card's")
		env.Say(alice, "/start p_guide")
		env.WriteCatalog(strings.Replace(testenv.Catalog, "sku: guide,", "sku: guide, hidden: true,", 1))
		env.Tap(alice, "Buy · ")
		require.Empty(t, env.CryptoPay().Invoices(appToken))
		alerts := env.Telegram().Alerts(botToken, alice)
		require.NotEmpty(t, alerts[len(alerts)-1].Text)
	})
}

// A reward follows its order whatever becomes of it: paid by hand, returned by hand, sent back.
func TestARewardOfAnOrderThatWasPaidByHandEndsWhenItIsReturned(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.switchInvitationsOn()
		env.Say(boris, "/start "+env.inviteOf(alice))
		env.Say(boris, "/buy vpn")
		order := env.lastOrder()
		env.paidByHand(order, "cash")
		require.Equal(t, 1, env.CountSent(alice, "Here is your coupon"), env.Transcript(alice))
		env.Say(olga, "/refund "+order)
		env.Say(olga, "cash")
		env.Tap(olga, "was returned")
		env.Tap(alice, "Use it with my next order")
		require.Contains(t, env.Last(alice).Text, "cannot be used any more")
		env.payAgain(boris, order, "5", "USDT")
		env.Tap(alice, "Use it with my next order")
		require.Contains(t, env.Last(alice).Text, "cannot be used any more", "a surplus buys nothing")
		env.Tap(boris, "Вернуть")
		env.agreed()
	})
}
