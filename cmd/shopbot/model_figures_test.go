package main

import (
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// ask compares what the shop itself says.
func (p *play) ask() {
	p.t.Helper()
	p.compareStock()
	p.compareFigures()
	p.compareLists()
}

func (p *play) compareStock() {
	p.t.Helper()
	text := p.asks(olga, "/stock", "Stock").Text
	for _, sku := range products {
		t, sold := p.k.sells[sku]
		if !sold || !t.keyed {
			continue
		}
		free, reserved, gone := p.k.counts(sku)
		if want := fmt.Sprintf("%s · %d free · %d reserved · %d sold", sku, free, reserved, gone); !strings.Contains(text, want) {
			p.failf("stock:\n%s\nwant: %s", text, want)
		}
	}
}

// figures are what the notebook adds up to.
type figures struct {
	ordered, paid, delivered, cancelled, held int

	revenue                  *big.Rat
	received, fees, refunded map[string]*big.Rat
	units                    map[string]int
}

func (k *keeper) figures() figures {
	f := figures{
		ordered: len(k.book), delivered: k.delivered, cancelled: k.cancelled, held: k.held, revenue: new(big.Rat),
		received: map[string]*big.Rat{}, fees: map[string]*big.Rat{}, refunded: map[string]*big.Rat{}, units: map[string]int{},
	}
	add := func(to map[string]*big.Rat, asset string, n *big.Rat) {
		if to[asset] == nil {
			to[asset] = new(big.Rat)
		}
		to[asset].Add(to[asset], n)
	}
	for _, e := range k.book {
		if len(e.paid) > 0 {
			f.paid++
			f.revenue.Add(f.revenue, e.total)
			f.units[e.sku] += e.units
		}
		for _, pay := range e.paid {
			add(f.received, pay.coins.asset, pay.coins.number)
			add(f.fees, pay.coins.asset, pay.fee)
		}
		for _, c := range e.back {
			add(f.refunded, c.asset, c.number)
		}
	}
	return f
}

var cancelledFigure = regexp.MustCompile(`cancelled: (\d+)`)

// compareFigures reads what the owner reads.
func (p *play) compareFigures() {
	p.t.Helper()
	text := p.asks(olga, "/stats all", "Since the beginning").Text
	if found := cancelledFigure.FindStringSubmatch(text); found != nil && p.k.perhaps > 0 {
		n, _ := strconv.Atoi(found[1])
		if n < p.k.cancelled || n > p.k.cancelled+p.k.perhaps {
			p.failf("%d orders are cancelled, want %d to %d", n, p.k.cancelled, p.k.cancelled+p.k.perhaps)
		}
		p.k.cancelled, p.k.perhaps = n, 0
	}
	f := p.k.figures()
	if f.ordered == 0 {
		return
	}
	want := []string{fmt.Sprintf("Orders: %d · paid: %d · delivered: %d · cancelled: %d", f.ordered, f.paid, f.delivered, f.cancelled)}
	if f.held > 0 {
		want = append(want, fmt.Sprintf("Times put aside for you: %d", f.held))
	}
	if f.paid > 0 {
		want = append(want, "Revenue: "+f.revenue.FloatString(2)+" USD", "Received: "+priced(f.received), "Fees: "+priced(f.fees))
	}
	if len(f.refunded) > 0 {
		want = append(want, "Refunded: "+priced(f.refunded))
	}
	for sku, n := range f.units {
		want = append(want, fmt.Sprintf("%s: %d × · ", sku, n))
	}
	for _, line := range want {
		if !strings.Contains(text, line) {
			p.failf("figures:\n%s\nwant: %s", text, line)
		}
	}
}

func priced(sums map[string]*big.Rat) string {
	var list []string
	for _, asset := range slices.Sorted(maps.Keys(sums)) {
		list = append(list, price(sums[asset])+" "+asset)
	}
	return strings.Join(list, " + ")
}

// price writes a number as price tags do: with two decimals, or with as many as it takes.
func price(n *big.Rat) string {
	whole, part, _ := strings.Cut(n.FloatString(18), ".")
	part = strings.TrimRight(part, "0")
	return whole + "." + part + strings.Repeat("0", max(2-len(part), 0))
}

// compareLists: each buyer sees his or her newest orders, each with the mark of its state.
func (p *play) compareLists() {
	p.t.Helper()
	marks := map[string]string{isOpen: "⏳", isCancelled: "✖️", isHeld: "⚠️", isDelivered: "✅", isRefunded: "↩️"}
	for _, who := range cast {
		list := p.k.list(func(e *entry) bool { return e.buyer == who })
		if len(list) == 0 || p.k.blocked[who] {
			continue
		}
		slices.SortFunc(list, func(a, b *entry) int { return cmpText(b.id, a.id) })
		rows := p.asks(who, "/orders", "Your orders").Buttons
		for i, e := range list[:min(len(list), 8)] {
			want := fmt.Sprintf("%s %s × %d", marks[e.state], e.sku, e.units)
			if got := rows[i][0].Text; !strings.HasPrefix(got, want) {
				p.failf("%s sees %q in place %d of /orders, want %q (%v)", castName[who], got, i+1, want, e)
			}
		}
	}
}

// compareDatabase reads the closed books: every order, its keys and its money, and the figures to the last digit.
func (p *play) compareDatabase() {
	p.t.Helper()
	states := map[shop.State]string{
		shop.StateAwaiting: isOpen, shop.StateCancelled: isCancelled, shop.StateHeld: isHeld,
		shop.StateDelivered: isDelivered, shop.StateRefunded: isRefunded,
	}
	stored := map[string]shop.Order{}
	for _, o := range p.ordersInDatabase() {
		stored[string(o.ID)] = o
	}
	require.Len(p.t, stored, len(p.k.book))
	for _, e := range p.k.book {
		o := stored[e.id]
		if states[o.State] != e.state || len(o.Payments) != len(e.paid) {
			p.failf("%v is stored as %s with %d payments, want %s with %d", e, o.State, len(o.Payments), e.state, len(e.paid))
		}
		if (len(o.Keys) > 0) != e.owns || e.keys != nil && !slices.Equal(o.Keys, e.keys) {
			p.failf("%v is stored with keys %q, and was delivered as %q", e, o.Keys, e.keys)
		}
		for _, job := range o.Jobs() {
			if job.Task != shop.TaskExpire {
				p.failf("%v still waits for %s", e, job.Task)
			}
		}
	}
	p.inDatabase(func(db *storage.DB) {
		s, err := db.Statistics(p.t.Context(), "", "")
		require.NoError(p.t, err)
		f := p.k.figures()
		for what, pair := range map[string]struct {
			got  shop.Sums
			want map[string]*big.Rat
		}{"received": {s.Total.Received, f.received}, "fees": {s.Total.Fees, f.fees}, "refunded": {s.Total.Refunded, f.refunded}} {
			for _, got := range pair.got {
				if want := pair.want[string(got.Currency())]; want == nil || rat(got.Decimal()).Cmp(want) != 0 {
					p.failf("%s: %v, want %v", what, got, want)
				}
			}
			require.Len(p.t, pair.got, len(pair.want), what)
		}
	})
}
