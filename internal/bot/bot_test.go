package bot

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// inWorld runs a test in a bubble, where waiting for a chat's turn takes no time.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWorld(t)) })
}

// theOrder is the only order that there is.
func (w *world) theOrder() shop.Order {
	w.Helper()
	require.Len(w, w.store.orders, 1)
	for _, o := range w.store.orders {
		return o
	}
	return shop.Order{}
}

func TestBuyButtonIsThereUntilThereIsNothingLeft(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A", "B"}
		page := w.say(alice, "/start p_vpn")
		require.Contains(t, said(page), "2 left")
		buy := findButton(t, page, "b:vpn:1:")
		require.NotEmpty(t, buy)
		require.NotEmpty(t, findButton(t, w.say(alice, "/start p_guide"), "b:guide:1:"), "what never runs out")

		w.store.units["vpn"] = nil
		page = w.say(alice, "/start p_vpn")
		require.Contains(t, said(page), "Sold out")
		require.Empty(t, findButton(t, page, "b:"))
		require.NotEmpty(t, findButton(t, page, "c:games"), "the way back stays")
		require.Contains(t, said(w.press(alice, 50, buy)), "sold out", "a button that was drawn before")
		require.Empty(t, w.store.orders)
	})
}

func TestOneMessageOfAnOrderHasButtons(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		buy := findButton(t, w.say(alice, "/start p_vpn"), "b:vpn:1:")
		w.press(alice, 50, buy)
		o := w.theOrder()
		require.Equal(t, shop.MessageRef{Chat: alice, Message: 50}, o.Message)

		taken := func(calls []call) (messages []string) {
			for _, c := range calls {
				if c.method == "editMessageReplyMarkup" {
					require.Empty(t, c.keyboard(t))
					messages = append(messages, c.params["message_id"])
				}
			}
			return messages
		}
		require.Equal(t, []string{"50"}, taken(w.press(alice, 60, "o:"+string(o.ID))), "drawn elsewhere: the old buttons go")
		require.Equal(t, 60, w.theOrder().Message.Message)
		require.Empty(t, taken(w.press(alice, 60, "o:"+string(o.ID))), "drawn in the same place")
		require.Equal(t, []string{"60"}, taken(w.say(alice, "/start o_"+string(o.ID))), "drawn as a new message")
	})
}

// A press ends the waiting of its button once, and before anything is drawn.
func TestPressIsAnsweredOnceAndFirst(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A", "B", "C"}
		w.say(alice, "/buy vpn")
		order := string(w.theOrder().ID)
		nonce, err := w.bot.nonces.draw(alice, time.Now())
		require.NoError(t, err)
		refused := `{"ok":false,"error_code":400,"description":"Bad Request: BUTTON_INVALID"}`
		for _, press := range []struct {
			data   string
			from   int64
			words  string // of the answer
			refuse string // the method that Telegram refuses
		}{
			{data: "home"},
			{data: "cat"},
			{data: "c:games"},
			{data: "p:vpn:2"},
			{data: "os"},
			{data: "help"},
			{data: "l"},
			{data: "-"},
			{data: "n:os"},
			{data: "o:" + order},
			{data: "b:vpn:1:" + nonce},
			{data: "c:gone", words: "out of date"},
			{data: "b:vpn:1:old", words: "out of date"},
			{data: "l:ru", words: "по-русски"},
			{data: "nonsense", words: "устарела"},
			{data: "o:nonsense", words: "Не нахожу"},
			{data: "held", words: "устарела"},
			{data: "o:" + order, from: olga, words: "do not find"},
			{data: "g:" + order, words: "не готов"},
			{data: "w:" + order, words: "что-то произошло"},
			{data: "b:vpn:10:" + nonce},
			{data: "x:" + order, words: "Отменено"},
			{data: "held", from: olga},
			{data: "det:" + order, from: olga},
			{data: "rask:" + order, from: olga},
			{data: "rask:" + order + " #2", from: olga},
			{data: "free:" + order, from: olga, words: "out of date"},
			{data: "rno", from: olga},
			{data: "cat", refuse: "editMessageText"},
			{data: "cat", refuse: "answerCallbackQuery"},
		} {
			if press.from == 0 {
				press.from = alice
			}
			w.refuse = map[string]string{press.refuse: refused}
			calls := w.press(press.from, 60, press.data)
			answers := slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return c.method != "answerCallbackQuery" })
			require.Len(t, answers, 1, press.data)
			require.Equal(t, "answerCallbackQuery", calls[0].method, "%s: drawn before the answer", press.data)
			if press.words == "" {
				require.Empty(t, answers[0].params["text"], press.data)
			} else {
				require.Contains(t, answers[0].params["text"], press.words, press.data)
			}
		}

		w.refuse = nil
		w.store.fail = errors.New("disk")
		calls := w.press(alice, 60, "os")
		require.Len(t, calls, 1)
		require.Contains(t, calls[0].params["text"], "пошло не так")
	})
}

func TestPressThatWillBeTriedAgainIsAnsweredThen(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.refuse["editMessageText"] = `{"ok":false,"error_code":500,"description":"Internal Server Error"}`
		_, err := w.tryPress(alice, 60, "cat")
		require.Error(t, err)
		w.refuse = nil
		require.Contains(t, said(w.press(alice, 60, "cat")), "looking for")
	})
}

func TestScreenThatTelegramRefusesIsSaid(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.refuse["editMessageText"] = `{"ok":false,"error_code":400,"description":"Bad Request: BUTTON_INVALID"}`
		require.Contains(t, said(w.press(alice, 60, "cat")), "went wrong on our side")
	})
}

// Each commit is a wait for the disk.
func TestLookingCommitsNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		w.say(alice, "/buy vpn")
		o := w.theOrder()
		look := func(what string, do func() []call) {
			before := w.store.commits
			require.NotEmpty(t, do())
			require.Equal(t, before, w.store.commits, what)
		}
		for _, data := range []string{"home", "cat", "c:games", "p:vpn:1", "p:guide:1", "os", "help", "l", "-", "k:nonsense", "g:" + string(o.ID)} {
			look(data, func() []call { return w.press(alice, 60, data) })
		}
		for _, text := range []string{"/start", "/catalog", "/buy", "/orders", "/help", "/support", "/language", "hello", "/nonsense"} {
			look(text, func() []call { return w.say(alice, text) })
		}
		look("the order where it is", func() []call { return w.press(alice, o.Message.Message, "o:"+string(o.ID)) })

		before := w.store.commits
		time.Sleep(24 * time.Hour)
		w.press(alice, 60, "home")
		w.press(alice, 60, "home")
		require.Equal(t, before+1, w.store.commits, "a person is seen once a day")
	})
}

func TestFormOfLoadingStock(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		id := 100
		say := func(text string) string {
			id++
			return said(w.send(models.Message{ID: id, From: user(olga), Text: text}))
		}
		ask := func() { require.Contains(t, say("/addstock vpn"), "Now send the keys") }
		add := func(calls []call) string { return said(w.press(olga, 60, findButton(t, calls, "stock:add"))) }
		ask()
		id++
		shown := w.send(models.Message{ID: id, From: user(olga), Text: "A1\n\n B2 \nC3"})
		require.Contains(t, said(shown), "3 new keys")
		require.Empty(t, w.store.units["vpn"], "nothing is for sale before Add")
		id++
		w.file = []byte("\uFEFFD4\r\nE5\r\n")
		shown = w.send(models.Message{ID: id, From: user(olga), Document: &models.Document{FileID: "f", FileSize: 8}})
		require.Contains(t, said(shown), "5 new keys")
		require.Contains(t, said(shown), "First: <code>A1</code>\nLast: <code>E5</code>")
		require.Contains(t, add(shown), "5 keys added")
		require.Equal(t, []string{"A1", "B2", "C3", "D4", "E5"}, w.store.units["vpn"])
		require.Contains(t, say("Z9"), "found nothing", "Add ends it")

		for _, end := range []string{"/done", "/help", "/nonsense", "/start p_vpn", "/cancel"} {
			ask()
			say(end)
			require.Contains(t, say("not a key"), "found nothing", "%s leaves the form", end)
		}
		ask()
		w.press(olga, 60, "home")
		require.Contains(t, say("not a key"), "found nothing", "a button of the menu leaves the form")
		ask()
		time.Sleep(loadingFor - time.Minute)
		require.Contains(t, say("F6"), "1 new key")
		time.Sleep(loadingFor - time.Minute)
		require.Contains(t, say("G7"), "2 new keys", "each message gives it its time again")
		time.Sleep(loadingFor + time.Minute)
		require.Contains(t, say("late"), "found nothing", "it has ended")
		require.Len(t, w.store.units["vpn"], 5)
	})
}

func TestCancelLeavesAFormBeforeItCancelsAnOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.units["vpn"] = []string{"A"}
		w.say(olga, "/buy vpn")
		w.say(olga, "/addstock vpn")
		require.Contains(t, said(w.say(olga, "/cancel")), "an ordinary message again")
		require.True(t, func() bool { o := w.theOrder(); return o.Open() }())
		time.Sleep(time.Second)
		require.Contains(t, said(w.cancel(olga)), "Cancelled: VPN, order <code>")
	})
}

func TestFormOfOwnersIsNotForBuyers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		lists := &stockForm{Lists: []*stockList{{ID: "x", SKU: "vpn"}}}
		require.NoError(t, w.bot.takeInto(t.Context(), alice, lists, lists.Lists[0]))
		require.Contains(t, said(w.say(alice, "A")), "found nothing")
		require.NoError(t, w.store.SetForm(t.Context(), olga, shop.Form{Name: "of another version", Until: time.Now().Add(time.Hour)}))
		require.Contains(t, said(w.say(olga, "A")), "found nothing")
		require.Empty(t, w.store.units)
	})
}

// threeLines stores a delivered order of three lines at 5, 2.50 and 2.50 USD, less 1 USD, paid with
// 9 USDT.
func (w *world) threeLines() shop.Order {
	w.Helper()
	o := severalLines(w.T)
	o.Lines[1].Refunded = false
	o = delivered(paidWith(w.T, o, "9"))
	o.Buyer.ID = alice
	w.store.orders[o.ID] = o
	return o
}

func TestOneLineIsPaidBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.threeLines()
		asked := w.say(olga, "/refund "+string(o.ID)+" #2")
		require.Contains(t, said(asked), "2.25 USDT")
		require.Contains(t, said(asked), "\nGuide. For")
		yes := findButton(t, asked, "refund:")
		require.Len(t, strings.Split(yes, ":"), 3, "the amount and the line stay with the order")
		again := w.press(olga, 60, "rask:"+string(o.ID)+" #2")
		require.Contains(t, said(again), "2.25 USDT", "the button of /order")

		require.Contains(t, said(w.press(olga, 61, yes)), "on its way")
		w.press(olga, 61, yes)
		refunds := w.theOrder().Refunds
		require.Len(t, refunds, 1)
		require.Equal(t, []int{1}, refunds[0].Lines)
		require.Equal(t, "2.25 USDT", refunds[0].Amount.String())
	})
}

func TestLinesThatCannotBePaidBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.threeLines()
		for wrong, answer := range map[string]string{
			"#0": "no such line", "#4": "no such line", "#x": "no such line", "#1 #2": "no such line", "#2 5": "no such line",
			"#": "no such line", "1 #2": "cannot read this amount",
		} {
			asked := w.say(olga, "/refund "+string(o.ID)+" "+wrong)
			require.Contains(t, said(asked), answer, wrong)
			require.Empty(t, findButton(t, asked, "refund:"), wrong)
		}
		o.Lines[1].Refunded = true
		w.store.orders[o.ID] = o
		require.Contains(t, said(w.say(olga, "/refund "+string(o.ID)+" #2")), "gone back already")
		details := w.say(olga, "/order "+string(o.ID))
		require.NotEmpty(t, findButton(t, details, "rask:"+string(o.ID)+" #1"))
		require.Empty(t, findButton(t, details, "rask:"+string(o.ID)+" #2"))
		o.Rail, o.Payments[0].Rail = "pigeon", "pigeon"
		w.store.orders[o.ID] = o
		asked := w.say(olga, "/refund "+string(o.ID)+" #1")
		require.Contains(t, said(asked), "cannot send money back")
		require.Empty(t, findButton(t, asked, "refund:"), "refused before the confirmation")
	})
}

// The files of some lines may be gone; the other goods are shown all the same.
func TestGoodsOfEachLineAreShownAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.threeLines()
		o.Lines[0].Refunded = true
		o.Lines[1].Deliver = "pigeon"
		w.store.orders[o.ID] = o
		shown := said(w.press(alice, 60, "g:"+string(o.ID)))
		require.NotContains(t, shown, "KEY-0", "of the line that was paid back")
		require.Contains(t, shown, "KEY-2")
		require.Contains(t, shown, "went wrong on our side")
	})
}

func TestLongIDsOfPaymentsFitIntoButtons(t *testing.T) {
	o := orderOf(t, guide())
	for _, invoice := range []string{"42", strings.Repeat("x:", 50)} {
		o.Payments = []shop.Payment{{Invoice: invoice, Amount: usd(t, "1"), Surplus: true}}
		b := returnButton(testLocalizer(t, "en"), o, invoice)
		require.LessOrEqual(t, len(b.Data), maxData)
		_, name, _ := strings.Cut(strings.TrimPrefix(b.Data, actReturn+":"), ":")
		require.Equal(t, invoice, namedPayment(o, name))
	}
	require.Empty(t, namedPayment(o, "43"))
}

// The message with the pay button loses it along with the delivery, under a picture as well.
func TestPaidOrderIsRedrawnWithoutItsPayButton(t *testing.T) {
	for name, lines := range map[string]int{"one line": 1, "more than a caption holds": 40} {
		for method, media := range map[string]bool{"editMessageText": false, "editMessageCaption": true} {
			t.Run(name+" "+method, func(t *testing.T) {
				inWorld(t, func(t *testing.T, w *world) {
					o := orderOf(t, slices.Repeat([]shop.Line{vpn(1)}, lines)...)
					o.State, o.Message = shop.StatePaid, shop.MessageRef{Chat: alice, Message: 50, Media: media}
					courier := &Courier{chat: w.bot.chat, staff: w.bot.staff, log: w.bot.log}
					require.NoError(t, courier.Tell(t.Context(), paidWith(t, o, "5"), shop.Notice{What: shop.WhatPaid, To: shop.ToBuyer}))
					calls, _ := w.since(0)
					require.Len(t, calls, 1, "and nothing is said")
					require.Equal(t, method, calls[0].method)
					require.Contains(t, said(calls), "Paid · order")
					require.NotContains(t, calls[0].params["reply_markup"], "https://t.me/pay")
				})
			})
		}
	}
}

func TestEachLineIsDeliveredByItself(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := w.threeLines()
		courier := &Courier{chat: w.bot.chat, log: w.bot.log}
		for line, goods := range []string{"KEY-0&lt;1&gt;", "All &amp; more", "KEY-2&lt;0&gt;"} {
			_, before := w.since(0)
			require.NoError(t, courier.Deliver(t.Context(), o, line))
			calls, _ := w.since(before)
			require.Len(t, calls, 1)
			require.Contains(t, said(calls), goods)
		}
		o.Lines[1].Deliver = "pigeon"
		var never *shop.UndeliverableError
		require.ErrorAs(t, courier.Deliver(t.Context(), o, 1), &never)
		require.Equal(t, shop.HoldUnknownWay, never.Reason)
	})
}
