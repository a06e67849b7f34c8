package bot

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func aDifference(t *testing.T, kind shop.DifferenceKind) shop.Difference {
	t.Helper()
	amount, err := money.Parse("1234567.12345678", "USDT")
	require.NoError(t, err)
	return shop.Difference{
		Kind: kind, Order: "1P8M2QX7KD93HWA", Invoice: "1099511627776", Refund: "refund-1P8M2QX7KD93HWA-1234ABCD", Transfer: "1099511627776",
		Here: amount, There: amount,
	}
}

func TestEveryDifferenceIsExplainedInEveryLanguage(t *testing.T) {
	english, russian := readTexts(t, "en"), readTexts(t, "ru")
	ids := []string{"difference_paid_there_open"}
	for _, kind := range shop.DifferenceKinds() {
		ids = append(ids, "difference_"+string(kind))
		text, err := Explain(aDifference(t, kind))
		require.NoError(t, err)
		require.NotContains(t, text, "difference_")
		require.NotContains(t, text, "<")
		require.NotContains(t, text, "\n", "one line each")
	}
	for _, id := range ids {
		require.Contains(t, english, id)
		require.Contains(t, russian, id)
	}
}

func TestManyDifferencesFitIntoOneMessage(t *testing.T) {
	for _, language := range []string{"en", "ru"} {
		l := testLocalizer(t, language)
		for _, kind := range shop.DifferenceKinds() {
			var many []shop.Difference
			for range 30 {
				many = append(many, aDifference(t, kind))
			}
			text := differencesScreen(l, many).Text
			require.LessOrEqual(t, visible(text), maxText, "%s %s", language, kind)
			require.Contains(t, string(text), "22")
			require.Equal(t, maxDifferences, strings.Count(string(text), "⚠️"))
		}
	}
}

func TestWhatWasMendedIsMarked(t *testing.T) {
	mended := aDifference(t, shop.PaidThere)
	mended.Mended = true
	l := testLocalizer(t, "en")
	require.Contains(t, string(differencesScreen(l, []shop.Difference{mended}).Text), "✅ Order")
	open := aDifference(t, shop.PaidThere)
	require.Contains(t, string(differencesScreen(l, []shop.Difference{open}).Text), "takes no payment")
}
