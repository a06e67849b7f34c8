package shop

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// OrderID names an order, in chats and as the invoice's payload: seven
// characters of time and eight that cannot be guessed, such as
// "1P8M2QX7KD93HWA". IDs sort by time. There is no dash in between, since a phone breaks the line
// there, and a dash that it does not break at is not found when the id is copied.
type OrderID string

// RefundID names a refund and is the transfer's spend_id: at most 64 characters.
type RefundID string

const (
	timeChars = 7
	hashChars = 8

	refundPrefix = "refund-"
)

const crockfordDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// crockford has no letters that are mistaken for digits, and sorts like the numbers.
var crockford = base32.NewEncoding(crockfordDigits).WithPadding(base32.NoPadding)

// ErrBadOrderID says that a text is not an order id.
var ErrBadOrderID = errors.New("not an order number")

// Origin is the one act that asks for something: a message or a press of a
// button. The same act always has the same origin, however often it arrives.
type Origin struct {
	Chat, User int64
	Act        string    // what in the chat it was: the message's id, or the button's nonce
	At         time.Time // when the message was written or the button drawn
}

// NewOrderID derives the id of the order that origin asks for. The same origin
// gives the same id, so an update that arrives twice, or a double tap, is one
// order. key is secret and the shop's own.
func NewOrderID(key []byte, origin Origin) OrderID {
	sum := origin.sum(key, "order")
	return OrderID(timePart(origin.At) + crockford.EncodeToString(sum[:5])[:hashChars])
}

// NewRefundID derives the id of a refund in the same way.
func NewRefundID(key []byte, order OrderID, origin Origin) RefundID {
	sum := origin.sum(key, "refund "+string(order))
	return RefundID(refundPrefix + string(order) + "-" + crockford.EncodeToString(sum[:5])[:hashChars])
}

// Order is the order that a refund of this id is of; false for an id of something else.
func (id RefundID) Order() (OrderID, bool) { return refundOrder(string(id)) }

func (g Origin) sum(key []byte, purpose string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s\n%d\n%d\n%s\n%d", purpose, g.Chat, g.User, g.Act, g.At.Unix()) // a hash never fails
	return mac.Sum(nil)
}

func timePart(t time.Time) string {
	var b [8]byte
	// 35 bits of seconds are seven characters of five bits: enough for a thousand years.
	binary.BigEndian.PutUint64(b[:], uint64(max(t.Unix(), 0))<<29)
	return crockford.EncodeToString(b[:5])[:timeChars]
}

// FirstOrderID is not after any id of an order made at t or later.
func FirstOrderID(t time.Time) OrderID { return OrderID(timePart(t)) }

// Time is when an order was asked for, to the second, as its id says; the zero Time for no id.
func (id OrderID) Time() time.Time {
	if len(id) < timeChars {
		return time.Time{}
	}
	var seconds int64
	for _, c := range id[:timeChars] {
		seconds = seconds<<5 + int64(strings.IndexRune(crockfordDigits, c))
	}
	return time.Unix(seconds, 0)
}

// usualID reports whether s is an id as we write it.
func usualID(s string) bool {
	return len(s) == timeChars+hashChars && strings.Trim(s, crockfordDigits) == ""
}

// ParseOrderID reads an id as people write it: in any case, with dashes, blanks and characters that
// nobody sees, O for 0 and I or L for 1. ErrBadOrderID for anything else.
func ParseOrderID(s string) (OrderID, error) {
	if usualID(s) {
		return OrderID(s), nil
	}
	if len(s) > 60 {
		return "", ErrBadOrderID
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Pd, unicode.Cf), unicode.IsSpace(r), r == '−':
			return -1
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(s))
	if !usualID(s) {
		return "", ErrBadOrderID
	}
	return OrderID(s), nil
}
