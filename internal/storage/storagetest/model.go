package storagetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// model is a store without a disk and without indexes: it looks at everything each time. It is what
// a Store has to behave like.
type model struct {
	orders map[shop.OrderID]shop.Order
	told   map[shop.OrderID]int // when the audit trail last told of an order, counted
	news   int
	free   map[string][]string // units for sale, those that are reserved included
	stockModel
	total  shop.Counters
	by     map[string]shop.Counters
	claims map[shop.Task]map[shop.OrderID]time.Time
}

func newModel() *model {
	return &model{
		orders: map[shop.OrderID]shop.Order{}, told: map[shop.OrderID]int{}, free: map[string][]string{},
		stockModel: newStockModel(), by: map[string]shop.Counters{}, claims: make(map[shop.Task]map[shop.OrderID]time.Time),
	}
}

func (m *model) stock(sku string) shop.Stock {
	s := shop.Stock{Free: len(m.free[sku])}
	for _, o := range m.orders {
		s.Free -= o.Reserved()[sku]
		s.Reserved += o.Reserved()[sku]
		for i := range o.Lines {
			if o.Lines[i].SKU == sku && o.Lines[i].FromStock {
				s.Sold += len(o.Lines[i].Goods)
				s.Burned += len(o.Lines[i].Replaced)
			}
		}
	}
	return s
}

// lacks is the error about the first line of after that is short.
func (m *model) lacks(before, after shop.Order) error {
	for i := range after.Lines {
		sku := after.Lines[i].SKU
		has := m.stock(sku).Free + before.Reserved()[sku]
		if after.Reserved()[sku]+after.Owed()[sku] > has {
			return &shop.SoldOutError{SKU: sku, Left: has}
		}
	}
	return nil
}

func (m *model) put(before, after shop.Order) (shop.Order, error) {
	if err := m.lacks(before, after); err != nil {
		return before, err
	}
	err := after.TakeUnits(func(sku string, n int) (units []string, err error) {
		rest := slices.DeleteFunc(slices.Clone(m.free[sku]), func(unit string) bool {
			takes := len(units) < n && !before.Had(sku, unit)
			if takes {
				units = append(units, unit)
			}
			return takes
		})
		if len(units) < n {
			return nil, &shop.SoldOutError{SKU: sku, Left: len(units)}
		}
		m.free[sku] = rest
		for _, unit := range units {
			m.sell(sku, unit, after.ID)
		}
		return units, nil
	})
	if err != nil {
		return before, err
	}
	for sku, units := range shop.Burned(&before, &after) {
		for _, unit := range units {
			*m.units[sku][shop.CanonicalUnit(unit)] = modelUnit{where: shop.UnitBurned, order: after.ID}
		}
	}
	if len(shop.Trail(&before, &after)) > 0 {
		m.news++
		m.told[after.ID] = m.news
	}
	m.count(&before, &after)
	m.orders[after.ID] = after
	return after, nil
}

// count adds a change to the statistics.
func (m *model) count(before, after *shop.Order) {
	adds := map[string]*shop.Counters{}
	shop.Tally(before, after, func(sku string) *shop.Counters {
		if adds[sku] == nil {
			adds[sku] = &shop.Counters{}
		}
		return adds[sku]
	})
	for sku, add := range adds {
		if sku == "" {
			m.total.Add(*add)
		} else if !add.Zero() {
			sum := m.by[sku]
			sum.Add(*add)
			m.by[sku] = sum
		}
	}
}

func (m *model) checkout(o shop.Order, until time.Time, rule shop.CheckoutRule) (stored shop.Order, created bool, err error) {
	if had, found := m.orders[o.ID]; found {
		return had, false, nil
	}
	latest := m.list(func(other *shop.Order) bool { return other.Buyer.ID == o.Buyer.ID })
	slices.Reverse(latest)
	err = rule(&o, shop.View{
		Free:   func(sku string) int { return m.stock(sku).Free },
		Latest: func(n int) ([]shop.Order, error) { return latest[:min(n, len(latest))], nil },
	})
	if err == nil {
		o, err = m.put(shop.Order{}, o)
	}
	if err != nil {
		return shop.Order{}, false, err
	}
	m.claimFor(shop.TaskInvoice, o.ID, until)
	return o, true, nil
}

func (m *model) change(id shop.OrderID, rule shop.Rule) (shop.Order, error) {
	before, found := m.orders[id]
	if !found {
		return before, shop.ErrNotFound
	}
	after := deepCopy(before)
	err := rule(&after, func(sku string) int { return m.stock(sku).Free + before.Reserved()[sku] })
	if errors.Is(err, shop.ErrUnchanged) {
		return before, nil
	}
	if err != nil {
		return before, err
	}
	return m.put(before, after)
}

func deepCopy(o shop.Order) (c shop.Order) {
	text, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		panic(err) // of the model's own orders
	}
	return c
}

type modelJob struct {
	due  time.Time
	told int
	id   shop.OrderID
}

// jobs lists all work of a kind, the longest due first, then what was told of longest ago. A
// claimed job is looked at again at the claim's end.
func (m *model) jobs(task shop.Task) []modelJob {
	var list []modelJob
	for _, o := range m.orders {
		for _, j := range o.Jobs() {
			if end, claimed := m.claims[task][o.ID]; claimed {
				j.Due = end
			}
			if j.Task == task {
				list = append(list, modelJob{j.Due, m.told[o.ID], o.ID})
			}
		}
	}
	slices.SortFunc(list, func(a, b modelJob) int {
		return cmp.Or(a.due.Compare(b.due), cmp.Compare(a.told, b.told), cmp.Compare(a.id, b.id))
	})
	return list
}

func (m *model) claim(task shop.Task, now, until time.Time, limit int) []shop.Order {
	var claimed []shop.Order
	maps.DeleteFunc(m.claims[task], func(id shop.OrderID, end time.Time) bool {
		o := m.orders[id]
		waits := slices.ContainsFunc(o.Jobs(), func(j shop.Job) bool { return j.Task == task })
		return waits && !end.After(now) // else it says when the work is due if the order gets it again
	})
	for _, j := range m.jobs(task) {
		if len(claimed) == limit || j.due.After(now) {
			break
		}
		m.claimFor(task, j.id, until)
		claimed = append(claimed, m.orders[j.id])
	}
	return claimed
}

func (m *model) claimFor(task shop.Task, id shop.OrderID, until time.Time) {
	if m.claims[task] == nil {
		m.claims[task] = map[shop.OrderID]time.Time{}
	}
	m.claims[task][id] = until
}

// list lists the orders that are wanted, oldest first.
func (m *model) list(wanted func(o *shop.Order) bool) []shop.Order {
	list := []shop.Order{}
	for _, id := range slices.Sorted(maps.Keys(m.orders)) {
		if o := m.orders[id]; wanted(&o) {
			list = append(list, o)
		}
	}
	return list
}
