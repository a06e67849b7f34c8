package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"shopbot/internal/shop"
)

// allTime stands in the place of a day for the sums since the beginning.
const allTime = "all"

// count adds to the counters of a product and of all, of the day and of all time.
func (t *tx) count(sku string, c shop.Counters, now time.Time) {
	if c.Zero() {
		return
	}
	for _, day := range []string{string(shop.DayOf(now)), allTime} {
		for _, product := range []string{sku, ""} {
			key := statisticsKey(day, product)
			sum := t.counters(t.get(statistics, key))
			sum.Add(c)
			raw, err := json.Marshal(sum)
			t.check(err)
			t.put(statistics, key, raw)
		}
	}
}

func (t *tx) counters(raw []byte) (c shop.Counters) {
	if raw != nil {
		t.check(json.Unmarshal(raw, &c))
	}
	return c
}

func statisticsKey(day, sku string) []byte { return join([]byte(day), []byte{0}, []byte(sku)) }

// Statistics implements shop.Store.
func (db *DB) Statistics(ctx context.Context, first, last shop.Day) (shop.Statistics, error) {
	s := shop.Statistics{Products: map[string]shop.Counters{}}
	from, to := string(first), string(last)
	if first == "" && last == "" {
		from, to = allTime, allTime
	}
	err := db.read(ctx, func(t *tx) error {
		c := t.Bucket(statistics).Cursor()
		for k, v := c.Seek([]byte(from)); k != nil; k, v = c.Next() {
			day, sku, _ := bytes.Cut(k, []byte{0})
			if to != "" && string(day) > to || to == "" && string(day) == allTime {
				break
			}
			found := t.counters(v)
			if len(sku) == 0 {
				s.Total.Add(found)
				continue
			}
			sum := s.Products[string(sku)]
			sum.Add(found)
			s.Products[string(sku)] = sum
		}
		return t.failed
	})
	return s, err
}
