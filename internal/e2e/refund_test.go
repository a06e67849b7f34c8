package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

func TestTheOwnerRefundsAfterConfirming(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		before := env.coins()
		order := env.sold()
		require.NotEqual(t, before.String(), env.coins().String())

		env.Say(olga, "/refund "+strings.ToLower(order))
		yes, found := testenv.FindButton(env.Last(olga), "Yes, send")
		require.True(t, found)
		require.True(t, strings.HasPrefix(yes.Data, "refund:"))
		require.Empty(t, env.CryptoPay().Transfers(appToken), "nothing moves before the confirmation")
		ask := env.Last(olga).ID
		for range 3 {
			require.NoError(t, env.Telegram().TapData(botToken, olga, ask, yes.Data))
		}
		env.Settle()
		require.Len(t, env.CryptoPay().Transfers(appToken), 1, "a triple tap moves money once")
		require.Equal(t, before.String(), env.coins().String(), "all of it is back")
		require.Equal(t, 1, env.CountSent(alice, "is back in your @CryptoBot wallet"))
		require.Equal(t, 1, env.CountSent(olga, "Refunded:"))
		require.Equal(t, 1, env.CountSent(alice, "Refunded. The coins"), "the order's message says so too")

		env.Say(olga, "/refund "+order)
		require.Contains(t, env.Last(olga).Text, "everything has gone back")
		env.Say(olga, "/stock vpn")
		require.Contains(t, env.Last(olga).Text, "9 free · 0 reserved · 1 sold", "a refunded key is never sold again")
	})
}

func TestRefundInParts(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(olga, "/refund "+order+" 2")
		env.Tap(olga, "Yes, send")
		env.Say(olga, "/refund "+order+" 4")
		require.Contains(t, env.Last(olga).Text, "more than what can still go back")
		env.Say(olga, "/refund "+order+" 1.5 USDT")
		env.Tap(olga, "Yes, send")
		require.Len(t, env.CryptoPay().Transfers(appToken), 2)
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Show the goods again")
		require.Equal(t, []string{"KEY-01", "KEY-01"}, env.KeysOf(alice), "partly refunded goods stay the buyer's")
	})
}

func TestRefundsThatCryptoPayRefuses(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.CryptoPay().SetStarted(alice, false)
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		require.Equal(t, 1, env.CountSent(olga, "USER_NOT_FOUND"), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "never started @CryptoBot"))

		env.CryptoPay().SetStarted(alice, true)
		env.CryptoPay().SetTransfersEnabled(appToken, false)
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		require.Equal(t, 1, env.CountSent(olga, "Security → Transfers"))

		env.CryptoPay().SetTransfersEnabled(appToken, true)
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		require.Len(t, env.CryptoPay().Transfers(appToken), 1)
	})
}

func TestARefundWhoseAnswerIsLostIsPaidOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.CryptoPay().FailNext("transfer", 8, cryptopay.Failure{DropAfter: true})
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		time.Sleep(time.Hour)
		env.Settle()
		require.Len(t, env.CryptoPay().Transfers(appToken), 1)
		require.Equal(t, 1, env.CountSent(olga, "Refunded:"))
	})
}

// All answers of the first try are lost, and then the token is refused for a while. The shop must
// not take the refusal for the result, or the owner would refund a second time.
func TestARefusalAfterADoubtIsNotTheEnd(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.CryptoPay().FailNext("transfer", 4, cryptopay.Failure{DropAfter: true})
		env.CryptoPay().FailNext("transfer", 1, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
		env.CryptoPay().FailNext("getTransfers", 4, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		time.Sleep(time.Hour)
		env.Settle()
		require.Zero(t, env.CountSent(olga, "The refund was refused"))
		require.Equal(t, 1, env.CountSent(olga, "Refunded:"))
		require.Len(t, env.CryptoPay().Transfers(appToken), 1)
	})
}

func TestTheOwnerLearnsOfARefundThatHasNoAnswer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.CryptoPay().FailNext("transfer", 1000, cryptopay.Failure{Status: http.StatusBadGateway})
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		time.Sleep(30 * time.Minute)
		require.Equal(t, 1, env.CountSent(olga, "has had no answer yet"))
		env.CryptoPay().FailNext("transfer", 0, cryptopay.Failure{})
		time.Sleep(10 * time.Minute)
		env.Settle()
		require.Len(t, env.CryptoPay().Transfers(appToken), 1)
	})
}

func TestOwnersCommandsAreNotThereForOthers(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(alice, "/nonsense")
		unknown := env.Last(alice).Text
		for _, command := range []string{"/stats", "/refund " + order, "/order " + order, "/stock", "/addstock vpn\nKEY-99", "/done"} {
			env.Say(boris, "/language")
			env.Tap(boris, "English")
			env.Say(boris, command)
			require.Equal(t, unknown, env.Last(boris).Text, command)
		}
		require.Zero(t, env.CountSent(boris, order))
	})
}

func TestAStrangersPressChangesNothing(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		in := env.CryptoPay().Invoices(appToken)[0]
		order := in.Payload
		env.Say(boris, "/start")
		forged := []string{
			"x:" + order, "k:" + order, "o:" + order, "g:" + order, "e:" + order,
			"refund:" + order + ":5USDT:0123456789abc", "free:" + order, "rask:" + order,
			"b:vpn:99999999:0123456789abc", "b:vpn:-1:x", "p:<b>:1", "c:..", "l:xx", "os:'", "", "::::", strings.Repeat("x", 64),
		}
		for _, data := range forged {
			if data != "" {
				require.NoError(t, env.Telegram().TapData(botToken, boris, env.Last(boris).ID, data))
			}
			env.Settle()
		}
		require.NotEmpty(t, env.PayLink(alice), "Alice's order is as it was")
		require.Zero(t, env.CountSent(boris, order))
		require.Empty(t, env.CryptoPay().Transfers(appToken))
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		require.NoError(t, env.Telegram().TapData(botToken, boris, env.Last(boris).ID, "g:"+order))
		env.Settle()
		require.Empty(t, env.KeysOf(boris))
		for _, a := range env.Telegram().Alerts(botToken, boris) {
			require.True(t, a.Answered, "every button press is answered: %s", a.Data)
		}
	})
}

func TestTheOwnersButtonsWorkForTheOwnerAlone(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(olga, "/refund "+order)
		yes, found := testenv.FindButton(env.Last(olga), "Yes, send")
		require.True(t, found)
		env.Say(boris, "/start")
		said := len(env.Telegram().Sent(botToken, boris))
		for _, stolen := range []string{yes.Data, "rask:" + order, "free:" + order, "rno"} {
			require.NoError(t, env.Telegram().TapData(botToken, boris, env.Last(boris).ID, stolen))
			env.Settle()
		}
		require.Empty(t, env.CryptoPay().Transfers(appToken))
		require.Len(t, env.Telegram().Sent(botToken, boris), said, "not a word about somebody's order")
		require.Zero(t, env.CountSent(boris, order))
	})
}

func TestOnlyOnesOwnPrivateChatIsServed(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/start")
		before := env.Transcript(alice)
		person := func(id int64) string { return fmt.Sprintf(`{"id":%d,"is_bot":false,"first_name":"P"}`, id) }
		for _, update := range []string{
			`{"message":{"message_id":900,"date":1,"from":` + person(alice) + `,"chat":{"id":-5,"type":"group","title":"G"},"text":"/buy vpn"}}`,
			fmt.Sprintf(`{"callback_query":{"id":"1","chat_instance":"1","data":"cat","from":%s,"message":{"message_id":%d,"date":946684800,`+
				`"from":%s,"chat":{"id":%d,"type":"private","first_name":"A"},"text":"x"}}}`, person(boris), env.Last(alice).ID, person(1000), alice),
		} {
			require.NoError(t, env.Telegram().Inject(botToken, json.RawMessage(update)))
			env.Settle()
		}
		require.Empty(t, env.CryptoPay().Invoices(appToken), "a group cannot order")
		require.Equal(t, before, env.Transcript(alice), "nobody turns the pages of another's chat")
	})
}

func TestQuantitiesThatAreNone(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for _, q := range []string{"-1", "0", "1.5", "many", "999999999999999999999", "1e3", "11", "1 2"} {
			env.Say(alice, "/buy vpn "+q)
			require.Contains(t, env.Last(alice).Text, "whole number from 1 to 10", q)
		}
		env.Say(alice, "/buy nothing")
		require.Contains(t, env.Last(alice).Text, "no such product")
		require.Empty(t, env.CryptoPay().Invoices(appToken))
	})
}

func TestMarkupInNamesIsShownAsText(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		const eve = 777
		env.Telegram().AddUser(telegram.User{ID: eve, FirstName: "<b>Eve</b> & </a>", LanguageCode: "en"})
		env.Say(eve, "/buy vpn")
		order := env.Pay(eve).Payload
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(eve))
		require.Equal(t, 1, env.CountSent(olga, "<b>Eve</b> & </a>"))
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, "<b>Eve</b>")
	})
}

func TestStockByFileWithDuplicatesTold(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/addstock vpn")
		list := strings.Join(testenv.Keys(14), "\r\n")
		require.NoError(t, env.Telegram().Upload(botToken, olga, "keys.txt", []byte("\uFEFF"+list+"\nKEY-14\n"), ""))
		env.Settle()
		require.Contains(t, env.Last(olga).Text, "4 new keys")
		require.Contains(t, env.Last(olga).Text, "11 repeated, left out:\nKEY-14 – twice in this list\nKEY-01 – for sale")
		env.Say(olga, "KEY-99")
		require.Contains(t, env.Last(olga).Text, "5 new keys")
		env.Press(olga, "stock:add")
		require.Contains(t, env.Last(olga).Text, "5 keys added, 11 left out.\nVPN <30> days · vpn\nNow free: 15")
		env.Say(olga, "not a key")
		require.Contains(t, env.Last(olga).Text, "found nothing")
		env.Say(olga, "/stock")
		require.Contains(t, env.Last(olga).Text, "vpn · 15 free")
	})
}

func TestStatsAddUp(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(boris, "/buy guide")
		env.Pay(boris)
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		for _, period := range []string{"", " today", " week", " month", " year", " all"} {
			env.Say(olga, "/stats"+period)
			text := env.Last(olga).Text
			require.Contains(t, text, "2 orders, 2 paid (100 %), 2 delivered, 0 cancelled", period)
			require.Contains(t, text, "Revenue: 7.50 USD")
			require.Contains(t, text, "Net: ≈ 2.28 USD\nFees: 0.22 USD\nRefunded: 5.00 USD")
			require.Contains(t, text, "1. VPN <30> days × 1 · 5.00 USD\n2. Guide × 1 · 2.50 USD")
			require.NotEmpty(t, env.Last(olga).Photo, "a picture")
		}
		env.Tap(olga, "7 days")
		require.Contains(t, env.Last(olga).Text, "The last 7 days")
		env.Say(olga, "/stats yesterday")
		require.Contains(t, env.Last(olga).Text, "/stats today")
		time.Sleep(24 * time.Hour)
		env.Say(olga, "/stats today")
		require.Contains(t, env.Last(olga).Text, "No orders.")
		env.Say(boris, "/buy guide")
		env.Pay(boris)
		env.Say(olga, "/stats")
		require.Contains(t, env.Last(olga).Text, "Revenue: 2.50 USD  ▼ 67 % (7.50 USD before)")
	})
}
