package shop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
)

// naming names refunds after what they are told apart by.
func naming(asset money.Currency, try int) RefundID { return RefundID(fmt.Sprint(asset, try)) }

// waiting is a paid order of which nothing is left.
func waiting(t require.TestingT) Order {
	o := placed(t)
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(0)))
	return o
}

func TestWhoseOrderIsHeldForWhatReasonMayChoose(t *testing.T) {
	for reason, may := range map[HoldReason]bool{
		HoldSoldOut: true, HoldNoGoods: true,
		HoldWrongAmount: false, HoldWrongAsset: false, HoldUndeliverable: false, HoldRefused: false, HoldUnknownWay: false,
	} {
		o := waiting(t)
		o.Hold = reason
		require.Equal(t, may, o.BuyerChooses(), reason)
		before := o
		errs := []error{o.ChooseToWait(some(0)), o.TakeMoneyBack(noon, naming)}
		if !may {
			require.ErrorIs(t, errs[0], ErrNoChoice)
			require.ErrorIs(t, errs[1], ErrNoChoice)
			require.Equal(t, before, o)
			continue
		}
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.Equal(t, StateRefunding, o.State)
	}
}

func TestWaitingEndsAsSoonAsThereIsSomething(t *testing.T) {
	o := waiting(t)
	require.NoError(t, o.ChooseToWait(some(1)))
	require.Equal(t, ChoiceWait, o.Choice)
	require.ErrorIs(t, o.ChooseToWait(some(1)), ErrUnchanged)
	require.NoError(t, o.ChooseToWait(some(2)), "two have come")
	require.Equal(t, StatePaid, o.State)
	require.Equal(t, o.Buyer.ID, o.ReleasedBy)
	require.Empty(t, o.Choice)
	require.ErrorIs(t, o.TakeMoneyBack(noon, naming), ErrNoChoice, "the goods are on their way")
}

func TestMoneyBackIsAllThatWasPaidAndOnce(t *testing.T) {
	o := waiting(t)
	ton := payment(t, "8")
	ton.Amount = amount(t, "3", "TON")
	require.NoError(t, o.ApplyPayment(ton, some(0)))
	require.NoError(t, o.TakeMoneyBack(noon, naming))
	require.ErrorIs(t, o.TakeMoneyBack(noon, naming), ErrUnchanged)
	require.Len(t, o.Refunds, 2)
	require.False(t, o.WaitsForStock("vpn"))

	require.NoError(t, o.MarkRefundSent("USDT0", "1", noon))
	require.Equal(t, StateRefunding, o.State, "the other coin is still to be sent")
	require.Contains(t, tasksOf(o), TaskRefund)
	require.NoError(t, o.MarkRefundSent("TON0", "2", noon))
	require.Equal(t, StateRefunded, o.State)
	require.ErrorIs(t, o.TakeMoneyBack(noon, naming), ErrUnchanged)
}

func TestAMoneyBackOfWhichACoinIsRefusedLeavesTheOrderHeld(t *testing.T) {
	o := waiting(t)
	ton := payment(t, "8")
	ton.Amount = amount(t, "3", "TON")
	require.NoError(t, o.ApplyPayment(ton, some(0)))
	require.NoError(t, o.TakeMoneyBack(noon, naming))
	require.NoError(t, o.MarkRefundRefused("USDT0", "NO", noon))
	require.NoError(t, o.MarkRefundSent("TON0", "2", noon))
	require.Equal(t, StateHeld, o.State)
	require.Equal(t, ChoiceRefund, o.Choice)
	require.NoError(t, o.TakeMoneyBack(noon, naming))
	require.Equal(t, "10.01 USDT", o.Refunds[2].Amount.String(), "what is left, and under a number of its own")
}

func TestARefusalIsToldToWhoAskedAndTheFourthTimeNobodyAsks(t *testing.T) {
	o := waiting(t)
	for i := range maxOwnRefunds {
		o.Notices = nil
		require.NoError(t, o.TakeMoneyBack(noon, naming))
		r, _ := o.PendingRefund()
		require.NoError(t, o.MarkRefundRefused(r.ID, "NO", noon))
		require.Equal(t, []Audience{ToOwners, ToBuyer}, []Audience{o.Notices[0].To, o.Notices[1].To}, i)
	}
	require.ErrorIs(t, o.TakeMoneyBack(noon, naming), ErrOwnerDecides)
	o.Notices = nil
	require.NoError(t, o.RequestRefund(Refund{ID: "by hand", Amount: amount(t, "1", "USDT"), By: 99}))
	require.NoError(t, o.MarkRefundRefused("by hand", "NO", noon))
	require.Len(t, o.Notices, 1, "an owner's own is told to owners")
}

func TestASurplusGoesBackOnceEvenIfBuyerAndOwnerAsk(t *testing.T) {
	again := func(invoice, s string, at time.Time) Payment {
		p := payment(t, invoice)
		p.Amount, p.At = amount(t, s, "USDT"), at
		return p
	}
	twice := func() Order {
		o := placed(t)
		require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
		require.NoError(t, o.MarkLineDelivered(0, noon))
		require.NoError(t, o.ApplyPayment(again("8", "4", noon), some(0)))
		return o
	}
	t.Run("exactly that one", func(t *testing.T) {
		o := twice()
		require.NoError(t, o.ApplyPayment(again("9", "5", noon), some(0)))
		require.Len(t, o.Surplus(), 2)
		require.NoError(t, o.ReturnSurplus("9", Refund{ID: "a", By: 1}))
		require.ErrorIs(t, o.ReturnSurplus("9", Refund{ID: "b", By: 99}), ErrUnchanged)
		require.ErrorIs(t, o.ReturnSurplus("8", Refund{ID: "b", By: 99}), ErrRefundRunning)
		require.NoError(t, o.MarkRefundSent("a", "1", noon))
		require.Equal(t, StateDelivered, o.State)
		require.Equal(t, "5 USDT", o.Refunds[0].Amount.String())
		require.ErrorIs(t, o.ReturnSurplus("9", Refund{ID: "b", By: 99}), ErrUnchanged)
		require.Len(t, o.Surplus(), 1)
	})
	t.Run("never the price itself", func(t *testing.T) {
		o := twice()
		require.ErrorIs(t, o.ReturnSurplus("7", Refund{ID: "a", By: 1}), ErrNoSurplus)
		require.ErrorIs(t, o.ReturnSurplus("10", Refund{ID: "a", By: 1}), ErrNoSurplus)
	})
	t.Run("not after it went back by hand", func(t *testing.T) {
		o := twice()
		require.NoError(t, o.RequestRefund(Refund{ID: "hand", Amount: amount(t, "4", "USDT"), By: 99, Requested: noon.Add(time.Minute)}))
		require.NoError(t, o.MarkRefundSent("hand", "1", noon))
		require.ErrorIs(t, o.ReturnSurplus("8", Refund{ID: "a", By: 1}), ErrOwnerDecides)
		require.Empty(t, o.Surplus())
	})
	t.Run("but after a refund from before it came", func(t *testing.T) {
		o := twice()
		require.NoError(t, o.RequestRefund(Refund{ID: "hand", Amount: amount(t, "2", "USDT"), By: 99, Requested: noon}))
		require.NoError(t, o.MarkRefundSent("hand", "1", noon))
		require.NoError(t, o.ApplyPayment(again("9", "5", noon.Add(time.Minute)), some(0)))
		require.NoError(t, o.ReturnSurplus("9", Refund{ID: "a", By: 1}))
	})
	t.Run("a refused one may be asked for again", func(t *testing.T) {
		o := twice()
		require.NoError(t, o.ReturnSurplus("8", Refund{ID: "a", By: 1}))
		require.NoError(t, o.MarkRefundRefused("a", "NO", noon))
		require.NoError(t, o.ReturnSurplus("8", Refund{ID: "b", By: 99}))
	})
	t.Run("not while the goods are on their way", func(t *testing.T) {
		o := placed(t)
		require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
		require.NoError(t, o.ApplyPayment(again("8", "4", noon), some(0)))
		require.ErrorIs(t, o.ReturnSurplus("8", Refund{ID: "a", By: 1}), ErrDelivering)
	})
}
