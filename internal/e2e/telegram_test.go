package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
)

// Telegram is down for minutes. What was paid and written meanwhile is done when it is back.
func TestTelegramIsAwayForMinutes(t *testing.T) {
	for name, f := range map[string]telegram.Failure{
		"502": {Status: 502, HTML: true}, "cut": {DropBefore: true}, "401": {Status: 401, Description: "Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(alice, "/buy vpn")
				bill := env.PayLink(alice)
				env.Telegram().FailNext("", 1<<30, f)
				_, err := env.CryptoPay().Pay(bill, alice, "USDT")
				require.NoError(t, err)
				require.NoError(t, env.Telegram().Say(botToken, boris, "/buy guide"))
				time.Sleep(8 * time.Minute)
				require.Empty(t, env.KeysOf(alice))
				env.Telegram().FailNext("", 0, f)
				time.Sleep(10 * time.Minute)
				env.Settle()
				require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice), "once, since nothing had been sent")
				require.NotEmpty(t, env.PayLink(boris), env.Transcript(boris))
			})
		})
	}
}

// Telegram does what it is asked for, and the answer is lost. People may see the same message
// again, and nothing else.
func TestAnswersOfTelegramAreLost(t *testing.T) {
	for _, method := range []string{"sendMessage", "editMessageText", "answerCallbackQuery", "sendDocument", "getUpdates"} {
		t.Run(method, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(alice, "/buy album")
				bill := env.PayLink(alice)
				env.Telegram().FailNext(method, 2, telegram.Failure{DropAfter: true})
				_, err := env.CryptoPay().Pay(bill, alice, "USDT")
				require.NoError(t, err)
				env.Tap(alice, "check now")
				time.Sleep(20 * time.Minute)
				env.Settle()
				files := 0
				for _, m := range env.Telegram().Sent(botToken, alice) {
					if m.Document != nil {
						files++
					}
				}
				require.GreaterOrEqual(t, files, 1, env.Transcript(alice))
				require.LessOrEqual(t, files, 3)
				require.Len(t, env.CryptoPay().Invoices(appToken), 1)
				env.Stop()
				for _, o := range env.StoredOrders() {
					require.Empty(t, o.Jobs(), "nothing is left to do")
				}
				env.Start()
			})
		})
	}
}

// While Telegram hangs, webhooks are still answered at once.
func TestIntakeDoesNotWaitForTelegram(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Say(boris, "/buy vpn")
		bills := []string{env.PayLink(alice), env.PayLink(boris)}
		env.Telegram().FailNext("sendMessage", 1000, telegram.Failure{Hang: time.Hour})
		for i, who := range []int64{alice, boris} {
			paid := time.Now()
			in, err := env.CryptoPay().Pay(bills[i], who, "USDT")
			require.NoError(t, err)
			env.Settle()
			deliveries := env.CryptoPay().Deliveries(appToken)
			require.NotEmpty(t, deliveries, "the webhook is not answered")
			last := deliveries[len(deliveries)-1]
			require.Equal(t, in.ID, last.Invoice)
			require.Equal(t, 200, last.Status)
			require.WithinDuration(t, paid, last.At, time.Second)
		}
		env.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
		time.Sleep(time.Hour)
		require.NotEmpty(t, env.KeysOf(alice))
		require.NotEmpty(t, env.KeysOf(boris))
	})
}

// A flood limit of one chat does not slow down the others.
func TestAFloodLimitOfOneChatDelaysNobodyElse(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Say(boris, "/buy vpn")
		bills := []string{env.PayLink(alice), env.PayLink(boris)}
		env.Telegram().FailNext("sendMessage", 1, telegram.Failure{
			Status: 429, Description: "Too Many Requests: retry after 600", RetryAfter: 600,
		})
		_, err := env.CryptoPay().Pay(bills[0], alice, "USDT")
		require.NoError(t, err)
		env.Settle()
		_, err = env.CryptoPay().Pay(bills[1], boris, "USDT")
		require.NoError(t, err)
		env.Settle()
		require.Empty(t, env.KeysOf(alice))
		require.Len(t, env.KeysOf(boris), 1, "at once")
		time.Sleep(time.Hour)
		require.Len(t, env.KeysOf(alice), 1)
	})
}

// If the buyer has deleted the order's message, it cannot be edited, and the goods arrive
// nevertheless.
func TestADeletedMessageKeepsNobodyFromTheGoods(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		bill := env.PayLink(alice)
		for _, description := range []string{"Bad Request: message to edit not found", "Bad Request: message can't be edited"} {
			env.Telegram().FailNext("editMessageText", 1, telegram.Failure{Status: 400, Description: description})
		}
		_, err := env.CryptoPay().Pay(bill, alice, "USDT")
		require.NoError(t, err)
		time.Sleep(time.Minute)
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Stop()
		for _, o := range env.StoredOrders() {
			require.Empty(t, o.Jobs(), fmt.Sprint(o.Notices))
		}
		env.Start()
	})
}
