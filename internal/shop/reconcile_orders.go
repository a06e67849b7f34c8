package shop

import (
	"context"
	"slices"
)

// orderPage is how many orders are compared at a time, lookupPage how many ids one question names.
const (
	orderPage  = 200
	lookupPage = 200
)

// orders compares the orders with what the payment service says of their payments and refunds.
func (a *audit) orders(ctx context.Context) error {
	page := Filter{Since: a.report.Since, Limit: orderPage}
	for {
		orders, err := a.store.Orders(ctx, page)
		if err != nil || len(orders) == 0 {
			return err
		}
		bills, err := a.billsOfAll(ctx, orders)
		if err != nil {
			return err
		}
		sent, err := a.transfersOfAll(ctx, orders)
		if err != nil {
			return err
		}
		for i := range orders {
			for _, d := range slices.Concat(orders[i].paymentDifferences(bills), orders[i].refundDifferences(sent)) {
				if d.Kind != RefundMissing || a.report.Unasked == "" {
					a.found(ctx, d)
				}
			}
		}
		a.report.Orders += len(orders)
		page.After = orders[len(orders)-1].ID
	}
}

func (a *audit) billsOfAll(ctx context.Context, orders []Order) (map[int64]Bill, error) {
	var ids []int64
	for _, o := range orders {
		for _, p := range o.Payments {
			ids = append(ids, p.Invoice)
		}
	}
	bills := make(map[int64]Bill, len(ids))
	for part := range slices.Chunk(ids, lookupPage) {
		found, err := a.ledger.Bills(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, b := range found {
			bills[b.Invoice.ID] = b
		}
	}
	return bills, nil
}

func (a *audit) transfersOfAll(ctx context.Context, orders []Order) (map[int64]Transfer, error) {
	var ids []int64
	for _, o := range orders {
		for _, r := range o.Refunds {
			if r.Status == RefundSent {
				ids = append(ids, r.Transfer)
			}
		}
	}
	sent := make(map[int64]Transfer, len(ids))
	for part := range slices.Chunk(ids, lookupPage) {
		found, err := a.ledger.TransfersByID(ctx, part)
		if a.transfersRefused(err) {
			return sent, nil
		}
		if err != nil {
			return nil, err
		}
		for _, t := range found {
			sent[t.ID] = t
		}
	}
	return sent, nil
}
