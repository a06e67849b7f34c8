package shop

import (
	"slices"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// Paid is what was paid in one asset, refunds not subtracted.
func (o *Order) Paid(asset money.Currency) money.Amount {
	sum := money.Zero(asset)
	for _, p := range o.Payments {
		if p.Amount.Currency() == asset {
			sum, _ = sum.Add(p.Amount) // of one currency by the condition above
		}
	}
	return sum
}

// CoinSum is what an order brought in one asset.
type CoinSum struct {
	Paid     money.Amount
	Fee      money.Amount // kept by the payment service
	Refunded money.Amount // sent back
	Net      money.Amount // what is left for the shop; less than zero once all went back, for the fee
}

// SumOf is what o brought in one asset. A fee in another asset counts there.
func (o *Order) SumOf(asset money.Currency) CoinSum {
	s := CoinSum{Paid: o.Paid(asset), Fee: money.Zero(asset), Refunded: money.Zero(asset)}
	for _, p := range o.Payments {
		if p.Fee.Currency() == asset {
			s.Fee, _ = s.Fee.Add(p.Fee) // all sums here are of one currency
		}
	}
	for _, r := range o.Refunds {
		if r.Status == RefundSent && r.Amount.Currency() == asset {
			s.Refunded, _ = s.Refunded.Add(r.Amount)
		}
	}
	s.Net, _ = s.Paid.Sub(s.Refunded)
	s.Net, _ = s.Net.Sub(s.Fee)
	return s
}

// PaidAssets lists what o was paid in, the first payment's asset first.
func (o *Order) PaidAssets() []money.Currency {
	var assets []money.Currency
	for _, p := range o.Payments {
		if c := p.Amount.Currency(); !slices.Contains(assets, c) {
			assets = append(assets, c)
		}
	}
	return assets
}

// lineShares splits an amount among the lines in proportion to their sums. The shares are cut after
// the decimals of the currency and add up to the amount exactly.
func (o *Order) lineShares(of money.Amount) []money.Amount {
	whole := money.Amount{}
	for i := range o.Lines {
		whole, _ = whole.Add(o.Lines[i].Sum()) // all prices are in the shop's currency
	}
	shares := make([]money.Amount, len(o.Lines))
	upTo, before := money.Amount{}, money.Zero(of.Currency())
	for i := range o.Lines {
		upTo, _ = upTo.Add(o.Lines[i].Sum())
		reached := of
		if i < len(o.Lines)-1 {
			if share, err := of.Share(upTo, whole, shareDecimals(of.Currency())); err == nil {
				reached = share
			}
		}
		shares[i], _ = reached.Sub(before)
		before = reached
	}
	return shares
}

// shareDecimals is how exactly a part of an amount is computed: coins to the eighth decimal, which
// is what Crypto Pay takes at least, fiat money to the cent.
func shareDecimals(c money.Currency) int32 {
	if catalog.IsAsset(c) {
		return coinDecimals
	}
	return fiatDecimals
}

const (
	coinDecimals = 8
	fiatDecimals = 2
)

// mustCompare compares amounts of one currency.
func mustCompare(a, b money.Amount) int {
	order, _ := a.Compare(b)
	return order
}

// LineSum is what one line of an order comes to, in the currency of its prices.
type LineSum struct {
	Discount money.Amount // the line's share of the order's discounts
	Total    money.Amount // what is left of its price
}

// LineSums splits the order's total among its lines. The parts add up to the total exactly.
func (o *Order) LineSums() []LineSum {
	sums := make([]LineSum, len(o.Lines))
	for i, share := range o.lineShares(o.Total) {
		sums[i].Total = share
		sums[i].Discount, _ = o.Lines[i].Sum().Sub(share) // of one currency
	}
	return sums
}

// LineSumsOf splits SumOf among the lines; the parts add up to it exactly. A refund that names lines
// is theirs; everything else is split in proportion to the prices.
func (o *Order) LineSumsOf(asset money.Currency) []CoinSum {
	whole := o.SumOf(asset)
	if len(o.Lines) == 1 {
		return []CoinSum{whole}
	}
	sums := make([]CoinSum, len(o.Lines))
	paid, fee := o.lineShares(whole.Paid), o.lineShares(whole.Fee)
	for i := range sums {
		sums[i] = CoinSum{Paid: paid[i], Fee: fee[i], Refunded: money.Zero(asset)}
	}
	for _, r := range o.Refunds {
		if r.Status == RefundSent && r.Amount.Currency() == asset {
			o.splitRefund(r, sums)
		}
	}
	for i := range sums {
		sums[i].Net, _ = sums[i].Paid.Sub(sums[i].Refunded) // all of one currency
		sums[i].Net, _ = sums[i].Net.Sub(sums[i].Fee)
	}
	return sums
}

// splitRefund adds a refund to the sums of the lines that it is for; one that names no line is for
// all of them.
func (o *Order) splitRefund(r Refund, sums []CoinSum) {
	part, lines := Order{}, r.Lines
	if len(lines) == 0 {
		for i := range o.Lines {
			lines = append(lines, i)
		}
	}
	for _, i := range lines {
		part.Lines = append(part.Lines, o.Lines[i])
	}
	for n, share := range part.lineShares(r.Amount) {
		sums[lines[n]].Refunded, _ = sums[lines[n]].Refunded.Add(share) // of one currency
	}
}
