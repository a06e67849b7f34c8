package shop

import (
	"context"
	"time"

	"shopbot/internal/catalog"
)

// LowStock is a product of which the owners should load more.
type LowStock struct {
	SKU   string
	Title catalog.Text
	Level StockLevel // StockLow or StockSoldOut
	// Left is how many units no buyer has paid for.
	Left int
	// Days is how long Left lasts at the pace of the last week; 0 if too few were sold to tell.
	Days int
}

// Times of the look at the stock.
const (
	stockLook  = time.Minute // between looks without any hint
	stockPause = time.Second // after a look: sales that follow one another share the next one
)

// paceDays is how many days the pace of sales is taken from, fewestSold how many sales tell one.
const (
	paceDays   = 7
	fewestSold = 3
)

// stockNote keeps the level of each product that the owners know, so that each crossing is told
// once, also after a restart.
const stockNote = "stock levels"

// lookAtStock has watchStock look. It is a hint.
func (s *Shop) lookAtStock() {
	hint(s.stockMoved)
}

// watchStock tells the owners when a product runs low or is sold out.
func (s *Shop) watchStock(ctx context.Context) {
	for {
		if err := s.tellStock(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "tell of low stock failed", "error", err)
		}
		await(ctx, stockLook, s.stockMoved)
		if !sleep(ctx, stockPause) {
			return
		}
	}
}

// unsold is how much of a product no buyer has paid for. Reserved units count: reservations that
// lapse must not be told as stock that comes and goes.
func (s Stock) unsold() Stock { return Stock{Free: s.Free + s.Reserved} }

// tellStock compares the stock with what the owners know, and tells of each product that got worse
// since. One that is seen for the first time did not. A product that was low and is loaded above the
// threshold is told again the next time.
func (s *Shop) tellStock(ctx context.Context) error {
	known := map[string]StockLevel{}
	if _, err := ReadNote(ctx, s.store, stockNote, &known); err != nil {
		return err
	}
	stock, err := s.store.Stock(ctx)
	if err != nil {
		return err
	}
	levels := map[string]StockLevel{}
	changed := false
	var low []LowStock
	for _, p := range s.Catalog().Products {
		has, some := stock[p.SKU]
		if !some || !p.Deliver.FromStock() {
			continue
		}
		left := has.unsold()
		level := left.Level(p.WarnBelow)
		had, seen := known[p.SKU]
		levels[p.SKU] = level
		changed = changed || !seen || level != had
		if seen && (level == StockSoldOut && had != StockSoldOut || level == StockLow && had == StockEnough) {
			low = append(low, LowStock{SKU: p.SKU, Title: p.Title, Level: level, Left: left.Free})
		}
	}
	if len(low) > 0 {
		if err := s.estimateDays(ctx, low); err != nil {
			return err
		}
		if err := s.courier.TellStock(ctx, low); err != nil && !IsFinal(err) {
			return err
		}
		s.log.InfoContext(ctx, "stock is low", "products", len(low), "first", low[0].SKU, "level", low[0].Level)
	}
	if !changed && len(levels) == len(known) {
		return nil
	}
	return KeepNote(context.WithoutCancel(ctx), s.store, stockNote, levels)
}

// estimateDays tells how long the units last that are left.
func (s *Shop) estimateDays(ctx context.Context, low []LowStock) error {
	today, zone := time.Now(), s.cfg.Catalog().Shop.Zone()
	week, err := s.store.Statistics(ctx, DayOf(today.AddDate(0, 0, 1-paceDays), zone), DayOf(today, zone))
	if err != nil {
		return err
	}
	for i := range low {
		if sold := week.Products[low[i].SKU].Units; sold >= fewestSold && low[i].Left > 0 {
			low[i].Days = max(low[i].Left*paceDays/sold, 1)
		}
	}
	return nil
}

// LowStock counts the products of the catalog that are low or sold out. It reads the stock alone.
func (s *Shop) LowStock(ctx context.Context) (n int, err error) {
	stock, err := s.store.Stock(ctx)
	if err != nil {
		return 0, err
	}
	return CountLow(s.Catalog().Products, stock), nil
}

// CountLow counts the products that are low or sold out. stock is by SKU.
func CountLow(products []catalog.Product, stock map[string]Stock) (n int) {
	for i := range products {
		p := &products[i]
		if p.Deliver.FromStock() && stock[p.SKU].unsold().Level(p.WarnBelow) != StockEnough {
			n++
		}
	}
	return n
}
