package shop_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

const threeProducts = `
shop: {name: Test, currency: USDT, languages: [en]}
categories: [{id: all, title: All}]
products:
  - {sku: vpn, category: all, title: VPN, price: "3", deliver: keys, limit: 5}
  - {sku: game, category: all, title: Game, price: "4", deliver: keys}
  - {sku: invite, category: all, title: Invitation, price: "2", deliver: text, text: welcome, limit: 50}
`

// What threeProducts have in place of the text: a link that is made, or a question.
var (
	madeProducts  = strings.Replace(threeProducts, "deliver: text, text: welcome", "deliver: invite, invite: {chat: -1}, access: 30d", 1)
	askedProducts = strings.Replace(threeProducts, "text: welcome", "text: welcome, questions: [{ask: Your account?, kind: text}]", 1)
)

// alices answers the question of askedProducts.
var alices = []shop.Answer{{Ask: "Your account?", Kind: catalog.AnswerText, Value: "alice"}}

// limitedRail is a rail that makes invoices and is able to do no more than can says.
type limitedRail struct {
	shop.Rail
	t   *testing.T
	can shop.Abilities

	mu   sync.Mutex
	made int
	slow func() // before the answer to CreateInvoice
	lost bool   // the answers to CreateInvoice are

	assets   []money.Currency // that Assets lists, or its error
	noAssets error
	refusal  error  // of every invoice
	compared int    // calls of Assets
	answers  func() // called by Assets
	books    *books // or nil
}

func (r *limitedRail) ID() shop.RailID     { return shop.CryptoPay }
func (r *limitedRail) Can() shop.Abilities { return r.can }
func (r *limitedRail) Ledger() shop.Ledger {
	if r.books == nil {
		return nil
	}
	return r.books
}

func (r *limitedRail) CreateInvoice(context.Context, shop.Order, time.Duration) (shop.Invoice, error) {
	if r.slow != nil {
		r.slow()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusal != nil {
		return shop.Invoice{}, r.refusal
	}
	r.made++
	if r.lost {
		return shop.Invoice{}, errors.New("the answer was lost")
	}
	return shop.Invoice{ID: fmt.Sprint(r.made), URL: "https://pay.test/" + fmt.Sprint(r.made)}, nil
}

// notingCourier notes what it hands over and says; fail makes a delivery fail.
type notingCourier struct {
	mu        sync.Mutex
	delivered []string
	told      []shop.What
	alarms    []shop.Alarm
	low       []shop.LowStock
	silent    error                                   // makes telling of alarms fail
	deaf      func(o shop.Order, n shop.Notice) error // makes telling fail
	fail      func(o shop.Order, line int) error
	wait      func(ctx context.Context) error               // before a delivery
	hang      func(ctx context.Context, o shop.Order) error // before telling
}

func (c *notingCourier) Deliver(ctx context.Context, o shop.Order, line int) error {
	if c.wait != nil {
		if err := c.wait(ctx); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.delivered = append(c.delivered, fmt.Sprint(o.Lines[line].SKU, o.Lines[line].Goods))
	fail := c.fail
	c.mu.Unlock() // fail may wait
	if fail != nil {
		return fail(o, line)
	}
	return nil
}

func (c *notingCourier) Tell(ctx context.Context, o shop.Order, n shop.Notice) error {
	if c.hang != nil {
		if err := c.hang(ctx, o); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deaf != nil {
		if err := c.deaf(o, n); err != nil {
			return err
		}
	}
	c.told = append(c.told, n.What)
	return nil
}

// sent lists what was handed over so far.
func (c *notingCourier) sent() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.delivered)
}

// said lists what was told so far.
func (c *notingCourier) said() []shop.What {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.told)
}

func (c *notingCourier) TellAlarm(_ context.Context, a shop.Alarm) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent == nil {
		c.alarms = append(c.alarms, a)
	}
	return c.silent
}

func (c *notingCourier) TellMissedWebhooks(context.Context, time.Time) error { return nil }
func (c *notingCourier) TellStock(_ context.Context, low []shop.LowStock) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.low = append(c.low, low...)
	return nil
}

func (c *notingCourier) TellReward(context.Context, shop.Coupon, bool) error      { return nil }
func (c *notingCourier) TellDifferences(context.Context, []shop.Difference) error { return nil }

// testShop is a running shop on a real store.
type testShop struct {
	*shop.Shop
	t       *testing.T
	store   *storage.DB
	rail    *limitedRail
	courier *notingCourier
	ordered int
	full    atomic.Bool // the disk: changes of orders fail
	hiccup  atomic.Bool // the next change of an order fails
	stop    func()      // the workers; start has others go on
	catalog atomic.Pointer[catalog.Catalog]
	start   func()
}

// fullStore is a store whose disk may be full.
type fullStore struct {
	shop.Store
	full, hiccup *atomic.Bool
}

func (s fullStore) Change(ctx context.Context, id shop.OrderID, rule shop.Rule) (shop.Order, error) {
	if s.full.Load() || s.hiccup.Swap(false) {
		return shop.Order{}, errors.New("no space left on device")
	}
	return s.Store.Change(ctx, id, rule)
}

// inShop runs a test with a shop that has units of vpn and game.
func inShop(t *testing.T, can shop.Abilities, ways map[catalog.Kind]shop.Way, run func(t *testing.T, s *testShop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "shop.db"))
		require.NoError(t, err)
		s := &testShop{t: t, store: db, rail: &limitedRail{t: t, can: can}, courier: &notingCourier{}}
		s.sell(threeProducts)
		for _, sku := range []string{"vpn", "game"} {
			_, err := db.AddStock(t.Context(), shop.StockLoad{SKU: sku, Units: slices.Values([]string{sku + "-1", sku + "-2"})})
			require.NoError(t, err)
		}
		s.start = func() {
			s.Shop = shop.New(fullStore{db, &s.full, &s.hiccup}, []shop.Rail{s.rail}, s.courier, shop.Config{
				Catalog: s.catalog.Load, Ways: ways, Key: []byte("key"), InvoiceTTL: time.Hour, SyncInterval: time.Minute, MaxOpen: 3,
				Log: slog.New(slog.DiscardHandler),
			})
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx) }()
			s.stop = func() { cancel(); require.NoError(t, <-ended) }
		}
		s.start()
		defer func() { // also after a failure, or the workers would go on in the bubble
			s.stop()
			if !t.Failed() {
				require.NoError(t, db.Check(t.Context(), func(violation string) { t.Error(violation) }))
			}
			require.NoError(t, db.Close())
		}()
		run(t, s)
	})
}

// sell has the shop sell what a catalog says from now on.
func (s *testShop) sell(yaml string) {
	s.t.Helper()
	c, err := catalog.Parse("catalog.yaml", []byte(yaml), fstest.MapFS{})
	require.NoError(s.t, err)
	s.catalog.Store(c)
}

// order asks for products by their SKUs, one of each.
func (s *testShop) order(skus ...string) (shop.Order, error) {
	s.ordered++
	r := shop.Request{Buyer: shop.Buyer{ID: 100}, Origin: shop.Origin{Act: fmt.Sprint("m", s.ordered), At: time.Now()}}
	for _, sku := range skus {
		r.Items = append(r.Items, shop.Item{SKU: sku, Quantity: 1})
	}
	return s.Checkout(s.t.Context(), r)
}

func (s *testShop) mustOrder(skus ...string) shop.Order {
	s.t.Helper()
	o, err := s.order(skus...)
	require.NoError(s.t, err)
	return o
}

func (s *testShop) pay(o shop.Order) {
	s.t.Helper()
	_, err := s.PaymentReceived(s.t.Context(), shop.IncomingPayment{
		Order: o.ID, Source: shop.FromWebhook, Received: time.Now(), Raw: []byte(`{}`),
		Payment: shop.Payment{Rail: o.Rail, Invoice: o.Invoice.ID, Amount: o.Total, Price: o.Total, At: time.Now()},
	})
	require.NoError(s.t, err)
}

func (s *testShop) state(o shop.Order) shop.Order {
	s.t.Helper()
	synctest.Wait()
	now, err := s.Order(s.t.Context(), o.ID)
	require.NoError(s.t, err)
	return now
}

func TestSeveralLinesAreDeliveredOneByOneAndOnlyOnce(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		failed := false
		s.courier.fail = func(o shop.Order, line int) error {
			if o.Lines[line].SKU == "game" && !failed {
				failed = true
				return errors.New("telegram is away")
			}
			return nil
		}
		o := s.mustOrder("vpn", "game", "invite")
		s.pay(o)
		require.Equal(t, shop.StatePaid, s.state(o).State)
		time.Sleep(time.Minute)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		require.Equal(t, []string{"vpn[vpn-1]", "game[game-1]", "game[game-1]", "invite[]"}, s.courier.delivered,
			"what was delivered before the failure is not sent again")
	})
}

func TestAnOrderIsReservedWholeOrNotAtAll(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.mustOrder("vpn", "game")
		s.mustOrder("game")
		_, err := s.order("vpn", "game")
		var short *shop.SoldOutError
		require.ErrorAs(t, err, &short)
		require.Equal(t, "game", short.SKU)
		stock, err := s.StockOf(t.Context(), "vpn")
		require.NoError(t, err)
		require.Equal(t, shop.Stock{Free: 1, Reserved: 1}, stock, "the line that could be had is not kept")
	})
}

func TestWhatIsMadeAtDeliveryIsStoredBeforeItIsSentAndSentAgainUnchanged(t *testing.T) {
	made := 0
	ways := map[catalog.Kind]shop.Way{catalog.Invitation: {
		Make: func(context.Context, shop.Order, int) ([]string, error) {
			made++
			return []string{fmt.Sprintf("https://t.me/+%d", made)}, nil
		},
	}}
	inShop(t, shop.Abilities{}, ways, func(t *testing.T, s *testShop) {
		s.sell(madeProducts)
		tries := 0
		s.courier.fail = func(o shop.Order, line int) error {
			stored, err := s.store.Order(context.Background(), o.ID)
			require.NoError(t, err)
			require.Equal(t, []string{"https://t.me/+1"}, stored.Lines[line].Goods, "stored before it is sent")
			if tries++; tries < 3 {
				return errors.New("telegram is away")
			}
			return nil
		}
		o := s.mustOrder("invite")
		s.pay(o)
		time.Sleep(time.Minute)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		require.Equal(t, []string{"invite[https://t.me/+1]", "invite[https://t.me/+1]", "invite[https://t.me/+1]"}, s.courier.delivered)
		require.Equal(t, 1, made)
	})
}

// A server that is not ready, or a person who has to make something, keeps no other goods back.
func TestLinesDoNotWaitForOneAnother(t *testing.T) {
	var ready atomic.Bool
	ways := map[catalog.Kind]shop.Way{catalog.Invitation: {
		Make: func(context.Context, shop.Order, int) ([]string, error) {
			if !ready.Load() {
				return nil, &shop.NotReadyError{Wait: time.Hour}
			}
			return []string{"made"}, nil
		},
	}}
	inShop(t, shop.Abilities{}, ways, func(t *testing.T, s *testShop) {
		s.sell(madeProducts + `  - {sku: logo, category: all, title: Logo, price: "2", deliver: [text, manual], text: brief, manual: {within: 48h}}` + "\n")
		o := s.mustOrder("invite", "logo", "vpn")
		s.pay(o)
		time.Sleep(30 * time.Minute)
		now := s.state(o)
		require.Equal(t, []string{"vpn[vpn-1]"}, s.courier.sent())
		require.Equal(t, shop.StatePaid, now.State)
		require.True(t, now.Preparing)
		require.False(t, now.Stuck, "nothing is wrong")
		ready.Store(true)
		time.Sleep(time.Hour)
		now = s.state(o)
		require.Equal(t, []string{"vpn[vpn-1]", "invite[made]"}, s.courier.sent())
		require.Equal(t, shop.StateHeld, now.State)
		require.Equal(t, shop.HoldManual, now.Hold)
	})
}

// What can go out goes out before an order is held for what cannot be made.
func TestGoodsThatCannotBeMadeHoldTheRestBackOnlyAfterItWentOut(t *testing.T) {
	ways := map[catalog.Kind]shop.Way{catalog.Invitation: {
		Make: func(context.Context, shop.Order, int) ([]string, error) {
			return nil, &shop.UndeliverableError{Reason: shop.HoldNoGoods, Err: errors.New("no")}
		},
	}}
	inShop(t, shop.Abilities{}, ways, func(t *testing.T, s *testShop) {
		s.sell(madeProducts)
		o := s.mustOrder("invite", "vpn")
		s.pay(o)
		time.Sleep(time.Minute)
		require.Equal(t, []string{"vpn[vpn-1]"}, s.courier.sent())
		require.Equal(t, shop.HoldNoGoods, s.state(o).Hold)
	})
}

func TestAProductMayAskTheBuyer(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.sell(askedProducts)
		_, err := s.order("invite")
		require.ErrorIs(t, err, shop.ErrUnanswered)
		o, err := s.Checkout(t.Context(), shop.Request{
			Buyer: shop.Buyer{ID: 100}, Origin: shop.Origin{Act: "answered", At: time.Now()},
			Items: []shop.Item{{SKU: "invite", Quantity: 1, Answers: alices}},
		})
		require.NoError(t, err)
		require.Equal(t, alices, o.Lines[0].Answers)
	})
}

// A rail that can only make invoices, as Telegram Stars cannot close one, must not be asked for
// more.
func TestARailIsAskedForNothingThatItCannotDo(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) { // any other call panics: the embedded rail is nil
		lapsed := s.mustOrder("vpn")
		time.Sleep(2 * time.Hour)
		require.Equal(t, shop.StateCancelled, s.state(lapsed).State)
		require.True(t, s.state(lapsed).InvoiceClosed)

		o := s.mustOrder("vpn")
		checked, err := s.CheckPayment(t.Context(), 100, o.ID)
		require.NoError(t, err)
		require.Equal(t, shop.StateAwaiting, checked.State)
		s.pay(o)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		_, err = s.Propose(t.Context(), shop.RefundRequest{Order: o.ID, Amount: o.Total, By: 1, Origin: shop.Origin{Act: "refund"}})
		require.ErrorIs(t, err, shop.ErrCannotRefund)
		require.Equal(t, 2, s.rail.made)
	})
}

func TestAnOrderOfAnUnknownRailIsNamedAndInNobodysWay(t *testing.T) {
	inShop(t, shop.Abilities{LookUp: false}, nil, func(t *testing.T, s *testShop) {
		o := s.mustOrder("invite")
		strange, err := s.store.Change(t.Context(), o.ID, func(o *shop.Order, _ shop.Free) error {
			o.Rail = "barter"
			return nil
		})
		require.NoError(t, err)
		var unknown *shop.UnknownRailError
		_, err = s.CheckPayment(t.Context(), 100, strange.ID)
		require.ErrorAs(t, err, &unknown)
		require.ErrorContains(t, err, string(o.ID))
		require.ErrorContains(t, err, "barter")
		require.ErrorAs(t, s.Sync(t.Context()), &unknown)

		other := s.mustOrder("vpn")
		s.pay(other)
		require.Equal(t, shop.StateDelivered, s.state(other).State)
		time.Sleep(2 * time.Hour)
		require.Equal(t, shop.StateCancelled, s.state(o).State, "what it reserved is free again")
		_, err = s.store.Change(t.Context(), o.ID, func(o *shop.Order, _ shop.Free) error {
			o.Rail, o.InvoiceClosed = shop.CryptoPay, true
			return nil
		})
		require.NoError(t, err)
	})
}

func TestAnUnknownWayOfDeliveryIsHeldForAPerson(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.mustOrder("invite")
		setKind := func(kind catalog.Kind) {
			_, err := s.store.Change(t.Context(), o.ID, func(o *shop.Order, _ shop.Free) error {
				o.Lines = slices.Clone(o.Lines)
				o.Lines[0].Deliver = kind
				return nil
			})
			require.NoError(t, err)
		}
		setKind("pigeon")
		s.pay(o)
		held := s.state(o)
		require.Equal(t, shop.StateHeld, held.State)
		require.Equal(t, shop.HoldUnknownWay, held.Hold)
		require.Empty(t, s.courier.delivered)
		require.Contains(t, s.courier.told, shop.WhatHeld)
		setKind(catalog.Content)
	})
}

func TestDiscountsLowerTheTotalAndNeverToNothing(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		ask := func(act, less string) (shop.Order, error) {
			a, err := money.Parse(less, "USDT")
			require.NoError(t, err)
			return s.Checkout(t.Context(), shop.Request{
				Buyer: shop.Buyer{ID: 100}, Origin: shop.Origin{Act: act, At: time.Now()},
				Items:     []shop.Item{{SKU: "vpn", Quantity: 1}, {SKU: "game", Quantity: 1}},
				Discounts: []shop.Discount{{Reason: "coupon SPRING", Amount: a}},
			})
		}
		o, err := ask("a", "1.5")
		require.NoError(t, err)
		require.Equal(t, "5.5 USDT", o.Total.String())
		_, err = ask("b", "7")
		require.ErrorIs(t, err, shop.ErrNothingToPay)
		s.pay(o)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
	})
}

// After its payment a usual sale is three commits: received, delivered, told.
func TestAUsualSaleIsThreeCommitsAfterItsPayment(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		o := s.mustOrder("vpn")
		synctest.Wait()
		before := s.store.Commits(context.Background())
		s.pay(o)
		require.Equal(t, shop.StateDelivered, s.state(o).State)
		require.Empty(t, s.state(o).Notices)
		require.Equal(t, []shop.What{shop.WhatPaid, shop.WhatSold}, s.courier.told)
		require.LessOrEqual(t, s.store.Commits(context.Background())-before, int64(3))
	})
}
