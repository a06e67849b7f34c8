package crash

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// Owners refund one order after the other, confirming twice, while the shop is killed again and
// again. Each refund is made once, and all coins add up.
func TestARefundIsMadeOnceHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel() // these wait for the disk and for processes most of the time
	killDuringRefunds(t, shop.ByTransfer)
}

// The same with checks, which are looked for after each death and given once.
func TestACheckIsGivenOnceHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel()
	killDuringRefunds(t, shop.ByCheck)
}

func killDuringRefunds(t *testing.T, way shop.RefundWay) {
	t.Helper()
	random, e, started := newRand(t), newEnv(t, testenv.BuildShop(t)), time.Now()
	refunds := 8 // a chat gets one message a second, so these take about as long as the kills
	if *long {
		refunds = 300
	}
	e.loadKeys(3 * refunds)
	e.shop.start()
	b := &buyers{testEnv: e, limit: int64(refunds)}
	b.start(t.Context())
	b.group.Wait()
	b.awaitGoods()
	e.stopAndRead()

	o := &owners{testEnv: e, way: way}
	e.shop.env = append(e.shop.env, "SHOPBOT_ADMINS="+o.ids())
	e.shop.start()
	o.start(t.Context())
	kills := 0
	for ; kills < faults() && o.working.Load() > 0; kills++ {
		if random.IntN(4) > 0 {
			e.shop.awaitReady(t.Context())
		}
		time.Sleep(upTo(random, 500*time.Millisecond)) // some moment
		e.shop.kill()
		if kills%10 == 0 || !*long {
			e.checkDatabase()
		}
		e.shop.start()
	}
	o.group.Wait()
	stored := e.stopAndRead()
	stored.checkPayments(e, shop.StateRefunded)
	stored.checkChats(e, b.ids())
	stored.checkStock(3 * refunds)
	stored.checkCoins(e, way)
	t.Logf("%d kills during %d refunds, %d transfers, %d checks, in %s", kills, refunds,
		len(e.CryptoPay().Transfers(appToken)), len(e.CryptoPay().Checks(appToken)), time.Since(started).Round(time.Second))
}

const (
	// ownersAtOnce is how many owners refund at the same time. With more of them, the messages
	// about the refunds of the others would take too long, at one a second.
	ownersAtOnce = 4
	firstOwner   = 2_000_001 // the Telegram id of the first of them
)

// owners refund all payments, each owner a share of them.
type owners struct {
	*testEnv

	way     shop.RefundWay
	group   sync.WaitGroup
	working atomic.Int64
}

// ids are the owners as SHOPBOT_ADMINS lists them.
func (o *owners) ids() string {
	var ids []string
	for i := range ownersAtOnce {
		ids = append(ids, fmt.Sprint(firstOwner+i))
	}
	return strings.Join(ids, ",")
}

func (o *owners) start(ctx context.Context) {
	shares := make([][]string, ownersAtOnce)
	for i, in := range o.CryptoPay().Invoices(appToken) {
		shares[i%ownersAtOnce] = append(shares[i%ownersAtOnce], in.Payload)
	}
	o.working.Store(ownersAtOnce)
	for i, share := range shares {
		who := int64(firstOwner + i)
		o.addPerson(who)
		o.group.Go(func() {
			defer o.working.Add(-1)
			for _, order := range share {
				if err := o.refund(ctx, who, order); err != nil {
					o.t.Errorf("refund of %s: %v", order, err)
					return
				}
			}
		})
	}
}

// refund asks for a refund, presses the confirmation twice, and waits for the transfer.
func (o *owners) refund(ctx context.Context, who int64, order string) error {
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	if err := o.Telegram().Say(botToken, who, "/refund "+order+" "+string(o.way)); err != nil {
		return err
	}
	var yes telegram.Button
	question, err := o.awaitMessage(ctx, who, func(m telegram.Message) (found bool) {
		yes, found = testenv.FindButton(m, "Yes, send")
		return found && strings.Contains(m.Text, order)
	})
	if err != nil {
		return err
	}
	for range 2 {
		if err := o.Telegram().TapData(botToken, who, question.ID, yes.Data); err != nil {
			return err
		}
	}
	if o.way == shop.ByCheck {
		_, err := o.awaitMessage(ctx, who, func(m telegram.Message) bool {
			return strings.Contains(m.Text, "Refunded by check") && strings.Contains(m.Text, order)
		})
		return err
	}
	return o.Await(ctx, func() bool {
		return slices.ContainsFunc(o.CryptoPay().Transfers(appToken), func(t cryptopay.Transfer) bool {
			return strings.Contains(t.SpendID, order)
		})
	})
}

// initialCoins is what every wallet and every app in the sandbox begins with.
const initialCoins = "1000"

// checkCoins checks that each payment went back once to the buyer, and that the shop has what is
// left.
func (s storedState) checkCoins(e *testEnv, way shop.RefundWay) {
	s.t.Helper()
	left, err := money.Parse(initialCoins, "USDT")
	require.NoError(s.t, err)
	wallet := left
	transfers := map[int64]int{}
	for _, transfer := range e.CryptoPay().Transfers(appToken) {
		transfers[transfer.User]++
		left = s.sub(left, transfer.Amount)
	}
	for _, check := range e.CryptoPay().Checks(appToken) {
		_, err := e.CryptoPay().ActivateCheck(check.Hash, check.PinnedTo, "")
		require.NoError(s.t, err)
		transfers[check.PinnedTo]++
		left = s.sub(left, check.Amount)
	}
	require.Equal(s.t, way == shop.ByCheck, len(e.CryptoPay().Transfers(appToken)) == 0)
	for id, o := range s.orders {
		if n := transfers[o.Buyer.ID]; n != 1 || len(o.Refunds) != 1 || o.Refunds[0].Status != shop.RefundSent {
			s.t.Errorf("the coins of order %s, which is %s, went back %d times; its refunds are %v", id, o.State, n, o.Refunds)
		}
		require.Equal(s.t, wallet.String(), usdt(e.CryptoPay().Wallet(o.Buyer.ID)), "of the buyer of %s", id)
		for _, p := range o.Payments {
			left, err = left.Add(s.sub(p.Amount, p.Fee))
			require.NoError(s.t, err)
		}
	}
	require.Equal(s.t, left.String(), usdt(e.CryptoPay().Balance(appToken)), "of the shop")
}

func (s storedState) sub(x, y money.Amount) money.Amount {
	s.t.Helper()
	rest, err := x.Sub(y)
	require.NoError(s.t, err)
	return rest
}

func usdt(balance []money.Amount) string {
	for _, a := range balance {
		if a.Currency() == "USDT" {
			return a.String()
		}
	}
	return ""
}
