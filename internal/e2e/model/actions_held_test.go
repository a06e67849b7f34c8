package model

import (
	"fmt"
	"slices"
	"time"
)

// mayChoose reports whether a buyer may choose between waiting for the goods and a refund.
func (r *runner) mayChoose(o *modelOrder) bool {
	return o.state == stateHeld && o.holdReason == heldSoldOut && !r.model.blocked[o.buyer]
}

// takeMoneyBack has a buyer who paid too late take all money back, by a button that may be pressed
// twice.
func (r *runner) takeMoneyBack(s step) {
	o := r.pick(s, r.mayChoose)
	if o == nil {
		return
	}
	if s.n%3 == 0 {
		r.logf("%s pays %v again, perhaps in another coin", buyerName[o.buyer], o)
		r.payExtraInvoice(o, o.total, "USDT,TON", s.n/3)
		r.Settle()
	}
	var all []coins
	for _, asset := range []string{"USDT", "TON", "BTC"} {
		if left := o.refundable(asset); left.Sign() > 0 {
			all = append(all, coins{asset, left})
		}
	}
	if len(all) == 0 || slices.ContainsFunc(all, r.belowTransferMinimum) {
		return
	}
	r.logf("%s takes the money for %v back: %v", buyerName[o.buyer], o, all)
	r.Say(o.buyer, "/start o_"+o.id)
	if s.n%2 == 0 { // pressing twice must change nothing
		r.press(o.buyer, o.id, "Money back")
	}
	r.mustPress(o.buyer, o.id, "Money back")
	for _, c := range all {
		r.model.refund(o, c)
	}
	r.wait(10 * time.Second)
}

// waitForGoods has a buyer who paid too late choose to wait. What was loaded meanwhile is delivered
// at once.
func (r *runner) waitForGoods(s step) {
	o := r.pick(s, r.mayChoose)
	if o == nil {
		return
	}
	r.Say(o.buyer, "/start o_"+o.id)
	r.logf("%s waits for %v", buyerName[o.buyer], o)
	if r.press(o.buyer, o.id, "Wait for it") && r.model.releasable(o) {
		r.model.deliver(o)
	}
	r.Settle()
}

// returnSurplus has the buyer or the owner send a second payment back, by a button pressed twice.
func (r *runner) returnSurplus(s step) {
	o := r.pick(s, func(o *modelOrder) bool { return o.surplus() != nil && !r.model.blocked[o.buyer] })
	if o == nil {
		return
	}
	second := o.surplus()
	button := fmt.Sprintf("Send it back · %s %s", formatCoins(second.coins.number), second.coins.asset)
	who, command := o.buyer, "/start o_"+o.id
	if s.n%2 == 1 {
		who, command = olga, "/order "+o.id
	}
	r.logf("%d presses %q for %v", who, button, o)
	r.Say(who, command)
	r.press(who, o.id, button)
	r.mustPress(who, o.id, button)
	second.returned = true
	r.model.recordTransfer(o, second.coins)
}
