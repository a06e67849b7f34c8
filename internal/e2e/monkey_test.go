package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

var orderNumber = regexp.MustCompile(`[0-9A-Z]{7}-[0-9A-Z]{8}`)

// monkey presses, writes and pays at random, and keeps what it did for the report.
type monkey struct {
	*testEnv

	*rand.Rand
	loaded  int
	said    []string
	pressed []press
}

// press is a button that somebody pressed.
type press struct {
	who  int64
	at   int
	data string
}

func pick[V any](m *monkey, from ...V) V { return from[m.IntN(len(from))] }

// order is any order's number.
func (m *monkey) order() string {
	seen := map[string]bool{}
	for _, who := range []int64{alice, boris} {
		for _, message := range m.Telegram().Sent(botToken, who) {
			for _, id := range orderNumber.FindAllString(message.Text, -1) {
				seen[id] = true
			}
		}
	}
	if len(seen) == 0 {
		return ""
	}
	return pick(m, slices.Sorted(maps.Keys(seen))...)
}

func (m *monkey) note(format string, args ...any) {
	m.said = append(m.said, fmt.Sprintf(format, args...))
}

// presses has somebody press one of the buttons that they see.
func (m *monkey) presses(who int64) {
	type seen struct {
		at int
		b  telegram.Button
	}
	var all []seen
	chat := m.Chat(who)
	for _, message := range chat[max(len(chat)-12, 0):] {
		for _, b := range slices.Concat(message.Buttons...) {
			for _, dull := range []string{"edit", "cast", "export", "staff", "morning", "l", "home", "help", "person", "find", "stats", "qn", "ask", "offers"} {
				if verb, _, _ := strings.Cut(strings.TrimPrefix(b.Data, "n:"), ":"); verb == dull {
					b.Data = ""
				}
			}
			if b.Data != "" {
				all = append(all, seen{message.ID, b})
			}
		}
	}
	if len(all) == 0 {
		return
	}
	s := pick(m, all...)
	m.note("%d presses %q %s", who, s.b.Text, s.b.Data)
	m.pressed = append(m.pressed, press{who, s.at, s.b.Data})
	for range pick(m, 1, 1, 1, 2) {
		_ = m.Telegram().TapData(botToken, who, s.at, s.b.Data)
	}
}

// taps has somebody press a button, at times twice, whose data begin so, among the latest screens; also
// one that is gone from the screen by the time the press arrives.
func (m *monkey) taps(who int64, prefix string) {
	chat := m.Chat(who)
	for _, message := range slices.Backward(chat[max(len(chat)-20, 0):]) {
		for _, b := range slices.Concat(message.Buttons...) {
			if !strings.HasPrefix(strings.TrimPrefix(b.Data, "n:"), prefix) || m.IntN(3) == 0 {
				continue
			}
			m.note("%d presses %q %s", who, b.Text, b.Data)
			m.pressed = append(m.pressed, press{who, message.ID, b.Data})
			for range pick(m, 1, 1, 2) {
				_ = m.Telegram().TapData(botToken, who, message.ID, b.Data)
			}
			return
		}
	}
}

// pressesAgain has somebody press a button of before again, in whatever state its message is now.
func (m *monkey) pressesAgain() {
	if len(m.pressed) == 0 {
		return
	}
	p := pick(m, m.pressed[max(len(m.pressed)-10, 0):]...)
	m.note("%d presses again %s", p.who, p.data)
	_ = m.Telegram().TapData(botToken, p.who, p.at, p.data)
}

func (m *monkey) says(who int64, text string) {
	m.note("%d says %q", who, text)
	_ = m.Telegram().Say(botToken, who, text)
}

// follows has the owner open an order, if the button opens one, write words, and press the buttons
// whose data begin so, one after the other. Now and then she stops half-way.
func (m *monkey) follows(button, words string, more ...string) {
	press := func(prefix string) {
		last := m.Last(olga)
		for _, b := range slices.Concat(last.Buttons...) {
			if strings.HasPrefix(strings.TrimPrefix(b.Data, "n:"), prefix) {
				m.note("%d presses %q %s", olga, b.Text, b.Data)
				_ = m.Telegram().TapData(botToken, olga, last.ID, b.Data)
				break
			}
		}
		time.Sleep(time.Second)
	}
	if button != "" {
		m.says(olga, "/order "+m.order())
		time.Sleep(time.Second)
		press(button)
	}
	if words != "" {
		m.says(olga, words)
		time.Sleep(time.Second)
	}
	for _, prefix := range more {
		if m.IntN(6) == 0 {
			return
		}
		press(prefix)
	}
}

// acts does one thing that somebody may do, or that may happen to them.
func (m *monkey) acts() {
	buyer := pick(m, alice, boris)
	switch m.IntN(36) {
	case 0, 1:
		m.says(buyer, pick(m, "/buy vpn", "/buy vpn 2", "/buy vpn 3", "/buy guide", "/buy album"))
	case 2:
		m.says(buyer, pick(m, "/coupon SPRING", "/coupon ODD", "/coupon ONCE", "/orders", "/cancel"))
	case 3, 4, 5:
		if link := m.PayLink(buyer); link != "" {
			m.note("%d pays", buyer)
			_, _ = m.CryptoPay().Pay(link, buyer, pick[money.Currency](m, "USDT", "TON"))
		}
	case 6:
		if order := m.order(); order != "" && m.IntN(2) == 0 {
			usd := pick(m, "5", "10", "1", "2.50", "4")
			m.note("%d pays %s again with %s", buyer, order, usd)
			in := m.createInvoice(order, usd)
			_, _ = m.CryptoPay().Pay(fmt.Sprint(in.ID), buyer, pick[money.Currency](m, "USDT", "USDT", "TON"))
		}
	case 7, 8, 9:
		m.presses(buyer)
	case 10:
		m.pressesAgain()
	case 11, 12, 13, 14, 15, 16:
		m.presses(olga)
	case 17:
		m.says(olga, "/order "+m.order())
	case 18:
		m.says(olga, "/refund "+m.order()+pick(m, "", "", " 1", " 2 USDT", " #1", " 1 TON", " check"))
	case 19:
		m.says(olga, pick(m, "cash", "5 USDT cash", "5 USDT a friend", "KEY-HAND", "3 TON swap"))
	case 20:
		m.loaded++
		m.note("loads %d", m.loaded)
		status, body := m.TellOps(http.MethodPost, "/ops/stock?sku=vpn", fmt.Sprintf("LOAD-%02d\nMORE-%02d\n", m.loaded, m.loaded))
		require.Equal(m.T, http.StatusOK, status, body)
	case 21:
		d := pick(m, time.Second, time.Minute, 20*time.Minute, time.Hour)
		m.note("%s pass", d)
		time.Sleep(d)
		return
	case 22:
		method := pick(m, "transfer", "createInvoice", "createCheck", "deleteInvoice", "getInvoices")
		n := pick(m, 0, 1, 4, 30)
		f := pick(m, cryptopay.Failure{Status: http.StatusBadGateway}, cryptopay.Failure{DropAfter: true})
		if method == "createInvoice" {
			n = 0 // which the test itself calls
		}
		m.note("%s fails %d times: %+v", method, n, f)
		m.CryptoPay().FailNext(method, n, f)
	case 24, 25:
		m.follows("handpaid:", pick(m, "cash", "5 USDT cash", "3 TON swap"), "handpaid:")
	case 26:
		m.follows("byhand:", "KEY-HAND", "byhand:")
	case 27:
		m.follows("replace:", "", "replace:", "piece:", "refund:")
	case 28:
		m.follows("replace:", "", "replace:", "replace:")
	case 30:
		m.says(buyer, pick(m, "/start p_vpn", "/start p_vpn", "/start p_guide", "/cart", "/wishes", "/settings", "vnp", "/start o_"+m.order()))
	case 31, 32:
		m.taps(buyer, pick(m, "ct:add:", "cb:", "cb:", "ct:more:", "ct:less:", "ct:back:", "ct:out:", "ct"))
	case 33:
		m.taps(buyer, pick(m, "rn:", "rn:", "wi:+", "wi:", "rv:r:", "rv:s:", "rv:w:", "rv:x:", "ask:new", "qty:"))
		m.says(buyer, pick(m, "2", "Good <b>goods</b>", "/cart"))
	case 34:
		m.says(buyer, "/settings")
		time.Sleep(time.Second)
		m.taps(buyer, "set:forget")
		time.Sleep(time.Second)
		m.taps(buyer, "set:forget:")
	case 35:
		m.says(olga, "/reviews")
		time.Sleep(time.Second)
		m.taps(olga, "reviews:")
	case 29:
		m.says(olga, "/refund "+m.order()+pick(m, "", " 1", " #1"))
		time.Sleep(time.Second)
		m.follows("", "cash", "refund:")
	case 23:
		switch m.IntN(3) {
		case 0:
			m.note("restart")
			m.Stop()
			m.Start()
		case 1:
			m.note("%d blocks the bot", buyer)
			m.Telegram().Block(botToken, buyer, true)
		default:
			m.Telegram().Block(botToken, alice, false)
			m.Telegram().Block(botToken, boris, false)
		}
	}
	time.Sleep(pick(m, 0, 10*time.Millisecond, time.Second, 5*time.Second))
}

// Whatever people press, write and pay, in whatever order: money and goods add up.
func TestMoneyAndGoodsAddUpWhateverPeoplePress(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			run(t, func(t *testing.T, env *testEnv) {
				m := &monkey{testEnv: env, Rand: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // repeatable
				env.makeCoupon("spring", "20%", "No limit")
				env.Tap(olga, "Make it")
				env.makeCoupon("odd", "0.33", "No limit")
				env.Tap(olga, "Make it")
				env.makeCoupon("once", "10%", "1")
				env.Tap(olga, "Make it")
				env.switchInvitationsOn()
				env.Say(boris, "/start "+env.inviteOf(alice))
				if seed%2 == 1 {
					env.WriteCatalog(strings.Replace(testenv.Catalog, "assets: [USDT, TON]", "assets: [USDT, TON], choose_coin: true", 1))
				}
				for range 250 {
					m.acts()
				}
				for _, method := range []string{"transfer", "createCheck", "deleteInvoice", "getInvoices", "createInvoice"} {
					env.CryptoPay().FailNext(method, 0, cryptopay.Failure{})
				}
				env.Telegram().Block(botToken, alice, false)
				env.Telegram().Block(botToken, boris, false)
				time.Sleep(6 * time.Hour)
				env.Settle()
				t.Cleanup(func() {
					if t.Failed() {
						t.Log(strings.Join(m.said, "\n"))
					}
				})
				m.addsUp()
			})
		})
	}
}

// addsUp asserts that nothing is left to do, and that shop, stock and Crypto Pay agree.
func (m *monkey) addsUp() {
	t := m.T
	var report struct {
		Differences []struct {
			Kind  string `json:"kind"`
			Order string `json:"order"`
		} `json:"differences"`
	}
	body := m.askOps(http.MethodPost, "/ops/reconcile")
	require.NoError(t, json.Unmarshal([]byte(body), &report))
	for _, d := range report.Differences {
		if d.Kind != "paid_twice" && d.Kind != "held" {
			t.Errorf("reconcile: %+v", d)
		}
	}
	stored := m.sound()
	sent, kept := shop.Sums{}, map[string]string{}
	for _, o := range stored {
		require.NotContains(t, []shop.State{shop.StatePaid, shop.StateRefunding, shop.StateNew, shop.StateAwaiting}, o.State, "%s", o.ID)
		for _, r := range o.Refunds {
			if r.Status == shop.RefundSent && r.Way != shop.ByHand {
				sent.Add(r.Amount)
			}
		}
		for i := range o.Lines {
			if o.Lines[i].FromStock {
				for _, unit := range o.Lines[i].Goods {
					require.Empty(t, kept[unit], "%s is of two orders", unit)
					kept[unit] = string(o.ID)
				}
			}
		}
	}
	moved := shop.Sums{}
	for _, tr := range m.transfers() {
		moved.Add(tr.Amount)
	}
	for _, c := range m.CryptoPay().Checks(appToken) {
		moved.Add(c.Amount)
	}
	require.Equal(t, fmt.Sprint(sent), fmt.Sprint(moved))
	for line := range strings.Lines(m.Log.String()) {
		if strings.Contains(line, "level=ERROR") && !strings.Contains(line, "books differ") {
			t.Error(line)
		}
	}
}
