package bot

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func TestAPeriodIsComparedWithAsLongATimeBefore(t *testing.T) {
	at := time.Date(2026, 3, 31, 23, 59, 0, 0, time.UTC) // there is no 31st of February
	for name, want := range map[string][4]shop.Day{
		"today": {"2026-03-31", "2026-03-31", "2026-03-30", "2026-03-30"},
		"week":  {"2026-03-25", "2026-03-31", "2026-03-18", "2026-03-24"},
		"month": {"2026-03-02", "2026-03-31", "2026-01-31", "2026-03-01"},
		"year":  {"2025-04", "2026-03", "2024-04", "2025-03"},
		"all":   {},
	} {
		first, last, firstBefore, lastBefore := periods()[name].span(at)
		require.Equal(t, want, [4]shop.Day{first, last, firstBefore, lastBefore}, name)
	}
	require.Len(t, periods(), len(periodNames()))
}

func TestEachPeriodHasItsBars(t *testing.T) {
	at := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]struct {
		n           int
		first, last shop.Day
	}{
		"today": {7, "2026-03-25", "2026-03-31"},
		"week":  {7, "2026-03-25", "2026-03-31"},
		"month": {30, "2026-03-02", "2026-03-31"},
		"year":  {12, "2025-04", "2026-03"},
		"all":   {12, "2025-04", "2026-03"},
	} {
		days := periods()[name].barDays(at)
		require.Len(t, days, want.n, name)
		require.Equal(t, want.first, days[0], name)
		require.Equal(t, want.last, days[len(days)-1], name)
	}
}

func TestAmountsAreShortForPeople(t *testing.T) {
	for exact, said := range map[string]string{
		"1234.5 USD": "1,234.50 USD", "0.005 USD": "0.01 USD", "12.34567891 USDT": "12.35 USDT", "0.59562841 TON": "0.5956 TON",
		"123.456 TON": "123.46 TON", "0.00012345 BTC": "0.0001235 BTC", "0 BTC": "0.00 BTC", "2 TON": "2.00 TON", "1.99999 TON": "2.00 TON",
	} {
		a, err := money.ReadAmount(exact)
		require.NoError(t, err)
		require.Equal(t, said, testLocalizer(t, "en").Short(a))
	}
}

func TestAChangeIsToldInPercent(t *testing.T) {
	l := testLocalizer(t, "en")
	usd := func(s string) money.Amount {
		a, err := money.Parse(s, "USD")
		require.NoError(t, err)
		return a
	}
	for _, test := range []struct {
		now, before, said string
		fell              bool
	}{
		{"150", "100", "▲ 50% (100.00 USD before)", false},
		{"100", "100", "▲ 0% (100.00 USD before)", false},
		{"33.33", "100", "▼ 67% (100.00 USD before)", true},
		{"0", "100", "▼ 100% (100.00 USD before)", true},
		{"5", "0", "", false},
	} {
		said, fell := change(l, usd(test.now), usd(test.before))
		require.Equal(t, test.said, said)
		require.Equal(t, test.fell, fell)
	}
}
