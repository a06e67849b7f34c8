package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// crowd runs do n times at once.
func crowd(n int, do func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { do(i) })
	}
	all.Wait()
}

func crowds() []scenario {
	return []scenario{
		{"fifty buyers and five keys: five orders", func(b *bench) {
			b.load(vpn, keys(5)...)
			var got, soldOut atomic.Int64
			errs := make([]error, 50)
			crowd(50, func(i int) {
				_, created, err := b.Checkout(b.ctx, order(i, int64(i), vpn, 1), 1)
				switch {
				case created:
					got.Add(1)
				case errors.Is(err, shop.ErrNoStock):
					soldOut.Add(1)
				default:
					errs[i] = fmt.Errorf("neither an order nor sold out: %w", err)
				}
			})
			require.NoError(b.t, errors.Join(errs...))
			require.EqualValues(b.t, 5, got.Load())
			require.EqualValues(b.t, 45, soldOut.Load())
			b.stocked(0, 5, 0)
		}},
		{"one request fifty times at once is one order", func(b *bench) {
			b.load(vpn, keys(5)...)
			var made atomic.Int64
			errs := make([]error, 50)
			crowd(50, func(i int) {
				_, created, err := b.Checkout(b.ctx, order(1, 7, vpn, 1), 1)
				errs[i] = err
				if created {
					made.Add(1)
				}
			})
			require.NoError(b.t, errors.Join(errs...))
			require.EqualValues(b.t, 1, made.Load())
			b.stocked(4, 1, 0)
		}},
		{"everybody gets keys of his own", func(b *bench) {
			const buyers = 30
			b.load(vpn, keys(2*buyers)...)
			for i := range buyers {
				b.invoiced(b.placed(order(i, int64(i), vpn, 2)), int64(i+1))
			}
			paid := make([]shop.Order, buyers)
			errs := make([]error, buyers)
			crowd(buyers, func(i int) {
				e := event(order(i, int64(i), vpn, 2), int64(i+1))
				paid[i], errs[i] = b.Receive(b.ctx, e, receive(e))
			})
			require.NoError(b.t, errors.Join(errs...))
			var sold []string
			for _, o := range paid {
				sold = append(sold, o.Keys...)
			}
			require.ElementsMatch(b.t, keys(2*buyers), sold)
		}},
		{"one payment heard fifty times at once counts once", func(b *bench) {
			b.load(vpn, keys(5)...)
			o := b.invoiced(b.placed(order(1, 7, vpn, 2)), 11)
			errs := make([]error, 50)
			crowd(50, func(i int) {
				var heard shop.Order
				heard, errs[i] = b.Receive(b.ctx, event(o, 11), receive(event(o, 11)))
				if len(heard.Keys) != 2 {
					errs[i] = errors.Join(errs[i], fmt.Errorf("answered without the keys: %v", heard.Keys))
				}
			})
			require.NoError(b.t, errors.Join(errs...))
			require.Len(b.t, b.stored(o.ID).Payments, 1)
			b.stocked(3, 0, 2)
			s, err := b.Statistics(b.ctx, "", "")
			require.NoError(b.t, err)
			require.Equal(b.t, 1, s.Total.Paid)
		}},
		{"changes of one order follow one another", func(b *bench) {
			o := b.placed(text(1, 7))
			errs := make([]error, 100)
			crowd(100, func(i int) {
				_, errs[i] = b.Change(b.ctx, o.ID, func(o *shop.Order, _ int) error {
					o.Place.Message++
					return nil
				})
			})
			require.NoError(b.t, errors.Join(errs...))
			require.Equal(b.t, 100, b.stored(o.ID).Place.Message)
		}},
		{"a step that fails harms no neighbour", func(b *bench) {
			const steps = 90
			for i := range steps {
				b.placed(text(i, int64(i)))
			}
			errs := make([]error, steps)
			crowd(steps, func(i int) {
				_, errs[i] = b.Change(b.ctx, text(i, int64(i)).ID, func(o *shop.Order, _ int) error {
					o.Place.Message = i + 1
					if i%3 == 0 {
						return errNo
					}
					return nil
				})
			})
			for i, err := range errs {
				want := i + 1
				if i%3 == 0 {
					require.ErrorIs(b.t, err, errNo)
					want = 0
				} else {
					require.NoError(b.t, err)
				}
				require.Equal(b.t, want, b.stored(text(i, int64(i)).ID).Place.Message)
			}
		}},
		{"no two workers have the same work", func(b *bench) {
			const works = 40
			for i := range works {
				b.placed(text(i, int64(i)))
			}
			var mu sync.Mutex
			times := map[shop.OrderID]int{}
			var failed error
			crowd(8, func(int) {
				for {
					claimed, err := b.Claim(b.ctx, shop.TaskInvoice, start(), start().Add(time.Minute), 3)
					mu.Lock()
					failed = errors.Join(failed, err)
					for _, o := range claimed {
						times[o.ID]++
					}
					mu.Unlock()
					if err != nil || len(claimed) == 0 {
						return
					}
				}
			})
			require.NoError(b.t, failed)
			require.Len(b.t, times, works)
			for id, n := range times {
				require.Equal(b.t, 1, n, "%s", id)
			}
		}},
		{"one list loaded by several at once is there once", func(b *bench) {
			added := make([]shop.StockAdded, 4)
			errs := make([]error, 4)
			crowd(4, func(i int) { added[i], errs[i] = b.AddStock(b.ctx, vpn, keys(1500), 7) })
			require.NoError(b.t, errors.Join(errs...))
			var sum shop.StockAdded
			for _, a := range added {
				sum.Added += a.Added
				sum.Duplicates += a.Duplicates
			}
			require.Equal(b.t, shop.StockAdded{Added: 1500, Duplicates: 4500}, sum)
			b.stocked(1500, 0, 0)
		}},
	}
}
