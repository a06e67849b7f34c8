package shop

import (
	"context"
	"fmt"
	"slices"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

// RailBalance is what one rail holds for the shop.
type RailBalance struct {
	Amounts []money.Amount // for each asset that is not at zero
	Err     error          // why that is not known
}

// Balances is what each rail that keeps books, and that the shop uses, holds for it now.
func (s *Shop) Balances(ctx context.Context) map[RailID]RailBalance {
	all := make(map[RailID]RailBalance)
	for id, rail := range s.rails {
		ledger := rail.Ledger()
		asked, err := s.isAsked(ctx, rail)
		if ledger == nil || !asked && err == nil {
			continue
		}
		var amounts []money.Amount
		if err == nil {
			amounts, err = ledger.Balances(ctx)
		}
		if err != nil {
			err = fmt.Errorf("balance of %s: %w", id, err)
		}
		all[id] = RailBalance{slices.DeleteFunc(slices.Clone(amounts), money.Amount.IsZero), err}
	}
	return all
}

// balances compares what there is with what is to be sent back, and tells what was earned.
func (r *reconciliation) balances(ctx context.Context) error {
	there, err := r.ledger.Balances(ctx)
	if err != nil {
		return err
	}
	owed, err := r.pendingRefunds(ctx)
	if err != nil {
		return err
	}
	all, err := r.store.Statistics(ctx, "", "")
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
			r.found(ctx, Difference{Kind: BalanceShort, Here: amount, There: have})
		}
	}
	for _, b := range earnings(assets, all.Total) {
		if (b.Earned.Currency() == catalog.Stars) == (r.rail == Stars) {
			r.report.Balances = append(r.report.Balances, b)
		}
	}
	return nil
}

// earnings puts what is there beside what was earned, for each asset that orders were paid in by any
// rail.
func earnings(there Sums, total Counters) []Balance {
	var list []Balance
	for _, received := range total.Received {
		asset := received.Currency()
		b := Balance{There: there.Of(asset), Earned: received}
		byHand := total.ByHand.Of(asset)
		for _, gone := range []money.Amount{total.Fees.Of(asset), total.Refunded.Of(asset), byHand} {
			b.Earned, _ = b.Earned.Sub(gone) // of one currency
		}
		if b.Earned.IsZero() && b.There.IsZero() && !byHand.IsZero() {
			continue // the payment service never saw any
		}
		list = append(list, b)
	}
	return list
}

// pendingRefunds sums the transfers that are still to be made.
func (r *reconciliation) pendingRefunds(ctx context.Context) (Sums, error) {
	var owed Sums
	for o, err := range r.allOrdersIn(ctx, StateRefunding) {
		if err != nil {
			return nil, err
		}
		if refund, pending := o.PendingRefund(); pending && o.refundRail(refund) == r.rail {
			owed.Add(refund.Amount)
		}
	}
	return owed, nil
}
