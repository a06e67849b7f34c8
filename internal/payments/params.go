package payments

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"unicode/utf8"

	"shopbot/internal/money"
)

// params are the parameters of a call. Zero values are not sent.
type params map[string]any

// nonzero is p without its zero values.
func (p params) nonzero() params {
	sent := params{}
	maps.Copy(sent, p)
	maps.DeleteFunc(sent, func(_ string, value any) bool { return reflect.ValueOf(value).IsZero() })
	return sent
}

// join writes a list of codes or ids as the API takes it.
func join[T any](list []T) string {
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(list), "[]")), ",")
}

// validator collects the parameters of one call that are outside their limits.
type validator struct {
	method string
	faults []error
}

// want notes a fault unless ok.
func (v *validator) want(ok bool, field, limit string) {
	if !ok {
		v.faults = append(v.faults, &FieldError{Method: v.method, Field: field, Limit: limit})
	}
}

// text wants at most the given number of characters of valid UTF-8, since anything else arrives as
// other text than was sent.
func (v *validator) text(field, value string, most int) {
	v.want(utf8.ValidString(value), field, "valid UTF-8")
	v.want(utf8.RuneCountInString(value) <= most, field, fmt.Sprintf("at most %d characters", most))
}

func (v *validator) amount(field string, a money.Amount) {
	v.want(a.Currency().Valid(), field, "an amount of a currency")
	v.want(a.Sign() > 0, field, "more than zero")
}

func (v *validator) codes(field string, list ...money.Currency) {
	for _, code := range list {
		v.want(code.Valid(), field, "codes such as USDT")
	}
}

func (v *validator) ids(field string, ids ...int64) {
	v.want(len(ids) <= maxCount, field, fmt.Sprintf("at most %d ids", maxCount))
	for _, id := range ids {
		v.want(id > 0, field, "ids above zero")
	}
}

func (v *validator) page(p Page) {
	v.want(p.Offset >= 0, "offset", "zero or more")
	v.want(p.Count >= 0 && p.Count <= maxCount, "count", fmt.Sprintf("1 to %d", maxCount))
}

func (v *validator) err() error { return errors.Join(v.faults...) }
