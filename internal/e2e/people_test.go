package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

func TestStaffFindOrdersBuyersAndKeys(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		invoice := env.CryptoPay().Invoices(appToken)[0].ID
		typed := strings.ToLower(order[:7] + "-" + order[7:])
		for _, words := range []string{order, typed, fmt.Sprint(invoice)} {
			env.Say(olga, "/find "+words)
			require.Contains(t, env.Last(olga).Text, "Order "+order+" · delivered", words)
		}
		env.Say(olga, typed)
		require.Contains(t, env.Last(olga).Text, "Order "+order+" · delivered", "a number alone is looked up")
		for _, words := range []string{"@ALICE_reads", "alice_reads", "t.me/alice_reads", "@ali", fmt.Sprint(alice)} {
			env.Say(olga, "/find "+words)
			require.Contains(t, env.Last(olga).Text, "👤 Alice Reed · @alice_reads", words)
			require.Contains(t, env.Last(olga).Text, "Paid: 1 order, 5.00 USD", words)
		}
		env.Say(olga, "@alice_reads")
		require.Contains(t, env.Last(olga).Text, "👤 Alice Reed")
		env.Say(boris, "/start")
		env.Say(olga, "/admin")
		env.Tap(olga, "Find")
		require.Contains(t, env.Last(olga).Text, "What are you looking for?")
		env.Say(olga, "KEY-01")
		require.Contains(t, env.Last(olga).Text, "This key:\n• vpn, sold, order "+order)
		require.NotContains(t, env.Last(olga).Text, "KEY-01")
		env.Press(olga, "det:"+order)
		require.Contains(t, env.Last(olga).Text, "Order "+order)
		env.Say(olga, "/find KEY-02")
		require.Contains(t, env.Last(olga).Text, "• vpn, for sale, batch #1")
		env.Say(olga, "/find KEY-77")
		require.Contains(t, env.Last(olga).Text, "Nothing was found.")
		require.Contains(t, env.Last(olga).Text, "by the id of its invoice")
		require.NotContains(t, env.Log.String(), "KEY-", "no key is logged")

		env.refund(order)
		transfer := env.transfers()[0]
		for _, words := range []string{fmt.Sprint(transfer.ID), transfer.SpendID} {
			env.Say(olga, "/find "+words)
			require.Contains(t, env.Last(olga).Text, "Order "+order+" · refunded", words)
		}
		env.Say(olga, "/find @alice_reads")
		require.Contains(t, env.Last(olga).Text, "Sent back: ")
		env.Say(boris, "/find "+order)
		require.Contains(t, env.Last(boris).Text, "не знаю такой команды")
	})
}

func TestABuyersCardLeadsToOrdersAndKeepsNotes(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		for range 9 {
			env.Say(alice, "/buy guide")
			env.Pay(alice)
		}
		env.Say(olga, "/find @alice_reads")
		require.Contains(t, env.Last(olga).Text, "Orders: delivered 9")
		require.Contains(t, env.Last(olga).Text, "Paid: 9 orders, 22.50 USD")
		env.Press(olga, fmt.Sprintf("n:person:%d:n", alice))
		env.Say(olga, "Asks <for> much")
		require.Contains(t, env.Last(olga).Text, "📝 1. Asks <for> much (Olga")
		env.Press(olga, fmt.Sprintf("person:%d:nx:", alice))
		require.NotContains(t, env.Transcript(olga), "📝 1. Asks <for> much (Olga")
		env.Press(olga, fmt.Sprintf("person:%d:o", alice))
		env.Tap(olga, "Older")
		env.Tap(olga, "Guide")
		require.Contains(t, env.Last(olga).Text, "delivered")
		require.NotContains(t, env.Transcript(alice), "Asks", "notes are for the staff")
	})
}

func TestABlockedBuyerGetsWhatWasOrderedAndNothingMore(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Say(olga, "/find @alice_reads")
		env.Press(olga, fmt.Sprintf("person:%d:b", alice))
		env.Press(olga, fmt.Sprintf("person:%d:b:fraud", alice))
		require.Contains(t, env.Transcript(olga), "🚫 Blocked on")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice), "an open order is paid and delivered")
		env.Say(alice, "/orders")
		require.Contains(t, env.Last(alice).Text, "Your orders")
		env.Press(alice, "g:")
		require.Len(t, env.KeysOf(alice), 2, "goods are shown again")

		for _, try := range []func(){
			func() { env.Say(alice, "/buy guide") },
			func() { env.Press(alice, "ask:new:") },
		} {
			sent, told := len(env.Telegram().Sent(botToken, alice)), len(env.Telegram().Sent(botToken, olga))
			try()
			require.Len(t, env.Telegram().Sent(botToken, alice), sent+1, "one answer")
			require.Contains(t, env.Last(alice).Text, "This shop takes no orders and no messages from you")
			require.Contains(t, env.Last(alice).Text, "write to @help")
			require.NotContains(t, strings.ToLower(env.Last(alice).Text), "fraud")
			require.Len(t, env.Telegram().Sent(botToken, olga), told)
		}
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)

		env.Say(olga, fmt.Sprint("/unblock ", alice))
		env.Say(alice, "/buy guide")
		env.Pay(alice)
		require.Contains(t, env.Transcript(alice), "The whole <secret> & more")
	})
}

func TestOwnersAreToldWhoWasBlockedAndStaffCannotBe(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		env.Setenv("ADMINS", fmt.Sprint(olga, ",", boris))
		env.Start()
		env.Say(boris, "/start")
		env.Say(alice, "/start")
		env.Say(olga, fmt.Sprint("/find ", boris))
		require.Contains(t, env.Last(olga).Text, "Helps to run the shop")
		_, found := testenv.FindButton(env.Last(olga), "Block")
		require.False(t, found)
		require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, fmt.Sprintf("person:%d:b:spam", boris)))
		env.Settle()
		env.Say(boris, "/find @alice_reads")
		require.NotContains(t, env.Transcript(boris), "Заблокирован ")
		env.Say(olga, "/find @alice_reads")
		env.Press(olga, fmt.Sprintf("person:%d:b", alice))
		env.Press(olga, fmt.Sprintf("n:person:%d:b:other", alice))
		env.Say(olga, "Sells <our> keys on")
		require.Contains(t, env.Last(olga).Text, "Sells <our> keys on")
		require.Contains(t, env.Last(boris).Text, "Olga")
		require.Contains(t, env.Last(boris).Text, "Alice Reed. Причина: Sells <our> keys on")
		env.Press(olga, fmt.Sprintf("person:%d:u", alice))
		require.Contains(t, env.Last(boris).Text, "снимает блокировку")
	})
}

func TestStaffWriteToABuyerWhoCanAnswer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.sold()
		env.Say(olga, "/find @alice_reads")
		env.Press(olga, fmt.Sprintf("n:write:%d", alice))
		env.Say(olga, "<b>Hello</b> from us")
		require.Contains(t, env.Last(alice).Text, "The staff of Test Shop writes\n<b>Hello</b> from us")
		require.Contains(t, env.Last(olga).Text, "Sent to Alice Reed")
		env.Say(olga, "/questions")
		require.Contains(t, env.Last(olga).Text, "No question waits", "what the shop wrote waits for nobody")
		env.Press(alice, "ask:on:")
		env.Say(alice, "Hello too")
		require.Contains(t, env.Last(olga).Text, "Hello too")

		require.NoError(t, env.Telegram().TapData(botToken, olga, env.Last(olga).ID, fmt.Sprintf("write:%d:%s", alice, order)))
		env.Settle()
		env.Telegram().Block(botToken, alice, true)
		env.Say(olga, "Are you there?")
		require.Contains(t, env.Last(olga).Text, "has blocked the bot")
	})
}
