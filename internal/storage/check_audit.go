package storage

import (
	"maps"
	"slices"

	"shopbot/internal/shop"
)

// moved is what the audit trail says has moved.
type moved struct {
	units, reserved    map[string]int // by SKU
	received, refunded shop.Sums
}

func (m *moved) add(e *shop.AuditEntry) {
	for _, move := range e.Stock {
		m.units[move.SKU] += move.Units
		m.reserved[move.SKU] += move.Reserved
	}
	switch e.Act {
	case shop.AuditPaid, shop.AuditPaidAgain:
		m.received.Add(e.Amount)
	case shop.AuditRefundSent:
		m.refunded.Add(e.Amount)
	default: // moves no coins
	}
}

// checkAudit follows the audit trail and compares what it says has moved with what is there.
func (c *checker) checkAudit() {
	sums := moved{units: map[string]int{}, reserved: map[string]int{}}
	v := newVerifier()
	var broken error
	c.scan(bucketAudit, nil, nil, func(key, value []byte) bool {
		var r auditRecord
		if r, broken = v.next(toNumber(key), value); broken == nil {
			sums.add(&r.AuditEntry)
		}
		return broken == nil
	})
	if broken == nil {
		broken = v.end(c.tx)
	}
	if broken != nil {
		c.breach("%v", broken)
		return
	}
	c.compareUnits(sums)
	c.compareCoins(sums)
}

func (c *checker) compareUnits(sums moved) {
	skus := slices.Collect(maps.Keys(sums.units))
	c.scan(bucketStock, nil, nil, func(sku, _ []byte) bool {
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

func (c *checker) compareCoins(sums moved) {
	var counted shop.Counters
	if record := c.get(bucketStatistics, statisticsKey(allTime, "")); record != nil {
		counted, _ = decode[shop.Counters](record) // checkStatistics reports it
	}
	for _, side := range []struct {
		what          string
		said, counted shop.Sums
	}{{"received", sums.received, counted.Received}, {"refunded", sums.refunded, counted.Refunded}} {
		if a, b := asText(side.said), asText(side.counted); a != b {
			c.breach("the audit trail says that %s were %s, and the statistics %s", a, side.what, b)
		}
	}
}

// checkTrail checks that the audit trail has all of an order: each payment as it came, and its
// units.
func (c *checker) checkTrail(o *orderRecord) {
	trail, err := c.trailOf(o)
	if err != nil {
		c.breach("order %s: %v", o.ID, err)
		return
	}
	raw, owned, replaced := map[string]bool{}, map[string]string{}, []shop.StockMove(nil)
	for i := range trail {
		for _, move := range trail[i].Stock {
			switch {
			case move.Burned != "":
				replaced = append(replaced, move)
			case move.Goods != "":
				owned[move.SKU] = move.Goods
			}
		}
		if r := &trail[i]; r.Source != "" {
			raw[r.Reference] = true
			if _, found := o.PaymentOf(r.Reference); !found {
				c.breach("order %s does not have the payment of invoice %s, which came", o.ID, r.Reference)
			}
		}
	}
	for _, p := range o.Payments {
		if !raw[p.Invoice] {
			c.breach("order %s: the payment of invoice %s is not there as it came", o.ID, p.Invoice)
		}
	}
	c.checkReplaced(&o.Order, replaced)
	goods, first := map[string][]string{}, o.Clone()
	for i := range first.Lines { // as they were before any was replaced
		l := &first.Lines[i]
		l.Goods = slices.Clone(l.Goods)
		for _, r := range slices.Backward(l.Replaced) {
			if at := slices.Index(l.Goods, r.New); at >= 0 {
				l.Goods[at] = r.Old
			}
		}
	}
	eachUnit(&first, func(sku, unit string) { goods[sku] = append(goods[sku], unit) })
	for sku, units := range goods {
		if owned[sku] != shop.Fingerprint(units) {
			c.breach("order %s owns other units of %s than the audit trail says", o.ID, sku)
		}
	}
}

// checkReplaced compares the units that were replaced in an order with what the audit trail says.
func (c *checker) checkReplaced(o *shop.Order, said []shop.StockMove) {
	for i := range o.Lines {
		l := &o.Lines[i]
		for _, r := range l.Replaced {
			move := shop.StockMove{SKU: l.SKU, Units: -1, Goods: shop.UnitName(r.New), Burned: shop.UnitName(r.Old)}
			at := slices.Index(said, move)
			if at < 0 {
				c.breach("order %s has a unit of %s replaced of which the audit trail does not tell", o.ID, l.SKU)
				continue
			}
			said = slices.Delete(said, at, at+1)
		}
	}
	if len(said) > 0 {
		c.breach("the audit trail tells of %d units replaced in order %s that are not", len(said), o.ID)
	}
}
