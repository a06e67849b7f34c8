package payments

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"shopbot/internal/money"
)

// checker collects the parameters of one call that are outside their limits.
type checker struct {
	method string
	faults []error
}

// want notes a fault unless ok.
func (c *checker) want(ok bool, field, limit string) {
	if !ok {
		c.faults = append(c.faults, &FieldError{Method: c.method, Field: field, Limit: limit})
	}
}

// text wants at most the given number of characters of valid UTF-8: what is not
// valid would arrive as something else than was sent.
func (c *checker) text(field, value string, most int) {
	c.want(utf8.ValidString(value), field, "valid UTF-8")
	c.want(utf8.RuneCountInString(value) <= most, field, fmt.Sprintf("at most %d characters", most))
}

func (c *checker) amount(field string, a money.Amount) {
	c.want(a.Currency().Valid(), field, "an amount of a currency")
	c.want(a.Sign() > 0, field, "more than zero")
}

func (c *checker) codes(field string, list []money.Currency) {
	for _, code := range list {
		c.want(code.Valid(), field, "codes such as USDT")
	}
}

func (c *checker) webAddress(field, address string) {
	u, err := url.Parse(address)
	c.want(err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "", field,
		"an address that begins with http:// or https://")
}

func (c *checker) ids(field string, ids []int64) {
	c.want(len(ids) <= maxCount, field, fmt.Sprintf("at most %d ids", maxCount))
	for _, id := range ids {
		c.want(id > 0, field, "ids above zero")
	}
}

func (c *checker) page(p Page) {
	c.want(p.Offset >= 0, "offset", "zero or more")
	c.want(p.Count >= 0 && p.Count <= maxCount, "count", fmt.Sprintf("1 to %d", maxCount))
}

func (c *checker) err() error { return errors.Join(c.faults...) }

func joinIDs(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, id)
	}
	return b.String()
}
