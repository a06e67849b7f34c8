package model

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
)

// compare fails the run if goods, money or messages differ from the model's.
func (r *runner) compare() {
	r.T.Helper()
	r.compareGoods()
	r.compareWallets()
	r.compareTransfers()
	r.compareInvoices()
	r.compareMessages()
}

var goodsOrder = regexp.MustCompile(`(?m)^Order ([0-9A-Z]{15})$`)

// deliveries are the goods that somebody was sent, by order: a list of lines for each message.
func (r *runner) deliveries(who int64) map[string][][]string {
	got := map[string][][]string{}
	for _, m := range r.Telegram().Sent(testenv.BotToken, who) {
		found := goodsOrder.FindStringSubmatch(m.Text)
		if found == nil || !strings.HasPrefix(m.Text, "🎁") {
			continue
		}
		_, goods, _ := strings.Cut(m.Text, found[0])
		got[found[1]] = append(got[found[1]], strings.Fields(strings.ReplaceAll(goods, "The whole secret", "secret")))
	}
	return got
}

// compareGoods checks that each buyer has the goods of each delivered order and of no other, that a
// repeated message has the same goods, and that no key is in two orders.
func (r *runner) compareGoods() {
	r.T.Helper()
	owner := map[string]*modelOrder{}
	for _, who := range buyers {
		deliveries := r.deliveries(who)
		for _, id := range slices.Sorted(maps.Keys(deliveries)) {
			o := r.model.byID(id)
			if o == nil || o.buyer != who {
				r.failf("%s has goods of order %s, which is somebody else's", buyerName[who], id)
			}
			for _, goods := range deliveries[id] {
				r.compareDelivery(o, goods)
			}
			for _, key := range o.keys {
				if owner[key] != nil {
					r.failf("key %s is in %v and %v", key, owner[key], o)
				}
				owner[key] = o
			}
		}
		for _, o := range r.model.where(func(o *modelOrder) bool { return o.buyer == who }) {
			if has := len(deliveries[o.id]) > 0; has != o.goodsArrived {
				r.failf("%v (%s): goods with %s: %t, want %t\n%s", o, o.state, buyerName[who], has, o.goodsArrived, r.recentMessages(who))
			}
		}
	}
}

func (r *runner) compareDelivery(o *modelOrder, goods []string) {
	r.T.Helper()
	if !o.fromStock {
		if !slices.Equal(goods, []string{"secret"}) {
			r.failf("%v is delivered as %q", o, goods)
		}
		return
	}
	if o.keys == nil {
		o.keys = goods
	}
	if !slices.Equal(goods, o.keys) || len(goods) != o.units {
		r.failf("%v of %d units is delivered as %q, and before as %q", o, o.units, goods, o.keys)
	}
	for _, key := range goods {
		if r.productOfKey[key] != o.sku {
			r.failf("%v of %s is delivered %q, which nobody loaded for it", o, o.sku, key)
		}
	}
}

// compareWallets checks that buyers have what they began with, less payments, plus refunds.
func (r *runner) compareWallets() {
	r.T.Helper()
	for _, who := range buyers {
		want := map[string]*big.Rat{}
		for asset, n := range r.initialCoins[who] {
			want[asset] = new(big.Rat).Set(n)
		}
		for _, o := range r.model.where(func(o *modelOrder) bool { return o.buyer == who }) {
			for _, pay := range slices.Concat(o.payments, o.unseenPayments) {
				want[pay.coins.asset].Sub(want[pay.coins.asset], pay.coins.number)
			}
			for _, c := range o.refunds {
				want[c.asset].Add(want[c.asset], c.number)
			}
		}
		for asset, has := range r.wallet(who) {
			if has.Cmp(want[asset]) != 0 {
				r.failf("%s has %s %s, want %s", buyerName[who], has.FloatString(coinDecimals), asset, want[asset].FloatString(coinDecimals))
			}
		}
	}
}

// compareTransfers checks that each refund is exactly one transfer, or one check, to the buyer.
func (r *runner) compareTransfers() {
	r.T.Helper()
	var want, got []string
	for _, o := range r.model.orders {
		for _, c := range o.refunds {
			want = append(want, fmt.Sprintf("%s %v for %s", buyerName[o.buyer], c, o.id))
		}
	}
	ids := map[string]bool{}
	for _, t := range r.CryptoPay().Transfers(testenv.AppToken) {
		order := ""
		for _, o := range r.model.orders {
			if strings.Contains(t.SpendID, o.id) {
				order = o.id
			}
		}
		ids[t.SpendID] = true
		got = append(got, fmt.Sprintf("%s %v for %s", buyerName[t.User], coins{string(t.Amount.Currency()), rat(t.Amount.Decimal())}, order))
	}
	for _, k := range r.CryptoPay().Checks(testenv.AppToken) {
		c := coins{string(k.Amount.Currency()), rat(k.Amount.Decimal())}
		for _, o := range r.model.orders {
			if o.buyer != k.PinnedTo {
				continue
			}
			if i := slices.IndexFunc(o.checks, func(given coins) bool { return given.String() == c.String() }); i >= 0 {
				got = append(got, fmt.Sprintf("%s %v for %s", buyerName[k.PinnedTo], c, o.id))
				ids[k.Hash] = true
				break
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) || len(ids) != len(got) {
		r.failf("transfers:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// compareInvoices checks that each open order has one invoice over the right amount, and that
// nothing else can be paid.
func (r *runner) compareInvoices() {
	r.T.Helper()
	active := map[string]int{}
	for _, in := range r.CryptoPay().Invoices(testenv.AppToken) {
		o := r.model.byID(in.Payload)
		if o == nil {
			if in.Status == cryptopay.StatusActive {
				r.failf("invoice %d can be paid for order %s, which nobody made", in.ID, in.Payload)
			}
			continue
		}
		if in.Status == cryptopay.StatusActive {
			active[o.id]++
			if rat(in.Amount.Decimal()).Cmp(o.total) != 0 {
				r.failf("%v over %s has an invoice over %s", o, o.total.FloatString(2), in.Amount)
			}
		}
	}
	for _, o := range r.model.orders {
		switch n := active[o.id]; {
		case o.state == stateOpen && n != 1:
			r.failf("%v is open and has %d invoices", o, n)
		case o.state != stateOpen && n != 0 && !r.invoicesHidden:
			r.failf("%v is %s, and can still be paid", o, o.state)
		}
	}
}

// compareMessages checks that people got the messages that they must get.
func (r *runner) compareMessages() {
	r.T.Helper()
	for m, want := range r.model.expected {
		switch got := r.CountSent(m.who, m.text); {
		case got < want, got > want && m.who == olga && !r.messagesMayRepeat:
			r.failf("%q was sent %d times to %d, want %d\n%s", m.text, got, m.who, want, r.recentMessages(m.who))
		}
	}
}
