package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// crowd runs do n times at once.
func crowd(n int, do func(i int) error) error {
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() { errs[i] = do(i) })
	}
	all.Wait()
	return errors.Join(errs...)
}

func crowds() []scenario {
	return []scenario{
		{"fifty buyers and five units: five orders", func(b *bench) {
			b.load(vpn, units(5)...)
			b.load(gift, units(50)...)
			var got, soldOut atomic.Int64
			require.NoError(b.t, crowd(50, func(i int) error {
				_, created, err := b.Checkout(b.ctx, order(i, int64(i), line(gift, 1), line(vpn, 1)), start(), anybody)
				switch {
				case created:
					got.Add(1)
				case errors.Is(err, shop.ErrNoStock):
					soldOut.Add(1)
				default:
					return fmt.Errorf("neither an order nor sold out: %w", err)
				}
				return nil
			}))
			require.EqualValues(b.t, 5, got.Load())
			require.EqualValues(b.t, 45, soldOut.Load())
			b.stocked(vpn, 0, 5, 0)
			b.stocked(gift, 45, 5, 0)
		}},
		{"a rule that looks at the buyer's orders is not outrun", func(b *bench) {
			var made atomic.Int64
			require.NoError(b.t, crowd(50, func(i int) error {
				_, created, err := b.Checkout(b.ctx, text(i, 7), start(), atMost(3))
				if created {
					made.Add(1)
				} else if errors.Is(err, shop.ErrTooManyOpen) {
					err = nil
				}
				return err
			}))
			require.EqualValues(b.t, 3, made.Load())
		}},
		{"every buyer gets units of their own, and each payment counts once", func(b *bench) {
			const buyers = 30
			b.load(vpn, units(2*buyers)...)
			for i := range buyers {
				b.invoiced(b.placed(order(i, int64(i), line(vpn, 2))), i+1)
			}
			require.NoError(b.t, crowd(3*buyers, func(i int) error {
				p := payment(order(i/3, int64(i/3), line(vpn, 2)), i/3+1)
				o, err := b.RecordPayment(b.ctx, p, applyPayment(p))
				if err == nil && len(o.Lines[0].Goods) != 2 {
					err = fmt.Errorf("answered without the goods: %v", o.Lines)
				}
				return err
			}))
			var sold []string
			for i := range buyers {
				o := b.stored(order(i, int64(i)).ID)
				require.Len(b.t, o.Payments, 1)
				sold = append(sold, o.Lines[0].Goods...)
			}
			require.ElementsMatch(b.t, units(2*buyers), sold)
			s, err := b.Statistics(b.ctx, "", "")
			require.NoError(b.t, err)
			require.Equal(b.t, buyers, s.Total.Paid)
		}},
		{"changes of one order follow one another, and those that fail harm no neighbour", func(b *bench) {
			o := b.placed(text(1, 7))
			require.NoError(b.t, crowd(90, func(i int) error {
				_, err := b.Change(b.ctx, o.ID, func(o *shop.Order, _ shop.Free) error {
					o.Message.Message++
					if i%3 == 0 {
						return errNo
					}
					return nil
				})
				if (i%3 == 0) != errors.Is(err, errNo) {
					return fmt.Errorf("step %d: %w", i, err)
				}
				return nil
			}))
			require.Equal(b.t, 60, b.stored(o.ID).Message.Message)
		}},
		{"no two workers have the same work", func(b *bench) {
			const works = 40
			for i := range works {
				b.placed(text(i, int64(i)))
			}
			var mu sync.Mutex
			times := map[shop.OrderID]int{}
			require.NoError(b.t, crowd(8, func(int) error {
				for {
					claimed, err := b.Claim(b.ctx, shop.TaskInvoice, start(), start().Add(time.Minute), 3)
					mu.Lock()
					for _, o := range claimed {
						times[o.ID]++
					}
					mu.Unlock()
					if err != nil || len(claimed) == 0 {
						return err
					}
				}
			}))
			require.Len(b.t, times, works)
			for id, n := range times {
				require.Equal(b.t, 1, n, "%s", id)
			}
		}},
		{"a reader sees all of a step or nothing", func(b *bench) {
			var lines []shop.Line // so many that a look at all of them takes as long as a step
			for n := range 150 {
				sku := fmt.Sprint("product-", n)
				b.load(sku, units(40)...)
				lines = append(lines, line(sku, 1))
			}
			done := make(chan error, 1)
			go func() {
				for i := range 40 {
					if _, _, err := b.Checkout(b.ctx, order(i, 7, lines...), start(), anybody); err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
			for {
				stock, err := b.Stock(b.ctx)
				require.NoError(b.t, err)
				reserved := stock["product-0"].Reserved
				for sku, s := range stock {
					require.Equal(b.t, shop.Stock{Free: 40 - reserved, Reserved: reserved}, s, "one order reserves of all: %s", sku)
				}
				mine, err := b.OrdersOf(b.ctx, 7, "", 1000)
				require.NoError(b.t, err)
				require.LessOrEqual(b.t, reserved, len(mine), "what was seen stays")
				select {
				case err := <-done:
					require.NoError(b.t, err)
					return
				default:
				}
			}
		}},
		{"a unit is bought or removed, and never both", func(b *bench) {
			const buyers = 20
			b.load(vpn, units(2*buyers)...)
			var sold, removed []string
			var mu sync.Mutex
			require.NoError(b.t, crowd(buyers+2, func(i int) error {
				if i < buyers {
					o := order(i, int64(i), line(vpn, 1))
					_, _, err := b.Checkout(b.ctx, o, start(), anybody)
					if errors.Is(err, shop.ErrNoStock) {
						return nil
					}
					p := payment(o, i+1)
					o, paid := b.RecordPayment(b.ctx, p, applyPayment(p))
					mu.Lock()
					defer mu.Unlock()
					sold = append(sold, o.Lines[0].Goods...)
					return errors.Join(err, paid)
				}
				for {
					list, err := b.RemovableOfBatch(b.ctx, vpn, 1, 3)
					if err != nil || len(list) == 0 {
						return err
					}
					err = b.RemoveStock(b.ctx, shop.StockRemoval{SKU: vpn, Units: list, Batch: 1, Undo: i == buyers})
					switch {
					case errors.Is(err, shop.ErrStockMoved):
					case err != nil:
						return err
					default:
						mu.Lock()
						removed = append(removed, list...)
						mu.Unlock()
					}
				}
			}))
			require.ElementsMatch(b.t, units(2*buyers), slices.Concat(sold, removed))
			b.stocked(vpn, 0, 0, len(sold))
		}},
		{"one list loaded by several at once is there once", func(b *bench) {
			var added, duplicates atomic.Int64
			require.NoError(b.t, crowd(4, func(int) error {
				a, err := b.AddStock(b.ctx, shop.StockLoad{SKU: vpn, Units: slices.Values(units(1500)), LoadOptions: shop.LoadOptions{By: 7}})
				added.Add(int64(a.Added))
				duplicates.Add(int64(a.Duplicates))
				return err
			}))
			require.EqualValues(b.t, 1500, added.Load())
			require.EqualValues(b.t, 4500, duplicates.Load())
			b.stocked(vpn, 1500, 0, 0)
		}},
	}
}

// atMost is the rule that a buyer has at most n unpaid orders.
func atMost(n int) shop.CheckoutRule {
	return func(_ *shop.Order, v shop.View) error {
		latest, err := v.Latest(100)
		open := 0
		for i := range latest {
			if latest[i].Open() {
				open++
			}
		}
		if err == nil && open >= n {
			err = shop.ErrTooManyOpen
		}
		return err
	}
}
