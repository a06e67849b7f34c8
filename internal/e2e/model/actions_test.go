package model

import (
	"net/http"
	"time"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

// action is something that happens in a shop. do logs nothing if it does not apply.
type action struct {
	name   string
	weight int // how often it is drawn
	do     func(r *runner, s step)
}

// actions begin with the simplest ones, since rapid reduces a failure to these.
func actions() []action {
	return []action{
		{"buys", 14, (*runner).buy},
		{"pays", 10, (*runner).pay},
		{"buys the rest", 5, (*runner).buyRest},
		{"pays late", 6, (*runner).payLate},
		{"pays late, and others were first", 8, (*runner).payAfterSoldOut},
		{"two pay late", 3, (*runner).twoPayAfterSoldOut},
		{"waits", 4, (*runner).letTimePass},
		{"cancels", 3, (*runner).cancel},
		{"restocks", 4, (*runner).restockProduct},
		{"refunds", 4, (*runner).refundAll},
		{"refunds a part", 4, (*runner).refundPart},
		{"pays once more", 5, (*runner).payAgain},
		{"pays another sum or coin", 4, (*runner).payWrongly},
		{"takes the money back", 5, (*runner).takeMoneyBack},
		{"waits for the goods", 3, (*runner).waitForGoods},
		{"sends a second payment back", 5, (*runner).returnSurplus},
		{"shows the goods again", 2, (*runner).showGoodsAgain},
		{"the shop restarts", 2, (*runner).restart},
		{"the shop is closed for a while", 2, (*runner).closeForAWhile},
		{"blocks or unblocks", 2, (*runner).toggleBlock},
		{"pays, and cannot be reached", 4, (*runner).payWhileBlocked},
		{"collects the goods", 5, (*runner).collectGoods},
		{"the owner delivers", 5, (*runner).releaseHeld},
		{"changes the catalog", 3, (*runner).changeCatalog},
		{"everybody buys at once", 3, (*runner).buyAllAtOnce},
		{"pays and cancels at once", 4, (*runner).payAndCancel},
		{"pays twice at once", 4, (*runner).payTwice},
		{"pays unseen", 4, (*runner).payUnseen},
		{"pays in the last second", 4, (*runner).payInLastSecond},
		{"Crypto Pay hides or shows invoices", 2, (*runner).toggleHiddenInvoices},
		{"an update is repeated", 2, (*runner).repeatUpdate},
		{"refunds during an outage", 3, (*runner).refundDuringOutage},
		{"buys during an outage", 3, (*runner).buyDuringOutage},
		{"pays during an outage of Telegram", 4, (*runner).payDuringTelegramOutage},
	}
}

func (r *runner) letTimePass(s step) {
	d := []time.Duration{time.Minute, 10 * time.Minute, 32 * time.Minute, time.Minute, 10 * time.Minute, 3 * time.Hour}[s.n%6]
	r.logf("%s pass", d)
	r.wait(d)
}

func (r *runner) showGoodsAgain(s step) {
	o := r.pick(s, func(o *modelOrder) bool { return o.state == stateDelivered && !r.model.blocked[o.buyer] })
	if o == nil {
		return
	}
	r.logf("%s looks at the goods of %v again", buyerName[o.buyer], o)
	r.Say(o.buyer, "/start o_"+o.id)
	before := len(r.deliveries(o.buyer)[o.id])
	r.mustPress(o.buyer, o.id, "Show the goods again")
	if len(r.deliveries(o.buyer)[o.id]) != before+1 {
		r.failf("the goods of %v did not come again", o)
	}
}

func (r *runner) toggleBlock(s step) {
	who := buyers[s.who%len(buyers)]
	for _, other := range buyers {
		if r.model.blocked[other] && s.n%4 != 0 { // unblocking comes first, mostly
			who = other
		}
	}
	r.block(who, !r.model.blocked[who])
}

func (r *runner) block(who int64, blocked bool) {
	r.logf("%s blocks the bot: %t", buyerName[who], blocked)
	r.model.blocked[who] = blocked
	r.Telegram().Block(testenv.BotToken, who, blocked)
	r.Settle()
}

// payWhileBlocked has a buyer block the bot and then pay.
func (r *runner) payWhileBlocked(s step) {
	o := r.pick(s, r.isOpenAndReachable)
	if o == nil {
		return
	}
	r.block(o.buyer, true)
	r.logf("%s pays %v", buyerName[o.buyer], o)
	r.payOrder(o, s.n, cryptopay.Faults{})
	r.Settle()
	if s.n%4 != 0 {
		r.block(o.buyer, false)
	}
}

func (r *runner) collectGoods(s step) {
	o := r.pick(s, func(o *modelOrder) bool {
		return o.state == stateHeld && o.holdReason == heldBlocked && !r.model.blocked[o.buyer]
	})
	if o == nil {
		return
	}
	r.logf("%s collects the goods of %v", buyerName[o.buyer], o)
	r.Say(o.buyer, "/start o_"+o.id)
	r.mustPress(o.buyer, o.id, "Send me the goods")
	r.model.deliver(o)
}

// payDuringTelegramOutage has somebody pay while Telegram is down, or refuses the goods.
func (r *runner) payDuringTelegramOutage(s step) {
	o := r.pick(s, isOpen)
	if o == nil {
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
	}[s.n%6]
	if failure == refuses {
		r.model.telegramRefuses = !r.model.blocked[o.buyer]
	}
	r.messagesMayRepeat = r.messagesMayRepeat || failure.DropAfter
	r.logf("%s pays %v, and Telegram is in trouble: %+v", buyerName[o.buyer], o, failure)
	if failure == refuses { // the goods with buttons and without, and no message to an owner
		r.Telegram().FailNextTo(o.buyer, "sendMessage", 2, failure)
	} else {
		r.Telegram().FailNext("sendMessage", 3, failure)
	}
	r.payOrder(o, s.n, cryptopay.Faults{})
	r.wait(20 * time.Minute)
	r.Telegram().FailNext("sendMessage", 0, telegram.Failure{})
	r.Telegram().FailNextTo(o.buyer, "sendMessage", 0, telegram.Failure{})
	r.wait(10 * time.Minute)
}
