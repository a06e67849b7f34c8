package shop

import (
	"context"
	"iter"
	"slices"
)

// ordersRead is how many orders of a buyer are read at a time.
const ordersRead = 100

// allOrdersOf yields all orders of a buyer, newest first. An error is the last thing that it yields.
func (s *Shop) allOrdersOf(ctx context.Context, buyer int64) iter.Seq2[*Order, error] {
	return func(yield func(*Order, error) bool) {
		for before := OrderID(""); ; {
			page, err := s.store.OrdersOf(ctx, buyer, before, ordersRead)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page {
				if !yield(&page[i], nil) {
					return
				}
			}
			if len(page) < ordersRead {
				return
			}
			before = page[len(page)-1].ID
		}
	}
}

// allOrdersIn yields all orders in a state, as they were when their page was read. An error is the
// last thing that it yields.
func (s *Shop) allOrdersIn(ctx context.Context, state State) iter.Seq2[*Order, error] {
	return func(yield func(*Order, error) bool) {
		for page := (Filter{State: state}); ; {
			orders, err := s.store.Orders(ctx, page)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range orders {
				if !yield(&orders[i], nil) {
					return
				}
			}
			if len(orders) == 0 {
				return
			}
			page.After = orders[len(orders)-1].ID
		}
	}
}

// find returns the first item of a list that is, if there is one.
func find[T any](list []T, is func(T) bool) (item T, found bool) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], true
	}
	return item, false
}
