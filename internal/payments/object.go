package payments

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"shopbot/internal/money"
)

// errNotObject says that bytes are not one JSON object.
var errNotObject = errors.New("not a JSON object")

// readObject goes once over an object and hands each of its fields to visit, the last of those with
// the same name last. What is handed on are parts of one copy of data: webhooks are read at every
// payment, and with a text allocated for each field most of their cost was that.
func readObject(data []byte, visit func(name string, value gjson.Result)) error {
	if !gjson.ValidBytes(data) {
		return fmt.Errorf("%w: malformed", errNotObject)
	}
	return eachField(gjson.ParseBytes(data), visit)
}

// eachField is readObject of what is known to be well-formed.
func eachField(object gjson.Result, visit func(name string, value gjson.Result)) error {
	if !object.IsObject() {
		return errNotObject
	}
	object.ForEach(func(name, value gjson.Result) bool {
		visit(name.String(), value)
		return true
	})
	return nil
}

// scalarOf is a value as a scalar. Objects and arrays are their JSON text, as in UnmarshalJSON.
func scalarOf(v gjson.Result) scalar {
	switch v.Type {
	case gjson.Null:
		return ""
	case gjson.String:
		if utf8.ValidString(v.Str) {
			return scalar(v.Str)
		}
		return scalar([]rune(v.Str)) // each byte that is none becomes U+FFFD
	default:
		return scalar(v.Raw)
	}
}

// codesOf is a list of codes, sent as an array or as a text with commas.
func codesOf(v gjson.Result) (list codes) {
	add := func(s scalar) {
		if s != "" {
			list = append(list, money.Currency(s))
		}
	}
	if v.IsArray() {
		v.ForEach(func(_, one gjson.Result) bool {
			add(scalarOf(one))
			return true
		})
		return list
	}
	for part := range strings.SplitSeq(string(scalarOf(v)), ",") {
		add(scalar(strings.TrimSpace(part)))
	}
	return list
}
