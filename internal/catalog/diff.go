package catalog

import (
	"maps"
	"slices"
	"strings"
)

// Section is what a Change is about. The words are stored on disk.
type Section string

// The sections of a catalog file.
const (
	OfShop       Section = "shop"
	OfCategories Section = "category"
	OfProducts   Section = "product"
)

// Act is what a Change did. The words are stored on disk.
type Act string

// The kinds of changes.
const (
	Added   Act = "added"
	Removed Act = "removed"
	Moved   Act = "moved"   // to another place in the list
	Changed Act = "changed" // one field, and in one language if it is a text in several
)

// Change is one difference between two catalogs.
type Change struct {
	Of  Section `json:"of"`
	Act Act     `json:"act"`
	ID  string  `json:"id,omitempty"` // of the category, or the SKU; "" for the shop
	// Title is that of the category or the product; the later one if it has changed.
	Title Text `json:"title,omitempty"`
	// Field is the name of the field in the catalog file, such as "price"; "" for Added, Removed and
	// Moved.
	Field string `json:"field,omitempty"`
	// Language is the code of the text that has changed; "" for one in all languages, or no text.
	Language string `json:"language,omitempty"`
	// Before and After are the values as people write them, "" for none. Of what was moved they are
	// the ID that it stands behind, "" for the first.
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// String is one line in English, such as
//
//	product steam-10: price 10.50 → 11.00
func (c Change) String() string {
	of := string(c.Of)
	if c.ID != "" {
		of += " " + c.ID
	}
	field := c.Field
	if c.Language != "" {
		field += " in " + c.Language
	}
	switch {
	case c.Act == Moved && c.After == "":
		return of + " moved to the beginning"
	case c.Act == Moved:
		return of + " moved behind " + c.After
	case c.Act != Changed:
		return of + " " + string(c.Act)
	case c.Before == "":
		return of + ": " + field + " " + short(c.After) + " added"
	case c.After == "":
		return of + ": " + field + " " + short(c.Before) + " removed"
	}
	return of + ": " + field + " " + short(c.Before) + " → " + short(c.After)
}

// short is a value for a line of a diff: texts in quotes, on one line and cut.
func short(s string) string {
	if quoted := quote(s); strings.Contains(s, " ") || quoted != `"`+s+`"` {
		return quoted
	}
	return s
}

// same reports whether two changes are about the same thing: one field, or a whole entry.
func (c Change) same(other Change) bool {
	if c.Of != other.Of || c.ID != other.ID {
		return false
	}
	whole := func(a Act) bool { return a == Added || a == Removed }
	switch {
	case whole(c.Act) || whole(other.Act):
		return true
	case c.Act == Moved || other.Act == Moved:
		return c.Act == other.Act
	}
	return c.Field == other.Field && c.Language == other.Language
}

// Diff lists what is different in after, in the order of a catalog file.
func Diff(before, after *Catalog) []Change {
	changes := changed(Change{Of: OfShop, Title: after.Shop.Name}, before.Shop.entries(), after.Shop.entries())
	changes = append(changes, diffList(OfCategories, before.Categories, after.Categories,
		func(c *Category) (string, Text, []entry) { return c.ID, c.Title, c.entries() })...)
	return append(changes, diffList(OfProducts, before.Products, after.Products,
		func(p *Product) (string, Text, []entry) { return p.SKU, p.Title, p.entries() })...)
}

// diffList compares two lists of categories or of products.
func diffList[T any](of Section, before, after []T, describe func(*T) (id string, title Text, fields []entry)) (changes []Change) {
	type item struct {
		title  Text
		fields []entry
	}
	read := func(list []T) (ids []string, items map[string]item) {
		items = map[string]item{}
		for i := range list {
			id, title, fields := describe(&list[i])
			ids, items[id] = append(ids, id), item{title, fields}
		}
		return ids, items
	}
	was, old := read(before)
	is, fresh := read(after)
	for _, id := range was {
		if _, still := fresh[id]; !still {
			changes = append(changes, Change{Of: of, Act: Removed, ID: id, Title: old[id].title})
		}
	}
	moved := movedIDs(was, is)
	for i, id := range is {
		c := Change{Of: of, ID: id, Title: fresh[id].title}
		if _, had := old[id]; !had {
			c.Act = Added
			changes = append(changes, c)
			continue
		}
		changes = append(changes, changed(c, old[id].fields, fresh[id].fields)...)
		if moved[id] {
			c.Act, c.Before, c.After = Moved, behind(was, id), ""
			if i > 0 {
				c.After = is[i-1]
			}
			changes = append(changes, c)
		}
	}
	return changes
}

func behind(ids []string, id string) string {
	if i := slices.Index(ids, id); i > 0 {
		return ids[i-1]
	}
	return ""
}

// movedIDs are the fewest ids that were moved to make the order is of the order was: all but a
// longest run of those in both lists that kept their order.
func movedIDs(was, is []string) map[string]bool {
	place := make(map[string]int, len(was))
	for i, id := range was {
		place[id] = i
	}
	var common []string
	for _, id := range is {
		if _, had := place[id]; had {
			common = append(common, id)
		}
	}
	// Patience sorting: tails[n] is the index in common at which a rising run of length n+1 ends
	// lowest.
	var tails []int
	before := make([]int, len(common))
	for i, id := range common {
		n, _ := slices.BinarySearchFunc(tails, place[id], func(t, at int) int { return place[common[t]] - at })
		before[i] = -1
		if n > 0 {
			before[i] = tails[n-1]
		}
		tails = append(tails[:n], append([]int{i}, tails[min(n+1, len(tails)):]...)...)
	}
	moved := make(map[string]bool, len(common))
	for _, id := range common {
		moved[id] = true
	}
	if len(tails) > 0 {
		for i := tails[len(tails)-1]; i >= 0; i = before[i] {
			delete(moved, common[i])
		}
	}
	return moved
}

// changed compares the fields of one entry. about says whose they are.
func changed(about Change, before, after []entry) (changes []Change) {
	about.Act = Changed
	add := func(field, language, was, is string) {
		if was != is {
			c := about
			c.Field, c.Language, c.Before, c.After = field, language, was, is
			changes = append(changes, c)
		}
	}
	for i, b := range before {
		a := after[i] // entries have one order
		add(b.name, "", b.value(), a.value())
		languages := maps.Clone(b.text)
		if languages == nil {
			languages = Text{}
		}
		maps.Copy(languages, a.text)
		for _, code := range slices.Sorted(maps.Keys(languages)) {
			add(b.name, code, b.text[code], a.text[code])
		}
	}
	return changes
}

// value is an entry that is no text, in one line.
func (e entry) value() string {
	var parts []string
	for _, in := range e.group {
		switch value := in.value(); {
		case value == "":
		case len(e.group) == 1:
			parts = append(parts, value)
		default:
			parts = append(parts, in.name+" "+value)
		}
	}
	return e.word + strings.Join(e.list, ", ") + strings.Join(parts, ", ")
}
