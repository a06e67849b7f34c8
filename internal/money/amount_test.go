package money_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
)

func amount(t *testing.T, s string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(s, c)
	require.NoError(t, err)
	return a
}

func TestAmountIsReadExactlyAsItIsWritten(t *testing.T) {
	for written, want := range map[string]string{
		"12.5":                  "12.5",
		"0":                     "0",
		"0.00":                  "0",
		"007":                   "7",
		"10.50":                 "10.5",
		"0.1":                   "0.1",
		"0.000000000000000001":  "0.000000000000000001",
		"999999999999999999":    "999999999999999999",
		"123456789012345678.10": "123456789012345678.1",
	} {
		require.Equal(t, want, amount(t, written, "USDT").Decimal(), written)
	}
}

func TestAnythingButAPlainDecimalIsRefused(t *testing.T) {
	for _, s := range []string{
		"", " ", ".", "-", "-1", "+1", "1.", ".5", "1.2.3", "1,5", "1 000", "1_000", "1e3", "0x10",
		"NaN", "Inf", "١٢", "1\n", " 1", "1 ", "1\x00", "½", "12.5 USDT", "0.0000000000000000001", "1000000000000000000",
	} {
		a, err := money.Parse(s, "USDT")
		require.Error(t, err, "%q", s)
		require.Equal(t, money.Amount{}, a)
		require.Contains(t, err.Error(), "amount ")
	}
}

func TestCurrencyIsACodeOfCapitalLettersOrDigits(t *testing.T) {
	for _, c := range []money.Currency{"USD", "USDT", "TON", "AB", "1INCH", "ABCDEFGHIJ"} {
		require.True(t, c.Valid(), c)
	}
	for _, c := range []money.Currency{"", "U", "usd", "US D", "ABCDEFGHIJK", "РУБ", "U$D", "USD\n"} {
		require.False(t, c.Valid(), "%q", c)
		_, err := money.Parse("1", c)
		require.Error(t, err, "%q", c)
	}
}

func TestAmountsOfDifferentCurrenciesNeverMix(t *testing.T) {
	dollars, coins := amount(t, "1", "USD"), amount(t, "1", "USDT")
	_, err := dollars.Add(coins)
	require.ErrorIs(t, err, money.ErrCurrencyMismatch)
	_, err = dollars.Sub(coins)
	require.ErrorIs(t, err, money.ErrCurrencyMismatch)
	_, err = dollars.Compare(coins)
	require.ErrorIs(t, err, money.ErrCurrencyMismatch)
	_, err = dollars.Share(dollars, coins, 2)
	require.ErrorIs(t, err, money.ErrCurrencyMismatch)
	require.False(t, dollars.Equal(coins))
	require.False(t, money.Zero("USD").Equal(money.Zero("USDT")))
}

func TestZeroAmountTakesTheCurrencyOfWhatItIsAddedTo(t *testing.T) {
	sum, err := money.Amount{}.Add(amount(t, "2.5", "TON"))
	require.NoError(t, err)
	require.Equal(t, "2.5 TON", sum.String())
	require.Equal(t, "0", money.Amount{}.String())
	require.True(t, money.Amount{}.IsZero())
	require.Equal(t, "0 TON", money.Zero("TON").String())
}

func TestFixedShowsAtLeastTheDecimalsAskedForAndLosesNone(t *testing.T) {
	for _, test := range []struct {
		written  string
		decimals int32
		want     string
	}{
		{"12.5", 2, "12.50"},
		{"12", 2, "12.00"},
		{"12", 0, "12"},
		{"12.345", 2, "12.345"},
		{"12.500", 2, "12.50"},
		{"0", 2, "0.00"},
		{"0.000", 2, "0.00"},
	} {
		require.Equal(t, test.want, amount(t, test.written, "USD").Fixed(test.decimals), test.written)
	}
}

func TestShareIsCutAndNeverMoreThanItsPart(t *testing.T) {
	paid := amount(t, "10", "USDT")
	for _, test := range []struct {
		part, whole string
		decimals    int32
		want        string
	}{
		{"1", "3", 2, "3.33"},
		{"2", "3", 2, "6.66"},
		{"3", "3", 2, "10"},
		{"1", "3", 0, "3"},
		{"0", "3", 2, "0"},
		{"0.000000000000000001", "999999999999999999", 9, "0"},
	} {
		share, err := paid.Share(amount(t, test.part, "USD"), amount(t, test.whole, "USD"), test.decimals)
		require.NoError(t, err)
		require.Equal(t, test.want, share.Decimal(), test)
		require.Equal(t, money.Currency("USDT"), share.Currency())
	}
	_, err := paid.Share(amount(t, "1", "USD"), money.Zero("USD"), 2)
	require.Error(t, err)
}

func TestAmountSurvivesStorage(t *testing.T) {
	owed, err := amount(t, "1", "USD").Sub(amount(t, "3.25", "USD"))
	require.NoError(t, err)
	for stored, a := range map[string]money.Amount{
		`"12.5 USDT"`: amount(t, "12.50", "USDT"),
		`"0 TON"`:     money.Zero("TON"),
		`"-2.25 USD"`: owed,
		`""`:          {},
		// A total has more digits than any price.
		`"99999999999999999900 TON"`: amount(t, "999999999999999999", "TON").Times(100),
	} {
		data, err := json.Marshal(a)
		require.NoError(t, err)
		require.Equal(t, stored, string(data))
		var back money.Amount
		require.NoError(t, json.Unmarshal(data, &back))
		require.True(t, a.Equal(back))
		require.Equal(t, a.Sign(), back.Sign())
	}
}

func TestStoredTextThatIsNoAmountIsRefused(t *testing.T) {
	for _, text := range []string{"12.5", "USDT", "12.5  USDT", "--1 USD", "+1 USD", "1 usd", " 1 USD", "1 USD ", "- USD", "1\u00a0USD"} {
		a := amount(t, "7", "TON")
		require.Error(t, a.UnmarshalText([]byte(text)), "%q", text)
		require.Equal(t, "7 TON", a.String(), "a refused text changes nothing")
	}
}

func TestRateConvertsOneWayAndItsInverseTheOther(t *testing.T) {
	rate, err := money.ParseRate("2.5", "TON", "USD")
	require.NoError(t, err)
	dollars, err := rate.Convert(amount(t, "4", "TON"), 2)
	require.NoError(t, err)
	require.Equal(t, "10 USD", dollars.String())
	coins, err := rate.Inverse().Convert(dollars, 9)
	require.NoError(t, err)
	require.Equal(t, "4 TON", coins.String())

	_, err = rate.Convert(amount(t, "4", "USDT"), 2)
	require.ErrorIs(t, err, money.ErrCurrencyMismatch)
	_, err = money.Rate{}.Convert(amount(t, "4", "USDT"), 2)
	require.ErrorIs(t, err, money.ErrCurrencyMismatch)
	require.Equal(t, money.Rate{}, money.Rate{}.Inverse())
}

func TestRateIsMoreThanZeroBetweenKnownCurrencies(t *testing.T) {
	for _, wrong := range []struct {
		rate     string
		from, to money.Currency
	}{{"0", "TON", "USD"}, {"-1", "TON", "USD"}, {"1", "ton", "USD"}, {"1", "TON", ""}, {"x", "TON", "USD"}} {
		_, err := money.ParseRate(wrong.rate, wrong.from, wrong.to)
		require.Error(t, err, wrong)
		require.NotErrorIs(t, err, money.ErrCurrencyMismatch)
	}
}
