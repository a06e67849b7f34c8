// Package crash kills the shop without a warning, and the services that it needs, and looks for
// what is lost.
package crash

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

var (
	long = flag.Bool("long", false, "kill the shop 200 times instead of 10")
	// killSeed repeats the decisions of a run; what the machine does meanwhile cannot be repeated.
	killSeed = flag.Uint64("kill-seed", 0, "seed of the moments at which the shop is killed; 0: another one each time")
)

// TestMain lets more tests run at a time than there are processors: they wait for processes, for the
// disk and for the pace of chats most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", strconv.Itoa(max(4, runtime.GOMAXPROCS(0)))) // it is always defined
	os.Exit(m.Run())
}

// testTimeout is after how long without an end a test of real processes gives up.
const testTimeout = 2 * time.Minute

// A real shop under load is killed again and again, with webhooks as its only way to hear of
// payments. Each payment that was answered 200 is delivered, no key is sold twice, and a message
// that comes again has the same goods.
func TestNothingIsLostHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel() // these wait for the disk and for processes most of the time
	binary := testenv.BuildShop(t)
	for name, fault := range map[string]func(e *testEnv, d time.Duration){
		"the shop is killed":                        func(e *testEnv, _ time.Duration) { e.shop.kill() },
		"the shop is killed and the network is cut": func(e *testEnv, d time.Duration) { e.cutNetwork(d, e.shop.kill) },
		"the network is cut":                        func(e *testEnv, d time.Duration) { e.cutNetwork(d, func() {}) },
	} {
		t.Run(name, func(t *testing.T) {
			killAndCount(t, binary, faults(), fault)
		})
	}
}

// faults is how many faults a test causes.
func faults() int {
	if *long {
		return 200
	}
	return 10
}

func newRand(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64() //nolint:gosec // the log tells it
	}
	t.Logf("-kill-seed=%d", seed)
	return rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // to be repeated
}

func upTo(random *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(most)))
}

func killAndCount(t *testing.T, binary string, faults int, fault func(e *testEnv, d time.Duration)) {
	t.Helper()
	random, e, started := newRand(t), newEnv(t, binary), time.Now()
	loaded := 400 * faults
	e.loadKeys(loaded)
	e.shop.start()

	b := &buyers{testEnv: e}
	b.start(t.Context())
	for i := range faults {
		if random.IntN(4) > 0 { // else it may die before it is open
			e.shop.awaitReady(t.Context())
		}
		time.Sleep(upTo(random, 500*time.Millisecond)) // some moment, or the worst one
		if random.IntN(2) > 0 {
			e.webhooks.awaitAck(time.Second)
		}
		fault(e, upTo(random, 200*time.Millisecond))
		if e.shop.running == nil {
			if i%10 == 0 || !*long {
				e.checkDatabase()
			}
			e.shop.start()
		}
	}
	b.stop()
	b.awaitGoods()
	stored := e.stopAndRead()
	stored.checkPayments(e, shop.StateDelivered)
	repeated, lost := stored.checkChats(e, b.ids())
	stored.checkStock(loaded)
	require.Empty(t, e.CryptoPay().Transfers(appToken), "nobody refunded anything")
	require.Greater(t, len(e.webhooks.invoices), faults, "too few payments for a test")
	t.Logf("%d faults, %d orders bought and paid, %d payments answered 200, %d orders delivered with %d keys, %d messages with goods more than once, %d webhooks sent again, %d lost, in %s",
		faults, b.paid.Load(), len(e.webhooks.invoices), stored.stats.Delivered, stored.stock.Sold, repeated, e.webhooks.repeats, lost, time.Since(started).Round(time.Second))
}

const (
	buyersAtOnce = 32        // how many people buy at the same time
	firstBuyer   = 1_000_001 // the Telegram id of the first of them
)

// buyers buy and pay without pause, each time as a new person: the shop writes to one chat about
// once a second, so that a few people could not keep it busy.
type buyers struct {
	*testEnv

	limit   int64 // purchases; 0: any number
	patient bool  // waits for longer than claims last: the database is away at times
	stopped atomic.Bool
	started atomic.Int64 // purchases
	paid    atomic.Int64
	group   sync.WaitGroup
}

func (b *buyers) start(ctx context.Context) {
	for range buyersAtOnce {
		b.group.Go(func() {
			for !b.stopped.Load() {
				n := b.started.Add(1)
				if b.limit > 0 && n > b.limit {
					b.started.Add(-1)
					return
				}
				b.buy(ctx, firstBuyer+n-1)
			}
		})
	}
}

// stop lets those pay who have begun to buy, and starts no further purchase.
func (b *buyers) stop() {
	b.stopped.Store(true)
	b.group.Wait()
}

// ids are the people who have bought something.
func (b *buyers) ids() (people []int64) {
	for i := range b.started.Load() {
		people = append(people, firstBuyer+i)
	}
	return people
}

// buy orders one to three keys and pays, however long the shop is dead meanwhile. It does not wait
// for the goods.
func (b *buyers) buy(ctx context.Context, who int64) {
	b.addPerson(who)
	if err := b.Telegram().Say(botToken, who, fmt.Sprintf("/buy vpn %d", who%3+1)); err != nil {
		b.t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, b.patience())
	defer cancel()
	order, err := b.awaitMessage(ctx, who, func(m telegram.Message) bool { return len(m.URLs()) > 0 })
	if err != nil {
		b.t.Errorf("%d never got a pay link: %v", who, err)
		return
	}
	if _, err := b.CryptoPay().Pay(order.URLs()[0], who, "USDT"); err != nil {
		b.t.Error(err)
		return
	}
	b.paid.Add(1)
}

func (b *buyers) patience() time.Duration {
	if b.patient {
		return 3 * testTimeout
	}
	return testTimeout
}

// awaitGoods waits until everybody has some goods. Whether they are the right ones is for
// checkChats.
func (b *buyers) awaitGoods() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), b.patience())
	defer cancel()
	b.shop.awaitReady(ctx)
	b.webhooks.awaitDelivered()
	have := 0
	if err := b.Await(ctx, func() bool {
		have = 0
		for _, who := range b.ids() {
			if len(b.goods(who)) > 0 {
				have++
			}
		}
		return have == int(b.paid.Load())
	}); err != nil {
		b.t.Errorf("only %d of %d who have paid have goods: %v", have, b.paid.Load(), err)
	}
	b.webhooks.awaitDelivered() // one whose answer was lost is repeated
}
