package catalog

import (
	"maps"
	"slices"
	"strconv"

	"shopbot/internal/money"
)

// Draft is a copy of a catalog that may be changed in any way. What is wrong with it is found when
// the YAML that it writes is parsed, by the same checks as a file's.
type Draft struct {
	Shop       Shop
	Categories []Category
	Products   []Product
}

// Draft returns a copy that shares nothing with the catalog.
func (c *Catalog) Draft() *Draft {
	d := &Draft{Shop: c.Shop, Categories: slices.Clone(c.Categories), Products: slices.Clone(c.Products)}
	d.Shop.Assets = slices.Clone(c.Shop.Assets)
	d.Shop.Languages, d.Shop.Pay = slices.Clone(c.Shop.Languages), slices.Clone(c.Shop.Pay)
	for _, t := range []*Text{&d.Shop.Name, &d.Shop.Terms, &d.Shop.Privacy} {
		*t = maps.Clone(*t)
	}
	for i := range d.Categories {
		d.Categories[i].Title = maps.Clone(d.Categories[i].Title)
	}
	for i := range d.Products {
		p := &d.Products[i]
		for _, t := range []*Text{&p.Title, &p.Description, &p.Text, &p.Instructions} {
			*t = maps.Clone(*t)
		}
		p.QuantityPrices, p.Also, p.Pay = slices.Clone(p.QuantityPrices), slices.Clone(p.Also), slices.Clone(p.Pay)
		p.Questions = slices.Clone(p.Questions)
		for i := range p.Questions {
			q := &p.Questions[i]
			q.Ask, q.Choices = maps.Clone(q.Ask), slices.Clone(q.Choices)
			for i := range q.Choices {
				q.Choices[i] = maps.Clone(q.Choices[i])
			}
		}
		if p.Sale != nil {
			sale := *p.Sale
			p.Sale = &sale
		}
	}
	return d
}

// Product finds a product to change by its SKU; nil if there is none.
func (d *Draft) Product(sku string) *Product {
	i := slices.IndexFunc(d.Products, func(p Product) bool { return p.SKU == sku })
	if i < 0 {
		return nil
	}
	return &d.Products[i]
}

// Category finds a category to change by its id; nil if there is none.
func (d *Draft) Category(id string) *Category {
	i := slices.IndexFunc(d.Categories, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return &d.Categories[i]
}

// entry is one field as a catalog file has it. One that has neither a word, a list, a text nor a
// group is not written.
type entry struct {
	name  string
	word  string
	list  []string
	text  Text
	group []entry
	style style // of the word, and of those of the list
	usual bool  // the word is what holds without the entry, so it is not written
}

// entries of the shop, a category and a product, in the order in which a file has them. They are
// what YAML writes and what Diff compares, so a field that is in none of them is lost:
// TestEveryFieldIsWrittenAndCompared.

func (s *Shop) entries() []entry {
	assets := stringsOf(s.Assets)
	if IsAsset(s.Currency) {
		assets = nil // it can be paid with that alone
	}
	zone := ""
	if s.Timezone != nil {
		zone = s.Timezone.String()
	}
	return []entry{
		{name: "name", text: s.Name},
		{name: "currency", word: string(s.Currency)},
		{name: "pay", list: stringsOf(s.Pay)},
		{name: "stars_rate", word: rate(s.StarsRate), style: quoted},
		{name: "assets", list: assets},
		{name: "choose_coin", word: yesOrNo(s.ChooseCoin), style: unquoted, usual: !s.ChooseCoin},
		{name: "languages", list: s.Languages},
		{name: "support", word: s.Support, style: quoted},
		{name: "photo", word: s.Photo},
		{name: "timezone", word: zone},
		{name: "morning", word: s.Morning, style: quoted},
		{name: "terms", text: s.Terms},
		{name: "privacy", text: s.Privacy},
	}
}

func stringsOf[T ~string](words []T) (all []string) {
	for _, w := range words {
		all = append(all, string(w))
	}
	return all
}

func (c *Category) entries() []entry {
	return []entry{
		{name: "id", word: c.ID},
		{name: "hidden", word: yesOrNo(c.Hidden), style: unquoted, usual: !c.Hidden},
		{name: "title", text: c.Title},
		{name: "photo", word: c.Photo},
	}
}

func (p *Product) entries() []entry {
	var stock []entry
	if p.Separator != "" {
		stock = append(stock, entry{name: "separator", word: p.Separator, style: quoted})
	}
	if p.Files {
		stock = append(stock, entry{name: "files", word: "true", style: unquoted})
	}
	if p.Deliver.FromStock() && p.WarnBelow != DefaultWarnBelow {
		stock = append(stock, entry{name: "warn_below", word: strconv.Itoa(p.WarnBelow), style: unquoted})
	}
	deliver := entry{name: "deliver", word: string(p.Deliver)}
	if len(p.Also) > 0 {
		deliver = entry{name: "deliver"}
		for _, k := range p.Ways() {
			deliver.list = append(deliver.list, string(k))
		}
	}
	limit, usual := "", p.Limit == p.Deliver.usualLimit()
	if p.Limit != 0 {
		limit = strconv.Itoa(p.Limit)
	}
	return []entry{
		{name: "sku", word: p.SKU},
		{name: "hidden", word: yesOrNo(p.Hidden), style: unquoted, usual: !p.Hidden},
		{name: "category", word: p.Category},
		{name: "title", text: p.Title},
		{name: "description", text: p.Description},
		{name: "photo", word: p.Photo},
		{name: "price", word: price(p.Price), style: quoted},
		{name: "stars", word: rate(p.Stars), style: quoted},
		{name: "pay", list: stringsOf(p.Pay)},
		{name: "sale", group: p.Sale.entries()},
		{name: "quantity_prices", list: quantityPrices(p.QuantityPrices), style: unquoted},
		{name: "limit", word: limit, style: unquoted, usual: usual},
		deliver,
		{name: "text", text: p.Text},
		{name: "file", word: p.File},
		{name: "invite", group: p.Invite.entries()},
		{name: "server", group: p.Server.entries()},
		{name: "manual", group: p.Manual.entries()},
		{name: "access", word: duration(p.Access), style: unquoted},
		{name: "subscription", word: yesOrNo(p.Subscription), style: unquoted, usual: !p.Subscription},
		{name: "questions", list: questionList(p.Questions), style: unquoted},
		{name: "protect", word: yesOrNo(p.Protect), style: unquoted, usual: !p.Protect},
		{name: "stock", group: stock},
		{name: "instructions", text: p.Instructions},
	}
}

// FieldNames lists the names of all fields that a Change may name.
func FieldNames() (names []string) {
	for _, entries := range [][]entry{(&Shop{}).entries(), (&Category{}).entries(), (&Product{}).entries()} {
		for _, e := range entries {
			if !slices.Contains(names, e.name) {
				names = append(names, e.name)
			}
		}
	}
	return names
}

// rate is an amount in all its digits; "" for none.
func rate(a money.Amount) string {
	if a == (money.Amount{}) {
		return ""
	}
	return a.Decimal()
}

func yesOrNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
