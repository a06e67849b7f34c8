package export

import (
	"context"
	"iter"

	"shopbot/internal/shop"
)

func auditColumns() []column {
	return []column{
		{"number", number},
		{"time", word},
		{"act", word},
		{"order", word},
		{"by", number},
		{"sku", text},
		{"units", number},
		{"reserved", number},
		{"goods", word},
		{"batch", number},
		{"amount", amount},
		{"currency", word},
		{"fee", amount},
		{"fee_currency", word},
		{"reference", text},
		{"reason", text},
	}
}

// audit adds a row for each entry of the audit trail, and another one for each further product that
// it moves.
func (e *exporter) audit(ctx context.Context, t *table) iter.Seq[error] {
	last := int64(0)
	next := func(ctx context.Context) ([]shop.AuditEntry, error) {
		entries, err := e.from.AuditTrail(ctx, last, pageSize)
		if len(entries) > 0 {
			last = entries[len(entries)-1].Number
		}
		return entries, err
	}
	return rowsOf(ctx, next, func(a *shop.AuditEntry) error {
		if !e.within(a.At) {
			return nil
		}
		at := stamp(a.At, e.zone)
		for i := range max(len(a.Stock), 1) {
			t.add(itoa(a.Number), at, string(a.Act), string(a.Order), nonZero(a.By))
			if i < len(a.Stock) {
				m := a.Stock[i]
				t.add(m.SKU, nonZero(m.Units), nonZero(m.Reserved), m.Goods)
			} else {
				t.add("", "", "", "")
			}
			if i == 0 {
				t.add(nonZero(a.Batch), decimal(a.Amount), string(a.Amount.Currency()), decimal(a.Fee), string(a.Fee.Currency()), a.Reference, a.Reason)
			}
			t.end()
		}
		return nil
	})
}
