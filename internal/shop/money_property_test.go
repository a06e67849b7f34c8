package shop

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/money"
)

// Whatever is paid, held, delivered and paid back, in any order: never more goes back than was
// paid, and nobody has goods and their price by buttons of buyers. Only an owner who sends an
// amount back may give something away.
func TestNobodyHasTheGoodsAndTheirPriceByAButton(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := placedThree(t)
		require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon.Add(time.Hour)))
		clock, invoice, refunds := noon, 7, 0
		next := func() RefundID { refunds++; return RefundID(fmt.Sprint("r", refunds)) }
		pay := func() {
			p := payment(t, fmt.Sprint(invoice))
			p.At = clock.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "late")) * time.Second)
			invoice++
			require.NoError(t, o.ApplyPayment(p, some(rapid.SampledFrom([]int{0, 1, 2}).Draw(t, "free"))))
		}
		pay()
		giveUnits(t, &o)
		acts := map[string]func(){
			"pay again": func() {
				if invoice < 10 {
					pay()
				}
			},
			"deliver": func() {
				for i := range o.Lines {
					if o.State == StatePaid && o.Lines[i].Pending() {
						require.NoError(t, o.MarkLineDelivered(i, clock))
						break
					}
				}
			},
			"hold": func() {
				reason := rapid.SampledFrom([]HoldReason{HoldNoGoods, HoldUndeliverable, HoldRefused}).Draw(t, "reason")
				_ = o.MarkHeld(reason)
			},
			"release": func() { _ = o.Release(some(2), 5) },
			"stock": func() {
				if o.WaitsForStock("vpn") || o.WaitsForStock("game") {
					_ = o.Release(some(2), 0)
				}
			},
			"wait":       func() { _ = o.ChooseToWait(some(2)) },
			"money back": func() { _ = o.TakeMoneyBack(clock, func(money.Currency, int) RefundID { return next() }) },
			"surplus": func() {
				for _, p := range o.Surplus() {
					_ = o.ReturnSurplus(p.Invoice, Refund{ID: next(), By: o.Buyer.ID, Requested: clock})
				}
			},
			"line": func() {
				line := rapid.IntRange(0, 2).Draw(t, "line")
				if a, err := o.LineRefund(line); err == nil {
					_ = o.RequestRefund(Refund{ID: next(), Amount: a, By: 5, Requested: clock, Lines: []int{line}})
				}
			},
			"all by an owner": func() {
				_ = o.RequestRefund(Refund{ID: next(), Amount: o.Refundable("USDT"), By: 5, Requested: clock})
			},
			"sent": func() {
				if r, some := o.PendingRefund(); some {
					require.NoError(t, o.MarkRefundSent(r.ID, "1", clock))
				}
			},
			"refused": func() {
				if r, some := o.PendingRefund(); some {
					require.NoError(t, o.MarkRefundRefused(r.ID, "NO", clock))
				}
			},
		}
		names := slices.Sorted(maps.Keys(acts))
		for range rapid.IntRange(1, 25).Draw(t, "acts") {
			act := rapid.SampledFrom(names).Draw(t, "act")
			acts[act]()
			giveUnits(t, &o)
			clock = clock.Add(time.Second)
			require.Empty(t, o.Violations(), act)
			requireNobodyGains(t, &o)
		}
	})
}

func TestMoneyBackIsForWhatDidNotArrive(t *testing.T) {
	o := paidThree(t)
	require.NoError(t, o.MarkLineDelivered(0, noon))
	require.NoError(t, o.MarkHeld(HoldNoGoods))
	require.NoError(t, o.TakeMoneyBack(noon, naming))
	r, pending := o.PendingRefund()
	require.True(t, pending)
	require.Equal(t, "5.005 USDT", r.Amount.String(), "half of the order is with the buyer")
	require.Equal(t, []int{1, 2}, r.Lines)
	require.NoError(t, o.MarkRefundSent(r.ID, "1", noon))
	require.Equal(t, StateDelivered, o.State)
	require.ErrorIs(t, o.TakeMoneyBack(noon, naming), ErrNoChoice)
	require.Empty(t, o.Violations())
}

// A second payment that comes while the price goes back is still to be sent back, and pays for
// nothing.
func TestASurplusThatComesDuringARefundDoesNotPayForTheGoods(t *testing.T) {
	for name, start := range map[string]func(*Order) error{
		"the buyer's": func(o *Order) error { return o.TakeMoneyBack(noon, naming) },
		"an owner's": func(o *Order) error {
			return o.RequestRefund(Refund{ID: "USDT0", Amount: o.Refundable("USDT"), By: 5, Requested: noon})
		},
		"all lines'": func(o *Order) error {
			return o.RequestRefund(Refund{ID: "USDT0", Amount: o.Refundable("USDT"), By: 5, Requested: noon, Lines: []int{0}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := waiting(t)
			require.NoError(t, start(&o))
			again := payment(t, "8")
			again.At = noon.Add(time.Second)
			require.NoError(t, o.ApplyPayment(again, some(0)))
			require.NoError(t, o.MarkRefundSent("USDT0", "1", noon))
			require.Equal(t, StateRefunded, o.State)
			require.NoError(t, o.ReturnSurplus("8", Refund{ID: "s", By: 1, Requested: noon.Add(time.Minute)}))
			require.NoError(t, o.MarkRefundSent("s", "2", noon))
			require.Equal(t, StateRefunded, o.State)
			require.Zero(t, o.Refundable("USDT").Sign())
		})
	}
}

func TestTheRefundOfALineLeavesTheSurplusToItsButton(t *testing.T) {
	o := paidThree(t)
	for i := range o.Lines {
		require.NoError(t, o.MarkLineDelivered(i, noon))
	}
	require.NoError(t, o.ApplyPayment(payment(t, "8"), some(0)))
	a, err := o.LineRefund(1)
	require.NoError(t, err)
	require.NoError(t, o.RequestRefund(Refund{ID: "r", Amount: a, Lines: []int{1}, By: 5, Requested: noon.Add(time.Minute)}))
	require.NoError(t, o.MarkRefundSent("r", "1", noon))
	require.Equal(t, StateDelivered, o.State)
	require.Len(t, o.Surplus(), 1, "a line names what the money is for")
}

// Paid in a wrong coin, then again in the right one: after the wrong one went back the second
// payment is the price.
func TestTheSecondPaymentIsThePriceOnceAnOwnerSentTheFirstBack(t *testing.T) {
	o := placed(t)
	wrong := payment(t, "7")
	wrong.Amount = amount(t, "0.0002", "BTC")
	require.NoError(t, o.ApplyPayment(wrong, some(2)))
	require.Equal(t, HoldWrongAsset, o.Hold)
	require.NoError(t, o.ApplyPayment(payment(t, "8"), some(2)))
	require.Len(t, o.Surplus(), 1)
	require.NoError(t, o.RequestRefund(Refund{ID: "r", Amount: wrong.Amount, By: 5, Requested: noon.Add(time.Minute)}))
	require.NoError(t, o.MarkRefundSent("r", "1", noon))
	require.Equal(t, StateHeld, o.State, "the goods are paid for")
	require.NoError(t, o.Release(some(2), 5))
	giveUnits(t, &o)
	require.NoError(t, o.MarkLineDelivered(0, noon))
	require.ErrorIs(t, o.ReturnSurplus("8", Refund{ID: "s", By: 1, Requested: noon.Add(time.Hour)}), ErrOwnerDecides)
}

func requireNobodyGains(t require.TestingT, o *Order) {
	has := money.Zero("USDT")
	shares := o.lineShares(o.Payments[0].Amount)
	for i, l := range o.Lines {
		if !l.Delivered.IsZero() && !l.Refunded {
			has, _ = has.Add(shares[i])
		}
	}
	back := money.Zero("USDT")
	for _, r := range o.Refunds {
		switch {
		case r.Status == RefundRefused:
		case r.By == 5 && r.Payment == "" && r.Lines == nil: // given away, as far as anybody knows
		case r.Status == RefundPending && r.Lines != nil: // its lines are still counted as the buyer's
		default:
			back, _ = back.Add(r.Amount)
		}
	}
	sum, _ := has.Add(back)
	require.LessOrEqual(t, mustCompare(sum, o.Paid("USDT")), 0,
		"has goods for %s and %s back, of %s paid", has, back, o.Paid("USDT"))
}
