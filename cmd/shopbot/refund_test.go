package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// coins is the USDT in Alice's wallet.
func (w *town) coins() money.Amount {
	for _, a := range w.CryptoPay().Wallet(alice) {
		if a.Currency() == "USDT" {
			return a
		}
	}
	return money.Zero("USDT")
}

// sold has Alice buy one key, and returns the order's number.
func (w *town) sold() string {
	w.t.Helper()
	w.say(alice, "/buy vpn")
	return orderOf(w.pay(alice))
}

func TestTheOwnerRefundsAfterConfirming(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		before := w.coins()
		order := w.sold()
		require.NotEqual(t, before.String(), w.coins().String())

		w.say(olga, "/refund "+strings.ToLower(order))
		yes, found := findButton(w.last(olga), "Yes, send")
		require.True(t, found)
		require.True(t, strings.HasPrefix(yes.Data, "refund:"))
		require.Empty(t, w.CryptoPay().Transfers(appToken), "nothing moves before the confirmation")
		ask := w.last(olga).ID
		for range 3 {
			require.NoError(t, w.Telegram().TapData(botToken, olga, ask, yes.Data))
		}
		w.settle()
		require.Len(t, w.CryptoPay().Transfers(appToken), 1, "a triple tap moves money once")
		require.Equal(t, before.String(), w.coins().String(), "all of it is back")
		require.Equal(t, 1, w.heard(alice, "is back in your @CryptoBot wallet"))
		require.Equal(t, 1, w.heard(olga, "Refunded:"))
		require.Equal(t, 1, w.heard(alice, "Refunded. The coins"), "the order's message says so too")

		w.say(olga, "/refund "+order)
		require.Contains(t, w.last(olga).Text, "everything has gone back")
		w.say(olga, "/stock vpn")
		require.Contains(t, w.last(olga).Text, "9 free · 0 reserved · 1 sold", "a refunded key is never sold again")
	})
}

func TestRefundInParts(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.say(olga, "/refund "+order+" 2")
		w.tap(olga, "Yes, send")
		w.say(olga, "/refund "+order+" 4")
		require.Contains(t, w.last(olga).Text, "more than what can still go back")
		w.say(olga, "/refund "+order+" 1.5 USDT")
		w.tap(olga, "Yes, send")
		require.Len(t, w.CryptoPay().Transfers(appToken), 2)
		w.say(alice, "/orders")
		w.tap(alice, "VPN")
		w.tap(alice, "Show the goods again")
		require.Equal(t, []string{"KEY-01", "KEY-01"}, w.keysOf(alice), "partly refunded goods stay the buyer's")
	})
}

func TestRefundsThatCryptoPayRefuses(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.CryptoPay().SetStarted(alice, false)
		w.say(olga, "/refund "+order)
		w.tap(olga, "Yes, send")
		require.Equal(t, 1, w.heard(olga, "USER_NOT_FOUND"), w.transcript(olga))
		require.Equal(t, 1, w.heard(olga, "never started @CryptoBot"))

		w.CryptoPay().SetStarted(alice, true)
		w.CryptoPay().SetTransfersEnabled(appToken, false)
		w.say(olga, "/refund "+order)
		w.tap(olga, "Yes, send")
		require.Equal(t, 1, w.heard(olga, "Security → Transfers"))

		w.CryptoPay().SetTransfersEnabled(appToken, true)
		w.say(olga, "/refund "+order)
		w.tap(olga, "Yes, send")
		require.Len(t, w.CryptoPay().Transfers(appToken), 1)
	})
}

func TestARefundWhoseAnswerIsLostIsPaidOnce(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.CryptoPay().FailNext("transfer", 8, cryptopay.Failure{DropAfter: true})
		w.say(olga, "/refund "+order)
		w.tap(olga, "Yes, send")
		time.Sleep(time.Hour)
		w.settle()
		require.Len(t, w.CryptoPay().Transfers(appToken), 1)
		require.Equal(t, 1, w.heard(olga, "Refunded:"))
	})
}

// All answers of the first try are lost, and then the token is refused for a while: the refusal must not be
// taken for the end, or the owner would refund a second time.
func TestARefusalAfterADoubtIsNotTheEnd(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.CryptoPay().FailNext("transfer", 4, cryptopay.Failure{DropAfter: true})
		w.CryptoPay().FailNext("transfer", 1, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
		w.CryptoPay().FailNext("getTransfers", 4, cryptopay.Failure{Status: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
		w.say(olga, "/refund "+order)
		w.tap(olga, "Yes, send")
		time.Sleep(time.Hour)
		w.settle()
		require.Zero(t, w.heard(olga, "The refund was refused"))
		require.Equal(t, 1, w.heard(olga, "Refunded:"))
		require.Len(t, w.CryptoPay().Transfers(appToken), 1)
	})
}

func TestTheOwnerLearnsOfARefundThatHasNoAnswer(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.CryptoPay().FailNext("transfer", 1000, cryptopay.Failure{Status: http.StatusBadGateway})
		w.say(olga, "/refund "+order)
		w.tap(olga, "Yes, send")
		time.Sleep(30 * time.Minute)
		require.Equal(t, 1, w.heard(olga, "has had no answer yet"))
		w.CryptoPay().FailNext("transfer", 0, cryptopay.Failure{})
		time.Sleep(10 * time.Minute)
		w.settle()
		require.Len(t, w.CryptoPay().Transfers(appToken), 1)
	})
}

func TestOwnersCommandsAreNotThereForOthers(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.say(alice, "/nonsense")
		unknown := w.last(alice).Text
		for _, command := range []string{"/stats", "/refund " + order, "/order " + order, "/stock", "/addstock vpn\nKEY-99", "/done"} {
			w.say(boris, "/language")
			w.tap(boris, "English")
			w.say(boris, command)
			require.Equal(t, unknown, w.last(boris).Text, command)
		}
		require.Zero(t, w.heard(boris, order))
	})
}

func TestAStrangersPressChangesNothing(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/buy vpn")
		in := w.CryptoPay().Invoices(appToken)[0]
		order := orderOf(in)
		w.say(boris, "/start")
		forged := []string{
			"x:" + order, "k:" + order, "o:" + order, "g:" + order, "e:" + order,
			"refund:" + order + ":5USDT:0123456789abc", "free:" + order, "rask:" + order,
			"b:vpn:99999999:0123456789abc", "b:vpn:-1:x", "p:<b>:1", "c:..", "l:xx", "os:'", "", "::::", strings.Repeat("x", 64),
		}
		for _, data := range forged {
			if data != "" {
				require.NoError(t, w.Telegram().TapData(botToken, boris, w.last(boris).ID, data))
			}
			w.settle()
		}
		require.NotEmpty(t, w.bill(alice), "Alice's order is as it was")
		require.Zero(t, w.heard(boris, order))
		require.Empty(t, w.CryptoPay().Transfers(appToken))
		w.pay(alice)
		require.Equal(t, []string{"KEY-01"}, w.keysOf(alice))
		require.NoError(t, w.Telegram().TapData(botToken, boris, w.last(boris).ID, "g:"+order))
		w.settle()
		require.Empty(t, w.keysOf(boris))
		for _, a := range w.Telegram().Alerts(botToken, boris) {
			require.True(t, a.Answered, "no button spins for ever: %s", a.Data)
		}
	})
}

func TestTheOwnersButtonsWorkForTheOwnerAlone(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.say(olga, "/refund "+order)
		yes, found := findButton(w.last(olga), "Yes, send")
		require.True(t, found)
		w.say(boris, "/start")
		said := len(w.Telegram().Sent(botToken, boris))
		for _, stolen := range []string{yes.Data, "rask:" + order, "free:" + order, "rno"} {
			require.NoError(t, w.Telegram().TapData(botToken, boris, w.last(boris).ID, stolen))
			w.settle()
		}
		require.Empty(t, w.CryptoPay().Transfers(appToken))
		require.Len(t, w.Telegram().Sent(botToken, boris), said, "not a word about somebody's order")
		require.Zero(t, w.heard(boris, order))
	})
}

func TestOnlyOnesOwnPrivateChatIsServed(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(alice, "/start")
		before := w.transcript(alice)
		person := func(id int64) string { return fmt.Sprintf(`{"id":%d,"is_bot":false,"first_name":"P"}`, id) }
		for _, update := range []string{
			`{"message":{"message_id":900,"date":1,"from":` + person(alice) + `,"chat":{"id":-5,"type":"group","title":"G"},"text":"/buy vpn"}}`,
			fmt.Sprintf(`{"callback_query":{"id":"1","chat_instance":"1","data":"cat","from":%s,"message":{"message_id":%d,"date":946684800,`+
				`"from":%s,"chat":{"id":%d,"type":"private","first_name":"A"},"text":"x"}}}`, person(boris), w.last(alice).ID, person(1000), alice),
		} {
			require.NoError(t, w.Telegram().Inject(botToken, json.RawMessage(update)))
			w.settle()
		}
		require.Empty(t, w.CryptoPay().Invoices(appToken), "a group cannot order")
		require.Equal(t, before, w.transcript(alice), "nobody turns the pages of another's chat")
	})
}

func TestQuantitiesThatAreNone(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		for _, q := range []string{"-1", "0", "1.5", "many", "999999999999999999999", "1e3", "11", "1 2"} {
			w.say(alice, "/buy vpn "+q)
			require.Contains(t, w.last(alice).Text, "whole number from 1 to 10", q)
		}
		w.say(alice, "/buy nothing")
		require.Contains(t, w.last(alice).Text, "no such product")
		require.Empty(t, w.CryptoPay().Invoices(appToken))
	})
}

func TestMarkupInNamesIsShownAsText(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		const eve = 777
		w.Telegram().AddUser(telegram.User{ID: eve, FirstName: "<b>Eve</b> & </a>", LanguageCode: "en"})
		w.say(eve, "/buy vpn")
		order := orderOf(w.pay(eve))
		require.Equal(t, []string{"KEY-01"}, w.keysOf(eve))
		require.Equal(t, 1, w.heard(olga, "<b>Eve</b> & </a>"))
		w.say(olga, "/order "+order)
		require.Contains(t, w.last(olga).Text, "<b>Eve</b>")
	})
}

func TestStockByFileWithDuplicatesTold(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		w.say(olga, "/addstock vpn")
		list := strings.Join(keysUpTo(14), "\r\n")
		require.NoError(t, w.Telegram().Upload(botToken, olga, "keys.txt", []byte("\uFEFF"+list+"\nKEY-14\n"), ""))
		w.settle()
		require.Contains(t, w.last(olga).Text, "4 keys added to vpn, 11 duplicates left out. Now free: 14.")
		w.say(olga, "one more")
		require.Contains(t, w.last(olga).Text, "1 key added")
		w.say(olga, "/done")
		w.say(olga, "not a key")
		require.Contains(t, w.last(olga).Text, "did not understand")
		w.say(olga, "/stock")
		require.Contains(t, w.last(olga).Text, "vpn · 15 free")
	})
}

func TestStatsAddUp(t *testing.T) {
	inTown(t, func(t *testing.T, w *town) {
		order := w.sold()
		w.say(boris, "/buy guide")
		w.pay(boris)
		w.say(olga, "/refund "+order)
		w.tap(olga, "Yes, send")
		for _, period := range []string{"", " today", " week", " month", " all"} {
			w.say(olga, "/stats"+period)
			text := w.last(olga).Text
			require.Contains(t, text, "Orders: 2 · paid: 2 · delivered: 2", period)
			require.Contains(t, text, "Revenue: 7.50 USD")
			require.Contains(t, text, "Refunded: ")
			require.Contains(t, text, "USDT ≈ 7.50 USD", "what came in, valued")
			require.Contains(t, text, "Guide: 1 ×")
		}
		w.say(olga, "/stats yesterday")
		require.Contains(t, w.last(olga).Text, "/stats today")
		time.Sleep(24 * time.Hour)
		w.say(olga, "/stats today")
		require.Contains(t, w.last(olga).Text, "No orders.")
	})
}
