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
	"shopbot/internal/money"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// Many buyers want the few uses of a coupon while the shop is killed again and again. Some give
// their order up, so its use comes back. There are never more uses than the limit, and in the end
// each use is an order at the lower price.
func TestACouponsLimitHoldsHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel()
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	const limit, buyers, kills = 10, 40, 6
	saves, err := money.Parse("1", "USD")
	require.NoError(t, err)
	db, err := storage.Open(t.Context(), e.database())
	require.NoError(t, err)
	require.NoError(t, db.AddCoupons(t.Context(), shop.Coupon{Code: "RUSH", Amount: saves, Limit: limit, PerBuyer: 1}))
	require.NoError(t, db.Close())
	e.loadKeys(3 * buyers)
	e.shop.start()

	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	var all sync.WaitGroup
	for i := range int64(buyers) {
		all.Go(func() { e.buyWithCoupon(ctx, firstBuyer+i, i%4 == 0) })
	}
	for range kills {
		e.shop.awaitReady(ctx)
		time.Sleep(upTo(random, 700*time.Millisecond))
		e.shop.kill()
		e.checkDatabase() // the counts are what the orders say
		require.LessOrEqual(t, e.couponUses(), limit)
		e.shop.start()
	}
	all.Wait()
	e.shop.awaitReady(ctx)
	e.shop.stop()
	e.checkByCommands()
	stored := e.readDatabase()
	used, paid := 0, 0
	for _, o := range stored.orders {
		if o.Coupon() != "" && o.State != shop.StateCancelled {
			used++
		}
		if len(o.Payments) > 0 {
			require.True(t, o.Payments[0].Price.Equal(o.Total))
			paid++
		}
	}
	require.Equal(t, used, e.couponUses())
	require.LessOrEqual(t, used, limit)
	require.Equal(t, buyers*3/4, paid, "who did not give up has bought, with the coupon or without")
	t.Logf("%d kills, %d orders, %d with the coupon, %d paid", kills, len(stored.orders), used, paid)
}

func (e *shopEnv) couponUses() int {
	e.t.Helper()
	db, err := storage.Open(e.t.Context(), e.database())
	require.NoError(e.t, err)
	c, err := db.Coupon(e.t.Context(), "RUSH", 0)
	require.NoError(e.t, err)
	require.NoError(e.t, db.Close())
	return c.Count.Uses
}

// buyWithCoupon tries the coupon, orders a key, and pays or gives the order up.
func (e *testEnv) buyWithCoupon(ctx context.Context, who int64, givesUp bool) {
	e.addPerson(who)
	say := func(text string, answer func(m telegram.Message) bool) (telegram.Message, bool) {
		if err := e.Telegram().Say(botToken, who, text); err != nil {
			e.t.Error(err)
			return telegram.Message{}, false
		}
		m, err := e.awaitMessage(ctx, who, answer)
		if err != nil {
			e.t.Errorf("%d got no answer to %q: %v", who, text, err)
		}
		return m, err == nil
	}
	if _, ok := say("/coupon rush", func(m telegram.Message) bool { return strings.Contains(m.Text, "RUSH") }); !ok {
		return
	}
	hasLink := func(m telegram.Message) bool { return len(m.URLs()) > 0 }
	// The coupon may be used up between the two. The card then says so, and the next /buy goes without.
	bought := func(m telegram.Message) bool {
		return hasLink(m) || strings.Contains(m.Text, "used up") && strings.Contains(m.Text, "VPN")
	}
	order, ok := say("/buy vpn", bought)
	if ok && !hasLink(order) {
		order, ok = say("/buy vpn", hasLink)
	}
	switch {
	case !ok:
	case givesUp:
		e.giveUp(ctx, who, say)
	default:
		if _, err := e.CryptoPay().Pay(order.URLs()[0], who, "USDT"); err != nil {
			e.t.Error(fmt.Errorf("%d: %w", who, err))
			return
		}
		if err := e.Await(ctx, func() bool { return len(e.goods(who)) > 0 }); err != nil {
			e.t.Errorf("%d has paid and got nothing: %v", who, err)
		}
	}
}

// giveUp cancels the order. If /cancel is handled again after a crash, there may be nothing left to
// cancel. If the order was made in the same second and its card was sent again after a crash, the
// shop cannot tell which came first and asks.
func (e *testEnv) giveUp(ctx context.Context, who int64, say func(string, func(telegram.Message) bool) (telegram.Message, bool)) {
	over := func(m telegram.Message) bool {
		return strings.Contains(m.Text, "ancelled") || strings.Contains(m.Text, "no unpaid order")
	}
	// A /buy that was refused and is handled again after a crash makes an order beside the later one's.
	two := func(m telegram.Message) bool { return strings.Contains(m.Text, "2 unpaid orders") }
	asks := func(m telegram.Message) bool { return strings.HasPrefix(m.Text, "Your unpaid order") || two(m) }
	answer, ok := say("/cancel", func(m telegram.Message) bool { return over(m) || asks(m) })
	if !ok || over(answer) {
		return
	}
	cancel, found := testenv.FindButton(answer, "Cancel")
	if !found {
		e.t.Errorf("%d cannot cancel below %q", who, answer.Text)
		return
	}
	if err := e.Telegram().TapData(botToken, who, answer.ID, cancel.Data); err != nil {
		e.t.Error(err)
		return
	}
	if two(answer) {
		return // the list of them answers, without the one
	}
	if _, err := e.awaitMessage(ctx, who, over); err != nil {
		e.t.Errorf("%d got no answer to the button: %v", who, err)
	}
}
