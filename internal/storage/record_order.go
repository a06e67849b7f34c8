package storage

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// formatOrder is the first byte of an order's record, followed by its fields. Its id is the
// record's key, and what it copied from the catalog a record of its own (record_terms.go).
const formatOrder = 3

// savedOrder is an order as it is stored.
type savedOrder struct {
	shop.Order
	trail  int64 // the number of its latest entry in the audit trail, 0 for none
	terms  termsID
	bucket *bucket // where it lies
}

// home is the bucket that an order belongs to. An order grows while it is in work, and records that
// grow leave pages half empty, so it comes to those at rest only when it rests itself; and what is in
// work is found in a small bucket, however many orders there ever were. Those that are delivered need no line by state, as
// they lie by themselves.
func home(o *shop.Order) *bucket {
	var room [shop.MostJobs]shop.Job
	switch {
	case len(o.AppendJobs(room[:0])) > 0:
		return inWork
	case o.State == shop.StateDelivered:
		return delivered
	}
	return others
}

func encodeOrder(room []byte, o *savedOrder) []byte {
	c := writer(room)
	defer c.free()
	c.data = append(c.data, formatOrder)
	describeOrder(c, o)
	return c.data
}

// decodeOrder reads an order, but for what it copied from the catalog.
func decodeOrder(id shop.OrderID, record []byte) (*savedOrder, error) {
	if len(record) == 0 || record[0] != formatOrder {
		return nil, fmt.Errorf("%w: order %s: record of an unknown format", ErrDamaged, id)
	}
	o := &savedOrder{}
	c := reader(record[1:])
	defer c.free()
	describeOrder(c, o)
	if c.failed != nil {
		return nil, fmt.Errorf("%w: order %s: %w", ErrDamaged, id, c.failed)
	}
	o.ID = id
	return o, nil
}

// stateOf reads of an order's record its state alone; "" of what is none.
func stateOf(record []byte) (s shop.State) {
	if len(record) > 0 && record[0] == formatOrder {
		c := reader(record[1:])
		defer c.free()
		text(c, 1, &s)
	}
	return s
}

func describeOrder(c *coder, o *savedOrder) {
	text(c, 1, &o.State)
	part(c, 2, &o.Buyer, describeBuyer)
	c.raw(3, o.terms[:])
	integer(c, 4, &o.Item.Quantity)
	c.amount(5, &o.Total)
	c.moment(6, &o.Created)
	c.moment(7, &o.Expires)
	part(c, 8, &o.Invoice, describeInvoice)
	c.flag(9, &o.InvoiceClosed)
	list(c, 10, &o.Payments, func(c *coder, p *shop.Payment) { describePayment(c, p, o.Total) })
	texts(c, 11, &o.Keys)
	c.moment(12, &o.Delivered)
	c.flag(13, &o.Stuck)
	text(c, 14, &o.Hold)
	text(c, 15, &o.Cancelled)
	list(c, 16, &o.Refunds, describeRefund)
	text(c, 17, &o.Resume)
	part(c, 18, &o.Place, describePlace)
	list(c, 19, &o.Notices, describeNotice)
	c.retries(20, &o.Retries)
	integer(c, 21, &o.ReleasedBy)
	integer(c, 22, &o.trail)
	text(c, 23, &o.Wish)
}

func describeInvoice(c *coder, i *shop.Invoice) {
	integer(c, 1, &i.ID)
	text(c, 2, &i.URL)
}

func describeBuyer(c *coder, b *shop.Buyer) {
	integer(c, 1, &b.ID)
	text(c, 2, &b.Name)
	text(c, 3, &b.Language)
}

// describePayment leaves the price out where it is what the order costs, as it nearly always is.
func describePayment(c *coder, p *shop.Payment, total money.Amount) {
	asAgreed, other := p.Price.Equal(total), p.Price
	if asAgreed {
		other = money.Amount{}
	}
	integer(c, 1, &p.Invoice)
	c.amount(2, &p.Amount)
	c.amount(3, &p.Fee)
	c.amount(4, &other)
	c.moment(5, &p.At)
	c.flag(6, &p.Surplus)
	c.flag(7, &asAgreed)
	p.Price = other
	if asAgreed {
		p.Price = total
	}
}

func describeRefund(c *coder, r *shop.Refund) {
	text(c, 1, &r.ID)
	c.amount(2, &r.Amount)
	integer(c, 3, &r.By)
	c.moment(4, &r.Requested)
	text(c, 5, &r.Status)
	c.moment(6, &r.Finished)
	integer(c, 7, &r.Transfer)
	text(c, 8, &r.Refusal)
	c.flag(9, &r.Tried)
	c.flag(10, &r.Unclear)
	integer(c, 11, &r.Payment)
}

func describePlace(c *coder, p *shop.Place) {
	integer(c, 1, &p.Chat)
	integer(c, 2, &p.Message)
	c.flag(3, &p.Media)
}

func describeNotice(c *coder, n *shop.Notice) {
	text(c, 1, &n.What)
	text(c, 2, &n.To)
	text(c, 3, &n.Refund)
	text(c, 4, &n.Reason)
	integer(c, 5, &n.Payment)
}

// translations are a text in several languages.
func (c *coder) translations(n protowire.Number, t *catalog.Text) {
	var room [8]string
	for _, language := range sorted(room[:0], *t) {
		c.nested(n, func() {
			words := (*t)[language]
			text(c, 1, &language)
			text(c, 2, &words)
		})
	}
	for c.reading && c.has(n, protowire.BytesType) {
		var language, words string
		c.within(func() {
			text(c, 1, &language)
			text(c, 2, &words)
		})
		if *t == nil {
			*t = catalog.Text{}
		}
		(*t)[language] = words
	}
}

func (c *coder) retries(n protowire.Number, r *map[shop.Task]shop.Retry) {
	var room [8]shop.Task
	for _, task := range sorted(room[:0], *r) {
		c.nested(n, func() {
			retry := (*r)[task]
			describeRetry(c, &task, &retry)
		})
	}
	for c.reading && c.has(n, protowire.BytesType) {
		var task shop.Task
		var retry shop.Retry
		c.within(func() { describeRetry(c, &task, &retry) })
		if *r == nil {
			*r = map[shop.Task]shop.Retry{}
		}
		(*r)[task] = retry
	}
}

func describeRetry(c *coder, task *shop.Task, r *shop.Retry) {
	text(c, 1, task)
	c.moment(2, &r.At)
	integer(c, 3, &r.Attempts)
	c.flag(4, &r.Leased)
}

// sorted appends the keys of a map in their order, so that equal records are equal to the byte.
func sorted[K ~string, V any](to []K, m map[K]V) []K {
	for key := range m {
		to = append(to, key)
	}
	slices.Sort(to)
	return to
}
