package crash

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

const starsCatalog = `
shop: {name: Test Shop, currency: USD, assets: [USDT], languages: [en, ru], support: "@help", pay: [crypto, stars], stars_rate: "0.01"}
categories: [{id: games, title: Games}]
products:
  - {sku: vpn, category: games, title: VPN, price: "5.00", limit: 10, deliver: keys}
  - {sku: club, category: games, title: Club, price: "1", pay: [stars], access: 30d, subscription: true, deliver: text, text: Welcome to the club}
`

func (d dyingDatabase) Renew(
	ctx context.Context, o shop.Order, p shop.IncomingPayment, rule shop.CheckoutRule,
) (stored shop.Order, created bool, err error) {
	err = d.process.write(func() (err error) {
		stored, created, err = d.Database.Renew(ctx, o, p, rule)
		return err
	})
	return stored, created, err
}

// newStarsEnv is an open shop that takes Stars, with three keys.
func newStarsEnv(t *testing.T) *testenv.Env {
	t.Helper()
	env := testenv.New(t, nil)
	require.NoError(t, os.WriteFile(filepath.Join(env.Dir, "catalog.yaml"), []byte(starsCatalog), 0o600))
	env.Start()
	env.LoadKeys(3)
	return env
}

// The process dies before and after each of the writes of a purchase with Stars and its refund in
// turn. Whenever it dies, the Stars are taken once, the buyer has the one key, and they go back once.
func TestAPurchaseWithStarsSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel() // it takes long
	dieAtEachWrite(t, 1, func(t *testing.T, p *dyingProcess) { purchaseWithStars(t, p, telegram.Faults{}) })
}

// The same where Telegram's word of the payment is lost. It is found, since the approval was on disk
// before Telegram got it.
func TestAPaymentWithStarsIsFoundAfterACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, p *dyingProcess) { purchaseWithStars(t, p, telegram.Faults{LosePayments: true}) })
}

func purchaseWithStars(t *testing.T, process *dyingProcess, faults telegram.Faults) {
	t.Helper()
	env := newStarsEnv(t)
	restartIfDead := startDying(env, process)
	env.Telegram().SetFaults(faults)
	env.Say(alice, "/buy vpn")
	restartIfDead()
	for range 5 { // a payer whose question is not answered asks again
		paid := env.PayStars(alice)
		restartIfDead()
		if paid.State == "paid" {
			break
		}
		time.Sleep(15 * time.Second)
	}
	time.Sleep(20 * time.Minute)
	restartIfDead()
	require.Len(t, env.Telegram().StarPayments(botToken, alice), 1, env.Transcript(alice))
	keys := env.KeysOf(alice)
	require.NotEmpty(t, keys, env.Transcript(alice))
	for _, k := range keys {
		require.Equal(t, "KEY-01", k)
	}
	order := env.Telegram().StarPayments(botToken, alice)[0].Payload
	env.Say(olga, "/refund "+order)
	restartIfDead()
	env.Tap(olga, "Yes, send")
	restartIfDead()
	time.Sleep(20 * time.Minute)
	restartIfDead()
	require.EqualValues(t, 1000, env.Telegram().Stars(alice))
	require.Zero(t, env.Telegram().StarBalance(botToken))
	env.Stop()
	for _, o := range env.StoredOrders() {
		require.Equal(t, shop.StateRefunded, o.State)
		require.NotEmpty(t, o.Approved.Question)
		require.Len(t, o.Refunds, 1)
		require.Empty(t, o.Jobs(), "nothing is left to do")
	}
}

// A renewal is one order and one delivery or more of the same, whenever the process dies.
func TestARenewalSurvivesACrashAtEveryWrite(t *testing.T) {
	t.Parallel()
	dieAtEachWrite(t, 1, func(t *testing.T, process *dyingProcess) {
		env := newStarsEnv(t)
		env.Say(alice, "/buy club")
		first := env.PayStars(alice)
		restartIfDead := startDying(env, process)
		env.Telegram().SetFaults(telegram.Faults{RepeatPayments: 1})
		paid, err := env.Telegram().RenewSubscription(botToken, first.Charge)
		require.NoError(t, err)
		require.True(t, paid)
		time.Sleep(20 * time.Minute)
		restartIfDead()
		require.GreaterOrEqual(t, env.CountSent(alice, "Welcome to the club"), 2)
		env.Stop()
		orders := env.StoredOrders()
		require.Len(t, orders, 2)
		require.Equal(t, shop.StateDelivered, orders[1].State)
		require.Equal(t, orders[0].ID, orders[1].Renews)
	})
}

// A real shop is killed again and again while buyers pay with Stars. Each payment that Telegram took
// is in one order, which has its keys; each buyer has them, and no key is sold twice.
func TestNoStarsAreLostHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel()
	random, e := newRand(t), newEnv(t, testenv.BuildShop(t))
	const people = 30
	// Crypto Pay tells nothing here, so there must be no invoice of its to ask about.
	alone := strings.Replace(starsCatalog, "limit: 10,", "limit: 10, pay: [stars],", 1)
	require.NoError(t, os.WriteFile(filepath.Join(e.dir, "catalog.yaml"), []byte(alone), 0o600))
	e.shop.env = append(e.shop.env, "SHOPBOT_SYNC_INTERVAL=1s")
	e.loadKeys(3 * people)
	e.shop.start()
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	var all sync.WaitGroup
	var ids []int64
	for i := range int64(people) {
		ids = append(ids, firstBuyer+i)
		all.Go(func() {
			if err := e.buyWithStars(ctx, firstBuyer+i); err != nil {
				t.Errorf("buyer %d: %v", i, err)
			}
		})
	}
	for range faults() {
		if random.IntN(4) > 0 {
			e.shop.awaitReady(ctx)
		}
		time.Sleep(upTo(random, 700*time.Millisecond))
		e.shop.kill()
		e.checkDatabase()
		e.checkApproved()
		e.shop.start()
	}
	all.Wait()
	stored := e.stopAndRead()
	require.Equal(t, people, stored.stats.Paid)
	require.Equal(t, fmt.Sprint(people*500, " XTR"), fmt.Sprint(stored.stats.Received[0]))
	stored.checkChats(e, ids)
	stored.checkStock(3 * people)
}

// checkApproved checks that each payment that Telegram took was approved on disk before.
func (e *testEnv) checkApproved() {
	e.t.Helper()
	stored := e.readDatabase()
	for id, o := range stored.orders {
		for _, p := range e.Telegram().StarPayments(botToken, o.Buyer.ID) {
			if p.Payload == string(id) && o.Approved.Question == "" {
				e.t.Errorf("order %s was paid with Stars, and the answer to Telegram is not on disk", id)
			}
		}
	}
}

// buyWithStars orders and pays until Telegram has taken the Stars, and waits for the goods.
func (e *testEnv) buyWithStars(ctx context.Context, who int64) error {
	e.addPerson(who)
	if err := e.Telegram().Say(botToken, who, "/buy vpn"); err != nil {
		return err
	}
	link := ""
	_, err := e.awaitMessage(ctx, who, func(m telegram.Message) bool {
		for _, url := range m.URLs() {
			if strings.HasPrefix(url, "https://t.me/$") {
				link = url
			}
		}
		return link != ""
	})
	for err == nil {
		var id string
		if id, err = e.Telegram().PayStarsLink(link, who); err != nil {
			return err
		}
		var c telegram.Checkout
		err = e.Await(ctx, func() bool {
			c, _ = e.Telegram().Checkout(id)
			return c.State != "pending"
		})
		if c.State == "paid" || strings.Contains(c.Text, "paid already") {
			break
		}
	}
	if err != nil {
		return err
	}
	_, err = e.awaitMessage(ctx, who, func(m telegram.Message) bool { return len(testenv.KeysIn(m.Text)) > 0 })
	return err
}
