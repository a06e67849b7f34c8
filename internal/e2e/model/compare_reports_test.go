package model

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// compareReports compares what the shop reports to owner and buyers.
func (r *runner) compareReports() {
	r.T.Helper()
	r.compareStock()
	r.compareStatistics()
	r.compareLists()
}

func (r *runner) compareStock() {
	r.T.Helper()
	text := r.command(olga, "/stock", "Stock").Text
	for _, sku := range products {
		p, sold := r.model.catalog[sku]
		if !sold || !p.fromStock {
			continue
		}
		free, reserved, used := r.model.stock(sku)
		if want := fmt.Sprintf("%s · %d free · %d reserved · %d sold", sku, free, reserved, used); !strings.Contains(text, want) {
			r.failf("stock:\n%s\nwant: %s", text, want)
		}
	}
}

// totals are the model's statistics.
type totals struct {
	ordered, paid, delivered, cancelled, held int

	revenue                  *big.Rat
	received, fees, refunded map[string]*big.Rat
	units                    map[string]int
}

func (m *referenceModel) totals() totals {
	f := totals{
		ordered: len(m.orders), delivered: m.delivered, cancelled: m.cancelled, held: m.held, revenue: new(big.Rat),
		received: map[string]*big.Rat{}, fees: map[string]*big.Rat{}, refunded: map[string]*big.Rat{}, units: map[string]int{},
	}
	add := func(to map[string]*big.Rat, asset string, n *big.Rat) {
		if to[asset] == nil {
			to[asset] = new(big.Rat)
		}
		to[asset].Add(to[asset], n)
	}
	for _, o := range m.orders {
		if len(o.payments) > 0 {
			f.paid++
			f.revenue.Add(f.revenue, o.total)
			f.units[o.sku] += o.units
		}
		for _, pay := range o.payments {
			add(f.received, pay.coins.asset, pay.coins.number)
			add(f.fees, pay.coins.asset, pay.fee)
		}
		for _, c := range o.refunds {
			add(f.refunded, c.asset, c.number)
		}
	}
	return f
}

var cancelledCount = regexp.MustCompile(`(\d+) cancelled`)

// compareStatistics compares /stats.
func (r *runner) compareStatistics() {
	r.T.Helper()
	text := r.command(olga, "/stats all", "Since the beginning").Text
	if found := cancelledCount.FindStringSubmatch(text); found != nil && r.model.maybeCancelled > 0 {
		n, _ := strconv.Atoi(found[1])
		if n < r.model.cancelled || n > r.model.cancelled+r.model.maybeCancelled {
			r.failf("%d orders are cancelled, want %d to %d", n, r.model.cancelled, r.model.cancelled+r.model.maybeCancelled)
		}
		r.model.cancelled, r.model.maybeCancelled = n, 0
	}
	f := r.model.totals()
	if f.ordered == 0 {
		return
	}
	want := []string{
		fmt.Sprintf("%d order", f.ordered), fmt.Sprintf(", %d paid (", f.paid),
		fmt.Sprintf("%%), %d delivered, %d cancelled", f.delivered, f.cancelled),
	}
	if f.held > 0 {
		want = append(want, fmt.Sprintf("%d order", f.held), "had to wait for you")
	}
	if f.paid > 0 { // coins are rounded here; compareDatabase has them to the last digit
		want = append(want, "Revenue: "+f.revenue.FloatString(2)+" USD", "Fees: ", "Coins received: ")
	}
	if len(f.refunded) > 0 {
		want = append(want, "Refunded: ")
	}
	for sku, n := range f.units {
		want = append(want, fmt.Sprintf("%s × %d · ", sku, n))
	}
	for _, line := range want {
		if !strings.Contains(text, line) {
			r.failf("statistics:\n%s\nwant: %s", text, line)
		}
	}
}

// formatCoins writes a number as the shop does: with two decimals, or as many as it takes.
func formatCoins(n *big.Rat) string {
	whole, part, _ := strings.Cut(n.FloatString(18), ".")
	part = strings.TrimRight(part, "0")
	return whole + "." + part + strings.Repeat("0", max(2-len(part), 0))
}

// compareLists checks that /orders shows each buyer the newest orders with the mark of their state.
func (r *runner) compareLists() {
	r.T.Helper()
	marks := map[string]string{stateOpen: "⏳", stateCancelled: "✖️", stateHeld: "⚠️", stateDelivered: "✅", stateRefunded: "↩️"}
	for _, who := range buyers {
		list := r.model.where(func(o *modelOrder) bool { return o.buyer == who })
		if len(list) == 0 || r.model.blocked[who] {
			continue
		}
		slices.SortFunc(list, func(a, b *modelOrder) int { return strings.Compare(b.id, a.id) })
		rows := r.command(who, "/orders", "Your orders").Buttons
		for i, o := range list[:min(len(list), 8)] {
			want := fmt.Sprintf("%s %s · ", marks[o.state], o.sku)
			if o.units > 1 {
				want = fmt.Sprintf("%s %s × %d · ", marks[o.state], o.sku, o.units)
			}
			if got := rows[i][0].Text; !strings.HasPrefix(got, want) {
				r.failf("%s sees %q in place %d of /orders, want %q (%v)", buyerName[who], got, i+1, want, o)
			}
		}
	}
}

// compareDatabase compares the stopped shop's database: every order, its keys and payments, and the
// sums exactly.
func (r *runner) compareDatabase() {
	r.T.Helper()
	states := map[shop.State]string{
		shop.StateAwaiting: stateOpen, shop.StateCancelled: stateCancelled, shop.StateHeld: stateHeld,
		shop.StateDelivered: stateDelivered, shop.StateRefunded: stateRefunded,
	}
	stored := map[string]shop.Order{}
	for _, o := range r.StoredOrders() {
		stored[string(o.ID)] = o
	}
	require.Len(r.T, stored, len(r.model.orders))
	for _, o := range r.model.orders {
		found := stored[o.id]
		if states[found.State] != o.state || len(found.Payments) != len(o.payments) {
			r.failf("%v is stored as %s with %d payments, want %s with %d", o, found.State, len(found.Payments), o.state, len(o.payments))
		}
		if (len(found.Lines[0].Goods) > 0) != o.ownsKeys || o.keys != nil && !slices.Equal(found.Lines[0].Goods, o.keys) {
			r.failf("%v is stored with keys %q, and was delivered as %q", o, found.Lines[0].Goods, o.keys)
		}
		for _, job := range found.Jobs() {
			if job.Task != shop.TaskExpire {
				r.failf("%v still waits for %s", o, job.Task)
			}
		}
	}
	r.WithDatabase(func(db *storage.DB) {
		s, err := db.Statistics(r.T.Context(), "", "")
		require.NoError(r.T, err)
		f := r.model.totals()
		for what, pair := range map[string]struct {
			got  shop.Sums
			want map[string]*big.Rat
		}{"received": {s.Total.Received, f.received}, "fees": {s.Total.Fees, f.fees}, "refunded": {s.Total.Refunded, f.refunded}} {
			for _, got := range pair.got {
				if want := pair.want[string(got.Currency())]; want == nil || rat(got.Decimal()).Cmp(want) != 0 {
					r.failf("%s: %v, want %v", what, got, want)
				}
			}
			require.Len(r.T, pair.got, len(pair.want), what)
		}
	})
}
