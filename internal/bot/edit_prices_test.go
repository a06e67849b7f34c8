package bot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
)

func TestPricesOfTheEditorAreReadAsTheyAreShown(t *testing.T) {
	of := catalog.Shop{Currency: "USD"}
	for name, answers := range map[string]map[string]string{
		"sale": {
			"3,90": "3.90", "3.90 31.12.2026": "3.90 - 2026-12-31", "$4 1.12.2026 2026-12-31": "4.00 2026-12-01 2026-12-31",
			"4 2026-12-01 -": "4.00 2026-12-01 -", "": "",
		},
		"qty": {"10: 3\n\n3 4.50": "3 4.50\n10 3.00", "2 4,5; 5 4": "2 4.50\n5 4.00", "": ""},
	} {
		field, known := editFieldOf(editsProduct, name)
		require.True(t, known)
		for given, want := range answers {
			e := edited{product: &catalog.Product{Price: usd(t, "5"), Limit: 10}}
			require.NoError(t, field.put(e, of, "", given), given)
			shown := field.show(localizer{}, e)
			require.Equal(t, want, shown)
			again := edited{product: &catalog.Product{Price: usd(t, "5"), Limit: 10}}
			require.NoError(t, field.put(again, of, "", shown))
			require.Equal(t, shown, field.show(localizer{}, again), "what is shown can be sent back")
		}
	}
}

func TestAPriceAndALimitKeepTheLowerPricesRight(t *testing.T) {
	of := catalog.Shop{Currency: "USD"}
	e := edited{product: &catalog.Product{
		Price: usd(t, "5"), Limit: 10, Sale: &catalog.Sale{Price: usd(t, "4")}, QuantityPrices: []catalog.QuantityPrice{{From: 3, Price: usd(t, "4.5")}},
	}}
	require.Error(t, setPrice(e, of, "4"))
	require.Error(t, setPrice(e, of, "4.50"))
	require.NoError(t, setPrice(e, of, "4.51"))
	require.Error(t, setLimit(e, of, "2"))
	require.NoError(t, setLimit(e, of, "3"))
	changeWay(e.product, catalog.Content)
	require.Empty(t, e.product.QuantityPrices, "one order has one piece now")
	changeWay(e.product, catalog.Keys)
	require.Equal(t, catalog.DefaultWarnBelow, e.product.WarnBelow)
}
