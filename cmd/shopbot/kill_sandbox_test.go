package main

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

	"shopbot/internal/shop"
)

// The services stand still, or die and have forgotten everything, and the shop dies with them now and then:
// whatever was answered 200 is delivered, to the people of the new sandbox where the old one is gone.
//
// After a death of the sandbox alone nobody can buy until the shop's own: the new sandbox counts its updates from
// another number than the old one, which Telegram never does, so that the shop may not hear of them. So it dies
// alone once in three times, and not the last time, or most blows would meet a shop that has nothing to do. Refunds
// are no part of this: a payment service that forgot its transfers would make them again, and no shop could know.
func TestWhatWasPaidArrivesHoweverOftenTheServicesDie(t *testing.T) {
	t.Parallel() // these wait for the disk and for processes most of the time
	binary := buildShop(t)
	for name, blow := range map[string]func(m *mortals, left int, away time.Duration){
		"the services freeze, and the shop is killed or not": func(m *mortals, left int, away time.Duration) {
			m.freeze(away, func() {
				if left%3 != 2 {
					m.shop.kill()
				}
			})
		},
		"the services are killed, and the shop too or not": func(m *mortals, left int, away time.Duration) {
			if left%3 != 2 {
				m.shop.kill()
			}
			m.endSandbox()
			time.Sleep(away)
			m.begin()
		},
	} {
		t.Run(name, func(t *testing.T) { strikeAndCount(t, newMortals(t, binary), kills(), blow) })
	}
}

func strikeAndCount(t *testing.T, m *mortals, blows int, blow func(m *mortals, left int, away time.Duration)) {
	t.Helper()
	random, began := moments(t), time.Now()
	loaded := 400 * blows
	loadKeys(t, m.street, loaded)
	m.begin()
	m.shop.start()
	c := &mortalCrowd{mortals: m}
	c.start(t.Context())
	for n := range blows {
		time.Sleep(upTo(random, 500*time.Millisecond)) // some moment
		blow(m, blows-1-n, upTo(random, 200*time.Millisecond))
		if m.shop.running == nil {
			m.mustBeSound()
			m.shop.start()
		}
	}
	c.leave()
	m.settle()
	b := m.readBooks()
	lost, repeated := m.checkGoods(b)
	m.checkStock(b, loaded)
	require.Contains(t, m.shop.command("check", "--database"), "is sound")
	require.Contains(t, m.shop.command("audit", "verify"), "none changed")
	require.Greater(t, len(m.orders), blows, "or it was hardly a test")
	require.NotZero(t, m.repeats, "the shop was never dead when it was paid")
	t.Logf("%d blows, %d deaths of the shop, %d lives of the services, %d people paid, %d payments answered 200, %d messages with goods more than once, %d webhooks sent again, %d lost, in %s",
		blows, m.shop.starts-1, m.life.Load(), c.paid.Load(), len(m.orders), repeated, m.repeats, lost, time.Since(began).Round(time.Second))
}

// mortalCrowd buys and pays without pause, every time as somebody else. Who finds the sandbox of his order gone
// goes away.
type mortalCrowd struct {
	*mortals
	enough atomic.Bool
	came   atomic.Int64
	paid   atomic.Int64
	inside sync.WaitGroup
}

func (c *mortalCrowd) start(ctx context.Context) {
	for range senders {
		c.inside.Go(func() {
			for !c.enough.Load() {
				c.buy(ctx, firstBuyer-1+c.came.Add(1))
			}
		})
	}
}

func (c *mortalCrowd) leave() {
	c.enough.Store(true)
	c.inside.Wait()
}

func (c *mortalCrowd) buy(ctx context.Context, who int64) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	life := c.life.Load()
	if c.say(ctx, who, fmt.Sprintf("/buy vpn %d", who%3+1)) != nil {
		time.Sleep(5 * time.Millisecond) // nobody is there
		return
	}
	link, some := c.border.bill(who)
	for ; !some; link, some = c.border.bill(who) {
		if c.life.Load() != life {
			return
		}
		if ctx.Err() != nil {
			c.t.Errorf("%d never got a bill", who)
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.pays(who, true)
	err := c.call(ctx, "/ui/pay", map[string]any{"as": fmt.Sprint(who), "ref": link, "asset": "USDT"})
	no, refused := errors.AsType[*refusedError](err)
	switch {
	case err == nil:
		c.paid.Add(1)
	case refused:
		c.pays(who, false)
		if c.life.Load() == life && no.status != http.StatusNotFound { // the bill died with the sandbox that wrote it
			c.t.Errorf("%d cannot pay: %v", who, err)
		}
	}
}

// settle waits until every payment that was announced is answered and every paid order delivered, and closes the shop.
func (m *mortals) settle() {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	m.shop.awaitReady(ctx)
	m.awaitWebhooks()
	for len(m.owed(ctx)) > 0 {
		time.Sleep(50 * time.Millisecond)
	}
	m.shop.stop()
}

// checkGoods demands that the orders that were paid are those whose payment was answered 200, that all of them are
// delivered, and that each message with goods brought exactly the keys of its reader's order. It counts the payments whose goods did not come, and the messages that came again.
func (m *mortals) checkGoods(b books) (lost, repeated int) {
	m.t.Helper()
	arrived := map[int64]bool{}
	for id, o := range b.orders {
		parcels := m.border.goods(o.Buyer.ID)
		for _, keys := range parcels {
			if len(o.Payments) == 0 || !slices.Equal(keys, o.Keys) {
				m.t.Errorf("%d was sent %v; order %s, which is %s, has %v", o.Buyer.ID, keys, id, o.State, o.Keys)
			}
		}
		arrived[o.Buyer.ID] = true
		repeated += max(0, len(parcels)-1)
		switch {
		case m.orders[string(id)] != (len(o.Payments) == 1):
			lost++
			m.t.Errorf("order %s, which is %s, has the payments %v; one was answered 200: %t", id, o.State, o.Payments, m.orders[string(id)])
		case len(o.Payments) == 0:
		case o.State != shop.StateDelivered || len(o.Keys) != o.Item.Quantity || len(parcels) == 0:
			lost++
			m.t.Errorf("order %s was paid and is %s (%s), with %d of %d keys, and %d messages with them came",
				id, o.State, o.Hold, len(o.Keys), o.Item.Quantity, len(parcels))
		}
	}
	for id := range m.orders {
		if _, found := b.orders[shop.OrderID(id)]; !found {
			lost++
			m.t.Errorf("a payment was answered 200, and there is no order %s", id)
		}
	}
	for who := range m.border.parcels {
		require.True(m.t, arrived[who], "goods for somebody who never ordered")
	}
	return lost, repeated
}

// checkStock demands that no unit has appeared or vanished, and that the statistics are what was paid. What was
// ordered in a sandbox that is gone, and never paid, stays reserved until it expires.
func (m *mortals) checkStock(b books, loaded int) {
	m.t.Helper()
	require.Equal(m.t, loaded, b.stock.Free+b.stock.Reserved+b.stock.Sold)
	require.Equal(m.t, len(b.owner), b.stock.Sold)
	require.Equal(m.t, []int{len(m.orders), len(m.orders), len(b.owner)}, []int{b.stats.Paid, b.stats.Delivered, b.stats.Units})
}
