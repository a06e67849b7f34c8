package crash

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/shop"
)

// Telegram and Crypto Pay freeze, or die and have forgotten everything, and the shop dies with them
// or not. Each payment that was answered 200 is delivered, to the people of the new sandbox if the
// old one is gone.
//
// After a death of the sandbox alone nobody can buy until the shop dies too: the new sandbox
// numbers its updates anew, which Telegram never does, so that the shop may not see them. So the
// sandbox dies alone once in three times, and not the last time, or most faults would meet a shop
// that has nothing to do. Refunds are no part of this: a payment service that has forgotten its
// transfers would make them again, and no shop could know.
func TestWhatWasPaidArrivesHoweverOftenTheServicesDie(t *testing.T) {
	t.Parallel() // these wait for the disk and for processes most of the time
	binary := testenv.BuildShop(t)
	for name, fault := range map[string]func(e *servicesEnv, left int, d time.Duration){
		"the services freeze, and the shop is killed or not": func(e *servicesEnv, left int, d time.Duration) {
			e.freezeSandbox(d, func() {
				if left%3 != 2 {
					e.shop.kill()
				}
			})
		},
		"the services are killed, and the shop too or not": func(e *servicesEnv, left int, d time.Duration) {
			switch left % 3 {
			case 0:
				e.killShopBeforePayment()
			case 1:
				e.shop.kill()
			}
			e.killSandbox()
			time.Sleep(d)
			e.startSandbox()
		},
	} {
		t.Run(name, func(t *testing.T) { killServicesAndCount(t, newServicesEnv(t, binary), faults(), fault) })
	}
}

func killServicesAndCount(t *testing.T, e *servicesEnv, faults int, fault func(e *servicesEnv, left int, d time.Duration)) {
	t.Helper()
	random, started := newRand(t), time.Now()
	loaded := 400 * faults
	e.loadKeys(loaded)
	e.startSandbox()
	e.shop.start()
	b := &remoteBuyers{servicesEnv: e}
	b.start(t.Context())
	for n := range faults {
		time.Sleep(upTo(random, 500*time.Millisecond)) // some moment
		fault(e, faults-1-n, upTo(random, 200*time.Millisecond))
		if e.shop.running == nil {
			e.checkDatabase()
			e.shop.start()
		}
	}
	b.stop()
	e.stopShop()
	stored := e.readDatabase()
	lost, repeated := e.checkGoods(stored)
	e.checkStock(stored, loaded)
	e.checkByCommands()
	require.Greater(t, len(e.webhooks.orders), faults, "too few payments for a test")
	if *long { // a short run may be without one
		require.NotZero(t, e.webhooks.repeats, "the shop was never dead when a payment was made")
	}
	t.Logf("%d faults, %d deaths of the shop, %d starts of the services, %d people paid, %d payments answered 200, %d messages with goods more than once, %d webhooks sent again, %d lost, in %s",
		faults, e.shop.starts-1, e.starts.Load(), b.paid.Load(), len(e.webhooks.orders), repeated, e.webhooks.repeats, lost, time.Since(started).Round(time.Second))
}

// remoteBuyers buy and pay without pause, each time as a new person. They give up when the sandbox
// of their order is gone.
type remoteBuyers struct {
	*servicesEnv

	stopped atomic.Bool
	started atomic.Int64 // purchases
	paid    atomic.Int64
	group   sync.WaitGroup
}

func (b *remoteBuyers) start(ctx context.Context) {
	for range buyersAtOnce {
		b.group.Go(func() {
			for !b.stopped.Load() {
				b.buy(ctx, firstBuyer-1+b.started.Add(1))
			}
		})
	}
}

func (b *remoteBuyers) stop() {
	b.stopped.Store(true)
	b.group.Wait()
}

func (b *remoteBuyers) buy(ctx context.Context, who int64) {
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	sandbox := b.starts.Load()
	if b.say(ctx, who, fmt.Sprintf("/buy vpn %d", who%3+1)) != nil {
		time.Sleep(5 * time.Millisecond) // the sandbox is dead
		return
	}
	link, found := b.proxy.payLink(who)
	for ; !found; link, found = b.proxy.payLink(who) {
		if b.starts.Load() != sandbox {
			return
		}
		if ctx.Err() != nil {
			b.t.Errorf("%d never got a pay link", who)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.setMaybePaid(who, true)
	b.withLink.Add(1)
	b.mayPay.RLock()
	b.withLink.Add(-1)
	b.mayPay.RUnlock()
	err := b.call(ctx, "/ui/pay", map[string]any{"as": fmt.Sprint(who), "ref": link, "asset": "USDT"})
	refusal, refused := errors.AsType[*refusedError](err)
	switch {
	case err == nil:
		b.paid.Add(1)
	case refused:
		b.setMaybePaid(who, false)
		if b.starts.Load() == sandbox && refusal.status != http.StatusNotFound { // the invoice died with its sandbox
			b.t.Errorf("%d cannot pay: %v", who, err)
		}
	}
}

// stopShop waits until each webhook is answered and each paid order delivered, and stops the shop.
func (e *servicesEnv) stopShop() {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), testTimeout)
	defer cancel()
	e.shop.awaitReady(ctx)
	e.webhooks.awaitDelivered()
	for len(e.undelivered(ctx)) > 0 {
		time.Sleep(50 * time.Millisecond)
	}
	e.shop.stop()
}

// checkGoods checks that the paid orders are those whose payment was answered 200, that all of them
// are delivered, and that each message with goods has exactly the keys of its reader's order. It
// counts the payments whose goods did not arrive, and the messages that came again.
func (e *servicesEnv) checkGoods(s storedState) (lost, repeated int) {
	e.t.Helper()
	ordered := map[int64]bool{}
	for id, o := range s.orders {
		messages := e.proxy.goodsOf(o.Buyer.ID)
		for _, keys := range messages {
			if len(o.Payments) == 0 || !slices.Equal(keys, goodsOf(o)) {
				e.t.Errorf("%d was sent %v; order %s, which is %s, has %v", o.Buyer.ID, keys, id, o.State, goodsOf(o))
			}
		}
		ordered[o.Buyer.ID] = true
		repeated += max(0, len(messages)-1)
		switch {
		case e.webhooks.orders[string(id)] != (len(o.Payments) == 1):
			lost++
			e.t.Errorf("order %s, which is %s, has the payments %v; one was answered 200: %t", id, o.State, o.Payments, e.webhooks.orders[string(id)])
		case len(o.Payments) == 0:
		case o.State != shop.StateDelivered || len(goodsOf(o)) != o.Quantity() || len(messages) == 0:
			lost++
			e.t.Errorf("order %s was paid and is %s (%s), with %d of %d keys, and %d messages with them came",
				id, o.State, o.Hold, len(goodsOf(o)), o.Quantity(), len(messages))
		}
	}
	for id := range e.webhooks.orders {
		if _, found := s.orders[shop.OrderID(id)]; !found {
			lost++
			e.t.Errorf("a payment was answered 200, and there is no order %s", id)
		}
	}
	for who := range e.proxy.goods {
		require.True(e.t, ordered[who], "goods for somebody who never ordered")
	}
	return lost, repeated
}

// checkStock checks that no unit has appeared or vanished, and that the statistics are those of the
// payments. What was ordered in a sandbox that is gone, and never paid, stays reserved until it
// expires.
func (e *servicesEnv) checkStock(s storedState, loaded int) {
	e.t.Helper()
	require.Equal(e.t, loaded, s.stock.Free+s.stock.Reserved+s.stock.Sold)
	require.Equal(e.t, len(s.owner), s.stock.Sold)
	require.Equal(e.t, []int{len(e.webhooks.orders), len(e.webhooks.orders), len(s.owner)}, []int{s.stats.Paid, s.stats.Delivered, s.stats.Units})
}
