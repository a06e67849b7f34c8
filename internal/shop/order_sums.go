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

// lineNets are amounts in proportion to what each line costs after discounts. A discount is shared
// among its lines in proportion to their prices. The amounts are in the currency of Price and finer
// than its smallest unit. If one discount is for all lines, they are the prices of the lines, since
// those have the same proportions.
func (o *Order) lineNets() []money.Amount {
	nets := make([]money.Amount, len(o.Lines))
	if o.InStars() && o.Stars.Sign() > 0 {
		for i, net := range o.lineStars() {
			nets[i], _ = money.RoundUp(net, catalog.Stars, netDecimals) // a price within the limits
		}
		return nets
	}
	for i := range o.Lines {
		nets[i] = o.Lines[i].Sum()
	}
	if len(o.Discounts) == 1 && len(o.Discounts[0].Lines) == 0 {
		return nets
	}
	for _, d := range o.Discounts {
		of := o.linesOr(d.Lines)
		parts := pick(nets, of)
		left, _ := sumOf(parts).Sub(d.Amount) // all prices are in the shop's currency
		for n, part := range split(left, parts, netDecimals) {
			nets[of[n]] = part
		}
	}
	return nets
}

// netDecimals is how exactly a line's share of a discount is computed.
const netDecimals = 18

// linesOr is some lines, given by their indexes, or all of them if none is given.
func (o *Order) linesOr(some []int) []int {
	if len(some) > 0 {
		return some
	}
	all := make([]int, len(o.Lines))
	for i := range all {
		all[i] = i
	}
	return all
}

// pick is the parts of some lines.
func pick(parts []money.Amount, lines []int) []money.Amount {
	picked := make([]money.Amount, len(lines))
	for n, i := range lines {
		picked[n] = parts[i]
	}
	return picked
}

// lineShares splits an amount among the lines in proportion to what they cost, discounts considered.
// The shares are cut after the decimals of the currency and add up to the amount exactly.
func (o *Order) lineShares(of money.Amount) []money.Amount {
	return split(of, o.lineNets(), shareDecimals(of.Currency()))
}

// split splits an amount in proportion to parts of any currency. The shares are cut after some
// decimals, and add up to the amount.
func split(of money.Amount, parts []money.Amount, decimals int32) []money.Amount {
	whole := sumOf(parts)
	shares := make([]money.Amount, len(parts))
	upTo, before := money.Amount{}, money.Zero(of.Currency())
	for i := range parts {
		upTo, _ = upTo.Add(parts[i])
		reached := of
		if i < len(parts)-1 && !upTo.Equal(whole) {
			if share, err := of.Share(upTo, whole, decimals); err == nil {
				reached = share
			}
		}
		shares[i], _ = reached.Sub(before)
		before = reached
	}
	return shares
}

// sumOf adds amounts of one currency.
func sumOf(parts []money.Amount) (sum money.Amount) {
	for _, part := range parts {
		sum, _ = sum.Add(part)
	}
	return sum
}

// shareDecimals is how exactly a part of an amount is computed: coins to the eighth decimal, which
// is what Crypto Pay takes at least, fiat money to the cent, Stars whole.
func shareDecimals(c money.Currency) int32 {
	switch {
	case c == catalog.Stars:
		return 0
	case catalog.IsAsset(c):
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

// LineSums splits the order's Price among its lines. The parts add up to it exactly.
func (o *Order) LineSums() []LineSum {
	sums := make([]LineSum, len(o.Lines))
	for i, share := range o.lineShares(o.Price()) {
		sums[i].Total = share
		sums[i].Discount, _ = o.LinePriceSum(i).Sub(share) // of one currency
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
	lines := o.linesOr(r.Lines)
	for n, share := range split(r.Amount, pick(o.lineNets(), lines), shareDecimals(r.Amount.Currency())) {
		sums[lines[n]].Refunded, _ = sums[lines[n]].Refunded.Add(share) // of one currency
	}
}
