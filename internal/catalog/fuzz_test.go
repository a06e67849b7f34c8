package catalog_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"shopbot/configs"
	"shopbot/internal/catalog"
)

// FuzzParse requires that every file becomes a valid catalog, or faults that each have a position
// and a remedy.
func FuzzParse(f *testing.F) {
	sampleFile, err := configs.FS.ReadFile(configs.Catalog)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sampleFile)
	f.Add([]byte(goodShop))
	faulty := os.DirFS("testdata/faults")
	names, _ := fs.Glob(faulty, "*.yaml")
	for _, name := range names {
		data, err := fs.ReadFile(faulty, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := catalog.Parse("f.yaml", data, configs.FS)
		if err == nil {
			checkCatalog(t, c)
			return
		}
		if c != nil {
			t.Error("a catalog beside its faults")
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, one := range split(err) {
			var fault catalog.Fault
			if !errors.As(one, &fault) {
				continue // the count of the faults that are not listed
			}
			if fault.Line < 1 || fault.Line > lines || fault.Column < 1 || fault.What == "" || fault.Remedy == "" {
				t.Errorf("a fault without place or remedy in %d lines: %+v", lines, fault)
			}
			if strings.ContainsAny(fault.Error(), "\n\r\t\x00") {
				t.Errorf("a fault of several lines: %q", fault.Error())
			}
		}
	})
}

func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func checkCatalog(t *testing.T, c *catalog.Catalog) {
	t.Helper()
	if len(c.Products) == 0 || len(c.Categories) == 0 || c.Shop.Name.In("") == "" || len(c.Shop.Languages) == 0 {
		t.Fatal("an empty catalog")
	}
	for _, p := range c.Products {
		found, ok := c.Product(strings.ToUpper(p.SKU))
		switch {
		case !ok || found.Title.In("xx") != p.Title.In("xx"):
			t.Errorf("product %q is not found", p.SKU)
		case p.Price.Sign() <= 0 || p.Price.Currency() != c.Shop.Currency:
			t.Errorf("price %s", p.Price)
		case p.Limit < 1 || p.Limit > catalog.MaxLimit:
			t.Errorf("limit %d", p.Limit)
		case p.Title.In(c.Shop.Languages[0]) == "" || len("p_"+p.SKU) > 64:
			t.Errorf("product %q cannot be shown", p.SKU)
		case p.Delivers(catalog.Content) == (p.Text.In("") == "") || p.Delivers(catalog.File) != (p.File != ""):
			t.Errorf("product %q has the wrong goods", p.SKU)
		}
	}
}
