package storage

import "shopbot/internal/shop"

// ledger collects the sums of a commit: everybody counts in the same few records, which are so
// written once a commit.
type ledger struct {
	statistics map[account]*shop.Counters // what is to be added
	stock      map[string]shop.Stock      // sku => what is left
}

// account names one record of statistics.
type account struct {
	day shop.Day
	sku string
}

func newLedger() ledger {
	return ledger{statistics: map[account]*shop.Counters{}, stock: map[string]shop.Stock{}}
}

// writeLedger ends a commit.
func (t *tx) writeLedger() error {
	for of, adds := range t.book.statistics {
		if adds.Zero() {
			continue
		}
		for _, day := range []shop.Day{of.day, allTime} {
			t.addCounters(account{day: day, sku: of.sku}, adds)
			t.addCounters(account{day: day}, adds)
		}
	}
	for sku, s := range t.book.stock {
		t.put(stocks, []byte(sku), encodeStock(s))
	}
	return t.failed
}
