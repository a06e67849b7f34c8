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
	Keys       Kind = "keys"   // units of stock, each sold once
	Content    Kind = "text"   // a text, the same for everybody
	File       Kind = "file"   // a document, the same for everybody
	Invitation Kind = "invite" // a link into a chat, for one person
	FromServer Kind = "server" // what the owner's server answers
	ByHand     Kind = "manual" // what the owner does or makes
)

// way says what a way of delivery needs of a product.
type way struct {
	// fromStock says that every piece sold is a unit of the product's stock.
	fromStock bool
	// made says that the goods are made at delivery, by what is registered with the shop.
	made bool
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
		read: func(r *reader, n *node, p *Product) { p.Text = r.text(n, "text", length{most: MaxGoods}) },
	},
	File: {
		field: "file", hint: "add file: and its path beside the catalog",
		read: func(r *reader, n *node, p *Product) { p.File = r.goods(n) },
	},
	Invitation: {
		made:  true,
		field: "invite", hint: "add invite: {chat: …} with the id of the channel or group, such as -1001234567890",
		read: func(r *reader, n *node, p *Product) { p.Invite = r.invite(n) },
	},
	FromServer: {
		made:  true,
		field: "server", hint: "add server: {url: …} with the address that is asked for the goods",
		read: func(r *reader, n *node, p *Product) { p.Server = r.server(n) },
	},
	ByHand: {
		field: "manual", hint: "add manual: {within: 48h} with the time that buyers are promised",
		read: func(r *reader, n *node, p *Product) { p.Manual = r.manual(n) },
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

// Made reports whether the goods are made at delivery, such as a link or a server's answer.
func (k Kind) Made() bool { return ways[k].made }

// Delivers reports whether a product is delivered in this way, among others.
func (p *Product) Delivers(k Kind) bool { return p.Deliver == k || slices.Contains(p.Also, k) }

// Ways lists the ways of delivery, the leading one first.
func (p *Product) Ways() []Kind { return append([]Kind{p.Deliver}, p.Also...) }

// usualLimit is the limit of a product that sets none.
func (k Kind) usualLimit() int {
	if k.FromStock() {
		return DefaultLimit
	}
	return 1
}

// delivery reads the ways of delivery and the fields that hold their goods or terms.
func (r *reader) delivery(rec record, owner string, p *Product) {
	names := stringsOf(Kinds())
	n := r.required(rec, owner, "deliver", "add deliver: and one of "+strings.Join(names, ", "))
	kinds, ok := r.kinds(n, names)
	if !ok {
		return
	}
	// The way that takes units of stock leads.
	slices.SortStableFunc(kinds, func(a, b Kind) int {
		switch {
		case a.FromStock() == b.FromStock():
			return 0
		case a.FromStock():
			return -1
		}
		return 1
	})
	p.Deliver = kinds[0]
	if len(kinds) > 1 {
		p.Also = kinds[1:]
	}
	for _, k := range kinds {
		if w := ways[k]; w.field != "" {
			w.read(r, r.required(rec, owner, w.field, w.hint), p)
		}
	}
	for _, other := range Kinds() {
		if f := ways[other].field; f != "" && !slices.Contains(kinds, other) {
			r.useless(rec, f, other, kinds)
		}
	}
}

// kinds reads one way of delivery, or a list of different ones; false after a fault.
func (r *reader) kinds(n *node, names []string) (kinds []Kind, ok bool) {
	items := []*node{n}
	if n != nil && n.shape == list {
		items = r.list(n, "deliver")
	}
	ok = len(items) > 0
	for _, item := range items {
		kind := Kind(r.word(item, "deliver"))
		switch {
		case item == nil || !r.among(item, "kind of delivery", string(kind), names):
			ok = false
		case slices.Contains(kinds, kind):
			r.add(item.at, "keep it once", "deliver: %s is here twice", kind)
			ok = false
		default:
			kinds = append(kinds, kind)
		}
	}
	return kinds, ok
}

// useless notes a fault for goods or terms of a way that the product does not have.
func (r *reader) useless(rec record, name string, of Kind, kinds []Kind) {
	f, ok := rec.fields[name]
	if !ok {
		return
	}
	remedy := "write deliver: " + name
	if !of.Made() && of != ByHand {
		remedy += ", or use instructions for a text that goes with the goods"
	}
	r.add(f.at, remedy, "%s is never sent with deliver: %s", name, strings.Join(stringsOf(kinds), ", "))
}
