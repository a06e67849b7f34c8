package export

import (
	"context"
	"errors"
	"iter"

	"shopbot/internal/shop"
)

func stockColumns() []column {
	return []column{{"sku", text}, {"title", text}, {"unit", text}, {"batch", number}, {"loaded", word}, {"source", text}}
}

// stock adds a row for each unit that no order owns, the one first that is sold first.
func (e *exporter) stock(ctx context.Context, t *table) iter.Seq[error] {
	last, batch := shop.StoredUnit{}, shop.Batch{}
	next := func(ctx context.Context) ([]shop.StoredUnit, error) {
		units, err := e.from.UnitsForSale(ctx, last.SKU, last.Number, pageSize)
		if len(units) > 0 {
			last = units[len(units)-1]
		}
		return units, err
	}
	return rowsOf(ctx, next, func(u *shop.StoredUnit) error {
		if batch.ID != u.Batch {
			var err error
			batch, err = e.from.Batch(ctx, u.SKU, u.Batch)
			if err != nil && !errors.Is(err, shop.ErrNoBatch) {
				return err
			}
			batch.ID = u.Batch
		}
		t.add(u.SKU, e.title(u.SKU), shop.PlainUnit(u.Unit), itoa(u.Batch), stamp(batch.At, e.zone), batch.Source)
		t.end()
		return nil
	})
}

func soldColumns() []column {
	return []column{{"sku", text}, {"title", text}, {"unit", text}, {"order", word}, {"sold", word}, {"state", word}, {"buyer_id", number}, {"returned", word}}
}

// sold adds a row for each unit of stock that an order owns, by the time of the order.
func (e *exporter) sold(ctx context.Context, t *table) iter.Seq[error] {
	f := shop.Filter{Limit: pageSize} // an order may be paid long after it was made
	next := func(ctx context.Context) ([]shop.Order, error) {
		orders, err := e.from.Orders(ctx, f)
		if len(orders) > 0 {
			f.After = orders[len(orders)-1].ID
		}
		return orders, err
	}
	return rowsOf(ctx, next, func(o *shop.Order) error {
		if len(o.Payments) == 0 || !e.within(o.Payments[0].At) {
			return nil
		}
		at := stamp(o.Payments[0].At, e.zone)
		for i := range o.Lines {
			l := &o.Lines[i]
			if !l.FromStock {
				continue
			}
			for _, unit := range l.Goods {
				returned := ""
				if o.Returned(l.SKU, unit) {
					returned = "yes"
				}
				t.add(l.SKU, l.Title.In(e.language), shop.PlainUnit(unit), string(o.ID), at, string(o.State), itoa(o.Buyer.ID), returned)
				t.end()
			}
		}
		return nil
	})
}
