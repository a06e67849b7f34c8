package catalog_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"

	"github.com/stretchr/testify/require"
)

func parse(t *testing.T, text string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Parse("shop.yaml", []byte(text), beside(t))
	require.NoError(t, err)
	return c
}

func TestProductIsFoundByItsSKUInAnyCase(t *testing.T) {
	c := sample(t)
	for _, sku := range []string{"steam-10", "STEAM-10", "Steam-10"} {
		p, ok := c.Product(sku)
		require.True(t, ok, sku)
		require.Equal(t, "steam-10", p.SKU)
		require.Equal(t, "10.5 USD", p.Price.String())
		require.Equal(t, 5, p.Limit)
	}
	_, ok := c.Product("steam")
	require.False(t, ok)
	_, ok = c.Product("")
	require.False(t, ok)
}

func TestPriceIsTheDigitsThatAreWritten(t *testing.T) {
	for written, want := range map[string]string{
		`"10.50"`: "10.5", `10.50`: "10.5", `0.30`: "0.3", `007`: "7", `"3"`: "3",
		`'12.340'`: "12.34", `999999999999999999.99`: "999999999999999999.99",
	} {
		c := parse(t, shop("    price: "+written+"\n    deliver: keys\n"))
		require.Equal(t, want, c.Products[0].Price.Decimal(), written)
		require.Equal(t, money.Currency("USD"), c.Products[0].Price.Currency())
	}
}

func TestAShopIsInItsTimezoneOrElseInUTC(t *testing.T) {
	products := shop("    price: 1\n    deliver: keys\n")
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	require.Equal(t, "12:00 UTC", at.In(parse(t, products).Shop.Zone()).Format("15:04 MST"))
	products = strings.Replace(products, "currency: USD", "currency: USD, timezone: Asia/Kathmandu", 1)
	require.Equal(t, "17:45 +0545", at.In(parse(t, products).Shop.Zone()).Format("15:04 MST"))
}

func TestLimitLeftOutIsTenForKeysAndOneForWhatIsTheSameForAll(t *testing.T) {
	for goods, want := range map[string]int{
		"deliver: keys":                           catalog.DefaultLimit,
		"deliver: text\n    text: hello":          1,
		"deliver: file\n    file: goods/good.zip": 1,
		"deliver: keys\n    limit: 100":           catalog.MaxLimit,
	} {
		c := parse(t, shop("    price: 1\n    "+goods+"\n"))
		require.Equal(t, want, c.Products[0].Limit, goods)
	}
}

func TestGoodsOfSeveralLinesHaveASeparator(t *testing.T) {
	c := parse(t, shop("    price: 1\n    deliver: keys\n    stock: {separator: \"---\"}\n"))
	require.Equal(t, "---", c.Products[0].Separator)
	require.Empty(t, parse(t, shop("    price: 1\n    deliver: keys\n")).Products[0].Separator)
	for stock, says := range map[string]string{
		"deliver: keys\n    stock: {}":                                           "add separator:",
		"deliver: keys\n    stock: {separater: x}":                               "did you mean separator?",
		"deliver: keys\n    stock: {separator: \" x\"}":                          "without blanks around it",
		"deliver: keys\n    stock: {separator: " + strings.Repeat("-", 41) + "}": "write a short line",
		"deliver: text\n    text: a\n    stock: {separator: x}":                  "deliver: text has no stock",
	} {
		_, err := catalog.Parse("catalog.yaml", []byte(shop("    price: 1\n    "+stock+"\n")), fstest.MapFS{})
		require.ErrorContains(t, err, says)
	}
}

func TestOwnersAreWarnedBelowANumberOfUnits(t *testing.T) {
	for goods, want := range map[string]int{
		"deliver: keys": catalog.DefaultWarnBelow,
		"deliver: keys\n    stock: {separator: x}":                 catalog.DefaultWarnBelow,
		"deliver: keys\n    stock: {warn_below: 0}":                0,
		"deliver: keys\n    stock: {warn_below: 20, separator: x}": 20,
		"deliver: text\n    text: a":                               0,
	} {
		require.Equal(t, want, parse(t, shop("    price: 1\n    "+goods+"\n")).Products[0].WarnBelow, goods)
	}
	for _, bad := range []string{"-1", "x", "1.5", "01", "9999999"} {
		_, err := catalog.Parse("catalog.yaml", []byte(shop("    price: 1\n    deliver: keys\n    stock: {warn_below: "+bad+"}\n")), fstest.MapFS{})
		require.ErrorContains(t, err, "write a whole number, or 0 for no warning", bad)
	}
}

func TestTextsAndFilesCanBeProtectedAndKeysCannot(t *testing.T) {
	for goods, says := range map[string]string{
		"deliver: text\n    text: a\n    protect: true":                   "",
		"deliver: file\n    file: goods/good.zip\n    protect: true":      "",
		"deliver: keys\n    protect: true":                                "nobody could copy a key that is protected",
		"deliver: text\n    text: a\n    protect: sometimes":              "write true, or take the field out",
		"deliver: file\n    file: goods/good.zip\n    protectt: \"true\"": "did you mean protect?",
	} {
		c, err := catalog.Parse("catalog.yaml", []byte(shop("    price: 1\n    "+goods+"\n")), fstest.MapFS{"goods/good.zip": {Data: []byte("zip")}})
		if says != "" {
			require.ErrorContains(t, err, says, goods)
			continue
		}
		require.NoError(t, err, goods)
		require.True(t, c.Products[0].Protect)
	}
	require.False(t, parse(t, shop("    price: 1\n    deliver: text\n    text: a\n")).Products[0].Protect)
}

func TestTheNearestSKUIsNamed(t *testing.T) {
	c := parse(t, shop("    price: 1\n    deliver: keys\n"))
	sku := c.Products[0].SKU
	require.Equal(t, sku, c.NearestSKU(sku[1:]))
	require.Empty(t, c.NearestSKU("something else"))
}

func TestShopPricedInAnAssetIsPaidInIt(t *testing.T) {
	for _, assets := range []string{"", ", assets: [TON]"} {
		c := parse(t, strings.Replace(shop("    price: 0.000000001\n    deliver: keys\n"), "currency: USD", "currency: TON"+assets, 1))
		require.Equal(t, []money.Currency{"TON"}, c.Shop.Assets)
	}
	c := parse(t, shop("    price: 1\n    deliver: keys\n"))
	require.Empty(t, c.Shop.Assets, "all that the payment service offers")
}

func TestFileIsReadHoweverEditorsWriteIt(t *testing.T) {
	text := shop("    price: 1\n    deliver: keys\n")
	want := parse(t, text).Products
	for name, variant := range map[string]string{
		"byte order mark": "\ufeff" + text,
		"CRLF":            strings.ReplaceAll(text, "\n", "\r\n"),
		"document marker": "---\n" + text + "...\n",
		"directive":       "%YAML 1.2\n---\n" + text,
		"comments":        "# first\n" + strings.ReplaceAll(text, "\n", " # why\n"),
		"no last newline": strings.TrimSpace(text),
	} {
		require.Equal(t, want, parse(t, variant).Products, name)
	}
}

func TestAnchorsAndMergesSpareRepetition(t *testing.T) {
	c := parse(t, `
shop: {name: Test, currency: USD}
categories: [{id: games, title: Games}]
products:
  - &base
    sku: one
    category: games
    title: One
    price: "1"
    deliver: keys
    instructions: &how Enter it
  - <<: *base
    sku: two
    instructions: *how
  - <<: [{price: "3"}, *base]
    sku: three
`)
	require.Len(t, c.InCategory("games"), 3)
	require.Equal(t, "two", c.Products[1].SKU)
	require.Equal(t, c.Products[0].Title, c.Products[1].Title)
	require.Equal(t, c.Products[0].Instructions, c.Products[1].Instructions)
	require.Equal(t, "3", c.Products[2].Price.Decimal())
}

func TestCategoryWithoutProductsIsFine(t *testing.T) {
	c := parse(t, strings.Replace(shop("    price: 1\n    deliver: keys\n"), "categories: [", "categories: [{id: empty, title: Soon}, ", 1))
	require.Len(t, c.Categories, 2)
	require.Empty(t, c.InCategory("empty"))
	require.Empty(t, c.InCategory("none"))
}

func TestNoLinkLeadsOutOfTheCatalogsDirectory(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.txt")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	dir := t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "goods.txt")))
	path := filepath.Join(dir, "catalog.yaml")
	require.NoError(t, os.WriteFile(path, []byte(shop("    price: 1\n    deliver: file\n    file: goods.txt\n")), 0o600))

	_, err := catalog.Load(path)
	require.ErrorContains(t, err, `:9:11: file "goods.txt" cannot be opened; make it a readable file below the directory of the catalog`)

	require.NoError(t, os.WriteFile(path, []byte(shop("    price: 1\n    deliver: keys\n")), 0o600))
	c, err := catalog.Load(path)
	require.NoError(t, err)
	_, err = c.ReadFile("goods.txt")
	require.Error(t, err)
}

func TestLinkedCatalogHasItsPicturesBesideTheRealOne(t *testing.T) {
	link := filepath.Join(t.TempDir(), "catalog.yaml")
	target, err := filepath.Abs("../../configs/catalog.yaml")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(target, link))
	c, err := catalog.Load(link)
	require.NoError(t, err)
	data, err := c.ReadFile(c.Shop.Photo)
	require.NoError(t, err)
	require.NotEmpty(t, data)
	f, err := c.Open(c.Shop.Photo)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestMissingCatalogIsToldAsSuch(t *testing.T) {
	_, err := catalog.Load(filepath.Join(t.TempDir(), "none.yaml"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = catalog.FileIn(os.DirFS(t.TempDir()), "none.yaml").Load()
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestTextIsGivenInTheLanguageAskedForOrTheNextBest(t *testing.T) {
	both := catalog.Text{"en": "Games", "ru": "Игры", "pt-br": "Jogos"}
	for _, test := range []struct {
		text     catalog.Text
		language string
		fallback []string
		want     string
	}{
		{both, "ru", nil, "Игры"},
		{both, "ru-RU", nil, "Игры"},
		{both, "RU", nil, "Игры"},
		{both, "pt_BR", nil, "Jogos"},
		{both, "de", []string{"fr", "ru"}, "Игры"},
		{both, "de", nil, "Games"},
		{both, "", []string{"en"}, "Games"},
		{catalog.Plain("Guide"), "ru", []string{"en"}, "Guide"},
		{catalog.Text{"en": "", "ru": "Игры"}, "en", nil, "Игры"},
		{nil, "en", nil, ""},
	} {
		require.Equal(t, test.want, test.text.In(test.language, test.fallback...), "%v in %q", test.text, test.language)
	}
	require.Empty(t, catalog.Text(nil).In("en"))
	require.Empty(t, catalog.Plain("").In("en"))
}

func TestTextSurvivesStorage(t *testing.T) {
	for stored, text := range map[string]catalog.Text{
		`"Guide"`:                    catalog.Plain("Guide"),
		`{"en":"Games","ru":"Игры"}`: {"en": "Games", "ru": "Игры"},
		`null`:                       nil,
		`{"":"for all","ru":"по-русски"}`: {"": "for all", "ru": "по-русски"},
	} {
		data, err := json.Marshal(text)
		require.NoError(t, err)
		require.JSONEq(t, stored, string(data))
		var back catalog.Text
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, text, back)
	}
	var wrong catalog.Text
	require.Error(t, json.Unmarshal([]byte(`"`), &wrong))
	require.Error(t, wrong.UnmarshalJSON([]byte(`"\q"`)))
	require.Error(t, json.Unmarshal([]byte(`[1]`), &wrong))
}
