package payments

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnyValueIsReadAsText(t *testing.T) {
	for value, want := range map[string]scalar{
		`"0.078"`: "0.078", `0.078`: "0.078", `12345678901234567890.10`: "12345678901234567890.10", `true`: "true",
		`"TRUE"`: "TRUE", `null`: "", `""`: "", `"a\"ж\u0416"`: `a"жЖ`, `{"a":1}`: `{"a":1}`, "\"\xff\"": "\uFFFD",
	} {
		s := scalar("before")
		require.NoError(t, json.Unmarshal([]byte(value), &s), value)
		require.Equal(t, want, s)
	}
	for value, want := range map[string]codes{
		`["TON","BTC"]`: {"TON", "BTC"}, `"TON, BTC"`: {"TON", "BTC"}, `""`: nil, `null`: nil, `[]`: nil, `[null,7]`: {"7"},
	} {
		var c codes
		require.NoError(t, json.Unmarshal([]byte(value), &c), value)
		require.Equal(t, want, c)
	}
}

func TestExponentsAreWrittenOutExactly(t *testing.T) {
	for written, want := range map[scalar]string{
		"1e-05": "0.00001", "1E-7": "0.0000001", "1.5e-7": "0.00000015", "1.50e3": "1500", "12.5e1": "125",
		"123e-2": "1.23", "0e9": "0", "1e+2": "100", "12.50": "12.50",
	} {
		got, err := written.decimal()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, wrong := range []scalar{"1e", "1e99", "1e-41", "1e1e1", "e e", "e0", "1.2.3e3", ".5e1", "5.e1", "-1e2"} {
		_, err := wrong.decimal()
		require.Error(t, err, string(wrong))
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
		got, err := scalar(s).decimal()
		if err != nil {
			return
		}
		var fields fields
		a := fields.amount("amount", scalar(s), "USDT")
		if len(fields.unread) > 0 {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if s == "" {
			want, ok = new(big.Rat), true
		}
		have, _ := new(big.Rat).SetString(a.Decimal())
		if !ok || want.Cmp(have) != 0 {
			t.Errorf("%q became %q and %s", s, got, a)
		}
	})
}
