package catalog

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// reader turns the nodes of a file into a Catalog, and records their faults.
type reader struct {
	*faults
	files     fs.FS
	languages []string // of the shop; known once its section is read
}

// record is a table of the file with known field names.
type record struct {
	at     position
	fields map[string]field
}

// get is the value of a field, or nil if it is absent or broken.
func (r record) get(name string) *node {
	n := r.fields[name].value
	if n == nil || n.shape == broken {
		return nil
	}
	return n
}

// fieldsOf lists the fields that each group of a catalog file may have. catalog.schema.json has the
// same.
var fieldsOf = map[string][]string{
	"the catalog": {"shop", "categories", "products", "revision"},
	"shop": {
		"name", "currency", "pay", "stars_rate", "assets", "choose_coin", "languages", "support", "photo",
		"timezone", "morning", "terms", "privacy",
	},
	"a category": {"id", "title", "photo", "hidden"},
	"a product": {
		"sku", "category", "title", "description", "photo", "price", "stars", "pay", "sale", "quantity_prices",
		"limit", "hidden", "deliver", "text", "file", "invite", "server", "manual", "access", "subscription",
		"questions", "stock", "protect", "instructions",
	},
	"stock":            {"separator", "files", "warn_below"},
	"sale":             {"price", "from", "until"},
	"a quantity price": {"from", "price"},
	"invite":           {"chat", "expires"},
	"server":           {"url"},
	"manual":           {"within"},
	"a question":       {"ask", "kind", "choices", "min", "max"},
}

// record reads n as a table with only the fields of its group; false if it is absent, or after a fault.
func (r *reader) record(n *node, what string) (record, bool) {
	if n == nil {
		return record{}, false
	}
	known := fieldsOf[what]
	if n.shape != table {
		r.add(n.at, "write fields such as "+known[0]+": …", "%s is not a group of fields", what)
		return record{}, false
	}
	rec := record{at: n.at, fields: map[string]field{}}
	for _, f := range n.fields {
		if !slices.Contains(known, f.name) {
			r.add(f.at, didYouMean(f.name, known), "unknown field %s", quote(f.name))
			continue
		}
		rec.fields[f.name] = f
	}
	return rec, true
}

// required is the value of a required field, or nil after a fault.
func (r *reader) required(rec record, owner, name, remedy string) *node {
	if _, ok := rec.fields[name]; !ok {
		r.add(rec.at, remedy, "%s without %s", owner, name)
	}
	return rec.get(name)
}

// list reads n as a list of at least one item; nil if it is absent, or after a fault.
func (r *reader) list(n *node, name string) []*node {
	switch {
	case n == nil:
		return nil
	case n.shape == nothing || n.shape == list && len(n.items) == 0:
		r.add(n.at, "list at least one", "%s has no entries", name)
	case n.shape != list:
		r.add(n.at, `begin each entry with "- "`, "%s is not a list", name)
	}
	return slices.DeleteFunc(slices.Clone(n.items), func(item *node) bool { return item.shape == broken })
}

// word reads n as a single value on one line; "" if it is absent, or after a fault.
func (r *reader) word(n *node, name string) string {
	switch {
	case n == nil:
		return ""
	case n.shape == nothing || n.shape == scalar && strings.TrimSpace(n.text) == "":
		r.add(n.at, "fill it in or take the field out", "%s has no value", name)
	case n.shape != scalar:
		r.add(n.at, "write a single value", "%s is a group or a list", name)
	case strings.ContainsFunc(n.text, unicode.IsControl):
		r.add(n.at, "write it on one line", "%s has line breaks or control characters", name)
	default:
		return n.text
	}
	return ""
}

// yes reads n as true or false; false if it is absent, or after a fault.
func (r *reader) yes(n *node, name string) bool {
	s := r.word(n, name)
	if s != "" && s != "true" && s != "false" {
		r.add(n.at, "write true, or take the field out", "%s %s", name, quote(s))
	}
	return s == "true"
}

// revision reads the number of the revision that a file was made from; 0 if it states none.
func (r *reader) revision(n *node) int64 {
	s := r.word(n, "revision")
	if s == "" {
		return 0
	}
	number, err := strconv.ParseInt(s, 10, 64)
	if err != nil || number < 1 {
		r.add(n.at, "write the number that 'shopbot catalog export' wrote, or take the line out", "revision %s", quote(s))
		return 0
	}
	return number
}

// length limits a text, in the units in which Telegram counts (UTF-16).
type length struct {
	most    int
	oneLine bool
}

// text reads n as a text for all languages, or as one per language, with the fallback language
// required. Surrounding space is trimmed.
func (r *reader) text(n *node, name string, limit length) Text {
	switch {
	case n == nil:
		return nil
	case n.shape != table:
		if words := r.words(n, name, limit); words != "" {
			return Plain(words)
		}
		return nil
	}
	t := Text{}
	for _, f := range n.fields {
		code := strings.ToLower(f.name)
		if !slices.Contains(r.languages, code) {
			r.add(f.at, "write "+strings.Join(r.languages, " or ")+", or add it to the shop's languages", "%s in %s, not one of the shop's languages", name, quote(f.name))
			continue
		}
		if _, ok := t[code]; ok {
			r.add(f.at, "keep one of them", "%s in %s is here twice", name, code)
		}
		t[code] = r.words(f.value, name+" in "+code, limit)
		if !f.value.quoted {
			r.missingComma(f.value.at, t[code])
		}
	}
	if _, ok := t[r.languages[0]]; !ok {
		r.add(n.at, "add "+r.languages[0]+": …, the shop's first language", "%s is missing in %s", name, r.languages[0])
	}
	return t
}

// missingComma records a fault if a text in one language has another one in it, as the YAML library
// reads {en: Games ru: Игры}.
func (r *reader) missingComma(at position, text string) {
	for _, code := range r.languages {
		if strings.Contains(text, " "+code+": ") {
			r.add(at, "put a comma before "+code+":, or the text into quotes", "two languages in one text")
			return
		}
	}
}

func (r *reader) words(n *node, name string, limit length) string {
	switch n.shape {
	case broken:
		return ""
	case table, list:
		r.add(n.at, "write a text", "%s is a group or a list", name)
		return ""
	default:
	}
	s := strings.TrimSpace(n.text)
	switch units := len(utf16.Encode([]rune(s))); {
	case s == "":
		r.add(n.at, "fill it in or take the field out", "%s has no value", name)
	case units > limit.most:
		r.add(n.at, "shorten it", "%s has %d characters, and %d is the most", name, units, limit.most)
	case limit.oneLine && strings.Contains(s, "\n"):
		r.add(n.at, "write it on one line", "%s has line breaks", name)
	case strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }):
		r.add(n.at, "take them out", "%s has invisible control characters", name)
	default:
		return s
	}
	return ""
}

// name reads n as an id that fits into a deep link and a button: lower-case letters, digits, dashes
// and underscores. It returns "" after a fault.
func (r *reader) name(n *node, what string) string {
	s := r.word(n, what)
	if s == "" {
		return ""
	}
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(s) > maxName || strings.Trim(s, allowed) != "" || strings.ContainsAny(s[:1], "-_") {
		r.add(n.at, "use 1 to 32 of a-z, 0-9, - and _, a letter or digit first, such as steam-10", "%s %s", what, quote(s))
		return ""
	}
	return s
}
