package payments

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
	"pgregory.net/rapid"

	"shopbot/internal/money"
)

// scalar is any JSON value as encoding/json reads it: the oracle for object, which is faster.
type scalar string

func (s *scalar) UnmarshalJSON(data []byte) error {
	var text string
	switch {
	case string(data) == "null":
	case data[0] == '"':
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
	default:
		text = string(data)
	}
	*s = scalar(text)
	return nil
}

// codesOf is the oracle for object.codes.
func codesOf(t require.TestingT, value json.RawMessage) (list []money.Currency) {
	var all []scalar
	if value[0] == '[' {
		require.NoError(t, json.Unmarshal(value, &all))
	} else {
		var text scalar
		require.NoError(t, json.Unmarshal(value, &text))
		for part := range strings.SplitSeq(string(text), ",") {
			all = append(all, scalar(strings.TrimSpace(part)))
		}
	}
	for _, code := range all {
		if code != "" {
			list = append(list, money.Currency(code))
		}
	}
	return list
}

// alike compares both readings of a text, which may also be no object.
func alike(t interface {
	require.TestingT
	Helper()
}, text []byte,
) {
	t.Helper()
	var want map[string]scalar
	err := json.Unmarshal(text, &want)
	got, gotErr := parseObject(text)
	require.Equal(t, err != nil, gotErr != nil, "%s: %v, %v", text, err, gotErr)
	if err != nil {
		return
	}
	read := map[string]scalar{}
	for _, f := range got.fields {
		read[f.name] = scalar(got.text(f.name))
		require.True(t, bytes.HasPrefix(text[f.at:], []byte(gjson.ParseBytes(text[f.at:]).Raw)))
	}
	require.Len(t, read, len(want))
	for name, value := range want {
		require.Equal(t, value, read[name], "%s of %s", name, text)
	}
	var raw map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &raw))
	if value, sent := raw["accepted_assets"]; sent {
		require.Equal(t, codesOf(t, value), got.codes("accepted_assets"), "%s", text)
	}
}

func TestAnObjectIsReadAsByEncodingJSON(t *testing.T) {
	answers, err := os.ReadFile("testdata/getInvoices.json")
	require.NoError(t, err)
	items := gjson.GetBytes(answers, "result.items").Array()
	require.NotEmpty(t, items)
	for _, item := range items {
		alike(t, []byte(item.Raw))
	}
	for _, text := range []string{
		`{}`, `null`, `[]`, `7`, `"x"`, ``, `{`, `{"invoice_id":1} `, `{"invoice_id":1}{}`, `{"hash":"\u00e4\ud83d\ude00\ud800\n\/"}`,
		`{"hash":"a","hash":"b"}`, `{"hash":null}`, `{"hash":"a","hash":null}`, "{\"hash\":\"\xff\xfe\"}", `{"amount":1e3,"fee":-0.5}`,
		`{"accepted_assets":["USDT",null,7,"TON"]}`, `{"accepted_assets":"USDT, TON,,"}`, `{"accepted_assets":null}`, `{"accepted_assets":[]}`,
		`{"accepted_assets":{"a":1}}`, `{"accepted_assets":"[\"USDT\"]"}`, `{"payload":{"a":[1,2]},"comment":[ ]}`, `{"h\u0061sh":"x"}`,
		`{"hash": true , "payload" : false}`, ` { "hash" : "a" , "amount" : 1.50 }`, `{"hash":"TRUE","amount":12345678901234567890.10}`,
	} {
		alike(t, []byte(text))
	}
}

func TestWhateverAnObjectHoldsIsReadAsByEncodingJSON(t *testing.T) {
	value := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
		rapid.Map(rapid.SliceOf(rapid.String()), func(l []string) any { return l }),
		rapid.Map(rapid.MapOf(rapid.String(), rapid.Int()), func(m map[string]int) any { return m }),
	)
	name := rapid.OneOf(rapid.SampledFrom([]string{"invoice_id", "accepted_assets", "amount"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(rapid.MapOf(name, value).Draw(t, "object"))
		require.NoError(t, err)
		alike(t, text)
	})
}

func FuzzInvoiceFields(f *testing.F) {
	f.Add([]byte(`{"invoice_id":1,"accepted_assets":["USDT"],"amount":"1.5"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		// encoding/json gives up on deep nesting, and mends names that are not UTF-8. The API has
		// neither.
		if len(text) < 1000 && utf8Names(text) {
			alike(t, text)
		}
	})
}

func utf8Names(text []byte) bool {
	valid := true
	gjson.ParseBytes(text).ForEach(func(name, _ gjson.Result) bool {
		valid = valid && utf8.ValidString(name.Str)
		return valid
	})
	return valid
}

func TestExponentsAreWrittenOutExactly(t *testing.T) {
	for written, want := range map[string]string{
		"1e-05": "0.00001", "1E-7": "0.0000001", "1.5e-7": "0.00000015", "1.50e3": "1500", "12.5e1": "125",
		"123e-2": "1.23", "0e9": "0", "1e+2": "100", "12.50": "12.50", "0012e0": "12", "12.345e1": "123.45",
	} {
		require.Equal(t, want, decimal(written))
	}
	for _, wrong := range []string{"1e", "1e99", "1e-41", "1e1e1", "e e", "e0", "1.2.3e3", ".5e1", "5.e1", "-1e2"} {
		require.Equal(t, wrong, decimal(wrong))
		_, err := money.Parse(wrong, "USDT")
		require.Error(t, err, wrong)
	}
}

// FuzzDecimal compares the writing out of exponents with rational numbers.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"1e-05", "1.5E3", "0", "-1e2", "1e40", "00.10e-3", ".5e1", "5.e1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Trim(s, "0123456789.eE-+") != "" || len(s) > 60 {
			return
		}
		text, err := json.Marshal(map[string]string{"amount": s})
		require.NoError(t, err)
		o, err := parseObject(text)
		require.NoError(t, err)
		a := o.amount("USDT", "amount")
		if len(*o.unread) > 0 {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if s == "" {
			want, ok = new(big.Rat), true
		}
		have, _ := new(big.Rat).SetString(a.Decimal())
		if !ok || want.Cmp(have) != 0 {
			t.Errorf("%q became %q and %s", s, decimal(s), a)
		}
	})
}
