package main

import (
	"net/http"
	"time"

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
		{"two come too late", 3, (*play).twoTooLate},
		{"waits", 4, (*play).waits},
		{"cancels", 3, (*play).cancels},
		{"restocks", 4, (*play).restocks},
		{"refunds", 4, (*play).refunds},
		{"refunds a part", 4, (*play).refundsPart},
		{"pays once more", 5, (*play).paysOnceMore},
		{"pays another sum or coin", 4, (*play).paysStrangely},
		{"takes the money back", 5, (*play).takesMoneyBack},
		{"waits for the goods", 3, (*play).waitsForGoods},
		{"sends a second payment back", 5, (*play).returnsSurplus},
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

func (p *play) waits(m move) {
	d := []time.Duration{time.Minute, 10 * time.Minute, 32 * time.Minute, time.Minute, 10 * time.Minute, 3 * time.Hour}[m.n%6]
	p.tell("%s pass", d)
	p.wait(d)
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
