package model

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
)

func (r *runner) buy(s step) {
	who, can := r.activeBuyer(s.who)
	if !can {
		return
	}
	sku, n := products[s.which%len(products)], 1+s.n%5
	r.logf("%s asks for %d × %s", buyerName[who], n, sku)
	refusal := r.model.whyRefused(who, sku, n)
	if refusal == "" && s.n >= 6 {
		r.buyByButton(who, sku, n)
	} else {
		r.Say(who, fmt.Sprintf("/buy %s %d", sku, n))
	}
	r.expectOrder(who, sku, n, refusal)
}

// buyRest has somebody buy all that is left.
func (r *runner) buyRest(s step) {
	who, can := r.activeBuyer(s.who)
	sku := products[s.which%2]
	n := r.model.free(sku)
	if !can || n <= 0 {
		return
	}
	r.placeOrder(who, sku, min(n, r.model.catalog[sku].limit))
}

func (r *runner) placeOrder(who int64, sku string, n int) {
	r.logf("%s asks for %d × %s", buyerName[who], n, sku)
	refusal := r.model.whyRefused(who, sku, n)
	r.Say(who, fmt.Sprintf("/buy %s %d", sku, n))
	r.expectOrder(who, sku, n, refusal)
}

// buyByButton presses the Buy button three times: still one order.
func (r *runner) buyByButton(who int64, sku string, n int) {
	r.Say(who, "/start p_"+sku)
	for range n - 1 {
		r.Tap(who, "+")
	}
	card := r.Last(who)
	buy, found := testenv.FindButton(card, "Buy")
	require.True(r.T, found, card.Text)
	for range 3 {
		require.NoError(r.T, r.Telegram().TapData(testenv.BotToken, who, card.ID, buy.Data))
	}
	r.Settle()
}

// expectOrder adds the order that the shop has just made to the model, or fails if there should be
// none.
func (r *runner) expectOrder(who int64, sku string, n int, refusal string) {
	if r.invoicesHidden && refusal == "" {
		r.wait(expiryDelayHidden) // until the invoice is made, or given up
	}
	made := r.newInvoices()
	if refusal != "" {
		if len(made) > 0 {
			r.failf("%d × %s is refused (%s), and there is invoice %d of order %s", n, sku, refusal, made[0].ID, made[0].Payload)
		}
		r.logf("  refused: %s", refusal)
		return
	}
	if len(made) != 1 {
		r.failf("%d × %s: %d new invoices, want one:\n%s", n, sku, len(made), r.recentMessages(who))
	}
	r.recordOrder(who, sku, n, made[0])
}

func (r *runner) recordOrder(who int64, sku string, n int, in cryptopay.Invoice) {
	o := r.model.addOrder(in.Payload, who, sku, n, in.ExpiresAt)
	r.logf("  %v for %s USD, invoice %d", o, o.total.FloatString(2), in.ID)
	if rat(in.Amount.Decimal()).Cmp(o.total) != 0 {
		r.failf("%v: the invoice is over %s, want %s", o, in.Amount, o.total.FloatString(2))
	}
}

// newInvoices are those of orders that the model does not know.
func (r *runner) newInvoices() []cryptopay.Invoice {
	var fresh []cryptopay.Invoice
	for _, in := range r.CryptoPay().Invoices(testenv.AppToken) {
		if r.model.byID(in.Payload) == nil {
			fresh = append(fresh, in)
		}
	}
	return fresh
}

func (r *runner) cancel(s step) {
	o := r.pick(s, r.isOpenAndReachable)
	if o == nil {
		return
	}
	r.logf("%s cancels %v", buyerName[o.buyer], o)
	r.mustPress(o.buyer, o.id, "Cancel")
	r.model.cancel(o)
}

// buyAllAtOnce has everybody buy the same product at the same moment.
func (r *runner) buyAllAtOnce(s step) {
	if r.invoicesHidden {
		return
	}
	sku, n := products[s.which%len(products)], 1+s.n%4
	can := 0
	var asked []int64
	for _, who := range buyers {
		if r.model.blocked[who] {
			continue
		}
		asked = append(asked, who)
		if r.model.whyRefused(who, sku, n) == "" {
			can++
		}
		require.NoError(r.T, r.Telegram().Say(testenv.BotToken, who, fmt.Sprintf("/buy %s %d", sku, n)))
	}
	if len(asked) == 0 {
		return
	}
	r.logf("%d people ask for %d × %s at once", len(asked), n, sku)
	if r.model.catalog[sku].fromStock {
		can = min(can, r.model.free(sku)/n)
	}
	r.Settle()
	made := r.newInvoices()
	if len(made) != can {
		r.failf("%d people asked for %d × %s, %d can have it and %d got it", len(asked), n, sku, can, len(made))
	}
	for _, in := range made {
		for _, who := range asked {
			if strings.Contains(r.Transcript(who), in.Payload) {
				r.recordOrder(who, sku, n, in)
			}
		}
	}
}

// buyDuringOutage has somebody buy while the answers to createInvoice are lost, or refused.
func (r *runner) buyDuringOutage(s step) {
	who, can := r.activeBuyer(s.who)
	sku, n := products[s.which%len(products)], 1+s.n%2
	if !can || r.invoicesHidden {
		return
	}
	refusal := r.model.whyRefused(who, sku, n)
	failure := []cryptopay.Failure{
		{DropAfter: true}, {DropBefore: true}, {Status: http.StatusBadGateway}, {Hang: 20 * time.Second, DropAfter: true},
	}[s.n%4]
	r.logf("%s asks for %d × %s, and Crypto Pay is in trouble: %+v", buyerName[who], n, sku, failure)
	r.CryptoPay().FailNext("createInvoice", 1+s.n%3, failure)
	r.Say(who, fmt.Sprintf("/buy %s %d", sku, n))
	r.wait(100 * time.Second)
	r.CryptoPay().FailNext("createInvoice", 0, cryptopay.Failure{})
	r.wait(30 * time.Second)
	r.expectOrder(who, sku, n, refusal)
}
