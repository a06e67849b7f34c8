package main

import (
	"fmt"
	"slices"
	"time"
)

// choosers are held orders whose buyers may choose, and can.
func (p *play) choosers() []*entry {
	return p.k.list(func(e *entry) bool { return e.state == isHeld && e.why == forStock && !p.k.blocked[e.buyer] })
}

// takesMoneyBack has a buyer who came too late have all money back, by a button that may be pressed twice.
func (p *play) takesMoneyBack(m move) {
	e := pick(p.choosers(), m.which)
	if e == nil {
		return
	}
	if m.n%3 == 0 {
		p.tell("%s pays %v again, perhaps in another coin", castName[e.buyer], e)
		p.payStray(e, e.total, "USDT,TON", m.n/3)
		p.settle()
	}
	var all []coins
	for _, asset := range []string{"USDT", "TON", "BTC"} {
		if left := e.left(asset); left.Sign() > 0 {
			all = append(all, coins{asset, left})
		}
	}
	if len(all) == 0 || slices.ContainsFunc(all, p.tooSmall) {
		return
	}
	p.tell("%s takes the money for %v back: %v", castName[e.buyer], e, all)
	p.say(e.buyer, "/start o_"+e.id)
	if m.n%2 == 0 { // a second press must not be needed, and not harm
		p.press(e.buyer, e.id, "Money back")
	}
	p.mustPress(e.buyer, e.id, "Money back")
	for _, c := range all {
		p.k.refund(e, c)
	}
	p.wait(10 * time.Second)
}

// waitsForGoods has a buyer who came too late choose to wait. What has come meanwhile is delivered at once.
func (p *play) waitsForGoods(m move) {
	e := pick(p.choosers(), m.which)
	if e == nil {
		return
	}
	p.say(e.buyer, "/start o_"+e.id)
	p.tell("%s waits for %v", castName[e.buyer], e)
	if p.press(e.buyer, e.id, "Wait for it") && p.k.releasable(e) {
		p.k.deliver(e)
	}
	p.settle()
}

// returnsSurplus has the buyer or the owner send a second payment back, by a button pressed twice.
func (p *play) returnsSurplus(m move) {
	e := pick(p.k.list(func(e *entry) bool { return e.surplus() != nil && !p.k.blocked[e.buyer] }), m.which)
	if e == nil {
		return
	}
	second := e.surplus()
	button := fmt.Sprintf("Send it back · %s %s", price(second.coins.number), second.coins.asset)
	who, command := e.buyer, "/start o_"+e.id
	if m.n%2 == 1 {
		who, command = olga, "/order "+e.id
	}
	p.tell("%d presses %q for %v", who, button, e)
	p.say(who, command)
	p.press(who, e.id, button)
	p.mustPress(who, e.id, button)
	second.gone = true
	p.k.sendBack(e, second.coins)
}
