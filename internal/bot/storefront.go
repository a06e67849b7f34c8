package bot

import (
	"context"
	"slices"
	"unicode/utf8"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// homeProducts is how many products the home shows.
const homeProducts = 4

// home is where buyers begin: what sells best, and the categories.
func (b *Bot) home(ctx context.Context, r *request) error { return b.homeWith(ctx, r, "") }

// homeWith is home with a note below its text.
func (b *Bot) homeWith(ctx context.Context, r *request, note markup) error {
	best, sold := b.bestSellers(ctx, r.catalog, homeProducts)
	s := homeScreen(r.loc, r.catalog, r.role, homeOffer{products: best, sold: sold, today: r.today()})
	s.Text = sections(s.Text, note)
	return b.showList(ctx, r, s, actHome)
}

// showList is show for a list of products, to which they lead back by the callback data list; "" if
// they lead back to their category.
func (b *Bot) showList(ctx context.Context, r *request, s screen, list string) error {
	at, err := b.draw(ctx, r, s)
	b.cards.listed(at, list)
	return err
}

// homeOffer is the products that the home shows.
type homeOffer struct {
	products []catalog.Product
	sold     int // the first of them, which sold best of late
	today    catalog.Date
}

// bestSellers lists up to most products that buyers can buy now: those that sold best of late, and
// then the catalog's first. sold is how many are of the former.
func (b *Bot) bestSellers(ctx context.Context, c *catalog.Catalog, most int) (products []catalog.Product, sold int) {
	skus, err := b.shop.BestSellers(ctx)
	if err != nil {
		b.log.WarnContext(ctx, "read best sellers failed", "error", err)
	}
	listed := map[string]bool{}
	looks := 2*most + 10 // each may read the stock
	add := func(p catalog.Product) {
		looks--
		if !listed[p.SKU] && !b.isSoldOut(ctx, &p) {
			listed[p.SKU] = true
			products = append(products, p)
		}
	}
	for _, sku := range skus {
		if p, found := c.Offered(sku); found && len(products) < most && looks > 0 {
			add(p)
		}
	}
	sold = len(products)
	for i := 0; i < len(c.Products) && len(products) < most && looks > 0; i++ {
		if c.Offers(&c.Products[i]) {
			add(c.Products[i])
		}
	}
	return products, sold
}

// isSoldOut reports whether nothing is left of a product. What cannot be read is shown: its page
// tells.
func (b *Bot) isSoldOut(ctx context.Context, p *catalog.Product) bool {
	if !p.Deliver.FromStock() {
		return false
	}
	stock, err := b.shop.StockOf(ctx, p.SKU)
	if err != nil {
		b.log.WarnContext(ctx, "read stock failed", "sku", p.SKU, "error", err)
		return false
	}
	return stock.Free == 0
}

// homeScreen is where everything begins.
func homeScreen(l localizer, c *catalog.Catalog, role shop.Role, o homeOffer) screen {
	s := screen{Text: l.Say("home", "Shop", c.Shop.Name, "Means", l.Means(c)), Photo: c.Shop.Photo}
	for i := range o.products {
		b := productButton(l, &c.Shop, &o.products[i], o.today, false)
		if i < o.sold {
			b.Text = "🔥 " + b.Text
		}
		s.Rows = append(s.Rows, row(b))
	}
	s.Rows = append(s.Rows, categoryRows(l, c, 0)...)
	if len(slices.Concat(s.Rows...)) == 0 {
		s.Text = l.Say("categories_empty", "Shop", c.Shop.Name)
	}
	s.Rows = append(s.Rows, row(l.button("cart", actCart), l.button("orders", actOrders)), row(l.button("help", actHelp), l.button("language", actLanguage)))
	if role != shop.RoleBuyer {
		s.Rows = append(s.Rows, row(l.button("staff_view", actAdmin)))
	}
	return s
}

// shortTitle is up to how many letters two titles fit beside one another on a phone.
const shortTitle = 16

// categoryRows are the buttons of one page of the categories, two in a row where their titles are
// short, and the row that leads to the other pages.
func categoryRows(l localizer, c *catalog.Catalog, page int) (rows [][]button) {
	categories, paging := pageOf(shownCategories(c), page, func(page int) string { return pageData(page, actCatalog) })
	half := false // the last row has room for another
	for _, category := range categories {
		b := button{Text: l.Text(category.Title), Data: data(actCategory, category.ID)}
		short := utf8.RuneCountInString(b.Text) <= shortTitle
		if half && short {
			rows[len(rows)-1] = append(rows[len(rows)-1], b)
			half = false
			continue
		}
		rows = append(rows, row(b))
		half = short
	}
	return append(rows, paging)
}

// seenLabel is about how many letters of a button a phone shows.
const seenLabel = 40

// productButton opens a product. A long title is cut, so that the price can be seen.
func productButton(l localizer, of *catalog.Shop, p *catalog.Product, on catalog.Date, soldOut bool) button {
	label := func(title string) string {
		if soldOut {
			return l.Plain("product_line_soldout", "Title", title)
		}
		return l.Plain("product_line", "Title", title, "Price", of.Prices(p, p.UnitPrice(1, on))[0])
	}
	room := seenLabel - utf8.RuneCountInString(label(""))
	return button{Text: label(clip(l.Text(p.Title), max(room, shortTitle))), Data: data(actProduct, p.SKU, "1")}
}
