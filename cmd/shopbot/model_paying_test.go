package main

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
)

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
	p.othersTakeAll(e.sku, e.units, m)
	p.tell("%s pays %v of %d × %s too late", castName[e.buyer], e, e.units, e.sku)
	p.payStray(e, e.total, "USDT,TON", m.n)
	p.settle()
	p.tell("  now %s", e.fate())
}

// othersTakeAll has everybody buy until fewer than so many units are left.
func (p *play) othersTakeAll(sku string, units int, m move) {
	for i := range cast {
		who, can := p.writer(m.who + i)
		n := min(p.k.free(sku), p.k.sells[sku].limit)
		if can && p.k.free(sku) >= units && p.k.refusesOrder(who, sku, n) == "" {
			p.asksFor(who, sku, n)
		}
	}
}

// twoTooLate has two people wait for the same goods, the first for two units and the second for one: what comes
// in is kept for the first, even while it is too little.
func (p *play) twoTooLate(m move) {
	const sku = "vpn"
	who, can := p.writer(m.who)
	if !can || p.blind || p.k.sells[sku].limit < 2 {
		return
	}
	p.tell("Olga loads 3 keys of %s", sku)
	p.restock(sku, 3)
	first := len(p.k.book)
	for _, n := range []int{2, 1} {
		if p.k.refusesOrder(who, sku, n) != "" {
			return
		}
		p.asksFor(who, sku, n)
	}
	two := p.k.book[first:]
	for _, e := range two {
		p.tell("%s cancels %v", castName[who], e)
		p.mustPress(who, e.id, "Cancel")
		p.k.cancel(e)
	}
	p.othersTakeAll(sku, 1, m)
	for _, e := range two {
		p.tell("%s pays %v of %d × %s too late", castName[who], e, e.units, sku)
		p.payStray(e, e.total, "USDT,TON", m.n)
		p.settle()
		p.tell("  now %s", e.fate())
	}
	p.tell("Olga loads 1 key of %s", sku)
	p.restock(sku, 1)
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
