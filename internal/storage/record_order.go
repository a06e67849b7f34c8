package storage

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// formatOrder is the first byte of an order's record, followed by the number of
// its latest entry in the audit trail and its fields. Its id is the record's key.
const formatOrder = 3

// orderRoom is the size of most records.
const orderRoom = 512

func encodeOrder(o *shop.Order, trail int64) []byte {
	c := writer(orderRoom)
	c.data = append(c.data, formatOrder)
	integer(c, 1, &trail)
	part(c, 2, o, describeOrder)
	return c.data
}

func decodeOrder(id shop.OrderID, record []byte) (savedOrder, error) {
	if len(record) == 0 || record[0] != formatOrder {
		return savedOrder{}, fmt.Errorf("%w: order %s: record of an unknown format", ErrDamaged, id)
	}
	var o savedOrder
	c := reader(record[1:])
	integer(c, 1, &o.trail)
	part(c, 2, &o.Order, describeOrder)
	if c.failed != nil {
		return savedOrder{}, fmt.Errorf("%w: order %s: %w", ErrDamaged, id, c.failed)
	}
	o.ID = id
	return o, nil
}

func describeOrder(c *coder, o *shop.Order) {
	text(c, 1, &o.State)
	part(c, 2, &o.Buyer, describeBuyer)
	part(c, 3, &o.Item, describeItem)
	c.amount(4, &o.Total)
	texts(c, 5, &o.Assets)
	c.moment(6, &o.Created)
	c.moment(7, &o.Expires)
	part(c, 8, &o.Invoice, describeInvoice)
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
	list(c, 19, &o.Notices, describeNotice)
	c.retries(20, &o.Retries)
	integer(c, 21, &o.ReleasedBy)
}

func describeBuyer(c *coder, b *shop.Buyer) {
	integer(c, 1, &b.ID)
	text(c, 2, &b.Name)
	text(c, 3, &b.Language)
}

func describeItem(c *coder, i *shop.Item) {
	text(c, 1, &i.SKU)
	c.translations(2, &i.Title)
	integer(c, 3, &i.Quantity)
	c.amount(4, &i.Price)
	text(c, 5, &i.Deliver)
	c.translations(6, &i.Text)
	text(c, 7, &i.File)
	c.translations(8, &i.Instructions)
}

func describeInvoice(c *coder, i *shop.Invoice) {
	integer(c, 1, &i.ID)
	text(c, 2, &i.MiniAppURL)
	text(c, 3, &i.BotURL)
	text(c, 4, &i.WebAppURL)
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
