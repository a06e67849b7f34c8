package storage

import "shopbot/internal/shop"

// expect says what the steps of a commit will read of their orders and products, for an engine that
// is asked over a network: one by one, each entry would take a round trip while all other writers
// wait. What cannot be read here fails in the steps.
func (t *tx) expect(steps []*step) {
	for _, s := range steps {
		if s.order.ID == "" || s.mustRollBack || s.withdrawn() { // whose order may be changed by now
			continue
		}
		t.in.Expect(bucketOrders, []byte(s.order.ID))
		if s.order.Buyer.ID != 0 { // a new order
			t.expectRecordsOf(&s.order)
			t.in.ExpectScanBack(bucketByBuyer, number(s.order.Buyer.ID), latest)
		}
	}
	for _, s := range steps {
		if s.order.ID == "" || s.mustRollBack || s.withdrawn() || s.order.Buyer.ID != 0 {
			continue
		}
		if o, err := decode[orderRecord](t.get(bucketOrders, []byte(s.order.ID))); err == nil {
			t.expectRecordsOf(&o.Order)
		}
	}
}

// expectRecordsOf expects what a change of an order reads beside the order itself.
func (t *tx) expectRecordsOf(o *shop.Order) {
	t.in.Expect(bucketPeople, number(o.Buyer.ID))
	t.in.Expect(bucketAudit, number(t.sequence(bucketAudit)))
	t.in.Expect(bucketStatistics, t.sumKeys("")...)
	for i := range o.Lines {
		sku := o.Lines[i].SKU
		t.in.Expect(bucketStatistics, t.sumKeys(sku)...)
		t.in.Expect(bucketWishesOf, wishOfKey(o.Buyer.ID, sku))
		if o.Lines[i].FromStock {
			t.in.Expect(bucketStock, []byte(sku))
			t.in.ExpectScan(bucketUnits, under(sku), nil)
		}
	}
}
