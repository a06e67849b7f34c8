package catalog

import (
	"maps"
	"slices"
	"strings"
)

// Kind is a way of delivery, in the word of the catalog file. Orders keep it on disk.
type Kind string

// The ways of delivery. What each of them needs stands in ways; what is made at delivery is
// registered with the shop (shop.Way), and how it looks in a chat with the bot.
const (
	Keys    Kind = "keys" // units of stock, each sold once
	Content Kind = "text" // a text, the same for everybody
	File    Kind = "file" // a document, the same for everybody
)

// way says what a way of delivery needs of a product.
type way struct {
	// fromStock says that every piece sold is a unit of the product's stock.
	fromStock bool
	// field is the catalog field that holds the goods; empty if the goods come from elsewhere.
	field string
	// read reads that field into the product. n is nil where the field is missing, which is noted.
	read func(r *reader, n *node, p *Product)
	// hint is the remedy for a missing field.
	hint string
}

// ways is the registry. The linter (exhaustive) refuses it when a Kind is missing.
var ways = map[Kind]way{
	Keys: {fromStock: true},
	Content: {
		field: "text", hint: "add text: and what the buyer gets",
		read: func(r *reader, n *node, p *Product) { p.Text = r.text(n, "text", length{most: maxGoods}) },
	},
	File: {
		field: "file", hint: "add file: and its path beside the catalog",
		read: func(r *reader, n *node, p *Product) { p.File = r.goods(n) },
	},
}

// Kinds lists the ways of delivery by name.
func Kinds() []Kind { return slices.Sorted(maps.Keys(ways)) }

// Known reports whether this program knows the way of delivery. A record of another version
// may hold one that it does not.
func (k Kind) Known() bool {
	_, known := ways[k]
	return known
}

// FromStock reports whether every piece sold is a unit of the product's stock.
func (k Kind) FromStock() bool { return ways[k].fromStock }

// usualLimit is the limit of a product that sets none.
func (k Kind) usualLimit() int {
	if k.FromStock() {
		return DefaultLimit
	}
	return 1
}

// delivery reads the way of delivery and the field that holds its goods.
func (r *reader) delivery(rec record, owner string, p *Product) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, string(k))
	}
	n := r.required(rec, owner, "deliver", "add deliver: and one of "+strings.Join(names, ", "))
	kind := Kind(r.word(n, "deliver"))
	if n == nil || !r.among(n, "kind of delivery", string(kind), names) {
		return
	}
	p.Deliver = kind
	if w := ways[kind]; w.field != "" {
		w.read(r, r.required(rec, owner, w.field, w.hint), p)
	}
	for _, other := range Kinds() {
		if f := ways[other].field; f != "" && other != kind {
			r.useless(rec, f, kind)
		}
	}
}

// useless notes a fault for goods that would never be sent.
func (r *reader) useless(rec record, name string, kind Kind) {
	if f, ok := rec.fields[name]; ok {
		r.add(f.at, "write deliver: "+name+", or use instructions for a text that goes with the goods",
			"%s is never sent with deliver: %s", name, kind)
	}
}
