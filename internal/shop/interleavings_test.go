package shop_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// A claim costs no commit, so a step whose result cannot be stored is due again at once.
func TestWhileTheDiskIsFullNobodyGetsTheGoodsOverAndOver(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.mustOrder("vpn", "game")
		synctest.Wait()
		var repaired atomic.Bool
		s.courier.fail = func(shop.Order, int) error {
			s.full.Store(!repaired.Load())
			time.Sleep(time.Second) // Telegram takes one message a second for a chat
			return nil
		}
		s.pay(o)
		time.Sleep(10 * time.Minute)
		require.Less(t, len(s.courier.sent()), 12)
		repaired.Store(true)
		s.full.Store(false)
		time.Sleep(10 * time.Minute)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}

func TestADeliveryWhoseMarkFailsOnceIsTriedAgainSoon(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.mustOrder("vpn", "game")
		synctest.Wait()
		var failed atomic.Bool
		s.courier.fail = func(_ shop.Order, line int) error {
			if line == 0 && !failed.Swap(true) {
				s.hiccup.Store(true) // the mark of this line
			}
			return nil
		}
		s.pay(o)
		time.Sleep(5 * time.Second)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		require.Equal(t, []string{"vpn[vpn-1]", "vpn[vpn-1]", "game[game-1]"}, s.courier.sent())
	})
}

// strayRail has the part of a rail that finds and closes invoices.
type strayRail struct {
	shop.Rail
	find   func() []shop.RemoteInvoice
	closed []string
}

func (r *strayRail) FindInvoices(context.Context, shop.OrderID, time.Time) ([]shop.RemoteInvoice, error) {
	return r.find(), nil
}

func (r *strayRail) LookUp(_ context.Context, ids []string) ([]shop.RemoteInvoice, error) {
	status := shop.InvoiceOpen
	if slices.Contains(r.closed, ids[0]) {
		status = shop.InvoiceClosed
	}
	return []shop.RemoteInvoice{{Invoice: shop.Invoice{ID: ids[0]}, Status: status}}, nil
}

func (r *strayRail) CloseInvoice(_ context.Context, id string) error {
	r.closed = append(r.closed, id)
	return nil
}

// The buyer cancels while the invoice is asked for. The look for stray invoices begins before there
// is one and ends after its answer is stored: an invoice that was not seen must not count as
// closed, or somebody may pay it unseen.
func TestAnInvoiceThatComesDuringTheLookForStrayOnesIsClosed(t *testing.T) {
	inShop(t, shop.Abilities{LookUp: true, Close: true}, nil, func(t *testing.T, s *testShop) {
		answer, cancelled := make(chan struct{}), make(chan struct{})
		rail := &strayRail{}
		s.rail.Rail, s.rail.slow = rail, func() { <-answer }
		rail.find = func() []shop.RemoteInvoice {
			close(cancelled)
			time.Sleep(2 * time.Second) // nothing is there yet, and the answer takes its time
			return nil
		}
		var o shop.Order
		done := make(chan struct{})
		go func() { o = s.mustOrder("vpn"); close(done) }()
		synctest.Wait()
		orders, err := s.OrdersOf(t.Context(), 100, "", 1)
		require.NoError(t, err)
		_, err = s.Cancel(t.Context(), 100, orders[0].ID)
		require.NoError(t, err)
		<-cancelled
		close(answer)
		<-done
		require.Equal(t, "1", s.state(o).Invoice.ID)
		time.Sleep(time.Minute)
		require.True(t, s.state(o).InvoiceClosed)
		require.Equal(t, []string{"1"}, rail.closed)
	})
}

func TestAProductsLimitIsOfTheWholeOrder(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		_, err := s.Checkout(t.Context(), shop.Request{
			Buyer: shop.Buyer{ID: 100}, Origin: shop.Origin{Act: "m", At: time.Now()},
			Items: []shop.Item{{SKU: "vpn", Quantity: 3}, {SKU: "game", Quantity: 1}, {SKU: "VPN", Quantity: 3}},
		})
		var wrong *shop.QuantityError
		require.ErrorAs(t, err, &wrong)
		require.Equal(t, shop.QuantityError{SKU: "vpn", Quantity: 6, Limit: 5}, *wrong)
	})
}

func TestAnOrderOfManyLinesGoesOnAfterARestartWhereItWas(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		lines := []string{"vpn", "game"}
		for range 38 {
			lines = append(lines, "invite")
		}
		o := s.mustOrder(lines...)
		stopped := make(chan struct{})
		s.courier.fail = func(_ shop.Order, line int) error {
			time.Sleep(time.Second)
			if line == 16 {
				select {
				case <-stopped:
				default:
					close(stopped)
					time.Sleep(time.Minute) // longer than a stop waits
					return errors.New("stopped")
				}
			}
			return nil
		}
		s.pay(o)
		<-stopped
		s.stop()
		require.Equal(t, shop.StatePaid, s.state(o).State)
		s.start()
		time.Sleep(5 * time.Minute)
		now := s.state(o)
		require.Equal(t, shop.StateDelivered, now.State)
		require.Len(t, s.courier.delivered, 41, "the one on its way is repeated, and no other")
		require.Equal(t, []string{"vpn-1"}, now.Lines[0].Goods)
	})
}

// A held order of which a part arrived is sent on by two owners at once: the rest is sent once.
func TestAHeldOrderIsSentOnOnce(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		blocked := true
		s.courier.fail = func(_ shop.Order, line int) error {
			if line == 1 && blocked {
				return &shop.UndeliverableError{Reason: shop.HoldUndeliverable, Err: errors.New("blocked")}
			}
			time.Sleep(time.Second)
			return nil
		}
		o := s.mustOrder("vpn", "game", "invite")
		s.pay(o)
		time.Sleep(10 * time.Second)
		require.Equal(t, shop.StateHeld, s.state(o).State)
		blocked = false
		var both sync.WaitGroup
		for by := range 2 {
			both.Go(func() {
				_, err := s.Release(t.Context(), o.ID, int64(by))
				require.NoError(t, err)
			})
		}
		both.Wait()
		time.Sleep(time.Minute)
		_, err := s.Release(t.Context(), o.ID, 5)
		require.NoError(t, err)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		require.Equal(t, []string{"vpn[vpn-1]", "game[game-1]", "game[game-1]", "invite[]"}, s.courier.delivered)
	})
}

// Two payments of one order, its cancellation and its expiry, all at once: it is delivered once,
// and the second payment is a surplus.
func TestPaymentsCancellationAndExpiryMayMeet(t *testing.T) {
	for round := range 10 {
		inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
			o := s.mustOrder("vpn", "game")
			time.Sleep(time.Hour + 5*time.Second - time.Millisecond*time.Duration(round%3)) // it expires about now
			var all sync.WaitGroup
			for _, invoice := range []string{"1", "2", "1", "2"} {
				all.Go(func() {
					_, err := s.PaymentReceived(t.Context(), shop.IncomingPayment{
						Order: o.ID, Source: shop.FromWebhook, Received: time.Now(), Raw: []byte(`{}`),
						Payment: shop.Payment{Rail: o.Rail, Invoice: invoice, Amount: o.Total, Price: o.Total, At: time.Now()},
					})
					require.NoError(t, err)
				})
			}
			all.Go(func() { _, _ = s.Cancel(t.Context(), 100, o.ID) })
			all.Wait()
			time.Sleep(time.Minute)
			now := s.state(o)
			require.Equal(t, shop.StateDelivered, now.State)
			require.Len(t, now.Payments, 2)
			require.Len(t, now.Surplus(), 1)
			require.Len(t, s.courier.delivered, 2)
			stock, err := s.StockOf(t.Context(), "vpn")
			require.NoError(t, err)
			require.Equal(t, shop.Stock{Free: 1, Sold: 1}, stock)
		})
	}
}

// heldForStock is an order of vpn that was paid after its hold, when others had bought all there
// was.
func (s *testShop) heldForStock() shop.Order {
	s.t.Helper()
	late := s.mustOrder("vpn")
	time.Sleep(2 * time.Hour)
	for range 2 {
		s.pay(s.mustOrder("vpn"))
	}
	s.pay(late)
	late = s.state(late)
	require.Equal(s.t, shop.HoldSoldOut, late.Hold)
	return late
}

// The program may end between the stock that comes and the orders that wait for it.
func TestOrdersThatWaitForStockThatIsThereAreSentOn(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.heldForStock()
		_, err := s.store.AddStock(t.Context(), shop.StockLoad{SKU: "vpn", Units: slices.Values([]string{"vpn-3"})})
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}

// halfStore loads a part of a list, and fails.
type halfStore struct{ shop.Store }

func (s halfStore) AddStock(ctx context.Context, l shop.StockLoad) (shop.StockAdded, error) {
	whole := l.Units
	l.Units = func(yield func(string) bool) {
		for u := range whole {
			yield(u)
			return
		}
	}
	added, err := s.Store.AddStock(ctx, l)
	return added, errors.Join(err, errors.New("the owner pressed Ctrl-C"))
}

func TestStockThatWasLoadedInPartGoesToThoseWhoWait(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.heldForStock()
		list, err := shop.ParseUnits([]byte("vpn-3\nvpn-4\n"), "")
		require.NoError(t, err)
		half := shop.New(halfStore{s.store}, nil, nil, shop.Config{Catalog: s.Catalog, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		added, err := half.AddStock(ctx, "vpn", list, shop.LoadOptions{By: 5})
		cancel()
		require.Error(t, err)
		require.Equal(t, 1, added.Added)
		require.NotEqual(t, shop.StateHeld, s.state(o).State)
	})
}

// movingStore has units that are never where they were said to be.
type movingStore struct{ shop.Store }

func (movingStore) RemoveStock(context.Context, shop.StockRemoval) error { return shop.ErrStockMoved }

func TestTakingABatchBackEndsThoughItsUnitsAlwaysMove(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		list, err := shop.ParseUnits([]byte("vpn-3\nvpn-4\n"), "")
		require.NoError(t, err)
		added, err := s.AddStock(t.Context(), "vpn", list, shop.LoadOptions{By: 5})
		require.NoError(t, err)
		moving := shop.New(movingStore{s.store}, nil, nil, shop.Config{Catalog: s.Catalog, Log: slog.New(slog.DiscardHandler)})
		_, err = moving.UndoBatch(t.Context(), "vpn", added.Batch, 5)
		require.ErrorIs(t, err, shop.ErrStockMoved)
	})
}

func TestAScreenThatKeptItsPayButtonLosesItLater(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		var here atomic.Bool
		s.courier.deaf = func(_ shop.Order, n shop.Notice) error {
			if !here.Load() && n.What == shop.WhatPaid {
				return errors.New("telegram is away")
			}
			return nil
		}
		o := s.mustOrder("vpn")
		s.pay(o)
		require.Equal(t, shop.StateDelivered, s.state(o).State, "the goods do not wait for it")
		require.NotContains(t, s.courier.said(), shop.WhatPaid)
		here.Store(true)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, s.courier.said(), shop.WhatPaid)
		require.Len(t, s.courier.delivered, 1)
	})
}

// Of two audiences one cannot be reached: the other is told once.
func TestWhoCanBeReachedIsToldOnce(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		var here atomic.Bool
		s.courier.deaf = func(_ shop.Order, n shop.Notice) error {
			if !here.Load() && n.To == shop.ToOwners {
				return errors.New("telegram is away")
			}
			return nil
		}
		s.courier.fail = func(shop.Order, int) error {
			return &shop.UndeliverableError{Reason: shop.HoldRefused, Err: errors.New("no")}
		}
		o := s.mustOrder("vpn")
		s.pay(o)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, []shop.What{shop.WhatHeld}, s.courier.said())
		here.Store(true)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, []shop.What{shop.WhatHeld, shop.WhatHeld}, s.courier.said())
		require.Empty(t, s.state(o).Notices)
	})
}

func TestTheNumberOfAnotherBuyersOrderShowsNothingOfIt(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		r := shop.Request{Buyer: shop.Buyer{ID: 100}, Origin: shop.Origin{Act: "m", At: time.Now()}, Items: []shop.Item{{SKU: "vpn", Quantity: 1}}}
		_, err := s.Checkout(t.Context(), r)
		require.NoError(t, err)
		r.Buyer.ID = 200
		o, err := s.Checkout(t.Context(), r)
		require.ErrorContains(t, err, "somebody else")
		require.Zero(t, o)
	})
}

// The line that was sold out is paid back: nothing keeps the rest any more.
func TestTheRestIsDeliveredOnceTheSoldOutLineIsPaidBack(t *testing.T) {
	inShop(t, shop.Abilities{Refund: true}, nil, func(t *testing.T, s *testShop) {
		s.rail.Rail = refundingRail{}
		late := s.mustOrder("vpn", "invite")
		time.Sleep(2 * time.Hour)
		for range 2 {
			s.pay(s.mustOrder("vpn"))
		}
		s.pay(late)
		late = s.state(late)
		require.Equal(t, shop.HoldSoldOut, late.Hold)
		a, err := late.LineRefund(0)
		require.NoError(t, err)
		s.refundNow(shop.RefundRequest{Order: late.ID, Amount: a, Lines: []int{0}, By: 5, Origin: shop.Origin{Act: "n"}})
		time.Sleep(2 * time.Minute)
		late = s.state(late)
		require.Equal(t, shop.StateDelivered, late.State)
		require.True(t, late.Lines[0].Refunded)
		require.Contains(t, s.courier.delivered, "invite[]")
	})
}

// refundNow proposes a refund and confirms it.
func (s *testShop) refundNow(r shop.RefundRequest) {
	s.t.Helper()
	_, err := s.Propose(s.t.Context(), r)
	require.NoError(s.t, err)
	_, _, err = s.Confirm(s.t.Context(), r.Order, r.By, r.Origin)
	require.NoError(s.t, err)
}

// refundingRail sends whatever it is asked for.
type refundingRail struct{ shop.Rail }

func (refundingRail) Refund(_ context.Context, _ shop.Order, r shop.Refund) (string, error) {
	return string(r.ID), nil
}

// moodyRail answers refunds as it is told to.
type moodyRail struct {
	shop.Rail
	refund func(r shop.Refund) (string, error)
	find   func() (string, bool, error)
}

func (m *moodyRail) Refund(_ context.Context, _ shop.Order, r shop.Refund) (string, error) {
	return m.refund(r)
}

func (m *moodyRail) FindRefund(context.Context, shop.Order, shop.Refund) (string, bool, error) {
	return m.find()
}

// An answer was lost, and the next try is refused, since the balance is gone: whether coins have
// moved is asked for, and until that is known the refund is neither refused nor sent.
func TestARefusalAfterALostAnswerIsNotBelieved(t *testing.T) {
	refused := &shop.RefusedError{Name: "NOT_ENOUGH_COINS", Err: errors.New("refused")}
	for name, c := range map[string]struct {
		found bool
		state shop.State
	}{
		"the coins had moved": {true, shop.StateRefunded},
		"no coin had moved":   {false, shop.StateDelivered},
	} {
		t.Run(name, func(t *testing.T) {
			can := shop.Abilities{Refund: true, FindRefund: true}
			inShop(t, can, nil, func(t *testing.T, s *testShop) {
				o := s.mustOrder("vpn")
				var tries, looks atomic.Int32
				s.rail.Rail = &moodyRail{
					refund: func(_ shop.Refund) (string, error) {
						stored, err := s.store.Order(context.Background(), o.ID)
						require.NoError(t, err)
						require.True(t, stored.Refunds[0].Tried, "noted before a coin can move")
						if tries.Add(1) == 1 {
							return "", errors.New("the answer was lost")
						}
						return "", refused
					},
					find: func() (string, bool, error) {
						if looks.Add(1) == 1 {
							return "", false, errors.New("no answer")
						}
						return "77", c.found, nil
					},
				}
				s.pay(o)
				require.Equal(t, shop.StateDelivered, s.state(o).State)
				s.refundNow(shop.RefundRequest{Order: o.ID, Amount: o.Total, By: 5, Origin: shop.Origin{Act: "n"}})
				time.Sleep(12 * time.Second)
				if looks.Load() == 1 {
					require.Equal(t, shop.StateRefunding, s.state(o).State, "nobody knows yet")
				}
				time.Sleep(10 * time.Minute)
				now := s.state(o)
				require.Equal(t, c.state, now.State)
				if c.found {
					require.Equal(t, "77", now.Refunds[0].Transfer)
				}
				require.EqualValues(t, 3, tries.Load())
				require.EqualValues(t, 2, looks.Load())
			})
		})
	}
}

// bookRail has invoices with a state of their own.
type bookRail struct {
	shop.Rail
	mu       sync.Mutex
	invoices map[string]shop.RemoteInvoice
	closing  func(id string) // before an invoice is closed
	closed   []string
}

func (b *bookRail) FindInvoices(_ context.Context, id shop.OrderID, _ time.Time) (list []shop.RemoteInvoice, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(b.invoices)) {
		if in := b.invoices[name]; in.Order == id {
			list = append(list, in)
		}
	}
	return list, nil
}

func (b *bookRail) LookUp(_ context.Context, ids []string) (list []shop.RemoteInvoice, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range ids {
		if in, found := b.invoices[id]; found {
			list = append(list, in)
		}
	}
	return list, nil
}

func (b *bookRail) CloseInvoice(_ context.Context, id string) error {
	if b.closing != nil {
		b.closing(id)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if in := b.invoices[id]; in.Status == shop.InvoiceOpen {
		delete(b.invoices, id)
		b.closed = append(b.closed, id)
	}
	return nil
}

// put has an invoice of an order there, open or paid.
func (b *bookRail) put(o shop.Order, id string, status shop.InvoiceStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.invoices == nil {
		b.invoices = map[string]shop.RemoteInvoice{}
	}
	b.invoices[id] = shop.RemoteInvoice{
		Invoice: shop.Invoice{ID: id, URL: "https://pay.test/" + id}, Order: o.ID, Status: status, Raw: []byte(`{}`),
		Payment: shop.Payment{Rail: shop.CryptoPay, Invoice: id, Amount: o.Total, Price: o.Total, At: time.Now()},
	}
}

func inBooks(t *testing.T, run func(t *testing.T, s *testShop, b *bookRail)) {
	t.Helper()
	inShop(t, shop.Abilities{LookUp: true, Close: true}, nil, func(t *testing.T, s *testShop) {
		b := &bookRail{}
		s.rail.Rail = b
		run(t, s, b)
	})
}

func TestAnInvoiceThatIsPaidWhileItIsClosedIsSeen(t *testing.T) {
	inBooks(t, func(t *testing.T, s *testShop, b *bookRail) {
		o := s.mustOrder("vpn")
		b.put(o, o.Invoice.ID, shop.InvoiceOpen)
		b.closing = func(id string) { b.put(o, id, shop.InvoicePaid) }
		_, err := s.Cancel(t.Context(), 100, o.ID)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}

func TestAnOrderThatIsFoundPaidAtItsEndDoesNotExpire(t *testing.T) {
	inBooks(t, func(t *testing.T, s *testShop, b *bookRail) {
		o := s.mustOrder("vpn", "game")
		b.put(o, o.Invoice.ID, shop.InvoiceOpen)
		time.Sleep(time.Hour + time.Second) // the comparisons are each minute, the end five seconds after this hour
		b.put(o, o.Invoice.ID, shop.InvoicePaid)
		time.Sleep(10 * time.Second)
		now := s.state(o)
		require.Equal(t, shop.StateDelivered, now.State)
		require.NotContains(t, s.courier.said(), shop.WhatExpired)
	})
}

// The answer to createInvoice was lost: the invoice that it made is taken, and another one is
// closed.
func TestAnInvoiceWhoseAnswerWasLostIsFoundAndNoOtherIsMade(t *testing.T) {
	inBooks(t, func(t *testing.T, s *testShop, b *bookRail) {
		s.rail.lost = true
		o := s.mustOrder("vpn")
		require.Equal(t, shop.StateNew, o.State)
		b.put(o, "1", shop.InvoiceOpen)
		b.put(o, "2", shop.InvoiceOpen)
		time.Sleep(time.Minute)
		now := s.state(o)
		require.Equal(t, shop.StateAwaiting, now.State)
		require.Equal(t, "1", now.Invoice.ID)
		require.Equal(t, 1, s.rail.made)
		require.Equal(t, []string{"2"}, b.closed)
		require.Equal(t, []shop.What{shop.WhatInvoiced}, s.courier.said())
		s.pay(now)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}

// Those who have paid and wait get what becomes free at once, the longest waiting first: a small
// order does not overtake a larger one, and one that waits for another product as well keeps
// nobody.
func TestWhatBecomesFreeGoesToThoseWhoWaitInTheirOrder(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		buyer := int64(200)
		ask := func(items ...shop.Item) shop.Order {
			t.Helper()
			buyer++
			time.Sleep(time.Second) // numbers of orders sort by it
			o, err := s.Checkout(t.Context(), shop.Request{
				Buyer: shop.Buyer{ID: buyer}, Origin: shop.Origin{User: buyer, Act: "m", At: time.Now()}, Items: items,
			})
			require.NoError(t, err)
			return o
		}
		vpn := func(n int) shop.Item { return shop.Item{SKU: "vpn", Quantity: n} }
		late := func(items ...shop.Item) shop.Order {
			o := ask(items...)
			_, err := s.Cancel(t.Context(), o.Buyer.ID, o.ID)
			require.NoError(t, err)
			return o
		}
		both := late(vpn(1), shop.Item{SKU: "game", Quantity: 1})
		large, small := late(vpn(2)), late(vpn(1))
		first, second := ask(vpn(1)), ask(vpn(1))
		ask(shop.Item{SKU: "game", Quantity: 1})
		ask(shop.Item{SKU: "game", Quantity: 1})
		for _, o := range []shop.Order{both, large, small} {
			s.pay(o)
			require.Equal(t, shop.HoldSoldOut, s.state(o).Hold)
		}
		cancel := func(o shop.Order) {
			_, err := s.Cancel(t.Context(), o.Buyer.ID, o.ID)
			require.NoError(t, err)
		}
		cancel(first)
		require.Equal(t, shop.StateHeld, s.state(large).State)
		require.Equal(t, shop.StateHeld, s.state(small).State, "one is there, and a larger order waits longer")
		cancel(second)
		require.Equal(t, shop.StateHeld, s.state(both).State)
		require.Equal(t, shop.StateDelivered, s.state(large).State)
		require.Equal(t, shop.StateHeld, s.state(small).State)
		list, err := shop.ParseUnits([]byte("vpn-3\nvpn-4\n"), "")
		require.NoError(t, err)
		_, err = s.AddStock(t.Context(), "vpn", list, shop.LoadOptions{By: 5})
		require.NoError(t, err)
		require.Equal(t, shop.StateDelivered, s.state(small).State, "who waits for a game as well keeps nobody")
		require.Equal(t, shop.StateHeld, s.state(both).State)
	})
}

func TestABuyerHasOnlySoManyUnpaidOrders(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		first := s.mustOrder("invite")
		for range 2 {
			s.mustOrder("invite")
		}
		_, err := s.order("invite")
		require.ErrorIs(t, err, shop.ErrTooManyOpen)
		s.pay(first)
		s.mustOrder("invite")
	})
}

// While the shop is paused nothing new is sold, and what was asked for before is shown as it is.
func TestAPausedShopStillKnowsItsOrders(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		r := shop.Request{Buyer: shop.Buyer{ID: 100}, Origin: shop.Origin{Act: "m", At: time.Now()}, Items: []shop.Item{{SKU: "vpn", Quantity: 1}}}
		o, err := s.Checkout(t.Context(), r)
		require.NoError(t, err)
		require.NoError(t, s.Pause(t.Context(), 5))
		_, err = s.order("vpn")
		require.ErrorIs(t, err, shop.ErrPaused)
		again, err := s.Checkout(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, o.ID, again.ID)
		s.pay(o)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}

func TestADeliveryThatIsUnderWayAtAStopIsFinished(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.mustOrder("vpn")
		s.courier.wait = func(ctx context.Context) error {
			select {
			case <-time.After(3 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		s.pay(o)
		synctest.Wait()
		s.stop()
		now, err := s.store.Order(t.Context(), o.ID)
		require.NoError(t, err)
		require.Equal(t, shop.StateDelivered, now.State)
		s.start()
	})
}

// Goods that take long leave the buyer with a pay button, unless the order's message says meanwhile
// that it is paid.
func TestAnOrderWhoseGoodsTakeLongSaysThatItIsPaid(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		var states []shop.State
		s.courier.deaf = func(o shop.Order, n shop.Notice) error {
			if n.What == shop.WhatPaid {
				states = append(states, o.State)
			}
			return nil
		}
		drawn := func() []shop.State {
			synctest.Wait()
			s.courier.mu.Lock() // as Tell does
			defer s.courier.mu.Unlock()
			return slices.Clone(states)
		}
		s.pay(s.mustOrder("vpn"))
		require.Equal(t, []shop.State{shop.StateDelivered}, drawn(), "one drawing is enough where goods are quick")

		s.courier.mu.Lock()
		states = nil
		s.courier.fail = func(shop.Order, int) error {
			time.Sleep(10 * time.Second)
			return nil
		}
		s.courier.mu.Unlock()
		s.pay(s.mustOrder("vpn"))
		time.Sleep(5 * time.Second)
		require.Equal(t, []shop.State{shop.StatePaid}, drawn())
		time.Sleep(10 * time.Second)
		require.Equal(t, []shop.State{shop.StatePaid, shop.StateDelivered}, drawn())
	})
}

// The drawing that says "paid" hangs, and the goods are there.
func TestADrawingThatHangsKeepsNoDeliveryFromBeingRecorded(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.courier.hang = func(ctx context.Context, o shop.Order) error {
			if o.State != shop.StatePaid {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}
		s.courier.fail = func(shop.Order, int) error {
			time.Sleep(3 * time.Second)
			return nil
		}
		o := s.mustOrder("vpn")
		s.pay(o)
		time.Sleep(6 * time.Second)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		time.Sleep(time.Minute)
		require.Empty(t, s.state(o).Notices)
		require.Contains(t, s.courier.said(), shop.WhatPaid, "the order's message is drawn in the end")
		require.Len(t, s.courier.sent(), 1)
	})
}
