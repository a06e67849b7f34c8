package catalog_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"shopbot/configs"
	"shopbot/internal/catalog"
	"shopbot/internal/docstest"
)

// schemaNode is a schema as far as the tests and the reference look into it.
type schemaNode struct {
	Title       string                 `json:"title"`
	Description string                 `json:"description"`
	Ref         string                 `json:"$ref"`
	Required    []string               `json:"required"`
	Properties  map[string]*schemaNode `json:"properties"`
	Items       *schemaNode            `json:"items"`
	Enum        []any                  `json:"enum"`
	Definitions map[string]*schemaNode `json:"definitions"`
}

func readSchema(t *testing.T) (root *schemaNode, compiled *jsonschema.Schema) {
	t.Helper()
	data, err := configs.FS.ReadFile(configs.Schema)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &root))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("catalog.schema.json", doc))
	compiled, err = c.Compile("catalog.schema.json")
	require.NoError(t, err)
	return root, compiled
}

// validate judges a YAML text as an editor does: decoded, with its anchors replaced.
func validate(s *jsonschema.Schema, text []byte) error {
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		return err
	}
	asJSON, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(asJSON)); err != nil {
		return err
	}
	return s.Validate(value)
}

// groups are the definitions of the schema for the groups of fields of a catalog file.
var groups = map[string]string{
	"shop": "shop", "a category": "category", "a product": "product", "stock": "stock", "sale": "sale",
	"a quantity price": "quantity_price", "invite": "invite", "server": "server", "manual": "manual", "a question": "question",
}

func TestTheSchemaHasEveryFieldOfACatalogFile(t *testing.T) {
	root, _ := readSchema(t)
	names := func(n *schemaNode) []string { return slices.Collect(maps.Keys(n.Properties)) }
	require.ElementsMatch(t, catalog.FieldsOf["the catalog"], names(root))
	require.Len(t, catalog.FieldsOf, len(groups)+1, "each group of fields has its definition")
	for what, definition := range groups {
		require.ElementsMatch(t, catalog.FieldsOf[what], names(root.Definitions[definition]), what)
	}
	var kinds []any
	for _, k := range catalog.Kinds() {
		kinds = append(kinds, string(k))
	}
	require.ElementsMatch(t, kinds, root.Definitions["kind"].Enum)
}

func TestTheSchemaTakesEverySample(t *testing.T) {
	_, schema := readSchema(t)
	names, err := fs.Glob(configs.FS, "*.yaml")
	require.NoError(t, err)
	require.Contains(t, names, configs.Catalog)
	for _, name := range names {
		text, err := configs.FS.ReadFile(name)
		require.NoError(t, err)
		if name == configs.Demo {
			before, err := configs.FS.ReadFile(configs.Catalog)
			require.NoError(t, err)
			text = slices.Concat(before, text)
		}
		require.True(t, bytes.HasPrefix(text, []byte("# yaml-language-server: $schema="+configs.Schema+"\n")), "editors find the schema of %s by its first line", name)
		require.NoError(t, validate(schema, text), name)
	}
	require.NoError(t, validate(schema, full(t).Draft().YAML()))
}

// TestCatalogsInTheDocsAreRight also reads the parts of a catalog that pages show by themselves.
func TestCatalogsInTheDocsAreRight(t *testing.T) {
	_, schema := readSchema(t)
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")
	seen := 0
	for _, name := range pages {
		page, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, found := range block.FindAllStringSubmatch(string(page), -1) {
			text, ok := completed(t, found[1])
			if !ok {
				continue
			}
			seen++
			_, err = catalog.Parse(filepath.Base(name), text, nil)
			require.NoError(t, err, found[1])
			require.NoError(t, validate(schema, text), "%s:\n%s", name, found[1])
		}
	}
	require.Greater(t, seen, 6)
}

// completed makes a catalog of a part of one: of fields of a product, of products, or of a catalog
// that leaves things out. It reports false for YAML of another kind.
func completed(t *testing.T, part string) (text []byte, ok bool) {
	t.Helper()
	type fields = map[string]any
	var value any
	require.NoError(t, yaml.Unmarshal([]byte(strings.ReplaceAll(part, "\n    …\n", "\n")), &value), part)
	whole, isMap := value.(fields)
	switch {
	case !isMap:
		whole = fields{"products": value}
	case whole["products"] == nil && slices.Contains(catalog.FieldsOf["a product"], slices.Sorted(maps.Keys(whole))[0]):
		whole = fields{"products": []any{value}}
	case whole["products"] == nil:
		return nil, false
	}
	fill := func(to fields, with fields) fields {
		filled := maps.Clone(with)
		maps.Copy(filled, to)
		return filled
	}
	shop, _ := whole["shop"].(fields)
	whole["shop"] = fill(shop, fields{"name": "N", "currency": "USD", "languages": []string{"en", "ru"}})
	var products, categories []any
	for i, p := range whole["products"].([]any) {
		id := fmt.Sprint("c", i)
		categories = append(categories, fields{"id": id, "title": "C"})
		product := fill(p.(fields), fields{"sku": fmt.Sprint("p", i), "title": "T", "price": "100", "deliver": "keys"})
		product["category"] = id
		products = append(products, product)
	}
	whole["products"], whole["categories"] = products, categories
	text, err := json.Marshal(whole)
	require.NoError(t, err)
	return text, true
}

// TestTheSchemaTakesWhateverTheShopTakes makes sure that an editor underlines nothing that is right.
func TestTheSchemaTakesWhateverTheShopTakes(t *testing.T) {
	_, schema := readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		text := drawDraft(t).YAML()
		if err := validate(schema, text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	})
}

// TestTheSchemaAndTheShopAgree has what an editor can know: fields, forms, limits, what belongs
// together. What it cannot know, such as whether a file exists, is found by the shop alone.
func TestTheSchemaAndTheShopAgree(t *testing.T) {
	_, schema := readSchema(t)
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct{ right, wrong string }{
		{"price: 1\n    deliver: keys", "price: 1"},
		{"price: 1\n    deliver: keys", "deliver: keys"},
		{"price: 0.01\n    deliver: keys", "price: 0\n    deliver: keys"},
		{`price: "0.01"` + "\n    deliver: keys", `price: "1,5"` + "\n    deliver: keys"},
		{"price: 1\n    deliver: keys\n    limit: 100", "price: 1\n    deliver: keys\n    limit: 101"},
		{"price: 1\n    deliver: keys\n    limit: \"1\"", "price: 1\n    deliver: keys\n    limit: 0"},
		{"price: 1\n    deliver: keys\n    hidden: false", "price: 1\n    deliver: keys\n    hidden: 1"},
		{"price: 1\n    deliver: keys\n    stock: {warn_below: 1000000}", "price: 1\n    deliver: keys\n    stock: {warn_below: 1000001}"},
		{"price: 1\n    deliver: keys\n    stock: {separator: ---}", "price: 1\n    deliver: keys\n    stock: {}"},
		{"price: 1\n    deliver: keys\n    stock: {separator: ---, files: false}", "price: 1\n    deliver: keys\n    stock: {separator: ---, files: true}"},
		{"price: 1\n    deliver: keys\n    description: " + long(800), "price: 1\n    deliver: keys\n    description: " + long(802)},
		{"price: 1\n    deliver: keys\n    instructions: " + long(2000), "price: 1\n    deliver: keys\n    instructions: " + long(2002)},
		{"price: 1\n    deliver: keys\n    instructions: {en: A, RU: B}", "price: 1\n    deliver: keys\n    instructions: {english: A}"},
		{"price: 1\n    deliver: text\n    text: " + long(16000), "price: 1\n    deliver: text\n    text: " + long(16002)},
		{"price: 1\n    deliver: text\n    text: T", "price: 1\n    deliver: text"},
		{"price: 1\n    deliver: [keys, text]\n    text: T", "price: 1\n    deliver: [keys]\n    text: T"},
		{"price: 1\n    deliver: text\n    text: T\n    protect: true", "price: 1\n    deliver: keys\n    protect: true"},
		{"price: 1\n    deliver: file\n    file: goods/a.zip", "price: 1\n    deliver: file\n    file: /goods/a.zip"},
		{"price: 1\n    deliver: invite\n    invite: {chat: -1}", "price: 1\n    deliver: invite\n    invite: {chat: 1}"},
		{"price: 1\n    deliver: invite\n    invite: {chat: -1, expires: 36h}", "price: 1\n    deliver: invite\n    invite: {chat: -1, expires: 36}"},
		{"price: 1\n    deliver: server\n    server: {url: https://a.example}", "price: 1\n    deliver: server\n    server: {url: a.example}"},
		{"price: 1\n    deliver: manual\n    manual: {within: 3d}", "price: 1\n    deliver: manual\n    manual: {}"},
		{"price: 1\n    deliver: keys\n    access: 30d", "price: 1\n    deliver: keys\n    access: 30m"},
		{"price: 1\n    stars: 10000\n    pay: [stars]\n    deliver: keys\n    access: 30d\n    subscription: true", "price: 1\n    stars: 1\n    pay: [stars]\n    deliver: keys\n    access: 31d\n    subscription: true"},
		{"price: 1\n    pay: [stars]\n    stars: 100000\n    deliver: keys", "price: 1\n    pay: [stars]\n    stars: 100001\n    deliver: keys"},
		{"price: 1\n    pay: [crypto]\n    deliver: keys", "price: 1\n    pay: [coins]\n    deliver: keys"},
		{"price: 2\n    deliver: keys\n    sale: {price: 1, from: 2026-12-01}", "price: 2\n    deliver: keys\n    sale: {price: 1, from: 2026-13-01}"},
		{"price: 2\n    deliver: keys\n    quantity_prices: [{from: 2, price: 1}]", "price: 2\n    deliver: keys\n    quantity_prices: [{from: 1, price: 1}]"},
		{"price: 1\n    deliver: keys\n    questions: [{ask: A, kind: choice, choices: [a, b]}]", "price: 1\n    deliver: keys\n    questions: [{ask: A, kind: choice, choices: [a]}]"},
		{"price: 1\n    deliver: keys\n    questions: [{ask: A, kind: text}]", "price: 1\n    deliver: keys\n    questions: [{ask: A, kind: choice}]"},
		{"price: 1\n    deliver: keys\n    questions: [{ask: A, kind: number, min: -1, max: \"5\"}]", "price: 1\n    deliver: keys\n    questions: [{ask: A, kind: text, min: 1}]"},
		{"price: 1\n    deliver: keys\n    questions: [{ask: " + long(300) + ", kind: file}]", "price: 1\n    deliver: keys\n    questions: [{ask: " + long(302) + ", kind: file}]"},
		{"price: 1\n    deliver: keys", "price: 1\n    deliver: keys\n    prise: 1"},
	} {
		for text, right := range map[string]bool{shop("    " + c.right + "\n"): true, shop("    " + c.wrong + "\n"): false} {
			_, err := catalog.Parse("c.yaml", []byte(text), nil)
			require.Equal(t, right, err == nil, "the shop: %v\n%s", err, text)
			err = validate(schema, []byte(text))
			require.Equal(t, right, err == nil, "the schema: %v\n%s", err, text)
		}
	}
}

const (
	catalogPage = "../../docs/catalog.md"
	fieldsBegin = "<!-- fields: go test ./internal/catalog -run TestTheReferenceOfFields -update -->\n"
	fieldsEnd   = "<!-- end of fields -->\n"
)

func TestTheReferenceOfFieldsIsThatOfTheSchema(t *testing.T) {
	root, _ := readSchema(t)
	var written strings.Builder
	for _, of := range []struct{ definition, title, what string }{
		{"shop", "shop", "shop"},
		{"category", "categories", "a category"},
		{"product", "products", "a product"},
		{"sale", "sale", "sale"},
		{"quantity_price", "quantity_prices", "a quantity price"},
		{"stock", "stock", "stock"},
		{"invite", "invite", "invite"},
		{"server", "server", "server"},
		{"manual", "manual", "manual"},
		{"question", "questions", "a question"},
	} {
		n := root.Definitions[of.definition]
		fmt.Fprintf(&written, "\n### `%s`\n\n| field | takes | meaning |\n| --- | --- | --- |\n", of.title)
		for _, name := range catalog.FieldsOf[of.what] {
			f, label, form := n.Properties[name], "`"+name+"`", ""
			if slices.Contains(n.Required, name) {
				label += ", required"
			}
			if form = f.Title; form == "" {
				form = root.Definitions[strings.TrimPrefix(f.Ref, "#/definitions/")].Title
			}
			require.NotEmpty(t, form, name)
			require.NotEmpty(t, f.Description, name)
			if f.Items != nil && f.Items.Ref != "" && root.Definitions[strings.TrimPrefix(f.Items.Ref, "#/definitions/")].Properties != nil || form == "fields" {
				form = fmt.Sprintf("[%s](#%s)", form, name)
			}
			fmt.Fprintf(&written, "| %s | %s | %s |\n", label, form, f.Description)
		}
	}
	written.WriteString("\n")
	docstest.RequirePart(t, catalogPage, fieldsBegin, fieldsEnd, written.String(), *update)
}
