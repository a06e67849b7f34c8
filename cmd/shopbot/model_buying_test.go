package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/cryptopay"
)

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
	p.asksFor(who, sku, min(n, p.k.sells[sku].limit))
}

func (p *play) asksFor(who int64, sku string, n int) {
	p.tell("%s asks for %d × %s", castName[who], n, sku)
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

func (p *play) cancels(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.state == isOpen && !p.k.blocked[e.buyer] }), m.which)
	if e == nil {
		return
	}
	p.tell("%s cancels %v", castName[e.buyer], e)
	p.mustPress(e.buyer, e.id, "Cancel")
	p.k.cancel(e)
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
