package catalog

import (
	"io/fs"
	"slices"
)

// Limits of a catalog. They follow Telegram's: a caption has at most 1024 characters, which title,
// price and description share; a deep link 64. Texts are counted in UTF-16 units, as Telegram does.
const (
	maxName         = 32
	MaxTitle        = 64
	MaxDescription  = 800
	MaxGoods        = 16000
	MaxInstructions = 2000

	// MaxLimit is the highest limit that a product may set for one order.
	MaxLimit = 100
	// DefaultLimit is the limit of a product of Keys that sets none. For the other kinds it is one,
	// since all units are the same.
	DefaultLimit = 10
)

// Parse parses and checks a catalog: data is the content of a file that messages call file. Photos and
// goods are in files; with nil, they are not checked. An error joins all faults in the order of the
// file, each a Fault.
func Parse(file string, data []byte, files fs.FS) (*Catalog, error) {
	r := reader{faults: &faults{file: file}, files: files}
	c := &Catalog{files: files}
	if root := parse(data, r.faults); root != nil {
		r.catalog(root, c)
	}
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

func (r *reader) catalog(root *node, c *Catalog) {
	rec, ok := r.record(root, "the catalog")
	if !ok {
		return
	}
	c.stated = r.revision(rec.get("revision"))
	c.Shop = r.shop(rec)
	c.Categories = r.categories(rec)
	c.Products = r.products(rec, c)
}

func (r *reader) categories(rec record) []Category {
	n := r.required(rec, "a catalog", "categories", "add categories: with at least one")
	var all []Category
	lines := map[string]int{}
	for _, item := range r.list(n, "categories") {
		rec, ok := r.record(item, "a category")
		if !ok {
			continue
		}
		id := r.required(rec, "a category", "id", "add id: and a short word")
		title := r.required(rec, "a category", "title", "add title: and its name for buyers")
		category := Category{
			ID:    r.name(id, "id"),
			Title: r.text(title, "title", length{most: MaxTitle, oneLine: true}),
			Photo: r.photo(rec.get("photo")), Hidden: r.yes(rec.get("hidden"), "hidden"),
		}
		r.unique(lines, id, "category", category.ID)
		all = append(all, category)
	}
	return all
}

// unique records a fault if the id was used before.
func (r *reader) unique(lines map[string]int, n *node, what, id string) {
	if id == "" {
		return
	}
	if line, ok := lines[id]; ok {
		r.add(n.at, "give each its own", "%s %s is here twice, first in line %d", what, quote(id), line)
		return
	}
	lines[id] = n.at.line
}

// among records a fault if word is not in names.
func (r *reader) among(n *node, what, word string, names []string) bool {
	if slices.Contains(names, word) {
		return true
	}
	if word != "" {
		r.add(n.at, didYouMean(word, names), "unknown %s %s", what, quote(word))
	}
	return false
}
