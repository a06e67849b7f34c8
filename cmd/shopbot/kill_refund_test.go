package main

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

	"shopbot/internal/money"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/sandbox/telegram"
	"shopbot/internal/shop"
)

// Owners refund one order after the other, confirming twice, while the shop is killed all the time: each
// refund is made once, and all coins add up.
func TestARefundIsMadeOnceHoweverOftenTheShopIsKilled(t *testing.T) {
	t.Parallel() // these wait for the disk and for processes most of the time
	random, s, began := moments(t), newStreet(t, buildShop(t)), time.Now()
	refunds := kills() + kills()/2
	loadKeys(t, s, 3*refunds)
	s.shop.start()
	c := &crowd{street: s, most: int64(refunds)}
	c.start(t.Context())
	c.inside.Wait()
	c.awaitGoods()
	s.closeAndRead()

	o := &owners{street: s}
	s.shop.env = append(s.shop.env, "SHOPBOT_ADMINS="+o.ids())
	s.shop.start()
	o.start(t.Context())
	amidst := 0
	for i := range kills() {
		if random.IntN(4) > 0 {
			s.shop.awaitReady(t.Context())
		}
		time.Sleep(upTo(random, 500*time.Millisecond)) // some moment
		if o.working.Load() > 0 {
			amidst++
		}
		s.shop.kill()
		if i%10 == 0 || !*long {
			s.mustBeSound()
		}
		s.shop.start()
	}
	o.group.Wait()
	b := s.closeAndRead()
	b.checkPayments(s, shop.StateRefunded)
	b.checkChats(s, c.everybody())
	b.checkStock(3 * refunds)
	b.checkCoins(s)
	require.GreaterOrEqual(t, 4*amidst, kills(), "or it was hardly a test")
	t.Logf("%d kills, %d of them amidst %d refunds, %d transfers, in %s",
		kills(), amidst, refunds, len(s.CryptoPay().Transfers(appToken)), time.Since(began).Round(time.Second))
}

// How many owners refund at the same time, and the Telegram id of the first of them. With more of them each would
// hear of the others' refunds all the time, at one message a second.
const (
	ownersAtWork = 4
	firstOwner   = 2_000_001
)

// owners give all payments back, each of them a share.
type owners struct {
	*street
	group   sync.WaitGroup
	working atomic.Int64
}

// ids are the owners as SHOPBOT_ADMINS lists them.
func (o *owners) ids() string {
	var ids []string
	for i := range ownersAtWork {
		ids = append(ids, fmt.Sprint(firstOwner+i))
	}
	return strings.Join(ids, ",")
}

func (o *owners) start(ctx context.Context) {
	shares := make([][]string, ownersAtWork)
	for i, in := range o.CryptoPay().Invoices(appToken) {
		shares[i%ownersAtWork] = append(shares[i%ownersAtWork], orderOf(in))
	}
	o.working.Store(ownersAtWork)
	for i, share := range shares {
		who := o.person(int64(firstOwner + i))
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

// refund asks for a refund, confirms it twice, as somebody does who sees nothing happen, and waits for the transfer.
func (o *owners) refund(ctx context.Context, who int64, order string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := o.Telegram().Say(botToken, who, "/refund "+order); err != nil {
		return err
	}
	var yes telegram.Button
	ask, err := o.message(ctx, who, func(m telegram.Message) (found bool) {
		yes, found = findButton(m, "Yes, send")
		return found && strings.Contains(m.Text, order)
	})
	if err != nil {
		return err
	}
	for range 2 {
		if err := o.Telegram().TapData(botToken, who, ask.ID, yes.Data); err != nil {
			return err
		}
	}
	return o.Await(ctx, func() bool {
		return slices.ContainsFunc(o.CryptoPay().Transfers(appToken), func(t cryptopay.Transfer) bool {
			return strings.Contains(t.SpendID, order)
		})
	})
}

// startingCoins is what every wallet and every app begins with in the sandbox.
const startingCoins = "1000"

// checkCoins demands that each payment went back once to whoever made it, and that the shop has what is left.
func (b books) checkCoins(s *street) {
	b.t.Helper()
	left, err := money.Parse(startingCoins, "USDT")
	require.NoError(b.t, err)
	wallet := left
	transfers := map[int64]int{}
	for _, transfer := range s.CryptoPay().Transfers(appToken) {
		transfers[transfer.User]++
		left = b.sub(left, transfer.Amount)
	}
	for id, o := range b.orders {
		if n := transfers[o.Buyer.ID]; n != 1 || len(o.Refunds) != 1 || o.Refunds[0].Status != shop.RefundSent {
			b.t.Errorf("the coins of order %s, which is %s, went back %d times; its refunds are %v", id, o.State, n, o.Refunds)
		}
		require.Equal(b.t, wallet.String(), usdt(s.CryptoPay().Wallet(o.Buyer.ID)), "of the buyer of %s", id)
		for _, p := range o.Payments {
			left, err = left.Add(b.sub(p.Amount, p.Fee))
			require.NoError(b.t, err)
		}
	}
	require.Equal(b.t, left.String(), usdt(s.CryptoPay().Balance(appToken)), "of the shop")
}

func (b books) sub(x, y money.Amount) money.Amount {
	b.t.Helper()
	rest, err := x.Sub(y)
	require.NoError(b.t, err)
	return rest
}

func usdt(purse []money.Amount) string {
	for _, a := range purse {
		if a.Currency() == "USDT" {
			return a.String()
		}
	}
	return ""
}
