package shop

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

func deliveredThree(t require.TestingT) Order {
	o := paidThree(t)
	for i := range o.Lines {
		require.NoError(t, o.MarkLineDelivered(i, noon))
	}
	o.Notices = nil
	return o
}

// takeMore gives o the units that it is owed in the place of others.
func takeMore(t require.TestingT, o *Order, units ...string) {
	require.NoError(t, o.TakeUnits(func(_ string, n int) ([]string, error) {
		taken := units[:n]
		units = units[n:]
		return taken, nil
	}))
}

func TestAReplacedUnitIsADeliveryStillToBeMade(t *testing.T) {
	o := deliveredThree(t)
	before := o.Clone()
	old := o.Lines[0].Goods[1]
	why := Replacement{By: 5, At: noon, Why: ReplaceBroken}
	require.ErrorIs(t, o.Replace(0, "nothing", why, some(2)), ErrNoUnit)
	require.ErrorIs(t, o.Replace(1, UnitName(old), why, some(2)), ErrNoUnit, "the line is not of units")
	require.ErrorIs(t, o.Replace(9, UnitName(old), why, some(2)), ErrNoUnit)
	require.ErrorIs(t, o.Replace(0, UnitName(old), why, some(0)), ErrNoStock)
	require.Equal(t, before, o, "nothing was changed")

	require.NoError(t, o.Replace(0, UnitName(old), why, some(1)))
	require.Equal(t, Units{"vpn": 1}, o.Owed())
	takeMore(t, &o, "NEW")
	require.Empty(t, o.Owed())
	require.Equal(t, StatePaid, o.State)
	require.Equal(t, []string{before.Lines[0].Goods[0], "NEW"}, o.Lines[0].Goods)
	require.Equal(t, old, before.Lines[0].Goods[1], "the copy is left alone")
	require.Equal(t, map[string][]string{"vpn": {old}}, Burned(&before, &o))
	trail := Trail(&before, &o)
	require.Len(t, trail, 1)
	require.Equal(t, AuditReplaced, trail[0].Act)
	require.Equal(t, []StockMove{{SKU: "vpn", Units: -1, Goods: UnitName("NEW"), Burned: UnitName(old)}}, trail[0].Stock)
	require.Empty(t, o.Violations())
	require.True(t, o.Shows(&o.Lines[0]), "what was delivered may be shown meanwhile")

	require.ErrorIs(t, o.Replace(0, UnitName(old), why, some(1)), ErrUnchanged, "twice is once")
	require.ErrorIs(t, o.Replace(0, UnitName("NEW"), why, some(1)), ErrDelivering)
	require.Equal(t, []Replacement{{Old: old, New: "NEW", By: 5, At: noon, Why: ReplaceBroken}}, o.Lines[0].Replacing())
	require.NoError(t, o.MarkLineDelivered(0, noon))
	require.Equal(t, StateDelivered, o.State)
	require.Equal(t, []Notice{{What: WhatReplaced, To: ToOwners}}, o.Notices)
	total := Counters{}
	Tally(&before, &o, func(sku string) *Counters {
		if sku == "" {
			return &total
		}
		return &Counters{}
	})
	require.Equal(t, Counters{Replaced: 1}, total, "nothing is sold or delivered twice")
	require.Empty(t, o.Violations())
}

func TestUnitsAreReplacedWhereTheGoodsAreTheBuyersAlone(t *testing.T) {
	why := Replacement{By: 5, At: noon, Why: ReplaceUsed}
	for name, harm := range map[string]struct {
		change func(o *Order)
		want   error
	}{
		"being delivered": {func(o *Order) { *o = paidThree(t) }, ErrDelivering},
		"being refunded":  {func(o *Order) { o.State, o.Resume = StateRefunding, StateDelivered }, ErrRefundRunning},
		"refunded":        {func(o *Order) { o.State = StateRefunded }, ErrIllegalMove},
		"paid back line":  {func(o *Order) { o.Lines[0].Refunded = true }, ErrNoUnit},
		"paid back unit":  {func(o *Order) { o.Lines[0].Returned = o.Lines[0].Goods[:1] }, ErrNoUnit},
		"forgotten":       {func(o *Order) { o.Buyer = Buyer{} }, ErrForgotten},
		"held otherwise":  {func(o *Order) { o.State, o.Hold = StateHeld, HoldWrongValue }, ErrIllegalMove},
		"undeliverable":   {func(o *Order) { o.State, o.Hold = StateHeld, HoldUndeliverable }, nil},
	} {
		o := deliveredThree(t)
		harm.change(&o)
		require.ErrorIs(t, o.Replace(0, UnitName(o.Lines[0].Goods[0]), why, some(1)), harm.want, name)
	}
}

func TestOnePieceIsPaidBackByItsShare(t *testing.T) {
	o := deliveredThree(t)
	unit := o.Lines[0].Goods[0]
	back := func(id RefundID, line int, unit string) {
		a, err := o.PieceRefund(line, unit)
		require.NoError(t, err)
		require.NoError(t, o.RequestRefund(Refund{ID: id, Amount: a, Lines: []int{line}, Piece: true, Unit: unit}))
		require.NoError(t, o.MarkRefundSent(id, "1", noon))
		require.Empty(t, o.Violations())
	}
	a, err := o.PieceRefund(0, unit)
	require.NoError(t, err)
	require.Equal(t, "2.5025 USDT", a.String(), "half of the line's 5.005")
	back("r1", 0, unit)
	require.Equal(t, o.Lines[0].Goods[1:], o.Lines[0].Kept())
	require.True(t, o.Returned("vpn", unit), "it may be sold again if an owner says so")
	require.False(t, o.Returned("vpn", o.Lines[0].Goods[1]))
	_, err = o.PieceRefund(0, unit)
	require.ErrorIs(t, err, ErrLineRefunded, "once")
	a, err = o.LineRefund(0)
	require.NoError(t, err)
	require.Equal(t, "2.5025 USDT", a.String(), "the rest of the line")
	back("r2", 0, o.Lines[0].Goods[1])
	require.True(t, o.Lines[0].Refunded)
	_, err = o.PieceRefund(1, "unit of no stock")
	require.ErrorIs(t, err, ErrLineRefunded)
}

// Whatever the prices, the payment and the order of refunds: pieces and lines never go back for
// more than was paid, and all of them together are all of it.
func TestPiecesAndLinesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := func(name string) money.Amount {
			return amount(t, "0.01", "USD").Times(rapid.IntRange(1, 100_000).Draw(t, name))
		}
		o := Order{ID: "A", State: StateDelivered, Buyer: Buyer{ID: 1}, Rail: CryptoPay, Delivered: noon}
		for range rapid.IntRange(1, 4).Draw(t, "lines") {
			o.Lines = append(o.Lines, Line{
				Price: cents("price"), Quantity: rapid.IntRange(1, 5).Draw(t, "quantity"), Part: Part{Deliver: catalog.Content}, Delivered: noon,
			})
		}
		paid := amount(t, "0.00000001", "BTC").Times(rapid.IntRange(1, 1_000_000_000).Draw(t, "paid"))
		o.Payments = []Payment{{Rail: CryptoPay, Invoice: "1", Amount: paid, At: noon}}
		sent := money.Zero("BTC")
		for n := 0; ; n++ {
			var open []int
			for i := range o.Lines {
				if !o.Lines[i].Refunded {
					open = append(open, i)
				}
			}
			if len(open) == 0 {
				break
			}
			line := rapid.SampledFrom(open).Draw(t, "line")
			r := Refund{ID: RefundID(rune('a' + n)), Lines: []int{line}, Piece: rapid.Bool().Draw(t, "piece")}
			var err error
			if r.Amount, err = o.LineRefund(line); r.Piece {
				r.Amount, err = o.PieceRefund(line, "")
			}
			require.NoError(t, err)
			require.GreaterOrEqual(t, r.Amount.Sign(), 0)
			sent, _ = sent.Add(r.Amount)
			o.Refunds = append(o.Refunds, r)
			o.Refunds[n].Status = RefundSent
			o.markRefunded(r.ID)
			require.GreaterOrEqual(t, o.Refundable("BTC").Sign(), 0)
		}
		require.True(t, sent.Equal(paid), "%s of %s went back", sent, paid)
	})
}

func TestAPaymentByHandIsTakenOnceAndTheShopDoesNotSendItBack(t *testing.T) {
	o := placedThree(t)
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon))
	p := Payment{Rail: Hand, Invoice: "hand-1", Amount: amount(t, "4", "USDT"), Price: o.Total, At: noon, By: 5, Note: "cash"}
	require.NoError(t, o.ApplyPayment(p, some(2)))
	require.Equal(t, StatePaid, o.State, "an owner has looked at the sum")
	require.ErrorIs(t, o.ApplyPayment(p, some(2)), ErrUnchanged)
	second := p
	second.Invoice = "hand-2"
	require.ErrorIs(t, o.ApplyPayment(second, some(2)), ErrPaidBefore)
	require.True(t, o.strayInvoice(), "its invoice is closed")
	giveUnits(t, &o)
	for i := range o.Lines {
		require.NoError(t, o.MarkLineDelivered(i, noon))
	}
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(0)), "a real one afterwards")
	require.True(t, o.Payments[1].Surplus)
	require.NoError(t, o.CheckSurplus("7"))

	require.ErrorIs(t, o.RequestRefund(Refund{ID: "r", Amount: amount(t, "11", "USDT")}), ErrPaidByHand)
	require.NoError(t, o.ProposeRefund(Refund{ID: "h", Amount: amount(t, "4", "USDT"), Way: ByHand, By: 5, Note: "cash"}))
	before := o.Clone()
	require.NoError(t, o.ConfirmRefund("h", noon))
	require.ErrorIs(t, o.ConfirmRefund("h", noon), ErrUnchanged)
	require.Equal(t, RefundSent, o.Refunds[0].Status)
	total := Counters{}
	Tally(&before, &o, func(string) *Counters { return &total })
	require.Equal(t, "-4 USDT", total.ByHand.Of("USDT").String())
	require.NoError(t, o.ReturnSurplus("7", Refund{ID: "s", By: 5, Requested: noon}), "the real one still goes back by itself")
	require.Empty(t, o.Violations())
}

func TestWhatAnOwnerSaysIsDeliveredInThePlaceOfUnits(t *testing.T) {
	o := placedThree(t)
	require.ErrorIs(t, o.DeliverByHand(0, []string{"x"}, 5, some(0)), ErrIllegalMove)
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon))
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(0)))
	require.NoError(t, o.DeliverByHand(0, []string{"by hand"}, 5, some(0)))
	require.Equal(t, StateHeld, o.State, "another line still lacks its unit")
	require.ErrorIs(t, o.DeliverByHand(0, []string{"by hand"}, 5, some(0)), ErrUnchanged)
	require.ErrorIs(t, o.DeliverByHand(0, []string{"other"}, 5, some(0)), ErrHasGoods)
	require.NoError(t, o.DeliverByHand(2, []string{"too"}, 5, some(0)))
	require.Equal(t, StatePaid, o.State)
	require.Empty(t, o.Owed())
	for i := range o.Lines {
		require.NoError(t, o.MarkLineDelivered(i, noon))
	}
	require.Empty(t, o.Violations())
}
