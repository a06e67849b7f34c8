package storage

// expect has all that the steps of a commit will read of their orders read at once. It is for an
// engine that is asked over a network: each of these entries would take a round trip while all other
// writers wait. What cannot be read here fails in the steps.
func (t *tx) expect(steps []*step) {
	var orders, people, wishes [][]byte
	for _, s := range steps {
		if s.order != "" && !s.mustRollBack {
			orders = append(orders, []byte(s.order))
		}
	}
	t.check(t.in.Expect(bucketOrders, orders...))
	for _, id := range orders {
		o, err := decode[orderRecord](t.get(bucketOrders, id))
		if err != nil {
			continue
		}
		people = append(people, number(o.Buyer.ID))
		for i := range o.Lines {
			wishes = append(wishes, wishOfKey(o.Buyer.ID, o.Lines[i].SKU))
		}
	}
	t.check(t.in.Expect(bucketPeople, people...))
	t.check(t.in.Expect(bucketWishesOf, wishes...))
}
