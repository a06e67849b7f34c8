package storagetest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/shop"
)

// compareWithModel does random business with a store and with the model, and compares every answer.
func compareWithModel(t *testing.T, place func(t *testing.T) Place) {
	t.Helper()
	rapid.Check(t, func(rt *rapid.T) {
		r := &random{bench: newBench(t.Context(), rt, place(t)), rt: rt, model: newModel(), now: start()}
		r.coupon(shop.Coupon{Code: "LUCKY", Amount: usdt("0.77")}) // finish compares its count with the orders
		rt.Repeat(map[string]func(*rapid.T){
			"buys":     func(*rapid.T) { r.buys() },
			"changes":  func(*rapid.T) { r.changes() },
			"pays":     func(*rapid.T) { r.pays() },
			"works":    func(*rapid.T) { r.works() },
			"releases": func(*rapid.T) { r.releases(draw(r, "task", shop.Tasks()...)) },
			"loads":    func(*rapid.T) { r.loads() },
			"removes":  func(*rapid.T) { r.removes() },
			"waits":    func(*rapid.T) { r.now = r.now.Add(time.Minute) },
			"lists":    func(*rapid.T) { r.lists() },
			"restarts": func(*rapid.T) { r.restarts() },
		})
		r.compareAll()
		r.finish()
	})
}

type random struct {
	*bench

	rt    *rapid.T
	model *model
	now   time.Time
}

func draw[V any](r *random, name string, from ...V) V {
	return rapid.SampledFrom(from).Draw(r.rt, name)
}

func (r *random) number(name string, low, high int) int {
	return rapid.IntRange(low, high).Draw(r.rt, name)
}

func (r *random) anyOrder() shop.OrderID {
	list := r.model.list(func(*shop.Order) bool { return true })
	if len(list) == 0 {
		return "1P8M2QXN0TTHERE"
	}
	return draw(r, "order", ids(list)...)
}

// agree compares what store and model said; of errors, what they say.
func (r *random) agree(what string, want, got any, wantErr, gotErr error) {
	r.t.Helper()
	require.Equal(r.t, fmt.Sprint(wantErr), fmt.Sprint(gotErr), what)
	if wantErr == nil {
		same(r.t, want, got, what)
	}
}

func (r *random) buys() {
	var lines []shop.Line
	for range r.number("lines", 1, 3) {
		lines = append(lines, line(draw(r, "product", vpn, gift, guide), r.number("quantity", 1, 3)))
	}
	o := order(r.number("order", 1, 40), int64(r.number("buyer", -1, 1)), lines...)
	if r.number("discount", 0, 2) == 0 {
		o = discounted(o, "coupon", "0.77")
		o.Discounts[0].Coupon = "LUCKY"
	}
	free := r.number("free", 0, 1)
	var saw []string // what the rule was shown
	rule := draw(r, "rule", anybody, atMost(r.number("open", 0, 4)), func(o *shop.Order, v shop.View) error {
		latest, err := v.Latest(3)
		saw = append(saw, written(r.t, append([]shop.Order{}, latest...))+fmt.Sprint(v.Free(vpn), v.Free(gift), v.Free(guide)))
		o.Expires = o.Created.Add(time.Duration(len(latest)+v.Free(vpn)) * time.Minute)
		if v.Free(gift) < free {
			err = errNo
		}
		return err
	})
	until := r.now.Add(time.Minute)
	want, wantNew, wantErr := r.model.checkout(o, until, rule)
	got, gotNew, gotErr := r.Checkout(r.ctx, o, until, rule)
	r.agree("checkout", want, got, wantErr, gotErr)
	require.Equal(r.t, wantNew, gotNew)
	if len(saw) > 0 {
		require.Equal(r.t, slices.Repeat(saw[:1], 2), saw, "what there is, and the buyer's latest orders")
	}
}

func (r *random) changes() {
	id, now := r.anyOrder(), r.now
	n := r.number("invoice", 1, 4)
	refund := shop.Refund{ID: shop.RefundID(fmt.Sprint("r", n)), Amount: usdt(fmt.Sprint(n, ".1")), Requested: now}
	task := draw(r, "task", shop.Tasks()...)
	named := map[string]func(o *shop.Order, free shop.Free) error{
		"invoiced": func(o *shop.Order, _ shop.Free) error {
			return o.MarkInvoiced(shop.Invoice{ID: strconv.Itoa(n)}, now.Add(time.Minute))
		},
		"cancelled": func(o *shop.Order, _ shop.Free) error { return o.Cancel(shop.CancelExpired) },
		"closed":    func(o *shop.Order, _ shop.Free) error { return o.CloseInvoice() },
		"delivered": func(o *shop.Order, _ shop.Free) error { return o.MarkLineDelivered(n%len(o.Lines), now) },
		"held":      func(o *shop.Order, _ shop.Free) error { return o.MarkHeld(shop.HoldUndeliverable) },
		"released":  func(o *shop.Order, free shop.Free) error { return o.Release(free, 5) },
		"refund":    func(o *shop.Order, _ shop.Free) error { return o.RequestRefund(refund) },
		"sent":      func(o *shop.Order, _ shop.Free) error { return o.MarkRefundSent(refund.ID, "t", now) },
		"refused":   func(o *shop.Order, _ shop.Free) error { return o.MarkRefundRefused(refund.ID, "NO", now) },
		"replaced": func(o *shop.Order, free shop.Free) error {
			l := &o.Lines[n%len(o.Lines)]
			name := "none"
			if len(l.Goods) > 0 {
				name = shop.UnitName(l.Goods[n%len(l.Goods)])
			}
			return o.Replace(n%len(o.Lines), name, shop.Replacement{By: 7, At: now, Why: shop.ReplaceBroken}, free)
		},
		"piece": func(o *shop.Order, _ shop.Free) error {
			l := &o.Lines[n%len(o.Lines)]
			piece := refund
			piece.Lines, piece.Piece = []int{n % len(o.Lines)}, true
			if kept := l.Kept(); l.FromStock && len(kept) > 0 {
				piece.Unit = kept[n%len(kept)]
			}
			return o.RequestRefund(piece)
		},
		"told": func(o *shop.Order, _ shop.Free) error { o.Told([]bool{true}); return nil },
		"by hand": func(o *shop.Order, free shop.Free) error {
			return o.DeliverByHand(n%len(o.Lines), []string{"by hand"}, 7, free)
		},
		"postponed": func(o *shop.Order, _ shop.Free) error { o.Postpone(task, now, now.Add(time.Minute)); return nil },
	}
	name := draw(r, "change", slices.Sorted(maps.Keys(named))...)
	want, wantErr := r.model.change(id, named[name])
	got, gotErr := r.Change(r.ctx, id, named[name])
	r.agree(name, want, got, wantErr, gotErr)
}

func (r *random) pays() {
	p := payment(r.model.orders[r.anyOrder()], r.number("invoice", 1, 4))
	if r.number("amount", 0, 5) == 0 {
		p.Payment.Price = usdt("0.01")
	}
	if r.number("by hand", 0, 3) == 0 {
		p.Source, p.Raw, p.Payment.Rail, p.Payment.Invoice, p.Payment.By = shop.FromHand, nil, shop.Hand, "hand-1", 7
	}
	want, wantErr := r.model.change(p.Order, applyPayment(p))
	got, gotErr := r.RecordPayment(r.ctx, p, applyPayment(p))
	r.agree("payment", want, got, wantErr, gotErr)
}

func (r *random) works() {
	task := draw(r, "task", shop.Tasks()...)
	until, limit := r.now.Add(time.Minute), r.number("limit", 1, 3)
	want := r.model.claim(task, r.now, until, limit)
	got, err := r.Claim(r.ctx, task, r.now, until, limit)
	r.agree("claim", ids(want), ids(got), nil, err)
	for i := range want {
		same(r.t, want[i], got[i])
	}
	r.compareDue()
}

func (r *random) compareDue() {
	for _, task := range shop.Tasks() {
		if jobs := r.model.jobs(task); len(jobs) > 0 {
			r.due(task, jobs[0].due)
		} else {
			r.idle(task)
		}
	}
}

func (r *random) releases(task shop.Task) {
	for id := range r.model.claims[task] {
		r.Release(r.ctx, task, id)
	}
	delete(r.model.claims, task)
}

// restarts releases all claims first, since it is the store's choice whether they end with it.
func (r *random) restarts() {
	for _, task := range shop.Tasks() {
		r.releases(task)
	}
	r.reopen()
	r.compareDue()
	r.compareAll()
}

// units draws up to most units, some of them in disguise.
func (r *random) units(most int) (list []string) {
	for range r.number("units", 0, most) {
		n := fmt.Sprint(r.number("unit", 1, 40))
		list = append(list, draw(r, "look", "U"+n, "U"+n, "U\u200B"+n, "U"+n+"\u00AD"))
	}
	return list
}

func (r *random) loads() {
	list := r.units(6)
	l := shop.StockLoad{SKU: draw(r, "product", vpn, gift), Units: slices.Values(list), LoadOptions: shop.LoadOptions{
		By: 7, Source: draw(r, "source", "", "keys.txt"), Again: draw(r, "again", true, false), Elsewhere: draw(r, "elsewhere", true, false),
	}}
	got, err := r.AddStock(r.ctx, l)
	r.agree("stock", r.model.load(l), got, nil, err)
}

// removes takes units of a batch, or any others, out of the stock.
func (r *random) removes() {
	sku, batch := draw(r, "product", vpn, gift), int64(r.number("batch", 1, int(r.model.loaded)+1))
	limit := r.number("limit", 1, 5)
	want, wantErr := r.model.removable(sku, batch, limit)
	got, err := r.RemovableOfBatch(r.ctx, sku, batch, limit)
	if wantErr != nil {
		require.ErrorIs(r.t, err, wantErr)
	} else {
		r.agree("removable", want, got, nil, err)
	}
	removal := shop.StockRemoval{SKU: sku, Units: draw(r, "which", want, r.units(3)), By: 7, Batch: batch, Undo: draw(r, "undo", true, false)}
	if len(removal.Units) == 0 {
		return
	}
	r.agree("removal", nil, nil, r.model.remove(removal), r.RemoveStock(r.ctx, removal))
}

// compareStock compares the batches of a product, and where each unit is.
func (r *random) compareStock(sku string) {
	s, err := r.StockOf(r.ctx, sku)
	require.NoError(r.t, err)
	require.Equal(r.t, r.model.stock(sku), s, sku)
	batches, err := r.Batches(r.ctx, sku, 0, 1000)
	require.NoError(r.t, err)
	loaded := 0
	for i := range batches {
		batches[i].At = time.Time{}
		loaded += batches[i].Added
	}
	require.Equal(r.t, loaded, s.Free+s.Reserved+s.Sold+s.Burned+r.model.gone[sku], "each unit of %s is in one place", sku)
	want := slices.Clone(r.model.batches[sku])
	slices.Reverse(want)
	same(r.t, append([]shop.Batch{}, want...), append([]shop.Batch{}, batches...))
}

func (r *random) comparePlaces() {
	var all []string
	for n := range 41 {
		all = append(all, fmt.Sprint("U", n))
	}
	places, err := r.FindUnits(r.ctx, all)
	require.NoError(r.t, err)
	for i, unit := range all {
		for n := range places[i] {
			places[i][n].At = time.Time{}
		}
		same(r.t, r.model.places(unit), places[i], unit)
	}
}

func (r *random) lists() {
	state, limit := draw(r, "state", append(shop.States(), "")...), r.number("limit", 1, 4)
	after := draw(r, "after", r.anyOrder(), "")
	since := draw(r, "since", time.Time{}, start().Add(time.Duration(r.number("seconds", 0, 41))*time.Second).Truncate(time.Second))
	want := r.model.list(func(o *shop.Order) bool {
		return (state == "" || o.State == state) && o.ID > after && !o.Created.Before(since)
	})
	got, err := r.Orders(r.ctx, shop.Filter{State: state, Since: since, After: after, Limit: limit})
	r.agree("orders", ids(want[:min(limit, len(want))]), ids(got), nil, err)

	buyer := int64(r.number("buyer", -1, 1))
	_, known := r.model.orders[after]
	want = r.model.list(func(o *shop.Order) bool { return o.Buyer.ID == buyer && (after == "" || known && o.ID < after) })
	slices.Reverse(want)
	got, err = r.OrdersOf(r.ctx, buyer, after, limit)
	r.agree("orders of", ids(want[:min(limit, len(want))]), ids(got), nil, err)
}

// compareAll looks at everything there is.
func (r *random) compareAll() {
	all, err := r.Orders(r.ctx, shop.Filter{Limit: 1000})
	require.NoError(r.t, err)
	same(r.t, r.model.list(func(*shop.Order) bool { return true }), append([]shop.Order{}, all...))
	for _, sku := range []string{vpn, gift, guide} {
		r.compareStock(sku)
	}
	r.comparePlaces()
	s, err := r.Statistics(r.ctx, "", "")
	require.NoError(r.t, err)
	same(r.t, shop.Statistics{Total: r.model.total, Products: r.model.by}, s)
}
