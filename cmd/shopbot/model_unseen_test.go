package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"shopbot/internal/sandbox/cryptopay"
)

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
	const search = 12 * time.Minute // in which everything is found
	p.waitUntilNoneLapsesIn(search + nearEnd)
	p.tell("Crypto Pay answers again")
	p.setBlind(false)
	p.wait(search)
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

// waitUntilNoneLapsesIn waits for a time in which no order gives units back.
func (p *play) waitUntilNoneLapsesIn(d time.Duration) {
	for {
		e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen && e.ends.Before(time.Now().Add(d)) }), 0)
		if e == nil {
			return
		}
		p.wait(time.Until(e.ends))
	}
}
