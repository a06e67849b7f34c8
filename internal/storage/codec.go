package storage

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"shopbot/internal/shop"
)

// formatCounters is the first byte of a record of counters, followed by their fields.
const formatCounters = 3

func encodeCounters(room []byte, counters *shop.Counters) []byte {
	c := writer(room)
	defer c.free()
	c.data = append(c.data, formatCounters)
	describeCounters(c, counters)
	return c.data
}

// decodeCounters reads a record of counters; none says nothing.
func decodeCounters(record []byte) (counters shop.Counters, err error) {
	if record == nil {
		return counters, nil
	}
	if len(record) == 0 || record[0] != formatCounters {
		return counters, fmt.Errorf("%w: counters: record of an unknown format", ErrDamaged)
	}
	c := reader(record[1:])
	defer c.free()
	describeCounters(c, &counters)
	if c.failed != nil {
		return shop.Counters{}, fmt.Errorf("%w: counters: %w", ErrDamaged, c.failed)
	}
	return counters, nil
}

func describeCounters(c *coder, n *shop.Counters) {
	integer(c, 1, &n.Ordered)
	integer(c, 2, &n.Paid)
	integer(c, 3, &n.Units)
	integer(c, 4, &n.Delivered)
	integer(c, 5, &n.Held)
	integer(c, 6, &n.Cancelled)
	c.sums(7, &n.Revenue)
	c.sums(8, &n.Received)
	c.sums(9, &n.Fees)
	c.sums(10, &n.Refunded)
}

func (c *coder) sums(n protowire.Number, s *shop.Sums) {
	if !c.reading {
		for i := range *s {
			c.amount(n, &(*s)[i])
		}
		return
	}
	for c.has(n, protowire.BytesType) {
		s.Add(c.amountThere())
	}
}

func encodeStock(s shop.Stock) []byte {
	return join(number(int64(s.Free)), number(int64(s.Reserved)), number(int64(s.Sold)))
}

func decodeStock(record []byte) (shop.Stock, error) {
	switch len(record) {
	case 0:
		return shop.Stock{}, nil
	case 24:
		return shop.Stock{
			Free: int(toNumber(record)), Reserved: int(toNumber(record[8:])), Sold: int(toNumber(record[16:])),
		}, nil
	}
	return shop.Stock{}, fmt.Errorf("%w: stock of %d bytes", ErrDamaged, len(record))
}
