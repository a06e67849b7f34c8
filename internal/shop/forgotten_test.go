package shop_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// forgotten is a closed order whose buyer was forgotten after the coins went back.
func forgotten(o *shop.Order) { o.Buyer = shop.Buyer{} }

func TestTheBooksOfAForgottenBuyerAgree(t *testing.T) {
	for name, way := range map[string]shop.RefundWay{"transfer": shop.ByTransfer, "check": shop.ByCheck} {
		t.Run(name, func(t *testing.T) {
			o := made(t, shop.StateRefunded, forgotten, func(o *shop.Order) {
				o.Payments = []shop.Payment{payment(t, "7")}
				o.Refunds = []shop.Refund{{ID: refundA, Way: way, Amount: usdt(t, "5"), Status: shop.RefundSent, Transfer: "30"}}
			})
			b := &books{bills: []shop.RemoteInvoice{bill(t, shop.InvoicePaid, "7")}}
			if way == shop.ByCheck {
				b.checks = []shop.Check{{ID: "30", User: 100, Amount: usdt(t, "5"), Opened: time.Unix(1e9, 0)}}
			} else {
				b.sent = []shop.Transfer{{ID: "30", SpendID: string(refundA), User: 100, Amount: usdt(t, "5")}}
			}
			report, err := reconciled(t, b, o).Reconcile(t.Context(), time.Time{})
			require.NoError(t, err)
			require.Empty(t, report.Differences)
		})
	}
}

func TestTheCheckOfAForgottenOrderIsNotGivenAgain(t *testing.T) {
	withChecks(t, func(t *testing.T, s *testShop, rail *checkRail, first shop.Order) {
		t.Helper()
		s.askForCheck(first)
		require.Equal(t, shop.StateRefunded, s.state(first).State)
		rail.books.checks[0].Opened = time.Now()
		_, err := s.UpdateChecks(t.Context(), s.state(first))
		require.NoError(t, err)
		second := s.mustOrder("invite")
		s.pay(second)
		s.state(second)
		done, err := s.Forget(t.Context(), first.Buyer.ID)
		require.NoError(t, err)
		require.Contains(t, []int{1, 2}, done.Orders)
		require.Zero(t, s.state(first).Buyer)

		third := s.mustOrder("invite")
		s.pay(third)
		s.state(third)
		rail.lost.Store(true)
		rail.unmade.Store(true)
		s.askForCheck(third)
		s.state(third)
		rail.lost.Store(false)
		rail.unmade.Store(false)
		time.Sleep(10 * time.Minute)
		r := s.state(third).Refunds[0]
		require.Equal(t, shop.RefundSent, r.Status)
		require.Len(t, rail.books.checks, 2, "the coins of the first check are gone")
		require.Equal(t, rail.books.checks[1].ID, r.Transfer)
		report, err := s.Reconcile(t.Context(), time.Time{})
		require.NoError(t, err)
		for _, d := range report.Differences {
			require.NotEqual(t, shop.CheckStray, d.Kind, "%+v", d)
		}
	})
}

func TestABuyerWhoseCheckIsNotOpenedIsNotForgotten(t *testing.T) {
	o := made(t, shop.StateRefunded, func(o *shop.Order) {
		o.Payments = []shop.Payment{payment(t, "7")}
		o.Refunds = []shop.Refund{{ID: refundA, Way: shop.ByCheck, Amount: usdt(t, "5"), Status: shop.RefundSent, Transfer: "30"}}
	})
	require.ErrorIs(t, o.Forget(), shop.ErrNotClosed, "the buyer needs its link")
	o.Refunds[0].Opened = time.Unix(1e9, 0)
	require.NoError(t, o.Forget())
}
