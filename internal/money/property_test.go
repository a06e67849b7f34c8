package money_test

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"shopbot/internal/money"
)

// decimal is what Parse promises to take, said in another way than it checks it.
var decimal = regexp.MustCompile(`^[0-9]{1,18}(\.[0-9]{1,18})?$`)

// exactly reads a decimal by other means than money does.
func exactly(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic("not a number: " + s)
	}
	return r
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"12.5", "0", "-1", "1e3", "1/3", ".5", "1.", "0x1p-2", "999999999999999999.999999999999999999", "٣"} {
		f.Add(s, "USDT")
	}
	f.Fuzz(func(t *testing.T, s, code string) {
		c := money.Currency(code)
		a, err := money.Parse(s, c)
		if taken, want := err == nil, decimal.MatchString(s) && c.Valid(); taken != want {
			t.Fatalf("Parse(%q, %q) = %v, %v", s, code, a, err)
		}
		if err != nil {
			return
		}
		if exactly(s).Cmp(exactly(a.Decimal())) != 0 || exactly(s).Sign() != a.Sign() {
			t.Errorf("Parse(%q) is %s", s, a)
		}
	})
}

func FuzzUnmarshalText(f *testing.F) {
	for _, s := range []string{"12.5 USDT", "", "-0 USD", "-1 TON", "1", "1  USD", "1e5 USD", "- USD"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var a money.Amount
		if a.UnmarshalText([]byte(s)) != nil {
			return
		}
		number, code, _ := strings.Cut(s, " ")
		if s != "" && (exactly(number).Cmp(exactly(a.Decimal())) != 0 || code != string(a.Currency())) {
			t.Errorf("%q became %s", s, a)
		}
		text, err := a.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back money.Amount
		if err := back.UnmarshalText(text); err != nil || !back.Equal(a) {
			t.Errorf("%q came back from %q as %s, %v", s, text, back, err)
		}
	})
}

// anyAmount draws an amount of c.
func anyAmount(t *rapid.T, c money.Currency) money.Amount {
	s := rapid.StringMatching(`[0-9]{1,18}(\.[0-9]{1,18})?`).Draw(t, "amount")
	a, err := money.Parse(s, c)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return a
}

func same(t *rapid.T, want *big.Rat, got money.Amount) {
	t.Helper()
	if want.Cmp(exactly(got.Decimal())) != 0 {
		t.Fatalf("want %s, got %s", want.RatString(), got)
	}
}

func TestArithmeticIsThatOfRationalNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(t, "USD"), anyAmount(t, "USD")
		n := rapid.IntRange(-1000, 1000).Draw(t, "n")
		x, y := exactly(a.Decimal()), exactly(b.Decimal())
		sum, err := a.Add(b)
		if err != nil {
			t.Fatal(err)
		}
		same(t, new(big.Rat).Add(x, y), sum)
		difference, err := a.Sub(b)
		if err != nil {
			t.Fatal(err)
		}
		same(t, new(big.Rat).Sub(x, y), difference)
		same(t, new(big.Rat).Mul(x, big.NewRat(int64(n), 1)), a.Times(n))
		if order, err := a.Compare(b); err != nil || order != x.Cmp(y) || a.Equal(b) != (order == 0) {
			t.Fatalf("%s and %s: %d, %v", a, b, order, err)
		}
	})
}

// What is stored is read back: also sums and differences, which may have more
// digits than Parse takes from people.
func TestWhatArithmeticMadeIsStoredAndReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAmount(t, "TON"), anyAmount(t, "TON")
		difference, err := a.Sub(b)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(1, 1_000_000).Draw(t, "n")
		for _, made := range []money.Amount{a, difference, a.Times(n)} {
			text, err := made.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			var back money.Amount
			if err := back.UnmarshalText(text); err != nil || !back.Equal(made) {
				t.Fatalf("%s came back as %s, %v", made, back, err)
			}
		}
	})
}

func TestSharesOfAWholeAreNeverMoreThanTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		paid, part, rest := anyAmount(t, "USDT"), anyAmount(t, "USD"), anyAmount(t, "USD")
		whole, err := part.Add(rest)
		if err != nil || whole.IsZero() {
			return
		}
		decimals := rapid.Int32Range(0, 18).Draw(t, "decimals")
		one, err := paid.Share(part, whole, decimals)
		if err != nil {
			t.Fatal(err)
		}
		other, err := paid.Share(rest, whole, decimals)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := one.Add(other)
		if err != nil {
			t.Fatal(err)
		}
		if more, _ := sum.Compare(paid); more > 0 {
			t.Fatalf("%s and %s of %s", one, other, paid)
		}
		same(t, cut(exactly(paid.Decimal()), exactly(part.Decimal()), exactly(whole.Decimal()), decimals), one)
	})
}

// cut is a × part ÷ whole without what comes after the given decimals.
func cut(a, part, whole *big.Rat, decimals int32) *big.Rat {
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
	exact := new(big.Rat).Quo(new(big.Rat).Mul(a, part), whole)
	scaled := new(big.Rat).Mul(exact, scale)
	whole10 := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	return new(big.Rat).Quo(new(big.Rat).SetInt(whole10), scale)
}

func TestFixedIsTheSameNumberWithEnoughDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAmount(t, "USD")
		decimals := rapid.Int32Range(0, 8).Draw(t, "decimals")
		shown := a.Fixed(decimals)
		_, fraction, _ := strings.Cut(shown, ".")
		if exactly(shown).Cmp(exactly(a.Decimal())) != 0 || len(fraction) < int(decimals) {
			t.Fatalf("%s with %d decimals is %s", a, decimals, shown)
		}
	})
}

func ExampleParse() {
	price, err := money.Parse("10.50", "USD")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(price.Times(3))
	fmt.Println(price.Fixed(2))
	// Output:
	// 31.5 USD
	// 10.50
}

func ExampleAmount_Add() {
	dollars, _ := money.Parse("10.50", "USD")
	coins, _ := money.Parse("3", "USDT")
	_, err := dollars.Add(coins)
	fmt.Println(err)
	// Output: amounts of different currencies: 10.5 USD and 3 USDT
}

func ExampleRate_Convert() {
	price, _ := money.Parse("5", "EUR")
	rate, _ := money.ParseRate("1.0842", "EUR", "USDT")
	about, _ := rate.Convert(price, 2)
	fmt.Println("about", about)
	// Output: about 5.42 USDT
}

func TestRoundingUpGivesTheLeastAmountThatIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := big.NewRat(rapid.Int64Range(0, 1<<40).Draw(t, "over"), rapid.Int64Range(1, 1<<20).Draw(t, "under"))
		decimals := rapid.Int32Range(0, 9).Draw(t, "decimals")
		up, err := money.RoundUp(r, "XTR", decimals)
		if err != nil {
			t.Fatal(err)
		}
		step := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
		above := new(big.Rat).Sub(up.Rational(), r)
		if above.Sign() < 0 || above.Cmp(step) >= 0 {
			t.Fatalf("%s rounded up to %d decimals is %s", r, decimals, up)
		}
		if !new(big.Rat).Quo(up.Rational(), step).IsInt() {
			t.Fatalf("%s has more than %d decimals", up, decimals)
		}
	})
}
