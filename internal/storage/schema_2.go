package storage

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// beginAudit is schema 2: orders and counters are no longer JSON, and the audit trail begins with what there
// is. The news of payments from before stay where they were, in the bucket "events".
func (t *tx) beginAudit() error {
	if err := t.makeBuckets(audit.name, sold.name, inWork.name); err != nil {
		return err
	}
	if err := t.rewriteOrders(); err != nil {
		return err
	}
	if err := t.rewriteCounters(); err != nil {
		return err
	}
	t.shortenMarks()
	now := time.Now()
	var opening []auditRecord
	t.scan(stocks, nil, nil, func(sku, record []byte) bool {
		s, err := decodeStock(record)
		t.check(err)
		opening = append(opening, auditRecord{AuditEntry: shop.AuditEntry{
			Act: shop.AuditOpening, At: now, SKU: string(sku), Units: s.Free + s.Reserved, Reserved: s.Reserved,
		}})
		return t.failed == nil
	})
	for _, r := range opening {
		t.append(r)
	}
	sums, err := decodeCounters(t.get(statistics, statisticsKey(allTime, "")))
	t.check(err)
	for _, a := range sums.Received {
		t.append(openingCoins(a, openingReceived, now))
	}
	for _, a := range sums.Refunded {
		t.append(openingCoins(a, openingRefunded, now))
	}
	return t.failed
}

// What an opening entry's coins are.
const (
	openingReceived = "received"
	openingRefunded = "refunded"
)

func openingCoins(a money.Amount, what string, at time.Time) auditRecord {
	return auditRecord{AuditEntry: shop.AuditEntry{Act: shop.AuditOpening, At: at, Amount: a, Reference: what}}
}

// rewriteOrders turns the JSON of schema 1 into records of today.
func (t *tx) rewriteOrders() error {
	var after []byte
	for {
		var ids []shop.OrderID
		var list []shop.Order
		t.scan(delivered, nil, after, func(id, record []byte) bool {
			o, err := decodeJSONOrder(record)
			if err != nil {
				t.check(fmt.Errorf("%w: order %s: %w", ErrDamaged, id, err))
				return false
			}
			ids, list = append(ids, shop.OrderID(id)), append(list, o)
			after = append(bytes.Clone(id), 0) // the least key above
			return len(list) < defaultPage
		})
		if t.failed != nil || len(list) == 0 {
			return t.failed
		}
		for i := range list {
			o := savedOrder{Order: list[i], terms: t.putTerms(&list[i])}
			is, id := delivered, []byte(o.ID) // up to schema 5 all that rested lay there
			if home(&o.Order) == inWork {
				t.remove(delivered, id)
				is = inWork
			}
			t.put(is, id, encodeOrder(nil, &o))
		}
	}
}

func decodeJSONOrder(record []byte) (o shop.Order, err error) {
	var links struct {
		Invoice struct {
			MiniApp string `json:"mini_app_url"`
			Bot     string `json:"bot_url"`
			WebApp  string `json:"web_app_url"`
		} `json:"invoice"`
	}
	if err := errors.Join(decodeJSON(record, &o), decodeJSON(record, &links)); err != nil {
		return o, err
	}
	if o.Open() {
		o.Invoice.URL = cmp.Or(links.Invoice.MiniApp, links.Invoice.Bot, links.Invoice.WebApp)
	}
	return o, nil
}

// shortenMarks cuts the marks of known keys, which were 16 bytes of a hash, to today's length.
func (t *tx) shortenMarks() {
	const before = 16
	var long [][]byte
	t.scan(known, nil, nil, func(mark, _ []byte) bool {
		long = append(long, bytes.Clone(mark))
		return true
	})
	for _, mark := range long {
		t.remove(known, mark)
		t.put(known, mark[:max(len(mark)-before+markBytes, 0)], nil)
	}
}

// jsonCounters are counters in the JSON of schema 1.
type jsonCounters struct {
	Ordered, Paid, Units, Delivered, Held, Cancelled int
	Revenue, Received, Fees, Refunded                map[money.Currency]money.Amount
}

func (j jsonCounters) today() *shop.Counters {
	c := &shop.Counters{
		Ordered: j.Ordered, Paid: j.Paid, Units: j.Units, Delivered: j.Delivered, Held: j.Held, Cancelled: j.Cancelled,
	}
	for sums, amounts := range map[*shop.Sums]map[money.Currency]money.Amount{
		&c.Revenue: j.Revenue, &c.Received: j.Received, &c.Fees: j.Fees, &c.Refunded: j.Refunded,
	} {
		for _, a := range amounts {
			sums.Add(a)
		}
	}
	return c
}

func (t *tx) rewriteCounters() error {
	records := map[string]*shop.Counters{}
	t.scan(statistics, nil, nil, func(key, record []byte) bool {
		var j jsonCounters
		if err := decodeJSON(record, &j); err != nil {
			t.check(fmt.Errorf("%w: counters %q: %w", ErrDamaged, key, err))
			return false
		}
		records[string(key)] = j.today()
		return true
	})
	for key, counters := range records {
		t.put(statistics, []byte(key), encodeCounters(nil, counters))
	}
	return t.failed
}

// decodeJSON reads a record of schema 1.
func decodeJSON(record []byte, v any) error {
	if len(record) == 0 || record[0] != formatJSON {
		return errors.New("record of an unknown format")
	}
	return json.Unmarshal(record[1:], v)
}

// formatJSON was the first byte of a record that is JSON.
const formatJSON = 1
