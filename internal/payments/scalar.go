package payments

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scalar is the text of a JSON string, number or boolean: the API sends some
// fields now as one and now as another. null is the empty scalar.
type scalar string

// UnmarshalJSON takes any JSON value. Objects and arrays are kept as their JSON
// text, which no reader of a scalar accepts, so that one odd field does not lose
// the whole answer.
func (s *scalar) UnmarshalJSON(data []byte) error {
	switch {
	case data[0] != '"':
		*s = ""
		if string(data) != "null" {
			*s = scalar(data)
		}
	case bytes.IndexByte(data, '\\') < 0 && utf8.Valid(data):
		*s = scalar(data[1 : len(data)-1])
	default:
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*s = scalar(text)
	}
	return nil
}

func (s scalar) integer() (int64, error) { return strconv.ParseInt(string(s), 10, 64) }

func (s scalar) isTrue() bool { return strings.EqualFold(string(s), "true") }

// longestExponent is far beyond what an amount can have.
const longestExponent = 40

// decimal writes a number without its exponent, exactly: 1.5e-7 is 0.00000015.
func (s scalar) decimal() (string, error) {
	mantissa, exponent, found := strings.Cut(strings.ToLower(string(s)), "e")
	if !found {
		return string(s), nil
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift > longestExponent || shift < -longestExponent {
		return "", errors.New("exponent out of range")
	}
	whole, fraction, point := strings.Cut(mantissa, ".")
	if !digits(whole) || point && !digits(fraction) {
		return "", errors.New("not a number")
	}
	for ; shift > 0; shift-- {
		fraction += "0"
		whole, fraction = whole+fraction[:1], fraction[1:]
	}
	for ; shift < 0; shift++ {
		whole = "0" + whole
		whole, fraction = whole[:len(whole)-1], whole[len(whole)-1:]+fraction
	}
	return trimZeros(whole, fraction), nil
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func trimZeros(whole, fraction string) string {
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// scalars is an array of scalars, or one text with commas.
type scalars []scalar

// UnmarshalJSON takes any JSON value, as scalar does.
func (l *scalars) UnmarshalJSON(data []byte) error {
	*l = nil
	if data[0] == '[' {
		return json.Unmarshal(data, (*[]scalar)(l))
	}
	var text scalar
	if err := text.UnmarshalJSON(data); err != nil || text == "" {
		return err
	}
	for part := range strings.SplitSeq(string(text), ",") {
		*l = append(*l, scalar(strings.TrimSpace(part)))
	}
	return nil
}
