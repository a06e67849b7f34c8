package shop

import (
	"context"

	"shopbot/internal/money"
)

// balances compares what there is with what is to be sent back, and tells what was earned.
func (a *audit) balances(ctx context.Context) error {
	there, err := a.ledger.Balances(ctx)
	if err != nil {
		return err
	}
	owed, err := a.pendingRefunds(ctx)
	if err != nil {
		return err
	}
	all, err := a.store.Statistics(ctx, "", "")
	if err != nil {
		return err
	}
	assets := Sums{}
	for _, amount := range there {
		assets[amount.Currency()] = amount
	}
	for _, amount := range owed.Amounts() {
		have, known := assets[amount.Currency()]
		if !known {
			have = money.Zero(amount.Currency())
		}
		if less, _ := have.Compare(amount); less < 0 { // of one currency
			a.found(ctx, Difference{Kind: BalanceShort, Here: amount, There: have})
		}
	}
	a.report.Balances = books(assets, all.Total)
	return nil
}

// books puts beside each balance what was earned in its asset.
func books(there Sums, total Counters) []Balance {
	earned := Sums{}
	for _, amount := range total.Received.Amounts() {
		rest := amount
		for _, gone := range []Sums{total.Fees, total.Refunded} {
			if out, some := gone[amount.Currency()]; some {
				rest, _ = rest.Sub(out) // of one currency by the key
			}
		}
		earned[amount.Currency()] = rest
	}
	var list []Balance
	for _, amount := range there.Amounts() {
		mine, some := earned[amount.Currency()]
		if !some {
			mine = money.Zero(amount.Currency())
		}
		if some || !amount.IsZero() {
			list = append(list, Balance{There: amount, Earned: mine})
		}
	}
	return list
}

// pendingRefunds sums the transfers that are still to be made.
func (a *audit) pendingRefunds(ctx context.Context) (Sums, error) {
	owed := Sums{}
	page := Filter{State: StateRefunding}
	for {
		orders, err := a.store.Orders(ctx, page)
		if err != nil || len(orders) == 0 {
			return owed, err
		}
		for _, o := range orders {
			if r, pending := o.PendingRefund(); pending {
				owed.Add(r.Amount)
			}
		}
		page.After = orders[len(orders)-1].ID
	}
}
