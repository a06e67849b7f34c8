package bot

import (
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
)

// homeScreen is where everything begins.
func homeScreen(v voice, c *catalog.Catalog) screen {
	return screen{
		Text:  v.say("home", "Shop", c.Shop.Name),
		Photo: c.Shop.Photo,
		Rows:  mainMenu(v),
	}
}

func mainMenu(v voice) [][]button {
	return [][]button{
		row(button{Text: v.plain("button_catalog"), Data: data(actCatalog)}, ordersButton(v)),
		row(button{Text: v.plain("button_help"), Data: data(actHelp)}, button{Text: v.plain("button_language"), Data: data(actLanguage)}),
	}
}

func ordersButton(v voice) button {
	return button{Text: v.plain("button_orders"), Data: data(actOrders)}
}

func homeButton(v voice) button {
	return button{Text: v.plain("button_home"), Data: data(actHome)}
}

func helpScreen(v voice, owner bool) screen {
	text := v.say("help")
	if owner {
		text += "\n\n" + v.say("help_owner")
	}
	return screen{Text: text, Rows: [][]button{
		row(button{Text: v.plain("button_catalog"), Data: data(actCatalog)}, ordersButton(v)),
		row(homeButton(v)),
	}}
}

func supportScreen(v voice, c *catalog.Catalog) screen {
	text := v.say("support_none")
	if c.Shop.Support != "" {
		text = v.say("support", "Contact", c.Shop.Support)
	}
	return screen{Text: text, Rows: [][]button{row(ordersButton(v), homeButton(v))}}
}

// languageScreen offers the shop's languages, each in its own words.
func languageScreen(v voice, t *texts, c *catalog.Catalog) screen {
	s := screen{Text: v.say("language_choose")}
	for _, l := range c.Shop.Languages {
		s.Rows = append(s.Rows, row(button{Text: t.name(l), Data: data(actLanguage, l)}))
	}
	s.Rows = append(s.Rows, row(homeButton(v)))
	return s
}

func categoriesScreen(v voice, c *catalog.Catalog) screen {
	s := screen{Text: v.say("categories", "Shop", c.Shop.Name), Photo: c.Shop.Photo}
	for _, category := range c.Categories[:min(len(c.Categories), 2*categoryPage)] {
		if len(c.InCategory(category.ID)) > 0 {
			s.Rows = append(s.Rows, row(button{Text: v.text(category.Title), Data: data(actCategory, category.ID)}))
		}
	}
	if len(s.Rows) == 0 {
		s.Text = v.say("categories_empty", "Shop", c.Shop.Name)
	}
	s.Rows = append(s.Rows, row(ordersButton(v), homeButton(v)))
	return s
}

// stock tells how many units of a product are free; false for a product that never runs out.
type stock func(p catalog.Product) (free int, limited bool)

// categoryPage is how many products one screen lists; Telegram takes 100 buttons.
const categoryPage = 40

// categoryScreen lists one page of a category's products, from 0.
func categoryScreen(v voice, c *catalog.Catalog, category catalog.Category, page int, left stock) screen {
	s := screen{Text: v.say("category", "Category", category.Title), Photo: or(category.Photo, c.Shop.Photo)}
	products := c.InCategory(category.ID)
	first := max(min(page*categoryPage, len(products)-1), 0)
	last := min(first+categoryPage, len(products))
	for _, p := range products[first:last] {
		line := v.plain("product_line", "Title", p.Title, "Price", p.Price)
		if free, limited := left(p); limited && free == 0 {
			line = v.plain("product_line_soldout", "Title", p.Title)
		}
		s.Rows = append(s.Rows, row(button{Text: line, Data: data(actProduct, p.SKU, "1")}))
	}
	var paging []button
	if page > 0 {
		paging = append(paging, button{Text: "‹", Data: data(actCategory, category.ID, itoa(page-1))})
	}
	if last < len(products) {
		paging = append(paging, button{Text: "›", Data: data(actCategory, category.ID, itoa(page+1))})
	}
	s.Rows = append(s.Rows, paging, row(button{Text: v.plain("button_back"), Data: data(actCatalog)}, ordersButton(v)))
	return s
}

// offer is all that a product's card shows.
type offer struct {
	Product  catalog.Product
	Quantity int
	Free     int
	Limited  bool         // Free means something
	Approx   money.Amount // the unit's price in an asset; zero where it is not known
	Nonce    string       // of this drawing's Buy button
}

func (o offer) most() int {
	if o.Limited {
		return min(o.Product.Limit, o.Free)
	}
	return o.Product.Limit
}

// productScreen shows one product with the quantity chosen so far.
func productScreen(v voice, c *catalog.Catalog, o offer) screen {
	p := o.Product
	s := screen{Photo: or(p.Photo, c.Shop.Photo)}
	back := row(button{Text: v.plain("button_back"), Data: data(actCategory, p.Category)}, ordersButton(v))
	approx := markup("")
	if !o.Approx.IsZero() {
		approx = v.say("product_approx", "Amount", o.Approx)
	}
	card := func(delivery markup) markup {
		return v.say("product", "Title", p.Title, "Description", p.Description, "Price", p.Price,
			"Approx", approx, "Delivery", delivery)
	}
	if o.most() == 0 {
		s.Text = card(v.say("product_soldout"))
		s.Rows = [][]button{back}
		return s
	}
	n := min(max(o.Quantity, 1), o.most())
	s.Text = card(delivery(v, o))
	if n > 1 {
		s.Text += v.say("product_quantity", "Quantity", n, "Price", p.Price, "Total", p.Price.Times(n))
	}
	s.Rows = append(s.Rows, row(button{
		Text: v.plain("button_buy", "Price", p.Price.Times(n)),
		Data: data(actBuy, p.SKU, itoa(n), o.Nonce),
	}))
	if o.most() > 1 {
		s.Rows = append(s.Rows, quantityRow(v, p, n, o.most()))
	}
	s.Rows = append(s.Rows, back)
	return s
}

func quantityRow(v voice, p catalog.Product, n, most int) []button {
	to := func(n int) string {
		if n < 1 || n > most {
			return actNothing
		}
		return data(actProduct, p.SKU, itoa(n))
	}
	return row(
		button{Text: v.plain("button_less"), Data: to(n - 1)},
		button{Text: v.plain("button_quantity", "Quantity", n), Data: actNothing},
		button{Text: v.plain("button_more"), Data: to(n + 1)},
	)
}

func delivery(v voice, o offer) markup {
	switch o.Product.Deliver {
	case catalog.Keys:
		return v.say("product_delivery_keys", "Count", o.Free)
	case catalog.File:
		return v.say("product_delivery_file")
	default:
		return v.say("product_delivery_text")
	}
}

// approximate is a price in the first asset that can be paid with and whose rate is known.
func approximate(p catalog.Product, c *catalog.Catalog, rates shop.Rates) money.Amount {
	assets := c.Shop.Assets
	if len(assets) == 0 {
		assets = []money.Currency{"USDT"}
	}
	for _, asset := range assets {
		if asset == p.Price.Currency() {
			return money.Amount{}
		}
		rate, known := rates.Rate(p.Price.Currency(), asset)
		if !known {
			continue
		}
		if a, err := rate.Convert(p.Price, 2); err == nil && a.Sign() > 0 {
			return a
		}
	}
	return money.Amount{}
}

// clock writes a time of day; Telegram does not tell where a buyer is, so in UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04") }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
