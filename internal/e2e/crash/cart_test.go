package crash

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// The process dies before and after each write while a cart is filled and ordered, with a double
// tap. Whenever it dies, each press has counted once, the cart is one order, and it is empty then.
func TestACartSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		t.Helper()
		env := testenv.New(t, nil)
		env.Start()
		env.LoadKeys(3)
		env.Say(alice, "/start p_guide")
		env.Press(alice, "ct:add:guide")
		env.Say(alice, "/start p_vpn")
		restartIfDead := startDying(env, process)
		env.Press(alice, "ct:add:vpn")
		restartIfDead()
		env.Say(alice, "/cart")
		restartIfDead()
		env.Press(alice, "ct:more:vpn")
		restartIfDead()
		// A command that is handled again after a crash shows the cart once more.
		var cart telegram.Message
		for _, m := range env.Chat(alice) {
			if strings.Contains(m.Text, "VPN <30> days × 2") {
				cart = m
			}
		}
		buy, found := testenv.FindButton(cart, "Order · 12.50 USD")
		require.True(t, found, env.Transcript(alice))
		for range 2 {
			require.NoError(t, env.Telegram().TapData(botToken, alice, cart.ID, buy.Data))
		}
		env.Settle()
		restartIfDead()
		require.NotEmpty(t, env.PayLink(alice), env.Transcript(alice))
		require.Len(t, env.CryptoPay().Invoices(appToken), 1)
		env.Stop()
		orders := env.StoredOrders()
		require.Len(t, orders, 1)
		require.Equal(t, shop.StateAwaiting, orders[0].State)
		require.True(t, orders[0].FromCart)
		require.Len(t, orders[0].Lines, 2)
		env.WithDatabase(func(db *storage.DB) {
			c, err := db.Cart(context.Background(), alice)
			require.NoError(t, err)
			require.Empty(t, c.Lines)
		})
	})
}

// Buyers fill their carts and order them, each with a double tap, while the shop is killed again and
// again. A cart is there until its order is, and never both: none is lost before it is ordered, and
// none is ordered twice.
func TestNoCartIsLostOrOrderedTwiceHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel()
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	const buyers, kills = 20, 6
	e.loadKeys(2 * buyers)
	e.shop.start()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	var full sync.Map // who has seen their whole cart
	var all sync.WaitGroup
	for i := range int64(buyers) {
		all.Go(func() { e.buyCart(ctx, firstBuyer+i, func() { full.Store(firstBuyer+i, true) }) })
	}
	for range kills {
		e.shop.awaitReady(ctx)
		time.Sleep(upTo(random, 700*time.Millisecond))
		seen := map[int64]bool{}
		full.Range(func(who, _ any) bool { seen[who.(int64)] = true; return true })
		e.shop.kill()
		e.checkDatabase()
		e.checkCarts(seen)
		e.shop.start()
	}
	all.Wait()
	s := e.stopAndRead()
	e.checkCarts(map[int64]bool{})
	require.Len(t, s.orders, buyers)
	for _, o := range s.orders {
		require.Len(t, o.Payments, 1, "order %s of %d is %s", o.ID, o.Buyer.ID, o.State)
		require.Len(t, o.Lines, 2)
	}
	require.Len(t, e.CryptoPay().Invoices(appToken), buyers)
}

// checkCarts checks that each buyer of the dead shop has a cart or an order, and not both. Those who
// have seen their whole cart have one of the two.
func (e *testEnv) checkCarts(seen map[int64]bool) {
	e.t.Helper()
	orders := map[int64]int{}
	for _, o := range e.readDatabase().orders {
		orders[o.Buyer.ID]++
	}
	db, err := storage.Open(e.t.Context(), e.database())
	require.NoError(e.t, err)
	defer func() { require.NoError(e.t, db.Close()) }()
	for who := int64(firstBuyer); who < firstBuyer+20; who++ {
		c, err := db.Cart(e.t.Context(), who)
		require.NoError(e.t, err)
		switch {
		case orders[who] > 1, orders[who] > 0 && len(c.Lines) > 0:
			e.t.Errorf("%d has %d orders and a cart of %d lines", who, orders[who], len(c.Lines))
		case seen[who] && orders[who] == 0 && len(c.Lines) != 2:
			e.t.Errorf("%d has no order, and %d of 2 lines in the cart", who, len(c.Lines))
		}
	}
}

// buyCart puts two products into the cart, calls full once it has seen them, orders them with a double
// tap, and pays.
func (e *testEnv) buyCart(ctx context.Context, who int64, full func()) {
	e.addPerson(who)
	await := func(what string, wanted func(m telegram.Message) bool) (telegram.Message, bool) {
		m, err := e.awaitMessage(ctx, who, wanted)
		if err != nil {
			e.t.Errorf("%d waits for %s: %v", who, what, err)
		}
		return m, err == nil
	}
	tap := func(m telegram.Message, label string) {
		if b, found := testenv.FindButton(m, label); !found {
			e.t.Errorf("%d finds no %q below %q", who, label, m.Text)
		} else if err := e.Telegram().TapData(botToken, who, m.ID, b.Data); err != nil {
			e.t.Error(err)
		}
	}
	say := func(text string) {
		if err := e.Telegram().Say(botToken, who, text); err != nil {
			e.t.Error(err)
		}
	}
	for _, product := range [][2]string{{"vpn", "VPN <30> days"}, {"guide", "Guide"}} {
		say("/start p_" + product[0])
		card, ok := await(product[0], func(m telegram.Message) bool {
			_, found := testenv.FindButton(m, "Add to cart")
			return found && strings.HasPrefix(m.Text, product[1])
		})
		if !ok {
			return
		}
		tap(card, "Add to cart")
		if _, ok := await("the cart", func(m telegram.Message) bool {
			return strings.Contains(m.Text, fmt.Sprintf("In your cart: %s × 1", product[1]))
		}); !ok {
			return
		}
	}
	say("/cart")
	cart, ok := await("/cart", func(m telegram.Message) bool { return strings.Contains(m.Text, "Total: 7.50 USD") })
	if !ok {
		return
	}
	full()
	tap(cart, "Order · 7.50 USD")
	tap(cart, "Order · 7.50 USD")
	order, ok := await("the order", func(m telegram.Message) bool { return len(m.URLs()) > 0 })
	if !ok {
		return
	}
	if _, err := e.CryptoPay().Pay(order.URLs()[0], who, "USDT"); err != nil {
		e.t.Errorf("%d cannot pay: %v", who, err)
		return
	}
	if err := e.Await(ctx, func() bool { return len(e.goods(who)) > 0 }); err != nil {
		e.t.Errorf("%d has paid and got nothing: %v", who, err)
	}
}
