package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// books are what the shop wrote down, read while it is closed.
type books struct {
	t      *testing.T
	orders map[shop.OrderID]shop.Order
	owner  map[string]shop.OrderID // of a key
	stock  shop.Stock
	stats  shop.Counters
}

// mustBeSound has the database of the dead shop walked as it is: among its invariants are that the
// statistics, the stock and the audit trail are what the orders say.
func (s *street) mustBeSound() {
	s.t.Helper()
	_, err := storage.Examine(s.t.Context(), s.database(), func(breach string) { s.t.Error("breach:", breach) })
	require.NoError(s.t, err)
}

// closeAndRead stops the shop when it has nothing left to do, and reads its books.
func (s *street) closeAndRead() books {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		s.shop.awaitReady(ctx)
		s.shop.stop()
		b := s.readBooks()
		if b.unfinished() == 0 {
			require.Contains(s.t, s.shop.command("check", "--database"), "is sound")
			require.Contains(s.t, s.shop.command("audit", "verify"), "none changed")
			return b
		}
		if ctx.Err() != nil {
			s.t.Errorf("the shop is never done: %d orders wait", b.unfinished())
			return b
		}
		s.shop.start()
		s.shop.awaitReady(ctx)
		time.Sleep(time.Second) // of work
	}
}

func (s *street) readBooks() books {
	s.t.Helper()
	db, err := storage.Open(s.t.Context(), s.database())
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, db.Close()) }()
	b := books{t: s.t, orders: map[shop.OrderID]shop.Order{}, owner: map[string]shop.OrderID{}}
	for page := (shop.Filter{Limit: 500}); ; {
		orders, err := db.Orders(s.t.Context(), page)
		require.NoError(s.t, err)
		if len(orders) == 0 {
			break
		}
		for i := range orders {
			b.enter(orders[i])
		}
		page.After = orders[len(orders)-1].ID
	}
	b.stock, err = db.StockOf(s.t.Context(), "vpn")
	require.NoError(s.t, err)
	sums, err := db.Statistics(s.t.Context(), "", "")
	require.NoError(s.t, err)
	b.stats = sums.Total
	return b
}

// enter notes an order, whose keys must be its own.
func (b books) enter(o shop.Order) {
	b.orders[o.ID] = o
	for _, key := range o.Keys {
		if other, sold := b.owner[key]; sold {
			b.t.Errorf("key %s was sold twice, in order %s and in %s", key, other, o.ID)
		}
		b.owner[key] = o.ID
	}
}

// unfinished counts the paid orders that the shop still has something to do for. What it has to tell its owners
// does not count: they hear of everything, and one chat is written to about once a second.
func (b books) unfinished() (n int) {
	for _, o := range b.orders {
		told := !slices.ContainsFunc(o.Notices, func(n shop.Notice) bool { return n.To != shop.ToOwners })
		if !o.Open() && slices.ContainsFunc(o.Jobs(), func(j shop.Job) bool { return j.Task != shop.TaskNotify || !told }) {
			n++
		}
	}
	return n
}

// checkPayments demands that whatever was answered 200 is a paid order in this state, with all its keys, and
// that nothing else was paid.
func (b books) checkPayments(s *street, want shop.State) {
	b.t.Helper()
	paid, units := 0, 0
	for _, o := range b.orders {
		paid += len(o.Payments)
		if len(o.Payments) > 0 {
			units += o.Item.Quantity
		}
	}
	for _, in := range s.CryptoPay().Invoices(appToken) {
		o, found := b.orders[shop.OrderID(orderOf(in))]
		switch {
		case in.Status != "paid":
			continue
		case !s.answered[in.ID]:
			b.t.Errorf("invoice %d is paid and was not answered 200", in.ID)
		case !found:
			b.t.Errorf("invoice %d was answered 200, and there is no order %s", in.ID, orderOf(in))
		case len(o.Payments) != 1 || o.Payments[0].Invoice != in.ID:
			b.t.Errorf("invoice %d was answered 200, and order %s, which is %s, has the payments %v", in.ID, o.ID, o.State, o.Payments)
		case o.State != want || len(o.Keys) != o.Item.Quantity:
			b.t.Errorf("order %s was paid and is %s, with %d of %d keys", o.ID, o.State, len(o.Keys), o.Item.Quantity)
		}
	}
	require.Equal(b.t, len(s.answered), paid, "payments in the books")
	require.Equal(b.t, []int{paid, units}, []int{b.stats.Paid, b.stats.Units}, "statistics")
}

// checkStock demands that no unit has appeared or vanished.
func (b books) checkStock(loaded int) {
	b.t.Helper()
	require.Equal(b.t, shop.Stock{Free: loaded - len(b.owner), Sold: len(b.owner)}, b.stock)
}

// checkChats demands that each message with goods brings exactly the keys of one paid order of its reader,
// however often it comes, and that each paid order's has come. It counts those that came again and those
// that are lost.
func (b books) checkChats(s *street, people []int64) (repeated, lost int) {
	b.t.Helper()
	arrived := map[shop.OrderID]int{}
	for _, who := range people {
		for _, keys := range s.goods(who) {
			o := b.orders[b.owner[keys[0]]]
			if o.Buyer.ID != who || len(o.Payments) == 0 || !slices.Equal(keys, o.Keys) {
				b.t.Errorf("%d was sent %v; order %s of %d has %v", who, keys, o.ID, o.Buyer.ID, o.Keys)
			}
			arrived[o.ID]++
		}
	}
	for id, o := range b.orders {
		if len(o.Payments) > 0 && arrived[id] == 0 {
			b.t.Errorf("order %s is paid and %s, and its goods never reached %d", id, o.State, o.Buyer.ID)
			lost++
		}
		repeated += max(0, arrived[id]-1)
	}
	return repeated, lost
}
