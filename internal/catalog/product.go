package catalog

import (
	"slices"
	"strconv"
	"strings"

	"shopbot/internal/money"
)

func (r *reader) products(catalog record, c *Catalog) []Product {
	n := r.required(catalog, "a catalog", "products", "add products: with at least one")
	var all []Product
	lines := map[string]int{}
	for _, item := range r.list(n, "products") {
		rec, ok := r.record(item, "a product")
		if !ok {
			continue
		}
		p := r.product(rec, c)
		r.unique(lines, rec.get("sku"), "sku", p.SKU)
		all = append(all, p)
	}
	return all
}

func (r *reader) product(rec record, c *Catalog) Product {
	sku := r.name(r.required(rec, "a product", "sku", "add sku: and a short word for links, such as steam-10"), "sku")
	owner := "a product"
	if sku != "" {
		owner = "product " + sku
	}
	p := Product{
		SKU:          sku,
		Category:     r.category(r.required(rec, owner, "category", "add category: and the id of one"), c),
		Title:        r.text(r.required(rec, owner, "title", "add title: and its name for buyers"), "title", length{most: MaxTitle, oneLine: true}),
		Description:  r.text(rec.get("description"), "description", length{most: MaxDescription}),
		Photo:        r.photo(rec.get("photo")),
		Price:        r.price(r.required(rec, owner, "price", `add price: and a decimal such as "10.50"`), c.Shop.Currency),
		Instructions: r.text(rec.get("instructions"), "instructions", length{most: MaxInstructions}),
	}
	p.Stars = r.starsPrice(rec.get("stars"))
	p.Pay = r.payWays(rec.get("pay"))
	p.Hidden = r.yes(rec.get("hidden"), "hidden")
	r.delivery(rec, owner, &p)
	r.stock(rec.get("stock"), &p)
	if access := rec.get("access"); access != nil {
		p.Access = r.duration(access, "access")
	}
	p.Subscription = r.yes(rec.get("subscription"), "subscription")
	p.Questions = r.questions(rec.get("questions"))
	p.Protect = r.protect(rec.get("protect"), &p)
	p.Limit = r.limit(rec.get("limit"), &p)
	p.Sale = r.sale(rec.get("sale"), &p, c.Shop.Currency)
	p.QuantityPrices = r.quantityPrices(rec.get("quantity_prices"), &p, c.Shop.Currency)
	r.stars(rec, owner, &p, &c.Shop)
	return p
}

// MaxSeparator is the most that the line between two units may have, in bytes.
const MaxSeparator = 40

// DefaultWarnBelow is how few units of a product have the owners warned if the catalog does not say.
const DefaultWarnBelow = 5

// MaxWarnBelow is the most that stock: {warn_below: …} may be.
const MaxWarnBelow = 1_000_000

// stock reads stock: {separator: …, files: …, warn_below: …}.
func (r *reader) stock(n *node, p *Product) {
	if p.Deliver.FromStock() {
		p.WarnBelow = DefaultWarnBelow
	}
	rec, ok := r.record(n, "stock")
	if !ok {
		return
	}
	if p.Deliver != "" && !p.Deliver.FromStock() {
		r.add(n.at, "remove stock:, or write deliver: keys", "deliver: %s has no stock", p.Deliver)
		return
	}
	line, files, below := rec.get("separator"), rec.get("files"), rec.get("warn_below")
	if line == nil && files == nil && below == nil {
		r.required(rec, "stock", "separator", `add separator: and the line between two units, such as "---"`)
	}
	if separator := r.word(line, "separator"); line != nil {
		p.Separator = separator
		if len(separator) > MaxSeparator || strings.TrimSpace(separator) != separator {
			r.add(line.at, "write a short line without blanks around it, such as ---", "separator %s", quote(separator))
			p.Separator = ""
		}
	}
	if p.Files = r.yes(files, "files"); p.Files && line != nil {
		r.add(line.at, "remove separator:, or write files: false", "units that are files have no separator")
		p.Separator = ""
	}
	if s := r.word(below, "warn_below"); below != nil {
		warn, err := strconv.Atoi(s)
		if err != nil || warn < 0 || warn > MaxWarnBelow || strconv.Itoa(warn) != s {
			r.add(below.at, "write a whole number, or 0 for no warning", "warn_below %s", quote(s))
			return
		}
		p.WarnBelow = warn
	}
}

// protect reads protect: true, for goods that need not be copied.
func (r *reader) protect(n *node, p *Product) bool {
	protect := r.yes(n, "protect")
	if protect && p.Deliver.FromStock() {
		r.add(n.at, "remove protect:, or write deliver: text or file", "nobody could copy a key that is protected")
	}
	return protect
}

func (r *reader) category(n *node, c *Catalog) string {
	id := r.word(n, "category")
	var ids []string
	for _, category := range c.Categories {
		if category.ID != "" {
			ids = append(ids, category.ID)
		}
	}
	ids = slices.Compact(ids)
	if n == nil || !r.among(n, "category", id, ids) {
		return ""
	}
	return id
}

// anyCurrency stands for one with a fault, so that prices are checked all the same.
const anyCurrency money.Currency = "ANY0"

// price reads an exact amount of the shop's currency from its digits as they
// are written, quoted or not.
func (r *reader) price(n *node, c money.Currency) money.Amount {
	s := r.word(n, "price")
	if s == "" {
		return money.Amount{}
	}
	if c == "" {
		c = anyCurrency
	}
	price, err := money.Parse(s, c)
	_, fraction, _ := strings.Cut(s, ".")
	switch {
	case strings.HasPrefix(s, "-"):
		r.add(n.at, "write what the buyer pays", "price %s is below zero", quote(s))
	case err != nil:
		r.add(n.at, `write digits and at most one point, such as "10.50"`, "price %s is not a decimal", quote(s))
	case price.Sign() == 0:
		r.add(n.at, "write what the buyer pays", "price %s is nothing", quote(s))
	case len(strings.TrimRight(fraction, "0")) > int(Decimals(c)):
		r.add(n.at, "round it to "+strconv.Itoa(int(Decimals(c)))+" decimals", "price %s is more exact than %s can be paid", quote(s), c)
	default:
		return price
	}
	return money.Amount{}
}

// MostLimit is the highest limit that p may have. Several places without end in one chat are no more
// than one; where keys lead, they are the pieces, and the place comes beside them.
func (p *Product) MostLimit() int {
	if p.Delivers(Invitation) && !p.Deliver.FromStock() && p.Access == 0 {
		return 1
	}
	return MaxLimit
}

func (r *reader) limit(n *node, p *Product) int {
	s := r.word(n, "limit")
	if s == "" {
		return p.Deliver.usualLimit()
	}
	limit, err := strconv.Atoi(s)
	if err != nil || limit < 1 || limit > MaxLimit || strconv.Itoa(limit) != s {
		r.add(n.at, "write a whole number from 1 to "+strconv.Itoa(MaxLimit), "limit %s", quote(s))
		return 1
	}
	if limit > p.MostLimit() {
		r.add(n.at, "remove limit:, or add access: and for how long a place is sold",
			"limit %d, and a place that does not end can be bought once", limit)
		return 1
	}
	return limit
}
