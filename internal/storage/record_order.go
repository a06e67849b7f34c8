package storage

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// formatOrder is the first byte of an order's record, followed by its fields. Its id is the
// record's key. What it copied from the catalog is a record of its own (record_terms.go), and so is
// what it needs only for a while: that comes, grows and goes, and records that keep their size fill their pages.
const formatOrder = 3

// orderRoom is more than most records take.
const orderRoom = 512

// savedOrder is an order as it is stored.
type savedOrder struct {
	shop.Order
	trail int64 // the number of its latest entry in the audit trail, 0 for none
	terms termsID
	// lasting and passing are its two records.
	lasting, passing []byte
}

func (o *savedOrder) encode() {
	c := writer(orderRoom)
	c.data = append(c.data, formatOrder)
	describeLasting(c, o)
	lasting := len(c.data)
	describePassing(c, &o.Order)
	o.lasting, o.passing = c.data[:lasting:lasting], c.data[lasting:]
}

// decodeOrder reads an order of its two records, but for what it copied from the catalog.
func decodeOrder(id shop.OrderID, lasting, passing []byte) (savedOrder, error) {
	if len(lasting) == 0 || lasting[0] != formatOrder {
		return savedOrder{}, fmt.Errorf("%w: order %s: record of an unknown format", ErrDamaged, id)
	}
	o := savedOrder{lasting: lasting, passing: passing}
	c := reader(lasting[1:])
	describeLasting(c, &o)
	if c.failed == nil && len(passing) > 0 {
		c = reader(passing)
		describePassing(c, &o.Order)
	}
	if c.failed != nil {
		return savedOrder{}, fmt.Errorf("%w: order %s: %w", ErrDamaged, id, c.failed)
	}
	o.ID = id
	return o, nil
}

func describeLasting(c *coder, o *savedOrder) {
	text(c, 1, &o.State)
	part(c, 2, &o.Buyer, describeBuyer)
	c.raw(3, o.terms[:])
	integer(c, 4, &o.Item.Quantity)
	c.amount(5, &o.Total)
	c.moment(6, &o.Created)
	c.moment(7, &o.Expires)
	integer(c, 8, &o.Invoice.ID)
	c.flag(9, &o.InvoiceClosed)
	list(c, 10, &o.Payments, describePayment)
	texts(c, 11, &o.Keys)
	c.moment(12, &o.Delivered)
	c.flag(13, &o.Stuck)
	text(c, 14, &o.Hold)
	text(c, 15, &o.Cancelled)
	list(c, 16, &o.Refunds, describeRefund)
	text(c, 17, &o.Resume)
	part(c, 18, &o.Place, describePlace)
	integer(c, 19, &o.ReleasedBy)
	integer(c, 20, &o.trail)
}

func describePassing(c *coder, o *shop.Order) {
	text(c, 1, &o.Invoice.URL)
	list(c, 2, &o.Notices, describeNotice)
	c.retries(3, &o.Retries)
}

func describeBuyer(c *coder, b *shop.Buyer) {
	integer(c, 1, &b.ID)
	text(c, 2, &b.Name)
	text(c, 3, &b.Language)
}

func describePayment(c *coder, p *shop.Payment) {
	integer(c, 1, &p.Invoice)
	c.amount(2, &p.Amount)
	c.amount(3, &p.Fee)
	c.amount(4, &p.Price)
	c.moment(5, &p.At)
	c.flag(6, &p.Surplus)
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
