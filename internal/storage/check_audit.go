package storage

import (
	"maps"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// trailBegan is when the trail of a shop began that is older than it; the zero time for all others.
func (t *tx) trailBegan() time.Time {
	record := t.get(audit, number(1))
	if record == nil {
		return time.Time{}
	}
	first, err := decodeAudit(1, record)
	if err != nil || first.Act != shop.AuditOpening {
		return time.Time{}
	}
	return first.At
}

// tally is what the audit trail says has moved.
type tally struct {
	units, reserved    map[string]int // by SKU
	received, refunded shop.Sums
}

// checkAudit follows the audit trail and compares what it says has moved with what is there.
func (c *checker) checkAudit() {
	sums := tally{units: map[string]int{}, reserved: map[string]int{}}
	v := verifier{hash: make([]byte, hashBytes)}
	c.scan(audit, nil, nil, func(key, record []byte) bool {
		if err := v.next(toNumber(key), record); err != nil {
			c.breach("%v", err)
			return false
		}
		r, err := decodeAudit(v.number, record)
		if err != nil {
			c.breach("%v", err)
			return false
		}
		sums.add(&r.AuditEntry)
		return true
	})
	if err := v.end(c.tx); err != nil {
		c.breach("%v", err)
		return
	}
	c.compareUnits(sums)
	c.compareCoins(sums)
}

func (t *tally) add(e *shop.AuditEntry) {
	if e.SKU != "" {
		t.units[e.SKU] += e.Units
		t.reserved[e.SKU] += e.Reserved
	}
	switch e.Act {
	case shop.AuditPaid, shop.AuditPaidAgain:
		t.received.Add(e.Amount)
	case shop.AuditRefundSent:
		t.refunded.Add(e.Amount)
	case shop.AuditOpening:
		if e.Reference == openingRefunded {
			t.refunded.Add(e.Amount)
		} else {
			t.received.Add(e.Amount)
		}
	default: // moves no coins
	}
}

func (c *checker) compareUnits(sums tally) {
	skus := slices.Collect(maps.Keys(sums.units))
	c.scan(stocks, nil, nil, func(sku, _ []byte) bool {
		skus = append(skus, string(sku))
		return true
	})
	slices.Sort(skus)
	for _, sku := range slices.Compact(skus) {
		s := c.tx.stock(sku)
		if said := sums.units[sku]; said != s.Free+s.Reserved {
			c.breach("the audit trail says that %d units of %s are there, and there are %d", said, sku, s.Free+s.Reserved)
		}
		if said := sums.reserved[sku]; said != s.Reserved {
			c.breach("the audit trail says that %d units of %s are reserved, and there are %d", said, sku, s.Reserved)
		}
	}
}

func (c *checker) compareCoins(sums tally) {
	counted, err := decodeCounters(c.get(statistics, statisticsKey(allTime, "")))
	c.check(err)
	for _, side := range []struct {
		what          string
		said, counted shop.Sums
	}{{"received", sums.received, counted.Received}, {"refunded", sums.refunded, counted.Refunded}} {
		if a, b := asText(side.said), asText(side.counted); a != b {
			c.breach("the audit trail says that %s were %s, and the statistics %s", a, side.what, b)
		}
	}
}

// checkTrail looks whether the audit trail has what belongs to an order: the news of each payment, and its keys.
func (c *checker) checkTrail(o *shop.Order) {
	trail, err := c.trailOf(o.ID)
	if err != nil {
		c.breach("%v", err)
		return
	}
	keys := ""
	for i := range trail {
		r := &trail[i]
		if r.Keys != "" {
			keys = r.Keys
		}
		c.checkNews(o, r)
	}
	for _, p := range o.Payments {
		if p.At.Before(c.begun) {
			continue // before there was a trail
		}
		if !slices.ContainsFunc(trail, func(r auditRecord) bool { return r.source != "" && paymentBy(o, r.Reference) == p }) {
			c.breach("order %s: the news of the payment of invoice %d is missing", o.ID, p.Invoice)
		}
	}
	if keys != "" && keys != shop.Fingerprint(o.Keys) {
		c.breach("order %s owns other keys than the audit trail says", o.ID)
	}
}

func (c *checker) checkNews(o *shop.Order, r *auditRecord) {
	if r.source == "" {
		return
	}
	if _, err := unpack(r.packed); err != nil {
		c.breach("order %s: the news of the payment of invoice %s: %v", o.ID, r.Reference, err)
	}
	if paymentBy(o, r.Reference).Invoice == 0 {
		c.breach("order %s knows nothing of the payment of invoice %s, whose news are kept", o.ID, r.Reference)
	}
}
