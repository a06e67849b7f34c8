package main

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"shopbot/internal/sandbox/cryptopay"
)

// compare looks at what people have in their hands, and fails the play where it differs from the notebook.
func (p *play) compare() {
	p.t.Helper()
	p.compareGoods()
	p.compareWallets()
	p.compareTransfers()
	p.compareInvoices()
	p.compareWords()
}

// finish ends a play: everything that waits gets its time, then the books are closed and checked.
func (p *play) finish() {
	if p.blind {
		p.seeAgain()
	}
	p.wait(12 * time.Minute)
	p.compare()
	p.ask()
	p.halt()
	p.compareDatabase()
}

var goodsOrder = regexp.MustCompile(`(?m)^Order ([0-9A-Z]{7}-[0-9A-Z]{8})$`)

// parcels are the deliveries that somebody got, by order: the lines after the heading.
func (p *play) parcels(who int64) map[string][][]string {
	got := map[string][][]string{}
	for _, m := range p.Telegram().Sent(botToken, who) {
		found := goodsOrder.FindStringSubmatch(m.Text)
		if found == nil || !strings.HasPrefix(m.Text, "🎁") {
			continue
		}
		_, goods, _ := strings.Cut(m.Text, found[0])
		got[found[1]] = append(got[found[1]], strings.Fields(strings.ReplaceAll(goods, "The whole secret", "secret")))
	}
	return got
}

// compareGoods: each buyer has the goods of each delivered order and of no other; what comes again is the same;
// no key is with two.
func (p *play) compareGoods() {
	p.t.Helper()
	owner := map[string]*entry{}
	for _, who := range cast {
		parcels := p.parcels(who)
		for _, id := range slices.Sorted(maps.Keys(parcels)) {
			e := p.k.byID(id)
			if e == nil || e.buyer != who {
				p.failf("%s has goods of order %s, which is not his or hers", castName[who], id)
			}
			for _, goods := range parcels[id] {
				p.compareParcel(e, goods)
			}
			for _, key := range e.keys {
				if owner[key] != nil {
					p.failf("key %s is in %v and %v", key, owner[key], e)
				}
				owner[key] = e
			}
		}
		for _, e := range p.k.list(func(e *entry) bool { return e.buyer == who }) {
			if has := len(parcels[e.id]) > 0; has != e.handed {
				p.failf("%v (%s): goods with %s: %t, want %t\n%s", e, e.state, castName[who], has, e.handed, p.lately(who))
			}
		}
	}
}

func (p *play) compareParcel(e *entry, goods []string) {
	p.t.Helper()
	if !e.keyed {
		if !slices.Equal(goods, []string{"secret"}) {
			p.failf("%v is delivered as %q", e, goods)
		}
		return
	}
	if e.keys == nil {
		e.keys = goods
	}
	if !slices.Equal(goods, e.keys) || len(goods) != e.units {
		p.failf("%v over %d units is delivered as %q, and before as %q", e, e.units, goods, e.keys)
	}
	for _, key := range goods {
		if p.keys[key] != e.sku {
			p.failf("%v of %s is delivered %q, which nobody loaded for it", e, e.sku, key)
		}
	}
}

// compareWallets: what buyers have is what they had, less payments, more refunds.
func (p *play) compareWallets() {
	p.t.Helper()
	for _, who := range cast {
		want := map[string]*big.Rat{}
		for asset, n := range p.seen[who] {
			want[asset] = new(big.Rat).Set(n)
		}
		for _, e := range p.k.list(func(e *entry) bool { return e.buyer == who }) {
			for _, pay := range slices.Concat(e.paid, e.unseen) {
				want[pay.coins.asset].Sub(want[pay.coins.asset], pay.coins.number)
			}
			for _, c := range e.back {
				want[c.asset].Add(want[c.asset], c.number)
			}
		}
		for asset, has := range p.wallet(who) {
			if has.Cmp(want[asset]) != 0 {
				p.failf("%s has %s %s, want %s", castName[who], has.FloatString(partialCoins), asset, want[asset].FloatString(partialCoins))
			}
		}
	}
}

// compareTransfers: each refund is exactly one transfer, to whom it belongs.
func (p *play) compareTransfers() {
	p.t.Helper()
	var want, got []string
	for _, e := range p.k.book {
		for _, c := range e.back {
			want = append(want, fmt.Sprintf("%s %v for %s", castName[e.buyer], c, e.id))
		}
	}
	ids := map[string]bool{}
	for _, t := range p.CryptoPay().Transfers(appToken) {
		order := ""
		for _, e := range p.k.book {
			if strings.Contains(t.SpendID, e.id) {
				order = e.id
			}
		}
		ids[t.SpendID] = true
		got = append(got, fmt.Sprintf("%s %v for %s", castName[t.User], coins{string(t.Amount.Currency()), rat(t.Amount.Decimal())}, order))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) || len(ids) != len(got) {
		p.failf("transfers:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// compareInvoices: who may pay has one invoice, over the right sum; nobody else can pay anything.
func (p *play) compareInvoices() {
	p.t.Helper()
	active := map[string]int{}
	for _, in := range p.CryptoPay().Invoices(appToken) {
		e := p.k.byID(in.Payload)
		if e == nil {
			if in.Status == cryptopay.StatusActive {
				p.failf("invoice %d can be paid for order %s, which nobody made", in.ID, in.Payload)
			}
			continue
		}
		if in.Status == cryptopay.StatusActive {
			active[e.id]++
			if rat(in.Amount.Decimal()).Cmp(e.total) != 0 {
				p.failf("%v over %s has an invoice over %s", e, e.total.FloatString(2), in.Amount)
			}
		}
	}
	for _, e := range p.k.book {
		switch n := active[e.id]; {
		case e.state == isOpen && n != 1:
			p.failf("%v is open and has %d invoices", e, n)
		case e.state != isOpen && n != 0 && !p.blind:
			p.failf("%v is %s, and can still be paid", e, e.state)
		}
	}
}

// compareWords: everybody was told what he or she must know.
func (p *play) compareWords() {
	p.t.Helper()
	for said, want := range p.k.told {
		switch got := p.heard(said.who, said.what); {
		case got < want, got > want && said.who == olga && !p.loose:
			p.failf("%q was said %d times to %d, want %d\n%s", said.what, got, said.who, want, p.lately(said.who))
		}
	}
}
