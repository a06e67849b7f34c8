package catalog_test

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"shopbot/internal/catalog"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the faults say now into the golden files")

// beside are the files next to the catalogs of the tests.
func beside(t *testing.T) fs.FS {
	t.Helper()
	sparse := func(size int) *fstest.MapFile { return &fstest.MapFile{Data: make([]byte, size)} }
	return fstest.MapFS{
		"images/good.png":  {Data: picture(t, 8, 4)},
		"images/wide.png":  {Data: picture(t, 10000, 1)},
		"images/strip.png": {Data: picture(t, 210, 10)},
		"images/fake.png":  {Data: []byte("GIF89a, a picture of another kind")},
		"images/tiny.png":  {Data: []byte("x")},
		"images/huge.png":  sparse(10<<20 + 1),
		"goods/good.zip":   {Data: []byte("PK")},
		"goods/empty.zip":  {},
		"goods/huge.zip":   sparse(50<<20 + 1),
	}
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

// TestFaultyCatalogsAreRefusedWithPlaceAndRemedy compares all faults of each catalog of
// testdata/faults with the golden file of the same name.
func TestFaultyCatalogsAreRefusedWithPlaceAndRemedy(t *testing.T) {
	files := beside(t)
	root, err := os.OpenRoot("testdata/faults")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, root.Close()) })
	names, err := fs.Glob(root.FS(), "*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			data, err := root.ReadFile(name)
			require.NoError(t, err)
			c, err := catalog.Parse("catalog.yaml", data, files)
			require.Error(t, err)
			require.Nil(t, c)
			golden := strings.TrimSuffix(name, ".yaml") + ".golden"
			if *update {
				require.NoError(t, root.WriteFile(golden, []byte(err.Error()+"\n"), 0o600))
			}
			want, readErr := root.ReadFile(golden)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
		})
	}
}

// shop is the smallest catalog around the lines of one product.
func shop(product string) string {
	return `shop: {name: Test, currency: USD, languages: [en, ru]}
categories: [{id: games, title: Games}]
products:
  - sku: one
    category: games
    title: One
` + product
}

func TestOneFaultyFieldIsToldAlone(t *testing.T) {
	files := beside(t)
	for _, test := range []struct{ product, fault string }{
		{`    price: 5
    limit: 3
    deliver: invite
    invite: {chat: -1}`, `8:12: limit 3, and a place that does not end can be bought once; remove limit:, or add access: and for how long a place is sold`},
		{`    price: "10,50"
    deliver: keys`, `7:12: price "10,50" is not a decimal; write digits and at most one point, such as "10.50"`},
		{`    price: -1
    deliver: keys`, `7:12: price "-1" is below zero; write what the buyer pays`},
		{`    price: 0.00
    deliver: keys`, `7:12: price "0.00" is nothing; write what the buyer pays`},
		{`    price: 0.125
    deliver: keys`, `7:12: price "0.125" is more exact than USD can be paid; round it to 2 decimals`},
		{`    price: 1e3
    deliver: keys`, `7:12: price "1e3" is not a decimal; write digits and at most one point, such as "10.50"`},
		{`    price: 0x10
    deliver: keys`, `7:12: price "0x10" is not a decimal; write digits and at most one point, such as "10.50"`},
		{`    price: 1_000
    deliver: keys`, `7:12: price "1_000" is not a decimal; write digits and at most one point, such as "10.50"`},
		{`    price: .inf
    deliver: keys`, `7:12: price ".inf" is not a decimal; write digits and at most one point, such as "10.50"`},
		{`    price: [1]
    deliver: keys`, `7:12: price is a group or a list; write a single value`},
		{`    price:
    deliver: keys`, `7:11: price has no value; fill it in or take the field out`},
		{`    price: "1"
    deliver: Keys`, `8:14: unknown kind of delivery "Keys"; did you mean keys?`},
		{`    price: "1"
    deliver: pigeon`, `8:14: unknown kind of delivery "pigeon"; known are file, invite, keys, manual, server, text`},
		{`    price: "1"
    deliver: text`, `4:5: product one without text; add text: and what the buyer gets`},
		{`    price: "1"
    deliver: keys
    text: hello`, `9:5: text is never sent with deliver: keys; write deliver: text, or use instructions for a text that goes with the goods`},
		{`    price: "1"
    deliver: [keys, keys]`, `8:21: deliver: keys is here twice; keep it once`},
		{`    price: "1"
    deliver: [keys, pigeon]`, `8:21: unknown kind of delivery "pigeon"; known are file, invite, keys, manual, server, text`},
		{`    price: "1"
    deliver: [keys, text]`, `4:5: product one without text; add text: and what the buyer gets`},
		{`    price: "1"
    deliver: manual
    manual: {within: soon}`, `9:22: within "soon"; write days or hours, such as 30d or 48h`},
		{`    price: "1"
    deliver: keys
    questions: [{ask: Why?, kind: text, min: 1}]`, `9:46: min of a question of kind text; write kind: number, or take min out`},
		{`    price: "1"
    deliver: keys
    questions: [{ask: How many?, kind: number, min: one}]`, `9:53: min "one"; write a whole number such as 1`},
		{`    price: "1"
    deliver: keys
    questions: [{ask: How many?, kind: number, min: 5, max: 4}]`, `9:61: no number is from 5 to 4; write a max: that is not below min:`},
		{`    price: "1"
    deliver: keys
    questions: [{ask: Which?, kind: choice, choices: [red, red]}]`, `9:60: a choice is here twice; keep it once`},
		{`    price: "1"
    deliver: keys
    questions: [{ask: Which?, kind: pick}]`, `9:37: unknown kind of answer "pick"; known are text, number, choice, file`},
		{`    price: "1"
    deliver: file
    file: goods/none.zip`, `9:11: file "goods/none.zip" does not exist; put it there or correct the path, which begins at the catalog's directory`},
		{`    price: "1"
    deliver: file
    file: goods`, `9:11: file "goods" is not a file; name a file`},
		{`    price: "1"
    deliver: file
    file: goods/huge.zip`, `9:11: file "goods/huge.zip" is over 50 MB; make it smaller`},
		{`    price: "1"
    deliver: file
    file: goods/empty.zip`, `9:11: file "goods/empty.zip" is empty; put something into it`},
		{`    price: "1"
    deliver: file
    file: ../../etc/passwd`, `9:11: file "../../etc/passwd"; write a path with / below the directory of the catalog, such as images/one.png`},
		{`    price: "1"
    deliver: keys
    photo: /etc/passwd`, `9:12: photo "/etc/passwd"; write a path with / below the directory of the catalog, such as images/one.png`},
		{`    price: "1"
    deliver: keys
    photo: images/wide.png`, `9:12: photo "images/wide.png" is 10000 × 1; scale it down: width and height add up to at most 10000`},
		{`    price: "1"
    deliver: keys
    photo: images/strip.png`, `9:12: photo "images/strip.png" is 210 × 10; crop it: at most 20 to 1`},
		{`    price: "1"
    deliver: keys
    photo: images/fake.png`, `9:12: photo "images/fake.png" is neither a PNG nor a JPEG picture; save it as PNG or JPEG`},
		{`    price: "1"
    deliver: keys
    photo: images/huge.png`, `9:12: photo "images/huge.png" is over 10 MB; make it smaller`},
		{`    price: "1"
    deliver: keys
    limit: 0`, `9:12: limit "0"; write a whole number from 1 to 100`},
		{`    price: "1"
    deliver: keys
    limit: 101`, `9:12: limit "101"; write a whole number from 1 to 100`},
		{`    price: "1"
    deliver: keys
    limit: 1.5`, `9:12: limit "1.5"; write a whole number from 1 to 100`},
		{`    price: "1"
    deliver: keys
    description: {ru: Тест}`, `9:18: description is missing in en; add en: …, the shop's first language`},
		{`    price: "1"
    deliver: keys
    description: {en: Test, EN: Test}`, `9:29: description in en is here twice; keep one of them`},
		{`    price: "1"
    deliver: keys
    description: {en: Test, de: Test}`, `9:29: description in "de", not one of the shop's languages; write en or ru, or add it to the shop's languages`},
		{`    price: "1"
    deliver: keys
    description: ` + strings.Repeat("я", 801), `9:18: description has 801 characters, and 800 is the most; shorten it`},
		{`    price: "1"
    deliver: keys
    description: "\0"`, `9:18: description has invisible control characters; take them out`},
		{`    price: "1"
    deliver: keys
    instructions: *gone`, `9:19: nothing above is named "gone"; put & and the name before the value that it stands for, further up, or put the text into quotes: instructions: '*gone'`},
		{`    price: "1"
    deliver: !!str keys`, `8:14: "!!str" has no meaning here; leave it out`},
		{`    price: "1"
    price: "2"
    deliver: keys`, `8:5: "price" is here twice, first in line 7; keep one of them`},
		{`    price: "1"
    deliver: keys
    prise: "2"`, `9:5: unknown field "prise"; did you mean price?`},
		{`    price: "1"
    deliver: keys
    Limit: 2`, `9:5: unknown field "Limit"; did you mean limit?`},
	} {
		_, err := catalog.Parse("shop.yaml", []byte(shop(test.product)+"\n"), files)
		require.EqualError(t, err, "shop.yaml:"+test.fault, test.product)
		var fault catalog.Fault
		require.ErrorAs(t, err, &fault)
		require.Equal(t, "shop.yaml", fault.File)
	}
}

func TestFileThatIsNoCatalogIsRefused(t *testing.T) {
	for name, test := range map[string]struct{ data, fault string }{
		"empty":              {"", "1:1: the file is empty; begin with shop:, categories: and products:"},
		"only comments":      {"# soon\n", "1:1: the file is empty; begin with shop:, categories: and products:"},
		"a word":             {"shop\n", "1:1: the catalog is not a group of fields; write fields such as shop: …"},
		"too long":           {strings.Repeat("#", 1<<20+1), "1:1: the file is over 1 MiB; take out what is not sold any more"},
		"not UTF-8":          {"shop:\n  name: caf\xe9\n", "2:12: a byte that is not UTF-8; save the file as UTF-8"},
		"a zero byte":        {"shop:\n  \x00\n", "2:3: an invisible control character, U+0000; take it out"},
		"two documents":      {"shop: {}\n---\nshop: {}\n", "3:5: a second document in the file; keep one, without a line ---"},
		"a tab":              {"shop:\n\tname: x\n", "2:1: a tab where YAML wants spaces; indent with spaces"},
		"open quotes":        {"shop:\n  name: \"x\n", "2:9: quotes that are never closed; end the text with \", or put the text into quotes: name: '\"x'"},
		"open bracket":       {"shop: [1, 2\n", "1:7: a bracket that is never closed; end the list with ]"},
		"open brace":         {"shop: {a: 1\n", "1:7: a brace that is never closed; end it with }"},
		"unknown way to pay": {"shop:\n  pay: [crypto, star]\n", "2:17: unknown way of paying \"star\"; did you mean stars?"},
		"bare @":             {"shop:\n  support: @help\n", "2:12: a character that no bare text may begin with; put the text into quotes: support: '@help'"},
		"unknown timezone":   {"shop: {timezone: Europe/Berlino}\n", `1:18: timezone "Europe/Berlino"; write a name such as Europe/Berlin or Asia/Tashkent, or UTC`},
		"odd morning":        {"shop: {morning: 9am}\n", `1:17: morning "9am"; write a time such as "09:00", or off`},
		"local timezone":     {"shop: {timezone: Local}\n", `1:18: timezone "Local"; write a name such as Europe/Berlin or Asia/Tashkent, or UTC`},
		"colon in a text":    {"shop:\n  name: One: two\n", "2:9: a colon inside a text; put the text into quotes"},
		"wrong indentation":  {"shop:\n    name: a\n  currency: USD\n", "3:3: this line does not continue what is above it; check its indentation"},
		"deep brackets":      {"shop: " + strings.Repeat("[", 500_000), "1:23: nested too deep; a catalog needs no more than four levels"},
		"deep dashes":        {strings.Repeat("- ", 500_000), "1:33: nested too deep; a catalog needs no more than four levels"},
		"deep lines":         {deepLines(100), "18:19: nested too deep; a catalog needs no more than four levels"},
		"endless fields":     {strings.Repeat("a: b\n", 200_000), "1001:2: over 1000 fields in one group; see whether this is the catalog file"},
		"contains itself":    {"shop: &a {name: *a}\n", "1:17: nothing above is named \"a\"; put & and the name before the value that it stands for, further up, or put the text into quotes: name: '*a}'"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := catalog.Parse("shop.yaml", []byte(test.data), fstest.MapFS{})
			require.Contains(t, strings.Split(err.Error(), "\n"), "shop.yaml:"+test.fault)
		})
	}
}

func TestTextThatBeginsWithACharacterOfYAMLGetsTheAdviceToUseQuotes(t *testing.T) {
	for title, advice := range map[string]string{
		`[Sale] Steam`:           `title: '[Sale] Steam'`,
		`[Sale]`:                 `title: '[Sale]'`,
		`[Sale: now] Steam`:      `title: '[Sale: now] Steam'`,
		`[`:                      `title: '['`,
		`[[ Steam`:               `title: '[[ Steam'`,
		`*Sale* Steam`:           `title: '*Sale* Steam'`,
		`* Sale`:                 `title: '* Sale'`,
		`*`:                      `title: '*'`,
		`{Sale} Steam`:           `title: '{Sale} Steam'`,
		`{Sale}`:                 `title: '{Sale}'`,
		`{`:                      `title: '{'`,
		`"Best" Steam`:           `title: '"Best" Steam'`,
		`"`:                      `title: '"'`,
		`? Steam`:                `title: '? Steam'`,
		`! Steam`:                `title: '! Steam'`,
		`!Steam`:                 `title: '!Steam'`,
		`& Steam`:                `title: '& Steam'`,
		`&Steam and`:             `title: '&Steam and'`,
		`- Steam`:                `title: '- Steam'`,
		`| Steam`:                `title: '| Steam'`,
		`# Steam`:                `title: '# Steam'`,
		`'Tis Steam`:             `title: '''Tis Steam'`,
		`: Steam`:                `title: ': Steam'`,
		`] Steam`:                `title: '] Steam'`,
		`{en: [Sale] X, ru: Y}`:  `en: '[Sale] X'`,
		`{en: X, ru: *Sale* Y}`:  `ru: '*Sale* Y'`,
		`{en: "X", ru: "*S*" Y}`: "check the spelling and the indentation of this line",
		`{en: X ru: Y}`:          "put a comma before ru:",
	} {
		t.Run(title, func(t *testing.T) {
			_, err := catalog.Parse("shop.yaml", []byte(productWithTitle(title)), fstest.MapFS{})
			require.ErrorContains(t, err, advice)
		})
	}
}

func TestTextInQuotesMayBeginWithAnyCharacter(t *testing.T) {
	for title, read := range map[string]string{
		`"[Sale] Steam"`: "[Sale] Steam", `'*Sale*'`: "*Sale*", `Steam "10"`: `Steam "10"`, `{en: "[X]", ru: '*Y*'}`: "[X]", "|\n      Steam": "Steam",
	} {
		c, err := catalog.Parse("shop.yaml", []byte(productWithTitle(title)), fstest.MapFS{})
		require.NoError(t, err)
		require.Equal(t, read, c.Products[0].Title.In("en"))
	}
}

func TestFileThatCannotBeReadToTheEndSaysSo(t *testing.T) {
	_, err := catalog.Parse("shop.yaml", []byte(productWithTitle("[Sale] Steam")), fstest.MapFS{})
	require.ErrorContains(t, err, "shop.yaml: the rest was not checked; mend this first")
}

func productWithTitle(title string) string {
	return "shop:\n  name: Shop\n  currency: USD\n  languages: [en, ru]\ncategories:\n  - id: games\n    title: Games\nproducts:\n" +
		"  - sku: steam\n    category: games\n    title: " + title + "\n    price: \"1\"\n    deliver: keys\n"
}

func deepLines(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

func TestFaultsAreToldAtOnceButNotWithoutEnd(t *testing.T) {
	_, err := catalog.Parse("shop.yaml", []byte("shop: {name: A, currency: USD}\ncategories: []\nproducts:\n"+strings.Repeat("  - sku: Bad\n", 200)), fstest.MapFS{})
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 51)
	require.Equal(t, "shop.yaml: and 951 more", lines[50], "five a product and the empty list, but fifty")
}
