package storagetest

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// model is a store without a disk and without indexes: it looks at everything
// each time. It is what a Store has to behave like.
type model struct {
	orders map[shop.OrderID]shop.Order
	told   map[shop.OrderID]int // when the audit trail last told of an order, counted
	news   int
	shelf  map[string][]string
	ever   map[string]map[string]bool // keys that a product ever had
	total  shop.Counters
	by     map[string]shop.Counters
}

func newModel() *model {
	return &model{
		orders: map[shop.OrderID]shop.Order{}, told: map[shop.OrderID]int{}, shelf: map[string][]string{},
		ever: map[string]map[string]bool{}, by: map[string]shop.Counters{},
	}
}

func (m *model) stock(sku string) shop.Stock {
	s := shop.Stock{Free: len(m.shelf[sku])}
	for _, o := range m.orders {
		if o.Item.SKU == sku {
			s.Free -= o.Reserved()
			s.Reserved += o.Reserved()
			s.Sold += len(o.Keys)
		}
	}
	return s
}

func (m *model) put(before, after shop.Order) shop.Order {
	if n := after.Owed(); n > 0 {
		sku := after.Item.SKU
		after.Keys = m.shelf[sku][:n:n]
		m.shelf[sku] = m.shelf[sku][n:]
	}
	if len(shop.Trail(&before, &after)) > 0 {
		m.news++
		m.told[after.ID] = m.news
	}
	var adds shop.Counters
	shop.Tally(&before, &after, &adds)
	m.total.Add(adds)
	if !adds.Zero() {
		sum := m.by[after.Item.SKU]
		sum.Add(adds)
		m.by[after.Item.SKU] = sum
	}
	m.orders[after.ID] = after
	return after
}

func (m *model) checkout(o shop.Order, maxOpen int) (stored shop.Order, created bool, err error) {
	if had, found := m.orders[o.ID]; found {
		return had, false, nil
	}
	open := 0
	for _, other := range m.orders {
		if other.Buyer.ID == o.Buyer.ID && other.Open() {
			open++
		}
	}
	if maxOpen > 0 && open >= maxOpen {
		return shop.Order{}, false, shop.ErrTooManyOpen
	}
	if free := m.stock(o.Item.SKU).Free; o.Reserved() > free {
		return shop.Order{}, false, &shop.SoldOutError{SKU: o.Item.SKU, Left: free}
	}
	return m.put(shop.Order{}, o), true, nil
}

func (m *model) change(id shop.OrderID, rule shop.Rule) (shop.Order, error) {
	before, found := m.orders[id]
	if !found {
		return before, shop.ErrNotFound
	}
	after := before
	after.Refunds, after.Retries = slices.Clone(before.Refunds), maps.Clone(before.Retries)
	err := rule(&after, m.stock(before.Item.SKU).Free+before.Reserved())
	if errors.Is(err, shop.ErrUnchanged) {
		return before, nil
	}
	if err != nil {
		return before, err
	}
	return m.put(before, after), nil
}

func (m *model) load(sku string, keys []string) (added shop.StockAdded) {
	if m.ever[sku] == nil {
		m.ever[sku] = map[string]bool{}
	}
	for _, key := range keys {
		if m.ever[sku][key] {
			added.Duplicates++
			continue
		}
		m.ever[sku][key] = true
		m.shelf[sku] = append(m.shelf[sku], key)
		added.Added++
	}
	return added
}

type modelJob struct {
	due  time.Time
	told int
	id   shop.OrderID
}

// jobs lists all work of a kind, the longest due first, then those of which nothing was told for longest.
func (m *model) jobs(task shop.Task) []modelJob {
	var list []modelJob
	for _, o := range m.orders {
		for _, j := range o.Jobs() {
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
	for _, j := range m.jobs(task) {
		if len(claimed) == limit || j.due.After(now) {
			break
		}
		o := m.orders[j.id]
		o.Lease(task, until)
		m.orders[j.id] = o
		claimed = append(claimed, o)
	}
	return claimed
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
