package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// killSeed repeats the decisions of a run; what the machine does meanwhile cannot be repeated.
var killSeed = flag.Uint64("kill-seed", 0, "seed of the moments at which the shop is killed; 0: another one each time")

// patience is after how long without an end a test of real processes gives up.
const patience = 2 * time.Minute

// senders is how many buyers buy at the same time.
const senders = 32

// A real shop under load, killed without a warning again and again, with webhooks as its only way to hear of
// payments: whatever was answered 200 arrives, no key is sold twice, and what comes again is the same.
func TestNothingIsLostHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel() // these wait for the disk and for processes most of the time
	binary := buildShop(t)
	for name, harm := range map[string]func(s *street, away time.Duration){
		"the shop is killed":                        func(s *street, _ time.Duration) { s.shop.kill() },
		"the shop is killed and the network is cut": func(s *street, away time.Duration) { s.cutOff(away, s.shop.kill) },
		"the network is cut":                        func(s *street, away time.Duration) { s.cutOff(away, func() {}) },
	} {
		t.Run(name, func(t *testing.T) {
			killAndCount(t, binary, kills(), harm)
		})
	}
}

// kills is how often the shop is harmed in a run.
func kills() int {
	if *long {
		return 200
	}
	return 10
}

func moments(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64() //nolint:gosec // it is told
	}
	t.Logf("-kill-seed=%d", seed)
	return rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // to be repeated
}

func killAndCount(t *testing.T, binary string, kills int, harm func(s *street, away time.Duration)) {
	t.Helper()
	random, s, began := moments(t), newStreet(t, binary), time.Now()
	loaded := 400 * kills
	loadKeys(t, s, loaded)
	s.shop.start()

	c := &crowd{street: s}
	c.start(t.Context())
	for i := range kills {
		if random.IntN(4) > 0 { // else it may die before it is open
			s.shop.awaitReady(t.Context())
		}
		time.Sleep(upTo(random, 500*time.Millisecond)) // some moment, or the worst one
		if random.IntN(2) > 0 {
			s.awaitAnswer(time.Second)
		}
		harm(s, upTo(random, 200*time.Millisecond))
		if s.shop.running == nil {
			if i%10 == 0 || !*long {
				s.mustBeSound()
			}
			s.shop.start()
		}
	}
	c.leave()
	c.awaitGoods()
	b := s.closeAndRead()
	b.checkPayments(s, shop.StateDelivered)
	repeated, lost := b.checkChats(s, c.everybody())
	b.checkStock(loaded)
	require.Empty(t, s.CryptoPay().Transfers(appToken), "nobody gave anything back")
	require.Greater(t, len(s.answered), kills, "or it was hardly a test")
	t.Logf("%d kills, %d orders bought and paid, %d payments answered 200, %d orders delivered with %d keys, %d messages with goods more than once, %d webhooks sent again, %d lost, in %s",
		kills, c.bought.Load(), len(s.answered), b.stats.Delivered, b.stock.Sold, repeated, s.repeats, lost, time.Since(began).Round(time.Second))
}

func upTo(random *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(most)))
}

func loadKeys(t *testing.T, s *street, n int) {
	t.Helper()
	db, err := storage.Open(t.Context(), s.database())
	require.NoError(t, err)
	_, err = db.AddStock(t.Context(), "vpn", keysUpTo(n), 0)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

// firstBuyer is the Telegram id of the first of the crowd.
const firstBuyer = 1_000_001

// crowd buys and pays without pause, every time as somebody else: one chat is written to about once a second
// only, so that a few people could not keep the shop busy.
type crowd struct {
	*street
	most   int64 // purchases; 0: any number
	enough atomic.Bool
	came   atomic.Int64
	bought atomic.Int64 // and paid
	inside sync.WaitGroup
}

func (c *crowd) start(ctx context.Context) {
	for range senders {
		c.inside.Go(func() {
			for !c.enough.Load() {
				n := c.came.Add(1)
				if c.most > 0 && n > c.most {
					c.came.Add(-1)
					return
				}
				c.buy(ctx, firstBuyer+n-1)
			}
		})
	}
}

// leave lets those who have begun to buy pay, and nobody else come.
func (c *crowd) leave() {
	c.enough.Store(true)
	c.inside.Wait()
}

// everybody is who has bought something.
func (c *crowd) everybody() (people []int64) {
	for i := range c.came.Load() {
		people = append(people, firstBuyer+i)
	}
	return people
}

// buy orders one to three keys and pays, however long the shop is dead meanwhile. It does not wait for the goods.
func (c *crowd) buy(ctx context.Context, who int64) {
	if err := c.Telegram().Say(botToken, c.person(who), fmt.Sprintf("/buy vpn %d", who%3+1)); err != nil {
		c.t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	order, err := c.message(ctx, who, func(m telegram.Message) bool { return len(m.URLs()) > 0 })
	if err != nil {
		c.t.Errorf("%d never got a bill: %v", who, err)
		return
	}
	if _, err := c.CryptoPay().Pay(order.URLs()[0], who, "USDT"); err != nil {
		c.t.Error(err)
		return
	}
	c.bought.Add(1)
}

// awaitGoods waits until everybody has something that looks like goods. Whether it is what they paid for the books tell.
func (c *crowd) awaitGoods() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	c.shop.awaitReady(ctx)
	c.awaitWebhooks()
	have := 0
	if err := c.Await(ctx, func() bool {
		have = 0
		for _, who := range c.everybody() {
			if len(c.goods(who)) > 0 {
				have++
			}
		}
		return have == int(c.bought.Load())
	}); err != nil {
		c.t.Errorf("paid and nothing arrived: %d of %d have their goods: %v", have, c.bought.Load(), err)
	}
	c.awaitWebhooks() // a webhook whose answer was lost is still on its way again
}
