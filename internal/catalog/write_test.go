package catalog_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/configs"
	"shopbot/internal/catalog"
	"shopbot/internal/money"
)

func TestSampleIsWrittenAndReadAgain(t *testing.T) {
	c := sample(t)
	text := c.Draft().YAML()
	again, err := catalog.Parse("again.yaml", text, configs.FS)
	require.NoError(t, err)
	require.Empty(t, catalog.Diff(c, again))
	require.Equal(t, string(text), string(again.Draft().YAML()))
}

// drawText draws a text of which a reader of YAML could think anything.
func drawText(t *rapid.T, label string, oneLine bool) string {
	pieces := []string{
		"a", "Я", "7", " ", "  ", ", ", ": ", " #", "# ", "- ", "? ", "| ", "> ", "%", "@", "`", "&a", "*a", "!t", "{", "}", "[", "]",
		`"`, `'`, `\`, `\n`, "null", "true", "~", "no", "1e3", "0x1", ".inf", "---", "...", "<<", "=", "🎮", "\u200b", "\u00a0", "\ufeff", "\u2028",
		"en: ", " ru: x", "\t", "$", "e\u0301",
	}
	if !oneLine {
		pieces = append(pieces, "\n", "\n\n", "\n  ", " \n", "\n#", "\n- ", "\n\t", "\n---\n")
	}
	s := strings.TrimSpace(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8).Draw(t, label), ""))
	if s == "" {
		return "x"
	}
	return s
}

func drawWords(t *rapid.T, label string, oneLine, optional bool, languages []string) catalog.Text {
	switch rapid.IntRange(0, 3).Draw(t, label+" in") {
	case 0:
		if optional {
			return nil
		}
		fallthrough
	case 1:
		return catalog.Plain(drawText(t, label, oneLine))
	}
	text := catalog.Text{languages[0]: drawText(t, label, oneLine)}
	for _, code := range languages[1:] {
		if rapid.Bool().Draw(t, label+" in "+code) {
			text[code] = drawText(t, label, oneLine)
		}
	}
	return text
}

func drawPrice(t *rapid.T, c money.Currency) money.Amount {
	price, err := money.Parse(rapid.SampledFrom([]string{"1", "10.5", "0.01", "999999", "20.90"}).Draw(t, "price"), c)
	if err != nil {
		t.Fatal(err)
	}
	return price
}

// drawLower draws a price below another.
func drawLower(t *rapid.T, than money.Amount) (price money.Amount, lower bool) {
	price, err := money.Parse(rapid.SampledFrom([]string{"0.01", "0.99"}).Draw(t, "lower price"), than.Currency())
	if err != nil {
		t.Fatal(err)
	}
	compared, err := price.Compare(than)
	return price, err == nil && compared < 0
}

// drawDraft draws a catalog that uses every field.
func drawDraft(t *rapid.T) *catalog.Draft {
	photo := func() string {
		return rapid.SampledFrom([]string{"", "images/a.png", "true", "a b: c.png", "chat/0011223344556677.jpg"}).Draw(t, "photo")
	}
	d := &catalog.Draft{Shop: catalog.Shop{
		Currency:  rapid.SampledFrom([]money.Currency{"USD", "RUB", "USDT", "TON"}).Draw(t, "currency"),
		Languages: rapid.SampledFrom([][]string{{"en"}, {"ru", "en"}, {"no", "pt-br", "en"}}).Draw(t, "languages"),
		Support:   rapid.SampledFrom([]string{"", "@pixel_help", "https://example.com/#help"}).Draw(t, "support"),
		Photo:     photo(),
	}}
	of := &d.Shop
	of.Name = drawWords(t, "name", true, false, of.Languages)
	of.Terms = drawWords(t, "terms", false, true, of.Languages)
	of.Privacy = drawWords(t, "privacy", false, true, of.Languages)
	of.Assets = rapid.SampledFrom([][]money.Currency{nil, {"USDT", "TON"}}).Draw(t, "assets")
	if catalog.IsAsset(of.Currency) {
		of.Assets = []money.Currency{of.Currency}
	}
	if zone := rapid.SampledFrom([]string{"", "Europe/Berlin", "UTC"}).Draw(t, "zone"); zone != "" {
		var err error
		if of.Timezone, err = time.LoadLocation(zone); err != nil {
			t.Fatal(err)
		}
	}
	of.Morning = rapid.SampledFrom([]string{"", "08:30", catalog.MorningOff}).Draw(t, "morning")
	for i := range rapid.IntRange(1, 3).Draw(t, "categories") {
		d.Categories = append(d.Categories, catalog.Category{
			ID: fmt.Sprint("c", i), Title: drawWords(t, "category", true, false, of.Languages), Photo: photo(),
			Hidden: rapid.Bool().Draw(t, "hidden"),
		})
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "products") {
		p := catalog.Product{
			SKU: rapid.SampledFrom([]string{"no", "1e", "p-", "0x"}).Draw(t, "sku") + fmt.Sprint(i), Category: "c0",
			Title: drawWords(t, "title", true, false, of.Languages), Description: drawWords(t, "description", false, true, of.Languages),
			Photo: photo(), Price: drawPrice(t, of.Currency), Limit: rapid.SampledFrom([]int{1, 5, 10, 100}).Draw(t, "limit"),
			Deliver:      rapid.SampledFrom(catalog.Kinds()).Draw(t, "deliver"),
			Instructions: drawWords(t, "instructions", false, true, of.Languages), Hidden: rapid.Bool().Draw(t, "hidden"),
		}
		p.Also = drawFurtherWays(t, p.Deliver)
		for _, kind := range p.Ways() {
			drawTerms(t, &p, kind, of.Languages)
		}
		p.Limit = min(p.Limit, p.MostLimit())
		if cheap, ok := drawLower(t, p.Price); ok && rapid.Bool().Draw(t, "sale") {
			p.Sale = &catalog.Sale{
				Price: cheap, From: rapid.SampledFrom([]catalog.Date{"", "2026-12-01"}).Draw(t, "from"),
				Until: rapid.SampledFrom([]catalog.Date{"", "2026-12-31"}).Draw(t, "until"),
			}
		}
		if cheap, ok := drawLower(t, p.Price); ok && p.Limit >= 5 && rapid.Bool().Draw(t, "quantity prices") {
			p.QuantityPrices = []catalog.QuantityPrice{{From: rapid.IntRange(2, 5).Draw(t, "pieces"), Price: cheap}}
		}
		d.Products = append(d.Products, p)
	}
	return d
}

// drawFurtherWays draws ways of delivery beside the leading one.
func drawFurtherWays(t *rapid.T, leading catalog.Kind) (also []catalog.Kind) {
	for _, kind := range catalog.Kinds() {
		if kind != leading && !kind.FromStock() && rapid.IntRange(0, 4).Draw(t, "also") == 0 {
			also = append(also, kind)
		}
	}
	return also
}

func drawTerms(t *rapid.T, p *catalog.Product, kind catalog.Kind, languages []string) {
	switch kind {
	case catalog.Keys:
		p.Separator = rapid.SampledFrom([]string{"", "---", "#", "null"}).Draw(t, "separator")
		p.WarnBelow = rapid.SampledFrom([]int{0, catalog.DefaultWarnBelow, 20}).Draw(t, "warn below")
	case catalog.Content:
		p.Text = drawWords(t, "text", false, false, languages)
	case catalog.File:
		p.File = "goods/a.zip"
	case catalog.Invitation:
		p.Invite = catalog.Invite{
			Chat:    -rapid.Int64Range(1, 1<<52).Draw(t, "chat"),
			Expires: time.Duration(rapid.IntRange(1, 800).Draw(t, "hours")) * time.Hour,
		}
		p.Access = rapid.SampledFrom([]time.Duration{0, 30 * 24 * time.Hour, 36 * time.Hour}).Draw(t, "access")
	case catalog.FromServer:
		p.Server.URL = "https://shop.example/goods?a=b"
	case catalog.ByHand:
		p.Manual.Within = 48 * time.Hour
		low, high := rapid.Int64Range(-5, 0).Draw(t, "min"), rapid.Int64Range(0, 5).Draw(t, "max")
		p.Questions = []catalog.Question{
			{Ask: drawWords(t, "ask", true, false, languages), Kind: catalog.AnswerNumber, Min: &low, Max: &high},
			{
				Ask: drawWords(t, "ask", true, false, languages), Kind: catalog.AnswerChoice,
				Choices: []catalog.Text{catalog.Plain("1"), drawWords(t, "choice", true, false, languages)},
			},
		}
	}
}

func TestWhateverIsWrittenIsReadAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawDraft(t)
		text := string(d.YAML())
		c, err := catalog.Parse("c.yaml", []byte(text), nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again := c.Draft()
		for i := range d.Products { // 10.5 and 10.50 are the same amount in two forms
			if !again.Products[i].Price.Equal(d.Products[i].Price) {
				t.Fatalf("price %s became %s", d.Products[i].Price, again.Products[i].Price)
			}
			again.Products[i].Price = d.Products[i].Price
		}
		if !reflect.DeepEqual(d, again) {
			t.Fatalf("want %+v\ngot  %+v\n%s", d, again, text)
		}
		if second := string(c.Draft().YAML()); second != text {
			t.Fatalf("not canonical:\n%s\n%s", text, second)
		}
	})
}

// full is a catalog with a value in every field, none of them the usual one.
func full(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Parse("full.yaml", []byte(`
shop: {name: N, currency: USD, pay: [crypto, stars], stars_rate: "0.013", assets: [TON], choose_coin: true, languages: [de], support: "@helpers", photo: s.png, timezone: Europe/Berlin, morning: "08:30", terms: T, privacy: P}
categories: [{id: c, title: C, photo: c.png, hidden: true}]
products:
  - {sku: keys, category: c, title: K, description: D, photo: k.png, price: "2", sale: {price: "1.5", from: 2026-12-01, until: 2026-12-31}, quantity_prices: [{from: 3, price: "1.8"}], limit: 7, deliver: keys, stock: {separator: "--"}, instructions: I, hidden: true}
  - {sku: text, category: c, title: T, price: "2", limit: 3, deliver: text, text: The text}
  - {sku: file, category: c, title: F, price: "2", limit: 3, deliver: file, file: f.zip, protect: true}
  - {sku: maps, category: c, title: M, price: "2", limit: 3, deliver: keys, stock: {files: true}}
  - {sku: club, category: c, title: C, price: "2", limit: 3, stars: "150", pay: [stars], deliver: [invite, text], text: T, invite: {chat: -1001, expires: 36h}, access: 30d, subscription: true}
  - {sku: server, category: c, title: S, price: "2", limit: 3, deliver: server, server: {url: "https://shop.example/goods"}}
  - {sku: manual, category: c, title: M, price: "2", limit: 3, deliver: manual, manual: {within: 48h}, questions: [{ask: Which name?, kind: text}, {ask: {de: Farbe}, kind: choice, choices: [red, {de: blau}]}]}
`), nil)
	require.NoError(t, err)
	return c
}

// TestEveryFieldIsWrittenAndCompared empties each field in turn: a field that the writer or Diff does
// not know would be lost by the next change in the chat.
func TestEveryFieldIsWrittenAndCompared(t *testing.T) {
	c := full(t)
	set := map[string]bool{}
	try := func(of string, pick func(d *catalog.Draft) any) {
		fields := reflect.TypeOf(pick(c.Draft())).Elem()
		for i := range fields.NumField() {
			name := of + "." + fields.Field(i).Name
			set[name] = set[name] || !reflect.ValueOf(pick(c.Draft())).Elem().Field(i).IsZero()
			if reflect.ValueOf(pick(c.Draft())).Elem().Field(i).IsZero() {
				continue
			}
			d := c.Draft()
			field := reflect.ValueOf(pick(d)).Elem().Field(i)
			field.SetZero()
			require.NotEqual(t, string(c.Draft().YAML()), string(d.YAML()), "%s is not written", name)
			changed := &catalog.Catalog{Shop: d.Shop, Categories: d.Categories, Products: d.Products}
			require.NotEmpty(t, catalog.Diff(c, changed), "%s is not compared", name)
		}
	}
	try("Shop", func(d *catalog.Draft) any { return &d.Shop })
	try("Category", func(d *catalog.Draft) any { return &d.Categories[0] })
	for i := range c.Products {
		try("Product", func(d *catalog.Draft) any { return &d.Products[i] })
	}
	for name, had := range set {
		require.True(t, had, "full needs a value for %s", name)
	}
}

func TestADraftSharesNothingWithItsCatalog(t *testing.T) {
	c := sample(t)
	before := string(c.Draft().YAML())
	d := c.Draft()
	d.Shop.Name["en"], d.Shop.Languages[0], d.Shop.Assets[0] = "changed", "xx", "XX"
	d.Categories[0].Title["en"] = "changed"
	for i := range d.Products {
		d.Products[i].Title["en"], d.Products[i].Description["en"] = "changed", "changed"
		for _, text := range []catalog.Text{d.Products[i].Text, d.Products[i].Instructions} {
			if text != nil {
				text["en"] = "changed"
			}
		}
	}
	require.Equal(t, before, string(c.Draft().YAML()))
}

func TestATextInQuotesMayLookLikeTwoLanguages(t *testing.T) {
	c, err := catalog.Parse("c.yaml", []byte(shop("    price: 1\n    deliver: keys\n    description: {en: \"Say en: or ru: first\", ru: Скажите}\n")), fstest.MapFS{})
	require.NoError(t, err)
	require.Equal(t, "Say en: or ru: first", c.Products[0].Description.In("en"))
}

func TestDifferencesInWords(t *testing.T) {
	c := sample(t)
	for want, edit := range map[string]func(d *catalog.Draft){
		`product steam-10: price 10.50 → 11.00`: func(d *catalog.Draft) {
			d.Product("steam-10").Price = drawAmount(t, "11", "USD")
		},
		`product vpn-30d: title in ru "VPN на 30 дней" → "VPN на месяц"`: func(d *catalog.Draft) { d.Product("vpn-30d").Title["ru"] = "VPN на месяц" },
		`product vpn-30d: limit 20 → 10`:                                 func(d *catalog.Draft) { d.Product("vpn-30d").Limit = 10 },
		`product vpn-30d: hidden false → true`:                           func(d *catalog.Draft) { d.Product("vpn-30d").Hidden = true },
		`product vpn-30d: photo images/vpn-30d.png removed`:              func(d *catalog.Draft) { d.Product("vpn-30d").Photo = "" },
		`product starter-kit removed`:                                    func(d *catalog.Draft) { d.Products = d.Products[:len(d.Products)-1] },
		`product starter-kit moved to the beginning`: func(d *catalog.Draft) {
			last := len(d.Products) - 1
			d.Products = append([]catalog.Product{d.Products[last]}, d.Products[:last]...)
		},
		`category guides moved behind games`: func(d *catalog.Draft) {
			d.Categories[1], d.Categories[2] = d.Categories[2], d.Categories[1]
		},
		`shop: support @pixel_help removed`:           func(d *catalog.Draft) { d.Shop.Support = "" },
		`shop: assets "USDT, TON, BTC" → "USDT, BTC"`: func(d *catalog.Draft) { d.Shop.Assets = []money.Currency{"USDT", "BTC"} },
		`product new added`:                           func(d *catalog.Draft) { p := d.Products[0]; p.SKU = "new"; d.Products = append(d.Products, p) },
	} {
		d := c.Draft()
		edit(d)
		changes := catalog.Diff(c, &catalog.Catalog{Shop: d.Shop, Categories: d.Categories, Products: d.Products})
		require.Len(t, changes, 1, want)
		require.Equal(t, want, changes[0].String())
	}
}

func drawAmount(t *testing.T, s string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(s, c)
	require.NoError(t, err)
	return a
}
