package web

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"strconv"
	"strings"

	"golang.org/x/text/language"

	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/localize"
	"shopbot/internal/money"
)

//go:embed assets
var assets embed.FS

var templates = template.Must(template.ParseFS(assets, "assets/*.html"))

// Paths of the site, behind that of Config.Address. A page has its language before its path.
const (
	homePath     = "/"
	categoryPath = "/c/" // id[/page, from 2]
	productPath  = "/p/" // sku
	picturesPath = "/i/" // hash/size/of what, see pictureAddress
	robotsPath   = "/robots.txt"
	sitemapPath  = "/sitemap.xml"
	iconPath     = "/icon.svg"

	notFound = "404" // the page for all paths that there are not; no path itself
)

// How many products a page lists.
const (
	categoryPage = 24
	homeCards    = 96 // in all categories together, but two of each
	homeCategory = 8
	moreProducts = 4
)

// view is all that a page shows.
type view struct {
	localize.Localizer
	template string

	site     *Site
	scene    *scene
	path     string // without its language
	Dir      string // the direction of its language
	Title    string // of the page
	About    string // of the page, for search engines and previews
	Canon    string // its address in full; "" for a page that no search engine is to know
	Picture  *picture
	Shop     string
	Bot      string // the link that opens the bot at what the page is about; "" if it is not known
	Contact  contact
	Assets   string // the coins that may be paid with; "" for all that there are
	Sections []section
	Product  *product
	Previous string // the paths of the pages before and after this one; "" if there is none
	Next     string
	Number   int // of this page, from 1
	Pages    int
}

// contact is how to reach the shop's people.
type contact struct{ Name, Link string }

// section is a category with some of its products.
type section struct {
	ID, Title, Path string
	Cards           []card
	Count           int // of all its products
}

// card is a product in a list.
type card struct {
	Title, Path string
	Picture     *picture
	Letter      string // in place of a picture
	Price       string
	Old, Was    string // the usual price and the word for it; "" unless another price holds
	Gone        string // the words for "sold out"; "" if there is some
}

// product is what the page of one product shows.
type product struct {
	card

	Category     section // without its products
	Description  string
	Delivers     catalog.Kind
	Until        catalog.Date // the last day of the price; "" if it has none
	More         []quantityPrice
	Code         string       // the link as the data of an SVG path; "" if there is no link
	Modules      int          // how many units of that path are a side
	Others       []card       // of its category
	amount       money.Amount // in the shop's currency
	availability string
}

type quantityPrice struct {
	From  int
	Price string
}

// view is the page at a path in a language of the shop; nil if there is none.
func (s *Site) view(now *scene, lang, path string) *view {
	of := now.catalog.Shop
	v := &view{
		Localizer: s.cfg.Texts.Localizer(lang, of), site: s, scene: now, path: path, Dir: direction(lang),
		Contact: contactOf(of.Support), Assets: assetNames(of.Assets),
	}
	v.Shop = v.Text(of.Name)
	v.Bot = deeplink.To(now.bot, deeplink.Home, "")
	v.Canon = s.cfg.Address + v.scene.prefix(lang) + path
	switch {
	case path == homePath:
		v.home()
	case path == notFound:
		v.template, v.Title, v.Canon = "notfound.html", v.T("web_not_found"), ""
	case strings.HasPrefix(path, categoryPath):
		id, number, paged := strings.Cut(path[len(categoryPath):], "/")
		page, err := strconv.Atoi(cmp.Or(number, "1"))
		of, found := now.byID[id]
		if !found || err != nil || paged && (page < 2 || strconv.Itoa(page) != number) || !v.category(of, page) {
			return nil
		}
	case strings.HasPrefix(path, productPath):
		p, found := now.products[path[len(productPath):]]
		if !found {
			return nil
		}
		v.product(p)
	default:
		return nil
	}
	return v
}

// home is the page of the whole shop.
func (v *view) home() {
	v.template, v.Title = "home.html", v.Shop
	v.About = v.T("web_about", "Shop", v.Shop, "Means", v.Means(v.scene.catalog))
	v.Picture = v.pictureOf(ofShop, v.scene.catalog.Shop.Photo, v.Shop)
	most := categoryPage
	if n := len(v.scene.categories); n > 1 {
		most = min(homeCategory, max(homeCards/n, 2))
	}
	for i := range v.scene.categories {
		of := &v.scene.categories[i]
		v.Sections = append(v.Sections, v.section(of, of.products[:min(most, len(of.products))]))
	}
}

// category is one page of a category; false if it does not go that far.
func (v *view) category(of *category, page int) bool {
	pages := (len(of.products) + categoryPage - 1) / categoryPage
	if page > pages {
		return false
	}
	v.template, v.Title, v.Number, v.Pages = "category.html", v.Text(of.Title), page, pages
	v.About = v.T("web_about_category", "Category", v.Title, "Shop", v.Shop)
	v.Bot = deeplink.To(v.scene.bot, deeplink.Category, of.ID)
	v.Picture = v.pictureOf(ofCategory+of.ID, of.Photo, v.Title)
	if page > 1 {
		v.Previous = v.pageOf(of, page-1)
	}
	if page < pages {
		v.Next = v.pageOf(of, page+1)
	}
	from := (page - 1) * categoryPage
	v.Sections = []section{v.section(of, of.products[from:min(from+categoryPage, len(of.products))])}
	return true
}

// pageOf is the path of a page of a category.
func (v *view) pageOf(of *category, page int) string { return v.Path(pathOfCategory(of.ID, page)) }

func (v *view) section(of *category, products []*catalog.Product) section {
	made := section{ID: of.ID, Title: v.Text(of.Title), Path: v.pageOf(of, 1), Count: len(of.products)}
	for _, p := range products {
		made.Cards = append(made.Cards, v.card(p))
	}
	return made
}

func (v *view) card(p *catalog.Product) card {
	price := p.UnitPrice(1, v.scene.day)
	c := card{
		Title: v.Text(p.Title), Path: v.Path(productPath + p.SKU), Price: v.T("price", "Price", v.shop().Prices(p, price)),
	}
	if !price.Equal(p.Price) {
		c.Old, c.Was = v.T("price", "Price", v.shop().Prices(p, p.Price)[0]), v.T("web_usual_price")
	}
	if v.scene.soldOut[p.SKU] {
		c.Gone = v.T("web_sold_out")
	}
	c.Picture = v.pictureOf(ofProduct+p.SKU, p.Photo, c.Title)
	c.Letter = firstLetter(c.Title)
	return c
}

// product is the page of one product.
func (v *view) product(p *catalog.Product) {
	of := v.scene.byID[p.Category]
	made := &product{
		card: v.card(p), Category: v.section(of, nil), Description: v.Text(p.Description), Delivers: p.Deliver,
		amount: p.UnitPrice(1, v.scene.day),
	}
	if p.Sale != nil && made.Old != "" {
		made.Until = p.Sale.Until
	}
	for _, q := range p.QuantityPrices {
		if lower, _ := q.Price.Compare(made.amount); lower < 0 { // all are in the shop's currency
			made.More = append(made.More, quantityPrice{q.From, v.T("price", "Price", v.shop().Prices(p, q.Price))})
		}
	}
	made.availability = "instock"
	if made.Gone != "" {
		made.availability = "oos"
	}
	v.template, v.Title, v.Product, v.Picture = "product.html", made.Title, made, made.Picture
	v.About = cmp.Or(summary(made.Description), v.T("web_about_product", "Title", made.Title, "Shop", v.Shop, "Means", v.Means(v.scene.catalog)))
	v.Bot = deeplink.To(v.scene.bot, deeplink.Product, p.SKU)
	if v.Bot != "" {
		made.Code, made.Modules, _ = deeplink.Path(v.Bot) // without it the page has the link
	}
	for _, other := range of.products {
		if other.SKU != p.SKU && len(made.Others) < moreProducts {
			made.Others = append(made.Others, v.card(other))
		}
	}
}

func (v *view) shop() *catalog.Shop { return &v.scene.catalog.Shop }

// Catalog is what the page is about.
func (v *view) Catalog() *catalog.Catalog { return v.scene.catalog }

// Stars and Crypto report whether anything can be paid in this way.
func (v *view) Stars() bool  { return v.scene.catalog.Takes(catalog.PayStars) }
func (v *view) Crypto() bool { return v.scene.catalog.Takes(catalog.PayCrypto) }

// T is a text as a page shows it, without markup.
func (v *view) T(id string, pairs ...any) string { return v.Plain(id, pairs...) }

// Path is the path of a page in the page's language.
func (v *view) Path(path string) string { return v.site.base + v.scene.prefix(v.Language) + path }

// Asset is the path of something that has no language.
func (v *view) Asset(path string) string { return v.site.base + path }

// alternate is the page in one of the shop's languages.
type alternate struct {
	Code, Name, Path, Address string
	Current                   bool
}

// Alternates lists the page in the shop's languages; none if there is one language.
func (v *view) Alternates() (all []alternate) {
	codes := v.scene.catalog.Shop.Languages
	path := v.path
	if path == notFound {
		path = homePath
	}
	for _, code := range codes[:len(codes)*min(len(codes)-1, 1)] {
		to := v.scene.prefix(code) + path
		all = append(all, alternate{code, v.site.cfg.Texts.Name(code), v.site.base + to, v.site.cfg.Address + to, code == v.Language})
	}
	return all
}

// Anywhere is the address of the page in the language that its reader likes best.
func (v *view) Anywhere() string { return v.site.cfg.Address + v.path }

// Absolute is the address of a path of the site.
func (v *view) Absolute(path string) string {
	return v.site.cfg.Address + strings.TrimPrefix(path, v.site.base)
}

// Amount and Currency are the price of the product for previews.
func (p *product) Amount() string   { return p.amount.Fixed(2) }
func (p *product) Currency() string { return string(p.amount.Currency()) }

// Availability is whether there is any of the product, in the word of OpenGraph.
func (p *product) Availability() string { return p.availability }

func (v *view) render() *document {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, v.template, v); err != nil {
		panic(err) // a mistake in a template, which every test of the page finds
	}
	return newDocument("text/html; charset=utf-8", page.Bytes())
}

// direction is how a language is written.
func direction(code string) string {
	script, _ := language.Make(code).Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg":
		return "rtl"
	}
	return "ltr"
}

func contactOf(support string) contact {
	if name, found := strings.CutPrefix(support, "@"); found {
		return contact{support, "https://t.me/" + name}
	}
	return contact{strings.TrimPrefix(support, "https://"), support}
}

func assetNames(assets []money.Currency) string {
	var names []string
	for _, asset := range assets {
		names = append(names, string(asset))
	}
	return strings.Join(names, ", ")
}

// firstLetter is the first letter or digit of a title, else its first character.
func firstLetter(title string) string {
	for _, r := range title {
		return strings.ToUpper(string(r))
	}
	return ""
}

// summary is the beginning of a text in one line.
func summary(text string) string {
	const most = 200
	words := strings.Fields(text)
	line := strings.Join(words, " ")
	if r := []rune(line); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return line
}
