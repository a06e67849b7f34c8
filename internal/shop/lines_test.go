package shop

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// placedThree is an order of three products, one of them from stock, less a discount: 10 USD in
// all.
func placedThree(t require.TestingT) Order {
	usd := func(s string) money.Amount { return amount(t, s, "USD") }
	o := Order{
		ID: "A", Buyer: Buyer{ID: 1}, Rail: CryptoPay,
		Lines: []Line{
			{SKU: "vpn", Quantity: 2, Price: usd("3"), Part: Part{Deliver: catalog.Keys}, FromStock: true},
			{SKU: "guide", Quantity: 1, Price: usd("2"), Part: Part{Deliver: catalog.Content}},
			{SKU: "game", Quantity: 1, Price: usd("4"), Part: Part{Deliver: catalog.Keys}, FromStock: true},
		},
		Discounts: []Discount{{Reason: "coupon SPRING", Amount: usd("2")}},
		Total:     usd("10"), Assets: []money.Currency{"USDT", "TON"}, Created: noon, Expires: noon.Add(time.Hour),
	}
	require.NoError(t, o.move(StateNew))
	return o
}

func paidThree(t require.TestingT) Order {
	o := placedThree(t)
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon.Add(time.Hour)))
	require.NoError(t, o.ApplyPayment(payment(t, "7"), some(2)))
	giveUnits(t, &o)
	return o
}

func TestAnOrderOfSeveralLinesIsOneReservationAndDeliveredLineByLine(t *testing.T) {
	o := placedThree(t)
	require.Equal(t, Units{"vpn": 2, "game": 1}, o.Reserved())
	o = paidThree(t)
	require.Equal(t, StatePaid, o.State)
	require.Len(t, o.Lines[0].Goods, 2)
	require.Empty(t, o.Lines[1].Goods)
	require.Len(t, o.Lines[2].Goods, 1)

	for i := range 2 {
		require.NoError(t, o.MarkLineDelivered(i, noon))
		require.ErrorIs(t, o.MarkLineDelivered(i, noon), ErrUnchanged)
		require.Equal(t, StatePaid, o.State)
		require.Empty(t, o.Notices, "the owners hear of the whole order")
	}
	require.NoError(t, o.MarkLineDelivered(2, noon))
	require.Equal(t, StateDelivered, o.State)
	require.Equal(t, noon, o.Delivered)
	require.Empty(t, o.Violations())
}

func TestWhichLineIsShortIsSaid(t *testing.T) {
	o := placedThree(t)
	free := func(sku string) int { return map[string]int{"vpn": 2, "game": 0}[sku] }
	require.NoError(t, o.ApplyPayment(payment(t, "7"), free))
	require.Equal(t, HoldSoldOut, o.Hold)
	require.True(t, o.WaitsForStock("vpn"), "it needs both before it is delivered")
	require.True(t, o.WaitsForStock("game"))
	require.False(t, o.WaitsForStock("guide"))
	var short *SoldOutError
	require.ErrorAs(t, o.Release(free, 5), &short)
	require.Equal(t, SoldOutError{SKU: "game", Left: 0}, *short)
	require.NoError(t, o.Release(some(2), 5))
}

func TestLinesArePaidBackByTheirShareOfThePayment(t *testing.T) {
	o := paidThree(t)
	for i := range o.Lines {
		require.NoError(t, o.MarkLineDelivered(i, noon))
	}
	// 12 USD of lines less 2 of discount were paid with 10.01 USDT.
	shares := map[int]string{0: "5.005 USDT", 1: "1.66833333 USDT", 2: "3.33666667 USDT"}
	for i, want := range shares {
		a, err := o.LineRefund(i)
		require.NoError(t, err)
		require.Equal(t, want, a.String(), "line %d", i)
	}
	back := func(id RefundID, lines ...int) {
		a, err := o.LineRefund(lines...)
		require.NoError(t, err)
		require.NoError(t, o.RequestRefund(Refund{ID: id, Amount: a, Lines: lines}))
		require.NoError(t, o.MarkRefundSent(id, "1", noon))
		require.Empty(t, o.Violations())
	}
	back("r1", 1)
	require.Equal(t, StateDelivered, o.State)
	require.True(t, o.Lines[1].Refunded)
	require.False(t, o.Shows(&o.Lines[1]))
	require.True(t, o.Shows(&o.Lines[0]))
	for _, again := range [][]int{{1}, {0, 0}, {3}, {-1}, {}} {
		_, err := o.LineRefund(again...)
		require.ErrorIs(t, err, ErrLineRefunded, "%v", again)
	}
	require.ErrorIs(t, o.RequestRefund(Refund{ID: "r2", Amount: amount(t, "1", "USDT"), Lines: []int{1}}), ErrLineRefunded)
	back("r2", 2, 0)
	require.Equal(t, StateRefunded, o.State, "the shares add up to all that was paid")
}

func TestALineThatIsPaidBackIsNotDelivered(t *testing.T) {
	o := placedThree(t)
	free := func(sku string) int { return map[string]int{"vpn": 2}[sku] }
	require.NoError(t, o.ApplyPayment(payment(t, "7"), free))
	a, err := o.LineRefund(2)
	require.NoError(t, err)
	require.NoError(t, o.RequestRefund(Refund{ID: "r", Amount: a, Lines: []int{2}}))
	require.NoError(t, o.MarkRefundSent("r", "1", noon))
	require.Equal(t, StateHeld, o.State)
	require.NoError(t, o.Release(free, 5), "the rest can be had")
	require.Equal(t, Units{"vpn": 2}, o.Owed())
	giveUnits(t, &o)
	require.NoError(t, o.MarkLineDelivered(0, noon))
	require.NoError(t, o.MarkLineDelivered(1, noon))
	require.Equal(t, StateDelivered, o.State)
	require.Empty(t, o.Lines[2].Goods)
	require.Empty(t, o.Violations())
}

func TestAnOrderWhoseLastPendingLineIsPaidBackIsDelivered(t *testing.T) {
	o := paidThree(t)
	require.NoError(t, o.MarkLineDelivered(0, noon))
	require.NoError(t, o.MarkLineDelivered(1, noon))
	require.NoError(t, o.MarkHeld(HoldRefused))
	a, err := o.LineRefund(2)
	require.NoError(t, err)
	require.NoError(t, o.RequestRefund(Refund{ID: "r", Amount: a, Lines: []int{2}}))
	before := o
	require.NoError(t, o.MarkRefundSent("r", "1", noon))
	require.Equal(t, StateDelivered, o.State)
	require.Empty(t, o.Hold)
	require.Empty(t, o.Violations())
	total := Counters{}
	Tally(&before, &o, func(sku string) *Counters {
		if sku == "" {
			return &total
		}
		return &Counters{}
	})
	require.Equal(t, 1, total.Delivered)
}

func TestMadeGoodsAreStoredOnce(t *testing.T) {
	o := paidThree(t)
	o.Lines[1].Also = []Part{{Deliver: catalog.Invitation}}
	before := o.Clone()
	require.NoError(t, o.MarkMade(1, catalog.Invitation, []string{"https://t.me/+abc"}))
	require.Empty(t, before.Lines[1].Also[0].Goods, "a rule may be undone")
	require.ErrorIs(t, o.MarkMade(1, catalog.Invitation, []string{"https://t.me/+other"}), ErrUnchanged)
	require.Equal(t, []string{"https://t.me/+abc"}, o.Lines[1].Also[0].Goods)
	require.ErrorIs(t, o.MarkMade(0, catalog.Keys, []string{"another"}), ErrUnchanged, "units of stock are never replaced")
	require.ErrorIs(t, o.MarkMade(0, catalog.FromServer, []string{"another"}), ErrUnchanged, "a way that the line does not have")
}

func TestStatisticsCountEachProductAndAllTogether(t *testing.T) {
	counters := map[string]*Counters{}
	count := func(sku string) *Counters {
		if counters[sku] == nil {
			counters[sku] = &Counters{}
		}
		return counters[sku]
	}
	placed, paid := placedThree(t), paidThree(t)
	Tally(&Order{}, &placed, count)
	Tally(&placed, &paid, count)
	require.Equal(t, 1, counters[""].Ordered)
	require.Equal(t, 1, counters[""].Paid)
	require.Equal(t, 4, counters[""].Units)
	require.Equal(t, "10 USD", counters[""].Revenue.Of("USD").String())
	require.Equal(t, "10.01 USDT", counters[""].Received.Of("USDT").String())
	require.Equal(t, 2, counters["vpn"].Units)
	require.Equal(t, "5 USD", counters["vpn"].Revenue.Of("USD").String())
	require.Empty(t, counters["vpn"].Received)
	sum := money.Zero("USD")
	for _, sku := range []string{"vpn", "guide", "game"} {
		require.Equal(t, 1, counters[sku].Ordered)
		sum, _ = sum.Add(counters[sku].Revenue.Of("USD"))
	}
	require.True(t, sum.Equal(counters[""].Revenue.Of("USD")), "the products' revenue adds up")
}

func TestTheTrailTellsOfEachProductsUnits(t *testing.T) {
	placed, paid := placedThree(t), paidThree(t)
	trail := Trail(&Order{}, &placed)
	require.Len(t, trail, 1)
	require.Equal(t, []StockMove{{SKU: "game", Reserved: 1}, {SKU: "vpn", Reserved: 2}}, trail[0].Stock)
	trail = Trail(&placed, &paid)
	require.Len(t, trail, 1)
	require.Equal(t, AuditPaid, trail[0].Act)
	require.Equal(t, []StockMove{
		{SKU: "game", Units: -1, Reserved: -1, Goods: Fingerprint(paid.Lines[2].Goods)},
		{SKU: "vpn", Units: -2, Reserved: -2, Goods: Fingerprint(paid.Lines[0].Goods)},
	}, trail[0].Stock)
}

// Whatever the prices, the discounts and the payment: shares are never negative and add up exactly.
func TestSharesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := func(name string, least int) money.Amount {
			return amount(t, "0.01", "USD").Times(rapid.IntRange(least, 1_000_000).Draw(t, name))
		}
		var o Order
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			o.Lines = append(o.Lines, Line{Price: cents("price", 1), Quantity: rapid.IntRange(1, 9).Draw(t, "quantity")})
		}
		paid := amount(t, "0.00000001", "BTC").Times(rapid.IntRange(1, 1_000_000_000).Draw(t, "paid"))
		sum := money.Zero("BTC")
		for _, share := range o.lineShares(paid) {
			require.GreaterOrEqual(t, share.Sign(), 0)
			sum, _ = sum.Add(share)
		}
		require.True(t, sum.Equal(paid), "%s is not %s", sum, paid)
	})
}

// paidWith is a delivered order of these lines with a coupon, paid with an amount of a coin.
func paidWith(t require.TestingT, lines []Line, c Coupon, of *catalog.Catalog, coins money.Amount) Order {
	o := Order{
		ID: "A", Buyer: Buyer{ID: 1}, Rail: CryptoPay, Lines: lines,
		Assets: []money.Currency{coins.Currency()}, Created: noon, Expires: noon.Add(time.Hour),
	}
	for i := range o.Lines {
		o.Lines[i].Deliver = catalog.Content
	}
	o.Total = o.net()
	view := View{Coupon: func(string) (CouponState, error) { return CouponState{Coupon: c}, nil }}
	require.NoError(t, o.useCoupon(c.Code, view, of))
	require.NoError(t, o.move(StateNew))
	require.NoError(t, o.MarkInvoiced(Invoice{ID: "7"}, noon.Add(time.Hour)))
	require.NoError(t, o.ApplyPayment(Payment{Rail: CryptoPay, Invoice: "7", Amount: coins, Price: o.Total, At: noon}, some(2)))
	for i := range o.Lines {
		require.NoError(t, o.MarkLineDelivered(i, noon))
	}
	return o
}

func TestACouponForOneProductLowersTheRefundOfItsLineAlone(t *testing.T) {
	usd := func(s string) money.Amount { return amount(t, s, "USD") }
	lines := []Line{{SKU: "vpn", Quantity: 2, Price: usd("5")}, {SKU: "guide", Quantity: 1, Price: usd("2")}}
	half := Coupon{Code: "HALF", Percent: 50, SKUs: []string{"guide"}}
	o := paidWith(t, lines, half, couponShop(), amount(t, "11", "USDT"))
	require.Equal(t, "11 USD", o.Total.String())
	for i, want := range []string{"10 USDT", "1 USDT"} {
		a, err := o.LineRefund(i)
		require.NoError(t, err)
		require.Equal(t, want, a.String(), "line %d", i)
	}
	a, err := o.PieceRefund(0, "")
	require.NoError(t, err)
	require.Equal(t, "5 USDT", a.String(), "a piece of a line without a discount")
	sums := o.LineSums()
	require.Equal(t, "0 USD", sums[0].Discount.String())
	require.Equal(t, "1 USD", sums[1].Discount.String())

	whole := Coupon{Code: "GIFT", Amount: usd("2"), SKUs: []string{"guide"}}
	o = paidWith(t, lines, whole, couponShop(), amount(t, "10", "USDT"))
	a, err = o.LineRefund(0)
	require.NoError(t, err)
	require.Equal(t, "10 USDT", a.String())
	_, err = o.LineRefund(1)
	require.ErrorIs(t, err, ErrNothingPaid, "the coupon paid for it")
}

// Whatever the lines, the coupon and the coins: the lines that are paid back one by one, in any
// order, some of them piece by piece, are exactly what was paid, and no line is more than it cost.
func TestRefundsOfAllLinesAreWhatWasPaid(t *testing.T) {
	skus := []string{"vpn", "game", "guide"}
	rapid.Check(t, func(t *rapid.T) {
		cents := func(name string, most int) money.Amount {
			return amount(t, "0.01", "USD").Times(rapid.IntRange(1, most).Draw(t, name))
		}
		var lines []Line
		for range rapid.IntRange(1, 6).Draw(t, "lines") {
			lines = append(lines, Line{
				SKU: rapid.SampledFrom(skus).Draw(t, "sku"), Price: cents("price", 5_000), Quantity: rapid.IntRange(1, 4).Draw(t, "quantity"),
			})
		}
		c := Coupon{Code: "ANY", SKUs: rapid.SliceOfNDistinct(rapid.SampledFrom(skus), 0, 2, rapid.ID).Draw(t, "for")}
		if rapid.Bool().Draw(t, "percent?") {
			c.Percent = rapid.IntRange(1, 99).Draw(t, "percent")
		} else {
			c.Amount = cents("amount", 20_000)
		}
		coins := amount(t, "0.00000001", "BTC").Times(rapid.IntRange(1_000_000, 1_000_000_000).Draw(t, "coins"))
		o := paidWith(t, lines, c, couponShop(), coins)
		require.Empty(t, o.Violations())
		total := money.Amount{}
		for i, sum := range o.LineSums() {
			require.GreaterOrEqual(t, sum.Discount.Sign(), 0, "line %d costs more than without the coupon", i)
			require.GreaterOrEqual(t, sum.Total.Sign(), 0)
			total, _ = total.Add(sum.Total)
		}
		require.True(t, total.Equal(o.Total))

		n, back := 0, money.Zero("BTC")
		send := func(r Refund, err error) {
			if errors.Is(err, ErrNothingPaid) {
				return // the coupon paid for it
			}
			require.NoError(t, err)
			n++
			r.ID = RefundID(fmt.Sprint("r", n))
			require.NoError(t, o.RequestRefund(r))
			require.NoError(t, o.MarkRefundSent(r.ID, "1", noon))
			back, _ = back.Add(r.Amount)
			require.Empty(t, o.Violations())
		}
		order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5}[:len(lines)]).Draw(t, "order")
		for _, i := range order {
			if rapid.Bool().Draw(t, "a piece first?") {
				a, err := o.PieceRefund(i, "")
				send(Refund{Amount: a, Lines: []int{i}, Piece: true}, err)
			}
			if !o.Lines[i].Refunded {
				a, err := o.LineRefund(i)
				send(Refund{Amount: a, Lines: []int{i}}, err)
			}
		}
		require.True(t, back.Equal(coins), "%s went back of %s", back, coins)
		require.Equal(t, StateRefunded, o.State)
		sum := money.Zero("BTC")
		for _, of := range o.LineSumsOf("BTC") {
			require.Zero(t, of.Net.Sign())
			sum, _ = sum.Add(of.Refunded)
		}
		require.True(t, sum.Equal(coins))
	})
}
