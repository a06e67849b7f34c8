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

const (
	nobodyCanPay  = "Nobody can pay"
	cryptoPayBack = "Crypto Pay works again"
	coinGone      = "A coin is left out"
	ownerKnows    = "cannot take a payment for this now, and its owner knows"
)

// wait lets time pass and everything settle.
func (env *testEnv) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// crowd adds n buyers and has each of them order a guide at once.
func (env *testEnv) crowd(n int64) (buyers []int64) {
	env.T.Helper()
	for i := range n {
		env.Telegram().AddUser(telegram.User{ID: 7000 + i, FirstName: "Buyer", LanguageCode: "en"})
		require.NoError(env.T, env.Telegram().Say(botToken, 7000+i, "/buy guide"))
		buyers = append(buyers, 7000+i)
	}
	return buyers
}

// The app is blocked: each request is refused, or only the one for invoices. A thousand buyers come
// meanwhile.
func TestAThousandBuyersAtABlockedCryptoPayAreOneAlarm(t *testing.T) {
	t.Parallel() // it takes long
	for name, c := range map[string]struct {
		buyers  int64
		method  string // "" for all
		failure cryptopay.Failure
		over    string
	}{
		"token revoked":      {50, "", cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"}, cryptoPayBack},
		"app blocked":        {1000, "", cryptopay.Failure{Status: http.StatusForbidden, Name: "APP_BLOCKED"}, cryptoPayBack},
		"no invoices for it": {100, "createInvoice", cryptopay.Failure{Status: http.StatusForbidden, Name: "APP_BLOCKED"}, "makes invoices again"},
		"a word of the API that we do not know": {
			50, "createInvoice", cryptopay.Failure{Status: http.StatusBadRequest, Name: "NO_MORE_FOR_YOU"}, "makes invoices again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.CryptoPay().FailNext(c.method, 1_000_000, c.failure)
				buyers := env.crowd(c.buyers)
				env.wait(5 * time.Minute)
				for _, buyer := range buyers {
					require.Equal(t, 1, env.CountSent(buyer, ownerKnows), env.Transcript(buyer))
					require.Zero(t, env.CountSent(buyer, "does not answer"))
				}
				require.Equal(t, 1, env.CountSent(olga, nobodyCanPay), env.Transcript(olga))
				require.Equal(t, 1, env.CountSent(olga, c.failure.Name))
				ready := env.askOps(http.MethodGet, "/readyz")
				require.Contains(t, ready, "trouble: ")
				require.Contains(t, ready, c.failure.Name)
				require.Contains(t, env.askOps(http.MethodGet, "/metrics"), "} 1\nshopbot_alarm", "an alarm is on")

				env.Stop()
				env.Start()
				env.wait(5 * time.Minute)
				require.Equal(t, 1, env.CountSent(olga, nobodyCanPay), "a restart does not tell it again")
				require.Zero(t, env.CountSent(olga, c.over))

				env.CryptoPay().FailNext(c.method, 0, cryptopay.Failure{})
				env.Say(alice, "/buy guide")
				env.Pay(alice)
				env.wait(5 * time.Minute)
				require.Equal(t, 1, env.CountSent(olga, c.over), env.Transcript(olga))
				require.Equal(t, 1, env.CountSent(olga, nobodyCanPay))
				require.NotContains(t, env.askOps(http.MethodGet, "/readyz"), "trouble: ")
			})
		})
	}
}

func TestPagesInPlaceOfAnswersAreToldOnceAndAgainWhenTheyEnd(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("", 1_000_000, cryptopay.Failure{Status: http.StatusOK}) // a page with a 200
		env.Say(alice, "/buy guide")
		env.wait(2 * time.Minute)
		require.Zero(t, env.CountSent(olga, "does not answer"), "not at once")
		for range 20 {
			env.Say(boris, "/buy guide")
			env.wait(30 * time.Second)
		}
		require.Equal(t, 1, env.CountSent(olga, "Crypto Pay does not answer"), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(alice, "does not answer just now"), "which is true: it may be well in a minute")
		require.Contains(t, env.askOps(http.MethodGet, "/readyz"), "trouble: cryptopay: no_answer since ")

		env.CryptoPay().FailNext("", 0, cryptopay.Failure{})
		env.wait(5 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, cryptoPayBack), env.Transcript(olga))
		require.NotContains(t, env.askOps(http.MethodGet, "/readyz"), "trouble: ")
	})
}

func TestACryptoPayThatFailsForAMomentIsNoAlarm(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 5 {
			env.CryptoPay().FailNext("", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
			env.Say(alice, "/buy guide")
			env.wait(time.Minute)
			env.CryptoPay().FailNext("", 0, cryptopay.Failure{})
			env.wait(10 * time.Minute)
		}
		require.Zero(t, env.CountSent(olga, "Crypto Pay"), env.Transcript(olga))
	})
}

func TestACoinThatGetsAnotherNameIsLeftOutAndUsedAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		accepted := func() []string {
			all := env.CryptoPay().Invoices(appToken)
			var codes []string
			for _, c := range all[len(all)-1].Accepted {
				codes = append(codes, string(c))
			}
			return codes
		}
		env.Say(alice, "/buy guide")
		require.Equal(t, []string{"USDT", "TON"}, accepted())

		env.CryptoPay().SetGram(true)
		env.wait(2 * time.Hour)
		require.Equal(t, 1, env.CountSent(olga, coinGone), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "GRAM, BTC"), "what there is now")
		env.Say(alice, "/buy guide")
		require.Equal(t, []string{"USDT"}, accepted())
		env.Pay(alice)
		require.Equal(t, 1, env.CountSent(alice, "The whole <secret>"))
		env.Stop()
		env.Start()
		env.wait(3 * time.Hour)
		require.Equal(t, 1, env.CountSent(olga, coinGone), "once, also over a restart")
		require.Contains(t, env.askOps(http.MethodGet, "/readyz"), "trouble: assets: asset_gone since ")

		env.CryptoPay().SetGram(false)
		env.wait(10 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, "has all coins of the catalog again"), env.Transcript(olga))
		env.Say(alice, "/buy guide")
		require.Equal(t, []string{"USDT", "TON"}, accepted())

		env.CryptoPay().SetGram(true)
		env.wait(2 * time.Hour)
		require.Equal(t, 2, env.CountSent(olga, coinGone), "the next time is told again")
		env.WriteCatalog(strings.ReplaceAll(testenv.Catalog, "assets: [USDT, TON]", "assets: [USDT, GRAM]"))
		env.wait(5 * time.Minute)
		require.Equal(t, 2, env.CountSent(olga, "has all coins of the catalog again"), "the owner has mended it")
		env.Say(boris, "/buy guide")
		require.Equal(t, []string{"USDT", "GRAM"}, accepted())
	})
}

func TestAnInvoiceRefusedForACoinIsAskedForOnceMoreWithoutIt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetGram(true) // between two comparisons
		env.Say(alice, "/buy guide")
		require.Equal(t, 1, env.CountSent(alice, "Held for you"), env.Transcript(alice))
		env.Pay(alice)
		require.Equal(t, 1, env.CountSent(alice, "The whole <secret>"))
		require.Equal(t, 1, env.CountSent(olga, coinGone))
		require.Zero(t, env.CountSent(olga, nobodyCanPay))
	})
}

func TestAShopWhoseOnlyCoinIsGoneSaysSo(t *testing.T) {
	for name, c := range map[string]struct{ shop, remedy string }{
		"the only one that may be paid with": {"currency: USD, assets: [TON]", "Change shop.assets"},
		"the one that prices are in":         {"currency: TON", "Change shop.currency"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				env := newEnv(t)
				env.WriteCatalog(strings.ReplaceAll(testenv.Catalog, "currency: USD, assets: [USDT, TON]", c.shop))
				env.Start()
				env.Say(olga, "/start")
				env.CryptoPay().SetGram(true)
				for range 3 {
					env.Say(alice, "/buy guide")
					env.Say(boris, "/buy guide")
				}
				require.Equal(t, 3, env.CountSent(alice, ownerKnows), env.Transcript(alice))
				require.Zero(t, env.CountSent(alice, "does not answer"))
				require.Equal(t, 3, env.CountSent(boris, "владелец об этом знает"))
				require.Equal(t, 1, env.CountSent(olga, nobodyCanPay), env.Transcript(olga))
				require.Equal(t, 1, env.CountSent(olga, c.remedy))
				env.CryptoPay().SetGram(false)
				env.wait(5 * time.Minute)
				require.Equal(t, 1, env.CountSent(olga, "has all coins of the catalog again"))
				env.Say(alice, "/buy guide")
				require.NotEmpty(t, env.PayLink(alice), env.Transcript(alice))
				env.Stop()
			})
		})
	}
}

func TestAPriceThatIsRefusedIsToldOnceForItsProduct(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 3 {
			env.CryptoPay().FailNext("createInvoice", 1, cryptopay.Failure{Status: http.StatusBadRequest, Name: "AMOUNT_TOO_SMALL"})
			env.Say(alice, "/buy guide")
			require.NotEmpty(t, env.Last(alice).Text)
			env.Say(boris, "/buy vpn")
			env.Pay(boris)
		}
		require.Equal(t, 3, env.CountSent(alice, ownerKnows))
		require.Len(t, env.KeysOf(boris), 3, "other products are sold")
		env.wait(time.Hour)
		require.Equal(t, 1, env.CountSent(olga, "refuses the price"), env.Transcript(olga))
		require.Zero(t, env.CountSent(olga, nobodyCanPay))
	})
}

func TestAFrozenBotIsOneAlarmAndGoodsWait(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().SetFaults(cryptopay.Faults{})
		var bills []string
		for _, buyer := range []int64{alice, boris} {
			for range 3 {
				env.Say(buyer, "/buy vpn")
				bills = append(bills, env.PayLink(buyer))
			}
		}
		before := len(env.Telegram().Sent(botToken, olga))
		env.Telegram().SetFaults(telegram.Faults{Frozen: true})
		for i, bill := range bills {
			_, err := env.CryptoPay().Pay(bill, []int64{alice, boris}[i/3], "USDT")
			require.NoError(t, err)
		}
		env.wait(2 * time.Hour)
		require.Empty(t, env.KeysOf(alice))
		require.Contains(t, env.askOps(http.MethodGet, "/readyz"), "trouble: telegram: frozen since ")
		require.Contains(t, env.askOps(http.MethodGet, "/metrics"), `shopbot_alarm{alarm="telegram"} 1`)
		require.Equal(t, 1, strings.Count(env.Log.String(), "msg=alarm "), "one alarm in the log")

		env.Telegram().SetFaults(telegram.Faults{})
		env.wait(10 * time.Minute)
		require.Len(t, env.KeysOf(alice), 3, env.Transcript(alice))
		require.Len(t, env.KeysOf(boris), 3)
		require.Equal(t, 1, env.CountSent(olga, "Telegram lets this bot write again"), env.Transcript(olga))
		require.Zero(t, env.CountSent(olga, "waiting for you"), "no order is held")
		require.Zero(t, env.CountSent(olga, "have not arrived yet"), "nor reported as stuck")
		require.Len(t, env.Telegram().Sent(botToken, olga), before+1+6+1, "the end, six sales, and that few keys are left")
		require.NotContains(t, env.askOps(http.MethodGet, "/readyz"), "trouble: ")
	})
}
