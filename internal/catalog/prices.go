package catalog

import (
	"slices"
	"strconv"
	"time"

	"shopbot/internal/money"
)

// Date is a calendar day in the shop's zone, written "2026-12-31". Dates sort as text. "" is no
// date.
type Date string

// DateOf is the day that a moment belongs to in the shop's zone.
func (s Shop) DateOf(t time.Time) Date { return Date(t.In(s.Zone()).Format(time.DateOnly)) }

// ParseDate reads a day such as "2026-12-31"; false for anything else.
func ParseDate(s string) (Date, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return Date(s), err == nil && t.Year() >= 2000
}

// Between reports whether d is a day from from until until, both included. Either may be "", for no
// bound.
func (d Date) Between(from, until Date) bool {
	return (from == "" || from <= d) && (until == "" || d <= until)
}

// Sale is another price for a while.
type Sale struct {
	Price money.Amount // of one unit, less than the product's
	// From and Until are its first and last day; "" for no bound.
	From, Until Date
}

// QuantityPrice is the price of one unit for who buys at least From of them in one order.
type QuantityPrice struct {
	From  int          // 2 or more
	Price money.Amount // of one unit, less than the product's
}

// UnitPrice is what one unit costs on a day if n are bought: the lowest of the product's price, the
// sale's, and the quantity prices that n reaches.
func (p *Product) UnitPrice(n int, on Date) money.Amount {
	least := p.Price
	take := func(price money.Amount) {
		if order, _ := price.Compare(least); order < 0 { // all are in the shop's currency
			least = price
		}
	}
	if p.Sale != nil && on.Between(p.Sale.From, p.Sale.Until) {
		take(p.Sale.Price)
	}
	for _, q := range p.QuantityPrices {
		if n >= q.From {
			take(q.Price)
		}
	}
	return least
}

func (s *Sale) entries() []entry {
	if s == nil {
		return nil
	}
	return []entry{
		{name: "price", word: price(s.Price), style: quoted},
		{name: "from", word: string(s.From), style: unquoted},
		{name: "until", word: string(s.Until), style: unquoted},
	}
}

// quantityPrices writes each as {from: 3, price: "9.00"}.
func quantityPrices(all []QuantityPrice) (written []string) {
	for _, q := range all {
		written = append(written, "{from: "+strconv.Itoa(q.From)+", price: "+inline(price(q.Price), quoted)+"}")
	}
	return written
}

// sale reads sale: {price: …, from: …, until: …}.
func (r *reader) sale(n *node, p *Product, c money.Currency) *Sale {
	rec, ok := r.record(n, "sale")
	if !ok {
		return nil
	}
	s := &Sale{
		Price: r.lowerPrice(r.required(rec, "a sale", "price", `add price: and a decimal such as "8"`), p, c),
		From:  r.date(rec.get("from"), "from"),
		Until: r.date(rec.get("until"), "until"),
	}
	if s.From != "" && s.Until != "" && s.Until < s.From {
		r.add(rec.get("until").at, "write a day that is not before "+string(s.From), "a sale until %s", s.Until)
	}
	return s
}

// lowerPrice reads a price that has to be below the product's own.
func (r *reader) lowerPrice(n *node, p *Product, c money.Currency) money.Amount {
	price := r.price(n, c)
	if price.IsZero() || p.Price.IsZero() {
		return price // with a fault of its own
	}
	if order, err := price.Compare(p.Price); err == nil && order >= 0 {
		r.add(n.at, "write less than "+p.Price.Decimal(), "price %s is not below the product's", quote(price.Decimal()))
	}
	return price
}

func (r *reader) date(n *node, name string) Date {
	s := r.word(n, name)
	if s == "" {
		return ""
	}
	d, ok := ParseDate(s)
	if !ok {
		r.add(n.at, "write a day such as 2026-12-31", "%s %s", name, quote(s))
		return ""
	}
	return d
}

// quantityPrices reads quantity_prices: [{from: 3, price: …}, …].
func (r *reader) quantityPrices(n *node, p *Product, c money.Currency) []QuantityPrice {
	var all []QuantityPrice
	for _, item := range r.list(n, "quantity_prices") {
		rec, ok := r.record(item, "a quantity price")
		if !ok {
			continue
		}
		from := r.required(rec, "a quantity price", "from", "add from: and the least number of pieces, such as 3")
		q := QuantityPrice{
			From:  r.quantityFrom(from, p.Limit),
			Price: r.lowerPrice(r.required(rec, "a quantity price", "price", `add price: and a decimal such as "9"`), p, c),
		}
		if slices.ContainsFunc(all, func(had QuantityPrice) bool { return q.From > 0 && had.From == q.From }) {
			r.add(from.at, "keep one of them", "two prices from %d pieces", q.From)
		}
		all = append(all, q)
	}
	slices.SortStableFunc(all, func(a, b QuantityPrice) int { return a.From - b.From })
	return all
}

func (r *reader) quantityFrom(n *node, limit int) int {
	s := r.word(n, "from")
	if s == "" {
		return 0
	}
	from, err := strconv.Atoi(s)
	switch {
	case err != nil || strconv.Itoa(from) != s || from < 2:
		r.add(n.at, "write a whole number from 2 up", "from %s", quote(s))
	case from > limit:
		r.add(n.at, "raise the product's limit: or write less", "from %s, and one order has at most %d", quote(s), limit)
	default:
		return from
	}
	return 0
}
