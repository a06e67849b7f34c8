package preflight

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"shopbot/internal/catalog"
	"shopbot/internal/localize"
)

func (c *check) checkCatalog() {
	const subject = "catalog"
	if c.catalog == nil {
		err := c.catalogErr
		if _, faulty := errors.AsType[catalog.Fault](err); !faulty {
			err = withHint(err, "SHOPBOT_CATALOG names the file")
		}
		c.failErr(subject, err)
		return
	}
	of := c.cfg.Catalog
	if c.catalog.Revision > 0 {
		of += fmt.Sprintf(", revision %d", c.catalog.Revision)
	}
	c.ok(subject, "%s: %d products in %d categories, priced in %s, languages %s", of,
		len(c.catalog.Products), len(c.catalog.Categories), c.catalog.Shop.Currency, strings.Join(c.catalog.Shop.Languages, ", "))
	if _, faulty := errors.AsType[catalog.Fault](c.trouble); faulty {
		c.failErr(subject, c.trouble)
	} else if c.trouble != nil {
		c.warn(subject, "health_catalog_not_taken", "Detail", c.trouble)
	}
}

// checkTexts reads the texts of SHOPBOT_TEXTS, and warns of those that are said in English, or to
// nobody.
func (c *check) checkTexts() {
	const subject = "texts"
	if c.cfg.Texts == "" {
		return
	}
	texts, err := localize.LoadWith(c.cfg.Texts)
	if err != nil {
		c.failErr(subject, err)
		return
	}
	c.ok(subject, "the texts of %s fit", c.cfg.Texts)
	lacking, of := texts.Lacking()
	for _, code := range slices.Sorted(maps.Keys(lacking)) {
		c.warn(subject, "health_texts_lacking", "Language", code, "Lacking", lacking[code], "Of", of)
	}
	for _, code := range texts.Changed() {
		base, _, _ := strings.Cut(code, "-")
		spoken := func(s string) bool {
			return strings.EqualFold(s, code) || strings.HasPrefix(strings.ToLower(s)+"-", base+"-")
		}
		if c.catalog != nil && !slices.ContainsFunc(c.catalog.Shop.Languages, spoken) {
			c.warn(subject, "health_texts_unread", "Language", code)
		}
	}
}

// checkStock compares the catalog with what there is to sell.
func (c *check) checkStock() {
	const subject = "stock"
	if c.catalog == nil || c.stock == nil {
		return
	}
	var from, out, strays []string
	free := 0
	for i := range c.catalog.Products {
		p := &c.catalog.Products[i]
		if !p.Deliver.FromStock() {
			continue
		}
		from = append(from, p.SKU)
		free += c.stock[p.SKU].Free
		if c.stock[p.SKU].Free == 0 {
			out = append(out, p.SKU)
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(c.stock)) {
		if s := c.stock[sku]; s.Free+s.Reserved > 0 && !slices.Contains(from, sku) {
			strays = append(strays, sku)
		}
	}
	if len(out) > 0 {
		c.warn(subject, "health_stock_out", "Products", some(out))
	}
	if len(strays) > 0 {
		c.warn(subject, "health_stock_strays", "Products", some(strays))
	}
	if len(from) > 0 && len(out)+len(strays) == 0 {
		c.ok(subject, "nothing is sold out; free units: %d", free)
	}
}

// some lists the first of many names.
func some(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" (+%d)", len(names)-most)
	}
	return strings.Join(names, ", ")
}
