package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
)

// paidByHand has Alice order, and the owner say that it was paid, with the given words.
func (env *testEnv) paidByHand(order, words string) {
	env.T.Helper()
	env.Say(olga, "/order "+order)
	env.Tap(olga, "Paid in another way")
	env.Say(olga, words)
	env.Press(olga, "handpaid:"+order+":")
}

// lastOrder is the number of the order whose invoice was made last.
func (env *testEnv) lastOrder() string {
	all := env.CryptoPay().Invoices(appToken)
	return all[len(all)-1].Payload
}

// agreed asserts that the shop agrees with Crypto Pay and with itself, and returns the orders.
func (env *testEnv) agreed() []shop.Order {
	env.T.Helper()
	require.Contains(env.T, env.askOps(http.MethodPost, "/ops/reconcile"), `"differences":null`)
	return env.sound()
}

// A refund of a line or a piece is a share of what was paid for it. What was paid by hand is not sent
// out of the surplus, which then could not go back.
func TestTheSurplusIsNotSpentOnWhatWasPaidByHand(t *testing.T) {
	for name, ask := range map[string]func(env *testEnv, order string){
		"a line": func(env *testEnv, order string) { env.Say(olga, "/refund "+order+" #1") },
		"a piece": func(env *testEnv, order string) {
			env.Say(olga, "/order "+order)
			env.Tap(olga, "Replace a key")
			env.Tap(olga, "1 · ")
			env.Tap(olga, "Refund this one")
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(alice, "/buy vpn 2")
				order := env.lastOrder()
				env.paidByHand(order, "10 USDT cash")
				before := env.coins()
				env.payAgain(alice, order, "10", "USDT")
				ask(env, order)
				require.Contains(t, env.Last(olga).Text, "cannot send anything back", env.Transcript(olga))
				env.Say(olga, "cash")
				env.Tap(olga, "was returned")
				require.Empty(t, env.transfers())
				env.Say(alice, "/orders")
				env.Tap(alice, "VPN")
				env.Tap(alice, "Send it back")
				require.Len(t, env.transfers(), 1, env.Transcript(alice))
				require.Equal(t, before.String(), env.coins().String(), "the surplus is back whole")
				env.agreed()
			})
		})
	}
}

func TestAPaymentByHandInThePricesCurrencyAndASurplusGoBackInAnyOrder(t *testing.T) {
	for _, handFirst := range []bool{true, false} {
		run(t, func(t *testing.T, env *testEnv) {
			env.Say(alice, "/buy vpn 2")
			order := env.lastOrder()
			env.paidByHand(order, "cash")
			env.payAgain(alice, order, "10", "USDT")
			hand := func() {
				env.Say(olga, "/refund "+order)
				require.Contains(t, env.Last(olga).Text, "10.00 USD", env.Transcript(olga))
				env.Say(olga, "cash")
				env.Tap(olga, "Yes, 10.00 USD was returned")
			}
			if handFirst {
				hand()
			}
			env.Tap(olga, "Send it back")
			require.Len(t, env.transfers(), 1, env.Transcript(olga))
			if !handFirst {
				hand()
			}
			o := env.agreed()[0]
			require.Equal(t, shop.StateRefunded, o.State)
			env.Say(olga, "/stats all")
			require.Contains(t, env.Last(olga).Text, "Refunded: ", env.Last(olga).Text)
			require.NotContains(t, env.Log.String(), "level=ERROR")
		})
	}
}

// A payment by hand of an order whose invoice is not made yet: the invoice that comes is closed, and
// if it is paid all the same that is a surplus.
func TestAPaymentByHandWhileTheInvoiceIsMade(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.CryptoPay().FailNext("createInvoice", 2, cryptopay.Failure{DropAfter: true})
		env.Say(alice, "/buy vpn")
		order := env.lastOrder()
		env.paidByHand(order, "cash")
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice), env.Transcript(olga))
		env.wait(time.Hour)
		require.Empty(t, env.CryptoPay().Invoices(appToken), "none of them can be paid")
		env.CryptoPay().FailNext("createInvoice", 0, cryptopay.Failure{})
		env.payAgain(alice, order, "5", "USDT")
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Tap(alice, "Send it back")
		require.Len(t, env.transfers(), 1)
		require.Equal(t, shop.StateDelivered, env.agreed()[0].State)
	})
}

func TestThePiecesOfALineWithACouponGoBackAfterAReplacement(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("odd", "33%", "No limit")
		env.Tap(olga, "Make it")
		before := env.tons()
		env.Say(alice, "/coupon ODD")
		env.Say(alice, "/buy vpn 3")
		order := env.lastOrder()
		_, err := env.CryptoPay().Pay(env.PayLink(alice), alice, "TON")
		require.NoError(t, err)
		env.Settle()
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key")
		env.Tap(olga, "2 · ")
		env.Tap(olga, "it does not work")
		require.Len(t, env.KeysOf(alice), 4)
		for i := range 3 {
			env.Say(olga, "/order "+order)
			env.Tap(olga, "Replace a key")
			if i < 2 {
				env.Tap(olga, []string{"2 · ", "1 · "}[i])
			}
			env.Tap(olga, "Refund this one")
			env.Tap(olga, "Yes, send")
			require.Len(t, env.transfers(), i+1, env.Transcript(olga))
		}
		require.Equal(t, before, env.tons(), "to the last digit")
		o := env.agreed()[0]
		require.Equal(t, shop.StateRefunded, o.State)
		env.Say(alice, "/coupon ODD")
		require.NotContains(t, env.Last(alice).Text, "You have used", "it went back whole")
		require.NotContains(t, env.Log.String(), "level=ERROR")
	})
}

// While a transfer has no answer, nothing else of the order moves; afterwards all of it adds up.
func TestNothingMovesBesideARefundThatIsOnItsWay(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		before := env.coins()
		env.Say(alice, "/buy vpn 2")
		order := env.Pay(alice).Payload
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key")
		env.Tap(olga, "1 · ")
		screen := env.Last(olga)
		replace, _ := testenv.FindButton(screen, "it does not work")
		env.CryptoPay().FailNext("transfer", 1000, cryptopay.Failure{Status: http.StatusBadGateway})
		env.Tap(olga, "Refund this one")
		yes, _ := testenv.FindButton(env.Last(olga), "Yes, send")
		ask := env.Last(olga).ID
		env.Tap(olga, "Yes, send")
		for range 2 {
			require.NoError(t, env.Telegram().TapData(botToken, olga, screen.ID, replace.Data))
			require.NoError(t, env.Telegram().TapData(botToken, olga, ask, yes.Data))
		}
		env.Settle()
		env.Say(olga, "/refund "+order+" 1")
		require.Contains(t, env.Last(olga).Text, "on its way", env.Last(olga).Text)
		env.payAgain(alice, order, "10", "USDT")
		env.CryptoPay().FailNext("transfer", 0, cryptopay.Failure{})
		env.wait(time.Hour)
		require.Len(t, env.transfers(), 1, env.Transcript(olga))
		require.Equal(t, []string{"KEY-01", "KEY-02"}, env.KeysOf(alice))
		env.Tap(alice, "Send it back")
		env.Say(olga, "/refund "+order+" #1")
		env.Tap(olga, "Yes, send")
		require.Len(t, env.transfers(), 3, env.Transcript(olga))
		require.Equal(t, before.String(), env.coins().String())
		require.Equal(t, shop.StateRefunded, env.agreed()[0].State)
	})
}

// Stock that comes while an owner writes what the buyer gets by hand delivers the order. The form
// ends then, and what is written next is not about it.
func TestTheFormOfADeliveryByHandEndsWhenTheStockCame(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		order := env.payLate(1, alice)[0]
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Deliver by hand")
		env.Say(olga, "KEY-HAND")
		ask := env.Last(olga)
		yes, found := testenv.FindButton(ask, "Yes, send it")
		require.True(t, found)
		status, body := env.TellOps(http.MethodPost, "/ops/stock?sku=vpn", "KEY-50\n")
		require.Equal(t, http.StatusOK, status, body)
		env.Settle()
		require.Equal(t, []string{"KEY-50"}, env.KeysOf(alice))
		require.NoError(t, env.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
		env.Settle()
		env.Say(olga, "how are you")
		require.NotContains(t, env.Last(olga).Text, "how are you", env.Transcript(olga))
		require.Equal(t, []string{"KEY-50"}, env.KeysOf(alice))
		require.Equal(t, shop.StateDelivered, env.agreed()[0].State)
	})
}

func TestTheFormOfAPaymentByHandEndsWhenTheOrderIsPaid(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn")
		env.Say(olga, "/order "+env.lastOrder())
		env.Tap(olga, "Paid in another way")
		env.Pay(alice)
		env.Say(olga, "cash")
		require.Contains(t, env.Last(olga).Text, "was paid before")
		env.Say(olga, "how are you")
		require.NotContains(t, env.Last(olga).Text, "was paid before")
		require.Len(t, env.agreed()[0].Payments, 1)
	})
}

func TestAnOrderOfAForgottenBuyerIsNotPaidByHand(t *testing.T) {
	for _, began := range []bool{false, true} {
		run(t, func(t *testing.T, env *testEnv) {
			env.Say(alice, "/buy vpn")
			order := env.lastOrder()
			env.Say(olga, "/order "+order)
			env.Tap(alice, "Cancel")
			env.wait(time.Hour)
			if began {
				env.Tap(olga, "Paid in another way")
				env.Say(olga, "cash")
			}
			status, body := env.TellOps(http.MethodPost, "/ops/forget?buyer="+fmtID(alice), "")
			require.Equal(t, http.StatusOK, status, body)
			if began {
				env.Press(olga, "handpaid:")
			} else {
				env.Tap(olga, "Paid in another way")
			}
			alerts := env.Telegram().Alerts(botToken, olga)
			require.Contains(t, alerts[len(alerts)-1].Text, "out of date", env.Transcript(olga))
			env.Say(olga, "cash")
			require.Empty(t, dataOf(env.Last(olga), "handpaid:"+order+":"), env.Transcript(olga))
			require.NotContains(t, env.Log.String(), "level=ERROR")
			require.Equal(t, shop.StateCancelled, env.agreed()[0].State)
		})
	}
}

// Two owners say at once that an order was paid, in different ways, and the invoice is paid in the
// same moment: one of the three pays for it, and a real payment is never lost.
func TestAnOrderIsPaidOnceWhoeverSaysSo(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Stop()
		env.Setenv("ADMINS", fmtID(olga)+","+fmtID(boris))
		env.Start()
		env.Say(boris, "/language")
		env.Tap(boris, "English")
		env.Say(alice, "/buy vpn")
		link, order := env.PayLink(alice), env.lastOrder()
		for who, words := range map[int64]string{olga: "cash", boris: "4 USDT a friend"} {
			env.Say(who, "/order "+order)
			env.Tap(who, "Paid in another way")
			env.Say(who, words)
		}
		for _, who := range []int64{olga, boris} {
			ask := env.Last(who)
			require.NoError(t, env.Telegram().TapData(botToken, who, ask.ID, dataOf(ask, "handpaid:")))
		}
		_, err := env.CryptoPay().Pay(link, alice, "USDT")
		require.NoError(t, err)
		env.Settle()
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		o := env.agreedBut("paid_twice")[0]
		byHand := 0
		for _, p := range o.Payments {
			if p.Rail == shop.Hand {
				byHand++
			}
		}
		require.LessOrEqual(t, byHand, 1)
		require.Equal(t, len(o.Payments)-1, byHand, "the invoice's payment is there")
		for _, who := range []int64{olga, boris} {
			require.Regexp(t, "is paid by hand|was paid before", env.Transcript(who))
		}
		for line := range strings.Lines(env.Log.String()) {
			if strings.Contains(line, "level=ERROR") {
				require.Contains(t, line, "kind=paid_twice", "the books say so")
			}
		}
	})
}

func (env *testEnv) agreedBut(kind string) []shop.Order {
	env.T.Helper()
	body := env.askOps(http.MethodPost, "/ops/reconcile")
	if !strings.Contains(body, `"differences":null`) {
		require.Contains(env.T, body, `"kind":"`+kind+`"`)
		require.Equal(env.T, 1, strings.Count(body, `"kind":`), body)
	}
	return env.sound()
}

// Goods by hand are a message like any other, however long and strange they are.
func TestGoodsByHandMayBeAnyText(t *testing.T) {
	for name, text := range map[string]string{
		"markup": strings.Repeat("&<>", 1365), "wide": strings.Repeat("😀", 2048), "backwards": "\u202eKEY-HAND\u202c",
		"lines": strings.Repeat("a\n", 2047) + "b",
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				order := env.payLate(1, alice)[0]
				env.Say(olga, "/order "+order)
				env.Tap(olga, "Deliver by hand")
				require.NoError(t, env.Telegram().UploadAs(botToken, olga, "photo", "p.jpg", picture(t, 9, 9, 9), "KEY-77"))
				env.Settle()
				require.Contains(t, env.Last(olga).Text, "text")
				env.Say(olga, text)
				before := len(env.Telegram().Sent(botToken, alice))
				env.Tap(olga, "Yes, send it")
				env.wait(time.Minute)
				var got strings.Builder
				for _, m := range env.Telegram().Sent(botToken, alice)[before:] {
					got.WriteString(m.Text)
				}
				for _, c := range []string{"&", "😀", "a", "KEY-HAND"} {
					if n := strings.Count(text, c); c != "a" || name == "lines" {
						require.GreaterOrEqual(t, strings.Count(got.String(), c), n, got.String())
					}
				}
				require.Equal(t, shop.StateDelivered, env.agreed()[0].State)
				require.NotContains(t, env.Log.String(), "level=ERROR")
			})
		})
	}
}

// A unit that was paid back alone and is loaded again is somebody else's from then on.
func TestAUnitThatWasPaidBackIsSoldAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/buy vpn 2")
		order := env.Pay(alice).Payload
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key")
		env.Tap(olga, "1 · ")
		env.Tap(olga, "Refund this one")
		env.Tap(olga, "Yes, send")
		env.Say(boris, "/buy vpn 8")
		env.Pay(boris)
		status, body := env.TellOps(http.MethodPost, "/ops/stock?sku=vpn&again", "KEY-01\n")
		require.Equal(t, http.StatusOK, status, body)
		require.Contains(t, env.stockLine(), "1 free")
		env.Say(olga, "/order "+order)
		env.Tap(olga, "Replace a key") // the only free one is one that the order had
		env.Tap(olga, "it does not work")
		require.NotContains(t, env.Log.String(), "level=ERROR")
		require.Contains(t, env.Last(olga).Text, "No key is free")
		env.Say(boris, "/buy vpn")
		second := env.Pay(boris).Payload
		require.Equal(t, 1, env.CountSent(boris, "KEY-01"), env.Transcript(boris))
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Show the goods again")
		require.NotContains(t, env.Last(alice).Text, "KEY-01")
		env.refund(second)
		env.Say(olga, "/order "+order)
		env.refund(order)
		orders := env.agreed()
		require.Equal(t, shop.StateRefunded, orders[0].State)
	})
}

func TestTwoOfTheStaffReplaceWithTheLastFreeUnit(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(boris, "/start "+env.invite("support"))
		env.Press(boris, "join:")
		env.Say(boris, "/language")
		env.Tap(boris, "English")
		env.Say(alice, "/buy vpn 9")
		order := env.Pay(alice).Payload
		for i, who := range []int64{olga, boris} {
			env.Say(who, "/order "+order)
			env.Tap(who, "Replace a key")
			env.Tap(who, []string{"1 · ", "2 · "}[i])
		}
		for _, who := range []int64{olga, boris} {
			ask := env.Last(who)
			yes, found := testenv.FindButton(ask, "it does not work")
			require.True(t, found)
			require.NoError(t, env.Telegram().TapData(botToken, who, ask.ID, yes.Data))
		}
		env.Settle()
		o := env.agreed()[0]
		require.Len(t, o.Lines[0].Replaced, 1)
		require.Equal(t, shop.StateDelivered, o.State)
		require.NotContains(t, env.Log.String(), "level=ERROR")
		told := env.CountSent(olga, "No key is free") + env.CountSent(boris, "No key is free")
		for _, who := range []int64{olga, boris} {
			for _, a := range env.Telegram().Alerts(botToken, who) {
				if strings.Contains(a.Text, "just being delivered") {
					told++
				}
			}
		}
		require.Equal(t, 1, told, "the other one")
	})
}

// What an owner is offered to return by hand is what came by hand: a surplus goes back itself, and
// would otherwise stay with the shop.
func TestARefundOfAllThatWasPaidByHandLeavesTheSurplus(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		before := env.coins()
		env.Say(alice, "/buy vpn")
		order := env.lastOrder()
		env.paidByHand(order, "5 USDT cash")
		env.payAgain(alice, order, "5", "USDT")
		env.Say(olga, "/refund "+order)
		env.Say(olga, "cash")
		env.Tap(olga, "Yes, 5.00 USDT was returned")
		require.Empty(t, env.transfers())
		env.Say(alice, "/orders")
		env.Tap(alice, "VPN")
		env.Tap(alice, "Send it back")
		require.Equal(t, before.String(), env.coins().String())
		require.Equal(t, shop.StateRefunded, env.agreed()[0].State)
	})
}

// Whatever sum an owner says was paid, each screen and list that shows it can be drawn.
func TestSumsByHandOfAnySizeAreShown(t *testing.T) {
	for _, words := range []string{
		"0.001 USD cash", "0.000000000000000001 TON cash", "99999999999999999999999999 USDT cash", "1 000 USDT cash", "1,5 USDT cash",
		"5 usdt " + strings.Repeat("&<>", 1300), "\u202e5 USDT cash",
	} {
		t.Run(words[:min(len(words), 20)], func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				env.Say(alice, "/buy vpn 2")
				order := env.lastOrder()
				env.Say(olga, "/order "+order)
				env.Tap(olga, "Paid in another way")
				env.Say(olga, words)
				if dataOf(env.Last(olga), "handpaid:") == "" {
					require.Contains(t, env.Last(olga).Text, "not a sum")
					return
				}
				env.Press(olga, "handpaid:")
				require.Len(t, env.KeysOf(alice), 2)
				for _, command := range []string{"/stats", "/stats all", "/order " + order, "/audit " + order, "/find alice", "/admin", "/refund " + order + " #1"} {
					env.Say(olga, command)
				}
				env.Say(olga, "cash")
				env.Say(olga, "/export")
				env.Press(olga, "export:go:orders")
				env.Say(olga, "/refund "+order)
				env.Say(olga, "cash")
				if dataOf(env.Last(olga), "refund:") != "" {
					env.Press(olga, "refund:")
				}
				env.Say(alice, "/orders")
				env.Tap(alice, "VPN")
				env.wait(24 * time.Hour) // a morning
				for line := range strings.Lines(env.Log.String()) {
					if strings.Contains(line, "level=ERROR") {
						t.Error(line)
					}
				}
				env.agreed()
			})
		})
	}
}

// The shop's currency changes while orders are open and paid: each order stays in its own.
func TestAnotherCurrencyLeavesOrdersAndTheirRefundsAlone(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("off", "1", "No limit")
		env.Tap(olga, "Make it")
		env.Say(alice, "/coupon OFF")
		env.Say(alice, "/buy vpn 2")
		first := env.Pay(alice).Payload
		env.Say(alice, "/buy vpn")
		second := env.lastOrder()
		env.WriteCatalog(strings.Replace(testenv.Catalog, "currency: USD", "currency: EUR", 1))
		env.paidByHand(second, "cash")
		env.Say(olga, "/refund "+second+" 2")
		env.Say(olga, "cash")
		env.Tap(olga, "Yes, 2.00 USD was returned")
		env.Say(olga, "/refund "+first+" 3")
		env.Tap(olga, "Yes, send")
		env.Say(olga, "/order "+first)
		env.Tap(olga, "Replace a key")
		env.Tap(olga, "1 · ")
		env.Tap(olga, "Refund this one")
		env.Tap(olga, "Yes, send")
		env.Say(alice, "/coupon OFF")
		env.Say(alice, "/buy vpn")
		require.Positive(t, env.CountSent(alice, "5.00 EUR"), "a coupon of the former currency fits nothing")
		env.Pay(alice)
		for _, command := range []string{"/stats", "/stats all", "/admin", "/find alice", "/coupons"} {
			env.Say(olga, command)
		}
		env.wait(24 * time.Hour)
		require.NotContains(t, env.Log.String(), "level=ERROR")
		env.agreed()
	})
}

// A unit that was replaced, loaded again, sold and replaced once more.
func TestAReplacedUnitThatIsLoadedAgain(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		replace := func(order string) {
			env.Say(olga, "/order "+order)
			env.Tap(olga, "Replace a key")
			env.Tap(olga, "it does not work")
		}
		again := func(unit string) {
			status, body := env.TellOps(http.MethodPost, "/ops/stock?sku=vpn&again", unit+"\n")
			require.Equal(t, http.StatusOK, status, body)
		}
		first := env.sold()
		replace(first)
		again("KEY-01")
		env.Say(boris, "/buy vpn 8") // all but the one that was loaded again
		env.Pay(boris)
		second := env.sold()
		require.Equal(t, []string{"KEY-01", "KEY-02", "KEY-01"}, env.KeysOf(alice))
		again("KEY-02") // it is Alice's: not for sale again
		require.Contains(t, env.stockLine(), "0 free")
		again("KEY-11")
		replace(second)
		again("KEY-01")
		replace(first) // which had it
		require.Contains(t, env.Last(olga).Text, "No key is free")
		status, body := env.AskOps(http.MethodPost, "/ops/stock/undo?sku=vpn&batch=2")
		require.Equal(t, http.StatusOK, status, body)
		for _, order := range []string{first, second} {
			env.refund(order)
		}
		again("KEY-11")
		require.NotContains(t, env.Log.String(), "level=ERROR")
		env.agreed()
	})
}
