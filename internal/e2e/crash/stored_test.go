package crash

import (
	"context"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/database"
	"shopbot/internal/shop"
)

// storedState is what is in the database of a stopped shop.
type storedState struct {
	t      *testing.T
	orders map[shop.OrderID]shop.Order
	owner  map[string]shop.OrderID // of each key
	stock  shop.Stock
	stats  shop.Counters
}

// stopAndRead stops the shop when it has nothing left to do, and reads its database.
func (e *testEnv) stopAndRead() storedState {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), testTimeout)
	defer cancel()
	for {
		e.shop.awaitReady(ctx)
		e.shop.stop()
		s := e.readDatabase()
		if s.unfinished() == 0 {
			e.checkByCommands()
			return s
		}
		if ctx.Err() != nil {
			e.t.Errorf("the shop does not finish: %d orders are left", s.unfinished())
			return s
		}
		e.shop.start()
		e.shop.awaitReady(ctx)
		time.Sleep(time.Second) // of work
	}
}

func (e *shopEnv) readDatabase() storedState {
	e.t.Helper()
	db, err := database.Open(e.t.Context(), e.address)
	require.NoError(e.t, err)
	defer func() { require.NoError(e.t, db.Close()) }()
	s := storedState{t: e.t, orders: map[shop.OrderID]shop.Order{}, owner: map[string]shop.OrderID{}}
	for page := (shop.Filter{Limit: 500}); ; {
		orders, err := db.Orders(e.t.Context(), page)
		require.NoError(e.t, err)
		if len(orders) == 0 {
			break
		}
		for i := range orders {
			s.add(orders[i])
		}
		page.After = orders[len(orders)-1].ID
	}
	s.stock, err = db.StockOf(e.t.Context(), "vpn")
	require.NoError(e.t, err)
	sums, err := db.Statistics(e.t.Context(), "", "")
	require.NoError(e.t, err)
	s.stats = sums.Total
	return s
}

// add adds an order. Another order that has one of its keys is a failure.
func (s storedState) add(o shop.Order) {
	s.orders[o.ID] = o
	for _, key := range goodsOf(o) {
		if other, sold := s.owner[key]; sold {
			s.t.Errorf("key %s was sold twice, in order %s and in %s", key, other, o.ID)
		}
		s.owner[key] = o.ID
	}
}

// unfinished counts the paid orders that the shop still has something to do for. Messages to owners
// do not count: each owner hears of everything, at about one message a second.
func (s storedState) unfinished() (n int) {
	for _, o := range s.orders {
		buyerTold := !slices.ContainsFunc(o.Notices, func(n shop.Notice) bool { return n.To != shop.ToOwners })
		if !o.Open() && slices.ContainsFunc(o.Jobs(), func(j shop.Job) bool { return j.Task != shop.TaskNotify || !buyerTold }) {
			n++
		}
	}
	return n
}

// checkPayments checks that each payment that was answered 200 is in an order in the wanted state
// that has all its keys, and that nothing else was paid.
func (s storedState) checkPayments(e *testEnv, want shop.State) {
	s.t.Helper()
	paid, units := 0, 0
	for _, o := range s.orders {
		paid += len(o.Payments)
		if len(o.Payments) > 0 {
			units += o.Quantity()
		}
	}
	for _, in := range e.CryptoPay().Invoices(appToken) {
		o, found := s.orders[shop.OrderID(in.Payload)]
		switch {
		case in.Status != "paid":
			continue
		case !e.webhooks.invoices[in.ID]:
			s.t.Errorf("invoice %d is paid and was not answered 200", in.ID)
		case !found:
			s.t.Errorf("invoice %d was answered 200, and there is no order %s", in.ID, in.Payload)
		case len(o.Payments) != 1 || o.Payments[0].Invoice != strconv.FormatInt(in.ID, 10):
			s.t.Errorf("invoice %d was answered 200, and order %s, which is %s, has the payments %v", in.ID, o.ID, o.State, o.Payments)
		case o.State != want || len(goodsOf(o)) != o.Quantity():
			s.t.Errorf("order %s was paid and is %s, with %d of %d keys", o.ID, o.State, len(goodsOf(o)), o.Quantity())
		}
	}
	require.Equal(s.t, len(e.webhooks.invoices), paid, "stored payments")
	require.Equal(s.t, []int{paid, units}, []int{s.stats.Paid, s.stats.Units}, "statistics")
}

// checkStock checks that no unit has appeared or vanished.
func (s storedState) checkStock(loaded int) {
	s.t.Helper()
	require.Equal(s.t, shop.Stock{Free: loaded - len(s.owner), Sold: len(s.owner)}, s.stock)
}

// checkChats checks that each message with goods has exactly the keys of one paid order of its
// reader, and that the goods of each paid order have arrived. It counts the messages that came
// again and the orders whose goods are lost.
func (s storedState) checkChats(e *testEnv, people []int64) (repeated, lost int) {
	s.t.Helper()
	arrived := map[shop.OrderID]int{}
	for _, who := range people {
		for _, keys := range e.goods(who) {
			o := s.orders[s.owner[keys[0]]]
			if o.Buyer.ID != who || len(o.Payments) == 0 || !slices.Equal(keys, goodsOf(o)) {
				s.t.Errorf("%d was sent %v; order %s of %d has %v", who, keys, o.ID, o.Buyer.ID, goodsOf(o))
			}
			arrived[o.ID]++
		}
	}
	for id, o := range s.orders {
		if len(o.Payments) > 0 && arrived[id] == 0 {
			s.t.Errorf("order %s is paid and %s, and its goods never reached %d", id, o.State, o.Buyer.ID)
			lost++
		}
		repeated += max(0, arrived[id]-1)
	}
	return repeated, lost
}

// goodsOf are the units of an order, those of all its lines.
func goodsOf(o shop.Order) (units []string) {
	for _, l := range o.Lines {
		units = append(units, l.Goods...)
	}
	return units
}
