// Package catalog is what a shop sells: its products, their categories and the
// texts about them, read from the catalog file and checked as a whole.
//
// It knows no orders, no stock and no chat. The one idea to keep in mind: a
// Catalog never changes. A new file makes a new Catalog, or none at all where
// it has a fault, and each fault says where in the file it is and what would
// be right.
package catalog

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"shopbot/internal/money"
)

// Shop is what holds for all products.
type Shop struct {
	Name Text
	// Currency is what all prices are in: a fiat currency or an asset.
	Currency money.Currency
	// Assets are what may be paid with; empty: all that the payment service offers.
	Assets []money.Currency
	// Pay are the ways of paying, in the order in which buyers see them; empty: PayCrypto alone.
	Pay []PayWay
	// StarsRate is what one Star is worth in the shop's currency; zero if no price is derived by it.
	StarsRate money.Amount
	// ChooseCoin says that buyers choose one of the assets, if there are several, before the invoice
	// is made.
	ChooseCoin bool
	// Languages are the codes of the shop's languages, the fallback first; never empty.
	Languages []string
	Support   string // a user name with its @, or a URL; may be empty
	Photo     string // a name for Catalog.ReadFile; may be empty
	Terms     Text   // what the owner adds to the answer to /terms; may be empty
	Privacy   Text   // what the owner adds to the answer to /privacy; may be empty
	// Timezone is where the shop is, for times that an app does not write in its reader's own zone;
	// nil: UTC.
	Timezone *time.Location
	// Morning is when staff are told of the day before, as "09:00" in Zone, or MorningOff; empty:
	// DefaultMorning.
	Morning string
}

// The values of Shop.Morning that are not a time of the catalog file.
const (
	MorningOff     = "off"
	DefaultMorning = "09:00"
)

// Zone is the shop's Timezone, or UTC.
func (s Shop) Zone() *time.Location {
	if s.Timezone == nil {
		return time.UTC
	}
	return s.Timezone
}

// Category is a group of products.
type Category struct {
	ID    string
	Title Text
	Photo string // a name for Catalog.ReadFile; may be empty
	// Hidden says that buyers neither see the category nor what is in it.
	Hidden bool
}

// Product is one thing to sell.
type Product struct {
	SKU         string // lower-case
	Category    string // the ID of a Category
	Title       Text
	Description Text         // may be empty
	Photo       string       // a name for Catalog.ReadFile; may be empty
	Price       money.Amount // of one unit, in the shop's currency, more than zero; see UnitPrice
	Sale        *Sale        // nil for none
	// QuantityPrices are sorted by their From; empty for none.
	QuantityPrices []QuantityPrice
	// Stars is the price of one unit in XTR; zero if it is derived by Shop.StarsRate.
	Stars money.Amount
	Pay   []PayWay // the ways of paying; empty: the shop's
	Limit int      // most units in one order, 1 to MaxLimit
	// Deliver is the way of delivery, and Also are further ones, each kind once. One that takes units
	// of stock is always Deliver.
	Deliver Kind
	Also    []Kind
	Text    Text   // what Content hands over
	File    string // what File hands over: a name for Catalog.ReadFile
	Invite  Invite // the terms of the way Invitation
	Server  Server // the terms of the way FromServer
	Manual  Manual // the terms of the way ByHand
	// Access is for how long one unit lets its buyer in; 0: without end.
	Access time.Duration
	// Subscription says that a payment with Stars renews itself when Access ends.
	Subscription bool
	// Questions are asked of the buyer before the order is made.
	Questions []Question
	// Separator is the line between two units of stock that have several lines; "" if each line is
	// a unit.
	Separator string
	// WarnBelow is how few units of stock have the owners warned; 0 for no warning.
	WarnBelow int
	// Instructions tell how to use the goods and are sent with them; may be empty.
	Instructions Text
	// Protect says that Telegram lets nobody forward or save the goods, a text or a file.
	Protect bool
	// Hidden says that buyers neither see the product nor can buy it.
	Hidden bool
}

// Catalog is one checked catalog file. It never changes: treat all that it
// hands out as read-only.
type Catalog struct {
	Shop       Shop
	Categories []Category // in the order of the file
	Products   []Product  // in the order of the file
	// Revision is the number that the catalog has in the database; 0 for one that is not from there.
	Revision int64

	stated int64 // the revision that the file says it was made from; 0 if it says none
	files  fs.FS // where photos and files are; rooted at the catalog's directory
}

// Product finds a product by its SKU, in any case.
func (c *Catalog) Product(sku string) (Product, bool) {
	i := slices.IndexFunc(c.Products, func(p Product) bool { return strings.EqualFold(p.SKU, sku) })
	if i < 0 {
		return Product{}, false
	}
	return c.Products[i], true
}

// Offered is Product for buyers: it finds nothing that is hidden, or whose category is.
func (c *Catalog) Offered(sku string) (Product, bool) {
	p, found := c.Product(sku)
	if !found || !c.Offers(&p) {
		return Product{}, false
	}
	return p, true
}

// Offers reports whether buyers can see a product of the catalog.
func (c *Catalog) Offers(p *Product) bool {
	return !p.Hidden && !slices.ContainsFunc(c.Categories, func(of Category) bool { return of.ID == p.Category && of.Hidden })
}

// NearestSKU is the SKU that was most likely meant by one that no product has, or "" if none is
// close.
func (c *Catalog) NearestSKU(sku string) string {
	var all []string
	for _, p := range c.Products {
		all = append(all, p.SKU)
	}
	return Nearest(sku, all)
}

// InCategory lists the products of a category that buyers can see, in the order of the file.
func (c *Catalog) InCategory(id string) []Product {
	var found []Product
	for i := range c.Products {
		if p := &c.Products[i]; p.Category == id && c.Offers(p) {
			found = append(found, *p)
		}
	}
	return found
}

// fileNames lists the photos and the files of goods.
func (c *Catalog) fileNames() (names []string) {
	add := func(name string) {
		if name != "" {
			names = append(names, name)
		}
	}
	add(c.Shop.Photo)
	for _, category := range c.Categories {
		add(category.Photo)
	}
	for _, p := range c.Products {
		add(p.Photo)
		add(p.File)
	}
	return names
}

// FilesIn lists the paths of the photos and the files of goods, for a catalog file in dir.
func (c *Catalog) FilesIn(dir string) (paths []string) {
	for _, name := range c.fileNames() {
		paths = append(paths, filepath.Join(dir, filepath.FromSlash(name)))
	}
	return paths
}

// Open opens a photo or a file of goods by the name that the catalog has for it.
// The caller closes it.
func (c *Catalog) Open(name string) (fs.File, error) { return c.files.Open(name) }

// ReadFile reads a photo or a file of goods by the name that the catalog has
// for it. Both were within their limits when the catalog was loaded.
func (c *Catalog) ReadFile(name string) ([]byte, error) { return fs.ReadFile(c.files, name) }
