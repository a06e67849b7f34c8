package model

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
)

func (r *runner) pay(s step) {
	o := r.pick(s, func(o *modelOrder) bool {
		_, active := r.activeInvoice(o)
		return active
	})
	if o == nil {
		return
	}
	faults := []cryptopay.Faults{
		{}, {}, {}, {LoseWebhooks: true}, {RepeatWebhooks: 3}, {DelayWebhooks: 40 * time.Minute}, {DelayWebhooks: 10 * time.Second, RepeatWebhooks: 1},
	}[s.n%7]
	if (r.invoicesHidden || o.state != stateOpen) && s.n%7 > 2 { // the shop would not find the payment by asking
		faults = cryptopay.Faults{}
	}
	r.logf("%s pays %v %+v", buyerName[o.buyer], o, faults)
	r.payOrder(o, s.n, faults)
	if faults != (cryptopay.Faults{}) {
		r.wait(35 * time.Second)
	}
	r.Settle()
}

// payOrder has the buyer pay the invoice that the shop made.
func (r *runner) payOrder(o *modelOrder, n int, faults cryptopay.Faults) {
	in, _ := r.activeInvoice(o)
	r.CryptoPay().SetFaults(faults)
	r.model.recordPayment(o, r.payInvoice(fmt.Sprint(in.ID), o.buyer, []string{"USDT", "TON"}[n%2]))
	r.CryptoPay().SetFaults(cryptopay.Faults{})
}

// payAgain has a second invoice of an order paid, whatever its state: it is a late payment, or a
// second one.
func (r *runner) payAgain(s step) {
	o := r.pick(s, func(*modelOrder) bool { return true })
	if o == nil {
		return
	}
	r.logf("%s pays a second invoice of %v, which is %s", buyerName[o.buyer], o, o.state)
	r.payExtraInvoice(o, o.total, "USDT,TON", s.n)
	r.Settle()
}

// payLate pays for an order that has ended.
func (r *runner) payLate(s step) {
	o := r.pick(s, func(o *modelOrder) bool { return o.state == stateCancelled && len(o.unseenPayments) == 0 })
	if o == nil {
		return
	}
	r.logf("%s pays %v too late", buyerName[o.buyer], o)
	r.payExtraInvoice(o, o.total, "USDT,TON", s.n)
	r.Settle()
	r.logf("  now %s", o.status())
}

// payAfterSoldOut has others buy what is left, and then somebody pay for an order that has ended.
func (r *runner) payAfterSoldOut(s step) {
	ended := func(o *modelOrder) bool {
		return o.state == stateCancelled && o.fromStock && len(o.unseenPayments) == 0 && r.model.catalog[o.sku].fromStock
	}
	if len(r.model.where(ended)) == 0 {
		r.buyRest(s)
		r.cancel(s)
	}
	o := r.pick(s, ended)
	if o == nil {
		return
	}
	r.sellOut(o.sku, o.units, s)
	r.logf("%s pays %v of %d × %s too late", buyerName[o.buyer], o, o.units, o.sku)
	r.payExtraInvoice(o, o.total, "USDT,TON", s.n)
	r.Settle()
	r.logf("  now %s", o.status())
}

// sellOut has everybody buy until fewer than so many units are left.
func (r *runner) sellOut(sku string, units int, s step) {
	for i := range buyers {
		who, can := r.activeBuyer(s.who + i)
		n := min(r.model.free(sku), r.model.catalog[sku].limit)
		if can && r.model.free(sku) >= units && r.model.whyRefused(who, sku, n) == "" {
			r.placeOrder(who, sku, n)
		}
	}
}

// twoPayAfterSoldOut has two paid orders wait for stock, the first for two units and the second for
// one. A unit that is loaded is kept for the first, although it needs two.
func (r *runner) twoPayAfterSoldOut(s step) {
	const sku = "vpn"
	who, can := r.activeBuyer(s.who)
	if !can || r.invoicesHidden || r.model.catalog[sku].limit < 2 {
		return
	}
	r.logf("Olga loads 3 keys of %s", sku)
	r.loadNewKeys(sku, 3)
	first := len(r.model.orders)
	for _, n := range []int{2, 1} {
		if r.model.whyRefused(who, sku, n) != "" {
			return
		}
		r.placeOrder(who, sku, n)
	}
	two := r.model.orders[first:]
	for _, o := range two {
		r.logf("%s cancels %v", buyerName[who], o)
		r.mustPress(who, o.id, "Cancel")
		r.model.cancel(o)
	}
	r.sellOut(sku, 1, s)
	for _, o := range two {
		r.logf("%s pays %v of %d × %s too late", buyerName[who], o, o.units, sku)
		r.payExtraInvoice(o, o.total, "USDT,TON", s.n)
		r.Settle()
		r.logf("  now %s", o.status())
	}
	r.logf("Olga loads 1 key of %s", sku)
	r.loadNewKeys(sku, 1)
}

// payExtraInvoice has the buyer pay an invoice beside the one that the shop made.
func (r *runner) payExtraInvoice(o *modelOrder, price *big.Rat, assets string, n int) {
	ref := r.createExtraInvoice(o.id, price.FloatString(2), assets)
	offers := strings.Split(assets, ",")
	r.model.recordPayment(o, r.payInvoice(ref, o.buyer, offers[n%len(offers)]))
}

func (r *runner) payWrongly(s step) {
	o := r.pick(s, isOpen)
	if o == nil {
		return
	}
	if s.n%2 == 0 {
		r.logf("%s pays %v in a coin that the shop does not take", buyerName[o.buyer], o)
		r.payExtraInvoice(o, o.total, "BTC", 0)
	} else {
		r.logf("%s pays 1 USD for %v", buyerName[o.buyer], o)
		r.payExtraInvoice(o, big.NewRat(1, 1), "USDT,TON", s.n)
	}
	r.Settle()
}

func (r *runner) payAndCancel(s step) {
	o := r.pick(s, r.isOpenAndReachable)
	if o == nil || r.invoicesHidden {
		return
	}
	r.logf("%s pays and cancels %v at once", buyerName[o.buyer], o)
	r.payOrder(o, s.n, cryptopay.Faults{})
	if !r.press(o.buyer, o.id, "Cancel") {
		r.failf("no Cancel button for %v", o)
	}
	r.model.maybeCancelled++
	r.Settle()
	r.wait(time.Minute)
}

func (r *runner) payTwice(s step) {
	o := r.pick(s, isOpen)
	if o == nil {
		return
	}
	r.logf("%s pays both invoices of %v at once", buyerName[o.buyer], o)
	in, _ := r.activeInvoice(o)
	ref := r.createExtraInvoice(o.id, o.total.FloatString(2), "USDT,TON")
	first := r.payInvoice(ref, o.buyer, "USDT")
	second := r.payInvoice(fmt.Sprint(in.ID), o.buyer, "USDT")
	r.model.recordPayment(o, first)
	r.model.recordPayment(o, second)
	r.Settle()
}

// repeatUpdate has the last chat update or an old webhook arrive once more.
func (r *runner) repeatUpdate(s step) {
	var paid []cryptopay.Invoice
	for _, in := range r.CryptoPay().Invoices(testenv.AppToken) {
		if o := r.model.byID(in.Payload); in.Status == cryptopay.StatusPaid && o != nil && len(o.unseenPayments) == 0 {
			paid = append(paid, in)
		}
	}
	if s.n%2 == 0 || len(paid) == 0 {
		r.logf("the last update comes again")
		r.Telegram().Repeat(testenv.BotToken)
	} else {
		in := paid[s.which%len(paid)]
		r.logf("the webhook of invoice %d comes again", in.ID)
		require.NoError(r.T, r.CryptoPay().Resend(fmt.Sprint(in.ID)))
	}
	r.Settle()
}
