package storage

import (
	"bytes"
	"context"

	"shopbot/internal/shop"
)

// allTime stands in the place of a day for the sums since the beginning. It sorts after every day.
const allTime = "all"

// count is what one change of an order adds to the statistics.
type count struct {
	sku  string
	day  shop.Day
	adds shop.Counters
}

func (t *tx) count(sku string, day shop.Day, adds shop.Counters) {
	if !adds.Zero() {
		t.counts = append(t.counts, count{sku: sku, day: day, adds: adds})
	}
}

// ledger collects the counts of a commit: everybody counts in the same few
// records, which are so written once a commit.
type ledger map[account]*shop.Counters

// account names one record of statistics.
type account struct{ day, sku string }

func (l ledger) add(counts []count) {
	for _, c := range counts {
		for _, day := range []string{string(c.day), allTime} {
			for _, sku := range []string{c.sku, ""} {
				to := account{day: day, sku: sku}
				if l[to] == nil {
					l[to] = &shop.Counters{}
				}
				l[to].Add(c.adds)
			}
		}
	}
}

// write adds what was collected to what is stored.
func (l ledger) write(t *tx) error {
	for name, adds := range l {
		key := statisticsKey(name.day, name.sku)
		sum, err := decodeCounters(t.get(statistics, key))
		if err != nil {
			return err
		}
		sum.Add(*adds)
		t.put(statistics, key, encodeCounters(&sum))
	}
	return t.failed
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
