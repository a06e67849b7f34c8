package storage

import (
	"bytes"
	"context"
	"fmt"

	"shopbot/internal/shop"
)

// allTime stands in the place of a day for the sums since the beginning, and a month has monthMark
// before it. Both sort after every day.
const (
	allTime   = "all"
	monthMark = "m"
)

// statisticsDay is how the keys name a day or a month.
func statisticsDay(d shop.Day) string {
	if d.IsMonth() {
		return monthMark + string(d)
	}
	return string(d)
}

// sums are what the steps of a commit add to the statistics of its day, by SKU; "" for all
// products. Every step counts in the same few records, so they are written once a commit.
type sums map[string]*shop.Counters

// counters are where a step counts what happens to a product; "" for all products.
func (t *tx) counters(sku string) *shop.Counters {
	if t.batch.sums[sku] == nil {
		t.batch.sums[sku] = &shop.Counters{}
	}
	return t.batch.sums[sku]
}

// addSums writes the sums of a commit.
func (t *tx) addSums() {
	sums := map[string]shop.Counters{} // by key
	var keys [][]byte
	for sku, adds := range t.batch.sums {
		if adds.Zero() {
			continue
		}
		for _, key := range t.sumKeys(sku) {
			sums[string(key)], keys = *adds, append(keys, key)
		}
	}
	t.in.Expect(bucketStatistics, keys...)
	for _, key := range keys {
		t.addCounters(key, sums[string(key)])
	}
}

// sumKeys are the records that count what happens to a product in this commit.
func (t *tx) sumKeys(sku string) (keys [][]byte) {
	at, zone := t.batch.at, t.batch.zone
	for _, span := range []string{statisticsDay(shop.DayOf(at, zone)), statisticsDay(shop.MonthOf(at, zone)), allTime} {
		keys = append(keys, statisticsKey(span, sku))
	}
	return keys
}

// addCounters adds to one record. One that cannot be decoded is left alone, since no sale may fail
// because of it; Check reports it.
func (t *tx) addCounters(key []byte, adds shop.Counters) {
	var sum shop.Counters
	if record := t.get(bucketStatistics, key); record != nil {
		var err error
		if sum, err = decode[shop.Counters](record); err != nil {
			t.log.Error("count in statistics failed", "key", string(key), "error", err)
			return
		}
	}
	sum.Add(adds)
	t.putRecord(bucketStatistics, key, sum)
}

// Statistics implements shop.Store. Without bounds it reads one record a product, however old the
// shop is.
func (db *DB) Statistics(ctx context.Context, first, last shop.Day) (shop.Statistics, error) {
	from, to := []byte(statisticsDay(first)), []byte(statisticsDay(last))
	switch {
	case first == "" && last == "":
		from, to = []byte(allTime), []byte(allTime)
	case first == "" && last.IsMonth():
		from = []byte(monthMark)
	case last == "" && first.IsMonth():
		to = []byte(monthMark + "9999-99")
	case last == "":
		to = []byte("9999-99-99")
	}
	return query(ctx, db, func(t *tx) (shop.Statistics, error) {
		s := shop.Statistics{Products: map[string]shop.Counters{}}
		t.scan(bucketStatistics, nil, from, func(key, record []byte) bool {
			day, sku, _ := bytes.Cut(key, []byte{0})
			if bytes.Compare(day, to) > 0 {
				return false
			}
			c, err := decode[shop.Counters](record)
			if err != nil {
				t.check(fmt.Errorf("statistics of %s: %w", day, err))
				return false
			}
			addTo(&s, string(sku), c)
			return true
		})
		return s, nil
	})
}

// Totals implements shop.Store.
func (db *DB) Totals(ctx context.Context, days []shop.Day) ([]shop.Counters, error) {
	return query(ctx, db, func(t *tx) (_ []shop.Counters, err error) {
		list := make([]shop.Counters, len(days))
		for i, day := range days {
			if day == "" {
				day = allTime
			}
			record := t.get(bucketStatistics, statisticsKey(statisticsDay(day), ""))
			if record == nil {
				continue
			}
			if list[i], err = decode[shop.Counters](record); err != nil {
				return nil, fmt.Errorf("statistics of %s: %w", day, err)
			}
		}
		return list, nil
	})
}

func addTo(s *shop.Statistics, sku string, c shop.Counters) {
	if sku == "" {
		s.Total.Add(c)
		return
	}
	sum := s.Products[sku]
	sum.Add(c)
	s.Products[sku] = sum
}
