package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
)

// cheapCatalog sells something that costs less than Crypto Pay transfers.
const cheapCatalog = `
shop: {name: Test Shop, currency: USD, assets: [USDT, TON], languages: [en, ru]}
categories: [{id: games, title: Games}]
products:
  - {sku: hint, category: games, title: Hint, price: "0.50", limit: 10, deliver: text, text: "Look left"}
`

// soldCheaply has Alice buy a hint for 0.50 USD, and returns the order's number.
func (env *testEnv) soldCheaply() string {
	env.T.Helper()
	env.Say(alice, "/buy hint")
	return env.Pay(alice).Payload
}

func (env *testEnv) checks() []cryptopay.Check { return env.CryptoPay().Checks(appToken) }

// confirm presses the button of the owner's last question three times.
func (env *testEnv) confirm() {
	env.T.Helper()
	for _, ask := range slices.Backward(env.Chat(olga)) {
		if yes, found := testenv.FindButton(ask, "Yes, send"); found {
			for range 3 {
				require.NoError(env.T, env.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
			}
			env.Settle()
			return
		}
	}
	require.Fail(env.T, "nothing to confirm", env.Transcript(olga))
}

func TestWhatIsTooLittleForATransferGoesBackAsACheck(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.WriteCatalog(cheapCatalog)
		before := env.coins()
		order := env.soldCheaply()
		env.Say(olga, "/refund "+order)
		require.Contains(t, env.Last(olga).Text, "a link that only the buyer can open")
		require.Contains(t, env.Last(olga).Text, "A transfer carries at least about 0.99980004 USDT")
		require.Empty(t, env.checks(), "nothing moves before the confirmation")
		env.confirm()

		require.Empty(t, env.transfers())
		require.Len(t, env.checks(), 1, "a triple tap sets coins aside once")
		check := env.checks()[0]
		require.Equal(t, alice, check.PinnedTo)
		require.Equal(t, 1, env.CountSent(alice, "waits for you in a check that only you can open"), env.Transcript(alice))
		take, found := testenv.FindButton(env.Last(alice), "Take 0.4999")
		require.True(t, found, env.Transcript(alice))
		require.Equal(t, check.BotURL, take.URL)
		require.Equal(t, 1, env.CountSent(olga, "Refunded by check"))
		env.Say(alice, "/start o_"+order)
		require.Contains(t, env.Last(alice).Text, "as a check: 0.4999")
		_, found = testenv.FindButton(env.Last(alice), "Take 0.4999")
		require.True(t, found)
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, "not opened yet")

		_, err := env.CryptoPay().ActivateCheck(check.Hash, alice, "")
		require.NoError(t, err)
		require.Equal(t, before.String(), env.coins().String(), "all of it is back")
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, ", opened ")
		env.Say(alice, "/start o_"+order)
		_, found = testenv.FindButton(env.Last(alice), "Take 0.4999")
		require.False(t, found, "nothing is left to take")
		env.untilMorning()
		require.Zero(t, env.CountSent(olga, nightlyReport), env.Transcript(olga))
	})
}

// Checks have no id of ours. Whatever becomes of the answers, the buyer gets one for each refund.
func TestACheckWhoseAnswerIsLostIsGivenOnce(t *testing.T) {
	for name, c := range map[string]struct {
		create cryptopay.Failure
		n      int
		lists  cryptopay.Failure
	}{
		"it was made":                     {create: cryptopay.Failure{DropAfter: true}, n: 1},
		"it was not made":                 {create: cryptopay.Failure{DropBefore: true}, n: 3},
		"an outage":                       {create: cryptopay.Failure{Status: http.StatusBadGateway}, n: 3},
		"made late, after the time-out":   {create: cryptopay.Failure{DropAfter: true, Hang: 25 * time.Second}, n: 1},
		"made, and lists fail for a time": {cryptopay.Failure{DropAfter: true}, 1, cryptopay.Failure{Status: http.StatusBadGateway}},
		"made, and lists are refused": {
			cryptopay.Failure{DropAfter: true}, 1, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.WriteCatalog(cheapCatalog)
				orders := []string{env.soldCheaply(), env.soldCheaply()}
				env.CryptoPay().FailNext("createCheck", c.n, c.create)
				if c.lists != (cryptopay.Failure{}) {
					env.CryptoPay().FailNext("getChecks", 20, c.lists)
				}
				for _, order := range orders { // the same amount for the same buyer
					env.Say(olga, "/refund "+order)
					env.confirm()
				}
				env.Stop() // at some moment of this
				env.Start()
				time.Sleep(2 * time.Hour)
				env.Settle()
				require.Len(t, env.checks(), 2)
				require.Equal(t, 2, env.CountSent(olga, "Refunded by check"))
				require.Equal(t, 2, env.CountSent(alice, "waits for you in a check"))
				require.Zero(t, env.CountSent(olga, "refund was refused"))
				env.untilMorning()
				require.Zero(t, env.CountSent(olga, nightlyReport), env.Transcript(olga))
			})
		})
	}
}

func TestARefusedTransferCanBeMadeUpForByACheck(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.CryptoPay().SetStarted(alice, false)
		env.Say(olga, "/refund "+order)
		env.confirm()
		require.Equal(t, 1, env.CountSent(olga, "USER_NOT_FOUND"), env.Transcript(olga))
		env.Tap(olga, "Send it as a check")
		env.confirm()
		require.Len(t, env.checks(), 1)
		require.Equal(t, alice, env.checks()[0].PinnedTo)
		env.Say(olga, "/refund "+order)
		require.Contains(t, env.Last(olga).Text, "everything has gone back")
	})
}

// Each owner has the button, and it stays in the chat: what went back in the meantime is not sent once
// more.
func TestACheckInPlaceOfATransferIsGivenOnce(t *testing.T) {
	for name, elsewhere := range map[string]bool{"by the button": false, "by a command": true} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				order := env.sold()
				env.CryptoPay().SetStarted(alice, false)
				env.Say(olga, "/refund "+order+" 2")
				env.confirm()
				refused := env.Last(olga)
				as, found := testenv.FindButton(refused, "Send it as a check")
				require.True(t, found, env.Transcript(olga))
				press := func() {
					require.NoError(t, env.Telegram().TapData(botToken, olga, refused.ID, as.Data))
					env.Settle()
				}
				if elsewhere {
					env.Say(olga, "/refund "+order+" 2 check")
				} else {
					press()
				}
				env.confirm()
				require.Len(t, env.checks(), 1)
				before := env.CountSent(olga, "by check</b>?")
				press()
				require.Contains(t, env.Transcript(olga), "another refund of order "+order+" was started after", env.Transcript(olga))
				require.Equal(t, before, env.CountSent(olga, "by check</b>?"))
				require.Len(t, env.checks(), 1)
			})
		})
	}
}

func TestAnOwnerMayAskForACheck(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.CryptoPay().SetChecksEnabled(appToken, false)
		env.Say(olga, "/refund "+order+" 2 check")
		env.confirm()
		require.Equal(t, 1, env.CountSent(olga, "Security → Checks"), env.Transcript(olga))
		env.CryptoPay().SetChecksEnabled(appToken, true)
		env.Say(olga, "/refund "+order+" check")
		env.confirm()
		require.Len(t, env.checks(), 1)
		require.Equal(t, "4.99900020 USDT", env.checks()[0].Amount.Fixed(8)+" USDT")
		require.Equal(t, 1, env.CountSent(alice, "Your coins wait in a check that only you can open"))
	})
}

// The books know of checks: one that was deleted, and one that nobody asked for.
func TestTheNightTellsOfChecksThatDoNotFit(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.WriteCatalog(cheapCatalog)
		order := env.soldCheaply()
		env.Say(olga, "/refund "+order)
		env.confirm()
		check := env.checks()[0]
		amount := check.Amount.Decimal()
		env.callCryptoPay("createCheck", `{"asset":"USDT","amount":"`+amount+`","pin_to_user_id":`+fmtID(alice)+`}`)
		require.Equal(t, alice, env.checks()[1].PinnedTo)
		env.untilMorning()
		require.Equal(t, 1, env.CountSent(olga, "no refund was given by it"), env.Transcript(olga))
		env.callCryptoPay("deleteCheck", `{"check_id":`+fmtID(check.ID)+`}`)
		env.untilMorning()
		require.Equal(t, 1, env.CountSent(olga, "Crypto Pay has no such check"), env.Transcript(olga))
		env.Stop()
		require.Equal(t, shop.ByCheck, env.StoredOrders()[0].Refunds[0].Way)
		env.Start()
	})
}

// callCryptoPay calls a method past the shop, with the shop's token.
func (env *testEnv) callCryptoPay(method, body string) {
	env.T.Helper()
	r, err := http.NewRequestWithContext(env.T.Context(), http.MethodPost, "http://sandbox.test/cryptopay/api/"+method, strings.NewReader(body))
	require.NoError(env.T, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Crypto-Pay-API-Token", appToken)
	resp, err := (&http.Client{Transport: env.Network.Transport()}).Do(r)
	require.NoError(env.T, err)
	require.NoError(env.T, resp.Body.Close())
	require.Equal(env.T, http.StatusOK, resp.StatusCode)
}
