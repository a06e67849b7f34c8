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
func (r *reconciliation) orders(ctx context.Context) error {
	page := Filter{Since: r.report.Since, Limit: orderPage}
	for {
		orders, err := r.store.Orders(ctx, page)
		if err != nil || len(orders) == 0 {
			return err
		}
		invoices, err := r.invoicesOf(ctx, orders)
		if err != nil {
			return err
		}
		sent, err := r.transfersOf(ctx, orders)
		if err != nil {
			return err
		}
		given, err := r.checksOf(ctx, orders)
		if err != nil {
			return err
		}
		for i := range orders {
			if orders[i].Rail == r.rail {
				r.report.Orders++
			}
			refunds := orders[i].refundDifferences(r.rail, sent, given)
			for _, d := range slices.Concat(orders[i].paymentDifferences(r.rail, invoices), refunds) {
				if d.Kind != RefundMissing && d.Kind != CheckMissing || r.report.Unasked == "" {
					r.found(ctx, d)
				}
			}
		}
		page.After = orders[len(orders)-1].ID
	}
}

func (r *reconciliation) invoicesOf(ctx context.Context, orders []Order) (map[string]RemoteInvoice, error) {
	var ids []string
	for _, o := range orders {
		for _, p := range o.Payments {
			if p.Rail == r.rail {
				ids = append(ids, p.Invoice)
			}
		}
	}
	invoices := make(map[string]RemoteInvoice, len(ids))
	for part := range slices.Chunk(ids, lookupPage) {
		found, err := r.ledger.Invoices(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, in := range found {
			invoices[in.Invoice.ID] = in
		}
	}
	return invoices, nil
}

func (r *reconciliation) transfersOf(ctx context.Context, orders []Order) (map[string]Transfer, error) {
	var ids []string
	for _, o := range orders {
		for _, refund := range o.Refunds {
			if refund.Status == RefundSent && refund.Way == ByTransfer && o.refundRail(refund) == r.rail {
				ids = append(ids, refund.Transfer)
			}
		}
	}
	sent := make(map[string]Transfer, len(ids))
	for part := range slices.Chunk(ids, lookupPage) {
		found, err := r.ledger.TransfersByID(ctx, part)
		if r.transfersRefused(err) {
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

// checksOf reads the checks that refunds were made by, and notes which of them were opened.
func (r *reconciliation) checksOf(ctx context.Context, orders []Order) (map[string]Check, error) {
	given := map[string]Check{}
	for i := range orders {
		o := &orders[i]
		var ids []string
		for _, refund := range o.Refunds {
			if refund.Status == RefundSent && refund.Way == ByCheck && o.Rail == r.rail {
				ids = append(ids, refund.Transfer)
			}
		}
		if len(ids) == 0 {
			continue
		}
		found, err := r.ledger.ChecksByID(ctx, ids)
		if r.transfersRefused(err) {
			return given, nil
		}
		if err != nil {
			return nil, err
		}
		for _, check := range found {
			given[check.ID] = check
		}
		if _, err := r.noteOpened(ctx, *o, found); err != nil {
			return nil, err
		}
	}
	return given, nil
}
