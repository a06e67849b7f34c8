package model

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"shopbot/internal/sandbox/cryptopay"
)

func (r *runner) restart(s step) {
	o := r.pick(s, isOpen)
	if o == nil || r.invoicesHidden || s.n%2 == 0 {
		r.logf("the shop is restarted")
	} else {
		r.logf("%s pays %v, and the shop is restarted at once", buyerName[o.buyer], o)
		r.payOrder(o, s.n, cryptopay.Faults{})
	}
	r.stop()
	r.start()
	r.wait(time.Minute)
}

// closeForAWhile stops the shop for a while. Meanwhile somebody pays, and orders expire.
func (r *runner) closeForAWhile(s step) {
	if r.invoicesHidden {
		return
	}
	d := []time.Duration{time.Minute, 20 * time.Minute, 45 * time.Minute}[s.n%3]
	r.logf("the shop is closed for %s", d)
	r.stop()
	if o := r.pick(s, isOpen); o != nil {
		r.logf("  %s pays %v meanwhile", buyerName[o.buyer], o)
		r.payOrder(o, s.n, cryptopay.Faults{LoseWebhooks: s.n%2 == 0})
	}
	time.Sleep(d)
	r.start()
	r.wait(time.Minute)
}

// payInLastSecond has a buyer pay in the last second, and the webhook lost. The shop asks before it
// cancels an order.
func (r *runner) payInLastSecond(s step) {
	o := r.pick(s, isOpen)
	if o == nil || r.invoicesHidden {
		return
	}
	time.Sleep(time.Until(o.expires) - time.Second)
	r.logf("%s pays %v in the last second, and the webhook is lost", buyerName[o.buyer], o)
	r.payOrder(o, s.n, cryptopay.Faults{LoseWebhooks: true})
	r.wait(40 * time.Second)
}

// payUnseen has a buyer pay in the last second, while Crypto Pay neither sends webhooks nor
// answers. The order is cancelled, and the payment found when Crypto Pay answers again.
func (r *runner) payUnseen(s step) {
	o := r.pick(s, isOpen)
	if o == nil {
		return
	}
	in, active := r.activeInvoice(o)
	if !active || !time.Now().Before(o.expires.Add(-expiryMargin)) {
		return
	}
	time.Sleep(time.Until(o.expires) - time.Second)
	r.setInvoicesHidden(true)
	r.logf("%s pays %v in the last second, and nobody tells the shop", buyerName[o.buyer], o)
	r.CryptoPay().SetFaults(cryptopay.Faults{LoseWebhooks: true})
	o.unseenPayments = append(o.unseenPayments, r.payInvoice(fmt.Sprint(in.ID), o.buyer, "USDT"))
	r.CryptoPay().SetFaults(cryptopay.Faults{})
	r.wait(expiryDelayHidden)
	if s.n%2 == 0 {
		r.showInvoices()
	}
}

// setInvoicesHidden says whether Crypto Pay fails getInvoices.
func (r *runner) setInvoicesHidden(hidden bool) {
	r.CryptoPay().FailNext("getInvoices", 0, cryptopay.Failure{})
	if hidden {
		r.CryptoPay().FailNext("getInvoices", 1_000_000, cryptopay.Failure{Status: http.StatusBadGateway})
	}
	r.invoicesHidden = hidden
}

func (r *runner) toggleHiddenInvoices(step) {
	if !r.invoicesHidden {
		r.logf("Crypto Pay does not answer getInvoices")
		r.setInvoicesHidden(true)
		return
	}
	r.showInvoices()
}

// showInvoices has Crypto Pay answer again, so that the shop finds the unseen payments. The model
// cannot know in which order: it records those that got goods first; stock must then be short for
// the rest.
func (r *runner) showInvoices() {
	const search = 12 * time.Minute // until the shop has found everything
	r.waitUntilNoneExpiresWithin(search + expiryMargin)
	r.logf("Crypto Pay answers again")
	r.setInvoicesHidden(false)
	r.wait(search)
	late := r.model.where(func(o *modelOrder) bool { return len(o.unseenPayments) > 0 })
	got := map[*modelOrder]bool{}
	for _, o := range late {
		details := r.command(olga, "/order "+o.id, "Order").Text
		got[o] = strings.Contains(details, "\nKey") || !o.fromStock
	}
	for _, first := range []bool{true, false} {
		for _, o := range late {
			if got[o] != first {
				continue
			}
			unseen := o.unseenPayments
			o.unseenPayments = nil
			for _, pay := range unseen {
				r.model.recordPayment(o, pay)
			}
		}
	}
}

// waitUntilNoneExpiresWithin waits for a time in which no order expires.
func (r *runner) waitUntilNoneExpiresWithin(d time.Duration) {
	for {
		expiring := r.model.where(func(o *modelOrder) bool { return isOpen(o) && o.expires.Before(time.Now().Add(d)) })
		if len(expiring) == 0 {
			return
		}
		r.wait(time.Until(expiring[0].expires))
	}
}
