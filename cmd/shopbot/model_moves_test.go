package main

import (
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// doing is one kind of move. do plays it, or tells no story where there is nothing to do it to.
type doing struct {
	name  string
	often int
	do    func(p *play, m move)
}

// moves are all kinds, the simplest first: it is to them that a failure is reduced.
func moves() []doing {
	return []doing{
		{"buys", 14, (*play).buys},
		{"pays", 10, (*play).pays},
		{"buys the rest", 5, (*play).buysTheRest},
		{"pays late", 6, (*play).paysLate},
		{"pays late, and others were first", 8, (*play).paysTooLate},
		{"waits", 4, (*play).waits},
		{"cancels", 3, (*play).cancels},
		{"restocks", 4, (*play).restocks},
		{"refunds", 4, (*play).refunds},
		{"refunds a part", 4, (*play).refundsPart},
		{"pays once more", 5, (*play).paysOnceMore},
		{"pays another sum or coin", 4, (*play).paysStrangely},
		{"looks at the goods", 2, (*play).looksAtGoods},
		{"restarts", 2, (*play).restarts},
		{"is closed for a while", 2, (*play).isClosed},
		{"blocks or unblocks", 2, (*play).blocks},
		{"pays, and cannot be reached", 4, (*play).paysAway},
		{"collects", 5, (*play).collects},
		{"releases", 5, (*play).releases},
		{"changes the catalog", 3, (*play).changesCatalog},
		{"rush", 3, (*play).rush},
		{"pays and cancels at once", 4, (*play).paysAndCancels},
		{"pays twice at once", 4, (*play).paysTwiceAtOnce},
		{"pays unseen", 4, (*play).paysUnseen},
		{"pays in the last second", 4, (*play).paysLast},
		{"goes blind or sees again", 2, (*play).goesBlind},
		{"repeats", 2, (*play).repeats},
		{"refund in trouble", 3, (*play).refundsInTrouble},
		{"buys in trouble", 3, (*play).buysInTrouble},
		{"goods in trouble", 4, (*play).paysInTrouble},
	}
}

func (p *play) buys(m move) {
	who, can := p.writer(m.who)
	if !can {
		return
	}
	sku, n := products[m.which%len(products)], 1+m.n%5
	p.tell("%s asks for %d × %s", castName[who], n, sku)
	refusal := p.k.refusesOrder(who, sku, n)
	if refusal == "" && m.n >= 6 {
		p.buysByButton(who, sku, n)
	} else {
		p.say(who, fmt.Sprintf("/buy %s %d", sku, n))
	}
	p.ordered(who, sku, n, refusal)
}

// buysTheRest has somebody ask for all that is left, so that others come too late.
func (p *play) buysTheRest(m move) {
	who, can := p.writer(m.who)
	sku := products[m.which%2]
	n := p.k.free(sku)
	if !can || n <= 0 {
		return
	}
	n = min(n, p.k.sells[sku].limit)
	p.tell("%s asks for what is left of %s, %d", castName[who], sku, n)
	refusal := p.k.refusesOrder(who, sku, n)
	p.say(who, fmt.Sprintf("/buy %s %d", sku, n))
	p.ordered(who, sku, n, refusal)
}

// buysByButton presses the Buy button three times: still one order.
func (p *play) buysByButton(who int64, sku string, n int) {
	p.say(who, "/start p_"+sku)
	for range n - 1 {
		p.tap(who, "+")
	}
	card := p.last(who)
	buy, found := findButton(card, "Buy")
	require.True(p.t, found, card.Text)
	for range 3 {
		require.NoError(p.t, p.Telegram().TapData(botToken, who, card.ID, buy.Data))
	}
	p.settle()
}

// ordered writes down the order that was just made, or looks that there is none.
func (p *play) ordered(who int64, sku string, n int, refusal string) {
	if p.blind && refusal == "" {
		p.wait(lapseBlind) // the invoice may come, or be given up
	}
	made := p.newInvoices()
	if refusal != "" {
		if len(made) > 0 {
			p.failf("%d × %s is refused (%s), and there is invoice %d of order %s", n, sku, refusal, made[0].ID, made[0].Payload)
		}
		p.tell("  refused: %s", refusal)
		return
	}
	if len(made) != 1 {
		p.failf("%d × %s: %d new invoices, want one:\n%s", n, sku, len(made), p.lately(who))
	}
	p.writeDown(who, sku, n, made[0])
}

func (p *play) writeDown(who int64, sku string, n int, in cryptopay.Invoice) {
	e := p.k.order(in.Payload, who, sku, n, in.ExpiresAt)
	p.tell("  %v for %s USD, invoice %d", e, e.total.FloatString(2), in.ID)
	if rat(in.Amount.Decimal()).Cmp(e.total) != 0 {
		p.failf("%v: the invoice is over %s, want %s", e, in.Amount, e.total.FloatString(2))
	}
}

// newInvoices are those of orders that are not in the notebook.
func (p *play) newInvoices() []cryptopay.Invoice {
	var fresh []cryptopay.Invoice
	for _, in := range p.CryptoPay().Invoices(appToken) {
		if p.k.byID(in.Payload) == nil {
			fresh = append(fresh, in)
		}
	}
	return fresh
}

// payable are the orders whose own invoice can be paid.
func (p *play) payable() []*entry {
	return p.k.list(func(e *entry) bool {
		_, active := p.active(e)
		return active
	})
}

func (p *play) pays(m move) {
	e := pick(p.payable(), m.which)
	if e == nil {
		return
	}
	faults := []cryptopay.Faults{
		{}, {}, {}, {LoseWebhooks: true}, {RepeatWebhooks: 3}, {DelayWebhooks: 40 * time.Minute}, {DelayWebhooks: 10 * time.Second, RepeatWebhooks: 1},
	}[m.n%7]
	if (p.blind || e.state != isOpen) && m.n%7 > 2 { // nobody asks about it
		faults = cryptopay.Faults{}
	}
	p.tell("%s pays %v %+v", castName[e.buyer], e, faults)
	p.payOwn(e, m.n, faults)
	if faults != (cryptopay.Faults{}) {
		p.wait(35 * time.Second)
	}
	p.settle()
}

func (p *play) payOwn(e *entry, n int, faults cryptopay.Faults) {
	in, _ := p.active(e)
	p.CryptoPay().SetFaults(faults)
	p.k.receive(e, p.payInvoice(fmt.Sprint(in.ID), e.buyer, []string{"USDT", "TON"}[n%2]))
	p.CryptoPay().SetFaults(cryptopay.Faults{})
}

func (p *play) waits(m move) {
	d := []time.Duration{time.Minute, 10 * time.Minute, 32 * time.Minute, time.Minute, 10 * time.Minute, 3 * time.Hour}[m.n%6]
	p.tell("%s pass", d)
	p.wait(d)
}

func (p *play) cancels(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen && !p.k.blocked[e.buyer] }), m.which)
	if e == nil {
		return
	}
	p.tell("%s cancels %v", castName[e.buyer], e)
	p.mustPress(e.buyer, e.id, "Cancel")
	p.k.cancel(e)
}

func (p *play) restocks(m move) {
	sku := products[m.which%2]
	if e := pick(p.k.list(func(e *entry) bool { return e.state == isHeld && e.why == forStock }), m.which); e != nil {
		sku = e.sku
	}
	if _, sold := p.k.sells[sku]; !sold {
		return
	}
	p.tell("Olga loads %d keys of %s", m.n%4, sku)
	p.restock(sku, m.n%4)
}

// restock loads new keys, and with them the first one that the product ever had.
func (p *play) restock(sku string, n int) {
	p.t.Helper()
	list := []string{fmt.Sprintf("KEY-%s-%03d", sku, 1)}
	for range n {
		list = append(list, fmt.Sprintf("KEY-%s-%03d", sku, p.k.shelf[sku]+len(list)))
	}
	if p.k.shelf[sku] == 0 {
		list = list[1:]
	}
	for _, key := range list {
		p.keys[key] = sku
	}
	p.say(olga, "/addstock "+sku+"\n"+strings.Join(list, "\n"))
	p.say(olga, "/done")
	p.k.load(sku, n)
}

func (p *play) refundable() []*entry {
	return p.k.list(func(e *entry) bool {
		_, some := e.nextBack()
		return some
	})
}

func (p *play) refunds(m move) {
	e := pick(p.refundable(), m.which)
	if e == nil {
		return
	}
	c, _ := e.nextBack()
	p.tell("Olga refunds %v: %v", e, c)
	p.confirmRefund(e, c, p.asks(olga, "/refund "+strings.ToLower(e.id), ""))
}

func (p *play) confirmRefund(e *entry, c coins, ask telegram.Message) {
	yes, found := findButton(ask, "Yes, send")
	if !found {
		p.failf("no refund of %v (%v):\n%s", e, c, ask.Text)
	}
	for _, again := range []bool{false, false, true} { // a double tap, and one more when all is done
		if again {
			p.settle()
		}
		require.NoError(p.t, p.Telegram().TapData(botToken, olga, ask.ID, yes.Data))
	}
	p.settle()
	if p.tooSmall(c) {
		p.k.tell(olga, "The refund was refused")
		p.tell("  refused: too small")
		return
	}
	p.k.refund(e, c)
}

// tooSmall reports whether Crypto Pay does not transfer so little.
func (p *play) tooSmall(c coins) bool {
	worth := map[string]string{"USDT": "1.0002", "TON": "2.51863", "BTC": "91873.42"}[c.asset]
	return new(big.Rat).Mul(c.number, rat(worth)).Cmp(big.NewRat(1, 1)) < 0
}

// refundsPart sends a part back, in the currency of the price or in coins, and
// tries to send too much.
func (p *play) refundsPart(m move) {
	e := pick(p.refundable(), m.which)
	if e == nil {
		return
	}
	first := e.paid[0]
	usd := big.NewRat(int64(1+m.n/2), 1)
	share := new(big.Rat).Quo(new(big.Rat).Mul(first.coins.number, usd), first.price)
	c := coins{first.coins.asset, cut(share)}
	wanted := usd.FloatString(2)
	if m.n%2 == 1 {
		c.number = cut(new(big.Rat).Quo(first.coins.number, big.NewRat(2, 1)))
		wanted = c.String()
	}
	p.tell("Olga refunds %s of %v: %v", wanted, e, c)
	ask := p.asks(olga, "/refund "+e.id+" "+wanted, "")
	if c.number.Cmp(e.left(c.asset)) > 0 {
		if _, found := findButton(ask, "Yes, send"); found {
			p.failf("%v of %v would go back, and %s is left", c, e, e.left(c.asset).FloatString(partialCoins))
		}
		p.tell("  refused: more than what is left")
		return
	}
	p.confirmRefund(e, c, ask)
}

// paysOnceMore pays a second invoice of an order, whatever became of the order:
// a late payment, or a second one.
func (p *play) paysOnceMore(m move) {
	e := pick(p.k.book, m.which)
	if e == nil {
		return
	}
	p.tell("%s pays a second invoice of %v, which is %s", castName[e.buyer], e, e.state)
	p.payStray(e, e.total, "USDT,TON", m.n)
	p.settle()
}

// paysLate pays for an order that has ended.
func (p *play) paysLate(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isCancelled && len(e.unseen) == 0 }), m.which)
	if e == nil {
		return
	}
	p.tell("%s pays %v too late", castName[e.buyer], e)
	p.payStray(e, e.total, "USDT,TON", m.n)
	p.settle()
	p.tell("  now %s", e.fate())
}

// paysTooLate has others take what is left, and then somebody pays for an order that has ended.
func (p *play) paysTooLate(m move) {
	ended := func(e *entry) bool {
		return e.state == isCancelled && e.keyed && len(e.unseen) == 0 && p.k.sells[e.sku].keyed
	}
	if len(p.k.list(ended)) == 0 {
		p.buysTheRest(m)
		p.cancels(m)
	}
	e := pick(p.k.list(ended), m.which)
	if e == nil {
		return
	}
	for i := range cast {
		who, can := p.writer(m.who + i)
		n := min(p.k.free(e.sku), p.k.sells[e.sku].limit)
		if !can || p.k.free(e.sku) < e.units || p.k.refusesOrder(who, e.sku, n) != "" {
			continue
		}
		p.tell("%s asks for what is left of %s, %d", castName[who], e.sku, n)
		p.say(who, fmt.Sprintf("/buy %s %d", e.sku, n))
		p.ordered(who, e.sku, n, "")
	}
	p.tell("%s pays %v of %d × %s too late", castName[e.buyer], e, e.units, e.sku)
	p.payStray(e, e.total, "USDT,TON", m.n)
	p.settle()
	p.tell("  now %s", e.fate())
}

func (p *play) payStray(e *entry, price *big.Rat, assets string, n int) {
	ref := p.strayInvoice(e.id, price.FloatString(2), assets)
	offers := strings.Split(assets, ",")
	p.k.receive(e, p.payInvoice(ref, e.buyer, offers[n%len(offers)]))
}

func (p *play) paysStrangely(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen }), m.which)
	if e == nil {
		return
	}
	if m.n%2 == 0 {
		p.tell("%s pays %v in a coin that the shop does not take", castName[e.buyer], e)
		p.payStray(e, e.total, "BTC", 0)
	} else {
		p.tell("%s pays 1 USD for %v", castName[e.buyer], e)
		p.payStray(e, big.NewRat(1, 1), "USDT,TON", m.n)
	}
	p.settle()
}

func (p *play) looksAtGoods(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isDelivered && !p.k.blocked[e.buyer] }), m.which)
	if e == nil {
		return
	}
	p.tell("%s looks at the goods of %v again", castName[e.buyer], e)
	p.say(e.buyer, "/start o_"+e.id)
	before := len(p.parcels(e.buyer)[e.id])
	p.mustPress(e.buyer, e.id, "Show the goods again")
	if len(p.parcels(e.buyer)[e.id]) != before+1 {
		p.failf("the goods of %v did not come again", e)
	}
}

func (p *play) restarts(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen }), m.which)
	if e == nil || p.blind || m.n%2 == 0 {
		p.tell("the shop is restarted")
	} else {
		p.tell("%s pays %v, and the shop is restarted at once", castName[e.buyer], e)
		p.payOwn(e, m.n, cryptopay.Faults{})
	}
	p.halt()
	p.start()
	p.wait(time.Minute)
}

// isClosed has the shop closed for a while. Somebody pays meanwhile, perhaps in the last
// second, and orders lapse.
func (p *play) isClosed(m move) {
	if p.blind {
		return
	}
	d := []time.Duration{time.Minute, 20 * time.Minute, 45 * time.Minute}[m.n%3]
	p.tell("the shop is closed for %s", d)
	p.halt()
	if e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen }), m.which); e != nil {
		p.tell("  %s pays %v meanwhile", castName[e.buyer], e)
		p.payOwn(e, m.n, cryptopay.Faults{LoseWebhooks: m.n%2 == 0})
	}
	time.Sleep(d)
	p.start()
	p.wait(time.Minute)
}

func (p *play) blocks(m move) {
	who := cast[m.who%len(cast)]
	for _, other := range cast {
		if p.k.blocked[other] && m.n%4 != 0 { // rather one who comes back
			who = other
		}
	}
	p.block(who, !p.k.blocked[who])
}

func (p *play) block(who int64, blocked bool) {
	p.tell("%s blocks the bot: %t", castName[who], blocked)
	p.k.blocked[who] = blocked
	p.Telegram().Block(botToken, who, blocked)
	p.settle()
}

// paysAway has a buyer block the bot and then pay.
func (p *play) paysAway(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen && !p.k.blocked[e.buyer] }), m.which)
	if e == nil {
		return
	}
	p.block(e.buyer, true)
	p.tell("%s pays %v", castName[e.buyer], e)
	p.payOwn(e, m.n, cryptopay.Faults{})
	p.settle()
	if m.n%4 != 0 {
		p.block(e.buyer, false)
	}
}

func (p *play) collects(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isHeld && e.why == forChat && !p.k.blocked[e.buyer] }), m.which)
	if e == nil {
		return
	}
	p.tell("%s collects the goods of %v", castName[e.buyer], e)
	p.say(e.buyer, "/start o_"+e.id)
	p.mustPress(e.buyer, e.id, "Send me the goods")
	p.k.deliver(e)
}

func (p *play) releases(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isHeld }), m.which)
	if e == nil {
		return
	}
	p.tell("Olga sends %v on", e)
	p.say(olga, "/order "+e.id)
	p.mustPress(olga, e.id, "Deliver now")
	if p.k.releasable(e) {
		p.k.deliver(e)
	} else {
		p.tell("  there is too little on the shelf")
	}
}

func (p *play) changesCatalog(m move) {
	sku := products[m.which%len(products)]
	t, sold := p.k.sells[sku]
	switch {
	case sold && m.n%4 == 0:
		p.tell("%s is no longer sold", sku)
		delete(p.k.sells, sku)
	case sold:
		t.price = new(big.Rat).Add(t.price, big.NewRat(int64(m.n)-4, 2))
		if t.price.Cmp(big.NewRat(2, 1)) < 0 {
			t.price = big.NewRat(6, 1)
		}
		p.tell("%s is %s USD from now on", sku, t.price.FloatString(2))
		p.k.sells[sku] = t
	default:
		p.tell("%s is sold again", sku)
		p.k.sells[sku] = tag{price: big.NewRat(9, 2), limit: 3, keyed: sku != "guide"}
	}
	p.printCatalog()
	p.settle()
}

// rush has everybody ask for as many of the same product in the same moment.
func (p *play) rush(m move) {
	if p.blind {
		return
	}
	sku, n := products[m.which%len(products)], 1+m.n%4
	can := 0
	var asked []int64
	for _, who := range cast {
		if p.k.blocked[who] {
			continue
		}
		asked = append(asked, who)
		if p.k.refusesOrder(who, sku, n) == "" {
			can++
		}
		require.NoError(p.t, p.Telegram().Say(botToken, who, fmt.Sprintf("/buy %s %d", sku, n)))
	}
	if len(asked) == 0 {
		return
	}
	p.tell("%d people ask for %d × %s at once", len(asked), n, sku)
	if t := p.k.sells[sku]; t.keyed {
		can = min(can, p.k.free(sku)/n)
	}
	p.settle()
	made := p.newInvoices()
	if len(made) != can {
		p.failf("%d people asked for %d × %s, %d can have it and %d got it", len(asked), n, sku, can, len(made))
	}
	for _, in := range made {
		for _, who := range asked {
			if p.transcriptHas(who, in.Payload) {
				p.writeDown(who, sku, n, in)
			}
		}
	}
}

func (p *play) transcriptHas(who int64, text string) bool {
	return strings.Contains(p.transcript(who), text)
}

func (p *play) paysAndCancels(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen && !p.k.blocked[e.buyer] }), m.which)
	if e == nil || p.blind {
		return
	}
	p.tell("%s pays and cancels %v at once", castName[e.buyer], e)
	p.payOwn(e, m.n, cryptopay.Faults{})
	if !p.press(e.buyer, e.id, "Cancel") {
		p.failf("no Cancel button for %v", e)
	}
	p.k.perhaps++
	p.settle()
	p.wait(time.Minute)
}

func (p *play) paysTwiceAtOnce(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen }), m.which)
	if e == nil {
		return
	}
	p.tell("%s pays both invoices of %v at once", castName[e.buyer], e)
	in, _ := p.active(e)
	ref := p.strayInvoice(e.id, e.total.FloatString(2), "USDT,TON")
	first := p.payInvoice(ref, e.buyer, "USDT")
	second := p.payInvoice(fmt.Sprint(in.ID), e.buyer, "USDT")
	p.k.receive(e, first)
	p.k.receive(e, second)
	p.settle()
}

// paysLast has a buyer pay in the last second, and the webhook lost: the shop asks
// before it gives the order up.
func (p *play) paysLast(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen }), m.which)
	if e == nil || p.blind {
		return
	}
	time.Sleep(time.Until(e.ends) - time.Second)
	p.tell("%s pays %v in the last second, and the webhook is lost", castName[e.buyer], e)
	p.payOwn(e, m.n, cryptopay.Faults{LoseWebhooks: true})
	p.wait(40 * time.Second)
}

// paysUnseen has a buyer pay in the last second, while nobody tells the shop:
// the order lapses, and the money is found when Crypto Pay answers again.
func (p *play) paysUnseen(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen }), m.which)
	if e == nil {
		return
	}
	in, active := p.active(e)
	if !active || !time.Now().Before(e.ends.Add(-nearEnd)) {
		return
	}
	time.Sleep(time.Until(e.ends) - time.Second)
	p.setBlind(true)
	p.tell("%s pays %v in the last second, and nobody tells the shop", castName[e.buyer], e)
	p.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
	e.unseen = append(e.unseen, p.payInvoice(fmt.Sprint(in.ID), e.buyer, "USDT"))
	p.CryptoPay().SetFaults(cryptopay.Faults{})
	p.wait(lapseBlind)
	if m.n%2 == 0 {
		p.seeAgain()
	}
}

func (p *play) setBlind(blind bool) {
	p.CryptoPay().FailNext("getInvoices", 0, cryptopay.Failure{})
	if blind {
		p.CryptoPay().FailNext("getInvoices", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
	}
	p.blind = blind
}

func (p *play) goesBlind(move) {
	if !p.blind {
		p.tell("Crypto Pay tells nothing about invoices")
		p.setBlind(true)
		return
	}
	p.seeAgain()
}

// seeAgain has Crypto Pay answer again. What was paid unseen is found, in an order that nobody
// can know: those who got their goods came first, and the others must find too little left.
func (p *play) seeAgain() {
	p.tell("Crypto Pay answers again")
	p.setBlind(false)
	p.wait(12 * time.Minute)
	late := p.k.list(func(e *entry) bool { return len(e.unseen) > 0 })
	got := map[*entry]bool{}
	for _, e := range late {
		details := p.asks(olga, "/order "+e.id, "Order").Text
		got[e] = strings.Contains(details, "\nKey") || !e.keyed
	}
	for _, first := range []bool{true, false} {
		for _, e := range late {
			if got[e] != first {
				continue
			}
			unseen := e.unseen
			e.unseen = nil
			for _, pay := range unseen {
				p.k.receive(e, pay)
			}
		}
	}
}

// repeats has an old webhook or an old message arrive once more.
func (p *play) repeats(m move) {
	var paid []cryptopay.Invoice
	for _, in := range p.CryptoPay().Invoices(appToken) {
		if e := p.k.byID(in.Payload); in.Status == cryptopay.StatusPaid && e != nil && len(e.unseen) == 0 {
			paid = append(paid, in)
		}
	}
	if m.n%2 == 0 || len(paid) == 0 {
		p.tell("the last update comes again")
		p.Telegram().Repeat(botToken)
	} else {
		in := paid[m.which%len(paid)]
		p.tell("the webhook of invoice %d comes again", in.ID)
		require.NoError(p.t, p.CryptoPay().Resend(fmt.Sprint(in.ID)))
	}
	p.settle()
}

// refundsInTrouble has the transfer refused, or its answers lost.
func (p *play) refundsInTrouble(m move) {
	e := pick(p.refundable(), m.which)
	if e == nil {
		return
	}
	c, _ := e.nextBack()
	if p.tooSmall(c) {
		return
	}
	pay := p.CryptoPay()
	refused := false
	switch m.n % 4 {
	case 0:
		p.tell("Olga refunds %v, who never started the wallet", e)
		pay.SetStarted(e.buyer, false)
		refused = true
	case 1:
		p.tell("Olga refunds %v, and transfers are not allowed", e)
		pay.SetTransfersEnabled(appToken, false)
		refused = true
	default:
		p.tell("Olga refunds %v, and %d answers are lost", e, m.n)
		pay.FailNext("transfer", m.n, cryptopay.Failure{DropAfter: true})
	}
	ask := p.asks(olga, "/refund "+e.id, "")
	if refused {
		p.tap(olga, "Yes, send")
		p.k.tell(olga, "The refund was refused")
	} else {
		p.confirmRefund(e, c, ask)
		time.Sleep(15 * time.Minute)
		pay.FailNext("transfer", 0, cryptopay.Failure{})
		p.wait(6 * time.Minute)
	}
	pay.SetStarted(e.buyer, true)
	pay.SetTransfersEnabled(appToken, true)
}

// buysInTrouble has the answers to createInvoice lost, or refused for a moment.
func (p *play) buysInTrouble(m move) {
	who, can := p.writer(m.who)
	sku, n := products[m.which%len(products)], 1+m.n%2
	if !can || p.blind {
		return
	}
	refusal := p.k.refusesOrder(who, sku, n)
	failure := []cryptopay.Failure{
		{DropAfter: true}, {DropBefore: true}, {Status: http.StatusBadGateway}, {Hang: 20 * time.Second, DropAfter: true},
	}[m.n%4]
	p.tell("%s asks for %d × %s, and Crypto Pay is in trouble: %+v", castName[who], n, sku, failure)
	p.CryptoPay().FailNext("createInvoice", 1+m.n%3, failure)
	p.say(who, fmt.Sprintf("/buy %s %d", sku, n))
	p.wait(100 * time.Second)
	p.CryptoPay().FailNext("createInvoice", 0, cryptopay.Failure{})
	p.wait(30 * time.Second)
	p.ordered(who, sku, n, refusal)
}

// paysInTrouble has the goods meet a Telegram that is down, or refuses them.
func (p *play) paysInTrouble(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen }), m.which)
	if e == nil {
		return
	}
	refuses := telegram.Failure{Status: http.StatusBadRequest, Description: "Bad Request: can't parse entities"}
	failure := []telegram.Failure{
		{Status: http.StatusTooManyRequests, RetryAfter: 30},
		{Status: http.StatusBadGateway, HTML: true},
		{DropBefore: true},
		{DropAfter: true},
		refuses,
		{Hang: 5 * time.Minute},
	}[m.n%6]
	times := 3
	if failure == refuses {
		times = 1
		p.k.refused = !p.k.blocked[e.buyer]
	}
	p.loose = p.loose || failure.DropAfter
	p.tell("%s pays %v, and Telegram is in trouble: %+v", castName[e.buyer], e, failure)
	p.Telegram().FailNext("sendMessage", times, failure)
	p.payOwn(e, m.n, cryptopay.Faults{})
	p.wait(20 * time.Minute)
	p.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
	p.wait(10 * time.Minute)
}
