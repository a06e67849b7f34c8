package shop

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// MaxBestSellers is the most products that BestSellers lists.
	MaxBestSellers = 50
	// bestSellersLife is how long the list is kept: reading it takes one or two records a product.
	bestSellersLife = 10 * time.Minute
)

// bestSellers remembers what sells best.
type bestSellers struct {
	mu   sync.Mutex
	skus []string
	read time.Time
}

// BestSellers lists the SKUs of what most orders of this month and the one before were paid for, the
// most first. It is up to ten minutes old, and may list what is not offered any more.
func (s *Shop) BestSellers(ctx context.Context) ([]string, error) {
	b := &s.best
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !b.read.IsZero() && now.Sub(b.read) < bestSellersLife {
		return b.skus, nil
	}
	zone := s.cfg.Catalog().Shop.Zone()
	month := now.In(zone)
	before := time.Date(month.Year(), month.Month()-1, 1, 12, 0, 0, 0, zone)
	sold, err := s.store.Statistics(ctx, MonthOf(before, zone), MonthOf(now, zone))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(sold.Products, func(_ string, c Counters) bool { return c.Paid == 0 })
	skus := slices.SortedFunc(maps.Keys(sold.Products), func(x, y string) int {
		a, b := sold.Products[x], sold.Products[y]
		return cmp.Or(cmp.Compare(b.Paid, a.Paid), cmp.Compare(b.Units, a.Units), cmp.Compare(x, y))
	})
	b.skus, b.read = slices.Clip(skus[:min(len(skus), MaxBestSellers)]), now
	return b.skus, nil
}
