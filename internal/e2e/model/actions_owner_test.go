package model

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
)

func (r *runner) restockProduct(s step) {
	sku := products[s.which%2]
	if o := r.pick(s, func(o *modelOrder) bool { return o.state == stateHeld && o.holdReason == heldSoldOut }); o != nil {
		sku = o.sku
	}
	if _, sold := r.model.catalog[sku]; !sold {
		return
	}
	r.logf("Olga loads %d keys of %s", s.n%4, sku)
	r.loadNewKeys(sku, s.n%4)
}

// loadNewKeys loads keys, among them the first one that the product ever had, which is a duplicate.
func (r *runner) loadNewKeys(sku string, n int) {
	r.T.Helper()
	list := []string{fmt.Sprintf("KEY-%s-%03d", sku, 1)}
	for range n {
		list = append(list, fmt.Sprintf("KEY-%s-%03d", sku, r.model.loaded[sku]+len(list)))
	}
	if r.model.loaded[sku] == 0 {
		list = list[1:]
	}
	for _, key := range list {
		r.productOfKey[key] = sku
	}
	if n > 0 {
		r.LoadStock(sku, list...)
	} else {
		r.Say(olga, "/addstock "+sku+"\n"+strings.Join(list, "\n")) // nothing is new, so there is no Add
		r.Say(olga, "/cancel")
	}
	r.model.restock(sku, n)
}

func isRefundable(o *modelOrder) bool {
	_, some := o.nextRefund()
	return some
}

func (r *runner) refundAll(s step) {
	o := r.pick(s, isRefundable)
	if o == nil {
		return
	}
	c, _ := o.nextRefund()
	r.logf("Olga refunds %v: %v", o, c)
	r.confirmRefund(o, c, r.command(olga, "/refund "+strings.ToLower(o.id), ""))
}

// confirmRefund presses the button three times; money moves once.
func (r *runner) confirmRefund(o *modelOrder, c coins, ask telegram.Message) {
	yes, found := testenv.FindButton(ask, "Yes, send")
	if r.belowCheckMinimum(c) {
		if found {
			r.failf("%v of %v would go back, and nothing sends so little:\n%s", c, o, ask.Text)
		}
		r.logf("  refused: too small")
		return
	}
	if !found || !strings.HasPrefix(yes.Text, "Yes, send "+formatCoins(c.number)+" "+c.asset) {
		r.failf("no refund of %v (%v):\n%s", o, c, ask.Text)
	}
	for _, again := range []bool{false, false, true} { // a double tap, and one more when all is done
		if again {
			r.Settle()
		}
		require.NoError(r.T, r.Telegram().TapData(testenv.BotToken, olga, ask.ID, yes.Data))
	}
	r.Settle()
	if r.belowTransferMinimum(c) {
		r.model.refundByCheck(o, c)
		r.openCheck(o)
		return
	}
	r.model.refund(o, c)
}

// openCheck has a buyer take the coins of the one check that waits.
func (r *runner) openCheck(o *modelOrder) {
	waiting := 0
	for _, check := range r.CryptoPay().Checks(testenv.AppToken) {
		if check.ActivatedAt.IsZero() {
			waiting++
			_, err := r.CryptoPay().ActivateCheck(check.Hash, o.buyer, "")
			require.NoError(r.T, err)
		}
	}
	if waiting != 1 {
		r.failf("%d checks wait for the buyer of %v, want 1", waiting, o)
	}
}

// belowTransferMinimum reports whether an amount is worth less than 1 USD, which Crypto Pay does
// not transfer. belowCheckMinimum is the same for checks.
func (r *runner) belowTransferMinimum(c coins) bool { return inUSD(c).Cmp(big.NewRat(1, 1)) < 0 }
func (r *runner) belowCheckMinimum(c coins) bool    { return inUSD(c).Cmp(big.NewRat(1, 100)) < 0 }

func inUSD(c coins) *big.Rat {
	worth := map[string]string{"USDT": "1.0002", "TON": "2.51863", "BTC": "91873.42"}[c.asset]
	return new(big.Rat).Mul(c.number, rat(worth))
}

// refundPart refunds an amount in the currency of the price or in coins, which may be more than
// what is left.
func (r *runner) refundPart(s step) {
	o := r.pick(s, isRefundable)
	if o == nil {
		return
	}
	p, left := o.nextPayment()
	usd := big.NewRat(int64(1+s.n/2), 1)
	number := truncate(new(big.Rat).Quo(new(big.Rat).Mul(p.coins.number, usd), p.price))
	if usd.Cmp(p.price) == 0 || usd.Cmp(o.total) == 0 && usd.Cmp(p.price) > 0 {
		number = p.coins.number
	}
	wanted := usd.FloatString(2)
	if s.n%2 == 1 {
		number = truncate(new(big.Rat).Quo(p.coins.number, big.NewRat(2, 1)))
		wanted = coins{p.coins.asset, number}.String()
	}
	c := coins{p.coins.asset, number}
	for _, all := range []*big.Rat{left, o.refundable(c.asset)} {
		rest := new(big.Rat).Sub(all, number)
		dust := new(big.Rat).Quo(new(big.Rat).Mul(rest, p.price), p.coins.number)
		if dust.Cmp(big.NewRat(1, 100)) < 0 && dust.Cmp(big.NewRat(-1, 200)) > 0 {
			c.number = all
			break
		}
	}
	r.logf("Olga refunds %s of %v: %v", wanted, o, c)
	ask := r.command(olga, "/refund "+o.id+" "+wanted, "")
	if c.number.Cmp(o.refundable(c.asset)) > 0 {
		if _, found := testenv.FindButton(ask, "Yes, send"); found {
			r.failf("%v of %v would go back, and %s is left", c, o, o.refundable(c.asset).FloatString(coinDecimals))
		}
		r.logf("  refused: more than what is left")
		return
	}
	r.confirmRefund(o, c, ask)
}

func (r *runner) releaseHeld(s step) {
	o := r.pick(s, func(o *modelOrder) bool { return o.state == stateHeld })
	if o == nil {
		return
	}
	r.logf("Olga delivers %v", o)
	r.Say(olga, "/order "+o.id)
	r.mustPress(olga, o.id, "Deliver now")
	if r.model.releasable(o) {
		r.model.deliver(o)
	} else {
		r.logf("  there is too little stock")
	}
}

func (r *runner) changeCatalog(s step) {
	sku := products[s.which%len(products)]
	p, sold := r.model.catalog[sku]
	switch {
	case sold && s.n%4 == 0:
		r.logf("%s is no longer sold", sku)
		delete(r.model.catalog, sku)
	case sold:
		p.price = new(big.Rat).Add(p.price, big.NewRat(int64(s.n)-4, 2))
		if p.price.Cmp(big.NewRat(2, 1)) < 0 {
			p.price = big.NewRat(6, 1)
		}
		r.logf("%s is %s USD from now on", sku, p.price.FloatString(2))
		r.model.catalog[sku] = p
	default:
		r.logf("%s is sold again", sku)
		r.model.catalog[sku] = product{price: big.NewRat(9, 2), limit: 3, fromStock: sku != "guide"}
	}
	r.writeModelCatalog()
	r.Settle()
}

// refundDuringOutage has the owner refund while transfers are refused, or their answers lost.
func (r *runner) refundDuringOutage(s step) {
	o := r.pick(s, isRefundable)
	if o == nil {
		return
	}
	c, _ := o.nextRefund()
	if r.belowTransferMinimum(c) {
		return
	}
	pay := r.CryptoPay()
	refused := false
	switch s.n % 4 {
	case 0:
		r.logf("Olga refunds %v, who never started the wallet", o)
		pay.SetStarted(o.buyer, false)
		refused = true
	case 1:
		r.logf("Olga refunds %v, and transfers are not allowed", o)
		pay.SetTransfersEnabled(testenv.AppToken, false)
		refused = true
	default:
		r.logf("Olga refunds %v, and %d answers are lost", o, s.n)
		pay.FailNext("transfer", s.n, cryptopay.Failure{DropAfter: true})
	}
	ask := r.command(olga, "/refund "+o.id, "")
	if refused {
		r.Tap(olga, "Yes, send")
		r.model.expect(olga, "The refund was refused")
	} else {
		r.confirmRefund(o, c, ask)
		time.Sleep(15 * time.Minute)
		pay.FailNext("transfer", 0, cryptopay.Failure{})
		r.wait(6 * time.Minute)
	}
	pay.SetStarted(o.buyer, true)
	pay.SetTransfersEnabled(testenv.AppToken, true)
}
