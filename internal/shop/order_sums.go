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
