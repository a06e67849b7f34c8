package telegram

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// object is a JSON object that is read field by field, as the Bot API server reads those in
// parameters: a number does for a text, null does for nothing, and its errors name the field.
// Source: JsonBuilder.cpp of tdlib/td.
type object map[string]json.RawMessage

// parseObject parses a JSON object. ok is false for other JSON, and for text that is no JSON.
func parseObject(raw []byte) (o object, ok bool) {
	err := json.Unmarshal(raw, &o)
	return o, err == nil && o != nil
}

// isArray reports whether raw is a JSON array.
func isArray(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '[' }

func (o object) has(name string) bool { return o[name] != nil }

// text reads an optional text; "" if it is missing.
func (o object) text(name string) (string, error) {
	raw := o[name]
	switch {
	case raw == nil:
		return "", nil
	case raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9':
		return string(raw), nil
	default:
		return "", wrongType(name, "String")
	}
}

// required reads a text that must be there.
func (o object) required(name string) (string, error) {
	if !o.has(name) {
		return "", missingField(name)
	}
	return o.text(name)
}

// flag reads an optional boolean.
func (o object) flag(name string) (bool, error) {
	raw := o[name]
	if raw == nil {
		return false, nil
	}
	value, err := strconv.ParseBool(string(raw))
	if err != nil || len(raw) < len("true") {
		return false, wrongType(name, "Boolean")
	}
	return value, nil
}

// inner reads an object that must be there.
func (o object) inner(name string) (object, error) {
	if !o.has(name) {
		return nil, missingField(name)
	}
	inner, ok := parseObject(o[name])
	if !ok {
		return nil, wrongType(name, "Object")
	}
	return inner, nil
}

// list reads an optional array.
func (o object) list(name string) ([]json.RawMessage, error) {
	raw := o[name]
	if raw == nil {
		return nil, nil
	}
	if !isArray(raw) {
		return nil, wrongType(name, "Array")
	}
	var list []json.RawMessage
	err := json.Unmarshal(raw, &list)
	return list, err
}

// fieldError is what is wrong with a field of an object.
type fieldError string

// toAPIError makes a fieldError an answer, behind the name of what was read. The server writes the
// first letter small.
func toAPIError(err error, prefix string) error {
	wrong, ok := errors.AsType[fieldError](err)
	if !ok {
		return err
	}
	text := prefix + string(wrong)
	return badRequest(strings.ToLower(text[:1]) + text[1:])
}

func (e fieldError) Error() string { return string(e) }

func missingField(name string) error { return fieldError("Can't find field " + strconv.Quote(name)) }

func wrongType(name, kind string) error {
	return fieldError("Field " + strconv.Quote(name) + " must be of type " + kind)
}
