package storage

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"shopbot/internal/shop"
)

// number is n as eight bytes.
func number(n int64) []byte { return appendNumber(make([]byte, 0, 8), n) }

func appendNumber(to []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(to, uint64(n)) //nolint:gosec // the same bits, not the same value
}

// toNumber reads what number wrote; 0 where there are not eight bytes.
func toNumber(b []byte) int64 {
	if len(b) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b)) //nolint:gosec // the same bits, not the same value
}

// moment is t as eight bytes that sort by time. The zero time comes first.
func moment(t time.Time) []byte { return number(nanoseconds(t)) }

func nanoseconds(t time.Time) int64 {
	switch {
	case t.IsZero() || t.Unix() <= 0:
		return 0
	case t.Year() > 2261: // beyond what nanoseconds can count
		return math.MaxInt64
	}
	return t.UnixNano()
}

func toTime(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// under is the beginning of all keys that belong to a name.
func under(name string) []byte { return append(append(make([]byte, 0, len(name)+1), name...), 0) }

func buyerKey(buyer int64, id shop.OrderID) []byte {
	key := make([]byte, 0, 8+len(id))
	return append(appendNumber(key, buyer), id...)
}

func stateKey(s shop.State, id shop.OrderID) []byte {
	key := make([]byte, 0, len(s)+1+len(id))
	return append(append(append(key, s...), 0), id...)
}

func statisticsKey(day, sku string) []byte {
	key := make([]byte, 0, len(day)+1+len(sku))
	return append(append(append(key, day...), 0), sku...)
}
