package main

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

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
