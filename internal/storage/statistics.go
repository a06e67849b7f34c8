package storage

import (
	"bytes"
	"context"

	"shopbot/internal/shop"
)

// allTime stands in the place of a day for the sums since the beginning. It sorts after every day.
const allTime = "all"

// counters are where a step counts what happens to a product today.
func (t *tx) counters(sku string) *shop.Counters {
	today := account{day: t.today(), sku: sku}
	if t.book.statistics[today] == nil {
		t.book.statistics[today] = &shop.Counters{}
	}
	return t.book.statistics[today]
}

// addCounters adds to one record of statistics.
func (t *tx) addCounters(to account, adds *shop.Counters) {
	key := statisticsKey(string(to.day), to.sku)
	sum, err := decodeCounters(t.get(statistics, key))
	if err != nil {
		t.check(err)
		return
	}
	sum.Add(*adds)
	t.room = encodeCounters(t.room, &sum)
	t.put(statistics, key, t.room)
}

// Statistics implements shop.Store. Without bounds it reads one record a product,
// however old the shop is.
func (db *DB) Statistics(ctx context.Context, first, last shop.Day) (shop.Statistics, error) {
	from, to := []byte(first), under(string(last))
	switch {
	case first == "" && last == "":
		from, to = under(allTime), under(allTime)
	case last == "":
		to = []byte("9999-99-99")
	}
	s := shop.Statistics{Products: map[string]shop.Counters{}}
	err := db.read(ctx, func(t *tx) error {
		t.scan(statistics, nil, from, func(key, record []byte) bool {
			day, sku, _ := bytes.Cut(key, []byte{0})
			if bytes.Compare(day, to) > 0 {
				return false
			}
			c, err := decodeCounters(record)
			t.check(err)
			addTo(&s, string(sku), c)
			return t.failed == nil
		})
		return t.failed
	})
	return s, err
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
