package shop

import (
	"context"
	"errors"

	"shopbot/internal/money"
)

// Balances is what the payment service holds for the shop now, an amount for each asset.
func (s *Shop) Balances(ctx context.Context) ([]money.Amount, error) {
	if s.cfg.Ledger == nil {
		return nil, errors.New("no payment service to be asked for its balance")
	}
	return s.cfg.Ledger.Balances(ctx)
}

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
	var assets Sums
	for _, amount := range there {
		assets.Add(amount)
	}
	for _, amount := range owed {
		have := assets.Of(amount.Currency())
		if less, _ := have.Compare(amount); less < 0 { // of one currency
			a.found(ctx, Difference{Kind: BalanceShort, Here: amount, There: have})
		}
	}
	a.report.Balances = books(assets, all.Total)
	return nil
}

// books puts what is there beside what was earned, for each asset that orders were paid in.
func books(there Sums, total Counters) []Balance {
	var list []Balance
	for _, received := range total.Received {
		asset := received.Currency()
		b := Balance{There: there.Of(asset), Earned: received}
		for _, gone := range []Sums{total.Fees, total.Refunded} {
			b.Earned, _ = b.Earned.Sub(gone.Of(asset)) // of one currency
		}
		list = append(list, b)
	}
	return list
}

// pendingRefunds sums the transfers that are still to be made.
func (a *audit) pendingRefunds(ctx context.Context) (Sums, error) {
	var owed Sums
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
