package storage

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"shopbot/internal/shop"
)

// number is n as eight bytes.
func number(n int64) []byte { return appendNumber(make([]byte, 0, 8), n) }

func appendNumber(to []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(to, uint64(n)) //nolint:gosec // the same bits, not the same value
}

// toNumber reads what number wrote; 0 if there are fewer than eight bytes.
func toNumber(b []byte) int64 {
	if len(b) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b)) //nolint:gosec // the same bits, not the same value
}

// moment is t as eight bytes that sort by time. Times before 1970 are 0.
func moment(t time.Time) []byte {
	switch {
	case t.Unix() <= 0:
		return number(0)
	case t.Year() > 2261: // beyond what nanoseconds can count
		return number(math.MaxInt64)
	}
	return number(t.UnixNano())
}

func toTime(moment []byte) time.Time { return time.Unix(0, toNumber(moment)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// under is the beginning of all keys that belong to a name.
func under(name string) []byte { return append(append(make([]byte, 0, len(name)+1), name...), 0) }

func buyerKey(o *shop.Order) []byte {
	return join(number(o.Buyer.ID), madeKey(o))
}

// madeKey sorts orders by when they were made. An id does not: it begins with the time of what
// asked for the order, such as a button that was drawn long before it was pressed.
func madeKey(o *shop.Order) []byte { return join(moment(o.Created), []byte(o.ID)) }

// idAfterMoment is the order of a key such as madeKey makes.
func idAfterMoment(key []byte) shop.OrderID { return shop.OrderID(key[min(8, len(key)):]) }

func stateKey(s shop.State, id shop.OrderID) []byte { return append(under(string(s)), id...) }

func checkKey(rail shop.RailID, check string) []byte { return append(under(string(rail)), check...) }

// maxReference is how long a reference of a payment service may be to be found by. Those that are
// known have about ten bytes.
const maxReference = 256

func referenceKey(reference string, id shop.OrderID) []byte { return append(under(reference), id...) }

// references lists what an order is found by at the payment service.
func references(o *shop.Order) []string {
	return slices.DeleteFunc(o.References(), func(r string) bool { return len(r) > maxReference })
}

func statisticsKey(day, sku string) []byte { return append(under(day), sku...) }

// afterName is what follows a name and its 0 in a key.
func afterName(key []byte) []byte {
	_, rest, _ := bytes.Cut(key, []byte{0})
	return rest
}
